"""Change between two surveys: Newcombe's published examples, and what may be called a change."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.change import changes
from pipeline.codebook import Codebook
from pipeline.coded_opinions import CODED
from pipeline.errors import InputError
from pipeline.intervals import newcombe, wilson


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


def test_nothing_is_known_of_no_opinions() -> None:
    assert [float(v) for v in wilson(0, 0)] == [0.0, 1.0]


def _coded(counts: dict[str, int]) -> pd.DataFrame:
    return CODED.table(
        {"opinion_id": f"{c}{i}", "unit": "1", "text": "x", "code": c, "checked": "yes"}
        for c, n in counts.items()
        for i in range(n)
    )


def test_shares_of_every_level_and_what_changed(plan: Codebook) -> None:
    now, before = _coded({"G1-1-1": 60, "G2-1-1": 40}), _coded({"G1-1-1": 20, "G2-1-1": 78, "G1-1-2": 2})
    table = changes(now, before, plan, n_now=100, n_before=100).set_index("code")
    assert table.loc["G1", ["count", "count_before", "changed"]].tolist() == [60, 22, 1]
    assert table.loc["G2-1-1", "difference"] == pytest.approx(-0.38)
    assert table.loc["G2-1-1", "changed"] == -1 and table.loc["G1-1-2", "changed"] == 0
    assert table.loc["G1-2-1", ["count", "count_before"]].tolist() == [0, 0]


def test_a_survey_without_opinions_cannot_be_compared(plan: Codebook) -> None:
    with pytest.raises(InputError):
        changes(_coded({"G1-1-1": 1}), _coded({}), plan, n_now=1, n_before=0)
