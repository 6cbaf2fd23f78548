"""Which cells of cross tables to hide, given all that a reader of the whole report knows of how they add up.

That is: the plan's tree, how many comments stand at several places of it (the report lists every opinion with
its codes), and columns of the survey of which one divides the other (districts and regions).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from pipeline.codebook import Codebook
from pipeline.disclosure import Relation, hidden_cells

# So many counts of comments by all their codes are followed; more would take minutes.
_MOST_KINDS = 2000

Ints = NDArray[np.int64]
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


def hidden_counts(
    nodes: Nodes, codebook: Codebook, tables: Sequence[Grouping], threshold: int
) -> list[pd.DataFrame]:
    """Return for each table which cells to hide: small ones, and what it takes that nobody can work them out."""
    divisions = [(a, b, _division(tables[a], tables[b])) for a, b in combinations(range(len(tables)), 2)]
    # Tables that tell nothing of one another are looked at apart: that takes a fraction of the time.
    linked = [(a, b) for a, b, division in divisions if len(division) > 1]
    count, part = _connected(len(tables), [a for a, _ in linked], [b for _, b in linked])
    if count > 1:
        masks: dict[int, pd.DataFrame] = {}
        for k in range(count):
            own = np.flatnonzero(part == k).tolist()
            masks |= zip(
                own, hidden_counts(nodes, codebook, [tables[i] for i in own], threshold), strict=True
            )
        return [masks[i] for i in range(len(tables))]
    cells = _Cells()
    places = [_add_table(cells, nodes, codebook, table, threshold) for table in tables]
    written = [_add_written(cells, nodes, t, p) for t, p in zip(tables, places, strict=True) if divisions]
    for a, b, division in divisions:
        for ours, theirs in division:
            for row in range(len(nodes)):
                cells.add_up([written[a][g][row] for g in ours], [written[b][g][row] for g in theirs])
    hidden = cells.hidden(threshold)
    return [
        pd.DataFrame(hidden[p], index=t.counts.index, columns=t.counts.columns)
        for t, p in zip(tables, places, strict=True)
    ]


class _Cells:
    """Counts, and what is known of them."""

    def __init__(self) -> None:
        self.relations: list[Relation] = []
        self._values: list[Ints] = []
        self._caps: list[Ints] = []
        self._also: list[NDArray[np.bool_]] = []
        self._unprinted: list[NDArray[np.bool_]] = []
        self._size = 0

    def add(
        self, values: Ints, caps: Ints, also: NDArray[np.bool_] | bool = False, unprinted: bool = False
    ) -> Ints:
        """Add counts, as `hidden_cells` takes them, and return their places."""
        places = np.arange(self._size, self._size + values.size).reshape(values.shape)
        self._size += values.size
        self._values.append(values.ravel())
        self._caps.append(caps.ravel())
        self._also.append(np.broadcast_to(also, values.shape).ravel())
        self._unprinted.append(np.full(values.size, unprinted))
        return places

    def link(self, values: Ints) -> Ints:
        """Add a count of each group that no table shows, and of which a reader knows the total."""
        places = self.add(values, values, unprinted=True)
        self.add_up(places, total=int(values.sum()))
        return places

    def add_up(
        self,
        plus: Sequence[int] | Ints,
        minus: Sequence[int] | Ints = (),
        total: int = 0,
        *,
        equal: bool = True,
    ) -> None:
        """Say that Σ plus - Σ minus = total, or at most that."""
        signs = (*(1,) * len(plus), *(-1,) * len(minus))
        self.relations.append(Relation((*map(int, plus), *map(int, minus)), signs, total, equal))

    def hidden(self, threshold: int) -> NDArray[np.bool_]:
        return hidden_cells(
            np.concatenate(self._values),
            self.relations,
            threshold,
            np.concatenate(self._caps),
            np.concatenate(self._also),
            np.concatenate(self._unprinted),
        )


def _add_table(cells: _Cells, nodes: Nodes, codebook: Codebook, table: Grouping, threshold: int) -> Ints:
    """Add the cells of a table and how they add up; return the place of each."""
    counts = table.counts.to_numpy(dtype=np.int64)
    groups = table.counts.columns
    sizes = table.group_of.value_counts().reindex(groups).to_numpy(dtype=np.int64)
    totals = counts.sum(axis=1)
    # Of an item that few speak of, all cells are hidden: its zeros would point at the group.
    few = (totals > 0) & (totals < threshold)
    places = cells.add(counts, np.minimum.outer(totals, sizes), few[:, None])
    row = {code: i for i, code in enumerate(nodes)}
    for i, total in enumerate(totals):
        cells.add_up(places[i], total=int(total))
    several = False
    for parent in ("", *nodes):
        below = [row[n.code] for n in codebook.children(parent)]
        if not below:
            continue
        everybody = sorted(set().union(*(nodes[n.code] for n in codebook.children(parent))))
        here = table.group_of.reindex(everybody).value_counts().reindex(groups, fill_value=0).to_numpy()
        over = counts[below].sum(axis=0) - here
        more = (counts[row[parent]] if parent else sizes) - here
        # Without comments in two places the numbers below add up to that of the parent, or to less if some
        # stand at the parent alone. Else they exceed it by as many as stand in two places.
        links = (cells.link(more), cells.link(over)) if over.any() else None
        several |= links is not None
        for g, size in enumerate(sizes.tolist()):
            own, total = ([places[row[parent], g]], 0) if parent else ([], size)
            if links is None:
                cells.add_up(places[below, g], own, total, equal=not more.any())
                continue
            cells.add_up([*places[below, g], links[0][g]], [*own, links[1][g]], total)
            for place in places[below, g]:
                cells.add_up([place], own, total, equal=False)
    if several:
        _add_kinds(cells, nodes, table, places)
    return places


def _add_kinds(cells: _Cells, nodes: Nodes, table: Grouping, places: Ints) -> None:
    """Add how many comments of each group stand at exactly which nodes, if that is not too much to follow."""
    stands: dict[str, list[int]] = {str(i): [] for i in table.group_of.index}
    for i, ids in enumerate(nodes.values()):
        for opinion in ids:
            stands[opinion].append(i)
    column = {group: j for j, group in enumerate(table.counts.columns)}
    kinds: dict[tuple[int, ...], Ints] = {}
    for one, group in table.group_of.items():
        count = kinds.setdefault(tuple(stands[str(one)]), np.zeros(len(column), dtype=np.int64))
        count[column[group]] += 1
    if len(kinds) * len(column) > _MOST_KINDS:
        return
    of_kind = np.stack([cells.link(count) for count in kinds.values()])
    for g, size in enumerate(np.sum([*kinds.values()], axis=0).tolist()):
        cells.add_up(of_kind[:, g], total=size)
        for i in range(len(places)):
            cells.add_up(of_kind[[i in rows for rows in kinds], g], [places[i, g]])


def _add_written(cells: _Cells, nodes: Nodes, table: Grouping, places: Ints) -> dict[str, Ints]:
    """Add the counts of the groups that were put together; return the places of each group as it is written."""
    at: dict[str, Ints] = {}
    for j, group in enumerate(table.counts.columns):
        written = sorted(set(table.written[table.group_of == group]))
        if len(written) == 1:
            at[written[0]] = places[:, j]
            continue
        for one in written:
            ids = set(table.written.index[table.written == one])
            own = np.array([len(ids & of) for of in nodes.values()], dtype=np.int64)
            at[one] = cells.add(own, np.minimum(table.counts.sum(axis=1).to_numpy(), len(ids)), also=True)
        for i, place in enumerate(places[:, j]):
            cells.add_up([at[one][i] for one in written], [place])
    return at


def _division(one: Grouping, other: Grouping) -> list[tuple[list[str], list[str]]]:
    """Return the finest division of the comments that groups of either table make up, as groups of both."""
    left, ours = pd.factorize(one.written)
    right, theirs = pd.factorize(other.written.reindex(one.written.index))
    count, part = _connected(len(ours) + len(theirs), left, right + len(ours))
    return [
        (
            [str(g) for g, p in zip(ours, part, strict=False) if p == k],
            [str(g) for g, p in zip(theirs, part[len(ours) :], strict=True) if p == k],
        )
        for k in range(count)
    ]


def _connected(n: int, left: Sequence[int] | Ints, right: Sequence[int] | Ints) -> tuple[int, Ints]:
    """Return how many parts links from left to right make of n things, and the part of each."""
    graph = coo_matrix((np.ones(len(left)), (np.asarray(left, int), np.asarray(right, int))), shape=(n, n))
    count, part = connected_components(graph, directed=False)
    return int(count), np.asarray(part)
