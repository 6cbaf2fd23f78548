"""`iken review open`, `account add` and `export`: the review page from the command line."""

from __future__ import annotations

import getpass
import socket
import sys
import threading
import webbrowser
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.cli.console import Console
from pipeline.cli.environment import find_model
from pipeline.errors import InputError, counted, listed, why

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from pipeline.review.loading import LoadReport
    from pipeline.review.store import Store

PORT = 8765
_TRIES = 10  # ports tried when none was asked for


@dataclass(frozen=True)
class Request:
    """The options of `iken review open`."""

    input: Path
    db: str | None = None
    host: str = "127.0.0.1"
    port: int | None = None
    model: Path = Path("models/default")
    text_column: str | None = None
    id_column: str | None = None
    sheet: str | None = None
    units: bool = False
    coder: str | None = None
    blind: bool = False
    learning: bool = True
    hide_share: float = 0.1
    double: float | None = None
    coders: tuple[str, ...] = ()
    allow_host: tuple[str, ...] = ()
    browser: bool = True


def run_open(console: Console, request: Request) -> int:
    """Load the file, open the page and serve it until stopped; return the exit code."""
    # Checked before anything slow: a refusal should come at once.
    if request.double is not None and (len(set(request.coders)) < max(2, len(request.coders))):
        raise InputError(
            "--double には --coders で2人以上を、重複なく指定してください。",
            "--double needs two or more different --coders",
        )
    if request.double is not None and not 0 < request.double <= 1:
        raise InputError(
            "--double は0より大きく1以下にしてください。", "--double must be above 0 and at most 1"
        )
    from pipeline.review.security import check_binding
    from pipeline.review.store import Store

    if not request.input.is_file():
        raise InputError("ファイルがありません。", "there is no such file", file=str(request.input))
    database = request.db or str(request.input.with_name(f"{request.input.stem}.review.sqlite"))
    fresh = "://" not in database and not Path(database).exists()
    if fresh:
        check_binding(request.host, accounts=False)
    store = Store.open(database)
    try:
        team = any(a.active for a in store.accounts())
        check_binding(request.host, accounts=team)
        listener = _listen(request)
        with listener:
            app = _prepare(console, request, store, database, team)
            return _serve(console, request, app, listener)
    except BaseException:
        if fresh and store.is_empty() and not store.accounts():
            store.close()
            for suffix in ("", "-wal", "-shm"):
                Path(database + suffix).unlink(missing_ok=True)
        raise
    finally:
        store.close()


def _prepare(console: Console, request: Request, store: Store, database: str, team: bool) -> Starlette:
    """Load model and comments; return the application."""
    from pipeline.models import load_model
    from pipeline.review.app import create_app
    from pipeline.review.desk import Settings
    from pipeline.review.learning import SessionLearner
    from pipeline.review.loading import load_file
    from pipeline.review.queue import expected_precision
    from pipeline.review.security import is_loopback, known_hosts
    from pipeline.vectorcache import VectorCache

    model = load_model(find_model(request.model))
    with VectorCache() as cache:
        with console.progress("意見を読み込んでいます", "loading comments", None) as advance:
            report = load_file(
                store,
                request.input,
                model,
                text_column=request.text_column,
                id_column=request.id_column,
                sheet=request.sheet,
                hidden_share=request.hide_share,
                units=request.units,
                cache=cache,
                advance=advance,
            )
        learner = SessionLearner(model, store.texts(), cache)
    _report(console, report, database, request)
    if request.double is not None:
        chosen = store.assign_double(request.double, request.coders)
        console.say(
            f"{len(chosen)}件を {'、'.join(request.coders)} の二重コーディングに割り当てました。",
            f"assigned {counted(len(chosen), 'comment')} to {', '.join(request.coders)} for double coding",
        )
    settings = Settings(
        # Double-coded comments are theirs: whoever else the computer belongs to would get none of them.
        coder=request.coder or next(iter(request.coders), "") or _user(),
        coders=request.coders,
        blind=request.blind,
        learning=request.learning,
        team=team,
        precisions=tuple(expected_precision(model)),
    )
    hosts = known_hosts(request.host, request.allow_host)
    return create_app(store, learner, settings, hosts=hosts, addresses=not is_loopback(request.host))


