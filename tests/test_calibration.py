"""The calibration error against what is known of it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.calibration import chance_error, sweep_error, sweep_interval


def test_a_constant_gap_is_found_whatever_the_bins() -> None:
    rng = np.random.default_rng(0)
    true = rng.random(20_000) * 0.6
    right = (rng.random(20_000) < true).astype(float)
    assert sweep_error(true + 0.3, right) == pytest.approx(0.3, abs=0.02)
    assert sweep_error(true, right) < 0.02


def test_one_bin_where_accuracy_does_not_rise() -> None:
    # The more confident half is wrong: two bins would fall, so the whole is one.
    assert sweep_error(np.array([0.4, 0.4, 0.6, 0.6]), np.array([1.0, 1.0, 0.0, 0.0])) == 0.0


def test_as_many_bins_as_opinions_where_accuracy_always_rises() -> None:
    # Together the two are as right as they say; each by itself is off by a tenth.
    assert sweep_error(np.array([0.9, 0.1]), np.array([1.0, 0.0])) == pytest.approx(0.1)
    assert sweep_error(np.array([0.1, 0.3, 0.8]), np.array([0.0, 1.0, 1.0])) == pytest.approx(1 / 3)
    # Bins that are equally right do not fall.
    assert sweep_error(np.array([0.1, 0.2, 0.3, 0.4]), np.array([0.0, 0.0, 0.0, 1.0])) == pytest.approx(0.3)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60))
def test_it_is_between_the_overall_gap_and_one(pairs: list[tuple[float, bool]]) -> None:
    confidence = np.array([c for c, _ in pairs])
    right = np.array([float(r) for _, r in pairs])
    error = sweep_error(confidence, right)
    assert abs(confidence.mean() - right.mean()) - 1e-9 <= error <= 1 + 1e-9


def test_what_chance_shows_shrinks_with_the_number_of_opinions() -> None:
    rng = np.random.default_rng(1)
    few, many = chance_error(rng.random(80)), chance_error(rng.random(8000))
    assert many[0] < few[0] / 3
    assert few[1] < few[0] < few[2]
    low, high = sweep_interval(np.full(50, 0.5), np.zeros(50))
    assert low == high == 0.5
    # Two kinds of opinions, each as right as is said: no resample is far from the truth.
    confidence, right = np.repeat([0.1, 0.9], 50), np.tile([0.0] * 9 + [1.0], 10)
    right[50:] = 1 - right[50:]
    low, high = sweep_interval(confidence, right)
    assert 0 <= low < high < 0.12
