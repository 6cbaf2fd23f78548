"""Intervals of shares and of their differences that hold for few cases, too."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from pipeline.arrays import Floats

_Z = 1.959964  # 95 %


def wilson(hits: ArrayLike, n: ArrayLike) -> tuple[Floats, Floats]:
    """Return the limits of the 95 % interval of hits / n (Wilson 1927); 0 and 1 where n is 0."""
    k, m = np.asarray(hits, float), np.asarray(n, float)
    centre = (k + _Z * _Z / 2) / (m + _Z * _Z)
    with np.errstate(divide="ignore", invalid="ignore"):
        half = _Z * np.sqrt(k * (m - k) / m + _Z * _Z / 4) / (m + _Z * _Z)
    half = np.where(m > 0, half, 0.5)
    return np.clip(centre - half, 0, 1), np.clip(centre + half, 0, 1)


def newcombe(
    hits: ArrayLike, n: ArrayLike, hits_before: ArrayLike, n_before: ArrayLike
) -> tuple[Floats, Floats]:
    """Return the limits of the 95 % interval of hits/n - hits_before/n_before.

    Hybrid score interval, method 10 of Newcombe (1998): right for small numbers, 0 and 100 % too.

    >>> low, high = newcombe(56, 70, 48, 80)  # his example (a)
    >>> round(float(low), 4), round(float(high), 4)
    (0.0524, 0.3339)
    """
    p1 = np.asarray(hits, float) / np.maximum(np.asarray(n, float), 1)
    p2 = np.asarray(hits_before, float) / np.maximum(np.asarray(n_before, float), 1)
    low1, high1 = wilson(hits, n)
    low2, high2 = wilson(hits_before, n_before)
    difference = p1 - p2
    low = difference - np.sqrt((p1 - low1) ** 2 + (high2 - p2) ** 2)
    high = difference + np.sqrt((high1 - p1) ** 2 + (p2 - low2) ** 2)
    return low, high


def newcombe_paired(both: int, first: int, second: int, neither: int) -> tuple[float, float]:
    """Return the limits of the 95 % interval of the difference of two shares of the same cases, first - second.

    Hybrid score interval with continuity-corrected correlation, method 10 of Newcombe (1998, Improved confidence
    intervals for the difference between binomial proportions based on paired data): right for small numbers, and
    where no case or every case differs, of which resampling says nothing.

    Parameters
    ----------
    both, first, second, neither : cases in which both hit, only one of them, or none; at least one case

    >>> [round(x, 4) for x in newcombe_paired(36, 12, 2, 0)]  # of his table II
    [0.0569, 0.3404]
    """
    n = both + first + second + neither
    hits = np.array([both + first, both + second])
    share = hits / n
    low, high = (limit.tolist() for limit in wilson(hits, [n, n]))
    below, above = share - low, high - share
    product = float(np.prod(hits.astype(float) * (n - hits)))
    excess = float(both * neither - first * second)
    excess = max(excess - n / 2, 0.0) if excess > 0 else excess
    phi = excess / np.sqrt(product) if product else 0.0
    difference = (first - second) / n
    down = below[0] ** 2 - 2 * phi * below[0] * above[1] + above[1] ** 2
    up = above[0] ** 2 - 2 * phi * above[0] * below[1] + below[1] ** 2
    return difference - float(np.sqrt(max(down, 0.0))), difference + float(np.sqrt(max(up, 0.0)))
