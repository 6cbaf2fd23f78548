"""The command `report` and its help; see `commands`.

No `from __future__ import annotations` here: help texts depend on the language, so annotations are values.
"""

from datetime import date as calendar_date
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.console import Console
from pipeline.cli.options import (
    DEFAULT_CODEBOOK,
    DEFAULT_MODEL,
    codebook_option,
    sheet_option,
    text_column_option,
)


def add_report(app: typer.Typer, console: Console) -> None:
    """Add `iken report`."""
    t = console.t

    @app.command(
        help=t(
            """コード付き意見や提案から、意見のまとめ(報告書)を作ります。計画の順に、件数と代表的な意見が並びます。

            例: `iken report data/labels/kamakura_workshop_2025.csv --workshops data/workshops.csv --out まとめ.docx`

            例: `iken report 提案.xlsx --by 地区 --by 年代 --min-confidence 0.5 --out まとめ.html`""",
            """Make the summary of opinions from labels or suggestions: in plan order, with counts and examples.

            Example: `iken report data/labels/kamakura_workshop_2025.csv --workshops data/workshops.csv --out summary.docx`

            Example: `iken report suggestions.xlsx --by district --min-confidence 0.5 --out summary.html`""",
        )
    )
    def report(
        input: Annotated[
            Path,
            typer.Argument(
                metavar="LABELS_OR_SUGGESTIONS",
                help=t(
                    "コード付き意見(LABELS)か、`iken suggest` の出力(確定コードを記入したものも)",
                    "labels, or the output of `iken suggest` (with decisions filled in or not)",
                ),
            ),
        ],
        out: Annotated[
            Path,
            typer.Option(
                help=t("書き出すファイル(.docx .md .html .xlsx)", "file to write (.docx .md .html .xlsx)")
            ),
        ],
        min_confidence: Annotated[
            float | None,
            typer.Option(
                min=0.0,
                max=1.0,
                help=t(
                    "確信度がこれ以上の第1候補の項目を数える(省略時は、目標の適合率を保てる階層の提案)",
                    "count the first item if its confidence is at least this "
                    "(default: suggestions at the level that keeps the target precision)",
                ),
            ),
        ] = None,
        examples: Annotated[
            int,
            typer.Option(
                min=0,
                help=t(
                    "項目ごとに示す代表的な意見の数。0 はすべて",
                    "opinions shown of each item; 0 for all of them",
                ),
            ),
        ] = 5,
        by: Annotated[
            list[str] | None,
            typer.Option(
                help=t("この列(地区、年代など)で集計する。複数可", "cross table by this column; repeatable")
            ),
        ] = None,
        min_cell: Annotated[
            int,
            typer.Option(
                min=1,
                help=t(
                    "集計でこれより少ない数は伏せる(1 は伏せない)",
                    "hide smaller numbers in cross tables (1: hide none)",
                ),
            ),
        ] = 5,
        previous: Annotated[
            Path | None,
            typer.Option(
                help=t("前回の調査(同じ計画でコードしたもの)", "an earlier survey coded with the same plan")
            ),
        ] = None,
        themes: Annotated[
            Path | None,
            typer.Option(
                help=t(
                    "`iken themes` の themes.csv。候補の節が加わる",
                    "themes.csv of `iken themes`: adds a section",
                )
            ),
        ] = None,
        workshops: Annotated[
            Path | None,
            typer.Option(help=t("会場とテーマの表(WORKSHOPS)", "table of sessions and themes")),
        ] = None,
        pictures: Annotated[
            bool, typer.Option("--pictures/--no-pictures", help=t("図を入れる", "with pictures"))
        ] = True,
        mask: Annotated[
            bool,
            typer.Option(
                "--mask", help=t("意見の個人情報を〔氏名〕などに置き換える", "mask personal information")
            ),
        ] = False,
        codebook: Annotated[Path, codebook_option(console)] = DEFAULT_CODEBOOK,
        model: Annotated[
            Path,
            typer.Option(
                help=t("精度の記録と意見の地図に使うモデル", "model for its figures and the map of opinions")
            ),
        ] = DEFAULT_MODEL,
        title: Annotated[str, typer.Option(help=t("報告書の題名", "title of the report"))] = "意見のまとめ",
        author: Annotated[
            str, typer.Option(help=t("題名の下に入れる名前(市名など)", "name below the title"))
        ] = "",
        date: Annotated[
            str | None, typer.Option(help=t("題名の下に入れる日付(省略時は今日)", "date (default: today)"))
        ] = None,
        text_column: Annotated[str | None, text_column_option(console)] = None,
        sheet: Annotated[str | None, sheet_option(console)] = None,
    ) -> None:
        from pipeline.cli.report import Request, run
        from pipeline.report_parts import ReportOptions

        today = calendar_date.today()
        dated = f"{today.year}年{today.month}月{today.day}日" if date is None else date
        options = ReportOptions(
            title=title,
            lines=tuple(line for line in (dated, author) if line),
            examples=examples or None,
            by=tuple(by or ()),
            threshold=min_cell,
            min_confidence=min_confidence,
            pictures=pictures,
            masked=mask,
        )
        request = Request(
            input, out, options, codebook, model, previous, workshops, text_column, sheet, themes
        )
        raise typer.Exit(run(console, request))
