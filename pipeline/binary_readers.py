"""Read .xlsx and .parquet files row by row."""

from __future__ import annotations

import re
import warnings
import zipfile
import zlib
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import islice, repeat
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
from openpyxl.styles.numbers import (
    BUILTIN_FORMATS,
    BUILTIN_FORMATS_MAX_SIZE,
    is_date_format,
    is_timedelta_format,
)
from openpyxl.utils import get_column_letter
from openpyxl.utils.datetime import from_excel

from pipeline.cells import TITLE, ChooseSheet, Opened, Row, as_text, header, header_row
from pipeline.errors import InputError, listed

# Parse errors of both XML libraries openpyxl may use are SyntaxErrors.
_XLSX_FAULTS = (zipfile.BadZipFile, zlib.error, LookupError, ValueError, TypeError, EOFError, SyntaxError)
# Formats of dates and times that Excel in Japan has of its own: 「1月1日」, 「令和7年7月1日」. No file explains them.
_JAPANESE_DATES = frozenset({*range(27, 37), *range(50, 59)})
# About styles and extensions, which are not read here; they come while rows are read, too.
warnings.filterwarnings("ignore", category=UserWarning, module=r"openpyxl\.")


def open_xlsx(path: Path, wanted: str | None, head: bytes, choose: ChooseSheet | None = None) -> Opened:
    """Open the sheet `wanted`, or of the visible ones with content the one that `choose` returns, else the first.

    `head` is how the file begins.

    Raises
    ------
    InputError
        if it is no readable .xlsx file, or the sheet or its header cannot be used.
    """
    _refuse_other_excel(path, head)
    _refuse_strict(path)
    with _xlsx(path) as book:
        name, filled, hidden = _sheet_to_read(book, wanted, choose, path)
        sheet = book[name]
        rows_there = map(_without_trailing, _sheet_rows(sheet))
        columns = header(header_row(rows_there, path), path)
        merged_header, merged, formulas = _in_xml(
            path,
            sheet,
            rb'<(?:\w+:)?mergeCell ref="[A-Z]+1:',
            rb'<(?:\w+:)?mergeCell ref="([A-Z]+\d+:[A-Z]+\d+)',
            rb"<(?:\w+:)?f[ />]",
        )
        if merged_header:
            ja = f"見出しのセルが結合されています。結合を解き、見出しを1行にしてください。{TITLE[0]}"
            en = f"merged cells in the header; unmerge them and keep one header row. {TITLE[1]}"
            raise InputError(ja, en, file=str(path), row=1)

    def rows() -> Generator[Row, None, None]:
        return _xlsx_rows(path, name, len(columns), formulas=bool(formulas))

    return Opened(columns, None, 2, rows, name, filled, merged, hidden)


def _sheet_to_read(
    book: Any, wanted: str | None, choose: ChooseSheet | None, path: Path
) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """Return the name of the sheet to read, and of all with content: those that are visible, and those people hid."""
    sheets = {s.title: s for s in book.worksheets}
    if wanted is not None and wanted not in sheets:
        found = listed(sheets)
        raise InputError(
            f"シート「{wanted}」がありません。あるシート: {found[0]}",
            f"no sheet '{wanted}'; sheets: {found[1]}",
            file=str(path),
        )
    # What is "veryHidden" is a program's own, and no menu of Excel shows it.
    filled = [
        s
        for s in sheets.values()
        if s.sheet_state in ("visible", "hidden") and any(map(_without_trailing, _sheet_rows(s)))
    ]
    hidden = tuple(s.title for s in filled if s.sheet_state == "hidden")
    firsts = {
        s.title: [as_text(c) for c in _without_trailing(next(_sheet_rows(s), []))]
        for s in filled
        if s.sheet_state == "visible"
    }
    if not firsts and wanted is None:
        names = listed(hidden)
        raise InputError(
            "どのシートも空です"
            + (
                f"(非表示のシートのほかは: {names[0]})。Excel で再表示して、保存してください。"
                if hidden
                else "。"
            ),
            "all sheets are empty"
            + (f" but hidden ones ({names[1]}); unhide them in Excel and save" if hidden else ""),
            file=str(path),
        )
    return wanted or (choose(firsts) if choose else next(iter(firsts))), tuple(firsts), hidden


