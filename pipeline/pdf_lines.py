"""Read the lines of a text PDF, with what their position on the page tells.

PDFium (pypdfium2, BSD and Apache licences) knows the Japanese character maps that PDFs only name. It guesses
spaces from gaps, and gaps between Japanese and Latin letters are typesetting, not spaces: 「50人」 must not
become 「50 人」. So spaces that PDFium made up are decided here again, from the width of the gap.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

import pypdfium2
import pypdfium2.raw as pdfium

from pipeline.blocks import Block, BlockKind
from pipeline.errors import InputError

# In character widths, beyond what is usual in the line (justified text is spread out evenly).
_SPACE_GAP = 0.3  # up to a quarter is typeset between Japanese and Latin letters without any space
_CELL_GAP = 1.2  # wider: the next cell of a table
_EDGE = 0.12  # part of the page's height in which headers, footers and page numbers stand
_PASSWORD_ERROR = 4
_PAGE_NUMBER = re.compile(
    r"[-–—−ー\s]*(?:[pP]\.?)?\s*\d{1,4}\s*(?:[/\uff0f]\s*\d{1,4}|ページ|頁)?[-–—−ー\s]*"
)
_LIST_MARK = re.compile(r"[・\uff65•●○◦\-–①-⑳㉑-㉟(\uff08]")
# A line is never broken before these (kinsoku), so they come along with the character in front.
_NO_LINE_START = (
    "、。,.・:;!?)]}」』】〉》ーぁぃぅぇぉっゃゅょァィゥェォッャュョ々"
    "\uff0c\uff0e\uff1a\uff1b\uff01\uff1f\uff09\uff3d\uff5d"
)


@dataclass(frozen=True)
class _Char:
    text: str
    left: float
    right: float
    bottom: float
    top: float
    size: float


@dataclass(frozen=True)
class _Line:
    text: str
    left: float
    right: float
    middle: float
    size: float
    page: int
    height: float
    running: bool = False


def read_pdf(data: bytes, name: str) -> list[Block]:
    """Return the lines of a PDF page by page; page headers, footers and numbers have kind 'running'.

    Raises
    ------
    InputError
        if the file is protected or damaged, or has pictures of text only.
    """
    try:
        pdf = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        raise _cannot_open(error, name) from error
    try:
        pages = [_page_lines(pdf, number) for number in range(1, len(pdf) + 1)]
        notes: dict[int, BlockKind] = {}
        for number, lines in enumerate(pages, start=1):
            if not lines and _has_picture(pdf, number):
                notes[number] = "no-text"
            elif _has_unreadable_text(pdf, number):
                notes[number] = "no-font"
    except pypdfium2.PdfiumError as error:
        raise _cannot_open(error, name) from error
    finally:
        pdf.close()
    if not any(pages):
        raise InputError(
            "この PDF には文字の情報がありません(紙を読み取った画像のようです)。"
            "文字認識(OCR)をしてから使ってください。",
            "this PDF has no text (it seems to be a scan); run OCR on it first",
            file=name,
        )
    return _blocks(_mark_running(pages), notes)


def _cannot_open(error: pypdfium2.PdfiumError, name: str) -> InputError:
    if getattr(error, "err_code", None) == _PASSWORD_ERROR:
        return InputError(
            "パスワードで保護されています。保護を外して保存し直してください。",
            "the file is protected by a password; remove it and save again",
            file=name,
        )
    return InputError(
        "PDF として読めません。ファイルが壊れているようです。もう一度受け取るか、保存し直してください。",
        "this cannot be read as PDF; the file seems damaged: get it or save it again",
        file=name,
    )


def _has_picture(pdf: pypdfium2.PdfDocument, number: int) -> bool:
    return any(True for _ in pdf[number - 1].get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE]))


def _has_unreadable_text(pdf: pypdfium2.PdfDocument, number: int) -> bool:
    """Tell whether PDFium passes over characters of a page.

    It drops texts without any width. A single character has none where its font is neither in the file nor
    on this computer.
    """
    for text in pdf[number - 1].get_objects(filter=[pdfium.FPDF_PAGEOBJ_TEXT]):
        left, _, right, _ = text.get_bounds()
        font = pdfium.FPDFTextObj_GetFont(text)
        if right - left < 1e-4 and font and not pdfium.FPDFFont_GetIsEmbedded(font):
            return True
    return False


# -- lines of a page -------------------------------------------------------------------------------


def _page_lines(pdf: pypdfium2.PdfDocument, number: int) -> list[_Line]:
    """Return one page's non-blank lines in the order of the file, cells on one baseline joined by tabs."""
    page = pdf[number - 1]
    textpage = page.get_textpage()
    height = page.get_height()
    rows: list[list[_Char]] = [[]]
    for index in range(textpage.count_chars()):
        code = pdfium.FPDFText_GetUnicode(textpage, index)
        if code == 0x0A:
            rows.append([])
        elif code not in (0x0D, 0) and not pdfium.FPDFText_IsGenerated(textpage, index):
            left, bottom, right, top = textpage.get_charbox(index, loose=True)
            size = pdfium.FPDFText_GetFontSize(textpage, index)
            rows[-1].append(_Char(_character(code), left, right, bottom, top, size))
    lines: list[_Line] = []
    for row in rows:
        line = _line(row, number, height)
        if line is None:
            continue
        above = lines[-1] if lines else None
        if above and abs(above.middle - line.middle) < 0.3 * line.size and line.left >= above.right:
            gap = (line.left - above.right) / line.size
            joint = "\t" if gap > _CELL_GAP else " " if gap > _SPACE_GAP else ""
            lines[-1] = replace(above, text=above.text + joint + line.text, right=line.right)
        else:
            lines.append(line)
    return lines


