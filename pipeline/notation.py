"""How people write the numbers of a plan, and what its levels are called: 「1(1)①」, 「目標1-(1)-①」, 「１－１－１」, 「G1-1-1」."""

from __future__ import annotations

import re
import unicodedata

from pipeline.errors import Language

_CIRCLED = {chr(0x2460 + i): str(i + 1) for i in range(20)} | {
    chr(0x3251 + i): str(i + 21) for i in range(15)
}
CIRCLED_DIGITS = {int(n): c for c, n in _CIRCLED.items()}
# After folding: a letter or 目標, then numbers joined by hyphens, then the end or something not of the code.
_NOTATION = re.compile(r"(?:目標|基本目標|[A-Za-z])?\s*(\d+(?:-\d+)*)(?![\d-])")
_LETTER = re.compile(r"[A-Za-z](?=[\s-]*\d)")
_DATE_LIKE = re.compile(r"\d{4}[-/]\d{1,2}[-/]\d{1,2}(?:[ T]\d{2}:\d{2}.*)?|\d{1,2}月\d{1,2}日|\d{5}")
_AROUND_TITLE = " :-()[]「」"


def parse_numbers(text: str) -> tuple[int, ...] | None:
    """Read the numbers of a code in any of the usual notations, or return None.

    >>> [parse_numbers(t) for t in ["1(1)①", "目標1-(1)-①", "１－１－１", "G1-1-1 見守り", "目標1(1)① 見守り活動"]]
    [(1, 1, 1), (1, 1, 1), (1, 1, 1), (1, 1, 1), (1, 1, 1)]
    >>> parse_numbers("見守り") is None
    True
    """
    match = _NOTATION.match(_folded(text))
    return None if match is None else tuple(int(n) for n in match[1].split("-"))


def after_numbers(text: str) -> str:
    """Return what stands behind the numbers, in the form that `folded_title` gives a title.

    >>> [after_numbers(t) for t in ["目標1(1)① 見守り", "1-1-1", "1-1-1:3世代の交流", "G1-1-1とG1-1-2"]]
    ['見守り', '', '3世代の交流', 'とG1-1-2']
    """
    text = _folded(text)
    match = _NOTATION.match(text)
    return (text if match is None else text[match.end() :]).strip(_AROUND_TITLE)


def folded_title(title: str) -> str:
    """Return a title in the form in which it can be compared with what stands behind a code."""
    return _folded(title).strip(_AROUND_TITLE)


def level_name(level: int, depth: int, language: Language = "ja") -> str:
    """Return what a level of a plan of that depth is called: plans differ in their own names, and no codebook has them.

    >>> [level_name(k, 3) for k in (1, 2, 3)], level_name(1, 3, "en")
    (['第1階層', '第2階層', '項目'], 'level 1')
    """
    if level == depth:
        return {"ja": "項目", "en": "item"}[language]
    return {"ja": f"第{level}階層", "en": f"level {level}"}[language]


def letter_of(text: str) -> str:
    """Return the letter in front of the numbers in upper case, '' if there is none.

    >>> [letter_of(t) for t in ["ｂ-1", "G1-1", "1-1", "目標1"]]
    ['B', 'G', '', '']
    """
    match = _LETTER.match(unicodedata.normalize("NFKC", text.strip()))
    return match[0].upper() if match else ""


def _folded(text: str) -> str:
    # Circled digits before NFKC, which would make "(1)①" the same as "(1)1".
    text = "".join(f"-{_CIRCLED[c]}-" if c in _CIRCLED else c for c in text.strip())
    text = unicodedata.normalize("NFKC", text)
    text = re.sub(r"[‐‑‒–—―−─ー・.]", "-", text)
    text = re.sub(r"\s*\((\d+)\)\s*", r"-\1-", text)
    text = re.sub(r"\s*-[\s-]*", "-", text).lstrip("-")
    text = re.sub(r"^((?:基本)?目標|[A-Za-z])\s*-", r"\1", text)
    return re.sub(r"-(?=\D|$)", " ", text)


def date_hint(text: str, example: str) -> tuple[str, str]:
    """Return what may have become of a code that looks like a date, in both languages; ('', '') of any other.

    example : how a code is written so that it stays one, see `undated`
    """
    if not _DATE_LIKE.fullmatch(unicodedata.normalize("NFKC", text.strip())):
        return "", ""
    return (
        f"(Excel が日付に変えたようです。「{example}」のように書いてください。)",
        f" (Excel seems to have made a date of it; write it as in '{example}')",
    )


def undated(code: str, title: str) -> str:
    """Return a code as Excel takes it for no date: with its title, if there is no letter in front of its numbers.

    >>> undated("G1-1-1", "見守り"), undated("1-1-1", "見守り")
    ('G1-1-1', '1-1-1 見守り')
    """
    return f"{code} {title}" if unicodedata.normalize("NFKC", code)[:1].isdigit() else code
