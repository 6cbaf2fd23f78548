"""Which cells of cross tables to hide, given all that a reader of the whole report knows of the comments.

That is: the codes of each comment (the report lists every opinion with its codes), how many comments each group
has, and of columns of the survey that go together (districts and regions) which of their groups do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
import scipy.sparse as sp
from numpy.typing import ArrayLike
from scipy.sparse.csgraph import connected_components

from pipeline.arrays import Bools, Ints
from pipeline.disclosure import Secret, hidden_cells

NO_ANSWER = "無回答"
# If groups of one column tell so much of another (lambda of Goodman & Kruskal 1954), one divides the other but
# for some contradictory answers.
_DIVIDES = 0.5
# Of so many numbers one can see in a minute or so whether words tell of them; of more no words are told.
_MOST_UNKNOWN = 30_000

Nodes = Mapping[str, Set[str]]  # code -> comments of the node and all below it, in the order of the plan


@dataclass(frozen=True)
class Grouping:
    """The groups of one cross table.

    counts : rows nodes in the order of the plan, columns groups
    group_of : group of each comment (opinion_id)
    written : the same before small groups were put together
    """

    counts: pd.DataFrame
    group_of: pd.Series[str]
    written: pd.Series[str]


@dataclass(frozen=True)
class Counted:
    """Comments with something in common that anybody can see (a word), which a report counts in one group."""

    group: str
    comments: Set[str]


def hidden_counts(nodes: Nodes, tables: Sequence[Grouping], threshold: int) -> list[pd.DataFrame]:
    """Return for each table which cells to hide: small ones, and what it takes that nobody can work them out."""
    masks: dict[int, pd.DataFrame] = {}
    for own in _together(tables):
        masks |= zip(own, _hidden_together(nodes, [tables[i] for i in own], threshold), strict=True)
    return [masks[i] for i in range(len(tables))]


def telling_counts(
    nodes: Nodes,
    tables: Sequence[Grouping],
    masks: Sequence[pd.DataFrame],
    counted: Sequence[Sequence[Counted]],
    threshold: int,
) -> list[list[bool]]:
    """Return for each table which counts of comments not to tell beside it, as they tell of a hidden cell.

    Of a survey too large to be sure it is all of them.

    Parameters
    ----------
    masks : which cells are hidden
    counted : what is counted in groups of each table, at least `threshold` comments each
    """
    telling: dict[int, list[bool]] = {}
    for own in _together(tables):
        counts = [(table, one) for table, i in enumerate(own) for one in counted[i]]
        if not counts:
            telling |= {i: [] for i in own}
            continue
        unknown = _Unknown(nodes, [tables[i] for i in own], [one.comments for _, one in counts])
        if unknown.numbers.size > _MOST_UNKNOWN and any(masks[i].to_numpy().any() for i in own):
            telling |= {i: [True] * len(counted[i]) for i in own}
            continue
        shown = np.zeros(unknown.caps().shape, dtype=bool)
        printed = ~np.hstack([masks[i].to_numpy() for i in own])
        shown[:, : printed.shape[1]] = printed
        cells, secret = unknown.cells(), np.flatnonzero(~shown.ravel())
        told = [
            sp.kron(unknown.marked[None, :, mark], unknown.printed[table][one.group])
            for mark, (table, one) in enumerate(counts)
        ]
        drop = hidden_cells(
            Secret(
                unknown.numbers.ravel(),
                sp.csr_array(sp.vstack([cells[secret], *told])),
                sp.csr_array(sp.vstack([unknown.known(), cells[np.flatnonzero(shown.ravel())]])),
            ),
            threshold,
            np.concatenate([unknown.caps().ravel()[secret], np.full(len(told), threshold)]),
            np.arange(len(secret) + len(told)) < len(secret),
        )[len(secret) :]
        ends = np.cumsum([len(counted[i]) for i in own])
        telling |= {i: one.tolist() for i, one in zip(own, np.split(drop, ends[:-1]), strict=True)}
    return [telling[i] for i in range(len(tables))]


class _Unknown:
    """What a reader of some tables does not know: how many comments of each kind stand at each place.

    Comments of one kind are coded alike and have the same marks; at one place are those in the same group of
    every table.
    """

    def __init__(self, nodes: Nodes, tables: Sequence[Grouping], marks: Sequence[Set[str]] = ()) -> None:
        comments = tables[0].written.index
        at = np.column_stack([comments.isin(list(ids)) for ids in (*nodes.values(), *marks)])
        kinds, kind = np.unique(at, axis=0, return_inverse=True)
        self._at_node = kinds[:, : len(nodes)].astype(float)
        self.marked = kinds[:, len(nodes) :].astype(float)  # kinds x marks
        # Of groups that were put together, only another table may tell something.
        names = [t.group_of if len(tables) == 1 else t.written.reindex(comments) for t in tables]
        every = pd.MultiIndex.from_arrays(names)
        place, places = every.factorize()[0], every.drop_duplicates()  # both in the order of first places
        self.numbers = np.zeros((len(kinds), len(places)), dtype=np.int64)
        np.add.at(self.numbers, (kind.ravel(), place), 1)
        self.printed, apart = [], []
        for k, table in enumerate(tables):
            written = np.array(places.get_level_values(k), dtype=object)
            put = dict(zip(table.written, table.group_of, strict=True)) if len(tables) > 1 else {}
            group = np.array([put.get(name, name) for name in written], dtype=object)
            self.printed.append({str(g): (group == g).astype(float) for g in table.counts.columns})
            apart += [(written == g).astype(float) for g in dict.fromkeys(written[written != group])]
        shown = [g for own in self.printed for g in own.values()]
        self.groups = np.vstack([*shown, *apart])  # x places; last come those that were put together
        self._shown = len(shown)
        self.totals = np.asarray(self._at_node.T @ self.numbers.sum(axis=1), dtype=np.int64)  # of each node

    def cells(self) -> sp.csr_array:
        """Return which numbers each cell of the tables adds up: nodes x groups."""
        return sp.csr_array(sp.kron(self._at_node.T, self.groups))

    def known(self) -> sp.csr_array:
        """Return which numbers add up to what is no secret: comments of each kind, and of each group shown."""
        kinds, places = self.numbers.shape
        of_kind = sp.kron(sp.diags_array(np.ones(kinds)), np.ones((1, places)))
        return sp.csr_array(sp.vstack([of_kind, sp.kron(np.ones((1, kinds)), self.groups[: self._shown])]))

    def caps(self) -> Ints:
        """Return what each cell cannot exceed."""
        sizes = np.asarray(self.groups @ self.numbers.sum(axis=0), dtype=np.int64)
        return np.asarray(np.minimum.outer(self.totals, sizes))

    def by_table(self, cells: Bools) -> list[Bools]:
        """Return what is said of each cell, table by table."""
        ends = np.cumsum([len(own) for own in self.printed])
        return np.split(cells.reshape(len(self.totals), -1), ends, axis=1)[: len(ends)]


def _hidden_together(nodes: Nodes, tables: Sequence[Grouping], threshold: int) -> list[pd.DataFrame]:
    unknown = _Unknown(nodes, tables)
    # Of an item that few speak of, all cells are hidden: its zeros would point at the group.
    few = (unknown.totals > 0) & (unknown.totals < threshold)
    also = np.broadcast_to(few[:, None], unknown.caps().shape).copy()
    also[:, sum(t.counts.shape[1] for t in tables) :] = True
    secret = Secret(unknown.numbers.ravel(), unknown.cells(), unknown.known())
    hidden = hidden_cells(secret, threshold, unknown.caps().ravel(), also.ravel())
    return [
        pd.DataFrame(mask, index=t.counts.index, columns=t.counts.columns)
        for mask, t in zip(unknown.by_table(hidden), tables, strict=True)
    ]


def _together(tables: Sequence[Grouping]) -> list[list[int]]:
    """Return the tables in sets; those of two sets tell nothing of one another, and fewer counts are lost."""
    pairs = combinations(range(len(tables)), 2)
    linked = [(a, b) for a, b in pairs if _go_together(tables[a], tables[b])]
    count, part = _connected(len(tables), [a for a, _ in linked], [b for _, b in linked])
    return [np.flatnonzero(part == k).tolist() for k in range(count)]


def _go_together(one: Grouping, other: Grouping) -> bool:
    """Tell whether a reader may know which groups of two columns go together, as some divide others."""
    comments = one.written.index
    left, right = one.written, other.written.reindex(comments)
    for rows in ((left != NO_ANSWER) & (right != NO_ANSWER), left.notna()):
        if not rows.any():
            continue
        a, ours = pd.factorize(left[rows])
        b, theirs = pd.factorize(right[rows])
        parts, _ = _connected(len(ours) + len(theirs), a, b + len(ours))
        both = pd.crosstab(
            one.group_of[rows].to_numpy(), other.group_of.reindex(comments)[rows].to_numpy()
        ).to_numpy()
        if parts > 1 or max(_told(both), _told(both.T)) >= _DIVIDES:
            return True
    return False


def _told(both: ArrayLike) -> float:
    """Return by what share fewer guesses of the column are wrong for who knows the row (lambda)."""
    counts = np.asarray(both)
    missed = int(counts.sum() - counts.sum(axis=0).max())
    return 1 - int(counts.sum() - counts.max(axis=1).sum()) / missed if missed else 0.0


def _connected(n: int, left: ArrayLike, right: ArrayLike) -> tuple[int, np.ndarray]:
    """Return how many parts links from left to right make of n things, and the part of each."""
    ends = (np.asarray(left, dtype=int), np.asarray(right, dtype=int))
    graph = sp.coo_array((np.ones(len(ends[0])), ends), shape=(n, n))
    count, part = connected_components(graph, directed=False)
    return int(count), np.asarray(part)
