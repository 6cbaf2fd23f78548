from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from pipeline.intervals import newcombe, newcombe_paired, wilson

SHARES = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(SHARES)
def test_wilson_is_that_of_scipy(share: tuple[int, int]) -> None:
    expected = binomtest(*share).proportion_ci(method="wilson")
    assert [float(x) for x in wilson(*share)] == pytest.approx([expected.low, expected.high], abs=1e-6)


def test_of_nothing_anything_may_be_true() -> None:
    low, high = wilson([0, 1], [0, 1])
    assert np.round(low, 4).tolist() == [0, 0.2065] and high.tolist() == [1, 1]


# Newcombe 1998, Statistics in Medicine 17, table II, method 10.
@pytest.mark.parametrize(
    ("given_counts", "low", "high"),
    [
        ((56, 70, 48, 80), 0.0524, 0.3339),
        ((9, 10, 3, 10), 0.1705, 0.8090),
        ((6, 7, 2, 7), 0.0582, 0.8062),
        ((5, 56, 0, 29), -0.0381, 0.1926),
        ((0, 10, 0, 20), -0.1611, 0.2775),
        ((10, 10, 0, 20), 0.6791, 1.0),
        # By hand, from Wilson's limits of 1 in 1 and 0 in 1: one case each says next to nothing.
        ((1, 1, 0, 1), -0.1221, 1.0),
    ],
)
def test_published_examples(given_counts: tuple[int, int, int, int], low: float, high: float) -> None:
    found = newcombe(*given_counts)
    assert [round(float(v), 4) for v in found] == [low, high]


@given(st.integers(0, 60), st.integers(60, 90), st.integers(0, 60), st.integers(60, 90))
def test_the_interval_holds_the_difference_and_turns_with_it(a: int, n: int, b: int, m: int) -> None:
    low, high = newcombe(a, n, b, m)
    assert low - 1e-9 <= a / n - b / m <= high + 1e-9
    turned = newcombe(b, m, a, n)
    assert np.allclose([low, high], [-turned[1], -turned[0]])


@pytest.mark.parametrize(
    ("cases", "low", "high"),
    [
        ((36, 12, 2, 0), 0.0569, 0.3404),  # Newcombe 1998, Statistics in Medicine 17: 2635, table II
        # By hand: 5 of 5 against 0 of 5, whose Wilson limits are .5655 and .4345, uncorrelated:
        # 1 - sqrt(.4345² + .4345²).
        ((0, 5, 0, 0), 0.3855, 1.0),
        # No case differs: 1 of 2 each, Wilson .0945 to .9055; bc = 1, corrected by n/2 to 0: +- sqrt(2 · .4055²).
        ((1, 0, 0, 1), -0.5734, 0.5734),
    ],
)
def test_paired_shares(cases: tuple[int, int, int, int], low: float, high: float) -> None:
    assert newcombe_paired(*cases) == pytest.approx((low, high), abs=1e-4)
    both, first, second, neither = cases
    assert newcombe_paired(both, second, first, neither) == pytest.approx((-high, -low), abs=1e-4)
