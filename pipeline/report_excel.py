"""Write a report as an Excel file: contents, a sheet a table, all opinions with codes, a sheet a picture."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.cells import check_excel_rows, places, widest_line, write_cell
from pipeline.disclosure import HIDDEN
from pipeline.excel_book import ExcelBook
from pipeline.opinions_section import UNCHECKED
from pipeline.report_parts import Report, Sheet, Table, cell_text
from pipeline.report_texts import WARNING

_FONT = {"font_name": "BIZ UDPGothic", "font_size": 10, "valign": "top"}
_HEAD = {"bold": True, "bg_color": "#1F4E78", "font_color": "#FFFFFF", "text_wrap": True, "border": 1}
_LINE = {"border": 1, "border_color": "#BFBFBF", "text_wrap": True}
_SHADES = {1: "#BDD7EE", 2: "#DDEBF7"}
_WIDEST, _NARROWEST = 60, 8
_FORBIDDEN = re.compile(r"[\[\]:*?/\\']")
_OPINION_COLUMNS = {
    "opinion_id": "意見ID",
    "unit": "部分",
    "text": "意見",
    "code": "コード",
    "title": "項目",
    "kind": "区分",
    "reason": "コードのない理由",
    "checked": "確認",
    "confidence": "確信度",
}
# What columns of pictures and of changes are called for people.
_TITLES = {
    "code": "コード",
    "title": "項目",
    "level": "階層",
    "goal": "目標",
    "goal_1": "語1の目標",
    "goal_2": "語2の目標",
    "word_1": "語1",
    "word_2": "語2",
    "texts": "意見(件)",
    "jaccard": "Jaccard",
    "opinion_id": "意見ID",
    "text": "意見",
    "x": "横の位置",
    "y": "縦の位置",
    "opinions": "意見(件)",
    "unchecked": "うち未確認の提案",
    "count": "今回(件)",
    "count_before": "前回(件)",
    "share": "今回の割合",
    "share_before": "前回の割合",
    "present": "今回の割合",
    "previous": "前回の割合",
    "difference": "差",
    "low": "差の下限(95%)",
    "high": "差の上限(95%)",
    "changed": "変化(1 増、-1 減)",
}
_SHARES = frozenset({"present", "previous", "difference", "low", "high"})
_LINE_HEIGHT, _HIGHEST = 15, 400
_OPINIONS, _CONTENTS = "意見一覧", "目次"


def write_excel(report: Report, temporary: Path, path: Path) -> None:
    """Write the report to `temporary`; `path` is its final name, for messages.

    Raises
    ------
    InputError
        if there are more opinions than an Excel sheet has rows.
    """
    check_excel_rows(len(report.opinions), path)
    book = ExcelBook(temporary, constant_memory=False)
    book.set_properties({"title": report.title})
    writer = _Writer(book, report)
    writer.contents()
    for table in report.tables:
        for sheet in table.as_sheets():
            levels = table.levels if sheet.frame is table.frame else ()
            writer.table(sheet, table, levels)
    if len(report.opinions):
        writer.opinions()
    for number, picture in enumerate(report.pictures, 1):
        writer.picture(number, picture.title, picture.png, picture.table)
    writer.finish()
    book.close()


class _Writer:
    def __init__(self, book: Any, report: Report) -> None:
        self.book = book
        self.report = report
        self.names: list[tuple[str, str]] = []
        self._formats: dict[tuple[tuple[str, object], ...], Any] = {}
        self._contents = book.add_worksheet(_CONTENTS)

    def style(self, **properties: object) -> Any:
        key = tuple(sorted(properties.items(), key=str))
        if key not in self._formats:
            self._formats[key] = self.book.add_format({**_FONT, **properties})
        return self._formats[key]

    def sheet(self, name: str, title: str) -> Any:
        """Add a sheet whose name Excel takes and no other sheet has."""
        wanted = _FORBIDDEN.sub("_", name).strip() or "表"
        taken = {n.casefold() for n, _ in self.names} | {_CONTENTS}
        free, k = wanted[:31], 1
        while free.casefold() in taken:
            k += 1
            free = f"{wanted[: 30 - len(str(k))]}_{k}"
        self.names.append((free, title))
        sheet = self.book.add_worksheet(free)
        sheet.set_paper(9)  # A4
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.set_footer(
            f"&L{'「' + UNCHECKED + '」を含む' if self.report.has_unchecked else ''}&C&A&R&P / &N"
        )
        return sheet

    def contents(self) -> None:
        sheet = self._contents
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.set_column(0, 0, 34)
        sheet.set_column(1, 1, 60)
        write_cell(sheet, 0, 0, self.report.title, self.style(bold=True, font_size=14))
        for i, line in enumerate(self.report.lines, 1):
            write_cell(sheet, i, 0, line, self.style())

    def finish(self) -> None:
        row = len(self.report.lines) + 2
        if self.report.has_unchecked:
            sheet = self._contents
            sheet.merge_range(row, 0, row, 1, "", self.style())
            write_cell(
                sheet, row, 0, WARNING, self.style(bold=True, text_wrap=True, bg_color="#FFF2CC", border=1)
            )
            sheet.set_row(row, 44)
            row += 2
        for i, (name, title) in enumerate(self.names, row):
            link = self.style(font_color="#1F4E78", underline=1)
            self._contents.write_url(i, 0, f"internal:'{name}'!A1", link, string=name)
            write_cell(self._contents, i, 1, title, self.style())

    def table(self, one: Sheet, table: Table, levels: tuple[int, ...]) -> None:
        sheet = self.sheet(one.name, table.title)
        frame = one.frame
        if not levels and "階層" in frame.columns:
            levels = tuple(int(v) for v in frame["階層"])
        self._grid(sheet, frame, one.percents, levels)
        note = table.note if one.note is None else one.note
        if note:
            end = len(frame) + 2
            last = max(1, min(6, frame.shape[1] - 1))
            sheet.merge_range(end, 0, end, last, "", self.style())
            write_cell(sheet, end, 0, note, self.style(text_wrap=True, font_color="#555555"))
            sheet.set_row(end, 15 * (2 + len(note) // 60))

    def opinions(self) -> None:
        frame = self.report.opinions.rename(columns=_OPINION_COLUMNS)
        frame = frame[[c for c in _OPINION_COLUMNS.values() if c in frame.columns]]
        frame = frame.assign(確認=frame["確認"].map({"yes": "人が確認", "no": UNCHECKED}).fillna(""))
        frame["確信度"] = pd.Series([_number(v) for v in frame["確信度"]], index=frame.index, dtype=object)
        empty = [c for c in ("区分", "コードのない理由", "確信度") if (frame[c] == "").all()]
        frame = frame.drop(columns=[*empty, *(["部分"] if (frame["部分"] == "1").all() else [])])
        sheet = self.sheet(_OPINIONS, "すべての意見とコード")
        self._grid(sheet, frame, frozenset({"確信度"}), ())
        sheet.autofilter(0, 0, len(frame), frame.shape[1] - 1)

    def picture(self, number: int, title: str, png: bytes, frame: pd.DataFrame) -> None:
        sheet = self.sheet(f"図{number}_{title}", f"図{number} {title}")
        self._grid(sheet, frame, _SHARES, ())
        options = {"image_data": io.BytesIO(png), "x_scale": 0.7, "y_scale": 0.7, "description": title}
        sheet.insert_image(1, frame.shape[1] + 1, f"図{number}.png", options)

    def _grid(
        self, sheet: Any, frame: pd.DataFrame, percents: frozenset[str], levels: tuple[int, ...]
    ) -> None:
        names = [str(c) for c in frame.columns]
        head = self.style(**_HEAD)
        rows = list(frame.itertuples(index=False, name=None))
        titles = [_TITLES.get(name, name) for name in names]
        widths = []
        for j, title in enumerate(titles):
            write_cell(sheet, 0, j, title, head)
            longest = max((widest_line(cell_text(r[j])) for r in rows[:300]), default=0)
            widths.append(min(_WIDEST, max(_NARROWEST, longest + 2, min(widest_line(title), 16) + 2)))
            sheet.set_column(j, j, widths[j])
        # Not every program fits heights to wrapped text on opening.
        lines = max((_lines(t, w) for t, w in zip(titles, widths, strict=True)), default=1)
        sheet.set_row(0, _LINE_HEIGHT * lines + 2)
        for i, row in enumerate(rows, 1):
            texts = [(v, w) for v, w in zip(row, widths, strict=True) if isinstance(v, str)]
            lines = max((_lines(v, w) for v, w in texts), default=1)
            sheet.set_row(i, min(_HIGHEST, _LINE_HEIGHT * lines + 2))
            shade = {"bg_color": _SHADES[levels[i - 1]]} if levels and levels[i - 1] in _SHADES else {}
            for j, value in enumerate(row):
                form = _number_format(value, names[j] in percents)
                write_cell(sheet, i, j, _blank(value), self.style(**_LINE, **shade, **form))
        sheet.freeze_panes(1, 0)
        sheet.repeat_rows(0)


def _number_format(value: object, percent: bool) -> dict[str, object]:
    if isinstance(value, str):
        return {"align": "right"} if value == HIDDEN else {}
    return {"num_format": "0.0%" if percent else "#,##0.###" if isinstance(value, float) else "#,##0"}


def _blank(value: object) -> object:
    return "" if value is None or value != value else value


def _number(text: str) -> object:
    try:
        return float(text)
    except ValueError:
        return ""


def _lines(text: str, width: int) -> int:
    return sum(max(1, -(-places(line) // (width - 1))) for line in text.split("\n"))
