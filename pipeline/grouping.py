"""Groups of texts that belong together, how stable they are, and whether there are several at all.

All of it sees only the similarities of n texts, an (n, n) matrix of inner products of unit vectors.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.cluster import AgglomerativeClustering
from sklearn.metrics import silhouette_score

from pipeline.arrays import Bools, Floats, Ints

RESAMPLES = 100


def group(similarity: Floats, least: float) -> Ints:
    """Return the group (n,) of each text: average linkage, joined while the mean similarity is `least` or more.

    Groups are numbered by size, the largest 0; of equal ones that of the earlier text comes first.
    """
    n = len(similarity)
    if n < 2:
        return np.zeros(n, dtype=np.int64)
    clustering = AgglomerativeClustering(
        None, metric="precomputed", linkage="average", distance_threshold=1 - least
    )
    return _by_size(clustering.fit_predict(_distance(similarity)))


def _distance(similarity: Floats) -> Floats:
    # Rounded: sums of another order on another processor must not change which pair is joined first.
    distance = np.maximum(1 - similarity.round(9), 0.0)
    np.fill_diagonal(distance, 0.0)
    return np.asarray(distance)


def _by_size(labels: Ints) -> Ints:
    found, first, counts = np.unique(labels, return_index=True, return_counts=True)
    order = np.lexsort((first, -counts))
    rank = np.empty(len(found), dtype=np.int64)
    rank[order] = np.arange(len(found))
    return rank[np.searchsorted(found, labels)]


def stability(
    similarity: Floats, labels: Ints, least: float, *, resamples: int = RESAMPLES, seed: int = 0
) -> Floats:
    """Return for each group how well it is found again in bootstrap samples: the mean Jaccard of Hennig (2007).

    Above 0.75 a group is stable, from 0.6 it shows a pattern but not who belongs to it, below that it may be
    chance. Texts drawn twice count once.

    Parameters
    ----------
    similarity : (n, n)
    labels : (n,) groups from `group` with the same `least`
    """
    rng = np.random.default_rng(seed)
    n, k = len(labels), int(labels.max(initial=-1)) + 1
    found, drawn = np.zeros(k), np.zeros(k)
    for _ in range(resamples):
        sample = np.unique(rng.integers(0, n, n))
        again = group(similarity[np.ix_(sample, sample)], least)
        common = np.zeros((k, int(again.max()) + 1))
        np.add.at(common, (labels[sample], again), 1)
        own, other = common.sum(axis=1), common.sum(axis=0)
        jaccard = (common / (own[:, None] + other[None, :] - common)).max(axis=1)
        found[own > 0] += jaccard[own > 0]
        drawn[own > 0] += 1
    return found / np.maximum(drawn, 1)


def cosines(products: Floats) -> Floats:
    """Scale inner products (n, n) to cosines; a vector of zero has none with any."""
    length = np.sqrt(np.maximum(np.diag(products), 0.0))
    length = np.where(length > 1e-9, length, 1.0)
    return np.asarray(products / length[:, None] / length[None, :])


def representative(similarity: Floats, k: int, *, alike: float = 0.7) -> Ints:
    """Return up to `k` rows that stand for all: the most central first, none that says nearly what another does."""
    order = np.argsort(-similarity.mean(axis=1).round(9), kind="stable")
    chosen: list[int] = []
    for i in order.tolist():
        if len(chosen) < k and all(similarity[i, j] < alike for j in chosen):
            chosen.append(i)
    return np.array(chosen, dtype=np.int64)


@dataclass(frozen=True)
class Division:
    """Texts divided in two: who is in which (n,), and how clearly.

    apart : mean similarity between the groups over that within them; 0 when they have nothing in common, 1 when
        they are one
    stability : mean Jaccard of the worse found group in bootstrap samples
    """

    labels: Ints
    apart: float
    stability: float


def divide(similarity: Floats, least_size: int, *, resamples: int = 50, seed: int = 0) -> Division | None:
    """Return the clearest division into two groups of at least `least_size` texts, or None if there is none."""
    labels = _two_groups(similarity, least_size)
    if labels is None:
        return None
    one = labels == 0
    within = float(np.mean([_mean_of_pairs(similarity[np.ix_(g, g)]) for g in (one, ~one)]))
    between = float(similarity[np.ix_(one, ~one)].mean())
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(resamples):
        sample = np.unique(rng.integers(0, len(one), len(one)))
        again = _two_groups(similarity[np.ix_(sample, sample)], least_size - 1)
        found.append(0.0 if again is None else _same_division(one[sample], again == 0))
    return Division(labels, between / max(within, 1e-9), float(np.mean(found)))


def _two_groups(similarity: Floats, least_size: int) -> Ints | None:
    """Divide by average linkage into 2 … 6 parts, the smaller of which go to one of the two largest.

    Of the possible divisions the one with the greatest silhouette is taken.
    """
    n = len(similarity)
    if n < max(2 * least_size, 3):
        return None
    # What all have in common would hide what tells them apart.
    own = _without_common(similarity)
    distance = _distance(own)
    best, score = None, -1.0
    for k in range(2, min(6, n - 1) + 1):
        labels = _by_size(
            AgglomerativeClustering(k, metric="precomputed", linkage="average").fit_predict(distance)
        )
        if np.bincount(labels)[1] < least_size:
            continue
        means = np.column_stack([own[:, labels == g].mean(axis=1) for g in (0, 1)])
        labels = np.where(labels < 2, labels, means.argmax(axis=1))
        silhouette = float(silhouette_score(distance, labels, metric="precomputed"))
        if silhouette > score + 1e-9:
            best, score = labels, silhouette
    return best


def _without_common(similarity: Floats) -> Floats:
    mean = similarity.mean(axis=0)
    return cosines(similarity - mean[:, None] - mean[None, :] + similarity.mean())


def _mean_of_pairs(similarity: Floats) -> float:
    n = len(similarity)
    return float((similarity.sum() - np.trace(similarity)) / max(n * (n - 1), 1))


def _same_division(a: Bools, b: Bools) -> float:
    def jaccard(x: Bools, y: Bools) -> float:
        return float((x & y).sum() / max((x | y).sum(), 1))

    return max(min(jaccard(a, b), jaccard(~a, ~b)), min(jaccard(a, ~b), jaccard(~a, b)))
