"""The codebook: a plan's tree of codes, and the notations in which people write them.

Nothing here assumes a certain plan, three levels or any number of items.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

import pandas as pd

from pipeline.code_numbers import printed_forms, squeezed
from pipeline.codebook_rows import Node, read_nodes
from pipeline.errors import InputError
from pipeline.notation import after_numbers, date_hint, folded_title, letter_of, parse_numbers, undated
from pipeline.tables import CODE_TITLE, CODEBOOK

__all__ = ["Codebook", "Node"]

# So many titles may have been reworded, however few a table has.
_REWORDED = 2


class Codebook:
    """A plan as a tree of `Node`s, in the order of the plan (parents before children).

    Build one with `Codebook.from_table`. Codes are unique; every parent exists.

    switched_off : titles by code of the rows that were left out because `active` says no
    """

    def __init__(self, nodes: list[Node], switched_off: Mapping[str, str] | None = None) -> None:
        self.nodes: tuple[Node, ...] = tuple(nodes)
        self.switched_off = dict(switched_off or {})
        self._by_code = {n.code: n for n in nodes}

    # -- reading and writing -------------------------------------------------------------------

    @classmethod
    def from_table(cls, table: pd.DataFrame, file: str | None = None) -> Codebook:
        """Read a CODEBOOK table; only `title` is required.

        Without a `code` column the rows become a flat list C1, C2, …; without `parent` it follows from
        the code (G1-2-3 lies below G1-2, see `CodeNumbers`), unless `level` says 1; otherwise `level` is always
        computed from the tree. Rows whose extra column `active` says "no" are left out.

        Raises
        ------
        InputError
            for a code that is repeated or has become a date, an unknown or missing parent, or a circle of parents,
            naming the row.
        """
        return cls(*read_nodes(table, file))

    def to_table(self) -> pd.DataFrame:
        """Return the CODEBOOK table (extra columns of the input kept)."""
        return CODEBOOK.table({c: getattr(n, c) for c in CODEBOOK.columns} | n.extra for n in self.nodes)

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of codes, tree and texts: changes when what a code means changes."""
        parts = (
            "\x1f".join((n.code, n.parent, n.number, n.title, n.definition, n.include, n.exclude))
            for n in self.nodes
        )
        return hashlib.sha256("\x1e".join(parts).encode()).hexdigest()

    # -- the tree ------------------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self.nodes)

    def __iter__(self) -> Iterator[Node]:
        return iter(self.nodes)

    def __contains__(self, code: object) -> bool:
        return code in self._by_code

    def __getitem__(self, code: str) -> Node:
        return self._by_code[code]

    @cached_property
    def items(self) -> tuple[Node, ...]:
        """The leaves of the tree, which opinions are coded to, in plan order."""
        parents = {n.parent for n in self.nodes}
        return tuple(n for n in self.nodes if n.code not in parents)

    @property
    def depth(self) -> int:
        """Number of levels."""
        return max(n.level for n in self.nodes)

    def path(self, code: str) -> tuple[str, ...]:
        """Return the codes from the top of the plan down to `code`, itself included."""
        path: list[str] = []
        while code:
            path.append(code)
            code = self._by_code[code].parent
        return tuple(reversed(path))

    def children(self, code: str) -> tuple[Node, ...]:
        """Return the nodes directly below `code`; the top ones for ''."""
        return tuple(n for n in self.nodes if n.parent == code)

    # -- for people ----------------------------------------------------------------------------

    def display(self, code: str) -> str:
        """Return a code as people read it: 「目標1(1)① 見守り活動について」."""
        number = "".join(self._by_code[c].number for c in self.path(code))
        return f"{number or code} {self._by_code[code].title}"

    def read_code(self, text: str) -> str | None:
        """Return the canonical code for what a person wrote, or None if there is no such code.

        Accepts the code itself, any notation of `parse_numbers`, `display` (with or without the title, see
        `printed_code`), or a title that occurs once, in any width of its characters.
        """
        text = text.strip()
        for form in (text, unicodedata.normalize("NFKC", text).upper()):
            if form in self._by_code:
                return form
        known = self._by_display.get(text) or self._by_title.get(text)
        known = known or self._by_folded_title.get(folded_title(text)) or self.printed_code(text)
        if known:
            return known
        first, rest = (*text.split(maxsplit=1), "", "")[:2]
        if first in self._by_code:
            code, rest = first, folded_title(rest)
        else:
            letter = letter_of(text)
            found = self._by_numbers.get(parse_numbers(text) or (), ())
            # A letter must be the code's own (X1-1-1 is not G1-1-1); numbers of two codes say neither.
            fitting = [c for c in found if letter in ("", letter_of(c))]
            if len(fitting) != 1:
                return None
            code, rest = fitting[0], after_numbers(text)
        # After the code only its title may follow: 「G1-1-1 G1-1-2」 is not one code.
        return code if rest in ("", folded_title(self._by_code[code].title)) else None

    def printed_code(self, text: str) -> str | None:
        """Return the code of numbers as the plan prints them with their words, if they are of one code alone.

        >>> nodes = [Node("1", "", 1, "基本目標1", "安心"), Node("1-2", "1", 2, "施策1-2", "窓口")]
        >>> [Codebook(nodes).printed_code(t) for t in ("基本目標1／施策1-2", "施策1-2 窓口", "1-2")]
        ['1-2', '1-2', None]
        """
        return self._by_printed.get(squeezed(text))

    def code_or_error(self, text: str, *, file: str | None, row: int | None, column: str | None) -> str:
        """Like `read_code`, but an unknown code is an `InputError` at the given place."""
        code = self.read_code(text)
        if code is None:
            hint = self.hint(text)
            raise InputError(
                f"コード「{text}」はコードブックにありません。{hint[0]}",
                f"code '{text}' is not in the codebook{hint[1]}",
                file=file,
                row=row,
                column=column,
            )
        return code

    def hint(self, text: str) -> tuple[str, str]:
        """Return why what a person wrote may be no code here, in both languages; ('', '') if nothing is known."""
        first = unicodedata.normalize("NFKC", text).upper().split(maxsplit=1)[:1]
        for code, title in self.switched_off.items():
            if [code.upper()] == first or folded_title(text) == folded_title(title):
                return (
                    f"(コードブックで {code} の active が no です。使うなら yes に、使わないなら別のコードに直してください。)",
                    f" (in the codebook, {code} is switched off: active is no; make it yes, or use another code)",
                )
        return date_hint(text, undated(self.items[0].code, self.items[0].title))

    def other_title(self, given: Iterable[tuple[str, str]]) -> tuple[str, str] | None:
        """Return a code and its title of another plan that calls its items alike, or None if it is this plan.

        It is another plan when most codes have another title here; a few may have been reworded since.

        Parameters
        ----------
        given : (code, title) as they stand there; what has no title, or a code that is unknown here, is passed over
        """
        titles = {c.strip(): t for c, t in given if t.strip() and c.strip() in self}
        other = [c for c, t in titles.items() if folded_title(t) != folded_title(self[c].title)]
        return (other[0], titles[other[0]]) if len(other) > max(_REWORDED, len(titles) // 2) else None

    def check_titles(self, given: Iterable[tuple[str, str]], file: str | None) -> None:
        """Raise `InputError` if a table of codes and titles was made for another plan (see `other_title`)."""
        if found := self.other_title(given):
            code, title = found
            raise InputError(
                f"別の計画の表のようです。{code} はこの表では「{title}」、コードブックでは「{self[code].title}」です。"
                "この表を作ったときのコードブックか、そのコードブックのモデルを指定してください(--codebook、--model)。",
                f"this table seems to be of another plan: {code} is '{title}' here and '{self[code].title}' "
                "in the codebook; name the codebook it was made with, or a model of that codebook (--codebook, --model)",
                file=file,
            )

    def check_coded(self, table: pd.DataFrame, file: str | None) -> None:
        """Raise `InputError` if codes with titles (`CODE_TITLE`) were given by another plan; see `check_titles`."""
        if CODE_TITLE in table.columns:
            self.check_titles(zip(table["code"], table[CODE_TITLE], strict=True), file)

    @cached_property
    def _by_display(self) -> dict[str, str]:
        return {self.display(n.code): n.code for n in self.nodes}

    @cached_property
    def _by_numbers(self) -> dict[tuple[int, ...], list[str]]:
        found: dict[tuple[int, ...], list[str]] = {}
        for node in self.nodes:
            printed = "".join(self._by_code[c].number for c in self.path(node.code))
            # Of 「基本目標1施策1-2」 the first number alone would be read.
            written = (node.code, "" if after_numbers(printed) else printed)
            for numbers in {parse_numbers(text) for text in written} - {None}:
                found.setdefault(numbers or (), []).append(node.code)
        return found

    @cached_property
    def _by_printed(self) -> dict[str, str]:
        return _only_ones(
            (text, n.code)
            for n in self.nodes
            for text in printed_forms([self._by_code[c].number for c in self.path(n.code)], n.title)
        )

    @cached_property
    def _by_title(self) -> dict[str, str]:
        return _only_ones((n.title, n.code) for n in self.nodes)

    @cached_property
    def _by_folded_title(self) -> dict[str, str]:
        """Titles typed in other widths (外出･移動支援) are looked for last: a title as it stands goes before."""
        return _only_ones((t, n.code) for n in self.nodes if (t := folded_title(n.title)))


def _only_ones(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the code of each text that belongs to one code only."""
    found: dict[str, list[str]] = {}
    for text, code in pairs:
        found.setdefault(text, []).append(code)
    return {text: codes[0] for text, codes in found.items() if len(codes) == 1}
