"""No hidden count can be worked out: checked against a reader who knows all numbers shown and all totals."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from pipeline.disclosure import Relation, hidden_cells


def _two_way(values: np.ndarray) -> list[Relation]:
    rows, columns = values.shape
    at = np.arange(values.size).reshape(values.shape)
    return [
        *(Relation(tuple(at[i].tolist()), (1,) * columns, int(values[i].sum())) for i in range(rows)),
        *(Relation(tuple(at[:, j].tolist()), (1,) * rows, int(values[:, j].sum())) for j in range(columns)),
    ]


def _known_range(cell: int, values: np.ndarray, hidden: np.ndarray, relations: list[Relation]) -> list[float]:
    """What a reader can say of a cell, written anew: the full system with shown cells as fixed bounds."""
    left = np.zeros((len(relations), len(values)))
    for r, relation in enumerate(relations):
        left[r, list(relation.cells)] = relation.signs
    bounds = [(0, None) if h else (v, v) for v, h in zip(values.tolist(), hidden.tolist(), strict=True)]
    goal = np.zeros(len(values))
    goal[cell] = 1
    totals = [r.total for r in relations]
    return [
        sign * linprog(sign * goal, A_eq=left, b_eq=totals, bounds=bounds, method="highs").fun
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
    flat, relations = values.ravel(), _two_way(values)
    cap = np.minimum(
        np.repeat(values.sum(axis=1), values.shape[1]), np.tile(values.sum(axis=0), values.shape[0])
    )
    hidden = hidden_cells(flat, relations, 5, cap)
    small = (flat > 0) & (flat < 5)
    assert hidden[small].all()
    if not small.any():
        assert not hidden.any()
    for cell in np.flatnonzero(small):
        shown = [c for r in relations if cell in r.cells for c in r.cells if not hidden[c]]
        low, high = _known_range(int(cell), flat, hidden, relations)
        # Where everything around is hidden already, nothing more can be done: totals are published anyway.
        if shown:
            assert low <= 1 + 1e-6 and high >= min(4, cap[cell]) - 1e-6


def test_a_reader_who_tries_all_whole_numbers_is_left_in_doubt() -> None:
    values = np.array([[2, 10, 19], [10, 10, 7]])
    hidden = hidden_cells(values.ravel(), _two_way(values)).reshape(values.shape)
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


def test_inequalities_bound_too() -> None:
    # Items of 3 and 9 below a policy of 12 with nothing else: the 3 follows unless another is hidden.
    relation = Relation((0, 1, 2), (1, 1, -1), 0)
    assert hidden_cells(np.array([3, 9, 12]), [relation]).sum() >= 2
    loose = Relation((0, 1), (1, -1), 0, equal=False)  # 3 of at most 12
    assert hidden_cells(np.array([3, 12]), [loose]).tolist() == [True, False]


def test_contradicting_relations_are_a_fault_of_the_program() -> None:
    with pytest.raises(RuntimeError):
        hidden_cells(np.array([1, 1]), [Relation((0, 1), (1, 1), -5)])
