"""Read the paragraphs and table rows of a Word file in body order, with the numbers Word prints by itself.

Those numbers (see `word_numbering`) are noted beside the text, which stays verbatim.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from typing import Any

import docx
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.exceptions import PackageNotFoundError
from docx.oxml import parse_xml
from docx.oxml.ns import qn

from pipeline.blocks import BULLETED, Block, BlockKind
from pipeline.errors import InputError
from pipeline.word_numbering import Numbering, Style, style_chain, styles_of

_HEADING = re.compile(r"(?:heading|見出し)\s*(\d)", re.IGNORECASE)
_CONTENTS = re.compile(r"(?:toc|目次|contents)\s*\d", re.IGNORECASE)
# SyntaxError is what lxml raises for broken XML.
_DAMAGED = (PackageNotFoundError, zipfile.BadZipFile, KeyError, ValueError, OSError, SyntaxError)


def read_word(data: bytes, name: str) -> list[Block]:
    """Return the non-blank paragraphs and table rows of a .docx file; `line` counts them, blanks included.

    Text boxes come with kind 'textbox' after the paragraph they hang on, lines of a table of contents with kind
    'contents', footnotes and endnotes with kind 'note' at the end. Deleted text (tracked changes), the place that moved text left, and furigana are left out; inserted
    text is in. Text that is struck through is in, since it is not deleted, and noted.

    Raises
    ------
    InputError
        if the file is damaged or not a Word file.
    """
    try:
        document = docx.Document(io.BytesIO(data))
        notes = list(_notes(document))
    except _DAMAGED as error:
        raise InputError(
            "Word の文書として読めません。ファイルが壊れているようです。"
            "もう一度受け取るか、保存し直してください。",
            "this cannot be read as a Word document; the file seems damaged: get it or save it again",
            file=name,
        ) from error
    styles = styles_of(document)
    numbering = Numbering.of(document, styles)
    blocks: list[Block] = []
    line = 0
    for line, element in enumerate(_body(document.element.body), start=1):
        if element.tag == qn("w:tr"):
            blocks.extend(_row_blocks(element, line, styles, numbering))
            continue
        text = _text(element)
        if text.strip():
            kind: BlockKind = "contents" if _is_of_contents(element, styles) else "line"
            heading = _heading(element, styles)
            label = numbering.label(element)
            blocks.append(Block(text, line, None, kind, label, heading, struck=_struck(element)))
        for box in element.iter(qn("w:txbxContent")):
            # Word stores each box twice, the second time for old programs.
            if not any(a.tag.endswith("}Fallback") for a in box.iterancestors()) and _joined(box).strip():
                blocks.append(Block(_joined(box), line, kind="textbox"))
    return [*blocks, *(Block(text, line + i, kind="note") for i, text in enumerate(notes, start=1))]


def _notes(document: Any) -> Iterator[str]:
    """Yield the texts of the footnotes and endnotes; the lines above them are not among them."""
    for kind in (RELATIONSHIP_TYPE.FOOTNOTES, RELATIONSHIP_TYPE.ENDNOTES):
        for relation in document.part.rels.values():
            if relation.reltype == kind and not relation.is_external:
                for note in parse_xml(relation.target_part.blob):
                    if text := _joined(note):
                        yield text


def _body(parent: Any) -> Iterator[Any]:
    """Yield paragraphs and table rows in order, also those inside content controls and insertions."""
    for child in parent.iterchildren():
        if child.tag in (qn("w:p"), qn("w:tr")):
            yield child
        elif child.tag in (
            qn("w:tbl"),
            qn("w:sdt"),
            qn("w:sdtContent"),
            qn("w:ins"),
            qn("w:moveTo"),
            qn("w:customXml"),
        ):
            yield from _body(child)


def _text(element: Any) -> str:
    """Return the text a reader sees in a paragraph, without text boxes, furigana and deleted words."""
    parts: list[str] = []
    skipped = tuple(map(qn, ("w:txbxContent", "w:rt", "w:del", "w:moveFrom", "w:pPr", "w:rPr")))
    for child in element.iterchildren():
        if child.tag in skipped:
            continue
        if child.tag == qn("w:t"):
            parts.append(child.text or "")
        elif child.tag == qn("w:tab"):
            parts.append("\t")
        elif child.tag in (qn("w:br"), qn("w:cr")):
            parts.append(" ")
        elif child.tag == qn("w:noBreakHyphen"):
            parts.append("-")
        else:
            parts.append(_text(child))
    return "".join(parts)


def _struck(element: Any) -> bool:
    """Tell whether some of the text that a reader sees in a paragraph is struck through."""
    runs = (r for r in element.iter(qn("w:r")) if _text(r).strip())
    lines = (r.find(f"{qn('w:rPr')}/{qn(tag)}") for r in runs for tag in ("w:strike", "w:dstrike"))
    return any(x is not None and x.get(qn("w:val"), "1") not in ("0", "false", "off") for x in lines)


def _joined(element: Any) -> str:
    texts = [_text(p).strip() for p in element.iter(qn("w:p"))]
    return " ".join(t for t in texts if t)


def _heading(paragraph: Any, styles: dict[str, Style]) -> int:
    for _, style in style_chain(paragraph, styles):
        match = _HEADING.match(style.name)
        if match:
            return int(match[1])
    return 0


def _is_of_contents(paragraph: Any, styles: dict[str, Style]) -> bool:
    return any(_CONTENTS.match(style.name) for _, style in style_chain(paragraph, styles))


def _row_blocks(row: Any, line: int, styles: dict[str, Style], numbering: Numbering) -> list[Block]:
    """Return a table row as one block of cells, or as ordinary lines if it has one cell or lists opinions."""
    cells: list[Any] = [c for c in row.iter(qn("w:tc")) if next(c.iterancestors(qn("w:tr"))) is row]
    filled = [c for c in cells if _joined(c)]
    lines = [
        Block(text, line, label=numbering.label(p), heading=_heading(p, styles), struck=_struck(p))
        for c in filled
        for p in c.iter(qn("w:p"))
        if (text := _text(p)).strip()
    ]
    if len(cells) == 1 or any(BULLETED.match(b.label) or BULLETED.match(b.text) for b in lines):
        return lines
    texts = []
    for cell in cells:
        span = cell.find(f"{qn('w:tcPr')}/{qn('w:gridSpan')}")
        texts += [_joined(cell), *[""] * (int(span.get(qn("w:val"))) - 1 if span is not None else 0)]
    return [Block("\t".join(texts), line, kind="table")] if filled else []
