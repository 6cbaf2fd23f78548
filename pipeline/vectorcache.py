"""Vectors of texts seen before, kept on disk between runs.

The file holds no comment: a text is known only by its hash (BLAKE2b), its value is the vector, byte for byte.
Both still tell something to whoever guesses a text, so the file is readable by its owner alone.
It only saves time. A missing, locked, damaged or read-only file never stops the work: from the first fault
on the cache finds nothing and keeps nothing, and `problem` says why.
"""

from __future__ import annotations

import os
import sqlite3
import sys
import threading
import zlib
from collections.abc import Sequence
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from types import TracebackType

import numpy as np

from pipeline.arrays import Bools, Singles

FILE_NAME = "vectors.sqlite3"
_KEY_BYTES = 16
_CHECK_BYTES = 4
# SQLite's oldest limit of parameters is 999.
_AT_ONCE = 500
# Of models and versions no longer used, the vectors go when so many newer encoders have been seen.
_MOST_ENCODERS = 8
_SCHEMA = """
CREATE TABLE IF NOT EXISTS encoders (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS vectors (
  id INTEGER PRIMARY KEY, encoder INTEGER NOT NULL, text BLOB NOT NULL, value BLOB NOT NULL,
  UNIQUE (encoder, text)
);
CREATE INDEX IF NOT EXISTS vectors_by_age ON vectors (encoder, id);
"""


def cache_folder() -> Path | None:
    """Return the folder of the cache: IKEN_CACHE_DIR, else the system's place; None with IKEN_CACHE=off."""
    if os.environ.get("IKEN_CACHE", "").strip().lower() in ("off", "0", "no", "false"):
        return None
    if chosen := os.environ.get("IKEN_CACHE_DIR"):
        return Path(chosen)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "iken"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "iken"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "iken"


