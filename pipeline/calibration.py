"""Whether confidence tells the truth: calibration error, and what a perfectly calibrated model would show."""

from __future__ import annotations

import numpy as np

from pipeline.arrays import Floats

RESAMPLES = 200


def sweep_error(confidence: Floats, right: Floats) -> float:
    """Return the calibration error with as many bins of equal size as keep accuracy rising with confidence.

    Bins of equal width are mostly empty where opinions are few, and their error is then mostly noise; this
    estimator has the least bias of those compared by Roelofs et al. (2022, "Mitigating bias in calibration
    error estimation", AISTATS).

    Parameters
    ----------
    confidence, right : (n,) probability of the first code, and 1.0 where it was right; n at least 1

    >>> sweep_error(np.array([0.2, 0.2, 0.8, 0.8]), np.array([0.0, 0.0, 1.0, 1.0]))
    0.2
    """
    order = np.argsort(confidence, kind="stable")
    n = len(order)
    sums = [np.concatenate([[0.0], np.cumsum(v[order])]) for v in (confidence, right)]
    error = abs(sums[0][-1] - sums[1][-1]) / n
    for bins in range(2, n + 1):
        edges = np.arange(bins + 1) * n // bins
        stated, accuracy = (np.diff(s[edges]) / np.diff(edges) for s in sums)
        if (np.diff(accuracy) < 0).any():
            break
        error = float(np.abs(stated - accuracy) @ np.diff(edges)) / n
    return round(float(error), 12)


def sweep_interval(confidence: Floats, right: Floats, seed: int = 0) -> tuple[float, float]:
    """Return the limits of the 95 % percentile bootstrap interval of `sweep_error`."""
    rng = np.random.default_rng(seed)
    n = len(confidence)
    drawn = [rng.integers(0, n, n) for _ in range(RESAMPLES)]
    low, high = np.percentile([sweep_error(confidence[i], right[i]) for i in drawn], [2.5, 97.5])
    return float(low), float(high)


def chance_error(confidence: Floats, seed: int = 0) -> tuple[float, float, float]:
    """Return mean and 2.5 and 97.5 % points of `sweep_error` if every confidence were exactly true.

    An error within this range cannot be told from none with that many opinions.
    """
    rng = np.random.default_rng(seed)
    n = len(confidence)
    drawn = [sweep_error(confidence, (rng.random(n) < confidence).astype(float)) for _ in range(RESAMPLES)]
    low, high = np.percentile(drawn, [2.5, 97.5])
    return float(np.mean(drawn)), float(low), float(high)
