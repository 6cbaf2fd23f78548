"""From suggestions, wide or long, to the comments that coders decide on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import NamedTuple

import pandas as pd

from pipeline.book_parts import choice
from pipeline.cells import as_text, excel_text
from pipeline.codebook import Codebook
from pipeline.comment_column import (
    SUGGESTED_FOR,
    column_suggested_for,
    guess_text_column,
    named_column,
    text_column_of_long,
)
from pipeline.comments import MOST_RANKS
from pipeline.doubt import REASONS
from pipeline.errors import InputError, listed
from pipeline.no_answer import NO_OPINION, OUTSIDE
from pipeline.review_form import NOT_ASKED, REVIEW
from pipeline.tables import suggestions_form

# What is read of either form besides what tells it.
_READ = {"wide": ("code_1", "confidence_1", "model_id"), "long": ("confidence", "status", "model_id")}
Row = dict[str, str]


class Items(NamedTuple):
    """REVIEW and NOT_ASKED: together one row an opinion (or unit) of the input. `rows`: rows of the input."""

    asked: pd.DataFrame
    not_asked: pd.DataFrame
    rows: int


def review_items(
    chunks: Iterable[pd.DataFrame],
    columns: Sequence[str],
    codebook: Codebook,
    *,
    text_column: str | None = None,
    file: str | None = None,
    first_row: int = 2,
) -> Items:
    """Return the comments of a suggestion table that coders are asked about, and the others with the reason.

    Parameters
    ----------
    chunks, columns : the table that `iken suggest` wrote, wide or long, in pieces; cells of any type
    text_column : the column of the comment in a wide table, if its name does not tell

    Raises
    ------
    InputError
        if it is no table of suggestions, or of suggestions for several columns, an id is empty or comes twice, or a
        code is not in the codebook.
    """
    chunks = iter(chunks)
    ahead: list[pd.DataFrame] = []
    said: dict[str, None] = {}  # what the rows say that the suggestions are for, each once
    asks_rows = text_column is None and SUGGESTED_FOR in columns and suggestions_form(columns) == "wide"
    while asks_rows and not any(said) and (chunk := next(chunks, None)) is not None:
        # Rows that people have added say nothing: there may be many before the first that does.
        ahead.append(chunk)
        said.update(dict.fromkeys(as_text(s).strip() for s in chunk[SUGGESTED_FOR]))
    if asks_rows:
        text_column = column_suggested_for(_own_columns(columns), said, file)
    reader = _Reader(columns, codebook, text_column, file)
    rows: dict[tuple[str, str], Row] = {}
    number = first_row
    for chunk in chain(ahead, chunks):
        names = [str(c) for c in chunk.columns]
        if asks_rows:
            said.update(dict.fromkeys(as_text(s) for s in chunk[SUGGESTED_FOR]))
        for cells in zip(*(chunk[c].tolist() for c in names), strict=True):
            row = dict(zip(names, map(as_text, cells), strict=True))
            reader.add(row, number, rows)
            number += 1
    if asks_rows:
        column_suggested_for(_own_columns(columns), said, file)  # those of another column may stand far below
    codebook.check_titles(reader.titles.items(), file)
    if reader.long:
        _name_units(rows)
    asked: list[Row] = []
    aside: list[Row] = []
    for row in rows.values():
        reason = (
            "本文が空欄" if not row["text"].strip() else NO_OPINION if row["status"] == NO_OPINION else ""
        )
        (aside if reason else asked).append(row | {"reason": reason})
    table = pd.DataFrame(asked, columns=list(REVIEW.columns), dtype=str)
    return Items(table, pd.DataFrame(aside, columns=list(NOT_ASKED.columns), dtype=str), number - first_row)


def _if_outside(row: Row) -> list[str]:
    """Return the first reason to doubt any item: that the comment seems to be about none."""
    return [OUTSIDE] if row["status"] == OUTSIDE else []


def _own_columns(columns: Sequence[str]) -> list[str]:
    """Return the survey's columns: they stand before those that `iken suggest` added, which begin with these two."""
    return [c for c in columns[: columns.index("status")] if c != "opinion_id"]


