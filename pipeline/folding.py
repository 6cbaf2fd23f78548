"""Text in which every character keeps its place, but its many forms are one: for finding things in it.

`normalise` joins and drops characters; what is found in its text has no place in the original. Here one
character becomes one character, so that a place in the folded text is the place in the original.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from typing import NamedTuple

# Minus signs, dashes, and the long-vowel mark between digits: all are typed for a hyphen.
HYPHEN = "[-‐‑‒–—―−ー─]"
# Kanji for which the dictionary has another form only.
_OLD_FORMS = {
    "髙": "高",
    "﨑": "崎",
    "嵜": "崎",
    "德": "徳",
    "栁": "柳",
    "濵": "浜",
    "濱": "浜",
    "邊": "辺",
    "𠮷": "吉",
}
_KANJI_DIGITS = str.maketrans("〇零一二三四五六七八九", "00123456789")

# A kana and its sound mark typed apart: half-width ﾀﾞ, and all kana of some file systems.
_MARKED = re.compile("[\u3041-\u30ff][\u3099\u309a]")
_LOOK_BACK = 40


class Span(NamedTuple):
    """A piece of personal information: characters [start, end) of a text, and its kind (電話番号, 氏名, …)."""

    start: int
    end: int
    kind: str


@functools.lru_cache(maxsize=1 << 14)
def _folded(character: str) -> str:
    form = unicodedata.normalize("NFKC", _OLD_FORMS.get(character, character))
    if len(form) != 1:  # ㈱ and other characters that stand for several keep their form
        form = character
    # White space, controls, and what cannot be encoded would disturb the tokeniser.
    return " " if form.isspace() or unicodedata.category(form) in ("Cc", "Cf", "Cs", "Zl", "Zp") else form


def fold(text: str) -> str:
    """Return `text` with NFKC forms, plain spaces for white space and controls; as long as `text`.

    >>> fold("０４６７－００　１２３４　髙橋")
    '0467-00 1234 高橋'
    """
    return "".join(map(_folded, text))


def join_sound_marks(folded: str) -> tuple[str, list[int]]:
    """Return a folded text with タ and its mark as ダ, and where in `folded` each character, and the end, stands.

    >>> join_sound_marks(fold("ﾔﾏﾀﾞさん"))
    ('ヤマダさん', [0, 1, 2, 4, 5, 6])
    """
    starts: list[int] = []
    at = 0
    for mark in _MARKED.finditer(folded):
        if len(unicodedata.normalize("NFC", mark[0])) == 1:
            starts += range(at, mark.end() - 1)
            at = mark.end()
    joined = _MARKED.sub(lambda m: unicodedata.normalize("NFC", m[0]), folded)
    return joined, [*starts, *range(at, len(folded) + 1)]


def kanji_digits(folded: str) -> str:
    """Return a folded text with 一二三 as 123, as telephone numbers stand in vertical writing.

    >>> kanji_digits("〇四六七-〇〇")
    '0467-00'
    """
    return folded.translate(_KANJI_DIGITS)


def not_counted(units: str) -> str:
    """Return the pattern of a place that no unit follows; after a blank, a longer word is no unit (日 of 日中).

    >>> ends = re.compile(r"\\d+" + not_counted("[人日]"))
    >>> [bool(ends.match(t)) for t in ("3", "3人", "3 人が", "3 人口")]
    [True, False, False, True]
    """
    after_blank = r"(?:[のはがをにでともへや、。,)」]|[くぐ]らい|ほど|まで|以[上下]|$)"
    return rf"(?!{units})(?! {units}{after_blank})"


def before(pattern: re.Pattern[str], text: str, end: int) -> re.Match[str] | None:
    """Look for a pattern that ends in `$` right before `end`; only so far back as words say what follows them.

    >>> bool(before(re.compile("電話$"), "電話0467", 2)), bool(before(re.compile("電話$"), "電話は0467", 3))
    (True, False)
    """
    return pattern.search(text, max(0, end - _LOOK_BACK), end)
