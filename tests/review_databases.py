"""Databases for the tests of the review: SQLite files, and a real PostgreSQL server started for the run."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

_USER = "iken"


def _programs() -> Path | None:
    """Return the folder of PostgreSQL's server programs, which Debian keeps off the PATH."""
    on_path = shutil.which("initdb")
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parent.parent.name))
    return Path(on_path).parent if on_path else found[-1].parent if found else None


def _run(command: list[str | Path]) -> None:
    """Run a server program; as user postgres when root, since PostgreSQL refuses to run as root."""
    given = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    # Not captured by pipes: pg_ctl's server would hold them open for ever.
    with tempfile.TemporaryFile() as said:
        done = subprocess.run([*given, *command], cwd="/", stdout=said, stderr=said)
        said.seek(0)
        assert done.returncode == 0, said.read().decode()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """Start a PostgreSQL cluster on a socket of its own; yields the socket's folder."""
    programs = _programs()
    if programs is None:
        # Never passed over unnoticed where it counts.
        missing = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        missing("PostgreSQL is not installed (apt-get install postgresql)")
        raise AssertionError
    folder = Path(tempfile.mkdtemp(prefix="iken-pg-", dir="/tmp"))  # a socket's path must be short
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres")
        data = folder / "data"
        _run([programs / "initdb", "-D", data, "-U", _USER, "-A", "trust", "-E", "UTF8", "--locale=C", "-N"])
        options = f"-k {folder} -c listen_addresses='' -c fsync=off -c shared_buffers=16MB"
        _run([programs / "pg_ctl", "-D", data, "-o", options, "-l", folder / "log", "-w", "start"])
        try:
            yield str(folder)
        finally:
            _run([programs / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop"])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def new_postgres(postgres_server: str) -> Callable[[], str]:
    """A function that empties the server's one database and returns its URL."""
    import psycopg

    # One database emptied each time: a new one copies a thousand files, and they add up.
    def make() -> str:
        with psycopg.connect(
            host=postgres_server, user=_USER, dbname="postgres", autocommit=True
        ) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
            )
            connection.execute("DROP SCHEMA public CASCADE")
            connection.execute("CREATE SCHEMA public")
        return f"postgresql+psycopg://{_USER}@/postgres?host={postgres_server}"

    return make


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of an empty database: every test that asks for it runs on both kinds."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/review.db"
    make: Callable[[], str] = request.getfixturevalue("new_postgres")
    return make()
