"""The Excel file that one coder fills in: comments, suggestions, yellow cells to decide in, and how to."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from xlsxwriter.utility import xl_col_to_name, xl_range

from pipeline.book_parts import (
    DECIDE,
    HEAD,
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
)
from pipeline.cells import check_excel_rows, write_cell
from pipeline.codebook import Codebook
from pipeline.errors import Language
from pipeline.no_answer import OUTSIDE
from pipeline.placing import whole_files, writing
from pipeline.review_form import (
    CODEBOOK_SHEET,
    COLUMNS,
    DECIDED,
    FORMAT,
    GUIDE,
    MAIN,
    NOT_ASKED_SHEET,
    SUGGESTED,
)
from pipeline.review_guide import action_rule, code_rule, guide_rows, write_guide_sheet
from pipeline.review_hidden import HiddenSheets
from pipeline.tables import records

_ORDER = (
    "opinion_id",
    "unit",
    "text",
    "first",
    "confidence",
    *DECIDED,
    "others",
    "doubt",
    "evidence",
    "same",
)
# Widths in characters of the default font; a Japanese character takes two.
_WIDTHS = {
    "opinion_id": 12, "unit": 6, "text": 46, "first": 24, "confidence": 8, "code": 24, "code_2": 20, "action": 10,
    "note": 20, "others": 40, "doubt": 20, "evidence": 72, "same": 11,
}  # fmt: skip
_HIDDEN_TEXT: dict[Language, str] = {"ja": "(提案を隠しています)", "en": "(suggestion hidden)"}
_NO_SUGGESTION: dict[Language, str] = {"ja": "(提案なし)", "en": "(no suggestion)"}
_PERCENT = {"num_format": "0%", "align": "right"}
_DECIDE_HEAD = "#806000"
_PLACE = re.compile(r"(、類似度\d\.\d\d)、.*\)$", re.MULTILINE)


@dataclass(frozen=True)
class Form:
    """What all rows of one coder's file share. `coder` may be '': then the person writes the name in."""

    coder: str
    codebook: Codebook
    language: Language = "ja"
    round: str = "1"
    blind: bool = False
    prefilled: bool = False


def write_review_sheets(
    files: Sequence[tuple[Path, Form, pd.DataFrame]],
    not_asked: pd.DataFrame,
    advance: Callable[[int], None] = lambda rows: None,
) -> None:
    """Write one Excel file a coder: all of them or, after an error, none.

    Parameters
    ----------
    files : path, form and rows of each file: a REVIEW table with the column suggestion_shown ("yes" or "no")
    not_asked : NOT_ASKED table, shown in a sheet of its own
    advance : called with the number of rows just written

    Raises
    ------
    InputError
        if a sheet cannot hold that many rows, or a file cannot be written.
    """
    with whole_files([path for path, _, _ in files]) as temporaries:
        for temporary, (path, form, rows) in zip(temporaries, files, strict=True):
            check_excel_rows(len(rows), path)
            with writing(path):
                _Sheet(temporary, form, rows).write(not_asked, advance)


