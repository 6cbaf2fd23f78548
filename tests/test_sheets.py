"""Tables on sheets of one Excel file."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from pipeline.errors import InputError
from pipeline.sheets import write_sheets


def test_tables_come_back_as_text_and_numbers(tmp_path: Path) -> None:
    path = tmp_path / "表.xlsx"
    table = pd.DataFrame({"意見": ["=1+1", "-見守り", "@市役所"], "件数": [3, 2, 1]})
    write_sheets({"意見": table, "空": pd.DataFrame(columns=["a"])}, path)
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["意見", "空"]
    assert [[c.value for c in row] for row in book["意見"].iter_rows()] == [
        ["意見", "件数"],
        ["=1+1", 3],
        ["-見守り", 2],
        ["@市役所", 1],
    ]
    assert all(c.data_type != "f" for row in book["意見"].iter_rows() for c in row)
    assert [c.value for c in book["空"][1]] == ["a"]


def test_a_file_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        write_sheets({"a": pd.DataFrame({"a": ["1"]})}, tmp_path / "none" / "a.xlsx")
    (tmp_path / "d.xlsx").mkdir()
    with pytest.raises(InputError):
        write_sheets({"a": pd.DataFrame({"a": ["1"]})}, tmp_path / "d.xlsx")
    assert [p.name for p in tmp_path.iterdir()] == ["d.xlsx"]
