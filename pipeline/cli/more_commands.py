"""The commands `mask` and `crosswalk` and their help; see `commands`.

No `from __future__ import annotations` here: help texts depend on the language, so annotations are values.
"""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.console import Console
from pipeline.cli.options import sheet_option, survey_argument


def add_masking(app: typer.Typer, console: Console) -> None:
    """Add `iken mask`."""
    t = console.t

    @app.command(
        help=t(
            """自由記述の電話番号・メール・住所・氏名などを〔電話番号〕のように置き換えます。元のファイルは変わりません。

            例: `iken mask 回答.xlsx --out 回答_マスク済.xlsx --report マスク一覧.xlsx`

            すべては見つかりません。公開の前に、人が全文を確かめてください。""",
            """Replace telephone numbers, e-mail, addresses, names and so on by 〔電話番号〕 etc. The input is not changed.

            Example: `iken mask survey.xlsx --out masked.xlsx --report report.xlsx`

            Not everything is found: before publishing, a person must read the texts.""",
        )
    )
    def mask(
        input: Annotated[Path, survey_argument(console)],
        out: Annotated[Path, typer.Option(help=t("書き出すファイル", "file to write"))],
        text_column: Annotated[
            list[str] | None,
            typer.Option(
                help=t(
                    "マスクする列(複数可。省略時は列名から推定)",
                    "column to mask (repeatable; guessed by its name)",
                )
            ),
        ] = None,
        report: Annotated[
            Path | None,
            typer.Option(
                help=t("どこをマスクしたかの一覧を書くファイル", "file for the list of what was masked")
            ),
        ] = None,
        show_originals: Annotated[
            bool,
            typer.Option(
                "--show-originals",
                help=t("一覧に元の値も書く(取り扱い注意)", "write the original values into the report too"),
            ),
        ] = False,
        sheet: Annotated[str | None, sheet_option(console)] = None,
    ) -> None:
        from pipeline.cli.mask import Request, run

        request = Request(input, out, tuple(text_column or ()), report, show_originals, sheet)
        raise typer.Exit(run(console, request))


def add_crosswalk(app: typer.Typer, console: Console) -> None:
    """Add `iken crosswalk`."""
    t = console.t

    @app.command(
        help=t(
            """計画の改定で、古い項目と新しい項目の対応表を作り、コード付き意見を引き継ぎます。

            例: `iken crosswalk 旧/codebook.csv 新/codebook.csv --labels 旧/labels.csv --out 対応表.csv`

            対応表の use の欄(○)を直し、`--table 対応表.csv --labels … --out-labels 新/labels.csv --out 対応表2.csv` で引き継ぎます。""",
            """Match the items of an old plan with those of a new one, and carry coded opinions over.

            Example: `iken crosswalk old/codebook.csv new/codebook.csv --labels old/labels.csv --out table.csv`

            Edit the column use (○), then give `--table table.csv --labels … --out-labels new/labels.csv --out table2.csv`.""",
        )
    )
    def crosswalk(
        old_codebook: Annotated[
            Path, typer.Argument(metavar="OLD_CODEBOOK", help=t("古いコードブック", "old codebook"))
        ],
        new_codebook: Annotated[
            Path, typer.Argument(metavar="NEW_CODEBOOK", help=t("新しいコードブック", "new codebook"))
        ],
        out: Annotated[Path, typer.Option(help=t("対応表を書くファイル", "file for the table"))],
        labels: Annotated[
            Path | None,
            typer.Option(
                help=t(
                    "古いコードの付いた意見(対応の手がかりにもなる)",
                    "opinions with old codes (also used to match)",
                )
            ),
        ] = None,
        out_labels: Annotated[
            Path | None,
            typer.Option(
                help=t("引き継いだコード付き意見を書くファイル", "file for the opinions carried over")
            ),
        ] = None,
        table: Annotated[
            Path | None,
            typer.Option(help=t("人が直した対応表を使う", "use the table that a person edited")),
        ] = None,
    ) -> None:
        from pipeline.cli.crosswalk import Request, run

        raise typer.Exit(run(console, Request(old_codebook, new_codebook, out, labels, out_labels, table)))