class _Sheet:
    """One file being written."""

    def __init__(self, temporary: Path, form: Form, rows: pd.DataFrame) -> None:
        self.form, self.rows, self.language = form, rows, form.language
        left_out = set(SUGGESTED) if form.blind else set()
        left_out |= {c for c in ("unit", "same") if not len(rows) or not (rows[c] != "").any()}
        self.columns = [c for c in _ORDER if c not in left_out]
        self.book = open_book(temporary)
        self.header = header_format(self.book)

    def write(self, not_asked: pd.DataFrame, advance: Callable[[int], None]) -> None:
        names = (MAIN, GUIDE, CODEBOOK_SHEET, *((NOT_ASKED_SHEET,) if len(not_asked) else ()))
        shown = [self.book.add_worksheet(name[self.language]) for name in names]
        hidden = HiddenSheets(self.book)
        coder, prefilled, blind = self.form.coder, self.form.prefilled, self.form.blind
        hidden_some = not blind and bool((self.rows["suggestion_shown"] == "no").any())
        item = self.form.codebook.items[0]
        rows = guide_rows(self.language, item, coder, prefilled=prefilled, blind=blind, hidden=hidden_some)
        progress = (self._progress(), f"0 / {len(self.rows):,}")
        write_guide_sheet(self.book, shown[1], rows, progress, name_given=bool(coder))
        write_codebook_sheet(self.book, shown[2], self.form.codebook, self.language, self.header)
        if len(not_asked):
            self._write_not_asked(shown[3], not_asked)
        flags = ["yes" if flag else "no" for flag in (blind, prefilled)]
        sha256 = self.form.codebook.sha256
        hidden.write_file((FORMAT, self.language, coder, self.form.round, *flags, sha256))
        self._write_main(shown[0], hidden, advance)
        shown[0].activate()
        self.book.close()

    # -- the sheet to decide in ----------------------------------------------------------------

    def _write_main(self, sheet: Any, hidden: HiddenSheets, advance: Callable[[int], None]) -> None:
        widths = [_WIDTHS[c] for c in self.columns]
        head = {"bold": True, "font_color": "#FFFFFF", "valign": "vcenter"}
        heads = [cell_format(self.book, bg_color=c, **head) for c in (HEAD, _DECIDE_HEAD)]
        sheet.set_row(0, 2 * LINE)
        for j, name in enumerate(self.columns):
            sheet.set_column(j, j, widths[j])
            title = COLUMNS[name][self.language]
            write_cell(sheet, 0, j, title, heads[name in DECIDED])
        hidden.write_heads()
        styles = [self._style(c) for c in self.columns]
        if_any = cell_format(self.book, **_PERCENT | IF_ANY_ITEM)
        pale = cell_format(self.book, font_color="#808080", italic=True)
        names = [str(c) for c in self.rows.columns]
        for i, values in enumerate(self.rows.itertuples(index=False, name=None), 1):
            row = dict(zip(names, values, strict=True))
            cells = self._cells(row)
            sheet.set_row(i, row_height([cells[c] for c in self.columns], widths))
            unseen = row["suggestion_shown"] == "no" or not row["first"]
            for j, name in enumerate(self.columns):
                style = pale if unseen and name == "first" else styles[j]
                if name == "confidence" and row["status"] == OUTSIDE and not unseen:
                    style = if_any
                write_cell(sheet, i, j, cells[name], style)
            hidden.add(row)
            if i % 500 == 0:
                advance(500)
        advance(len(self.rows) % 500)
        self._finish(sheet)

    def _cells(self, row: dict[str, str]) -> dict[str, object]:
        """Return what each column shows of a row."""
        cells: dict[str, object] = {**row, "code": "", "code_2": "", "action": "", "note": ""}
        suggestion = choice(self.form.codebook, row["first"]) if row["first"] else ""
        if row["suggestion_shown"] == "no":
            cells |= dict.fromkeys(SUGGESTED, "") | {"first": _HIDDEN_TEXT[self.language]}
            return cells
        cells["first"] = suggestion or _NO_SUGGESTION[self.language]
        # Where an example stands in its source is not needed to decide, and takes a line of its own.
        cells["evidence"] = _PLACE.sub(r"\1)", row["evidence"])
        cells["confidence"] = _number(row["confidence"])
        if self.form.prefilled:
            cells["code"] = suggestion
        return cells

    def _style(self, column: str) -> Any:
        if column in DECIDED:
            return cell_format(self.book, bg_color=DECIDE)
        if column == "confidence":
            return cell_format(self.book, **_PERCENT)
        if column in ("unit", "same"):
            return cell_format(self.book, align="center")
        return cell_format(self.book)

    def _finish(self, sheet: Any) -> None:
        last, end = len(self.rows), len(self.columns) - 1
        sheet.freeze_panes(1, self.columns.index("text") + 1)
        sheet.autofilter(0, 0, last, end)
        set_up_page(sheet)
        sheet.set_paper(8)  # A3: so many columns are not legible on less
        sheet.repeat_rows(0)
        if not last:
            return
        sheet.ignore_errors({"number_stored_as_text": xl_range(0, 0, last, end)})
        for name in ("code", "code_2"):
            column = self.columns.index(name)
            rule = code_rule(self.language, self.form.codebook.items[0])
            sheet.data_validation(1, column, last, column, rule)
        column = self.columns.index("action")
        sheet.data_validation(1, column, last, column, action_rule(self.language, blind=self.form.blind))
        if "confidence" in self.columns:
            doubt = f"${xl_col_to_name(self.columns.index('doubt'))}2"
            outside = f'=LEFT({doubt},{len(OUTSIDE)})="{OUTSIDE}"'  # the first reason, see `review_items`
            confidence_bars(self.book, sheet, self.columns.index("confidence"), last, outside)
        # What is decided turns green, so that what is left to do stands out.
        done = self.book.add_format({"bg_color": "#E2EFDA"})
        first, final = self.columns.index("code"), self.columns.index("note")
        rule = {"type": "formula", "criteria": self._done_formula(), "format": done}
        sheet.conditional_format(1, first, last, final, rule)

    def _done_formula(self) -> str:
        """Return the formula that tells whether row 2, and so any row, is decided."""
        code, action = (f"${xl_col_to_name(self.columns.index(c))}2" for c in ("code", "action"))
        # A code that was filled in beforehand is nobody's decision.
        return f'={action}<>""' if self.form.prefilled else f'=OR({action}<>"",{code}<>"")'

    # -- the other sheets ----------------------------------------------------------------------

    def _progress(self) -> str:
        """Return a formula that counts the decided rows."""
        last = len(self.rows) + 1
        code, action = (
            f"'{MAIN[self.language]}'!${c}$2:${c}${last}"
            for c in (xl_col_to_name(self.columns.index(n)) for n in ("code", "action"))
        )
        done = f'({action}<>"")' if self.form.prefilled else f'((({code}<>"")+({action}<>""))>0)'
        return f'=SUMPRODUCT(--{done})&" / {len(self.rows):,}"'

    def _write_not_asked(self, sheet: Any, table: pd.DataFrame) -> None:
        names = ["opinion_id", "unit", "text"]
        titles = [COLUMNS[c][self.language] for c in names] + [{"ja": "理由", "en": "reason"}[self.language]]
        style = cell_format(self.book)
        for j, (title, width) in enumerate(zip(titles, (14, 6, 60, 24), strict=True)):
            sheet.set_column(j, j, width)
            write_cell(sheet, 0, j, title, self.header)
        for i, row in enumerate(records(table), 1):
            for j, name in enumerate((*names, "reason")):
                write_cell(sheet, i, j, row[name], style)
        sheet.freeze_panes(1, 0)
        set_up_page(sheet)


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text
