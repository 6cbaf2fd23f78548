"""Telling comments of no item from those of the plan."""

from __future__ import annotations

import numpy as np

from pipeline.outside import fit_outside, outside_score


def logs(p_outside: list[float]) -> np.ndarray:
    """Return log-probabilities of two items and "no item"."""
    p = np.array(p_outside)
    return np.log(np.column_stack([(1 - p) / 2, (1 - p) / 2, p]))


def test_what_the_knowledge_expert_takes_for_no_item_scores_high() -> None:
    inside, outside = [0.05, 0.1, 0.2, 0.02] * 10, [0.9, 0.8, 0.95, 0.6] * 10
    written = (logs(inside + outside), np.zeros(80))
    which = np.array([False] * 40 + [True] * 40)
    weights, limit = fit_outside((logs([0.1] * 40), np.full(40, 0.3)), written, which, 30)
    score = outside_score(weights, logs([0.05, 0.9]), np.array([0.3, 0.0]))
    assert score[0] < limit <= score[1]


def test_texts_of_one_sort_alone_tell_nothing_apart() -> None:
    none = (np.zeros((0, 3)), np.zeros(0))
    for which in (np.ones(4, bool), np.zeros(4, bool)):
        weights, limit = fit_outside(none, (logs([0.5] * 4), np.zeros(4)), which, 30)
        assert (outside_score(weights, logs([0.99]), np.zeros(1)) < limit).all()


def test_few_coded_opinions_set_the_limit_where_all_authored_texts_are_of_no_item() -> None:
    coded = (logs([0.1, 0.2, 0.05]), np.full(3, 0.3))
    weights, limit = fit_outside(coded, (logs([0.9] * 5), np.zeros(5)), np.ones(5, bool), 30)
    assert outside_score(weights, logs([0.9]), np.zeros(1))[0] >= limit
    assert (outside_score(weights, *coded) <= limit).all()
