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
