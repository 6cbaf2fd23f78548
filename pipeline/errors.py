"""Errors that speak to people: one clear message, in Japanese and in English, with the place.

Every error a user can cause is an `IkenError`. It carries both languages, because which one is shown
is decided by whoever shows it (the command line), not by whoever finds the fault.
"""

from __future__ import annotations

import errno
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Language = Literal["ja", "en"]
_WHY_JA = {
    errno.ENOENT: "見つかりません",
    errno.EACCES: "読み書きが許されていないか、ほかのプログラムが使っています",
    errno.EPERM: "許されていない操作です",
    errno.EISDIR: "ファイルではなくフォルダです",
    errno.ENOTDIR: "フォルダではありません",
    errno.ENOSPC: "ディスクに空きがありません",
    errno.EROFS: "読み取り専用の場所です",
    errno.ENAMETOOLONG: "名前が長すぎます",
    errno.EADDRINUSE: "ほかのプログラムが使っています",
    errno.EADDRNOTAVAIL: "このパソコンのアドレスではありません",
}


def listed(names: Iterable[object]) -> tuple[str, str]:
    r"""Return names one after the other as Japanese and as English write it, each on one line.

    >>> listed(["地区", "問5\n自由記述"])
    ('地区、問5 自由記述', '地区, 問5 自由記述')
    """
    texts = [" ".join(str(n).splitlines()) for n in names]
    return "、".join(texts), ", ".join(texts)


def counted(n: int, noun: str) -> str:
    """Return a number with an English noun, which stands here in the singular.

    >>> counted(1, "coded opinion"), counted(1200, "row"), counted(0, "policy")
    ('1 coded opinion', '1,200 rows', '0 policies')
    """
    if n == 1:
        return f"1 {noun}"
    return f"{n:,} {noun[:-1]}ies" if noun.endswith("cy") else f"{n:,} {noun}s"


def why(error: OSError) -> str:
    """Return in Japanese what the system says of a fault, if it is one of the usual ones, else in its own words."""
    return _WHY_JA.get(error.errno or 0) or error.strerror or str(error)


@dataclass(frozen=True)
class Place:
    """Where in a file a fault lies; every part is optional."""

    file: str | None = None
    row: int | None = None
    column: str | None = None
    page: int | None = None

    def text(self, language: Language) -> str:
        """Return the place in words, e.g. 「survey.csv、3行目、列「text」」, or '' when nothing is known."""
        if language == "ja":
            parts = [
                self.file,
                None if self.page is None else f"{self.page}ページ",
                None if self.row is None else f"{self.row}行目",
                None if self.column is None else f"列「{self.column}」",
            ]
            return "、".join(p for p in parts if p)
        parts = [
            self.file,
            None if self.page is None else f"page {self.page}",
            None if self.row is None else f"row {self.row}",
            None if self.column is None else f"column '{self.column}'",
        ]
        return ", ".join(p for p in parts if p)


class IkenError(Exception):
    """Base of all errors meant for a user: a message in both languages and a place.

    Parameters
    ----------
    ja, en
        What is wrong and what to do, in one or two sentences without the place.
    file, row, column, page
        The place; rows count from 1 as the person sees them (a table's header is row 1).
    """

    def __init__(
        self,
        ja: str,
        en: str,
        *,
        file: str | None = None,
        row: int | None = None,
        column: str | None = None,
        page: int | None = None,
    ) -> None:
        super().__init__(ja, en)
        self.ja = ja
        self.en = en
        self.place = Place(file, row, column, page)

    def message(self, language: Language = "ja") -> str:
        """Return place and message in one language."""
        place = self.place.text(language)
        text = self.ja if language == "ja" else self.en
        return f"{place}: {text}" if place else text

    def __str__(self) -> str:
        return f"{self.message('ja')} / {self.message('en')}"


class InputError(IkenError):
    """A file, table, option or code that the user gave cannot be used as it is."""


class ModelError(IkenError):
    """A model folder is missing, damaged, edited, or made by something this version cannot read."""


class MissingPartError(IkenError):
    """An optional package or weight file is not installed; the message says which one to bring."""
