from __future__ import annotations

import itertools

import numpy as np
import pytest

from pipeline.baseline import baseline_probabilities, fit_baseline, held_out_sets


def test_an_opinion_is_judged_without_itself_and_its_duplicates() -> None:
    texts = ["赤い花", "赤い花", "青い海", "青い空", "赤い家"]
    y = ["R", "R", "B", "B", "B"]
    p = baseline_probabilities(texts, y, ["R", "B"], np.array([0, 0, 1, 2, 3]))
    # Without the two 赤い花 no R is left to learn from.
    assert p[0].tolist() == [0.5, 0.5]
    assert p.sum(axis=1) == pytest.approx(np.ones(5))


def test_it_learns() -> None:
    predict = fit_baseline(["赤い花", "青い海", "上の階"], ["R", "B", "TOP"], ["R", "B", "N"])
    p = predict(["赤い", "青い"])
    assert p.argmax(axis=1).tolist() == [0, 1]
    assert (p[:, 2] == 0).all()


def test_every_opinion_is_held_out_once_and_groups_stay_together() -> None:
    groups = np.random.default_rng(0).integers(0, 150, 400)
    held = held_out_sets(groups)
    assert len(held) == 10
    assert sorted(np.concatenate(held).tolist()) == list(range(400))
    assert all(len(set(groups[a]) & set(groups[b])) == 0 for a, b in itertools.pairwise(held))