def _character(code: int) -> str:
    """Return a character; radicals (⼀, U+2F00), which some PDFs name instead of 一, become the ideograph."""
    text = chr(code)
    return unicodedata.normalize("NFKC", text) if 0x2E80 <= code <= 0x2FDF else text


def _line(row: list[_Char], page: int, height: float) -> _Line | None:
    """Set characters of one line by position; None if nothing is visible.

    Sorted because LibreOffice draws the spaces of a line after its Japanese characters.
    """
    seen = [c for c in row if not c.text.isspace()]
    if not seen:
        return None
    # The height of the box where a font's size is hidden in its matrix (size 1).
    size = max(c.size if c.size > 2 else c.top - c.bottom for c in seen) or 1.0
    row = sorted(row, key=lambda c: c.left)
    gaps = [(right.left - left.right) / size for left, right in pairwise(row)]
    usual = max(0.0, median(gaps)) if gaps else 0.0
    text = row[0].text
    for (end, char), gap in zip(pairwise(row), gaps, strict=True):
        if gap - usual > _CELL_GAP:
            text = text.rstrip(" ") + "\t"
        elif gap - usual > _SPACE_GAP or (gap > 0.15 and _both_latin(end.text, char.text)):
            text += " "
        text += char.text
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    middle = sum((c.top + c.bottom) / 2 for c in seen) / len(seen)
    return _Line(text.rstrip(), seen[0].left, max(c.right for c in seen), middle, size, page, height)


def _both_latin(left: str, right: str) -> bool:
    return left.isascii() and left.isalnum() and right.isascii() and right.isalnum()


# -- what repeats on every page, and what goes on from the line above --------------------------------


def _mark_running(pages: list[list[_Line]]) -> list[list[_Line]]:
    """Mark page numbers, and texts that stand at the same edge of two or more pages."""
    edges: dict[str, list[_Line]] = {}
    for lines in pages:
        by_height = sorted(lines, key=lambda line: line.middle)
        for line in {id(x): x for x in (*by_height[:2], *by_height[-2:])}.values():
            if line.middle < _EDGE * line.height or line.middle > (1 - _EDGE) * line.height:
                edges.setdefault(re.sub(r"\d+", "#", line.text.strip()), []).append(line)
    running: set[int] = set()
    for group in edges.values():
        for line in group:
            level = [x for x in group if abs(x.middle - line.middle) < 4 and x.page != line.page]
            repeated = bool(level) and not _LIST_MARK.match(line.text.strip())
            if repeated or _PAGE_NUMBER.fullmatch(line.text):
                running.add(id(line))
    return [[replace(x, running=True) if id(x) in running else x for x in lines] for lines in pages]


def _blocks(pages: list[list[_Line]], notes: dict[int, BlockKind]) -> list[Block]:
    """Number the lines of each page and note which may go on from the line above."""
    body = [x for lines in pages for x in lines if not x.running]
    edge = max((x.right for x in body), default=0.0)
    blocks: list[Block] = []
    above: _Line | None = None
    for number, lines in enumerate(pages, start=1):
        if number in notes:
            blocks.append(Block("", 0, number, notes[number]))
        for count, line in enumerate(lines, start=1):
            if line.running:
                blocks.append(Block(line.text, count, number, "running"))
                continue
            cells = "\t" in line.text.strip() and not _LIST_MARK.match(line.text.strip())
            continues = above is not None and _is_full(above, line, edge)
            blocks.append(Block(line.text, count, number, "table" if cells else "line", continues=continues))
            above = line
    return blocks


def _is_full(above: _Line, line: _Line, edge: float) -> bool:
    """Tell whether the first word of `line` had no room left in the line above it."""
    text = line.text.strip()
    word = re.match(r"[A-Za-z0-9]+|.", text)
    length = len(word[0]) * (0.5 if word[0].isascii() else 1.0) if word else 1.0
    if word and text[word.end() : word.end() + 1] and text[word.end()] in _NO_LINE_START:
        length += 1
    room = (edge - above.right) / above.size
    return abs(above.size - line.size) < 0.1 * line.size and room < length + 0.5
