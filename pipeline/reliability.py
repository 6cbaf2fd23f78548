"""How far coders agree, as numbers: Krippendorff's alpha, Cohen's kappa, percent agreement, MASI distance.

The data are an array of category numbers, (units, coders), -1 where a coder gave none. Intervals come
from resampling opinions, not units: the parts of one comment are no independent evidence.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations
from typing import Any

import krippendorff
import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import cohen_kappa_score

from pipeline.metrics import RESAMPLES, Figure, Floats, Ints

MISSING = -1
# The library keeps a matrix of all categories for every unit at once; beyond this many cells it would fill memory.
_LIBRARY_CELLS = 20_000_000
_CHUNK_CELLS = 4_000_000


def masi_distance(a: frozenset[str], b: frozenset[str]) -> float:
    """Return 1 - Jaccard · monotonicity (Passonneau 2006); two empty sets are equal.

    Monotonicity is 1 for equal sets, 2/3 if one holds the other, 1/3 if they only share something, else 0.

    >>> round(masi_distance(frozenset("ab"), frozenset("abcd")), 3)
    0.667
    """
    if a == b:
        return 0.0
    shared = len(a & b)
    if not shared:
        return 1.0
    return 1 - shared / len(a | b) * (2 / 3 if a < b or b < a else 1 / 3)


def masi_distances(sets: Sequence[frozenset[str]]) -> Floats:
    """Return the distances of n sets, (n, n)."""
    return np.array([[masi_distance(a, b) for b in sets] for a in sets]).reshape(len(sets), len(sets))


def alpha(values: Ints, opinion: Ints, distances: Floats | None = None, *, seed: int = 0) -> Figure:
    """Return Krippendorff's alpha with its bootstrap interval; NaN where all coders gave one category.

    Parameters
    ----------
    values : (units, coders) category numbers, -1 for none
    opinion : (units,) number of the opinion a unit belongs to
    distances : (categories, categories) of set-valued data; nominal if None

    References
    ----------
    Krippendorff 2011, Computing Krippendorff's Alpha-Reliability.
    """
    pairable = (values != MISSING).sum(axis=1) >= 2
    values, opinion = values[pairable], opinion[pairable]
    width = 0 if distances is None else len(distances)
    width = max(width, int(values.max(initial=MISSING)) + 1)
    distances = 1.0 - np.eye(width) if distances is None else distances
    counts = np.stack([(values == v).sum(axis=1) for v in range(width)], axis=1) if width else values[:, :0]
    apart = _disagreement(values, distances)

    def statistic(weights: Floats) -> Floats:
        totals = weights @ counts
        n = totals.sum(axis=1)
        expected = ((totals @ distances) * totals).sum(axis=1)
        return _ratio(lambda: 1 - (n - 1) * (weights @ apart) / expected)

    return _figure(statistic, opinion, seed, lambda: _library_alpha(counts, distances))


def _disagreement(values: Ints, distances: Floats) -> Floats:
    """Return each unit's summed distance of all ordered pairs of its values, over (number of values - 1)."""
    apart = np.zeros(len(values))
    for i, j in combinations(range(values.shape[1]), 2):
        both = (values[:, i] != MISSING) & (values[:, j] != MISSING)
        apart[both] += 2 * distances[values[both, i], values[both, j]]
    return np.asarray(apart / np.maximum((values != MISSING).sum(axis=1) - 1, 1))


def _library_alpha(counts: Ints, distances: Floats) -> float | None:
    """Return alpha from the library krippendorff; None where it does not fit (see `_LIBRARY_CELLS`)."""
    if (counts.sum(axis=0) > 0).sum() < 2:
        return float("nan")
    if counts.size * counts.shape[1] > _LIBRARY_CELLS:
        return None

    def metric(v1: Any, v2: Any, i1: Any, i2: Any, n_v: Any, dtype: Any = None) -> Any:
        return distances[i1, i2]

    return float(krippendorff.alpha(value_counts=counts, level_of_measurement=metric))


def kappa(a: Ints, b: Ints, opinion: Ints, *, seed: int = 0) -> Figure:
    """Return Cohen's kappa of two coders on what both coded; NaN where both gave one and the same category.

    Parameters
    ----------
    a, b : (units,) category numbers, -1 for none
    opinion : (units,) number of the opinion a unit belongs to

    References
    ----------
    Cohen 1960, A Coefficient of Agreement for Nominal Scales.
    """
    both = (a != MISSING) & (b != MISSING)
    a, b, opinion = a[both], b[both], opinion[both]
    width = int(max(a.max(initial=0), b.max(initial=0))) + 1
    first, second, same = np.eye(width)[a], np.eye(width)[b], (a == b).astype(float)

    def statistic(weights: Floats) -> Floats:
        n = weights.sum(axis=1)
        chance = ((weights @ first) * (weights @ second)).sum(axis=1) / n**2
        return _ratio(lambda: ((weights @ same) / n - chance) / (1 - chance))

    def library() -> float:
        if len(np.union1d(a, b)) < 2:
            return float("nan")
        return float(cohen_kappa_score(a, b))

    return _figure(statistic, opinion, seed, library)


def percent_agreement(values: Ints, opinion: Ints, *, seed: int = 0) -> Figure:
    """Return the share of pairs of coders on one unit that gave the same category; see `alpha`."""
    pairable = (values != MISSING).sum(axis=1) >= 2
    values, opinion = values[pairable], opinion[pairable]
    same, pairs = np.zeros(len(values)), np.zeros(len(values))
    for i, j in combinations(range(values.shape[1]), 2):
        both = (values[:, i] != MISSING) & (values[:, j] != MISSING)
        pairs += both
        same += both & (values[:, i] == values[:, j])
    return _figure(lambda w: _ratio(lambda: (w @ same) / (w @ pairs)), opinion, seed)


def _ratio(compute: Callable[[], Floats]) -> Floats:
    """Compute with 0 / 0 as NaN; what divides by zero is not defined either."""
    with np.errstate(divide="ignore", invalid="ignore"):
        value = compute()
    return np.where(np.isfinite(value), value, np.nan)


def _figure(
    statistic: Callable[[Floats], Floats],
    opinion: Ints,
    seed: int,
    library: Callable[[], float | None] = lambda: None,
) -> Figure:
    """Value and percentile bootstrap interval of a statistic of weighted units, (resamples, units) -> (resamples,).

    Resamples in which the statistic is not defined are left out. `n` is the number of units.
    """
    if not len(opinion):
        return Figure(float("nan"), float("nan"), float("nan"), 0)
    value = library()
    if value is None:
        value = float(statistic(np.ones((1, len(opinion))))[0])
    _, cluster = np.unique(opinion, return_inverse=True)
    many = int(cluster.max()) + 1
    rng = np.random.default_rng(seed)
    draws: list[NDArray[np.float64]] = []
    done, size = 0, max(1, min(RESAMPLES, _CHUNK_CELLS // len(opinion)))
    while done < RESAMPLES:
        size = min(size, RESAMPLES - done)
        weights = rng.multinomial(many, np.full(many, 1 / many), size=size)[:, cluster]
        draws.append(statistic(weights.astype(np.float64)))
        done += size
    drawn = np.concatenate(draws)
    drawn = drawn[~np.isnan(drawn)]
    low, high = np.percentile(drawn, [2.5, 97.5]) if len(drawn) else (float("nan"), float("nan"))
    return Figure(round(value, 6), round(float(low), 6), round(float(high), 6), len(opinion))
