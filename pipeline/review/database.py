"""The connection: SQLite or PostgreSQL, one writer at a time, schema brought up to date, faults in words.

SQLite runs in WAL mode with synchronous=FULL: a commit that returned survives `kill -9` and a power cut. On
both databases writing transactions follow one another (BEGIN IMMEDIATE; an advisory lock), so that sequence
numbers appear in the order of commits and no check can be overtaken.
"""

from __future__ import annotations

import errno
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from pipeline.errors import IkenError, InputError, MissingPartError
from pipeline.review.views import StoreBusy, StoreFull

_PATIENCE = 5.0  # seconds to wait for another program that writes
_TURN = 30.0  # seconds to wait for the other threads of this one, each of which is done in milliseconds
_CONNECTIONS = 20
_LOCK = 0x696B656E  # "iken", the number of the advisory lock on PostgreSQL
_MIGRATIONS = Path(__file__).parent / "migrations"


class Database:
    """An engine with reading and writing transactions; every fault comes out as an `IkenError`."""

    def __init__(self, url: str) -> None:
        self.url = _read_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = _engine(self.url)
        self._writing = self.engine.execution_options(iken_write=True)
        # What sessions found out that is costly to find out again (see `definitions.read_codebook`).
        self._seen: dict[Any, Any] = {}
        # Threads of this process queue here in fair order instead of polling the file.
        self._turn = threading.Lock()

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Give a session that sees one state of the database."""
        with (
            _faults(self.url),
            Session(self.engine, expire_on_commit=False, info={"seen": self._seen}) as session,
        ):
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """Give a session that is the only one to write; committed at the end, nothing stays after an error."""
        with (
            self._my_turn(),
            _faults(self.url),
            Session(self._writing, info={"seen": self._seen}) as session,
            session.begin(),
        ):
            self._lock(session.connection())
            yield session

    def _lock(self, connection: Connection) -> None:
        if not self.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})

    @contextmanager
    def _my_turn(self) -> Iterator[None]:
        if not self._turn.acquire(timeout=_TURN):
            raise _busy()
        try:
            yield
        finally:
            self._turn.release()

    def close(self) -> None:
        """Give back all connections."""
        self.engine.dispose()

    # -- schema --------------------------------------------------------------------------------

    def upgrade(self, now: datetime, revision: str = "head") -> Path | None:
        """Bring the schema up to date; return the backup copy made before, if there was something to copy.

        revision : an earlier state of the schema to stop at, for tests of what comes after it

        Raises
        ------
        InputError
            for a schema of a newer version, or a database of something else; it is left as it is.
        """
        config = Config()
        config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
        script = ScriptDirectory.from_config(config)
        head = script.get_current_head()
        if self.is_sqlite:
            _make_private(str(self.url.database))
        with self._my_turn(), _faults(self.url), self._writing.begin() as connection:
            self._lock(connection)
            current = _revision(connection, self._name())
            if current == head:
                return None
            if current is not None and current not in {s.revision for s in script.walk_revisions()}:
                raise InputError(
                    f"このデータベースは新しい版の iken で作られています(版 {current})。iken を更新してください。",
                    f"this database was made by a newer version of iken (schema {current}); update iken",
                    file=self._name(),
                )
            backup = self._back_up(current, now) if current is not None else None
            with EnvironmentContext(
                config, script, fn=lambda rev, _: script._upgrade_revs(revision, rev)
            ) as env:
                env.configure(connection=connection)
                env.run_migrations()
        return backup

    def _back_up(self, revision: str, now: datetime) -> Path | None:
        """Copy an SQLite file beside itself; None for PostgreSQL, whose schema changes are transactions."""
        if not self.is_sqlite or not self.url.database:
            return None
        path = Path(self.url.database)
        copy = path.with_name(f"{path.name}.backup-{revision}-{now:%Y%m%dT%H%M%S}")
        _make_private(str(copy))
        try:
            # SQLite's own copy takes in what still stands in the WAL file.
            with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(copy)) as target:
                source.backup(target)
        except sqlite3.Error as error:
            copy.unlink(missing_ok=True)
            raise InputError(
                f"更新前の控えを作れません({error})。空き容量と書き込みの権限を確かめてください。",
                f"cannot make the backup copy before the upgrade ({error}); check free space and permissions",
                file=str(copy),
            ) from None
        return copy

    def _name(self) -> str:
        return self.url.database or "" if self.is_sqlite else self.url.render_as_string(hide_password=True)


def _make_private(path: str) -> None:
    """Make an empty file that only its owner may read, if there is none: comments and password hashes come in.

    SQLite gives the files beside it the same permissions, and reports itself what stands in the way.
    """
    if not path.startswith("file:"):
        with suppress(OSError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def _revision(connection: Connection, name: str) -> str | None:
    """Return the schema's revision, None for an empty database."""
    tables = inspect(connection).get_table_names()
    if "alembic_version" in tables and "comment" in tables:
        return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar())
    if tables:
        raise InputError(
            "iken review のデータベースではありません。--db に別の場所を指定してください。",
            "this is no database of iken review; give --db another place",
            file=name,
        )
    return None


