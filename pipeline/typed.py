"""What people type into cells and options in more than one way: yes and no, and names of persons."""

from __future__ import annotations

import unicodedata

from pipeline.errors import InputError

_YES = frozenset({"○", "◯", "〇", "o", "yes", "はい", "1", "true", "✓", "✔", "◎", "レ"})
_NO = frozenset({"×", "✕", "x", "no", "いいえ", "0", "false", "-", "ー", "△"})


def says_no(text: str) -> bool:
    """Tell whether a cell says no; an empty one says nothing.

    >>> [says_no(t) for t in ("×", "Ｎｏ", "", "○")]
    [True, True, False, False]
    """
    return unicodedata.normalize("NFKC", text).strip().casefold() in _NO


def read_mark(text: str, *, file: str | None, row: int, column: str) -> bool:
    """Tell whether a cell is marked; not if it is empty or says no.

    Raises
    ------
    InputError
        for a mark that says neither, which would otherwise count as one of both without a word.
    """
    mark = unicodedata.normalize("NFKC", text).strip().casefold()
    if mark and mark not in _YES | _NO:
        raise InputError(
            f"「{text}」は ○ でも空欄でもありません。使うなら ○、使わないなら空欄にしてください。",
            f"'{text}' is neither ○ nor empty; mark what is to be used with ○ and leave the rest empty",
            file=file,
            row=row,
            column=column,
        )
    return mark in _YES


def person_name(text: str) -> str:
    """Return a name in one form, so that the same person is not two: 「佐藤　太郎」 and 「佐藤 太郎」.

    >>> person_name(" 佐藤　 太郎") == person_name("佐藤 太郎")
    True
    """
    return " ".join(unicodedata.normalize("NFKC", text).split())
