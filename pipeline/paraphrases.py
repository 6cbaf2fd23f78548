"""Paraphrases of coded opinions: what others would write that staff would code the same, for the same reason.

Training material like the example bank: never gold, never evidence, never in an accuracy figure. Who wrote them had
the opinion and its code in view, and so they teach with that opinion and are left out with it (see `local.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.arrays import Ints
from pipeline.codebook import Codebook
from pipeline.copies import near_copies
from pipeline.normalise import comparison_key
from pipeline.tables import PARAPHRASES, SET_ASIDE, records

_NO_OPINION = "言い換えた意見が、コード付き意見の中にない(またはコードが違う)"
_COPY = "コード付き意見とほぼ同じ文面の言い換え(学ぶと、1件抜きの精度が甘くなる)"


@dataclass(frozen=True)
class ParaphraseTexts:
    """Paraphrases that can be learned from.

    texts : n texts
    opinion : (n,) row of the coded opinion that each paraphrases
    """

    texts: list[str]
    opinion: Ints


def match_paraphrases(
    table: pd.DataFrame, used: pd.DataFrame, codebook: Codebook, file: str | None = None
) -> tuple[ParaphraseTexts, pd.DataFrame]:
    """Find the coded opinion that each paraphrase belongs to, by text and code.

    An opinion that was coded otherwise since is not paraphrased by what was written for its former code. A
    paraphrase of an opinion that stands twice belongs to both.

    Parameters
    ----------
    table : PARAPHRASES table
    used : LABELS table of the opinions learned from

    Returns
    -------
    paraphrases : in an order that does not depend on that of the table
    set_aside : SET_ASIDE table of the rows not learned from

    Raises
    ------
    InputError
        for a code that is not in the codebook.
    """
    table = PARAPHRASES.check(table, file).reset_index(drop=True)
    rows: dict[tuple[str, str], list[int]] = {}
    for i, (text, code) in enumerate(zip(used["text"], used["code"], strict=True)):
        rows.setdefault((comparison_key(text), code), []).append(i)
    codes = [
        codebook.code_or_error(c, file=file, row=i + 2, column="code") for i, c in enumerate(table["code"])
    ]
    owners = [rows.get((comparison_key(o), c), []) for o, c in zip(table["opinion"], codes, strict=True)]
    # Whoever leaves out an opinion leaves out its copies, wherever they stand.
    copies = near_copies(table["text"].tolist(), used["text"].tolist())
    out = [i for i, found in enumerate(owners) if copies[i] or not found]
    reasons = [_COPY if copies[i] else _NO_OPINION for i in out]
    aside = table.iloc[out].assign(source="言い換え", location=[f"L{i + 2}" for i in out], reason=reasons)
    pairs = sorted(
        {(row, text) for i, text in enumerate(table["text"]) if not copies[i] for row in owners[i]}
    )
    found = ParaphraseTexts([text for _, text in pairs], np.array([row for row, _ in pairs], dtype=np.int64))
    return found, SET_ASIDE.table(records(aside))