def _read_url(given: str) -> URL:
    """Return the URL of a database given as such, or as the path of an SQLite file."""
    if "://" not in given:
        url = URL.create("sqlite", database=given)
    else:
        try:
            url = make_url(given)
        except ArgumentError:
            url = URL.create("unknown")
    if url.get_backend_name() not in ("sqlite", "postgresql"):
        raise InputError(
            "--db には SQLite のファイル名か postgresql+psycopg://… を指定してください。",
            "--db takes the name of an SQLite file or postgresql+psycopg://…",
        )
    if url.get_backend_name() == "postgresql":
        return url.set(drivername="postgresql+psycopg")
    if url.database in (None, "", ":memory:"):
        raise InputError("データベースのファイル名がありません。", "the database needs a file name")
    if not Path(str(url.database)).resolve().parent.is_dir():
        raise InputError(
            "データベースを置くフォルダがありません。",
            "the database's folder does not exist",
            file=url.database,
        )
    return url


def _engine(url: URL) -> Engine:
    if url.get_backend_name() == "sqlite":
        engine = create_engine(
            url, connect_args={"timeout": _PATIENCE}, pool_size=_CONNECTIONS, max_overflow=_CONNECTIONS
        )
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    try:
        return create_engine(
            url,
            pool_size=_CONNECTIONS,
            max_overflow=_CONNECTIONS,
            pool_pre_ping=True,
            connect_args={"options": f"-c lock_timeout={int(_PATIENCE * 1000)}", "connect_timeout": 10},
        )
    except (ImportError, NoSuchModuleError):
        raise MissingPartError(
            "PostgreSQL を使うには、iken のフォルダで `.venv/bin/python -m pip install --editable '.[team]'` が必要です。",
            "PostgreSQL needs `.venv/bin/python -m pip install --editable '.[team]'` in the folder of iken",
        ) from None


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # BEGIN is said by `_begin_sqlite`, not guessed by the driver
    for pragma in ("foreign_keys=ON", "journal_mode=WAL", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # Writers take their turn before they read: what they check cannot change before they write.
    write = connection.get_execution_options().get("iken_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


@contextmanager
def _faults(url: URL) -> Iterator[None]:
    """Turn what the database reports into errors for people."""
    try:
        yield
    except PoolTimeout:
        raise _busy() from None
    except DBAPIError as error:
        raise _explained(error, url) from error
    except sqlite3.Error as error:  # the driver's own, while a connection is prepared
        raise _explained(DBAPIError("", None, error), url) from error


def _explained(error: DBAPIError, url: URL) -> IkenError | DBAPIError:
    said = str(error.orig)
    state = getattr(error.orig, "sqlstate", None)
    if "is locked" in said or state in ("55P03", "40P01"):
        return _busy()
    if error.connection_invalidated:
        return StoreBusy(
            "データベースとの接続が切れました。この操作が保存されたかは分かりません。もう一度操作してください。",
            "the connection to the database was lost; try again (what was stored already is not stored twice)",
        )
    if "is full" in said or state == "53100" or getattr(error.orig, "errno", None) == errno.ENOSPC:
        return StoreFull(
            "保存先の空き容量がありません。この操作は保存されていません。空きを作ってからやり直してください。",
            "the disk or database is full; nothing was stored. Make room and try again",
        )
    name = url.database if url.get_backend_name() == "sqlite" else url.render_as_string(hide_password=True)
    known = (
        "not a database",
        "malformed",
        "unable to open",
        "readonly",
        "disk I/O",
        "connection",
        "authentication",
    )
    if any(word in said for word in known):
        return InputError(
            f"データベースを使えません({said.strip()})。場所、権限、サーバーの状態を確かめてください。",
            f"cannot use the database ({said.strip()}); check its place, permissions and server",
            file=name,
        )
    return error


def _busy() -> StoreBusy:
    return StoreBusy(
        "データベースがほかのプログラムに使われています。この操作は保存されていません。少し待ってやり直してください。",
        "the database is locked by another program; nothing was stored. Try again in a moment",
    )
