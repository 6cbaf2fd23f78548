"""The sheets of a coder's file that Excel shows to nobody: what `collect` must know of the file and of each row.

Whether a text is still the same, what was suggested, and whether the suggestion was on screen; of texts that a cell
cannot hold as they are, the whole.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import xlsxwriter

from pipeline.cells import excel_text
from pipeline.review_form import (
    FILE_KEYS,
    FILE_SHEET,
    ROW_COLUMNS,
    ROWS_SHEET,
    TEXT_COLUMNS,
    TEXT_SHEET,
    fingerprint,
)

_PART = 8_000  # characters of JSON in one cell: far below 32,767 whatever the text


class HiddenSheets:
    """The hidden sheets of one file being written; they are added behind those that the book has already."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        names = (FILE_SHEET, ROWS_SHEET, TEXT_SHEET)
        self._file, self._rows, self._texts = (book.add_worksheet(name) for name in names)
        for sheet in (self._file, self._rows, self._texts):
            sheet.very_hidden()
        self._row = self._text = 0

    def write_file(self, values: Sequence[str]) -> None:
        """Write what `FILE_KEYS` stand for."""
        for i, pair in enumerate([("key", "value"), *zip(FILE_KEYS, values, strict=True)]):
            for j, text in enumerate(pair):
                self._file.write_string(i, j, text)

    def write_heads(self) -> None:
        """Write the first rows of the sheets that get a row a comment."""
        for sheet, titles in ((self._rows, ROW_COLUMNS), (self._texts, TEXT_COLUMNS)):
            for j, name in enumerate(titles):
                sheet.write_string(0, j, name)

    def add(self, row: Mapping[str, str]) -> None:
        """Write what must be known of the next row."""
        text = row["text"]
        shown = excel_text(text)
        values = (fingerprint(shown), row["suggestion_shown"], row["first"], row["model_id"])
        self._row += 1
        for j, value in enumerate((row["opinion_id"], row["unit"], *values)):
            self._rows.write_string(self._row, j, value)
        if shown != text:
            whole = json.dumps(text)
            for part, start in enumerate(range(0, len(whole), _PART)):
                self._text += 1
                cells = (row["opinion_id"], row["unit"], str(part), whole[start : start + _PART])
                for j, value in enumerate(cells):
                    self._texts.write_string(self._text, j, value)
