"""No hidden count can be worked out: checked against a reader who knows all numbers shown and all totals."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.sparse import csr_array

from pipeline.disclosure import Secret, hidden_cells


def _margins(values: np.ndarray) -> np.ndarray:
    at = np.arange(values.size).reshape(values.shape)
    return np.array([np.isin(at, line).ravel() for line in (*at, *at.T)], dtype=float)


def _two_way(values: np.ndarray) -> Secret:
    return Secret(values.ravel(), csr_array(np.eye(values.size)), csr_array(_margins(values)))


def _known_range(cell: int, table: np.ndarray, hidden: np.ndarray) -> list[float]:
    """What a reader can say of a cell, written anew: the full system with shown cells as fixed bounds."""
    values, left = table.ravel(), _margins(table)
    bounds = [(0, None) if h else (v, v) for v, h in zip(values.tolist(), hidden.tolist(), strict=True)]
    goal = np.zeros(len(values))
    goal[cell] = 1
    return [
        sign * linprog(sign * goal, A_eq=left, b_eq=left @ values, bounds=bounds, method="highs").fun
        for sign in (1, -1)
    ]


@given(
    st.integers(2, 5).flatmap(
        lambda columns: st.lists(
            st.lists(st.integers(0, 14), min_size=columns, max_size=columns), min_size=2, max_size=5
        )
    )
)
@settings(max_examples=60, deadline=None)
def test_the_totals_tell_no_more_than_the_hiding_itself(table: list[list[int]]) -> None:
    values = np.array(table)
    flat = values.ravel()
    cap = np.minimum(
        np.repeat(values.sum(axis=1), values.shape[1]), np.tile(values.sum(axis=0), values.shape[0])
    )
    hidden = hidden_cells(_two_way(values), 5, cap)
    small = (flat > 0) & (flat < 5)
    assert hidden[small].all()
    if not small.any():
        assert not hidden.any()
    for cell in np.flatnonzero(small):
        low, high = _known_range(int(cell), values, hidden)
        # What the totals tell by themselves no hiding can help.
        least, most = _known_range(int(cell), values, np.ones_like(hidden))
        assert low <= max(1, least) + 1e-5 and high >= min(4, cap[cell], most) - 1e-5


def test_a_reader_who_tries_all_whole_numbers_is_left_in_doubt() -> None:
    values = np.array([[2, 10, 19], [10, 10, 7]])
    hidden = hidden_cells(_two_way(values)).reshape(values.shape)
    possible = set()
    unknown = [tuple(c) for c in np.argwhere(hidden)]
    for guess in product(range(25), repeat=len(unknown)):
        tried = values.copy()
        for cell, value in zip(unknown, guess, strict=True):
            tried[cell] = value
        if (tried.sum(axis=0) == values.sum(axis=0)).all() and (
            tried.sum(axis=1) == values.sum(axis=1)
        ).all():
            possible.add(int(tried[0, 0]))
    assert {0, 1, 2, 3, 4} <= possible


def test_what_a_cell_is_part_of_bounds_it_too() -> None:
    nothing = csr_array((0, 2))
    # Items of 3 and 9 below a policy of 12 with nothing else: the 3 follows unless another is hidden.
    policy = csr_array(np.array([[1.0, 0], [0, 1], [1, 1]]))
    assert hidden_cells(Secret(np.array([3, 9]), policy, nothing)).sum() == 2
    # An item of 3 below a policy of 12, of which the others are in no table: 3 of at most 12.
    assert hidden_cells(Secret(np.array([3, 9]), policy[[0, 2]], nothing)).tolist() == [True, False]


def test_where_the_totals_tell_they_tell_no_more_than_that() -> None:
    # Of 8 comments, 6 are of the item and 6 of the group: the 4 of both are 4 or more by the totals alone.
    values = np.array([[4, 2], [2, 0]])
    hidden = hidden_cells(_two_way(values))
    assert hidden.all()
    assert _known_range(0, values, hidden) == pytest.approx([4, 6])


def test_what_the_totals_alone_leave_open_is_no_witness_against_what_is_shown() -> None:
    # The totals tell of the 4 in the last column. The other 4 is safe only if what is shown leaves it so too.
    values = np.array([[6, 1, 4], [4, 0, 60], [6, 0, 30]])
    low, high = _known_range(3, values, hidden_cells(_two_way(values)))
    assert low <= 1 + 1e-5 and high >= 4 - 1e-5


def test_a_solver_that_comes_to_no_end_hides_all() -> None:
    values = np.array([[6, 1, 4], [4, 0, 60], [6, 0, 30]])
    assert not hidden_cells(_two_way(values)).all()
    assert hidden_cells(_two_way(values), most_steps=0).all()
