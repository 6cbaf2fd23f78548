"""Read the paragraphs and table rows of a Word file in body order, with the numbers Word prints by itself.

In a list made by Word the mark (①, (1), ・) is not in the text: it follows from the numbering definitions
and from counting. The mark is worked out here and noted beside the text, which stays verbatim.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import docx
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.exceptions import PackageNotFoundError
from docx.oxml import parse_xml
from docx.oxml.ns import qn

from pipeline.blocks import BULLETED, Block, BlockKind
from pipeline.errors import InputError
from pipeline.notation import CIRCLED_DIGITS

_HEADING = re.compile(r"(?:heading|見出し)\s*(\d)", re.IGNORECASE)
_CONTENTS = re.compile(r"(?:toc|目次|contents)\s*\d", re.IGNORECASE)
_BULLET = "・"
# Signs that headings bear as well, some in Wingdings; every other one is printed as 「・」.
_SIGNS = {c: c for c in "●○■◆◇"} | {"\uf06c": "●", "\uf06e": "■", "\uf075": "◆"}
_KANA = "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワヲン"
_IROHA = "イロハニホヘトチリヌルヲワカヨタレソツネナラムウヰノオクヤマケフコエテアサキユメミシヱヒモセスン"
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_ROMAN = "".join(chr(0x2160 + i) for i in range(12))
_ALPHABETS = {
    "aiueo": _KANA, "aiueoFullWidth": _KANA, "iroha": _IROHA, "irohaFullWidth": _IROHA, "lowerLetter": _LETTERS,
    "upperLetter": _LETTERS.upper(), "lowerRoman": _ROMAN.lower(), "upperRoman": _ROMAN,
}  # fmt: skip
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
    styles = _styles(document)
    numbering = _Numbering.of(document, styles)
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


def _row_blocks(row: Any, line: int, styles: dict[str, _Style], numbering: _Numbering) -> list[Block]:
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


# -- styles and numbering --------------------------------------------------------------------------


@dataclass(frozen=True)
class _Style:
    name: str
    based_on: str
    properties: Any  # the style's w:pPr element, or None


def _styles(document: Any) -> dict[str, _Style]:
    found = {}
    for style in document.styles.element.iter(qn("w:style")):
        name = style.find(qn("w:name"))
        based = style.find(qn("w:basedOn"))
        found[style.get(qn("w:styleId"))] = _Style(
            "" if name is None else name.get(qn("w:val")),
            "" if based is None else based.get(qn("w:val")),
            style.find(qn("w:pPr")),
        )
    return found


def _style_chain(paragraph: Any, styles: dict[str, _Style]) -> Iterator[tuple[str, _Style]]:
    """Yield the paragraph's style and those it is based on."""
    element = paragraph.find(f"{qn('w:pPr')}/{qn('w:pStyle')}")
    style_id = "" if element is None else element.get(qn("w:val"))
    seen: set[str] = set()
    while style_id in styles and style_id not in seen:
        seen.add(style_id)
        yield style_id, styles[style_id]
        style_id = styles[style_id].based_on


def _heading(paragraph: Any, styles: dict[str, _Style]) -> int:
    for _, style in _style_chain(paragraph, styles):
        match = _HEADING.match(style.name)
        if match:
            return int(match[1])
    return 0


def _is_of_contents(paragraph: Any, styles: dict[str, _Style]) -> bool:
    return any(_CONTENTS.match(style.name) for _, style in _style_chain(paragraph, styles))


@dataclass(frozen=True)
class _Level:
    form: str
    text: str
    start: int
    style: str


