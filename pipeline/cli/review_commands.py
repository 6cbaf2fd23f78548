"""The commands of the review page and their help; see `commands` and `review_open`.

No `from __future__ import annotations` here: help texts depend on the language, so annotations are values.
"""

import re
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.console import Console
from pipeline.cli.options import (
    DEFAULT_MODEL,
    id_column_option,
    model_option,
    sheet_option,
    text_column_option,
)
from pipeline.typed import person_name


def add_pages(group: typer.Typer, console: Console) -> None:
    """Add `open`, `export` and `account`."""
    for add in (_add_open, _add_export, _add_account):
        add(group, console)


def _database(console: Console) -> str:
    return console.t(
        "データベース(SQLite のファイルか postgresql://…)", "database (SQLite file or postgresql://…)"
    )


def _add_open(group: typer.Typer, console: Console) -> None:
    t = console.t

    @group.command(
        "open",
        help=t(
            """提案を確かめるページを、このパソコンで開きます。判定は一件ごとに保存され、提案は判定から学びます。

            例: `iken review open data/sample/survey.csv`

            チームで使うときは先に `iken review account add` でアカウントを作り、`--host` を指定します。""",
            """Open the page on which people check suggestions. Each decision is saved at once, and learned from.

            Example: `iken review open data/sample/survey.csv`

            For a team, first add accounts with `iken review account add`, then give `--host`.""",
        ),
    )
    def open_page(
        input: Annotated[
            Path,
            typer.Argument(
                metavar="SUGGESTIONS_OR_SURVEY",
                help=t("調査の表、または `iken suggest` の出力", "survey table, or output of `iken suggest`"),
            ),
        ],
        db: Annotated[
            str | None,
            typer.Option(help=_database(console) + t("。省略時は入力の隣", "; default: beside the input")),
        ] = None,
        host: Annotated[
            str, typer.Option(help=t("待ち受けるアドレス", "address to listen on"))
        ] = "127.0.0.1",
        port: Annotated[
            int | None,
            typer.Option(
                min=1, max=65535, help=t("ポート(省略時 8765 から空きを探す)", "port (default: from 8765)")
            ),
        ] = None,
        model: Annotated[Path, model_option(console)] = DEFAULT_MODEL,
        text_column: Annotated[str | None, text_column_option(console)] = None,
        id_column: Annotated[str | None, id_column_option(console)] = None,
        sheet: Annotated[str | None, sheet_option(console)] = None,
        units: Annotated[
            bool,
            typer.Option(
                "--units",
                help=t("長い意見を話題ごとに分けて判定する", "decide the parts of long comments one by one"),
            ),
        ] = False,
        coder: Annotated[
            str | None,
            typer.Option(
                help=t(
                    "担当者の名前(省略時は --coders の最初の人、なければログイン名)",
                    "who codes (default: the first of --coders, else the login name)",
                )
            ),
        ] = None,
        blind: Annotated[
            bool, typer.Option("--blind", help=t("提案をすべて隠す", "hide all suggestions"))
        ] = False,
        no_learning: Annotated[
            bool, typer.Option("--no-learning", help=t("判定から学ばない", "do not learn from decisions"))
        ] = False,
        hide_share: Annotated[
            float,
            typer.Option(
                min=0.0,
                max=1.0,
                help=t("精度を測るため提案を隠す意見の割合", "share of comments without suggestion"),
            ),
        ] = 0.1,
        double: Annotated[
            float | None,
            typer.Option(
                min=0.0,
                max=1.0,
                help=t("この割合を --coders の全員が判定する", "share that all --coders code"),
            ),
        ] = None,
        coders: Annotated[
            str | None, typer.Option(metavar="A,B", help=t("担当者(, で区切る)", "coders (comma-separated)"))
        ] = None,
        allow_host: Annotated[
            list[str] | None,
            typer.Option(
                help=t("このサーバーの名前として許すもの(複数可)", "name of this server (repeatable)")
            ),
        ] = None,
        no_browser: Annotated[
            bool, typer.Option("--no-browser", help=t("ブラウザを開かない", "do not open the browser"))
        ] = False,
    ) -> None:
        from pipeline.cli.review_open import Request, run_open

        names = tuple(filter(None, map(person_name, re.split("[,、，]", coders or ""))))
        request = Request(
            input=input,
            db=db,
            host=host,
            port=port,
            model=model,
            text_column=text_column,
            id_column=id_column,
            sheet=sheet,
            units=units,
            coder=None if coder is None else person_name(coder),
            blind=blind,
            learning=not no_learning,
            hide_share=hide_share,
            double=double,
            coders=names,
            allow_host=tuple(allow_host or ()),
            browser=not no_browser,
        )
        raise typer.Exit(run_open(console, request))


def _add_export(group: typer.Typer, console: Console) -> None:
    t = console.t

    @group.command(
        help=t(
            """確かめるページの判定を、すべて(取り消したものも)DECISIONS の表に書き出します。

            例: `iken review export --db survey.review.sqlite --out 判定.csv`""",
            """Write all decisions of a review, undone ones too, as a DECISIONS table.

            Example: `iken review export --db survey.review.sqlite --out decisions.csv`""",
        )
    )
    def export(
        db: Annotated[str, typer.Option(help=_database(console))],
        out: Annotated[Path, typer.Option(help=t("書き出すファイル(.csv .xlsx)", "file to write"))],
    ) -> None:
        from pipeline.cli.review_open import run_export

        raise typer.Exit(run_export(console, db, out))


def _add_account(group: typer.Typer, console: Console) -> None:
    t = console.t

    account = typer.Typer(
        no_args_is_help=True,
        rich_markup_mode="markdown",
        help=t("チームで使うときのアカウント。", "Accounts of a team."),
    )

    @account.command(
        help=t(
            """アカウントを作ります。パスワードは画面で尋ねます。

            例: `iken review account add 佐藤 --role reviewer --db survey.review.sqlite`

            役割: reviewer(判定)、adjudicator(裁定)、analyst(分析)、admin(すべて)。""",
            """Add an account; the password is asked for.

            Example: `iken review account add sato --role reviewer --db survey.review.sqlite`

            Roles: reviewer, adjudicator, analyst, admin.""",
        )
    )
    def add(
        name: Annotated[str, typer.Argument(metavar="NAME", help=t("名前", "name"))],
        role: Annotated[str, typer.Option(help=t("役割", "role"))],
        db: Annotated[str, typer.Option(help=_database(console))],
        password_stdin: Annotated[
            bool,
            typer.Option(
                "--password-stdin",
                help=t("パスワードを標準入力から読む", "read the password from standard input"),
            ),
        ] = False,
    ) -> None:
        from pipeline.cli.review_open import run_account_add

        raise typer.Exit(run_account_add(console, db, name, role, password_stdin=password_stdin))

    # A group of one command would otherwise be that command.
    @account.callback()
    def accounts() -> None:
        pass

    group.add_typer(account, name="account")
