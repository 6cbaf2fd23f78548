"""Results kept on disk while a file is worked through, so that memory stays flat however long it is."""

from __future__ import annotations

import errno
import json
import sqlite3
from collections.abc import Mapping
from types import TracebackType
from typing import Any


class CellStore:
    """A temporary store from row number to a JSON-able mapping; gone when left.

    SQLite with an empty name: a private file that spills to disk by itself and is deleted on close.
    """

    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.execute("CREATE TABLE cells (row INTEGER PRIMARY KEY, value TEXT NOT NULL)")

    def put(self, row: int, value: Mapping[str, Any]) -> None:
        """Keep `value` for `row`; OSError if the disk is full."""
        try:
            self._database.execute(
                "INSERT OR REPLACE INTO cells VALUES (?, ?)", (row, json.dumps(dict(value)))
            )
        except sqlite3.OperationalError as error:  # 'database or disk is full'
            raise OSError(errno.ENOSPC, str(error)) from None

    def get(self, row: int) -> dict[str, Any]:
        """Return what was kept for `row`; KeyError if nothing was."""
        found = self._database.execute("SELECT value FROM cells WHERE row = ?", (row,)).fetchone()
        if found is None:
            raise KeyError(row)
        value: dict[str, Any] = json.loads(found[0])
        return value

    def __enter__(self) -> CellStore:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()