def _report(console: Console, report: LoadReport, database: str, request: Request) -> None:
    from pipeline.cli.source_notes import read_from, say_gaps, say_other_columns, say_other_sheets

    aside, read = report.set_aside, read_from(console, report.source)
    name = listed([report.text_column])[0]
    console.say(
        f"{read} の列「{name}」 {report.rows:,}行を読みました: 意見 {report.comments:,}件(新しく読み込んだもの {report.added:,}件)、"
        f"外した行 {len(aside):,}",
        f"read {counted(report.rows, 'row')} of column '{name}' in {read}: "
        f"{counted(report.comments, 'comment')} ({report.added:,} new), {counted(len(aside), 'row')} set aside",
    )
    say_other_sheets(console, report.source, request.sheet)
    say_gaps(console, report.source)
    named = request.text_column is not None
    say_other_columns(console, report.source, [report.text_column], named=named)
    for reason, n in aside["reason"].value_counts().items():
        console.say(f"  外した行: {reason} {n:,}", f"  set aside: {console.value(str(reason))} {n:,}")
    console.say(f"判定の保存先: {database}", f"decisions are kept in: {database}")


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "reviewer"


def _listen(request: Request) -> socket.socket:
    """Take the port, before the model is loaded; without a wish the next free one."""
    ports = [request.port] if request.port is not None else [*range(PORT, PORT + _TRIES), 0]
    family = socket.AF_INET6 if ":" in request.host else socket.AF_INET
    for port in ports:
        listener = socket.socket(family, socket.SOCK_STREAM)
        # After a crash the port can be taken again at once; on Windows the option would let two share it.
        if sys.platform != "win32":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((request.host.strip("[]"), port))
            listener.listen(128)
            return listener
        except OSError as error:
            listener.close()
            fault = error
    reason = fault.strerror or str(fault)
    raise InputError(
        f"{request.host} のポート {ports[-1] or PORT} を開けません({why(fault)})。--host と --port を確かめてください。",
        f"cannot open port {ports[-1] or PORT} on {request.host} ({reason}); check --host and --port",
    )


def _serve(console: Console, request: Request, app: Starlette, listener: socket.socket) -> int:
    import uvicorn

    port = listener.getsockname()[1]
    shown = "127.0.0.1" if request.host in ("0.0.0.0", "::") else request.host
    url = f"http://{f'[{shown}]' if ':' in shown else shown}:{port}/"
    console.say(
        f"開きました: {url}  (Ctrl+C で終わります。判定は一件ごとに保存されています)",
        f"open at: {url}  (stop with Ctrl+C; every decision is saved at once)",
    )
    sys.stdout.flush()
    config = uvicorn.Config(app, log_level="warning", access_log=False, server_header=False)
    if request.browser:
        opener = threading.Timer(0.5, webbrowser.open, [url])
        opener.daemon = True
        opener.start()
    with suppress(KeyboardInterrupt):  # uvicorn ends in good order, and then tells of the signal
        uvicorn.Server(config).run(sockets=[listener])
    console.say("終わりました。判定は保存されています。", "closed; all decisions are saved")
    return 0


def run_account_add(console: Console, db: str, name: str, role: str, *, password_stdin: bool) -> int:
    """Add an account; the password is asked for twice, or read from standard input."""
    import typer

    from pipeline.review.people import check_account
    from pipeline.review.store import Store

    if password_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        asked = console.t("パスワード(10文字以上)", "password (10 characters or more)")
        again = console.t("もう一度", "again")
        password = typer.prompt(asked, hide_input=True, confirmation_prompt=again)
    check_account(name, role, password)  # before a database is made for it
    store = Store.open(db)
    try:
        account = store.add_account(name, role, password, who=f"{_user()} (iken review account)")
    finally:
        store.close()
    console.say(
        f"アカウント「{account.name}」({account.role})を作りました。",
        f"added the account '{account.name}' ({account.role})",
    )
    return 0


def run_export(console: Console, db: str, out: Path) -> int:
    """Write all decisions of a review."""
    from pipeline.cli.outputs import check_outputs
    from pipeline.placing import make_folder
    from pipeline.review.store import Store
    from pipeline.tableio import check_ending, write_table

    check_ending(out)
    check_outputs([("--out", out)], [])
    if "://" not in db and not Path(db).is_file():
        raise InputError("データベースがありません。", "there is no such database", file=db)
    store = Store.open(db)
    try:
        table = store.decisions_table()
    finally:
        store.close()
    make_folder(out.parent)
    write_table(table, out)
    console.say(f"{len(table):,}行の判定を書き出しました: {out}", f"wrote {len(table):,} rows: {out}")
    return 0
