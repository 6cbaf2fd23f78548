"""Several tables in one Excel file, each on a sheet of its own, made to be read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import xlsxwriter

from pipeline.cells import EXCEL_OPTIONS, as_text, check_excel_rows, write_cell
from pipeline.placing import put_in_place, temporary_beside, unwritable

_FONT = {"font_name": "BIZ UDPGothic", "font_size": 10}
_WIDEST, _NARROWEST = 60, 6


def write_sheets(tables: Mapping[str, pd.DataFrame], path: Path) -> None:
    """Write tables to sheets of their names; the file appears whole or not at all.

    Text is written as text, never as a formula. The header stays in sight, columns are as wide as what they
    hold (within limits), long text is wrapped.

    Raises
    ------
    InputError
        if a table has more rows than a sheet holds, or the file cannot be written.
    """
    temporary = temporary_beside(path)
    try:
        with xlsxwriter.Workbook(str(temporary), {**EXCEL_OPTIONS, "constant_memory": False}) as book:
            head = book.add_format(
                {**_FONT, "bold": True, "bg_color": "#DDEBF7", "bottom": 1, "text_wrap": True}
            )
            body = book.add_format({**_FONT, "valign": "top", "text_wrap": True})
            for name, table in tables.items():
                check_excel_rows(len(table), path)
                sheet = book.add_worksheet(name)
                sheet.freeze_panes(1, 0)
                sheet.set_landscape()
                sheet.set_paper(9)  # A4
                sheet.fit_to_pages(1, 0)
                sheet.repeat_rows(0)
                for j, column in enumerate(table.columns):
                    values = table[column].tolist()
                    write_cell(sheet, 0, j, str(column), head)
                    sheet.set_column(j, j, _width([str(column), *map(as_text, values[:200])]))
                    for i, value in enumerate(values, 1):
                        write_cell(sheet, i, j, value, body)
                if len(table):
                    sheet.autofilter(0, 0, len(table), len(table.columns) - 1)
        put_in_place(temporary, path)
    except (OSError, xlsxwriter.exceptions.FileCreateError) as error:
        raise unwritable(path, error if isinstance(error, OSError) else OSError(str(error))) from None
    finally:
        temporary.unlink(missing_ok=True)


def _width(texts: list[str]) -> int:
    """Return a column's width in characters; a Japanese character takes two."""
    longest = max(
        max((len(line) + sum(c > "\u2e80" for c in line) for line in t.split("\n")), default=0) for t in texts
    )
    return min(max(longest + 2, _NARROWEST), _WIDEST)
