"""Texts written to say what the items mean: the plan's own words and the example bank.

They are training material only: never gold, never evidence of what residents said, never in an accuracy figure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.arrays import Floats, Ints
from pipeline.codebook import Codebook
from pipeline.tables import AUTHORED, records
from pipeline.votes import LEAST_LEFT, read_votes

# Which a note of inclusion counts as, beside a written utterance.
PLAN_WEIGHT = 0.5
PLAN_AUTHOR = -1
# What others than the author said of a text.
VOTES = ("votes_2", "votes_3")
_PHRASES = re.compile(r"[;；\n]+")


@dataclass(frozen=True)
class AuthoredTexts:
    """Texts with their items, authors and weights; see `knowledge.Authored`.

    texts : n texts, each once for its item
    item : (n,) column of the item, or the number of items for "no item of the plan"
    author : (n,) number of the author, -1 for the plan itself
    weight : (n,) how much each counts; the texts of each item weigh the same together
    shares : (n, items + 1) share of its coders (the author, and who read it after) that gave it each code
    read_again : number of texts that others than the author coded too
    """

    texts: list[str]
    item: Ints
    author: Ints
    weight: Floats
    shares: Floats
    read_again: int


def plan_phrases(codebook: Codebook) -> list[tuple[str, str]]:
    """Return (code, phrase) for the title, the definition and each note of inclusion of every item."""
    found: list[tuple[str, str]] = []
    for node in codebook.items:
        phrases = [node.title, node.definition, *_PHRASES.split(node.include)]
        found += [(node.code, p.strip()) for p in phrases if p.strip()]
    return found


def gather_authored(
    codebook: Codebook, bank: pd.DataFrame | None = None, file: str | None = None
) -> AuthoredTexts:
    """Put the plan's own words and the example bank together.

    Parameters
    ----------
    bank : AUTHORED table; an empty code means "no item of the plan". Rows in a fixed order are not needed.

    Raises
    ------
    InputError
        for a code that is not in the codebook, or votes that cannot be read.
    """
    column = {n.code: i for i, n in enumerate(codebook.items)}
    rows: dict[tuple[str, int], int] = {
        (text, column[code]): PLAN_AUTHOR for code, text in plan_phrases(codebook)
    }
    votes: dict[tuple[str, int], list[Floats]] = {}
    if bank is not None:
        written = AUTHORED.check(bank)
        written = written.sort_values(["code", "author", "text"], kind="stable")
        authors = {a: i for i, a in enumerate(sorted(set(written["author"])))}
        for i, row in zip(written.index.tolist(), records(written), strict=True):
            at = i + 2  # the row in the file, whatever the order here
            code = row["code"] and codebook.code_or_error(row["code"], file=file, row=at, column="code")
            if code and code not in column:
                continue  # written for a node above the items
            key = row["text"], column.get(code, len(column))
            heard = _further_coders(row, codebook, column, file, at)
            if rows.setdefault(key, authors[row["author"]]) != PLAN_AUTHOR:
                votes.setdefault(key, []).extend(heard)
    item = np.array([j for _, j in rows], dtype=np.int64)
    author = np.array(list(rows.values()), dtype=np.int64)
    # An item with more examples is not a more likely one.
    counts = np.bincount(item[author != PLAN_AUTHOR], minlength=len(column) + 1)
    usual = max(float(np.median(counts[: len(column)])), 1.0)
    weight = np.where(author == PLAN_AUTHOR, PLAN_WEIGHT, usual / np.maximum(counts[item], 1))
    own = np.eye(len(column) + 1)[item]
    shares = np.array([np.mean([o, *votes.get(key, ())], axis=0) for o, key in zip(own, rows, strict=True)])
    return AuthoredTexts(
        [t for t, _ in rows], item, author, weight, shares.reshape(own.shape), sum(map(bool, votes.values()))
    )


def _further_coders(
    row: Mapping[str, str], codebook: Codebook, column: Mapping[str, int], file: str | None, at: int
) -> list[Floats]:
    """Return what each further coder said of a text, (items + 1,) shares; nothing of one who mostly coded above the items."""
    found = []
    for name in VOTES:
        shares = np.zeros(len(column) + 1)
        for code, share in read_votes(row[name], file=file, row=at, column=name).items():
            known = codebook.code_or_error(code, file=file, row=at, column=name) if code else ""
            if not known or known in column:
                shares[column.get(known, len(column))] += share
        if shares.sum() >= LEAST_LEFT:
            found.append(shares / shares.sum())
    return found
