"""The tables that stages exchange: their columns, checks and empty forms (for users: docs/commands_ja.md).

A table is a `pandas.DataFrame` in which every cell is text. Numbers are converted knowingly by
whoever needs them: pandas would read `01` as 1, and Excel turns `1-1-1` into a date.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from pipeline.errors import InputError, listed


@dataclass(frozen=True)
class Schema:
    """Name and columns of one table. `required` cells may not be empty; other columns are added empty."""

    name: str
    columns: tuple[str, ...]
    required: tuple[str, ...]

    def empty(self) -> pd.DataFrame:
        """Return the table with no rows."""
        return pd.DataFrame({c: pd.Series(dtype=str) for c in self.columns})

    def table(self, rows: Iterable[Mapping[str, object]]) -> pd.DataFrame:
        """Return `rows` (dicts) as a table of text with this schema's columns first, extra ones after."""
        records = [{k: "" if v is None else str(v) for k, v in r.items()} for r in rows]
        if not records:
            return self.empty()
        return self.check(pd.DataFrame.from_records(records).fillna(""))

    def check(self, table: pd.DataFrame, file: str | None = None) -> pd.DataFrame:
        """Return a copy with all columns of the schema in order, then any others.

        Blanks around a name of the schema, which nobody sees in Excel, are taken away.

        Raises
        ------
        InputError
            if a required column is absent, or a required cell is empty (row counted with the header as 1).
        """
        names = [str(c).strip() for c in table.columns]
        own = {
            c: n
            for c, n in zip(table.columns, names, strict=True)
            if n in self.columns and names.count(n) == 1
        }
        table = table.rename(columns=own)
        for column in self.required:
            if column not in table.columns:
                found = listed(table.columns)
                raise InputError(
                    f"{self.name} の表に必要な列「{column}」がありません。ある列: {found[0]}",
                    f"the {self.name} table lacks the column '{column}'; columns found: {found[1]}",
                    file=file,
                )
        table = table.copy()
        for column in self.columns:
            if column not in table.columns:
                table[column] = ""
        extra = [c for c in table.columns if c not in self.columns]
        table = table[[*self.columns, *extra]].astype(str).reset_index(drop=True)
        for column in self.required:
            blank = table.index[table[column].str.strip() == ""]
            if len(blank):
                raise InputError(
                    "空欄です。値を入れてください。",
                    "the cell is empty; please fill it in",
                    file=file,
                    row=int(blank[0]) + 2,
                    column=column,
                )
        return table


CODEBOOK = Schema(
    "CODEBOOK",
    ("code", "parent", "level", "number", "title", "definition", "include", "exclude"),
    ("title",),
)
# Texts written to say what an item means; an empty code: about no item of the plan. votes_2, votes_3: how others
# who had not seen that code would code the text (see pipeline/votes.py); may be empty.
AUTHORED = Schema("AUTHORED", ("code", "text", "author", "kind", "votes_2", "votes_3"), ("text",))
# Texts written as staff would code them with a coded opinion, for the reason it has its code. kind: `wording` (what
# others would say who mean the same) or `reading` (what staff read in it).
PARAPHRASES = Schema(
    "PARAPHRASES", ("opinion", "code", "text", "author", "kind"), ("opinion", "code", "text")
)
LABELS = Schema(
    "LABELS",
    (
        "opinion_id",
        "source",
        "location",
        "text",
        "code",
        "label_source",
        "coder",
        "labelled_at",
        "codebook_sha256",
    ),
    ("opinion_id", "text", "code"),
)
# In LABELS and DECISIONS, what the plan calls the code: tables that stand beside no codebook say by it which plan
# they belong to. Not among the columns of LABELS: a model keeps these, and its bytes must not change by what only
# files are told by.
CODE_TITLE = "code_title"
SUGGESTIONS = Schema(
    "SUGGESTIONS",
    (
        "opinion_id",
        "unit",
        "unit_text",
        "rank",
        "code",
        "title",
        "confidence",
        "evidence",
        "status",
        "doubt_reasons",
        "model_id",
    ),
    ("opinion_id",),
)
# What tells a table that `iken suggest` wrote, wide (see `comments.wide_columns`) or long (SUGGESTIONS), from any other.
_WIDE_MARKS = {"status", "suggested_code"}
_LONG_MARKS = {"opinion_id", "unit", "unit_text", "rank", "code", "status"}


def suggestions_form(columns: Iterable[object]) -> Literal["wide", "long", ""]:
    """Return the form in which a table with these columns has suggestions of `iken suggest`, '' if it has none.

    >>> [suggestions_form(c) for c in (["意見", "status", "suggested_code"], SUGGESTIONS.columns, ["意見", "code"])]
    ['wide', 'long', '']
    """
    names = {str(c) for c in columns}
    if names >= _WIDE_MARKS:
        return "wide"
    return "long" if names >= _LONG_MARKS else ""


# What people decided, one row a code; append-only (see pipeline/decisions.py).
DECISIONS = Schema(
    "DECISIONS",
    (
        "opinion_id",
        "unit",
        "text",
        "coder",
        "action",
        "code",
        CODE_TITLE,
        "note",
        "decided_at",
        "round",
        "suggestion_shown",
        "suggested_code",
        "model_state",
        "model_id",
        "codebook_sha256",
        "decision_id",
    ),
    ("opinion_id", "coder", "action"),
)
# What a reader could not use, with the reason: rows in = rows out + rows set aside.
SET_ASIDE = Schema("SET_ASIDE", ("source", "location", "text", "reason"), ("source", "reason"))
WORKSHOPS = Schema(
    "WORKSHOPS",
    ("source", "location", "kind", "name", "date", "venue", "participants", "doubtful", "raw"),
    ("source", "kind"),
)

# Candidates for new themes, as `iken themes` writes them.
THEMES = Schema(
    "THEMES",
    ("theme", "name", "opinions", "texts", "stability", "judgement", "example_1", "example_2", "example_3"),
    ("theme", "name", "opinions"),
)


def records(table: pd.DataFrame) -> list[dict[str, str]]:
    """Return the rows of a table of text as dicts."""
    # Column by column: pandas hands out the cells of a row one by one, ten times as slowly.
    names = [str(c) for c in table.columns]
    columns = ([str(v) for v in table.iloc[:, i].tolist()] for i in range(len(names)))
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


# Sources of labels that people gave to what residents said.
GOLD_SOURCES = ("document", "single", "double", "adjudicated")
# Those of coders, who may have had a model's suggestion before their eyes.
DECIDED_SOURCES = GOLD_SOURCES[1:]
# accept: the first suggestion taken; change: another item; reject: the suggestion refused without a code;
# none-fits: belongs to no item; unsure: no code given; undo: the coder's previous decision withdrawn.
ACTIONS = ("accept", "change", "reject", "none-fits", "unsure", "undo")
