"""The commands and their help. What they do lies in the modules named after them.

No `from __future__ import annotations` here: help texts depend on the language, so annotations are values.
"""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.console import Console
from pipeline.cli.deciding_commands import add_deciding
from pipeline.cli.learning_commands import add_learning
from pipeline.cli.more_commands import add_crosswalk, add_masking
from pipeline.cli.options import (
    DEFAULT_MODEL,
    id_column_option,
    model_option,
    sheet_option,
    survey_argument,
    text_column_option,
)
from pipeline.cli.report_command import add_report
from pipeline.cli.review import add_review
from pipeline.cli.themes_command import add_themes


def build_app(console: Console) -> typer.Typer:
    """Return the command line in the console's language."""
    t = console.t
    app = typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode="markdown",
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        help=t(
            """住民の意見を計画の項目にコードする道具です。ネットワークには一切つながりません。

            文書 → **ingest** → コードブックとコード付き意見 → **train** → モデル → **suggest** → 提案 → 人が確認

            機械は提案し、決めるのは人です。`iken コマンド --help` に例があります。""",
            """Code residents' opinions to the items of a plan. Nothing ever goes over a network.

            document → **ingest** → codebook and coded opinions → **train** → model → **suggest** → suggestions → people

            The machine suggests, a person decides. `iken COMMAND --help` shows an example.""",
        ),
    )

    def say_version(asked: bool) -> None:
        if asked:
            from importlib.metadata import version  # only here: other commands start sooner without it

            console.say(f"iken {version('iken')}", f"iken {version('iken')}")
            raise typer.Exit

    @app.callback()
    def root(
        lang: Annotated[
            str, typer.Option("--lang", metavar="ja|en", help=t("メッセージの言語", "language of messages"))
        ] = console.language,
        version: Annotated[
            bool,
            # Eager: it is asked for without a command.
            typer.Option(
                "--version", callback=say_version, is_eager=True, help=t("版を示す", "show the version")
            ),
        ] = False,
    ) -> None:
        if lang not in ("ja", "en"):
            raise typer.BadParameter(
                t("ja か en を指定してください。", "must be ja or en"), param_hint="--lang"
            )

    adders = (add_deciding, add_review, add_themes, add_masking, add_crosswalk, add_report)
    for add in (add_learning, _add_evaluate, _add_suggest, *adders):
        add(app, console)
    return app


def _add_evaluate(app: typer.Typer, console: Console) -> None:
    t = console.t

    @app.command(
        help=t(
            """コード付き意見でモデルの精度を測ります。学習に使った意見は1件抜きで評価します。

            例: `iken evaluate --labels data/labels/kamakura_workshop_2025.csv`""",
            """Measure a model on coded opinions. Opinions it was trained on are judged by leave-one-out.

            Example: `iken evaluate --labels data/labels/kamakura_workshop_2025.csv`""",
        )
    )
    def evaluate(
        labels: Annotated[Path, typer.Option(help=t("コード付き意見", "coded opinions"))],
        model: Annotated[Path, model_option(console)] = DEFAULT_MODEL,
        json: Annotated[
            Path | None, typer.Option(help=t("結果をJSONでも書く", "write the figures as JSON too"))
        ] = None,
        pictures: Annotated[
            Path | None,
            typer.Option(
                help=t("確信度と正解率の図を書くフォルダ", "folder for pictures of confidence and accuracy")
            ),
        ] = None,
    ) -> None:
        from pipeline.cli.evaluate import run_evaluate

        raise typer.Exit(run_evaluate(console, labels, model, json, pictures))


def _add_suggest(app: typer.Typer, console: Console) -> None:
    t = console.t

    @app.command(
        help=t(
            """アンケートの自由記述にコードを提案します。入力の行と列はそのまま残ります。

            例: `iken suggest data/sample/survey.csv --out 提案.xlsx`""",
            """Suggest codes for survey comments. All rows and columns of the input are kept.

            Example: `iken suggest data/sample/survey.csv --out suggestions.xlsx`""",
        )
    )
    def suggest(
        input: Annotated[Path, survey_argument(console)],
        out: Annotated[
            Path,
            typer.Option(
                help=t(
                    "書き出すファイル(形式は拡張子で決まる)", "file to write (the ending tells the format)"
                )
            ),
        ],
        text_column: Annotated[str | None, text_column_option(console)] = None,
        id_column: Annotated[str | None, id_column_option(console)] = None,
        model: Annotated[Path, model_option(console)] = DEFAULT_MODEL,
        top: Annotated[int, typer.Option(min=1, max=10, help=t("候補の数", "number of suggestions"))] = 3,
        long: Annotated[
            bool,
            typer.Option(
                "--long",
                help=t("1候補1行の表(SUGGESTIONS)で書く", "one row a suggestion (SUGGESTIONS table)"),
            ),
        ] = False,
        target_precision: Annotated[
            float,
            typer.Option(
                min=0.5,
                max=0.99,
                help=t(
                    "提案の適合率の目標。届かない項目は施策・目標で提案するか、人に任せる",
                    "precision that suggestions should keep; below it policy or goal is suggested, or none",
                ),
            ),
        ] = 0.8,
        sheet: Annotated[str | None, sheet_option(console)] = None,
        mask: Annotated[
            bool,
            typer.Option(
                "--mask",
                help=t(
                    "出力のコメントの個人情報をマスクする(提案は元の文から)",
                    "mask personal information of the comments written (suggestions are made from the original)",
                ),
            ),
        ] = False,
        jobs: Annotated[
            int | None,
            typer.Option(
                min=1,
                max=32,
                help=t(
                    "コメントが多いときに働くプロセスの数(省略時はコアの数、多くて4。記憶が足りないときは1)",
                    "processes at work on many comments (default: one a core, at most 4; 1 where memory is short)",
                ),
            ),
        ] = None,
    ) -> None:
        from pipeline.cli.suggest import Request, run

        request = Request(
            input, out, text_column, id_column, model, top, long, sheet, target_precision, mask, jobs
        )
        raise typer.Exit(run(console, request))
