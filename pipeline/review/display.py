"""What the pages show: stretches of a comment, the path of a code in the plan, items found by what is typed."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from pipeline.codebook import Codebook
from pipeline.codebook_rows import Node
from pipeline.review.learning import Suggested
from pipeline.tokenise import reading

Span = tuple[int, int]
# What may be told of a comment whose suggestion is hidden: nothing that rests on the suggestion.
_NOT_OF_SUGGESTION = ("long", "doubt_personal_data", "doubt_several_topics", "doubt_stands_elsewhere")
_HIRAGANA = {i: i - 0x60 for i in range(0x30A1, 0x30F7)}


@dataclass(frozen=True)
class Piece:
    """A stretch of text: in the opinion unit in question, and of a shared word."""

    text: str
    unit: bool
    word: bool


def pieces(text: str, unit: Span, words: Sequence[Span] = ()) -> list[Piece]:
    """Cut a text at the borders of its unit and of the words to be marked (spans within the whole text).

    >>> [(p.text, p.unit, p.word) for p in pieces("バスは遠い。公園も", (0, 6), [(0, 2)])]
    [('バス', True, True), ('は遠い。', True, False), ('公園も', False, False)]
    """
    borders = {0, len(text), *unit, *(b for w in words for b in w)}
    cuts = sorted(b for b in borders if 0 <= b <= len(text))
    return [
        Piece(text[a:b], unit[0] <= a < unit[1], any(start <= a < end for start, end in words))
        for a, b in pairwise(cuts)
    ]


@dataclass(frozen=True)
class Step:
    """One step of the way from the top of the plan to a code."""

    code: str
    number: str
    title: str


@dataclass(frozen=True)
class Entry:
    """An item as people see it. `way` are the steps above it; `number` is how the plan prints it."""

    code: str
    number: str
    title: str
    way: tuple[Step, ...]
    definition: str


@lru_cache(maxsize=8)
def _entries(codebook: Codebook) -> dict[str, Entry]:
    steps = {n.code: Step(n.code, n.number, n.title) for n in codebook}
    found = {}
    for node in codebook:
        path = codebook.path(node.code)
        number = "".join(steps[c].number for c in path) or node.code
        found[node.code] = Entry(
            node.code, number, node.title, tuple(steps[c] for c in path[:-1]), node.definition
        )
    return found


def entry(codebook: Codebook, code: str) -> Entry:
    """Return how a code is shown; a code that the codebook does not have is shown as it is."""
    return _entries(codebook).get(code) or Entry(code, code, "(コードブックにないコード)", (), "")


@dataclass(frozen=True)
class Choice:
    """A suggestion beside its key; confidence in percent."""

    key: str
    item: Entry
    confidence: float

    @property
    def percent(self) -> str:
        """The confidence as people read it; never a certainty."""
        return "<1%" if self.confidence < 0.005 else f"{min(99, round(100 * self.confidence))}%"


def choices(codebook: Codebook, suggested: Suggested) -> list[Choice]:
    """Return the suggestions with the keys 1 to 5."""
    pairs = zip(suggested.codes, suggested.confidences, strict=True)
    return [Choice(str(i), entry(codebook, code), p) for i, (code, p) in enumerate(pairs, start=1)]


def reasons_told(reasons: Sequence[str], shown: bool) -> list[str]:
    """Return the reasons to look at a comment that may be told; shown : its suggestion is on screen."""
    return [r for r in reasons if shown or r in _NOT_OF_SUGGESTION]


def with_note(message: str, note: str, what: str = "メモ") -> str:
    """Return what is said of a refusal, with the note (or `what` it is) typed on the page that is left."""
    return f"{message} 書いていた{what}(保存していません):「{note}」" if note else message


# -- finding an item -------------------------------------------------------------------------------


def folded(text: str) -> str:
    """Return a text in the form in which it is searched: width, case, kind of kana and spaces do not matter.

    >>> folded("ﾐﾏﾓﾘ　かつどう①")
    'みまもりかつどう1'
    """
    text = unicodedata.normalize("NFKC", text).casefold().translate(_HIRAGANA)
    return "".join(text.split())


@dataclass(frozen=True)
class _Searchable:
    """The folded texts of an item in the order in which a hit counts."""

    node: Node
    fields: tuple[str, ...]


@lru_cache(maxsize=8)
def _index(codebook: Codebook) -> tuple[_Searchable, ...]:
    found = []
    for node in codebook.items:
        shown = entry(codebook, node.code)
        way = " ".join(s.title for s in shown.way)
        texts = (
            node.code,
            shown.number,
            node.title,
            reading(node.title),
            way,
            reading(way),
            f"{node.definition} {node.include}",
        )
        found.append(_Searchable(node, tuple(folded(t) for t in texts)))
    return tuple(found)


def find_items(codebook: Codebook, typed: str) -> list[Entry]:
    """Return the items that hold every word typed, in code, number, title, its reading, or what stands above it.

    Best first: by the field in which the words are found, then in plan order. Nothing typed: all items.
    """
    words = [folded(w) for w in typed.split() if folded(w)]
    ranked: list[tuple[int, str]] = []
    for item in _index(codebook):
        ranks = [next((i for i, f in enumerate(item.fields) if w in f), None) for w in words]
        if None not in ranks:
            ranked.append((sum(r for r in ranks if r is not None), item.node.code))
    ranked.sort(key=lambda pair: pair[0])  # stable: plan order among equals
    return [entry(codebook, code) for _, code in ranked]
