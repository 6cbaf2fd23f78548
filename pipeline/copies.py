"""Find texts that are the same or nearly so: campaign answers, repeated rows, copies with a word changed.

Same: equal `comparison_key`. Nearly: the sets of the keys' three-character pieces share at least 0.8 of
all their pieces (Jaccard), and the keys have the same words of negation and of opposites: who is for a thing
and who is against it say it in nearly the same words, and neither may speak for the other.

Here some thousand texts are compared with one another, exactly; millions of rows are for `duplicates.GroupFinder`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from pipeline.arrays import Bools, Ints
from pipeline.normalise import comparison_key
from pipeline.polarity import polarity

THRESHOLD = 0.8
_OTHERS = 500  # so many texts at a time are set against all others


def near_duplicate_groups(texts: Sequence[str]) -> Ints:
    """Return for each of some thousand texts the index of the first text of its group, exactly.

    Linked are texts of the same key, or of a Jaccard similarity of at least 0.8 (short ones too) and the
    same `polarity`, and groups are all that is linked, by whatever chain: for leaving copies out together.
    Blank texts are alone.

    >>> near_duplicate_groups(["仲間を増やしたい", "坂が多い", "仲間を増やしたいね", "坂が多い。"]).tolist()
    [0, 1, 0, 1]
    """
    pieces = _Pieces.of(texts)
    if not pieces.table.nnz:
        return np.arange(len(texts))
    found = []
    for start in range(0, len(texts), _OTHERS):
        # Against itself and what comes after it: a pair needs to be seen once.
        row, column = pieces.part(slice(start, start + _OTHERS)).linked(pieces.part(slice(start, None)))
        found.append(start + np.stack([row, column]))
    row, column = np.concatenate(found, axis=1)
    graph = sparse.coo_array((np.ones(len(row), bool), (row, column)), shape=(len(texts), len(texts)))
    _, component = connected_components(graph, directed=False)
    _, first = np.unique(component, return_index=True)
    leader: Ints = first[component]
    return leader


def near_copies(texts: Sequence[str], others: Sequence[str]) -> Bools:
    """Tell of each text (n,) whether one of `others` is linked to it, as `near_duplicate_groups` links.

    >>> near_copies(["仲間を増やしたいね", "バスが少ない"], ["仲間を増やしたい", "坂が多い"]).tolist()
    [True, False]
    """
    pieces = _Pieces.of([*texts, *others])
    n = len(texts)
    own, found = pieces.part(slice(n)), np.zeros(n, bool)
    for start in range(n, len(pieces.sizes), _OTHERS):
        found[own.linked(pieces.part(slice(start, start + _OTHERS)))[0]] = True
    return found


def pieces_of(key: str) -> frozenset[str]:
    """Return the three-character pieces of a key; the key itself if it is shorter."""
    if len(key) < 3:
        return frozenset([key] if key else [])
    return frozenset([key[i : i + 3] for i in range(len(key) - 2)])


class _Pieces(NamedTuple):
    """The pieces of n texts: which (n, pieces), how many, and a number for the polarity of each text."""

    table: sparse.csr_array
    sizes: Ints
    sides: Ints

    @classmethod
    def of(cls, texts: Sequence[str]) -> _Pieces:
        keys = [comparison_key(t) for t in texts]
        sets = [pieces_of(k) for k in keys]
        numbers: dict[str, int] = {}
        columns = [numbers.setdefault(p, len(numbers)) for pieces in sets for p in sorted(pieces)]
        sizes = np.array([len(s) for s in sets], np.int64)
        starts = np.concatenate([[0], np.cumsum(sizes)])
        shape = (len(sets), len(numbers))
        table = sparse.csr_array((np.ones(len(columns), np.int32), columns, starts), shape=shape)
        _, sides = np.unique([polarity(k).hex() for k in keys], return_inverse=True)
        return cls(table, sizes, sides)

    def part(self, rows: slice) -> _Pieces:
        return _Pieces(self.table[rows], self.sizes[rows], self.sides[rows])

    def linked(self, other: _Pieces) -> tuple[Ints, Ints]:
        """Return the rows of this and of the other that are of one polarity and have a Jaccard similarity of `THRESHOLD`."""
        shared = (self.table @ other.table.T).tocoo()
        row, column = shared.coords
        linked = shared.data >= THRESHOLD * (self.sizes[row] + other.sizes[column] - shared.data)
        linked &= self.sides[row] == other.sides[column]
        return row[linked], column[linked]
