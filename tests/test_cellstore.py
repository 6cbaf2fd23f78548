from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.cellstore import CellStore

VALUES = st.dictionaries(
    st.text(), st.one_of(st.text(), st.integers(), st.floats(allow_nan=False), st.none())
)


@given(st.dictionaries(st.integers(0, 10**9), VALUES, max_size=20))
def test_what_is_kept_comes_back(cells: dict[int, dict[str, object]]) -> None:
    with CellStore() as store:
        for row, value in cells.items():
            store.put(row, value)
        assert {row: store.get(row) for row in cells} == cells


def test_nothing_is_invented() -> None:
    with CellStore() as store, pytest.raises(KeyError):
        store.get(1)


def test_a_full_disk_is_the_system_s_error() -> None:
    with CellStore() as store:
        store._database.execute("PRAGMA max_page_count = 2")
        with pytest.raises(OSError, match="full"):
            store.put(1, {"text": "長い" * 10_000})
