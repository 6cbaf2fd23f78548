"""Several small tables as the sheets of one Excel file, for a person to read."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import nullcontext
from pathlib import Path

import pandas as pd

from pipeline.cells import check_excel_rows, write_cell
from pipeline.errors import InputError
from pipeline.excel_book import ExcelBook
from pipeline.placing import whole_file, writing

_WIDE = 36
_NARROW = 9
_SAMPLE = 200
_LINE, _HIGHEST = 15, 405  # points; Excel has no higher rows than 409


def check_excel(path: Path) -> None:
    """Raise `InputError` unless the file's ending is .xlsx."""
    if path.suffix.lower() != ".xlsx":
        raise InputError(
            "複数の表を書くので、拡張子を .xlsx にしてください。",
            "several tables are written: the ending must be .xlsx",
            file=str(path),
        )


def write_sheets(
    tables: Mapping[str, pd.DataFrame],
    path: Path,
    *,
    titles: Mapping[str, str] | None = None,
    words: Mapping[str, Mapping[str, str]] | None = None,
    numbers: Collection[str] = (),
    temporary: Path | None = None,
) -> None:
    """Write each table to the sheet of its name: header fixed, filter on, texts wrapped, nothing a formula.

    Columns that are empty throughout are left out: these files are for people.

    Parameters
    ----------
    titles : what a column is called for people; its own name if absent
    words : column -> cell -> what the cell is called for people
    numbers : columns of text whose cells are numbers for Excel
    temporary : the file to write to, if the caller gives it its name (see `placing.whole_files`)

    Raises
    ------
    InputError
        if the ending is not .xlsx, a sheet has too many rows, or the file cannot be written; then nothing is.
    """
    check_excel(path)
    for table in tables.values():
        check_excel_rows(len(table), path)
    with nullcontext(temporary) if temporary else whole_file(path) as place, writing(path):
        book = ExcelBook(place)
        for name, table in tables.items():
            _sheet(book, name, _for_people(table, words or {}), titles or {}, set(numbers))
        book.close()


def _for_people(table: pd.DataFrame, words: Mapping[str, Mapping[str, str]]) -> pd.DataFrame:
    filled = [c for c in table.columns if not len(table) or (table[c].astype(str) != "").any()]
    return table[filled].assign(**{c: table[c].replace(dict(words[c])) for c in filled if c in words})


def _sheet(
    book: ExcelBook, name: str, table: pd.DataFrame, titles: Mapping[str, str], numbers: set[str]
) -> None:
    sheet = book.add_worksheet(name)
    head = book.add_format({"bold": True, "bg_color": "#D9E2EC", "valign": "top", "text_wrap": True})
    line = {"valign": "top", "bottom": 1, "bottom_color": "#D0D7DE"}
    body = book.add_format(line | {"text_wrap": True})
    fraction = book.add_format(line | {"num_format": "0.000"})
    shown = [titles.get(str(c), str(c)) for c in table.columns]
    widths = []
    for j, (column, title) in enumerate(zip(table.columns, shown, strict=True)):
        cells = table[column].astype(str).head(_SAMPLE)
        # A Japanese character is as wide as two of the digits that Excel counts in.
        widest = max([_width(title), *(_width(line) for c in cells for line in c.split("\n"))])
        widths.append(min(_WIDE, max(_NARROW, widest + 2)))
        sheet.set_column(j, j, widths[j])
        write_cell(sheet, 0, j, title, head)
    sheet.freeze_panes(1, 0)
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    if len(table):
        sheet.autofilter(0, 0, len(table), len(shown) - 1)
    is_number = [str(c) in numbers for c in table.columns]
    for i, row in enumerate(table.itertuples(index=False), start=1):
        # Not every program fits the height to wrapped text on opening: a coder's line would be out of sight.
        lines = max((_lines(str(c), w) for c, w in zip(row, widths, strict=True)), default=1)
        sheet.set_row(i, min(_HIGHEST, _LINE * lines))
        for j, cell in enumerate(row):
            value = _number(cell) if is_number[j] else cell
            write_cell(sheet, i, j, value, fraction if isinstance(value, float) else body)


def _number(cell: object) -> object:
    text = str(cell)
    try:
        return int(text) if text.isdecimal() else float(text)
    except ValueError:
        return cell


def _lines(text: str, width: int) -> int:
    return sum(max(1, -(-_width(line) // (width - 1))) for line in text.split("\n"))


def _width(text: str) -> int:
    return sum(1 if c.isascii() else 2 for c in text)
