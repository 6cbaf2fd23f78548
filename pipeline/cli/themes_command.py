"""`iken themes` and its help; what it does lies in `themes`.

No `from __future__ import annotations` here: help texts depend on the language, so annotations are values.
"""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.console import Console
from pipeline.cli.options import DEFAULT_MODEL, model_option, sheet_option, text_column_option


def add_themes(app: typer.Typer, console: Console) -> None:
    """Add the command to the command line, in the console's language."""
    t = console.t

    @app.command(
        help=t(
            """計画のどの項目にも当たらない意見を集め、新しいテーマの候補にまとめます。項目の分割・統合の候補も出します。

            例: `iken themes 提案.xlsx --out テーマ`

            結果は候補です。codebook_draft.csv では使わない状態(active=no)で入っており、採るかどうかは人が決めます。""",
            """Gather opinions that fit no item of the plan into candidate themes; list items to split or merge.

            Example: `iken themes suggestions.xlsx --out themes`

            All are candidates: in codebook_draft.csv they are switched off (active=no) until a person decides.""",
        )
    )
    def themes(
        suggestions: Annotated[
            Path,
            typer.Argument(
                metavar="SUGGESTIONS",
                help=t(
                    "`iken suggest` が書いたファイル(調査の表のままでもよい)",
                    "file written by `iken suggest` (the survey itself will do)",
                ),
            ),
        ],
        out: Annotated[Path, typer.Option(help=t("書き出すフォルダ", "folder to write to"))],
        model: Annotated[Path, model_option(console)] = DEFAULT_MODEL,
        text_column: Annotated[str | None, text_column_option(console)] = None,
        coded: Annotated[
            Path | None,
            typer.Option(
                help=t(
                    "複数の人がコードした表(列 opinion_id, coder, code)。食い違う項目も出す",
                    "opinions coded by several people (opinion_id, coder, code): lists where they differ",
                )
            ),
        ] = None,
        min_size: Annotated[
            int,
            typer.Option(min=2, help=t("テーマとみなす意見の数の下限", "fewest opinions that make a theme")),
        ] = 5,
        sheet: Annotated[str | None, sheet_option(console)] = None,
    ) -> None:
        from pipeline.cli.themes import Request, run

        raise typer.Exit(run(console, Request(suggestions, out, model, text_column, coded, min_size, sheet)))
