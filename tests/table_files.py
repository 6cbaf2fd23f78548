"""Table files as they are read: all rows, or the error."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import InputError
from pipeline.tableio import open_rows


def rows_of(path: Path, **options: Any) -> list[list[object]]:
    """Return all rows as read, in the file's own types."""
    return [row for chunk in open_rows(path, **options).chunks(2) for row in chunk.values.tolist()]


def fault(path: Path, **options: Any) -> InputError:
    """Return the error that reading the whole file gives."""
    with pytest.raises(InputError) as caught:
        rows_of(path, **options)
    assert caught.value.place.file == str(path)
    return caught.value
