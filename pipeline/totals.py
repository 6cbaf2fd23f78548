"""Rows of totals under the data of a survey: they hold no comment, and must not be counted as one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import pandas as pd

from pipeline.cells import as_text
from pipeline.comment_column import folded_name

TOTALS_ROW = "合計の行(意見ではない)"
_TOTALS = frozenset({"合計", "計", "総計", "小計", "総合計", "total", "totals", "grandtotal", "subtotal"})
# The longest that a totals row holds where comments stand: 「合 計:」, 「1,234 件」.
_LONGEST = 16
_COUNT = re.compile(r"[\d,.]+(?:件|人|名|行|票)?")


def is_totals_row(comment: str, cells: Iterable[object]) -> bool:
    """Tell a row that sums up those above it, by what stands where the comments stand.

    That is a word for a total, or a bare number where the first cell that is filled in is such a word.

    Parameters
    ----------
    cells : all cells of the row, from the left

    >>> is_totals_row("合 計", ["", "合 計", 36]), is_totals_row("36件", ["合計", "36件"]), is_totals_row("36", ["R9", "36"])
    (True, True, False)
    """
    if len(comment) > _LONGEST:
        return False
    if _is_total(comment):
        return True
    if not _COUNT.fullmatch(folded_name(comment)):
        return False
    return _is_total(next((text for cell in cells if (text := as_text(cell).strip())), ""))


def comments_of(table: pd.DataFrame, text_column: str) -> tuple[list[str], list[int]]:
    """Return the comment of each row as text, '' in rows of totals, and the places of these (from 0)."""
    texts = [as_text(v) for v in table[text_column]]
    # The row itself is looked at only where a number stands: most short comments are none.
    totals = [i for i, t in enumerate(texts) if is_totals_row(t, _cells(table, i))]
    for i in totals:
        texts[i] = ""
    return texts, totals


def _cells(table: pd.DataFrame, row: int) -> Iterator[object]:
    for column in range(table.shape[1]):
        yield table.iat[row, column]


def _is_total(cell: str) -> bool:
    return folded_name(cell).rstrip(":") in _TOTALS
