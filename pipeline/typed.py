"""What people type into cells and options in more than one way: names of persons."""

from __future__ import annotations

import unicodedata


def person_name(text: str) -> str:
    """Return a name in one form, so that the same person is not two: 「佐藤　太郎」 and 「佐藤 太郎」.

    >>> person_name(" 佐藤　 太郎") == person_name("佐藤 太郎")
    True
    """
    return " ".join(unicodedata.normalize("NFKC", text).split())
