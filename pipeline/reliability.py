"""How far coders agree, as numbers: Krippendorff's alpha, Cohen's kappa, percent agreement, MASI distance.

The data are an array of category numbers, (units, coders), -1 where a coder gave none. Intervals come
from resampling opinions, not units: the parts of one comment are no independent evidence.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import combinations
from typing import Any

import krippendorff
import numpy as np
from sklearn.metrics import cohen_kappa_score

from pipeline.arrays import Floats, Ints
from pipeline.metrics import RESAMPLES, Figure

MISSING = -1
# The library keeps a matrix of all categories for every unit at once; beyond this many cells it would fill memory.
_LIBRARY_CELLS = 5_000_000
_CHUNK_CELLS = 4_000_000
# Values that differ by less are one, computed in another order.
_SAME = 1e-9


def masi_distances(sets: Sequence[frozenset[str]]) -> Floats:
    """Return the distances 1 - Jaccard · monotonicity (Passonneau 2006) of n sets, none of them empty, (n, n).

    Monotonicity is 1 for equal sets, 2/3 if one holds the other, 1/3 if they only share something, else 0.

    >>> masi_distances([frozenset("ab"), frozenset("abcd")]).round(3).tolist()
    [[0.0, 0.667], [0.667, 0.0]]
    """
    column = {name: j for j, name in enumerate(sorted(frozenset().union(*sets)))}
    member = np.zeros((len(sets), len(column)))
    for i, names in enumerate(sets):
        member[i, [column[name] for name in names]] = 1
    size, shared = member.sum(axis=1), member @ member.T
    union = size[:, None] + size[None, :] - shared
    subset = shared == np.minimum(size[:, None], size[None, :])
    monotonicity = np.where(subset, 2 / 3, 1 / 3)
    monotonicity[union == shared] = 1
    return np.asarray(1 - shared / union * monotonicity)


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

    def statistic(sums: Floats) -> Floats:
        totals, observed = sums[:, :-1], sums[:, -1]
        expected = ((totals @ distances) * totals).sum(axis=1)
        return _ratio(lambda: 1 - (totals.sum(axis=1) - 1) * observed / expected)

    summed = np.column_stack([counts, apart])
    return _figure(summed, statistic, opinion, seed, lambda: _library_alpha(counts, distances))


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
    summed = np.column_stack([np.eye(width)[a], np.eye(width)[b], a == b])

    def statistic(sums: Floats) -> Floats:
        first, second, same = sums[:, :width], sums[:, width:-1], sums[:, -1]
        n = first.sum(axis=1)
        chance = (first * second).sum(axis=1) / n**2
        return _ratio(lambda: (same / n - chance) / (1 - chance))

    def library() -> float:
        if len(np.union1d(a, b)) < 2:
            return float("nan")
        return float(cohen_kappa_score(a, b))

    return _figure(summed, statistic, opinion, seed, library)


def percent_agreement(values: Ints, opinion: Ints, *, seed: int = 0) -> Figure:
    """Return the share of pairs of coders on one unit that gave the same category; see `alpha`."""
    pairable = (values != MISSING).sum(axis=1) >= 2
    values, opinion = values[pairable], opinion[pairable]
    same, pairs = np.zeros(len(values)), np.zeros(len(values))
    for i, j in combinations(range(values.shape[1]), 2):
        both = (values[:, i] != MISSING) & (values[:, j] != MISSING)
        pairs += both
        same += both & (values[:, i] == values[:, j])
    summed = np.column_stack([same, pairs])
    return _figure(summed, lambda sums: _ratio(lambda: sums[:, 0] / sums[:, 1]), opinion, seed)


def _ratio(compute: Callable[[], Floats]) -> Floats:
    """Compute with 0 / 0 as NaN; what divides by zero is not defined either."""
    with np.errstate(divide="ignore", invalid="ignore"):
        value = compute()
    return np.where(np.isfinite(value), value, np.nan)


def _figure(
    summed: Floats,
    statistic: Callable[[Floats], Floats],
    opinion: Ints,
    seed: int,
    library: Callable[[], float | None] = lambda: None,
) -> Figure:
    """Value and percentile bootstrap interval of a statistic of sums over units (Efron & Tibshirani 1993).

    Resamples in which the statistic is not defined are left out. Where all the others give one value (everybody
    agreed, say) they tell nothing of how sure it is: there is no interval (NaN) then.

    Parameters
    ----------
    summed : (units, k) what the statistic sums up
    statistic : sums of some samples (m, k) -> its value for each (m,)
    opinion : (units,) what is resampled
    library : the value by the library, None to take it from `statistic`
    """
    if not len(opinion):
        return Figure(float("nan"), float("nan"), float("nan"), 0)
    value = library()
    if value is None:
        value = float(statistic(summed.sum(axis=0, keepdims=True))[0])
    _, cluster = np.unique(opinion, return_inverse=True)
    by_opinion = np.zeros((int(cluster.max()) + 1, summed.shape[1]))
    np.add.at(by_opinion, cluster, summed)
    size = max(1, min(RESAMPLES, _CHUNK_CELLS // len(by_opinion)))
    drawn = [
        statistic(_times_drawn(len(by_opinion), min(size, RESAMPLES - start), start, seed) @ by_opinion)
        for start in range(0, RESAMPLES, size)
    ]
    values = np.concatenate(drawn)
    values = values[~np.isnan(values)]
    low, high = (
        np.percentile(values, [2.5, 97.5]) if len(values) and np.ptp(values) > _SAME else 2 * (np.nan,)
    )
    return Figure(round(value, 6), round(float(low), 6), round(float(high), 6), len(opinion))


# The same opinions are resampled for every measure at every level.
@lru_cache(maxsize=4)
def _times_drawn(n: int, resamples: int, start: int, seed: int) -> Floats:
    """Return how often each of n opinions was drawn in each resample, (resamples, n)."""
    rng = np.random.default_rng([seed, start])
    drawn = rng.integers(0, n, (resamples, n)) + n * np.arange(resamples)[:, None]
    return np.bincount(drawn.ravel(), minlength=resamples * n).reshape(resamples, n).astype(np.float64)
