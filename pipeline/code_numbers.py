"""Which code of a codebook lies above another: what people write need not have a column `parent`.

The numbers say it (G1-2-3 lies below G1-2), in whatever width and with whatever hyphen they are typed. A code whose
place cannot be told is refused: at the top of the plan it would count as a goal of its own without a word.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from pipeline.errors import InputError
from pipeline.notation import after_numbers, date_hint, letter_of, parse_numbers

Numbers = tuple[str, tuple[int, ...]]  # the letter in front ('' if none), and the numbers
# As Excel shows or stores what it made of 1-1-1. A code such as 2024-1-1 stays one.
_MADE_A_DATE = re.compile(r"\d{4}/\d{1,2}/\d{1,2}|\d{4}-\d{2}-\d{2}(?:[ T].*)?|\d{1,2}月\d{1,2}日")
_WORD = re.compile(r"[^\W\dA-Za-z_]")
# What plans call their levels, before a number; 基本 or 重点 before it says no level.
_LEVEL = re.compile(r"\D{0,4}?(?P<level>目標|方針|柱|政策|施策|取組|取り組み|事業|項目)\s*[(\dIVX]")
# How a code goes on that lies below the one it begins with: A1, 1a, 1-1ア, 第1章第1節; one word or number goes on otherwise.
_GOES_ON = re.compile(r"\s*[-(.]?\s*(?:第?\s*\d+\s*[章節項]?|[A-Za-z]|[ア-ン])\)?")
_ONE_WORD = re.compile("[0-9]{2}|[A-Za-z]{2}|[ア-ン]{2}")
_BETWEEN = re.compile(r"[\s/>→]+")


class CodeNumbers:
    """The codes of one codebook, by their numbers."""

    def __init__(self, codes: Iterable[str]) -> None:
        self._by_width = {one_width(c): c for c in codes}
        self._by_numbers = {n: c for c in self._by_width.values() if (n := _numbers(c))}
        self._first_level = next((m["level"] for c in self._by_width if (m := _LEVEL.match(c))), "")

    def same(self, code: str) -> str:
        """Return the code of this codebook that is written so, in whatever width; `code` itself if there is none."""
        return self._by_width.get(one_width(code), code)

    def above(self, code: str) -> str:
        """Return the code that lies above, '' if `code` stands at the top or its numbers do not say.

        >>> codes = CodeNumbers(["G1", "G1-1", "Ｇ１－１－１", "A", "A-b"])
        >>> [codes.above(c) for c in ("Ｇ１－１－１", "G1-1", "G1", "A-b")]
        ['G1-1', 'G1', '', 'A']
        """
        before = self._by_width.get(one_width(code).rpartition("-")[0], "")
        return before or ((found := _numbers(code)) and self._by_numbers.get(_parent(found))) or ""

    def missing_above(self, code: str) -> bool:
        """Tell whether a row is missing between the top and a code that has nothing above it.

        So it is if there is a row further above, or if the codes of as many numbers, or hyphens, do have rows above them.

        >>> letters = CodeNumbers(["ア", "ア-1", "ウ-1"])
        >>> [letters.missing_above(c) for c in ("ア", "ウ-1")]
        [False, True]
        >>> codes = CodeNumbers(["1", "1-1", "1-1-1", "1-2-1", "2-1"])
        >>> [codes.missing_above(c) for c in ("1", "1-2-1", "2-1")], CodeNumbers(["1-1", "2-1"]).missing_above("2-1")
        ([False, True, True], False)
        """
        parts = one_width(code).split("-")
        rows = {"-".join(parts[:n]) for n in range(1, len(parts) - 1)}
        rows |= {c.rpartition("-")[0] for c in self._by_width if c.count("-") == len(parts) - 1 > 0}
        if rows & self._by_width.keys():
            return True
        found = _numbers(code)
        if found is None or len(found[1]) == 1:
            return False
        letter, numbers = found
        further = ((letter, numbers[:n]) for n in range(1, len(numbers) - 1))
        alike = (_parent(n) for n in self._by_numbers if (n[0], len(n[1])) == (letter, len(numbers)))
        return any(n in self._by_numbers for n in (*further, *alike))

    def unclear_above(self, code: str, parent: str) -> bool:
        """Tell whether a code, which is read as lying below `parent`, seems to lie below another one.

        So it is if it begins with another code (1-1 and 1-1ア), or stands at the top with another word for a level
        than the first one there (基本目標1, 施策1-1).

        >>> codes = CodeNumbers(["基本目標1", "基本目標2", "施策1-1", "A", "A1", "1", "1-1", "1-1ア", "12"])
        >>> [codes.unclear_above(c, "") for c in ("基本目標2", "施策1-1", "A1", "12")], codes.unclear_above("1-1ア", "1")
        ([False, True, True, False], True)
        """
        here = one_width(code)
        begins = (c for c in self._by_width if here.startswith(c) and _GOES_ON.fullmatch(here, len(c)))
        nearest = max((c for c in begins if not _ONE_WORD.match(here, len(c) - 1)), key=len, default="")
        if nearest:
            return self._by_width[nearest] != parent
        word = _LEVEL.match(here)
        return not parent and word is not None and word["level"] != self._first_level


def refuse_date(code: str, file: str | None, row: int, column: str) -> None:
    """Raise `InputError` for a code of a codebook that Excel made a date of."""
    if _MADE_A_DATE.fullmatch(one_width(code)):
        ja, en = date_hint(code, "G1-1-1")
        raise InputError(
            f"「{code}」はコードとして使えません。{ja}",
            f"'{code}' cannot be a code{en}",
            file=file,
            row=row,
            column=column,
        )


def one_width(code: str) -> str:
    """Return a code in the form in which it is the same in every width of its characters."""
    return unicodedata.normalize("NFKC", code.strip())


def printed_forms(numbers: Sequence[str], title: str) -> set[str]:
    """Return how people write the numbers that a plan prints, from any level on, with and without the title.

    Only those with a word among them (目標, 施策): of numbers alone nobody can say which level they begin at.

    >>> sorted(printed_forms(["基本目標1", "施策1-2", "(3)"], "窓口"), key=len)[::2]
    ['施策1-2(3)', '基本目標1施策1-2(3)']
    """
    # In one width first: a circled digit is no word, and in one width it is any other number.
    paths = {one_width("".join(numbers[k:])) for k in range(len(numbers))}
    return {squeezed(p + end) for p in paths if _WORD.search(p) for end in ("", title)}


def squeezed(text: str) -> str:
    """Return a text in one width without blanks and what people put between levels: 「基本目標1／施策1-2／(3)」."""
    return _BETWEEN.sub("", one_width(text))


def _numbers(code: str) -> Numbers | None:
    """Return letter and numbers of a code that is nothing but these."""
    numbers = parse_numbers(code)
    return (letter_of(code), numbers) if numbers and not after_numbers(code) else None


def _parent(numbers: Numbers) -> Numbers:
    return numbers[0], numbers[1][:-1]
