"""The marks that Word prints before the paragraphs of a list, and the styles that put a paragraph in one.

In a list made by Word the mark (①, (1), ・) is not in the text: it follows from the numbering definitions and from
counting.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml.ns import qn

from pipeline.notation import CIRCLED_DIGITS

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


@dataclass(frozen=True)
class Style:
    """A paragraph style: its name, the id of the style it is based on ('' for none)."""

    name: str
    based_on: str
    properties: Any  # the style's w:pPr element, or None


def styles_of(document: Any) -> dict[str, Style]:
    """Return the styles of a document by their ids."""
    found = {}
    for style in document.styles.element.iter(qn("w:style")):
        name = style.find(qn("w:name"))
        based = style.find(qn("w:basedOn"))
        found[style.get(qn("w:styleId"))] = Style(
            "" if name is None else name.get(qn("w:val")),
            "" if based is None else based.get(qn("w:val")),
            style.find(qn("w:pPr")),
        )
    return found


def style_chain(paragraph: Any, styles: dict[str, Style]) -> Iterator[tuple[str, Style]]:
    """Yield the paragraph's style and those it is based on."""
    element = paragraph.find(f"{qn('w:pPr')}/{qn('w:pStyle')}")
    style_id = "" if element is None else element.get(qn("w:val"))
    seen: set[str] = set()
    while style_id in styles and style_id not in seen:
        seen.add(style_id)
        yield style_id, styles[style_id]
        style_id = styles[style_id].based_on


@dataclass(frozen=True)
class _Level:
    form: str
    text: str
    start: int
    style: str


@dataclass
class Numbering:
    """Word's numbering definitions, and the counters as the document is read from the top."""

    styles: dict[str, Style]
    levels: dict[str, dict[int, _Level]] = field(default_factory=dict)  # abstract list -> depth -> level
    lists: dict[str, tuple[str, dict[int, int]]] = field(default_factory=dict)  # list -> abstract, restarts
    counters: dict[str, dict[int, int]] = field(default_factory=dict)
    restarted: set[tuple[str, int]] = field(default_factory=set)

    @classmethod
    def of(cls, document: Any, styles: dict[str, Style]) -> Numbering:
        """Read the definitions of a document."""
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
        places = [("", properties), *((i, s.properties) for i, s in style_chain(paragraph, self.styles))]
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
