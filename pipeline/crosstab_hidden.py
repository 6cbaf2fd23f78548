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

from pipeline.disclosure import Secret, hidden_cells

NO_ANSWER = "無回答"
# If groups of one column tell so much of another (lambda of Goodman & Kruskal 1954), one divides the other but
# for some contradictory answers.
_DIVIDES = 0.8

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


def hidden_counts(nodes: Nodes, tables: Sequence[Grouping], threshold: int) -> list[pd.DataFrame]:
    """Return for each table which cells to hide: small ones, and what it takes that nobody can work them out."""
    pairs = combinations(range(len(tables)), 2)
    linked = [(a, b) for a, b in pairs if _go_together(tables[a].written, tables[b].written)]
    # Tables that tell nothing of one another are looked at apart: fewer counts are lost.
    count, part = _connected(len(tables), [a for a, _ in linked], [b for _, b in linked])
    masks: dict[int, pd.DataFrame] = {}
    for k in range(count):
        own = np.flatnonzero(part == k).tolist()
        masks |= zip(own, _hidden_together(nodes, [tables[i] for i in own], threshold), strict=True)
    return [masks[i] for i in range(len(tables))]


def _hidden_together(nodes: Nodes, tables: Sequence[Grouping], threshold: int) -> list[pd.DataFrame]:
    """Return which cells of some tables to hide, of which a reader adds up all with all.

    Unknown to the reader is how many comments at exactly the same nodes stand in the same group of every table.
    """
    comments = tables[0].written.index
    at = np.column_stack([comments.isin(list(ids)) for ids in nodes.values()])
    at_node, kind = np.unique(at, axis=0, return_inverse=True)
    # Of groups that were put together, only another table may tell something.
    names = [t.group_of if len(tables) == 1 else t.written.reindex(comments) for t in tables]
    every = pd.MultiIndex.from_arrays(names)
    place, places = every.factorize()[0], every.drop_duplicates()  # both in the order of first places
    unknown = np.zeros((len(at_node), len(places)), dtype=np.int64)
    np.add.at(unknown, (kind.ravel(), place), 1)

    totals = unknown.sum(axis=1) @ at_node
    # Of an item that few speak of, all cells are hidden: its zeros would point at the group.
    few = (totals > 0) & (totals < threshold)
    printed, apart = [], []
    for k, table in enumerate(tables):
        written = np.array(places.get_level_values(k), dtype=object)
        put = dict(zip(table.written, table.group_of, strict=True)) if len(tables) > 1 else {}
        group = np.array([put.get(name, name) for name in written], dtype=object)
        printed.append(np.array([group == g for g in table.counts.columns]))
        apart += [written == g for g in dict.fromkeys(written[written != group])]
    groups = np.vstack([*printed, *apart])  # x places
    sizes = groups @ unknown.sum(axis=0)
    n = sum(len(own) for own in printed)
    also = np.broadcast_to(few[:, None], (len(few), len(groups))).copy()
    also[:, n:] = True
    known = [
        sp.kron(sp.diags_array(np.ones(len(unknown))), np.ones((1, len(places)))),
        sp.kron(np.ones((1, len(unknown))), groups[:n].astype(float)),
    ]
    secret = Secret(
        unknown.ravel(),
        sp.csr_array(sp.kron(at_node.T.astype(float), groups.astype(float))),
        sp.csr_array(sp.vstack(known)),
    )
    hidden = hidden_cells(secret, threshold, np.minimum.outer(totals, sizes).ravel(), also.ravel())
    ends = np.cumsum([len(own) for own in printed])
    masks = np.split(hidden.reshape(also.shape), ends, axis=1)[: len(tables)]
    return [
        pd.DataFrame(mask, index=t.counts.index, columns=t.counts.columns)
        for mask, t in zip(masks, tables, strict=True)
    ]


def _go_together(one: pd.Series[str], other: pd.Series[str]) -> bool:
    """Tell whether a reader may know which groups of two columns go together, as some divide others."""
    other = other.reindex(one.index)
    answered = (one != NO_ANSWER) & (other != NO_ANSWER)
    for rows in (answered, answered | True):
        both = pd.crosstab(one[rows].to_numpy(), other[rows].to_numpy()).to_numpy()
        if not both.size:
            continue
        left, right = np.nonzero(both)
        parts, _ = _connected(sum(both.shape), left, right + len(both))
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