class VectorCache:
    """Vectors by encoder and text, in one SQLite file that several processes may use at once.

    Parameters
    ----------
    folder
        Where the file lies; by default `cache_folder()`.
    limit
        Vectors kept for each encoder, within a tenth; beyond it the oldest go.
    patience
        Seconds to wait for another process before going on without the cache.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder, VectorCache(Path(folder)) as cache:
    ...     cache.put_many("use", ["バスが少ない"], np.ones((1, 2), np.float32))
    ...     rows, found = cache.get_many("use", ["バスが少ない", "坂が多い"], 2)
    >>> rows.tolist(), found.tolist()
    ([[1.0, 1.0], [0.0, 0.0]], [True, False])
    """

    def __init__(self, folder: Path | None = None, *, limit: int = 200_000, patience: float = 5.0) -> None:
        self.limit = limit
        self.problem: str | None = None
        self._connection: sqlite3.Connection | None = None
        self._lock = threading.Lock()
        self._encoders: dict[str, int] = {}
        # Vectors written since the oldest were last removed, by encoder.
        self._written: dict[int, int] = {}
        try:
            folder = cache_folder() if folder is None else folder
            if folder is None:
                self.problem = "IKEN_CACHE=off"
                return
            self._connection = _open(folder / FILE_NAME, patience)
        # RuntimeError: no home folder is known.
        except (sqlite3.Error, OSError, RuntimeError) as error:
            self._give_up(error)

    def get_many(self, encoder: str, texts: Sequence[str], dimensions: int) -> tuple[Singles, Bools]:
        """Look up n texts; return vectors (n, dimensions), zero where unknown, and which are known (n,)."""
        rows = np.zeros((len(texts), dimensions), np.float32)
        found = np.zeros(len(texts), bool)
        with self._lock:
            if self._connection is None:
                return rows, found
            try:
                number = self._number(self._connection, encoder)
                if number is None:
                    return rows, found
                for start in range(0, len(texts), _AT_ONCE):
                    keys = [_key(t) for t in texts[start : start + _AT_ONCE]]
                    known = _select(self._connection, number, keys)
                    for i, key in enumerate(keys, start):
                        value = known.get(key)
                        if value is not None and (vector := _unpack(key, value, dimensions)) is not None:
                            rows[i], found[i] = vector, True
            except (sqlite3.Error, OSError) as error:
                self._give_up(error)
        return rows, found

    def put_many(self, encoder: str, texts: Sequence[str], rows: Singles) -> None:
        """Keep the vectors `rows` (n, dimensions) of n texts; what is known already is replaced."""
        if self._connection is None:
            return  # switched off, or given up: nothing to prepare
        keys = [_key(t) for t in texts]
        values = [_pack(k, r) for k, r in zip(keys, rows, strict=True)]
        with self._lock:
            if self._connection is None:
                return
            try:
                # The write lock is asked for at once: only so does SQLite wait for other processes.
                self._connection.execute("BEGIN IMMEDIATE")
                number = self._number(self._connection, encoder) or self._register(self._connection, encoder)
                self._connection.executemany(
                    "INSERT OR REPLACE INTO vectors (encoder, text, value) VALUES (?, ?, ?)",
                    ((number, k, v) for k, v in zip(keys, values, strict=True)),
                )
                self._trim(self._connection, number, len(keys))
                self._connection.execute("COMMIT")
            except (sqlite3.Error, OSError) as error:
                self._give_up(error)

    def close(self) -> None:
        """Close the file; from then on nothing is found and nothing kept."""
        with self._lock:
            if self._connection is not None:
                with suppress(sqlite3.Error):
                    self._connection.close()
            self._connection = None

    def __enter__(self) -> VectorCache:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _number(self, connection: sqlite3.Connection, encoder: str) -> int | None:
        if encoder not in self._encoders:
            row = connection.execute("SELECT id FROM encoders WHERE name = ?", (encoder,)).fetchone()
            if row is None:
                return None
            self._encoders[encoder] = int(row[0])
        return self._encoders[encoder]

    def _register(self, connection: sqlite3.Connection, encoder: str) -> int:
        # The number is not remembered here: should the transaction fail, it does not exist.
        number = connection.execute("INSERT INTO encoders (name) VALUES (?)", (encoder,)).lastrowid
        assert number is not None
        old = number - _MOST_ENCODERS
        connection.execute("DELETE FROM vectors WHERE encoder <= ?", (old,))
        connection.execute("DELETE FROM encoders WHERE id <= ?", (old,))
        return number

    def _trim(self, connection: sqlite3.Connection, number: int, added: int) -> None:
        """Remove the oldest vectors beyond the limit: on the first write, then after every tenth of it."""
        written = self._written.get(number)
        if written is not None and written + added < self.limit / 10:
            self._written[number] = written + added
            return
        self._written[number] = 0
        connection.execute(
            "DELETE FROM vectors WHERE encoder = ?1 AND id <= "
            "(SELECT id FROM vectors WHERE encoder = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
            (number, self.limit),
        )

    def _give_up(self, error: Exception) -> None:
        self.problem = f"{type(error).__name__}: {error}"
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.close()
        self._connection = None


def _open(path: Path, patience: float) -> sqlite3.Connection:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # SQLite gives its side files the mode of this one.
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    connection = sqlite3.connect(path, timeout=patience, isolation_level=None, check_same_thread=False)
    try:
        # Seven vectors of 512 numbers fill such a page to 88 %; of SQLite's usual pages half would be empty.
        connection.execute("PRAGMA page_size = 16384")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} COMMIT;")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _select(connection: sqlite3.Connection, number: int, keys: Sequence[bytes]) -> dict[bytes, bytes]:
    marks = ",".join("?" * len(keys))
    query = f"SELECT text, value FROM vectors WHERE encoder = ? AND text IN ({marks})"
    return dict(connection.execute(query, (number, *keys)).fetchall())


def _key(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=_KEY_BYTES).digest()


def _pack(key: bytes, row: Singles) -> bytes:
    """Return vector and checksum: SQLite itself does not notice a bit that has turned over."""
    value = row.astype("<f4").tobytes()
    return value + zlib.crc32(key + value).to_bytes(_CHECK_BYTES, "little")


def _unpack(key: bytes, value: bytes, dimensions: int) -> Singles | None:
    """Return the vector (dimensions,), or None if the value is damaged or has another length."""
    if not isinstance(value, bytes) or len(value) != 4 * dimensions + _CHECK_BYTES:
        return None
    vector, check = value[:-_CHECK_BYTES], value[-_CHECK_BYTES:]
    if zlib.crc32(key + vector).to_bytes(_CHECK_BYTES, "little") != check:
        return None
    return np.frombuffer(vector, "<f4").astype(np.float32)
