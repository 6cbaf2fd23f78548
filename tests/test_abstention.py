from __future__ import annotations

import numpy as np
import pytest

from pipeline.abstention import (
    accuracy_at_tenths,
    choose_levels,
    choose_threshold,
    climb,
    expected_precision,
    grades,
    least_for_b,
    promise_kept,
)
from pipeline.codebook import Codebook
from pipeline.metrics import level_probabilities

CODES = ["G1-1-1", "G1-1-2", "G1-2-1", "G2-1-1", "G2-1-2"]


def simulated(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities that are true: gold is drawn from them."""
    rng = np.random.default_rng(seed)
    items = rng.dirichlet(np.full(5, 0.4), n)
    gold = np.eye(5, dtype=bool)[[rng.choice(5, p=p) for p in items]]
    return items, gold


@pytest.mark.parametrize("target", [0.6, 0.8, 0.9])
def test_the_promise_is_kept_on_opinions_that_chose_no_threshold(plan: Codebook, target: float) -> None:
    items, gold = simulated(1500)
    kept = promise_kept(items, gold, np.arange(len(items)), plan, CODES, target)
    assert kept.right / kept.suggested > target - 0.03
    assert kept.suggested > 0.3 * kept.n


def test_a_higher_target_suggests_less_or_higher_up(plan: Codebook) -> None:
    items, gold = simulated(800)
    deep = [
        sum(c.level == plan.depth for c in climb(choose_levels(items, gold, plan, CODES, t), items))
        for t in (0.5, 0.8, 0.95)
    ]
    assert deep[0] > deep[1] > deep[2]


def test_no_threshold_without_evidence(plan: Codebook) -> None:
    assert choose_threshold(np.array([0.9]), np.array([True]), 0.8) == np.inf
    levels = choose_levels(np.zeros((0, 5)), np.zeros((0, 5), bool), plan, CODES)
    assert all(not c.level for c in climb(levels, np.eye(5)))


def test_at_their_word_each_suggestion_reaches_the_target_by_itself(plan: Codebook) -> None:
    nothing, none = np.zeros((0, 5)), np.zeros((0, 5), bool)
    levels = choose_levels(nothing, none, plan, CODES, 0.7, at_their_word=True)
    others, _ = simulated(300)
    for row, found in zip(others, climb(levels, others), strict=True):
        by_level = [level_probabilities(row[None], level.columns).max() for level in levels]
        deepest = max((d for d, p in enumerate(by_level, start=1) if p >= 0.7), default=0)
        assert found.level == deepest
        assert not deepest or found.confidence == pytest.approx(by_level[deepest - 1])


def test_a_promise_at_their_word_is_judged_by_the_thresholds_that_hold(plan: Codebook) -> None:
    items, gold = simulated(25)
    kept = promise_kept(items, gold, np.arange(25), plan, CODES, 0.7, at_their_word=True)
    levels = choose_levels(items, gold, plan, CODES, 0.7, at_their_word=True)
    assert kept.suggested == sum(bool(c.level) for c in climb(levels, items))


def test_an_item_with_one_example_is_never_grade_a(plan: Codebook) -> None:
    items, gold = simulated(800)
    levels = choose_levels(items, gold, plan, CODES)
    sure = np.eye(5)
    assert set(grades(levels, sure, np.full(5, 2), 0.4)) == {"A"}
    assert "A" not in grades(levels, sure, np.ones(5, int), 0.4)


def test_of_what_grade_a_leaves_over_grade_b_is_right_every_other_time(plan: Codebook) -> None:
    items, gold = simulated(1500)
    levels = choose_levels(items, gold, plan, CODES)
    limit = least_for_b(levels, items, gold)
    others, answer = simulated(4000, 7)
    best = others.argmax(axis=1)
    right = answer[np.arange(len(best)), best]
    given = np.array(grades(levels, others, np.full(5, 2), limit))
    assert right[given == "A"].mean() > 0.8
    assert right[given == "B"].mean() == pytest.approx(0.5, abs=0.03) and (given == "B").sum() > 200
    assert right[given == "C"].mean() < 0.5
    # The limit itself is B, whatever is below it C.
    edge = np.array([[limit, *[(1 - limit) / 4] * 4], [limit - 1e-6, *[(1 - limit + 1e-6) / 4] * 4]])
    assert grades(levels, edge, np.full(5, 2), limit) == ["B", "C"]


def test_of_equal_confidences_all_are_taken_or_none() -> None:
    # Alone the first half would do; with the others that are as sure it does not.
    confidence = np.repeat([0.95, 0.6], [10, 400])
    right = np.repeat([True, False], [250, 160])
    threshold = choose_threshold(confidence, right, 0.8)
    assert threshold in (0.95, np.inf)
    # What is suggested already may leave no room for errors.
    assert choose_threshold(confidence, right, 0.8, (50, 40.0)) == np.inf
    assert choose_threshold(confidence, right, 0.8, (5000, 0.0)) == 0.6


def test_near_duplicates_choose_no_threshold_for_each_other(plan: Codebook) -> None:
    # Two copies of one sure opinion: apart each would let the other pass.
    items = np.repeat([[0.96, 0.01, 0.01, 0.01, 0.01]], 20, axis=0)
    gold = np.zeros((20, 5), bool)
    gold[:, 0] = True
    apart = promise_kept(items, gold, np.arange(20), plan, CODES)
    together = promise_kept(items, gold, np.zeros(20, int), plan, CODES)
    assert (apart.n, apart.suggested, apart.right, apart.by_level) == (20, 20, 20, ((0, 0), (0, 0), (20, 20)))
    assert (together.suggested, together.by_level) == (0, ((0, 0),) * 3)


def test_risk_falls_with_coverage() -> None:
    items, gold = simulated(2000)
    points = accuracy_at_tenths(items.max(axis=1), gold[np.arange(len(gold)), items.argmax(axis=1)])
    assert [c for c, _ in points] == pytest.approx(np.arange(0.1, 1.01, 0.1))
    assert points[0][1] > points[-1][1] + 0.2


def test_the_promise_does_not_hang_on_one_opinion(plan: Codebook) -> None:
    """Without any one of 84 opinions nearly the same is suggested (with errors counted, .63 the same)."""
    for seed in range(12):
        items, gold = simulated(84, seed)
        whole = np.array([c.level for c in climb(choose_levels(items, gold, plan, CODES), items)])
        for left_out in range(84):
            kept = np.arange(84) != left_out
            levels = choose_levels(items[kept], gold[kept], plan, CODES)
            assert (whole == [c.level for c in climb(levels, items)]).mean() > 0.68


@pytest.mark.parametrize("target", [0.7, 0.8, 0.9])
def test_the_promise_is_kept_with_few_opinions_on_average(plan: Codebook, target: float) -> None:
    suggested, right = 0, 0.0
    for seed in range(40):
        items, gold = simulated(84, seed)
        levels = choose_levels(items, gold, plan, CODES, target)
        others, _ = simulated(200, 1000 + seed)
        for row, found in zip(others, climb(levels, others), strict=True):
            if found.level:
                level = levels[found.level - 1]
                suggested += 1
                right += row[level.columns == level.codes.index(found.code)].sum()
    assert right / suggested == pytest.approx(target, abs=0.02)
    assert suggested > 0.1 * 40 * 200


def test_overconfidence_is_corrected_once_there_are_labels_enough() -> None:
    rng = np.random.default_rng(0)
    stated = rng.uniform(0.5, 1, 3000)
    right = rng.random(3000) < stated - 0.2
    threshold = choose_threshold(stated, right, 0.7)
    assert (stated[stated >= threshold] - 0.2).mean() == pytest.approx(0.7, abs=0.02)
    assert expected_precision(stated, right).mean() == pytest.approx(right.mean(), abs=0.01)