def _xlsx_rows(path: Path, name: str, width: int, *, formulas: bool) -> Generator[Row, None, None]:
    """Yield the rows below the header, all of one width; empty ones only where another row follows."""
    blank = 0
    with ExitStack() as stack:
        books = [
            stack.enter_context(_xlsx(path, formulas=f)) for f in ((False, True) if formulas else (False,))
        ]
        for number, cells in enumerate(islice(_sheet_rows(*(b[name] for b in books)), 1, None), 2):
            cells = _without_trailing(cells)
            _check_beyond(cells, width, path, number)
            if not cells:
                blank += 1
                continue
            for _ in range(blank):
                yield [None] * width
            blank = 0
            cells += [None] * (width - len(cells))
            yield cells


@contextmanager
def _xlsx(path: Path, *, formulas: bool = False) -> Iterator[Any]:
    """Open an .xlsx file for streaming; whatever is broken in it becomes one message."""
    ja, en = (
        "Excel ファイル(.xlsx)として読めません。Excel で開き、.xlsx に保存し直してください。",
        "not a readable .xlsx file; open it in Excel and save it as .xlsx",
    )
    with path.open("rb") as handle:
        try:
            with warnings.catch_warnings():  # about styles and extensions, which are not read here
                warnings.simplefilter("ignore")
                book = openpyxl.load_workbook(handle, read_only=True, data_only=not formulas)
            book._date_formats = frozenset()  # numbers come as numbers: see `_value`
            yield book
        except _XLSX_FAULTS:
            raise InputError(ja, en, file=str(path)) from None


def _sheet_rows(sheet: Any, formulas: Any = None) -> Iterator[list[Any]]:
    """Yield the rows of a sheet; a formula without a value, from the same sheet with `formulas`, is its text."""
    sheet.reset_dimensions()  # some programs write a wrong size, and rows would be lost
    dates, epoch = _date_styles(sheet.parent), sheet.parent.epoch
    written: Iterator[Any] = repeat(())
    if formulas is not None:
        formulas.reset_dimensions()
        written = formulas.iter_rows(values_only=True)
    for cells, texts in zip(sheet.iter_rows(), written, strict=formulas is not None):
        row = [_value(cell, dates, epoch) for cell in cells]
        if formulas is not None:
            row = list(map(_value_or_formula, cells, row, texts))
        yield [_unescaped(c) if isinstance(c, str) and "_x" in c else c for c in row]


def _date_styles(book: Any) -> dict[int, bool]:
    """Return the styles of cells that show a number as a date or time; whether as a duration, of over 24 hours too."""
    found = {}
    for i, style in enumerate(book._cell_styles):
        number, own = style.numFmtId, style.numFmtId - BUILTIN_FORMATS_MAX_SIZE
        code = book._number_formats[own] if own >= 0 else BUILTIN_FORMATS.get(number)
        if number in _JAPANESE_DATES or is_date_format(code):
            found[i] = is_timedelta_format(code)
    return found


def _value(cell: Any, dates: dict[int, bool], epoch: Any) -> Any:
    """Return the value of a cell, a date if it shows one.

    A number that no date has (20250701 in a cell for dates, or a time below 0, where Excel shows ####) stays what it
    is; openpyxl would put 「#VALUE!」 or an evening of 1899 in its place.
    """
    value = cell.value
    if cell.data_type != "n" or value is None or cell._style_id not in dates:
        return value
    duration = dates[cell._style_id]
    with suppress(OverflowError, ValueError):
        return from_excel(value, epoch, timedelta=duration) if duration or value >= 0 else value
    return value


def _value_or_formula(cell: Any, value: Any, written: Any) -> Any:
    # A cell of kind 'str' has been worked out, to an empty text.
    if value is not None or cell.data_type == "str":
        return value
    return getattr(written, "text", written)  # of a formula over several cells: its text


