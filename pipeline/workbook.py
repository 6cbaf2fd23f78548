"""The Excel file that reviewers work in: suggestions with a column to decide in, codebook, summary.

A row reads from left to right: the comment as the file gave it, the first suggestion, the decision
(「確定コード」, empty, with a list of all items, 「該当なし」, and the levels above), the other suggestions, the evidence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any

import pandas as pd
from xlsxwriter.utility import xl_col_to_name, xl_range

from pipeline.book_parts import (
    CHOICES,
    DECIDE,
    IF_ANY_ITEM,
    LINE,
    cell_format,
    choice,
    confidence_bars,
    header_format,
    open_book,
    row_height,
    set_up_page,
    write_codebook_sheet,
    write_summary_sheet,
)
from pipeline.cells import as_text, check_excel_rows, date_format, places, write_cell
from pipeline.codebook import Codebook
from pipeline.comment_column import SUGGESTED_FOR
from pipeline.errors import Language
from pipeline.no_answer import NO_OPINION, OUTSIDE
from pipeline.placing import discard, put_in_place, temporary_beside, writing
from pipeline.review_form import ACTION_WORDS

DECISION = {"ja": "確定コード", "en": "final_code"}
SHEETS = {"ja": ("提案", "コードブック", "集計"), "en": ("Suggestions", "Codebook", "Summary")}
_HINT = {
    "ja": (
        "一覧にない値です",
        "一覧から選んでください。該当する項目がなければ「該当なし」を選んでください。",
    ),
    "en": ("Not in the list", "Please choose from the list: 'none fits' if no item fits."),
}
# Widths in characters of the default font; a Japanese character takes two.
_WIDTHS = {
    "opinion_id": 13,
    "status": 9,
    "group_id": 8,
    "group_size": 10,
    "exact_count": 10,
    "code": 8,
    "title": 20,
    "confidence": 10,
    "also": 18,
    "grade": 6,
    "units": 6,
    "unit_codes": 18,
    "evidence": 48,
    "evidence_words": 16,
    "plan_wording": 22,
    "doubt": 11,
    SUGGESTED_FOR: 14,
    "model_id": 14,
}
_TEXT_WIDTH, _DECISION_WIDTH = 46, 26
_PERCENT = {"num_format": "0%", "align": "right", "indent": 1}
_GIVEN: dict[Language, str] = {"ja": "(入力)", "en": " (input)"}
# Columns for programs; a click on [+] above the columns shows them.
_FOLDED = ("opinion_id", SUGGESTED_FOR, "model_id")


def workbook_columns(columns: Sequence[str], language: Language = "ja") -> list[str]:
    """Return the columns of the first sheet: `columns` with the decision after the first suggestion.

    A column of the input with that name gets another one.

    >>> workbook_columns(["text", "status", "code_1", "title_1", "confidence_1", "code_2", "evidence"])
    ['text', 'status', 'code_1', 'title_1', 'confidence_1', '確定コード', 'code_2', 'evidence']
    >>> workbook_columns(["text", "確定コード", "confidence_1"])
    ['text', '確定コード(入力)', 'confidence_1', '確定コード']
    """
    place, decision = _place_of_decision(columns), DECISION[language]
    given = [_renamed(c, columns, language) if c == decision else c for c in columns]
    return [*given[:place], decision, *given[place:]]


def _place_of_decision(columns: Sequence[str]) -> int:
    return columns.index("confidence_1") + 1 if "confidence_1" in columns else len(columns)


def _renamed(column: str, taken: Sequence[str], language: Language) -> str:
    while column in taken:
        column += _GIVEN[language]
    return column


class SuggestionWorkbook:
    """Write the reviewers' Excel file row by row, as a context manager; after an error nothing remains.

    Parameters
    ----------
    path, columns
        The file, and the columns that `write` gets: the input's own, then those of the suggestions.
    top
        Number of suggestions (code_k, title_k, confidence_k for k = 1…top).
    text_column
        The column with the comments, which is made wide.
    """

    def __init__(
        self,
        path: Path,
        columns: Sequence[str],
        codebook: Codebook,
        *,
        top: int,
        language: Language = "ja",
        text_column: str | None = None,
    ) -> None:
        self.path = Path(path)
        self.columns = workbook_columns(columns, language)
        self._decision = _place_of_decision(columns)
        self.codebook = codebook
        self.top = top
        self.language = language
        own = text_column == DECISION[language]
        self.text_column = _renamed(DECISION[language], columns, language) if own else text_column
        self._given = list(columns)
        self._row = 1
        self._dates: dict[str, Any] = {}  # styles by number format
        self._summary: list[tuple[str, str, str | float | int]] = []

    def __enter__(self) -> SuggestionWorkbook:
        self._temporary = temporary_beside(self.path)
        with writing(self.path):
            self._open()
        return self

    def _open(self) -> None:
        self._book = open_book(self._temporary)
        self._sheets = [self._book.add_worksheet(name) for name in SHEETS[self.language]]
        self._header = header_format(self._book)
        self._start_suggestions()
        # Many suggestions are of a goal or policy, and a blank is a suggestion that nobody has looked at.
        items = {n.code for n in self.codebook.items}
        above = [choice(self.codebook, n.code) for n in self.codebook if n.code not in items]
        more = [ACTION_WORDS["none-fits"][self.language], *above]
        write_codebook_sheet(self._book, self._sheets[1], self.codebook, self.language, self._header, more)

    def write(self, frame: pd.DataFrame) -> None:
        """Append rows; confidences are numbers from 0 to 1, or empty.

        Raises
        ------
        InputError
            if an Excel sheet cannot hold that many rows, or the file cannot be written.
        """
        with writing(self.path):
            self._write_rows(frame)

    def _write_rows(self, frame: pd.DataFrame) -> None:
        sheet = self._sheets[0]
        if self._row == 1:
            self._widths = [self._width(c, frame.get(c, [])) for c in self.columns]
        decision = self._decision
        for cells in zip(*(frame[c].tolist() for c in self._given), strict=True):
            check_excel_rows(self._row, self.path)
            values = [c if isinstance(c, int | float) or date_format(c) else as_text(c) for c in cells]
            values.insert(decision, "")
            outside = self._status is not None and values[self._status] == OUTSIDE
            sheet.set_row(self._row, row_height(values, self._widths))
            for column, (value, style) in enumerate(zip(values, self._styles, strict=True)):
                shown = date_format(value)
                if outside and self._kind(self.columns[column]) == "confidence":
                    style = self._if_any
                write_cell(sheet, self._row, column, value, self._date_style(shown) if shown else style)
            self._row += 1

    def summary(self, rows: Sequence[tuple[str, str, str | float | int]]) -> None:
        """Set the third sheet: (section, label, value), the rows of one section together."""
        self._summary = list(rows)

    def __exit__(self, kind: type[BaseException] | None, _e: object, _t: TracebackType | None) -> None:
        try:
            if kind is None:
                with writing(self.path):
                    self._finish_suggestions()
                    write_summary_sheet(
                        self._book, self._sheets[2], self._summary, self.language, self._header
                    )
                    self._book.close()
                put_in_place(self._temporary, self.path)
            else:
                with suppress(OSError):  # what went wrong has been said
                    self._book.close()
        finally:
            discard(self._temporary)

    # -- first sheet ---------------------------------------------------------------------------

    def _start_suggestions(self) -> None:
        sheet = self._sheets[0]
        self._widths = [self._width(c, []) for c in self.columns]
        self._styles = [self._style(c) for c in self.columns]
        self._if_any = self._format(**_PERCENT | IF_ANY_ITEM)
        self._status = self.columns.index("status") if "status" in self.columns else None
        sheet.set_row(0, 2 * LINE + 4)
        for column, name in enumerate(self.columns):
            write_cell(sheet, 0, column, name, self._header)
        set_up_page(sheet)
        sheet.repeat_rows(0)

    def _finish_suggestions(self) -> None:
        sheet, last, end = self._sheets[0], self._row - 1, len(self.columns) - 1
        for column, name in enumerate(self.columns):
            fold = {"level": 1, "hidden": True} if name in _FOLDED else {}
            sheet.set_column(column, column, self._widths[column], None, fold)
        # The comment stays in sight while people scroll to the right, if it leaves them room to.
        text = self.columns.index(self.text_column) + 1 if self.text_column in self.columns else 0
        sheet.freeze_panes(1, text if sum(self._widths[:text]) <= 80 else 0)
        sheet.autofilter(0, 0, last, end)
        # On paper the comment, the suggestion and a place to decide: all columns on one page's width are too small.
        sheet.print_area(0, 0, last, self._decision)
        if not last:
            return
        sheet.ignore_errors({"number_stored_as_text": xl_range(0, 0, last, end)})
        decision = self._decision
        title, message = _HINT[self.language]
        # A warning, not a ban: people may need to write several codes.
        rule = {"validate": "list", "source": f"={CHOICES}", "error_type": "warning"}
        rule |= {"error_title": title, "error_message": message}
        sheet.data_validation(1, decision, last, decision, rule)
        status = "" if self._status is None else xl_col_to_name(self._status)
        for name in ("suggested_confidence", *(f"confidence_{k}" for k in range(1, self.top + 1))):
            if name in self.columns and status:
                confidence_bars(self._book, sheet, self.columns.index(name), last, f'=${status}2="{OUTSIDE}"')
        if status:
            formula = f'=${status}2="{NO_OPINION}"'
            grey = self._book.add_format({"font_color": "#808080", "bg_color": "#EDEDED"})
            rule = {"type": "formula", "criteria": formula, "format": grey}
            sheet.conditional_format(1, 0, last, end, rule)

    def _width(self, column: str, cells: Iterable[object]) -> int:
        """Return a column's width; the input's own columns are as wide as their first cells need."""
        if column == self.text_column:
            return _TEXT_WIDTH
        if column == DECISION[self.language]:
            return _DECISION_WIDTH
        needed = max((places(as_text(c)) for c in islice(cells, 200)), default=0)
        return _WIDTHS.get(self._kind(column)) or min(max(needed, places(column), 6) + 2, 20)

    def _kind(self, column: str) -> str:
        """Return 'code' for code_1…code_top and so on, 'doubt' for any reason, else the name itself."""
        if column.startswith("doubt_"):
            return "doubt"
        if column.startswith(("suggested_", "also_")):
            return column.partition("_")[2] if column != "also_code" else "also"
        match = re.fullmatch(r"(code|title|confidence)_(\d+)", column)
        return match[1] if match and 1 <= int(match[2]) <= self.top else column

    def _style(self, column: str) -> Any:
        if column == DECISION[self.language]:
            return self._format(bg_color=DECIDE)
        if self._kind(column) == "confidence":
            return self._format(**_PERCENT)
        if column in ("units", "group_size", "exact_count"):
            return self._format(align="center")
        return self._format()

    def _date_style(self, number_format: str) -> Any:
        if number_format not in self._dates:
            self._dates[number_format] = self._format(num_format=number_format)
        return self._dates[number_format]

    def _format(self, **properties: object) -> Any:
        return cell_format(self._book, **properties)
