"""Intervals of shares and of their differences that hold for few cases, too."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
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
