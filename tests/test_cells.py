"""Cells as text and as Excel can hold them."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from pathlib import Path

import pandas as pd
import pytest

from pipeline.cells import CUT_MARK, as_text, check_excel_rows, excel_text
from pipeline.errors import InputError


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (datetime(2025, 7, 1, 9, 30), "2025-07-01T09:30:00"),
        (date(2025, 7, 1), "2025-07-01"),
        (time(9, 30), "09:30:00"),
        (timedelta(days=1, hours=2, minutes=5), "26:05:00"),
        (-timedelta(minutes=90), "-1:30:00"),
        (float("nan"), ""),
        (pd.NaT, ""),
        (pd.NA, ""),
        (1e300, "1e+300"),
        (pd.Series([3])[0], "3"),
        ({"k": "鎌倉"}, '{"k": "鎌倉"}'),
    ],
)
def test_as_text(value: object, text: str) -> None:
    assert as_text(value) == text


def test_cut_counts_as_excel_does(tmp_path: Path) -> None:
    cut = excel_text("😀" * 20_000)
    assert len(cut.encode("utf-16-le")) // 2 in (32_766, 32_767)
    assert cut.endswith("😀" + CUT_MARK)
    assert excel_text("😀" * 16_383) == "😀" * 16_383


def test_too_many_rows_for_excel(tmp_path: Path) -> None:
    check_excel_rows(1_048_575, tmp_path / "a.xlsx")
    with pytest.raises(InputError, match=r"\.parquet"):
        check_excel_rows(1_048_576, tmp_path / "a.xlsx")