def _unescaped(text: str) -> str:
    """Undo Excel's way of writing control characters: 「_x000D_」 is a carriage return.

    And of writing a text that looks so: 「_x005F_x0041_」 is 「_x0041_」. No other codes: from the table of shared
    strings openpyxl has taken 「x005F_」 away already, and 「_x0041_」 would become 「A」.
    """
    return re.sub("_x(00[01][0-9A-Fa-f]|005[Ff])_", lambda m: chr(int(m[1], 16)), text)


def _check_beyond(cells: list[Any], width: int, path: Path, number: int) -> None:
    """Raise an `InputError` naming the first cell to the right of the header."""
    for column, cell in enumerate(cells[width:], width + 1):
        if cell not in (None, ""):
            place = f"{get_column_letter(column)}{number}"
            raise InputError(
                f"{place} に値がありますが、1行目(見出し)のその列が空です。"
                f"見出しを付けるか、値を消してください。{TITLE[0]}",
                f"there is a value in {place}, but row 1, the header, is empty in that column; "
                f"name the column or clear the cell. {TITLE[1]}",
                file=str(path),
                row=number,
            )


def _without_trailing(cells: list[Any]) -> list[Any]:
    while cells and cells[-1] in (None, ""):
        cells.pop()
    return cells


def _refuse_other_excel(path: Path, head: bytes) -> None:
    """Old .xls files and password-protected ones are both OLE containers, not zip archives."""
    if not head.startswith(b"\xd0\xcf\x11\xe0"):
        return
    if "EncryptedPackage".encode("utf-16-le") in path.read_bytes():
        raise InputError(
            "パスワードで保護されています。Excel で開き、パスワードを外して保存し直してください。",
            "password-protected; open it in Excel and save it without a password",
            file=str(path),
        )
    raise InputError(
        "古い形式(.xls)です。Excel で開き、.xlsx に保存し直してください。",
        "an old .xls file; open it in Excel and save it as .xlsx",
        file=str(path),
    )


def _refuse_strict(path: Path) -> None:
    """Raise `InputError` for the other kind of .xlsx that Excel can save: openpyxl finds no cell in it."""
    with suppress(*_XLSX_FAULTS), zipfile.ZipFile(path) as archive:  # of these faults `_xlsx` tells
        if b"http://purl.oclc.org/ooxml/spreadsheetml/main" in archive.read("xl/workbook.xml"):
            raise InputError(
                "「厳密な Open XML スプレッドシート」です。Excel で開き、「Excel ブック(*.xlsx)」として保存し直してください。",
                "a 'Strict Open XML Spreadsheet'; open it in Excel and save it as 'Excel Workbook (*.xlsx)'",
                file=str(path),
            )


def _in_xml(path: Path, sheet: Any, *patterns: bytes) -> list[str]:
    """Return what of a sheet's XML first fits each pattern (its group, if it has one), '' if nothing does.

    Streaming hides merged cells, which follow the rows, and formulas.
    """
    found = [""] * len(patterns)
    tail = b""
    with zipfile.ZipFile(path) as archive, archive.open(sheet._worksheet_path.lstrip("/")) as xml:
        while block := xml.read(1 << 20):
            tail = tail[-64:] + block
            for i, pattern in enumerate(patterns):
                if not found[i] and (match := re.search(pattern, tail)):
                    found[i] = match[match.lastindex or 0].decode()
    return found


@contextmanager
def _readable_parquet(path: Path) -> Iterator[None]:
    """Make one message of whatever is broken in a Parquet file."""
    try:
        yield
    except (pa.ArrowException, OSError):
        raise InputError(
            "Parquet ファイルとして読めません。", "not a readable Parquet file", file=str(path)
        ) from None


def open_parquet(path: Path) -> Opened:
    """Open a .parquet file; an `InputError` if it is not readable."""
    with _readable_parquet(path), pq.ParquetFile(path) as file:
        columns = header(file.schema_arrow.names, path)

    def rows() -> Generator[Row, None, None]:
        # A buffer keeps a file of one huge row group from being read in one piece.
        with _readable_parquet(path), pq.ParquetFile(path, buffer_size=1 << 20) as file:
            for batch in file.iter_batches(batch_size=4096):
                yield from map(list, zip(*(c.to_pylist() for c in batch.columns), strict=True))

    return Opened(columns, None, 1, rows)