class _Reader:
    """Reads rows of either form into `Row`s of the REVIEW table."""

    def __init__(
        self, columns: Sequence[str], codebook: Codebook, text_column: str | None, file: str | None
    ) -> None:
        self.codebook, self.file = codebook, file
        form = suggestions_form(columns)
        if not form:
            found = listed(columns)
            raise InputError(
                f"提案の表ではありません。先に `iken suggest` で作ってください。ある列: {found[0]}",
                f"no table of suggestions; make one with `iken suggest`. Columns found: {found[1]}",
                file=file,
            )
        if lost := [c for c in _READ[form] if c not in columns]:
            names = "、".join(lost)
            raise InputError(
                f"提案の表に列「{names}」がありません。`iken suggest` が書いたままの列のある表を指定してください。",
                f"the table of suggestions lacks the columns {', '.join(lost)}; give it with all that `iken suggest` wrote",
                file=file,
            )
        self.long = form == "long"
        self._ranks = [k for k in range(1, MOST_RANKS + 1) if f"code_{k}" in columns]
        find = text_column_of_long if self.long else self._text_column
        self._text = find(columns, text_column, file)
        self.titles: dict[str, str] = {}  # as the table has them
        self._first_row: dict[tuple[str, str], int] = {}
        self._choices = {n.code: choice(codebook, n.code) for n in codebook.items}
        # Rows of one opinion stand together in the long form; a second block of them is a repeated id.
        self._latest: tuple[str, str] | None = None

    @staticmethod
    def _text_column(columns: Sequence[str], wanted: str | None, file: str | None) -> str:
        own = _own_columns(columns)
        if wanted is None:
            return guess_text_column(own, file)
        return named_column(own, wanted, "--text-column", file)

    def add(self, row: Row, number: int, rows: dict[tuple[str, str], Row]) -> None:
        """Put one row of the input, whose number is `number`, into `rows`."""
        code, title = ("code", "title") if self.long else ("code_1", "title_1")
        self.titles[row.get(code, "")] = row.get(title, "")
        opinion_id = row["opinion_id"].strip()
        key = (opinion_id, row["unit"].strip() if self.long else "")
        self._check_id(opinion_id, number)
        if self.long and key == self._latest:
            self._add_rank(rows[key], row, number)
            return
        if key in rows:
            raise self._fault(
                number,
                "opinion_id",
                f"IDが{self._first_row[key]}行目と重複しています。",
                f"the id repeats that of row {self._first_row[key]}",
            )
        self._first_row[key] = number
        self._latest = key
        rows[key] = self._long_row(row, key, number) if self.long else self._wide_row(row, key, number)

    def _check_id(self, opinion_id: str, number: int) -> None:
        if not opinion_id:
            raise self._fault(number, "opinion_id", "IDが空です。", "the id is empty")
        if excel_text(opinion_id) != opinion_id:
            ja = "IDに Excel のセルに入らない文字があるか、長すぎます。別のIDにしてください。"
            raise self._fault(number, "opinion_id", ja, "Excel cannot hold this id; use another one")

    def _wide_row(self, row: Row, key: tuple[str, str], number: int) -> Row:
        ranked = [
            self._suggestion(row[f"code_{k}"], row.get(f"confidence_{k}", ""), f"code_{k}", number)
            for k in self._ranks
            if row[f"code_{k}"].strip()
        ]
        doubts = [*_if_outside(row), *(row[c] for c in REASONS if row.get(c, ""))]
        size = row.get("group_size", "")
        same = f"{row['group_id']}({size}件)" if row.get("group_id", "") else ""
        first, confidence = (row["code_1"].strip(), row["confidence_1"]) if ranked else ("", "")
        return {
            **self._shared(row, key),
            "first": first,
            "confidence": confidence,
            "others": "\n".join(f"{k}. {s}" for k, s in enumerate(ranked[1:], 2)),
            "doubt": "\n".join(doubts),
            "same": same,
        }

    def _long_row(self, row: Row, key: tuple[str, str], number: int) -> Row:
        code = row["code"].strip()
        if code:
            self._suggestion(code, row["confidence"], "code", number)
        return {
            **self._shared(row, key),
            "first": code,
            "confidence": row["confidence"] if code else "",
            "others": "",
            "doubt": "\n".join([*_if_outside(row), *filter(None, row.get("doubt_reasons", "").split("、"))]),
            "same": "",
        }

    def _add_rank(self, known: Row, row: Row, number: int) -> None:
        if row[self._text] != known["text"]:
            ja = "同じ意見ID・部分なのに文面が違います。"
            raise self._fault(number, self._text, ja, "same id and unit, but another text")
        line = f"{row['rank']}. {self._suggestion(row['code'], row['confidence'], 'code', number)}"
        known["others"] = f"{known['others']}\n{line}".lstrip("\n")

    def _shared(self, row: Row, key: tuple[str, str]) -> Row:
        return {
            "opinion_id": key[0],
            "unit": key[1],
            "text": row[self._text],
            "status": row["status"],
            "evidence": row.get("evidence", ""),
            "model_id": row["model_id"],
        }

    def _suggestion(self, code: str, confidence: str, column: str, number: int) -> str:
        """Return a suggestion as people read it: 「G1-1-1 見守り活動について 78%」."""
        shown = self._choices.get(code.strip())
        if shown is None:
            raise self._fault(
                number,
                column,
                f"提案のコード「{code}」はコードブックの項目ではありません。"
                "モデルを作ったコードブックを --codebook で指定してください。",
                f"the suggested code '{code}' is no item of the codebook; name the model's with --codebook",
            )
        try:
            return f"{shown} {float(confidence):.0%}"
        except ValueError:
            return shown

    def _fault(self, row: int, column: str, ja: str, en: str) -> InputError:
        return InputError(ja, en, file=self.file, row=row, column=column)


def _name_units(rows: dict[tuple[str, str], Row]) -> None:
    """An opinion of one unit is coded as a whole (unit ''), as in the wide form; the others keep their numbers."""
    count: dict[str, int] = {}
    for opinion_id, _ in rows:
        count[opinion_id] = count.get(opinion_id, 0) + 1
    for (opinion_id, _), row in rows.items():
        if count[opinion_id] == 1:
            row["unit"] = ""