@dataclass
class _Numbering:
    """Word's numbering definitions, and the counters as the document is read from the top."""

    styles: dict[str, _Style]
    levels: dict[str, dict[int, _Level]] = field(default_factory=dict)  # abstract list -> depth -> level
    lists: dict[str, tuple[str, dict[int, int]]] = field(default_factory=dict)  # list -> abstract, restarts
    counters: dict[str, dict[int, int]] = field(default_factory=dict)
    restarted: set[tuple[str, int]] = field(default_factory=set)

    @classmethod
    def of(cls, document: Any, styles: dict[str, _Style]) -> _Numbering:
        self = cls(styles)
        try:
            root = document.part.part_related_by(RELATIONSHIP_TYPE.NUMBERING).element
        except KeyError:
            return self
        for abstract in root.iter(qn("w:abstractNum")):
            levels = {int(x.get(qn("w:ilvl"))): _level(x) for x in abstract.iter(qn("w:lvl"))}
            self.levels[abstract.get(qn("w:abstractNumId"))] = levels
        for num in root.iter(qn("w:num")):
            restarts = {
                int(o.get(qn("w:ilvl"))): int(s.get(qn("w:val")))
                for o in num.iter(qn("w:lvlOverride"))
                for s in o.iter(qn("w:startOverride"))
            }
            abstract_id = num.find(qn("w:abstractNumId")).get(qn("w:val"))
            self.lists[num.get(qn("w:numId"))] = (abstract_id, restarts)
        return self

    def label(self, paragraph: Any) -> str:
        """Return the mark Word prints before the paragraph ('' for none), and count it."""
        number, depth = self._list_and_depth(paragraph)
        abstract, restarts = self.lists.get(number, ("", {}))
        levels = self.levels.get(abstract, {})
        if depth not in levels:
            return ""
        if levels[depth].form == "bullet":
            return _SIGNS.get(levels[depth].text.strip(), _BULLET)
        if levels[depth].form == "none":
            return ""
        counters = self.counters.setdefault(abstract, {})
        if depth in restarts and (number, depth) not in self.restarted:
            self.restarted.add((number, depth))
            counters[depth] = restarts[depth] - 1
        counters[depth] = counters.get(depth, levels[depth].start - 1) + 1
        for deeper in [d for d in counters if d > depth]:
            del counters[deeper]
        label = levels[depth].text
        for d, level in levels.items():
            label = label.replace(f"%{d + 1}", _printed(counters.get(d, level.start), level.form))
        return label

    def _list_and_depth(self, paragraph: Any) -> tuple[str, int]:
        """Return the list the paragraph is in, by itself or by its style, and how deep; ('', 0) for none."""
        properties = paragraph.find(qn("w:pPr"))
        places = [("", properties), *((i, s.properties) for i, s in _style_chain(paragraph, self.styles))]
        depth: int | None = None
        for style_id, place in places:
            numbered = None if place is None else place.find(qn("w:numPr"))
            if numbered is None:
                continue
            level, number = numbered.find(qn("w:ilvl")), numbered.find(qn("w:numId"))
            depth = int(level.get(qn("w:val"))) if depth is None and level is not None else depth
            if number is not None:
                number_id = number.get(qn("w:val"))
                # A list bound to styles says which depth each style has.
                levels = self.levels.get(self.lists.get(number_id, ("", {}))[0], {})
                bound = [d for d, x in levels.items() if style_id and x.style == style_id]
                return number_id, bound[0] if bound and depth is None else depth or 0
        return "", 0


def _level(element: Any) -> _Level:
    def value(tag: str, default: str) -> str:
        child = element.find(qn(tag))
        return default if child is None else child.get(qn("w:val")) or default

    form, text = value("w:numFmt", "decimal"), value("w:lvlText", "")
    return _Level(form, text, int(value("w:start", "1")), value("w:pStyle", ""))


def _printed(number: int, form: str) -> str:
    """Return a number as Word prints it; forms that no plan is known to use are printed as digits."""
    if form.startswith("decimalEnclosedCircle"):
        return CIRCLED_DIGITS.get(number, str(number))
    if form == "decimalEnclosedParen":
        return f"({number})"
    if form == "decimalEnclosedFullstop":
        return f"{number}."
    letters = _ALPHABETS.get(form, "")
    return letters[number - 1] if 0 < number <= len(letters) else str(number)
