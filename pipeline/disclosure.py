"""Hide small counts of a table, and as many others as it takes that no hidden one can be worked out.

A reader knows every number shown and how they add up (totals of rows, policies that sum up their items). What
that says of a hidden cell is found by linear programming: its least and greatest possible value. See Willenborg
& de Waal, Elements of Statistical Disclosure Control (2001), ch. 4.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import linprog

THRESHOLD = 5
HIDDEN = "x"  # what stands in a cell that is hidden
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
_TINY = 1e-6


@dataclass(frozen=True)
class Relation:
    """What a reader knows of some cells: Σ sign · cell = total, or ≤ total if not `equal`."""

    cells: tuple[int, ...]
    signs: tuple[int, ...]
    total: int
    equal: bool = True


def hidden_cells(
    values: Ints,
    relations: Sequence[Relation],
    threshold: int = THRESHOLD,
    cap: Ints | None = None,
    also: Bools | None = None,
    unprinted: Bools | None = None,
) -> Bools:
    """Return which cells to hide.

    Hidden are all cells of 1 to `threshold` - 1, and others until the numbers shown tell of none of these more
    than that: it may be 1 or less, and `threshold` - 1 or more.

    Parameters
    ----------
    values : (n,) counts
    cap : (n,) what each cell cannot exceed anyway, which is no secret; unlimited if None
    also : (n,) cells to hide whatever they hold
    unprinted : (n,) counts that are in no table, but link those that are: unknown to the reader, and no secret

    >>> rows = [Relation((0, 1, 2), (1, 1, 1), 31), Relation((3, 4, 5), (1, 1, 1), 27)]
    >>> columns = [Relation((i, i + 3), (1, 1), t) for i, t in enumerate((12, 20, 26))]
    >>> hidden_cells(np.array([2, 10, 19, 10, 10, 7]), [*rows, *columns]).tolist()
    [True, True, False, True, True, False]
    """
    small = (values > 0) & (values < threshold)
    if unprinted is not None:
        small = small & ~unprinted
    hidden = small.copy()
    for more in (also, unprinted):
        if more is not None:
            hidden |= more
    wanted = np.full(len(values), threshold - 1) if cap is None else np.minimum(threshold - 1, cap)
    of_cell: list[list[int]] = [[] for _ in values]
    for r, relation in enumerate(relations):
        for c in relation.cells:
            of_cell[c].append(r)
    taken = [sum(hidden[c] for c in relation.cells) for relation in relations]
    # What is possible once stays possible when more is hidden.
    bounds = (values.astype(float), values.astype(float))
    while True:
        touched: set[int] = set()
        for cell in _exposed(values, hidden, small, relations, wanted, bounds):
            # What was just hidden for another cell may protect this one too.
            if touched.intersection(of_cell[cell]):
                continue
            companion = _companion(cell, hidden, values, relations, of_cell, taken, int(wanted[cell]))
            if companion is not None:
                hidden[companion] = True
                touched.update(of_cell[companion])
                for r in of_cell[companion]:
                    taken[r] += 1
        if not touched:
            return hidden


def shown_shares(values: Ints, hidden: Bools, sizes: ArrayLike | None = None) -> NDArray[np.float64]:
    """Return shares of columns, from which no hidden count can be worked out; 0 where hidden.

    Parameters
    ----------
    values, hidden : (rows, columns)
    sizes : (columns,) what the shares are of, if a reader may know it; else what is shown of a column

    >>> shown_shares(np.array([[13], [4]]), np.array([[False], [True]])).tolist()
    [[1.0], [0.0]]
    """
    shown = np.where(hidden, 0, values)
    whole = shown.sum(axis=0) if sizes is None else np.asarray(sizes)
    return np.asarray(shown / np.maximum(whole, 1))


def _hidden_sum(relation: Relation, hidden: Bools, values: Ints, cell: int) -> int:
    """Return what the hidden cells on the side of `cell` add up to; 0 if it is the only hidden one."""
    sign = dict(zip(relation.cells, relation.signs, strict=True))[cell]
    side = [c for c, s in zip(relation.cells, relation.signs, strict=True) if s == sign and hidden[c]]
    opposite = any(s != sign and hidden[c] for c, s in zip(relation.cells, relation.signs, strict=True))
    if opposite:  # a hidden sum may be as great as one likes
        return int(values.max()) + 1
    return int(values[side].sum()) if len(side) > 1 else 0


def _companion(
    cell: int,
    hidden: Bools,
    values: Ints,
    relations: Sequence[Relation],
    of_cell: list[list[int]],
    taken: list[int],
    wanted: int,
) -> int | None:
    """Return the cell to hide along with an exposed one, None if all it is related to are hidden.

    In its tightest relation; where all are wide enough, beside a hidden neighbour that stands alone elsewhere.

    taken : hidden cells of each relation
    """
    for r in of_cell[cell]:
        beside = _hidden_sum(relations[r], hidden, values, cell)
        if beside < wanted and taken[r] < len(relations[r].cells):
            missing = max(wanted - beside, wanted - int(values[cell]), 1)
            return _cheapest(r, missing, hidden, values, relations, of_cell, taken)
    near = {c for r in of_cell[cell] for c in relations[r].cells if hidden[c]}
    for neighbour in [*sorted(near - {cell}), *np.flatnonzero(hidden).tolist()]:
        for r in of_cell[neighbour]:
            if relations[r].equal and taken[r] == 1 < len(relations[r].cells):
                return _cheapest(r, wanted, hidden, values, relations, of_cell, taken)
    # What bounds it may stand further away: hidden cells pass on what is known of one another.
    ahead, met = [cell], {cell}
    for one in ahead:
        for r in of_cell[one]:
            if taken[r] < len(relations[r].cells):
                return _cheapest(r, wanted, hidden, values, relations, of_cell, taken)
            found = [c for c in relations[r].cells if c not in met]
            met.update(found)
            ahead += found
    return None


def _cheapest(
    relation: int,
    missing: int,
    hidden: Bools,
    values: Ints,
    relations: Sequence[Relation],
    of_cell: list[list[int]],
    taken: list[int],
) -> int | None:
    """Return the shown cell of a relation that is great enough, fits what is hidden, and loses least."""
    shown = [c for c in relations[relation].cells if not hidden[c]]

    def cost(c: int) -> tuple[bool, int, int, int]:
        lonely = sum(relations[r].equal and not taken[r] for r in of_cell[c])
        enough = values[c] >= missing
        return (not enough, lonely, int(values[c]) if enough else -int(values[c]), c)

    return min(shown, key=cost) if shown else None


def _exposed(
    values: Ints,
    hidden: Bools,
    small: Bools,
    relations: Sequence[Relation],
    wanted: Ints,
    bounds: tuple[NDArray[np.float64], NDArray[np.float64]],
) -> list[int]:
    """Return the small cells of which the shown numbers tell too much, the smallest first.

    `bounds`, the least and greatest values found possible so far, are widened in place.
    """
    columns = np.flatnonzero(hidden)
    if not len(columns):
        return []
    program = _Program(values, hidden, columns, relations)
    low, high = bounds
    exposed: set[int] = set()
    for sign in (-1.0, 1.0):
        together = True
        while True:
            tight = small & ((high + _TINY < wanted) if sign < 0 else (low - _TINY > 1))
            rest = [c for c in np.flatnonzero(tight).tolist() if c not in exposed]
            if not rest:
                break
            # One solution bears witness for many cells: all at once, and once that tells of none, one by one.
            part = rest if together else rest[:1]
            solution = program.extreme(np.searchsorted(columns, part), sign, wanted[part])
            low[columns] = np.minimum(low[columns], solution)
            high[columns] = np.maximum(high[columns], solution)
            told = high[part] + _TINY >= wanted[part] if sign < 0 else low[part] - _TINY <= 1
            if len(part) == 1 and not told.any():
                exposed.add(part[0])
            together = together and bool(told.any())
    return sorted(exposed, key=lambda c: (values[c], c))


class _Program:
    """The linear programme of a reader: hidden cells as unknowns of 0 or more, relations as constraints."""

    def __init__(self, values: Ints, hidden: Bools, columns: Ints, relations: Sequence[Relation]) -> None:
        place = {int(c): i for i, c in enumerate(columns)}
        sides: dict[bool, tuple[list[tuple[int, int, int]], list[int]]] = {True: ([], []), False: ([], [])}
        for relation in relations:
            unknown = [
                (place[c], s) for c, s in zip(relation.cells, relation.signs, strict=True) if hidden[c]
            ]
            if not unknown:
                continue
            entries, totals = sides[relation.equal]
            entries += [(len(totals), i, s) for i, s in unknown]
            known = sum(
                int(values[c]) * s
                for c, s in zip(relation.cells, relation.signs, strict=True)
                if not hidden[c]
            )
            totals.append(relation.total - known)
        self._n = len(columns)
        self._equal = self._matrix(*sides[True])
        self._most = self._matrix(*sides[False])
        self._limit = float(values.sum()) + 1

    def _matrix(
        self, entries: list[tuple[int, int, int]], totals: list[int]
    ) -> tuple[sp.csr_matrix | None, list[int] | None]:
        if not totals:
            return None, None
        rows, columns, signs = zip(*entries, strict=True)
        return sp.csr_matrix((signs, (rows, columns)), shape=(len(totals), self._n)), totals

    def extreme(self, cells: Ints, sign: float, wanted: Ints) -> NDArray[np.float64]:
        """Return a solution with the greatest (sign -1) or least (+1) sum of `cells`, none beyond what is asked.

        That is: none above its `wanted`, or below 1. Else a few would take all, and tell of no other. The true
        values are within, so that of one cell alone the solution tells all there is to know.
        """
        objective = np.zeros(self._n)
        objective[cells] = sign
        bounds = np.tile([0.0, self._limit], (self._n, 1))
        bounds[cells] = np.column_stack([np.zeros(len(cells)), wanted]) if sign < 0 else [1.0, self._limit]
        found = linprog(
            objective,
            A_ub=self._most[0],
            b_ub=self._most[1],
            A_eq=self._equal[0],
            b_eq=self._equal[1],
            bounds=bounds,
            method="highs",
        )
        if found.x is None:  # the true values solve it
            raise RuntimeError(f"relations contradict the counts: {found.message}")
        return np.asarray(found.x)
