"""The commands that make a model, and their help.

No `from __future__ import annotations` here: help texts depend on the language, so annotations are values.
"""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.arithmetic import fix_arithmetic
from pipeline.cli.console import Console
from pipeline.cli.options import DEFAULT_CODEBOOK, DEFAULT_MODEL, codebook_option


def add_learning(app: typer.Typer, console: Console) -> None:
    """Add `iken ingest`, `train` and `reproduce`."""
    for add in (_add_ingest, _add_train, _add_reproduce):
        add(app, console)


def _add_ingest(app: typer.Typer, console: Console) -> None:
    t = console.t

    @app.command(
        help=t(
            """文書を読み、コードブックとコード付き意見の表にします。

            例: `iken ingest data/raw/kamakura_workshop_2025.md --out data`

            すべての行が「使った」か「理由つきで外した」かのどちらかになります。""",
            """Read a document into a codebook and a table of coded opinions.

            Example: `iken ingest data/raw/kamakura_workshop_2025.md --out data`

            Every line is either used or set aside with a reason.""",
        )
    )
    def ingest(
        documents: Annotated[
            list[Path],
            typer.Argument(
                metavar="DOCUMENT...",
                help=t(
                    "まとめの文書(.md .txt .docx .pdf)または表(.csv .tsv .xlsx .jsonl .parquet)",
                    "summary (.md .txt .docx .pdf) or table (.csv .tsv .xlsx .jsonl .parquet)",
                ),
            ),
        ],
        out: Annotated[Path, typer.Option(help=t("書き出すフォルダ", "folder to write to"))] = Path("data"),
        codebook: Annotated[
            Path | None, typer.Option(help=t("表を読むときのコードブック", "codebook for reading a table"))
        ] = None,
        text_column: Annotated[
            str | None, typer.Option(help=t("表: 意見の列", "table: column of the opinion"))
        ] = None,
        code_column: Annotated[
            str | None, typer.Option(help=t("表: コードの列", "table: column of the code"))
        ] = None,
        id_column: Annotated[
            str | None, typer.Option(help=t("表: IDの列", "table: column of the id"))
        ] = None,
        title_column: Annotated[
            str | None,
            typer.Option(
                help=t(
                    "表: 項目名の列(コードブックがないとき)",
                    "table: column of the item's title (without a codebook)",
                )
            ),
        ] = None,
        sheet: Annotated[
            str | None, typer.Option(help=t("表: Excelのシート名", "table: sheet of an Excel file"))
        ] = None,
        strict: Annotated[
            bool,
            typer.Option(
                "--strict", help=t("置き場のない行があれば終了コード1", "exit 1 if a line cannot be placed")
            ),
        ] = False,
    ) -> None:
        from pipeline.cli.ingest import TableColumns, run

        columns = TableColumns(text_column, code_column, id_column, title_column, sheet)
        raise typer.Exit(run(console, documents, out, codebook, columns, strict=strict))


def _add_train(app: typer.Typer, console: Console) -> None:
    t = console.t

    @app.command(
        help=t(
            """コード付き意見から学習し、モデルを作ります。精度は1件抜き交差検証で測ります。

            例: `iken train --labels data/labels/kamakura_workshop_2025.csv --out models/default`

            別の計画の最初の日(コード付き意見なし): `iken train --codebook 計画.csv --out models/わたしの市`""",
            """Train a model on coded opinions and measure it by leave-one-out.

            Example: `iken train --labels data/labels/kamakura_workshop_2025.csv --out models/default`""",
        )
    )
    def train(
        labels: Annotated[
            list[Path] | None,
            typer.Option(
                help=t(
                    "コード付き意見(複数可。省略時 data/labels/*.csv)",
                    "coded opinions (repeatable; default data/labels/*.csv)",
                )
            ),
        ] = None,
        codebook: Annotated[Path, codebook_option(console)] = DEFAULT_CODEBOOK,
        out: Annotated[Path, typer.Option(help=t("モデルのフォルダ", "model folder"))] = DEFAULT_MODEL,
        config: Annotated[
            Path | None,
            typer.Option(
                help=t(
                    "設定(TOML)。data/config/ に accurate と lexical がある",
                    "settings (TOML); data/config/ has accurate and lexical",
                )
            ),
        ] = None,
        bank: Annotated[
            Path | None,
            typer.Option(
                help=t(
                    "例文集(省略時はコードブックの隣の example_utterances.csv、別の計画なら付属のものを引き継ぐ)。"
                    "コードブックか例文集の隣の paraphrases.csv(コード付き意見の言い換え)も使う",
                    "example bank (default: example_utterances.csv beside the codebook; for another plan the shipped one, "
                    "carried over); paraphrases.csv (of coded opinions) beside codebook or bank is used, too",
                )
            ),
        ] = None,
        no_bank: Annotated[
            bool,
            typer.Option(
                "--no-bank", help=t("例文集と言い換えを使わない", "use no example bank and no paraphrases")
            ),
        ] = False,
        strict: Annotated[
            bool,
            typer.Option("--strict", help=t("使えない行があれば終了コード1", "exit 1 if a row is set aside")),
        ] = False,
    ) -> None:
        fix_arithmetic()
        from pipeline.cli.train import run_train

        raise typer.Exit(
            run_train(console, labels, codebook, out, config, bank, no_bank=no_bank, strict=strict)
        )


def _add_reproduce(app: typer.Typer, console: Console) -> None:
    t = console.t

    @app.command(
        help=t(
            """manifest.json のとおりに学習し直し、同じモデルになるか確かめます。

            例: `iken reproduce models/default`""",
            """Train again as the manifest says and tell whether the same model results.

            Example: `iken reproduce models/default`""",
        )
    )
    def reproduce(
        model: Annotated[
            Path,
            typer.Argument(metavar="MODEL", help=t("モデルのフォルダまたは名前", "model folder or name")),
        ],
        labels: Annotated[
            list[Path] | None,
            typer.Option(help=t("ラベルを移動したとき: その場所", "where the labels are now, if moved")),
        ] = None,
        codebook: Annotated[
            Path | None,
            typer.Option(
                help=t("コードブックを移動したとき: その場所", "where the codebook is now, if moved")
            ),
        ] = None,
        bank: Annotated[
            Path | None,
            typer.Option(help=t("例文集を移動したとき: その場所", "where the example bank is now, if moved")),
        ] = None,
    ) -> None:
        fix_arithmetic()
        from pipeline.cli.reproduce import run_reproduce

        raise typer.Exit(run_reproduce(console, model, labels, codebook, bank))
