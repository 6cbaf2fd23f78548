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
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import linprog

THRESHOLD = 5
HIDDEN = "x"  # what stands in a cell that is hidden
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
_TINY = 1e-6


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


def hidden_cells(
    secret: Secret, threshold: int = THRESHOLD, cap: Ints | None = None, also: Bools | None = None
) -> Bools:
    """Return which cells to hide.

    Hidden are all cells of 1 to `threshold` - 1, and others until the numbers shown tell of none of these more
    than that: it may be 1 or less, and `threshold` - 1 or more, as far as the totals leave that open.

    Parameters
    ----------
    cap : (m,) what each cell cannot exceed anyway, which is no secret; unlimited if None
    also : (m,) cells to hide whatever they hold

    >>> rows, columns = np.kron(np.eye(2), np.ones(3)), np.kron(np.ones(2), np.eye(3))
    >>> totals = sp.csr_array(np.vstack([rows, columns]))
    >>> hidden_cells(Secret(np.array([2, 10, 19, 10, 10, 7]), sp.csr_array(np.eye(6)), totals)).tolist()
    [True, True, False, True, True, False]
    """
    values = np.asarray(secret.cells @ secret.unknown)
    small = (values > 0) & (values < threshold)
    hidden = small.copy() if also is None else small | also
    wanted = np.full(len(values), threshold - 1) if cap is None else np.minimum(threshold - 1, cap)
    reader = _Reader(secret, values, small)
    for asked in (wanted, np.ones_like(wanted)):
        reader.see_together(asked, hidden)
        for cell in reader.in_doubt(asked):
            if cell in reader.in_doubt(asked):  # what was hidden for another may protect this one too
                hidden[reader.to_hide(cell, int(asked[cell]), hidden)] = True
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


class _Reader:
    """What a reader may take for possible: the least and greatest value of each cell that some numbers bear out.

    Numbers bear out a value if they fit all totals and all that is shown. What is possible once stays possible
    when more is hidden.
    """

    def __init__(self, secret: Secret, values: Ints, small: Bools) -> None:
        self._secret, self._values, self._small = secret, values, small
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
        shown, before = np.flatnonzero(~hidden), 0
        while (cells := self.in_doubt(asked)) and len(cells) != before:
            before = len(cells)
            # Each cell is what is asked but for what it lacks, on which no more than that counts: else a few
            # cells would take all, and tell of no other.
            lack = np.sign(asked[cells] - self._values[cells])
            found = self._solve(
                [[self._secret.cells[shown], None], [self._secret.cells[cells], sp.diags_array(lack)]],
                [self._values[shown], asked[cells]],
                np.ones(len(cells)),
            )
            if found is not None:
                self._take_note(found)

    def to_hide(self, cell: int, asked: int, hidden: Bools) -> Ints:
        """Return the shown cells to hide so that numbers bear out what is asked of one cell."""
        changed = self._changed(cell, asked, hidden)
        if changed is None:  # the totals by themselves tell more: as far as they leave it open
            lack = np.sign(asked - self._values[[cell]])
            found = self._solve([[self._secret.cells[[cell]], sp.diags_array(lack)]], [[asked]], np.ones(1))
            if found is not None:
                changed = self._changed(cell, asked - float(lack[0] * found[-1]), hidden)
        if changed is None:  # the true numbers fit
            raise RuntimeError("the programme of a reader was not solved")
        return changed

    def _changed(self, cell: int, asked: float, hidden: Bools) -> Ints | None:
        """Return the shown cells that lose least if one cell is to be as asked, None if the totals forbid it."""
        shown = np.flatnonzero(~hidden)
        same = sp.diags_array(np.ones(len(shown)))
        found = self._solve(
            [[self._secret.cells[shown], same, -same], [self._secret.cells[[cell]], None, None]],
            [self._values[shown], [asked]],
            np.tile(self._loss[shown], 2),
        )
        if found is None:
            return None
        self._take_note(found)
        less, more = found[len(self._secret.unknown) :].reshape(2, -1)
        return np.asarray(shown[less + more > _TINY])

    def _solve(
        self, rows: list[list[sp.sparray | None]], right: list[ArrayLike], costs: Floats
    ) -> Floats | None:
        """Return the unknown numbers, and others after them, that fit totals and rows at least cost, if any do.

        Parameters
        ----------
        rows, right : blocks of equations beside those of the totals
        costs : of the others; all numbers are 0 or more
        """
        totals = [self._secret.known, *(None for _ in rows[0][1:])]
        found = linprog(
            np.concatenate([np.zeros(len(self._secret.unknown)), costs]),
            A_eq=sp.block_array([totals, *rows], format="csr"),
            b_eq=np.concatenate([self._totals, *right]),
            method="highs",
        )
        return None if found.x is None else np.asarray(found.x)

    def _take_note(self, found: Floats) -> None:
        """Take note of numbers that fit all that is shown, once what they change is hidden."""
        possible = self._secret.cells @ found[: len(self._secret.unknown)]
        self._least = np.minimum(self._least, possible)
        self._greatest = np.maximum(self._greatest, possible)
