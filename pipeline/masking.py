"""Personal information in comments: where it stands, and the text without it.

    連絡は0467-00-1234の田中さんまで  →  連絡は〔電話番号〕の〔氏名〕さんまで

What is found is left for a person to check; see data/masking for how much is found, and what is not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from pipeline.folding import Span, fold, join_sound_marks
from pipeline.person_names import NAME, names
from pipeline.personal_numbers import (
    ACCOUNT,
    CARD,
    MAIL,
    MY_NUMBER,
    PHONE,
    POSTAL,
    accounts,
    cards,
    mails,
    my_numbers,
    phones,
    postal_codes,
)
from pipeline.street_addresses import ADDRESS, addresses

KINDS = (PHONE, MAIL, POSTAL, ADDRESS, NAME, CARD, ACCOUNT, MY_NUMBER)
# English names of the kinds, for messages.
KINDS_EN = dict(
    zip(
        KINDS,
        (
            "telephone",
            "e-mail",
            "postal code",
            "address",
            "name",
            "card number",
            "account number",
            "My Number",
        ),
        strict=True,
    )
)
PLACEHOLDER = re.compile(rf"〔(?:{'|'.join(KINDS)})〕")
# Without these a text holds nothing of either sort, but for full names that stand without a title.
_MAYBE_NUMBER = re.compile(
    r"\d.*\d|[@＠]|[★☆●◎■◆][A-Za-zＡ-Ｚａ-ｚ]|[(（\[<] ?(?:at|AT|アット|あっと)|アットマーク|[一二三四五六七八九十〇][番号]"
    r"|[〇零][一二三四五六七八九]",
    re.DOTALL,
)
_MAYBE_NAME = re.compile(
    r"(?<![ぁ-ん々母父兄姉皆屋婆爺隣者客神仏王員長師同仕模嫁娘孫奥民業族方家赤御連護協学薬書主士局有])(?<!マネ)(?<!ーパー)(?<![ぁ-ん息女男御双]子)(?:さん|さま|様(?![々子式相])|氏(?!名)|君|くん|ちゃん|殿|先生)|と申"
)
# Comments take two or three rounds; nonsense made to take thousands must not stop the work.
_MOST_ROUNDS = 30
# The surest first: each looks only at what those before it have left.
_FINDERS: tuple[Callable[[str], Iterator[Span]], ...] = (
    mails,
    cards,
    my_numbers,
    accounts,
    phones,
    postal_codes,
    addresses,
    names,
)


def find_personal(text: str) -> list[Span]:
    """Return where personal information stands in `text`, in order, without overlaps.

    >>> find_personal("連絡は0467-00-1234の田中さんまで")
    [Span(start=3, end=15, kind='電話番号'), Span(start=16, end=18, kind='氏名')]
    >>> find_personal("大船の民生委員さんとお母さん")
    []
    """
    folded = fold(text)
    found: list[Span] = []
    segments = list(_between(0, len(text), (m.span() for m in PLACEHOLDER.finditer(text))))
    # What stands between two finds is looked at again by itself, until nothing more is found. So a masked
    # text, whose parts are the same, has nothing left to mask.
    for _ in range(_MOST_ROUNDS):
        again: list[tuple[int, int]] = []
        for start, end in segments:
            spans = _find(folded[start:end])
            if spans:
                moved = [Span(start + s.start, start + s.end, s.kind) for s in spans]
                found += moved
                again += _between(start, end, ((s.start, s.end) for s in moved))
        segments = again
        if not segments:
            break
    return sorted(found)


def suspects_personal(text: str) -> bool:
    """Tell fast whether `find_personal` would find something; names only where a title stands beside kanji.

    >>> suspects_personal("連絡は090-0000-5678まで"), suspects_personal("3丁目の公園"), suspects_personal("皆さんと")
    (True, False, False)
    """
    number, name = _MAYBE_NUMBER.search(text), _MAYBE_NAME.search(text)
    if not number and not name:
        return False
    folded = join_sound_marks(fold(PLACEHOLDER.sub(" ", text)))[0]
    wanted = [f for f in _FINDERS if (name if f is names else number)]
    return any(next(finder(folded), None) is not None for finder in wanted)


def mask(text: str) -> tuple[str, list[Span]]:
    """Return `text` with 〔電話番号〕 and so on in place of what `find_personal` finds, and its spans.

    >>> mask("鎌倉市大船一丁目二番三号の田中です")[0]
    '〔住所〕の田中です'
    """
    spans = find_personal(text)
    parts: list[str] = []
    at = 0
    for span in spans:
        parts += [text[at : span.start], placeholder(span.kind)]
        at = span.end
    return "".join([*parts, text[at:]]), spans


def placeholder(kind: str) -> str:
    """Return what stands in a masked text for a kind: 〔氏名〕."""
    return f"〔{kind}〕"


def _find(segment: str) -> list[Span]:
    """Return what the finders find in a folded text, in order; earlier finders and longer spans go first."""
    segment, places = join_sound_marks(segment)
    taken: list[Span] = []
    for finder in _FINDERS:
        for span in sorted(finder(segment), key=lambda s: (s.start, -s.end)):
            if all(span.end <= t.start or t.end <= span.start for t in taken):
                taken.append(span)
    return sorted(Span(places[s.start], places[s.end], s.kind) for s in taken)


def _between(start: int, end: int, holes: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield the parts of [start, end) that no hole covers; the holes come in order."""
    for a, b in holes:
        if start < a:
            yield start, a
        start = b
    if start < end:
        yield start, end
