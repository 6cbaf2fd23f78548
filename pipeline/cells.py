"""Cells of tables: as text, as a header, as rows of one width, and as Excel can hold them."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from pipeline.errors import InputError, counted

EXCEL_MAX_ROWS = 1_048_576
EXCEL_MAX_CELL = 32_767
CUT_MARK = "…(以下略)"
DELIMITERS = {".csv": ",", ".tsv": "\t"}
# Half a character: Python's strings can hold one, files cannot.
SURROGATE = re.compile("[\ud800-\udfff]")
_ILLEGAL_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_TITLE_ROWS = 10  # so far down a header is looked for
TITLE = (
    "1行目が題名なら、その行を消して見出しを1行目にしてください。",
    "If row 1 is a title, delete it, so that the header is row 1",
)
Row = Sequence[object]
ChooseSheet = Callable[
    [Mapping[str, list[str]]], str
]  # gets names of sheets with the cells of their first row


class Opened(NamedTuple):
    """What a reader found in a file; see `tableio.RowSource` for the fields."""

    columns: list[str]
    encoding: str | None
    first_row: int
    rows: Callable[[], Generator[Row, None, None]]
    sheet: str | None = None
    sheets: tuple[str, ...] = ()
    merged: str = ""
    hidden: tuple[str, ...] = ()


def in_percent(share: float, places: int = 0) -> str:
    """Return a share as people and Excel round it, halves up; Python takes 12.5 to 12, and 14.5 of 29 / 200 to 14.

    >>> in_percent(1 / 8), in_percent(29 / 200), in_percent(25 / 400, 1), in_percent(2 / 3, 1)
    ('13%', '15%', '6.3%', '66.7%')
    """
    # The last digits of a float are not what was counted.
    exact = Decimal(f"{100 * share:.9f}")
    return f"{exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)}%"


def as_text(value: object) -> str:
    """Return a cell as text: '' for nothing, whole numbers without '.0', ISO dates, nested values as JSON.

    Lone surrogates, which no file can hold, become U+FFFD.

    >>> [as_text(v) for v in ["01", None, 3.0, 0.25, datetime(2025, 7, 1), True, ["a", 1]]]
    ['01', '', '3', '0.25', '2025-07-01', 'TRUE', '["a", 1]']
    """
    if isinstance(value, str):
        return value if value.isascii() else SURROGATE.sub("\ufffd", value)
    if type(value) is int:
        return str(value)
    if type(value) is float and not value.is_integer():
        return "" if math.isnan(value) else str(value)
    if value is None:
        return ""
    if isinstance(value, np.generic | np.ndarray):
        return as_text(value.tolist())
    if is_missing(value):
        return ""
    if isinstance(value, bool):
        return str(value).upper()  # as Excel shows it
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime):
        return value.isoformat().removesuffix("T00:00:00")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        minutes, seconds = divmod(abs(value) // timedelta(seconds=1), 60)
        sign = "-" if value < timedelta(0) else ""
        return f"{sign}{minutes // 60}:{minutes % 60:02}:{seconds:02}"  # as Excel shows it, hours over 24 too
    if isinstance(value, dict | list):
        return as_text(json.dumps(value, ensure_ascii=False, default=as_text))
    return as_text(str(value))


def is_missing(value: object) -> bool:
    """Say whether a cell holds nothing: None, NaN, NaT or NA."""
    return (
        value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and math.isnan(value))
    )


def header(cells: Sequence[object], path: Path) -> list[str]:
    """Return column names: blank ones become 列N; none at all, or one name twice, is an `InputError`."""
    names = [as_text(c) for c in cells]
    if not any(n.strip() for n in names):
        raise InputError(
            "見出し(列の名前)がありません。1行目に入れてください。",
            "no header; name the columns in row 1",
            file=str(path),
            row=1,
        )
    names = [n if n.strip() else f"列{i}" for i, n in enumerate(names, 1)]
    for name in names:
        if names.count(name) > 1:
            ja = "同じ名前の列が2つ以上あります。名前を変えてください。"
            raise InputError(
                ja, "several columns have this name; rename them", file=str(path), row=1, column=name
            )
    return names


def header_row(rows: Iterator[list[Any]], path: Path) -> list[Any]:
    """Return the first row; an `InputError` if it is mostly empty over a row that is full: a title, no header."""
    first = next(rows, [])
    blank = sum(c in (None, "") for c in first)
    for number, cells in enumerate(islice(rows, _TITLE_ROWS - 1), 2):
        if 2 * blank > len(first) and len(cells) >= len(first) and not {None, ""}.intersection(cells):
            raise InputError(
                f"1行目(見出し)のセルがほとんど空で、{number}行目のセルは埋まっています。見出しを埋めてください。{TITLE[0]}",
                f"most cells of row 1, the header, are empty, and those of row {number} are not; fill them in. {TITLE[1]}",
                file=str(path),
                row=1,
            )
    return first


def fitted(row: list[Any], width: int, path: Path, number: int) -> list[Any]:
    """Return the row if it has `width` cells; else an `InputError` that names it by `number`."""
    if len(row) != width:
        ja = f"セルが{len(row)}個あり、見出しの{width}列と合いません。区切り文字と引用符を確かめてください。"
        en = (
            f"{counted(len(row), 'cell')} under a header of {width}; check the delimiters and quotation marks"
        )
        raise InputError(ja, en, file=str(path), row=number)
    return row


def check_excel_rows(row: int, path: Path) -> None:
    """Raise an `InputError` if a sheet has no row of this index (from 0)."""
    if row >= EXCEL_MAX_ROWS:
        raise InputError(
            f"Excel のシートに入るのは{EXCEL_MAX_ROWS:,}行までです。出力を .csv か .parquet にしてください。",
            f"an Excel sheet holds {EXCEL_MAX_ROWS:,} rows; write .csv or .parquet instead",
            file=str(path),
        )


def write_cell(sheet: Any, row: int, column: int, value: object, style: Any = None) -> None:
    """Write one cell with XlsxWriter: numbers, dates and times as such, all else as text, never as a formula.

    Numbers of more than 15 digits, which Excel would round, are written as text. A date or time needs a `style`
    with the number format that `date_format` returns for it.
    """
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value, style)
    elif (
        isinstance(value, int | float)
        and math.isfinite(value)
        and (isinstance(value, float) or abs(value) < 1e15)
    ):
        sheet.write_number(row, column, value, style)
    elif date_format(value):
        sheet.write_datetime(row, column, value, style)
    elif text := excel_text(as_text(value)):
        sheet.write_string(row, column, text, style)
    else:
        sheet.write_blank(row, column, None, style)


def date_format(value: object) -> str | None:
    """Return how Excel is to show a date, time or duration; None for all else, and for what it cannot hold."""
    if not isinstance(value, date | time | timedelta) or is_missing(value):
        return None
    if isinstance(value, timedelta):
        return "[h]:mm:ss" if value >= timedelta(0) else None
    clock = "h:mm:ss" if isinstance(value, datetime | time) and value.second else "h:mm"
    if isinstance(value, time):
        return None if value.tzinfo else clock
    if value.year < 1900 or (isinstance(value, datetime) and value.tzinfo):
        return None
    return f"yyyy/m/d {clock}" if isinstance(value, datetime) and value.time() != time() else "yyyy/m/d"


def places(text: str) -> int:
    """Return the width of a text in narrow characters: CP932 has one byte for each of them, two for a wide one.

    >>> places("目標1"), places("ﾊﾞｽ")
    (5, 3)
    """
    return len(text.encode("cp932", "replace"))


def widest_line(text: str) -> int:
    """Return the width of the longest line of a text, see `places`."""
    return max(places(line) for line in text.split("\n"))


def without_controls(text: str) -> str:
    """Return a text with LF line ends and without the control characters that XML cannot hold."""
    return _ILLEGAL_IN_XML.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def excel_text(text: str) -> str:
    """Return what a cell can hold of a text: no control characters, LF line ends, cut with a mark."""
    text = without_controls(text)
    units = text.encode("utf-16-le")  # Excel counts UTF-16 code units
    if len(units) <= 2 * EXCEL_MAX_CELL:
        return text
    return units[: 2 * (EXCEL_MAX_CELL - len(CUT_MARK))].decode("utf-16-le", "ignore") + CUT_MARK


def is_too_long(value: object) -> bool:
    """Tell whether a cell of Excel holds only the beginning of a text, see `excel_text`.

    >>> is_too_long("道" * EXCEL_MAX_CELL), is_too_long("𠮷" * EXCEL_MAX_CELL), is_too_long("道\\r\\n" * 12_000)
    (False, True, False)
    """
    if not isinstance(value, str) or 2 * len(value) <= EXCEL_MAX_CELL:
        return False
    return len(without_controls(value).encode("utf-16-le", "replace")) > 2 * EXCEL_MAX_CELL
