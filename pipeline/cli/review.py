"""The command group `iken review` and its help; each command lives in a module of its own.

Another command of the group is one more `@review.command` here (or one more function like `_add_sheet`,
called in `add_review`) that imports its module when it runs.

No `from __future__ import annotations` here: help texts depend on the language, so annotations are values.
"""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.console import Console
from pipeline.cli.options import DEFAULT_CODEBOOK, codebook_option, text_column_option
from pipeline.cli.review_commands import add_pages


def add_review(app: typer.Typer, console: Console) -> None:
    """Add the group `review`."""
    review = typer.Typer(
        no_args_is_help=True,
        rich_markup_mode="markdown",
        help=console.t(
            "提案を人が確かめます。画面で: **open**。Excel のシートで: **sheet** で配り、**collect** で集めます。",
            "People check the suggestions. On a page: **open**. In Excel: **sheet** hands out, **collect** reads back.",
        ),
    )
    _add_sheet(review, console)
    _add_collect(review, console)
    add_pages(review, console)
    app.add_typer(review, name="review")


def _add_sheet(review: typer.Typer, console: Console) -> None:
    t = console.t

    @review.command(
        help=t(
            """提案から、担当者が記入する Excel ファイルを1人1つ作ります。

            例: `iken review sheet 提案.xlsx --out 確認.xlsx --coders 佐藤,鈴木`

            確認_佐藤.xlsx と 確認_鈴木.xlsx ができます。""",
            """Make an Excel file for each coder to decide in.

            Example: `iken review sheet suggestions.xlsx --out check.xlsx --coders A,B`

            makes check_A.xlsx and check_B.xlsx.""",
        )
    )
    def sheet(
        suggestions: Annotated[
            Path,
            typer.Argument(
                metavar="SUGGESTIONS",
                help=t("`iken suggest` が書いたファイル", "a file written by `iken suggest`"),
            ),
        ],
        out: Annotated[Path, typer.Option(help=t("書き出す .xlsx", "the .xlsx to write"))],
        coders: Annotated[
            str | None,
            typer.Option(
                help=t(
                    "担当者の名前(コンマ区切り)。1人1ファイル", "names of coders, with commas; a file each"
                )
            ),
        ] = None,
        blind: Annotated[
            bool,
            typer.Option("--blind", help=t("提案・根拠・疑う理由を載せない", "leave out all suggestions")),
        ] = False,
        prefill: Annotated[
            bool,
            typer.Option(
                "--prefill",
                help=t(
                    "確定コードに第1候補を入れておく(判定は空欄のまま)",
                    "fill in the first suggestion (the decision stays empty)",
                ),
            ),
        ] = False,
        share: Annotated[
            float,
            typer.Option(
                min=0.0, max=1.0, help=t("くじで選んで配る意見の割合", "share of opinions to hand out")
            ),
        ] = 1.0,
        double: Annotated[
            float,
            typer.Option(
                min=0.0,
                max=1.0,
                help=t(
                    "そのうち全員に配る割合。残りは1人ずつに分ける",
                    "share of them for every coder; the others go to one coder each",
                ),
            ),
        ] = 1.0,
        hide: Annotated[
            float,
            typer.Option(
                min=0.0,
                max=1.0,
                help=t(
                    "提案を隠す意見の割合。精度はこの行だけで測る",
                    "share whose suggestions are hidden; accuracy is told by these alone",
                ),
            ),
        ] = 0.1,
        round: Annotated[
            str, typer.Option(help=t("判定の回(二重コーディングの回)", "round of double coding"))
        ] = "1",
        seed: Annotated[int, typer.Option(help=t("くじの種", "seed of the draw"))] = 0,
        text_column: Annotated[str | None, text_column_option(console)] = None,
        codebook: Annotated[
            Path, typer.Option(help=t("提案したモデルのコードブック", "codebook of the model that suggested"))
        ] = DEFAULT_CODEBOOK,
    ) -> None:
        from pipeline.cli.review_sheet import SheetRequest, run_sheet

        plan = SheetRequest(
            *(suggestions, out, coders, blind, prefill, share, double, hide, round, seed),
            *(text_column, codebook),
        )
        raise typer.Exit(run_sheet(console, plan))


def _add_collect(review: typer.Typer, console: Console) -> None:
    t = console.t

    @review.command(
        help=t(
            """記入された Excel ファイルを読み、判定の表(DECISIONS)に加えます。問題があれば全部を示し、何も書きません。

            例: `iken review collect 確認_佐藤.xlsx 確認_鈴木.xlsx --out 判定.csv`

            同じファイルを二度読んでも、二重には加わりません。""",
            """Read the filled-in Excel files and append to DECISIONS. Faults are all listed, and then nothing is written.

            Example: `iken review collect check_A.xlsx check_B.xlsx --out decisions.csv`

            Reading a file twice adds nothing twice.""",
        )
    )
    def collect(
        files: Annotated[
            list[Path], typer.Argument(metavar="FILE...", help=t("返ってきた .xlsx", "returned .xlsx files"))
        ],
        out: Annotated[
            Path, typer.Option(help=t("判定の表。あれば後に加える", "table of decisions; appended to"))
        ],
        accept_valid: Annotated[
            bool,
            typer.Option(
                "--accept-valid",
                help=t(
                    "問題のない行だけを加える(終了コード1)",
                    "append the rows without fault all the same (exit code 1)",
                ),
            ),
        ] = False,
        coder: Annotated[
            str,
            typer.Option(
                help=t("名前のないファイルの担当者", "the coder of files that bear no name"),
            ),
        ] = "",
        codebook: Annotated[Path, codebook_option(console)] = DEFAULT_CODEBOOK,
    ) -> None:
        from pipeline.cli.review_collect import run_collect

        raise typer.Exit(run_collect(console, files, out, codebook, coder, accept_valid=accept_valid))
