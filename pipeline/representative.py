"""Which opinions stand for many: central, unlike one another, near-duplicates folded into one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from pipeline.arrays import Ints
from pipeline.copies import near_duplicate_groups
from pipeline.duplicates import GroupFinder
from pipeline.lexical import LexicalEncoder

# How much being central counts against being unlike those already chosen (λ of Carbonell & Goldstein 1998).
_CENTRAL = 0.5
# Up to here every pair is compared; beyond, candidates come from hashes (see `duplicates`).
_EXACT = 3000


@dataclass(frozen=True)
class Chosen:
    """Indices of the chosen texts, of each how many say nearly the same (itself included), and the rest."""

    indices: tuple[int, ...]
    copies: tuple[int, ...]
    rest: int


def folded(texts: Sequence[str]) -> Ints:
    """Return for each text the index of the first text that says nearly the same, itself if none does."""
    if len(texts) <= _EXACT:
        return near_duplicate_groups(texts)
    with GroupFinder() as finder:
        finder.add(list(texts))
        return finder.groups().leader.astype(np.int64)


class Representatives:
    """Chooses representative texts of many groups by the words and characters of all texts together.

    Parameters
    ----------
    texts
        All texts of the report: how rare a word is counts over all of them.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = list(texts)
        self._vectors = LexicalEncoder().fit(self._texts).transform(self._texts) if self._texts else None

    def choose(self, members: Sequence[int], n: int | None) -> Chosen:
        """Return up to `n` of the texts with these indices; None: all of them, none folded, in their order.

        Maximal marginal relevance (Carbonell & Goldstein 1998) over folded texts: each time the one that is
        most like the whole group and least like those already chosen. Of equal ones the earlier. If all fit
        they keep their order.

        >>> texts = ["バスが少ない", "バスが少ない。", "バスの便が少ない", "坂がつらい"]
        >>> Representatives(texts).choose([0, 1, 2, 3], 2)
        Chosen(indices=(0, 3), copies=(2, 1), rest=1)
        """
        if n is None:
            return Chosen(tuple(members), (1,) * len(members), 0)
        if not members or self._vectors is None:
            return Chosen((), (), 0)
        leader = folded([self._texts[i] for i in members])
        own, copies = np.unique(leader, return_counts=True)
        rows = np.asarray(members)[own]
        if len(own) <= n:
            return Chosen(tuple(rows.tolist()), tuple(copies.tolist()), 0)
        picked = _marginal_relevance(self._vectors[rows], copies, n)
        chosen = tuple(rows[picked].tolist())
        counted = tuple(copies[picked].tolist())
        return Chosen(chosen, counted, len(members) - sum(counted))


def _marginal_relevance(vectors: sp.csr_matrix, copies: Ints, n: int) -> list[int]:
    """Return the rows of `vectors` (m, terms; unit length) in the order in which they are chosen."""
    centre = np.asarray(vectors.T @ copies) / copies.sum()
    # Rounded, so that the last bits of sums, which differ between machines, decide nothing.
    relevance = np.round(np.asarray(vectors @ centre), 9)
    relevance = relevance / max(float(relevance.max()), 1e-12)
    nearest = np.zeros(vectors.shape[0])
    picked: list[int] = []
    for _ in range(n):
        score = _CENTRAL * relevance - (1 - _CENTRAL) * nearest
        score[picked] = -np.inf
        best = int(np.argmax(np.round(score, 9)))
        picked.append(best)
        nearest = np.maximum(nearest, (vectors @ vectors[best].T).toarray().ravel())
    return picked
