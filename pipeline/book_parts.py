"""What the Excel files for reviewers are made of: fonts and colours, row heights, print setup, side sheets."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import xlsxwriter

from pipeline.cells import places, write_cell
from pipeline.codebook import Codebook
from pipeline.errors import Language
from pipeline.excel_book import ExcelBook

CHOICES = "code_choices"  # the defined name of the list that the decision columns offer
FONT = {"font_name": "BIZ UDPGothic", "font_size": 10}
# Points a line, enough for most Japanese fonts of size 10, and Excel's highest row.
LINE, MAX_HEIGHT = 15.0, 409.0
LINE_COLOUR, HEAD, FIRST, SECOND, DECIDE = "#BFBFBF", "#1F4E78", "#BDD7EE", "#DDEBF7", "#FFF2CC"
DATA_BAR = {
    "type": "data_bar",
    "bar_solid": True,
    "bar_color": "#9BC2E6",
    "bar_border_color": "#9BC2E6",
    "min_type": "num",
    "min_value": 0,
    "max_type": "num",
    "max_value": 1,
    "data_bar_2010": True,
}
# The number beside 「該当なしの疑い」 says how likely an item is if it is any: no bar, for it promises too much.
IF_ANY_ITEM = {"num_format": "(0%)", "font_color": "#808080"}
CODEBOOK_HEADER: dict[Language, tuple[str, ...]] = {
    "ja": ("コード", "番号", "名称", "定義", "含む", "含まない", "確定コードの選択肢"),
    "en": ("code", "number", "title", "definition", "include", "exclude", "choices for final_code"),
}
_VALUE: dict[Language, str] = {"ja": "値", "en": "value"}


def open_book(path: Path) -> ExcelBook:
    """Return a workbook that keeps one row in memory and never turns text into a formula or link."""
    return ExcelBook(path, default_format_properties=FONT)


def cell_format(book: xlsxwriter.Workbook, **properties: object) -> Any:
    """Return the look of a cell: wrapped, thin grey lines, and what `properties` says."""
    base = {**FONT, "text_wrap": True, "valign": "top", "border": 1, "border_color": LINE_COLOUR}
    return book.add_format(base | properties)


def confidence_bars(book: xlsxwriter.Workbook, sheet: Any, column: int, last: int, outside: str) -> None:
    """Draw confidences as bars, but for rows in which the formula `outside`, of row 2, is true.

    LibreOffice, which does not stop at a rule, draws these too; a rule without a format takes all format of a cell
    away there.
    """
    grey = book.add_format({"font_color": IF_ANY_ITEM["font_color"]})
    rule = {"type": "formula", "criteria": outside, "format": grey, "stop_if_true": True}
    sheet.conditional_format(1, column, last, column, rule)
    sheet.conditional_format(1, column, last, column, DATA_BAR)


def header_format(book: xlsxwriter.Workbook) -> Any:
    """Return the look of a header."""
    return cell_format(book, bold=True, font_size=8, font_color="#FFFFFF", bg_color=HEAD)


def set_up_page(sheet: Any) -> None:
    """Print on A4 across, as wide as one page, with file name and page number below, the header on each page."""
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.set_footer("&L&F  &A&R&P / &N")


def choice(codebook: Codebook, code: str) -> str:
    """Return an item as the list offers it: 「G1-1-1 見守り活動について」."""
    return f"{code} {codebook[code].title}"


def write_codebook_sheet(
    book: xlsxwriter.Workbook,
    sheet: Any,
    codebook: Codebook,
    language: Language,
    header: Any,
    more: Sequence[str] = (),
) -> None:
    """Fill a sheet with the codebook and, in a hidden column, the list under the name `CHOICES`.

    The list has all items, then `more`.
    """
    items = codebook.items
    choices = [*(choice(codebook, n.code) for n in items), *more]
    for column, width in enumerate((10, 9, 44, 50, 50, 50, 44)):
        sheet.set_column(column, column, width, None, {"hidden": 1} if column == 6 else {})
    for column, name in enumerate(CODEBOOK_HEADER[language]):
        write_cell(sheet, 0, column, name, header)
    leaves = {n.code for n in items}
    for row, node in enumerate(codebook, 1):
        shade: dict[str, object] = {}
        if node.code not in leaves:
            shade = {"bold": True, "bg_color": FIRST if node.level == 1 else SECOND}
        plain, indented = cell_format(book, **shade), cell_format(book, indent=node.level - 1, **shade)
        texts = (node.code, node.number, node.title, node.definition, node.include, node.exclude)
        sheet.set_row(row, row_height(texts, (10, 9, 40, 50, 50, 50)))
        for column, text in enumerate(texts):
            write_cell(sheet, row, column, text, indented if column == 2 else plain)
        if row <= len(choices):  # the choices stand together, whatever rows of the plan lie between items
            write_cell(sheet, row, 6, choices[row - 1], plain)
    for row, text in enumerate(choices[len(codebook) :], len(codebook) + 1):
        write_cell(sheet, row, 6, text)
    book.define_name(CHOICES, f"='{sheet.get_name()}'!$G$2:$G${len(choices) + 1}")
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, len(codebook), 5)
    set_up_page(sheet)
    sheet.repeat_rows(0)


def write_summary_sheet(
    book: xlsxwriter.Workbook,
    sheet: Any,
    summary: Sequence[tuple[str, str, str | float | int]],
    language: Language,
    header: Any,
) -> None:
    """Fill a sheet with figures: (section, label, value), the rows of one section together under its name."""
    sheet.set_column(0, 0, 60)
    sheet.set_column(1, 1, 30)
    set_up_page(sheet)
    label_style, text_style = cell_format(book), cell_format(book, align="left")
    whole, broken = cell_format(book, num_format="#,##0"), cell_format(book, num_format="0.000")
    row = 0
    for section, rows in groupby(summary, key=lambda r: r[0]):
        write_cell(sheet, row, 0, section, header)
        write_cell(sheet, row, 1, _VALUE[language], header)
        for _, label, value in rows:
            row += 1
            style = text_style if isinstance(value, str) else whole if isinstance(value, int) else broken
            texts = ((label, 60), (value if isinstance(value, str) else "", 30))
            sheet.set_row(row, LINE * max(lines(t, w) for t, w in texts) + 4)
            write_cell(sheet, row, 0, label, label_style)
            write_cell(sheet, row, 1, value, style)
        row += 2


def row_height(values: Sequence[object], widths: Sequence[int]) -> float:
    """Return the height in points that shows all lines of the row's longest cell, up to Excel's limit."""
    most = 1
    for value, width in zip(values, widths, strict=True):
        if isinstance(value, str) and (len(value) * 2 > width or "\n" in value):
            most = max(most, lines(value, width))
    return min(LINE * most + 4, MAX_HEIGHT)


def lines(text: str, width: int) -> int:
    """Return how many lines a text takes in a column."""
    return sum(max(1, -(-places(part) // width)) for part in text.split("\n"))
