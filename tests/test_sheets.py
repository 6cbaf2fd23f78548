from __future__ import annotations

from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from pipeline.errors import InputError
from pipeline.sheets import write_sheets

TABLE = pd.DataFrame(
    {
        "code": ["G1-1-1", "=1+1"],
        "n": ["3", ""],
        "value": ["0.25", "なし"],
        "blank": ["", ""],
        "text": ["一行目\n二行目\n三行目", "とても長い本文" * 20],
    }
)


def test_sheets_read_as_people_expect(tmp_path: Path) -> None:
    path = tmp_path / "表.xlsx"
    write_sheets(
        {"一": TABLE, "空": TABLE.head(0)},
        path,
        titles={"n": "件数"},
        words={"code": {"G1-1-1": "清掃"}},
        numbers=("n", "value"),
    )
    book = openpyxl.load_workbook(path)
    rows = list(book["一"].values)
    assert rows[0] == ("code", "件数", "value", "text")  # nothing in the column "blank"
    assert rows[1][:3] == ("清掃", 3, 0.25) and rows[2][:3] == ("=1+1", None, "なし")
    assert book["一"]["A3"].data_type == "s"
    assert list(book["空"].values) == [("code", "件数", "value", "blank", "text")]
    # All of a wrapped text is in sight.
    assert book["一"].row_dimensions[2].height == 45 and book["一"].row_dimensions[3].height > 60
    assert book["一"].freeze_panes == "A2"


def test_the_table_itself_is_left_alone(tmp_path: Path) -> None:
    before = TABLE.copy()
    write_sheets({"一": TABLE}, tmp_path / "a.xlsx", words={"code": {"G1-1-1": "清掃"}})
    pd.testing.assert_frame_equal(TABLE, before)


def test_nothing_remains_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="xlsx"):
        write_sheets({"一": TABLE}, tmp_path / "a.csv")
    with pytest.raises(InputError, match="フォルダ"):
        write_sheets({"一": TABLE}, tmp_path / "none" / "a.xlsx")
    (tmp_path / "b.xlsx").mkdir()
    with pytest.raises(InputError, match="書き込めません"):
        write_sheets({"一": TABLE}, tmp_path / "b.xlsx")
    assert [p.name for p in tmp_path.iterdir()] == ["b.xlsx"]
