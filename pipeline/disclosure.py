"""Hide small counts of tables, and as many others as it takes that no hidden one can be worked out.

What a reader does not know is how many comments of each kind (of exactly these codes) are of each group. Every
count of a table is a sum of such unknowns, and so are the totals, which all may know. What that says of a hidden
count is found by linear programming: its least and greatest possible value. See Willenborg & de Waal, Elements
of Statistical Disclosure Control (2001), ch. 4.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike
from scipy.optimize import linprog

from pipeline.arrays import Bools, Floats, Ints

THRESHOLD = 5
HIDDEN = "x"  # what stands in a cell that is hidden
_TINY = 1e-6
_WORTH_IT = 0.75
# Of the largest surveys the solver takes some 20,000 steps; of one that takes more nobody waits for the end.
_MOST_STEPS = 100_000


@dataclass(frozen=True)
class Secret:
    """What a reader would like to know.

    unknown : (n,) the true numbers
    cells : (m, n) which of them each cell of a table adds up
    known : (r, n) which of them each total adds up that is no secret
    """

    unknown: Ints
    cells: sp.csr_array
    known: sp.csr_array


class _Unsolved(Exception):
    """The solver came to no end."""


def hidden_cells(
    secret: Secret,
    threshold: int = THRESHOLD,
    cap: Ints | None = None,
    also: Bools | None = None,
    *,
    most_steps: int = _MOST_STEPS,
) -> Bools:
    """Return which cells to hide.

    Hidden are all cells of 1 to `threshold` - 1, and others until the numbers shown tell of none of these more
    than that: it may be 1 or less, and `threshold` - 1 or more, as far as the totals leave that open.

    Parameters
    ----------
    cap : (m,) what each cell cannot exceed anyway, which is no secret; unlimited if None
    also : (m,) cells to hide whatever they hold
    most_steps : of the solver for one programme; if it comes to no end, all cells are hidden

    >>> rows, columns = np.kron(np.eye(2), np.ones(3)), np.kron(np.ones(2), np.eye(3))
    >>> totals = sp.csr_array(np.vstack([rows, columns]))
    >>> hidden_cells(Secret(np.array([2, 10, 19, 10, 10, 7]), sp.csr_array(np.eye(6)), totals)).tolist()
    [True, True, False, True, True, False]
    """
    values = np.asarray(secret.cells @ secret.unknown)
    small = (values > 0) & (values < threshold)
    hidden = small.copy() if also is None else small | also
    wanted = np.full(len(values), threshold - 1) if cap is None else np.minimum(threshold - 1, cap)
    reader = _Reader(secret, values, small, most_steps)
    try:
        for asked in (wanted, np.ones_like(wanted)):
            reader.see_together(asked, hidden)
            for cell in reader.in_doubt(asked):
                if cell in reader.in_doubt(asked):  # what was hidden for another may protect this one too
                    hidden[reader.to_hide(cell, int(asked[cell]), hidden)] = True
    except _Unsolved:
        return np.ones_like(hidden)
    return hidden


def shown_shares(values: Ints, hidden: Bools, sizes: ArrayLike | None = None) -> Floats:
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


class _Reader:
    """What a reader may take for possible: the least and greatest value of each cell that some numbers bear out.

    Numbers bear out a value if they fit all totals and all that is shown. What is possible once stays possible
    when more is hidden.
    """

    def __init__(self, secret: Secret, values: Ints, small: Bools, most_steps: int) -> None:
        self._secret, self._values, self._small, self._most_steps = secret, values, small, most_steps
        self._totals = np.asarray(secret.known @ secret.unknown)
        self._least, self._greatest = values.astype(float), values.astype(float)
        # Every cell that is hidden is a loss, and a great one a greater.
        self._loss = 1 + values / max(1.0, float(values.mean()))

    def in_doubt(self, asked: Ints) -> list[int]:
        """Return the small cells that nothing yet bears out to be possibly as great, or as little, as is asked."""
        beyond = (self._greatest + _TINY < asked) | (self._least - _TINY > asked)
        return sorted(np.flatnonzero(self._small & beyond).tolist(), key=lambda c: (self._values[c], c))

    def see_together(self, asked: Ints, hidden: Bools) -> None:
        """Look for numbers that bear out what is asked of as many cells at once as possible."""
        shown, before = np.flatnonzero(~hidden), np.inf
        # Once it bears out few more, one cell after the other is faster.
        while (cells := self.in_doubt(asked)) and len(cells) <= _WORTH_IT * before:
            before = len(cells)
            # Each cell is what is asked but for what it lacks, on which no more than that counts: else a few
            # cells would take all, and tell of no other.
            lack = np.sign(asked[cells] - self._values[cells])
            found = self._solve(
                [
                    [self._secret.known, None],
                    [self._secret.cells[shown], None],
                    [self._secret.cells[cells], sp.diags_array(lack)],
                ],
                [self._totals, self._values[shown], asked[cells]],
                np.ones(len(cells)),
            )
            if found is not None:
                self._take_note(found)

    def to_hide(self, cell: int, asked: int, hidden: Bools) -> Ints:
        """Return the shown cells to hide so that numbers bear out what is asked of one cell."""
        changed = self._changed(cell, asked, hidden)
        if changed is None:  # the totals by themselves tell more: as far as they leave it open
            lack, own = np.sign(asked - self._values[[cell]]), self._secret.cells[[cell]]
            found = self._solve(
                [[self._secret.known, None], [own, sp.diags_array(lack)]],
                [self._totals, [asked]],
                np.ones(1),
            )
            if found is not None:
                changed = self._changed(cell, asked - float(lack[0] * found[-1]), hidden)
        if changed is None:  # the true numbers fit
            raise _Unsolved
        return changed

    def _changed(self, cell: int, asked: float, hidden: Bools) -> Ints | None:
        """Return the shown cells that lose least if one cell is to be as asked, None if the totals forbid it."""
        shown, known = np.flatnonzero(~hidden), self._secret.known
        cells, own = self._secret.cells[shown], self._secret.cells[[cell]]
        same = sp.diags_array(np.ones(len(shown)))
        # From the true numbers, which fit all but what is asked, it is a few steps: looked for is what to add to
        # them and what to take away. From nothing it would be thousands.
        true = self._secret.unknown
        some = np.flatnonzero(true)
        found = self._solve(
            [
                [known, None, None, -known[:, some]],
                [cells, same, -same, -cells[:, some]],
                [own, None, None, -own[:, some]],
            ],
            [np.zeros(known.shape[0] + len(shown)), [asked - self._values[cell]]],
            np.concatenate([np.tile(self._loss[shown], 2), np.zeros(len(some))]),
            greatest=true[some],
        )
        if found is None:
            return None
        added, (less, more) = found[: len(true)], found[len(true) : -len(some)].reshape(2, -1)
        added[some] -= found[-len(some) :]
        self._take_note(true + added)
        return np.asarray(shown[less + more > _TINY])

    def _solve(
        self,
        rows: list[list[sp.sparray | None]],
        right: list[ArrayLike],
        costs: Floats,
        greatest: ArrayLike = (),
    ) -> Floats | None:
        """Return one number for each of the unknown, and others after them, that fit at least cost, if any do.

        Parameters
        ----------
        rows, right : blocks of equations
        costs : of the others; all numbers are 0 or more
        greatest : of the last ones, if 0 fits but for little: then making the programme simpler first takes longer
        """
        costs = np.concatenate([np.zeros(len(self._secret.unknown)), costs])
        bounds = np.column_stack([np.zeros(len(costs)), np.full(len(costs), np.inf)])
        bounds[len(costs) - np.size(greatest) :, 1] = greatest
        straight = np.size(greatest) > 0
        for presolve in (not straight, straight):
            found = linprog(
                costs,
                A_eq=sp.block_array(rows, format="csr"),
                b_eq=np.concatenate(right),
                bounds=bounds,
                method="highs-ds",
                options={"presolve": presolve, "maxiter": self._most_steps},
            )
            if found.status == 0:
                return np.asarray(found.x)
            if found.status == 2:
                return None
        raise _Unsolved

    def _take_note(self, found: Floats) -> None:
        """Take note of numbers that fit all that is shown, once what they change is hidden."""
        possible = self._secret.cells @ found[: len(self._secret.unknown)]
        self._least = np.minimum(self._least, possible)
        self._greatest = np.maximum(self._greatest, possible)
