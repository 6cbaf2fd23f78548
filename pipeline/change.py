"""What changed between two surveys: the share of each part of the plan, with intervals."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control, norm

from pipeline.arrays import Floats
from pipeline.codebook import Codebook
from pipeline.errors import InputError
from pipeline.intervals import newcombe

FALSE_DISCOVERY = 0.05


def changes(
    now: pd.DataFrame, before: pd.DataFrame, codebook: Codebook, *, n_now: int, n_before: int
) -> pd.DataFrame:
    """Return one row a node of the plan: counts and shares of both surveys, and their difference.

    Parameters
    ----------
    now, before
        CODED of both surveys, coded with the same codebook.
    n_now, n_before
        Opinions of each survey, with or without a code: what shares are of.

    Returns
    -------
    code, title, level, count_before, count, share_before, share, difference, low, high (95 % interval),
    changed (-1, 0, 1: beyond what chance does, corrected for the number of nodes of the level).

    Raises
    ------
    InputError
        if a survey has no opinion.
    """
    if not n_now or not n_before:
        raise InputError(
            "比べる調査の一方に意見がありません。", "one of the surveys to compare has no opinion"
        )
    codes = [n.code for n in codebook]
    count, earlier = _counts(now, codebook), _counts(before, codebook)
    share, share_before = count / n_now, earlier / n_before
    low, high = newcombe(count, n_now, earlier, n_before)
    levels = np.array([n.level for n in codebook])
    changed = np.zeros(len(codes), int)
    p = _p_values(count, n_now, earlier, n_before)
    for level in np.unique(levels):
        own = (levels == level) & (count + earlier > 0)
        if own.any():
            sure = false_discovery_control(p[own]) < FALSE_DISCOVERY
            changed[own] = np.where(sure, np.sign(share - share_before)[own], 0)
    return pd.DataFrame(
        {
            "code": codes,
            "title": [n.title for n in codebook],
            "level": levels,
            "count_before": earlier.astype(int),
            "count": count.astype(int),
            "share_before": share_before,
            "share": share,
            "difference": share - share_before,
            "low": low,
            "high": high,
            "changed": changed,
        }
    )


def _counts(coded: pd.DataFrame, codebook: Codebook) -> Floats:
    """Return the opinions of each node in plan order."""
    found: dict[str, set[tuple[str, str]]] = {n.code: set() for n in codebook}
    for opinion, unit, code in zip(coded["opinion_id"], coded["unit"], coded["code"], strict=True):
        for above in codebook.path(code):
            found[above].add((opinion, unit))
    return np.array([len(s) for s in found.values()], float)


def _p_values(count: Floats, n: int, earlier: Floats, m: int) -> Floats:
    """Return two-sided p-values of the score test of two equal proportions."""
    pooled = (count + earlier) / (n + m)
    with np.errstate(divide="ignore", invalid="ignore"):
        z = (count / n - earlier / m) / np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
    return np.asarray(2 * norm.sf(np.abs(np.nan_to_num(z))))
