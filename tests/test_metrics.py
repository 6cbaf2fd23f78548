from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from pipeline.calibration import sweep_error
from pipeline.codebook import Codebook
from pipeline.metrics import (
    evaluate,
    gold_matrix,
    level_columns,
    level_probabilities,
    ranks,
    share_with_interval,
)


def mask(columns: list[int], width: int) -> np.ndarray:
    gold = np.zeros((len(columns), width), bool)
    gold[np.arange(len(columns)), columns] = True
    return gold


def test_figures_by_hand(plan: Codebook) -> None:
    items = [n.code for n in plan.items]
    p = np.array([[0.6, 0.1, 0.1, 0.1, 0.1], [0.3, 0.4, 0.1, 0.1, 0.1], [0.1, 0.2, 0.25, 0.3, 0.15]])
    figures = evaluate(p, mask([0, 0, 4], 5), plan, items)
    assert figures["item@1"].value == pytest.approx(1 / 3, abs=1e-6)
    assert figures["item@3"].value == pytest.approx(2 / 3, abs=1e-6)
    assert figures["item@5"].value == 1
    assert figures["mrr"].value == pytest.approx((1 + 1 / 2 + 1 / 4) / 3, abs=1e-6)
    assert figures["log_loss"].value == pytest.approx(-np.log([0.6, 0.3, 0.15]).mean(), abs=1e-6)
    # goals: .8/.2 right, .8/.2 right, .55/.45 wrong
    assert figures["level_1"].value == pytest.approx(2 / 3, abs=1e-6)
    # policies: (.7 .1 .2) right, (.7 .1 .2) right, (.3 .25 .45) right
    assert figures["level_2"].value == 1
    assert figures["item@1"].low <= figures["item@1"].value <= figures["item@1"].high


@given(st.lists(st.floats(0.01, 1), min_size=5, max_size=5))
def test_children_sum_to_their_parent(plan: Codebook, weights: list[float]) -> None:
    items = [n.code for n in plan.items]
    p = np.array([weights]) / sum(weights)
    codes, columns = level_columns(plan, items, 1)
    assert codes == ["G1", "G2"]
    assert level_probabilities(p, columns)[0] == pytest.approx([p[0, :3].sum(), p[0, 3:].sum()])


def test_ties_are_broken_by_plan_order_not_by_luck() -> None:
    p = np.full((2, 4), 0.25)
    assert ranks(p, mask([0, 3], 4)).tolist() == [1, 4]


def test_several_codes_of_one_opinion_count_once() -> None:
    labels = pd.DataFrame({"opinion_id": ["a", "b", "a", "c"], "code": ["X", "Y", "Y", "TOP"]})
    first, gold = gold_matrix(labels, ["X", "Y"])
    assert first.tolist() == [0, 1]
    assert gold.tolist() == [[True, True], [False, True]]
    assert ranks(np.array([[0.2, 0.8], [0.9, 0.1]]), gold).tolist() == [1, 2]


def test_calibration_error(plan: Codebook) -> None:
    """Two said .95 and were right, of two that said .55 one was: Σ ½·.05 + ½·.05."""
    items = [n.code for n in plan.items]
    sure, half = (
        np.full((2, len(items)), 0.05 / (len(items) - 1)),
        np.full((2, len(items)), 0.45 / (len(items) - 1)),
    )
    sure[:, 0], half[:, 0] = 0.95, 0.55
    gold = np.zeros((4, len(items)), bool)
    gold[[0, 1, 2], 0], gold[3, 1] = True, True
    p = np.vstack([sure, half])
    figures = evaluate(p, gold, plan, items)
    assert figures["ece"].value == pytest.approx(0.05)
    right = np.array([1.0, 1.0, 1.0, 0.0])
    assert figures["ece_sweep"].value == pytest.approx(sweep_error(p.max(axis=1), right), abs=1e-6)
    simulated = figures["ece_chance"]
    assert 0 <= simulated.low < simulated.value < simulated.high
    kinds = ("ece", "ece_sweep", "ece_chance")
    assert {n for n in figures if n.startswith("ece")} == {
        kind + level for kind in kinds for level in ("", "_level_1", "_level_2")
    }
    # Three of four are right at each level: the goal of a wrong item may be right.
    assert figures["level_1"].value == 1 and figures["item@1"].value == 0.75


def test_any_of_the_codes_of_an_opinion_makes_a_level_right(plan: Codebook) -> None:
    items = [n.code for n in plan.items]
    p = np.array([[0.1, 0.2, 0.1, 0.1, 0.5], [0.5, 0.2, 0.1, 0.1, 0.1]])
    gold = np.array([[True, False, False, False, True], [False, False, True, True, False]])
    figures = evaluate(p, gold, plan, items, calibrate=False)
    assert figures["level_1"].value == 1 and figures["level_2"].value == 0.5
    # Probabilities of the right items together.
    assert figures["log_loss"].value == pytest.approx(-np.log([0.6, 0.2]).mean(), abs=1e-6)


def test_a_share_and_its_interval() -> None:
    assert share_with_interval(0, 0) == {"value": 0.0, "low": 0.0, "high": 1.0, "n": 0}
    for hits, n in ((1, 1), (30, 40)):
        limits = binomtest(hits, n).proportion_ci(method="wilson")
        found = share_with_interval(hits, n)
        assert (found["value"], found["n"]) == (hits / n, n)
        assert (found["low"], found["high"]) == pytest.approx((limits.low, limits.high), abs=1e-6)


def test_interval_covers_the_truth_as_often_as_it_says(plan: Codebook) -> None:
    """In 100 samples of 80 opinions with true accuracy .5 the 95 % interval misses it rarely."""
    items = [n.code for n in plan.items]
    rng = np.random.default_rng(0)
    missed = 0
    for _ in range(100):
        right = rng.random(80) < 0.5
        p = np.where(right[:, None], [[0.6, 0.1, 0.1, 0.1, 0.1]], [[0.1, 0.6, 0.1, 0.1, 0.1]])
        figure = evaluate(p, mask([0] * 80, 5), plan, items, calibrate=False)["item@1"]
        missed += not figure.low <= 0.5 <= figure.high
    assert missed <= 12


def test_nothing_to_evaluate(plan: Codebook) -> None:
    with pytest.raises(ValueError, match="no opinions"):
        evaluate(np.empty((0, 5)), np.empty((0, 5), bool), plan, [n.code for n in plan.items])


def test_what_is_always_right_is_not_certain(plan: Codebook) -> None:
    """Every resample of five right of five is right; Wilson's limit is n / (n + z²) = 5 / 8.8415."""
    items = [n.code for n in plan.items]
    gold = np.eye(len(items), dtype=bool)[[0] * 5]
    figures = evaluate(gold.astype(float), gold, plan, items, calibrate=False)
    for name in ("item@1", "item@3", "level_1", "level_2"):
        assert (figures[name].value, figures[name].high, figures[name].n) == (1.0, 1.0, 5)
        assert figures[name].low == pytest.approx(5 / 8.8415, abs=1e-4)
    wrong = evaluate(np.roll(gold, 4, axis=1).astype(float), gold, plan, items, calibrate=False)["item@1"]
    assert (wrong.value, wrong.low) == (0.0, 0.0) and wrong.high == pytest.approx(3.8415 / 8.8415, abs=1e-4)
