"""Figures of the agreement page are computed once a state of the record."""

from __future__ import annotations

from pipeline.agreement import AGREEMENT, Agreement
from pipeline.disagreement import CONFUSIONS, DISAGREEMENTS
from pipeline.review.latest import Latest


def _figures(decisions: int) -> Agreement:
    tables = (AGREEMENT.empty(), CONFUSIONS.empty(), DISAGREEMENTS.empty())
    return Agreement(*tables, ("a", "b"), decisions, missing=0, compared=0)


def test_a_state_is_computed_once_and_another_anew() -> None:
    latest, asked = Latest(), []

    def compute() -> Agreement:
        asked.append(len(asked))
        return _figures(len(asked))

    assert [latest.of(state, compute).decisions for state in ((1, "x"), (1, "x"), (2, "x"), (2, "y"))] == [
        1,
        1,
        2,
        3,
    ]
    # Another record knows nothing of this one, though its state is called the same.
    assert Latest().of((2, "y"), compute).decisions == 4
