"""Texts written to say what the items mean: the plan's own words and the example bank.

They are training material only: never gold, never evidence of what residents said, never in an accuracy figure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.codebook import Codebook
from pipeline.tables import AUTHORED, records

# Which a note of inclusion counts as, beside a written utterance.
PLAN_WEIGHT = 0.5
PLAN_AUTHOR = -1
_PHRASES = re.compile(r"[;；\n]+")


@dataclass(frozen=True)
class AuthoredTexts:
    """Texts with their items, authors and weights; see `experts.Authored`.

    texts : n texts, each once for its item
    item : (n,) column of the item, or the number of items for "no item of the plan"
    author : (n,) number of the author, -1 for the plan itself
    weight : (n,) how much each counts; the texts of each item weigh the same together
    """

    texts: list[str]
    item: NDArray[np.int64]
    author: NDArray[np.int64]
    weight: NDArray[np.float64]


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
        for a code that is not in the codebook.
    """
    column = {n.code: i for i, n in enumerate(codebook.items)}
    rows: dict[tuple[str, int], int] = {
        (text, column[code]): PLAN_AUTHOR for code, text in plan_phrases(codebook)
    }
    if bank is not None:
        written = AUTHORED.check(bank)
        written = written.sort_values(["code", "author", "text"], kind="stable")
        authors = {a: i for i, a in enumerate(sorted(set(written["author"])))}
        for i, row in enumerate(records(written)):
            code = (
                codebook.code_or_error(row["code"], file=file, row=i + 2, column="code")
                if row["code"]
                else ""
            )
            if code and code not in column:
                continue  # written for a node above the items
            rows.setdefault((row["text"], column.get(code, len(column))), authors[row["author"]])
    item = np.array([j for _, j in rows], dtype=np.int64)
    author = np.array(list(rows.values()), dtype=np.int64)
    # An item with more examples is not a more likely one.
    counts = np.bincount(item[author != PLAN_AUTHOR], minlength=len(column) + 1)
    usual = max(float(np.median(counts[: len(column)])), 1.0)
    weight = np.where(author == PLAN_AUTHOR, PLAN_WEIGHT, usual / np.maximum(counts[item], 1))
    return AuthoredTexts([t for t, _ in rows], item, author, weight)
