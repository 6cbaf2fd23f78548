"""Write a report as a Word file: real headings and numbering, contents, A4, page numbers, Japanese type."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import docx
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_BREAK
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls
from docx.shared import Mm, Pt, RGBColor

from pipeline.drawing import Picture
from pipeline.opinions_section import UNCHECKED, count_words
from pipeline.report_parts import (
    Interactive,
    Paragraph,
    Part,
    Plan,
    Quotes,
    Report,
    SubHeading,
    Table,
    in_pieces,
    numeric_columns,
    printable,
    text_rows,
)
from pipeline.word_styles import (
    BULLET_STYLE,
    GREY,
    NOTE_STYLE,
    WARN,
    add_bookmark,
    add_contents,
    header_and_footer,
    number_as,
    set_up,
    text_width,
)

_TEXT_WIDTH = 160.0  # mm
_TALLEST = 215.0
_NARROWEST = 13.0
_WIDEST_TABLE = 7
_SMALL, _BIG, _MANY_COLUMNS = 8.5, 9.0, 6
_CELL_EDGES = 4.0
_SHADES = {1: "D9E6F2", 2: "EEF4FA"}
_DEEPEST = 9
_KEPT_TOGETHER = 16
_FIRST_ROWS, _LAST_ROWS = 4, 3  # of a longer table, the header included: never fewer on a page


def write_word(report: Report, path: Path) -> None:
    """Write the report to `path`."""
    # In memory first: when the disk is full, an archive on it would stay open.
    file = io.BytesIO()
    _Writer(report).document.save(file)
    path.write_bytes(file.getvalue())


class _Writer:
    """Builds the document part by part, noting headings for the contents."""

    def __init__(self, report: Report) -> None:
        self.document: Any = docx.Document()
        set_up(self.document)
        self.document.core_properties.title = printable(report.title)
        self.document.core_properties.author = "iken"
        self.document.core_properties.language = "ja-JP"
        self._entries: list[tuple[int, str, str]] = []
        self._numbers = {id(p): i for i, p in enumerate(report.pictures, 1)}
        self._tables = 0
        warning = f"「{UNCHECKED}」を含む" if report.has_unchecked else ""
        header_and_footer(self.document, printable(report.title), warning)
        after = self._front(report)
        for chapter, section in enumerate(report.sections, 1):
            self._heading(section.title, 1, shown=f"{chapter} {section.title}")
            below = 0
            for part in report.printed(section):
                if isinstance(part, SubHeading):
                    below += 1
                    heading = self._heading(part.text, 2, shown=f"{chapter}.{below} {part.text}")
                    number_as(heading, 1)
                else:
                    self._part(part)
        add_contents(self.document, self._entries, after)

    def _front(self, report: Report) -> Any:
        """Write title and lines; return the paragraph that the contents go before."""
        document = self.document
        title = document.add_paragraph(printable(report.title), style="Title")
        title.paragraph_format.space_before = Pt(36)
        for line in report.lines:
            paragraph = document.add_paragraph(printable(line))
            paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        label = document.add_paragraph()
        label.paragraph_format.space_before = Pt(24)
        run = label.add_run("目次")
        run.bold, run.font.size = True, Pt(13)
        after = document.add_paragraph()
        after.add_run().add_break(WD_BREAK.PAGE)
        return after

    def _heading(self, text: str, level: int, *, shown: str, count: str = "") -> Any:
        paragraph = self.document.add_heading(printable(text), min(level, _DEEPEST))
        if count:
            run = paragraph.add_run(f"〔{count}〕")
            run.bold, run.font.size, run.font.color.rgb = False, Pt(9.5), GREY
        if level <= 3:
            name = f"_Toc{900000 + len(self._entries)}"
            add_bookmark(paragraph, name, len(self._entries) + 1)
            self._entries.append(
                (
                    level,
                    printable(shown + (f"〔{count.partition('、')[0]}〕" if count else "")).replace(
                        "\n", " "
                    ),
                    name,
                )
            )
        return paragraph

    def _part(self, part: Part) -> None:
        if isinstance(part, Paragraph):
            self._paragraph(part)
        elif isinstance(part, Quotes):
            self._quotes(part)
        elif isinstance(part, Plan):
            for entry in part.entries:
                name = f"{entry.node.number} {entry.node.title}" if entry.node.number else entry.node.title
                count = count_words(entry.count, entry.unchecked)
                self._heading(name, entry.node.level + 1, shown=name, count=count)
                if entry.words:
                    # What has words has opinions: its own, or those of a heading below it.
                    self._note("特徴語: " + "、".join(entry.words)).paragraph_format.keep_with_next = True
                self._quotes(entry.opinions)
        elif isinstance(part, Table):
            for piece in in_pieces(part, _WIDEST_TABLE):
                self._table(piece)
        elif isinstance(part, Interactive):
            self._picture(part.picture)
        elif isinstance(part, Picture):
            self._picture(part)

    # -- text ----------------------------------------------------------------------------------

    def _paragraph(self, part: Paragraph) -> None:
        if part.kind == "note":
            self._note(part.text)
            return
        style = BULLET_STYLE if part.kind == "bullet" else None
        paragraph = self.document.add_paragraph(printable(part.text), style=style)
        if part.kind == "warning":
            for run in paragraph.runs:
                run.bold, run.font.color.rgb = True, WARN
            paragraph._p.get_or_add_pPr().append(_box())

    def _note(self, text: str) -> Any:
        return self.document.add_paragraph(printable(text), style=NOTE_STYLE)

    def _quotes(self, part: Quotes) -> None:
        for quote in part.quotes:
            paragraph = self.document.add_paragraph(printable(quote.text), style=BULLET_STYLE)
            if quote.unchecked:
                run = paragraph.add_run(f" 〔{UNCHECKED}〕")
                run.bold, run.font.size, run.font.color.rgb = True, Pt(8.5), WARN
            if quote.copies > 1:
                run = paragraph.add_run(f" 〔ほぼ同じ意見 ほか{quote.copies - 1}件〕")
                run.font.size, run.font.color.rgb = Pt(8.5), GREY
        if part.rest:
            self._note(f"このほか {part.rest:,}件")

    # -- tables and pictures -------------------------------------------------------------------

    def _table(self, part: Table) -> None:
        self._tables += 1
        caption = self.document.add_paragraph(f"表{self._tables} {printable(part.title)}", style="Caption")
        caption.paragraph_format.keep_with_next = True
        caption.paragraph_format.space_before = Pt(8)
        header = [str(c) for c in part.frame.columns]
        rows = text_rows(part)
        table = self.document.add_table(rows=0, cols=len(header))
        table.style = "Table Grid"
        table.alignment = WD_TABLE_ALIGNMENT.CENTER
        table.autofit = False
        widths = _widths(header, rows, part)
        for column, width in zip(table.columns, widths, strict=True):
            column.width = Mm(width)
        right = numeric_columns(part)
        self._row(table, header, widths, right, shade="1F3A5F", head=True)
        for i, row in enumerate(rows):
            level = part.levels[i] if part.levels else 0
            self._row(table, row, widths, right, shade=_SHADES.get(level, ""), level=level)
        whole = len(rows) <= _KEPT_TOGETHER
        bound = table.rows[:-1] if whole else [*table.rows[:_FIRST_ROWS], *table.rows[-_LAST_ROWS:-1]]
        for row in bound:
            for cell in row.cells:
                cell.paragraphs[0].paragraph_format.keep_with_next = True
        if part.note:
            self._note(part.note).paragraph_format.space_before = Pt(3)
        else:
            self.document.add_paragraph().paragraph_format.space_after = Pt(0)

    def _row(
        self,
        table: Any,
        cells: Sequence[str],
        widths: Sequence[float],
        right: Sequence[bool],
        *,
        shade: str = "",
        head: bool = False,
        level: int = 0,
    ) -> None:
        row = table.add_row()
        properties = row._tr.get_or_add_trPr()
        properties.append(OxmlElement("w:cantSplit"))
        if head:
            properties.append(OxmlElement("w:tblHeader"))
        for j, (cell, text) in enumerate(zip(row.cells, cells, strict=True)):
            cell.width = Mm(widths[j])
            paragraph = cell.paragraphs[0]
            paragraph.paragraph_format.space_after = Pt(0)
            paragraph.paragraph_format.line_spacing = 1.1
            run = paragraph.add_run(printable(text))
            run.font.size = Pt(_SMALL if len(cells) > _MANY_COLUMNS else _BIG)
            run.bold = head or level == 1 or None
            if head:
                run.font.color.rgb = RGBColor(0xFF, 0xFF, 0xFF)
            if right[j]:
                paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
            elif level > 1 and j == 0:
                paragraph.paragraph_format.left_indent = Mm(3.5 * (level - 1))
            if shade:
                cell._tc.get_or_add_tcPr().append(
                    parse_xml(f'<w:shd {nsdecls("w")} w:val="clear" w:color="auto" w:fill="{shade}"/>')
                )

    def _picture(self, part: Picture) -> None:
        paragraph = self.document.add_paragraph()
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        paragraph.paragraph_format.keep_with_next = True
        paragraph.paragraph_format.space_before = Pt(10)
        shape = paragraph.add_run().add_picture(io.BytesIO(part.png), width=Mm(_TEXT_WIDTH))
        if shape.height > Mm(_TALLEST):
            shape.width, shape.height = int(shape.width * Mm(_TALLEST) / shape.height), Mm(_TALLEST)
        shape._inline.docPr.set("descr", printable(part.alt))
        caption = self.document.add_paragraph(
            f"図{self._numbers[id(part)]} {printable(part.title)}", style="Caption"
        )
        caption.alignment = WD_ALIGN_PARAGRAPH.CENTER


def _box() -> Any:
    sides = "".join(
        f'<w:{side} w:val="single" w:sz="8" w:space="4" w:color="8A4B00"/>'
        for side in ("top", "left", "bottom", "right")
    )
    return parse_xml(f"<w:pBdr {nsdecls('w')}>{sides}</w:pBdr>")


def _widths(header: Sequence[str], rows: Sequence[Sequence[str]], part: Table) -> list[float]:
    """Return widths in mm: numbers get what they need, words share the rest; short tables stay narrow.

    Where all does not fit, headers of numbers are broken first, then cells between a number and its share. A number
    itself is never broken.
    """
    size = _SMALL if len(header) > _MANY_COLUMNS else _BIG
    columns = [[r[j] for r in rows[:200]] for j in range(len(header))]

    def widest(texts: Iterable[str]) -> float:
        return max((text_width(t, size) for t in texts), default=0.0) + _CELL_EDGES

    longest = [widest([h, *own]) for h, own in zip(header, columns, strict=True)]
    limit = _TEXT_WIDTH * 0.7
    numeric = columns[part.keys :]
    least = [widest(w for c in own for w in c.split()) for own in numeric]
    unbroken = [widest(own) for own in numeric]
    fitted = _between(least, unbroken, limit)
    if sum(unbroken) <= limit:
        fitted = _between(unbroken, longest[part.keys :], limit)
    room = _TEXT_WIDTH - sum(fitted)
    words = longest[: part.keys]
    if sum(words) > room:
        narrow = [w for w in words if w <= room / part.keys]
        wide = sum(words) - sum(narrow)
        words = [w if w <= room / part.keys else w * (room - sum(narrow)) / wide for w in words]
    return [*words, *fitted]


def _between(least: Sequence[float], most: Sequence[float], room: float) -> list[float]:
    """Return widths from `least` on, as near to `most` as there is room."""
    wanted = sum(most) - sum(least)
    share = min(1.0, max(0.0, (room - sum(least)) / wanted)) if wanted else 0.0
    return [max(_NARROWEST, a + (b - a) * share) for a, b in zip(least, most, strict=True)]
