"""Where coders part: which codes they take for each other, with the comments."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import combinations

import pandas as pd

from pipeline.codebook import Codebook
from pipeline.decisions import Decision
from pipeline.tables import Schema

NONE_FITS = "none-fits"
CONFUSIONS = Schema(
    "CONFUSIONS", ("code_a", "title_a", "code_b", "title_b", "differs_at", "n"), ("code_a", "code_b")
)
DISAGREEMENTS = Schema(
    "DISAGREEMENTS",
    (
        "opinion_id",
        "unit",
        "round",
        "text",
        "coder_a",
        "codes_a",
        "note_a",
        "coder_b",
        "codes_b",
        "note_b",
        "differs_at",
    ),
    ("opinion_id", "coder_a", "coder_b"),
)
PARTLY = "partly"


def differs_at(codebook: Codebook, a: Sequence[str], b: Sequence[str]) -> str:
    """Return the highest level at which two decisions part, as text; PARTLY for other sets, '' for none."""
    if set(a) == set(b):
        return ""
    first = [codebook.path(codes[0]) if codes else (NONE_FITS,) for codes in (a, b)]
    if first[0] == first[1]:
        return PARTLY
    together = sum(x == y for x, y in zip(*first, strict=False))
    return str(together + 1)


Unit = tuple[str, str, str]


def disagreements(
    double: Mapping[Unit, Mapping[str, Decision]], codebook: Codebook
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the DISAGREEMENTS of each two coders of one unit, and how often which codes were confused.

    Parameters
    ----------
    double : decisions by (opinion_id, unit, round) and coder, none of them missing

    Returns
    -------
    disagreements : DISAGREEMENTS, in the order of the units
    confusions : CONFUSIONS of first codes, most frequent first
    """
    rows: list[dict[str, str]] = []
    pairs: Counter[tuple[str, str]] = Counter()
    order = {n.code: i for i, n in enumerate(codebook)} | {NONE_FITS: len(codebook)}
    for (opinion, unit, name), found in double.items():
        for a, b in combinations(sorted(found.values(), key=lambda d: d.coder), 2):
            level = differs_at(codebook, a.codes, b.codes)
            if not level:
                continue
            row = {"opinion_id": opinion, "unit": unit, "round": name, "text": a.text or b.text}
            row |= {"coder_a": a.coder, "codes_a": shown(a.codes), "note_a": a.note}
            row |= {"coder_b": b.coder, "codes_b": shown(b.codes), "note_b": b.note}
            rows.append(row | {"differs_at": level})
            if level != PARTLY:
                first, second = sorted(((*d.codes, NONE_FITS)[0] for d in (a, b)), key=order.__getitem__)
                pairs[first, second] += 1
    return DISAGREEMENTS.table(rows), _confusions(pairs, codebook, order)


def shown(codes: Sequence[str]) -> str:
    """Return codes in one cell."""
    return "、".join(codes) or NONE_FITS


def _confusions(
    pairs: Counter[tuple[str, str]], codebook: Codebook, order: Mapping[str, int]
) -> pd.DataFrame:
    title = {n.code: n.title for n in codebook} | {NONE_FITS: "該当なし"}
    ranked = sorted(pairs, key=lambda p: (-pairs[p], order[p[0]], order[p[1]]))
    return CONFUSIONS.table(
        {
            "code_a": a,
            "title_a": title[a],
            "code_b": b,
            "title_b": title[b],
            "differs_at": differs_at(codebook, *([c] if c != NONE_FITS else [] for c in (a, b))),
            "n": pairs[a, b],
        }
        for a, b in ranked
    )
