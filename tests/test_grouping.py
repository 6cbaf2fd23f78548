"""Groups on similarities alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.grouping import cosines, divide, group, stability


def blobs(sizes: list[int], noise: float, seed: int = 0, d: int = 50) -> np.ndarray:
    """Similarities of points around orthogonal centres."""
    rng = np.random.default_rng(seed)
    x = np.concatenate([np.eye(d)[k] + noise * rng.standard_normal((n, d)) for k, n in enumerate(sizes)])
    return cosines(x @ x.T)


def test_groups_are_numbered_by_size() -> None:
    labels = group(blobs([3, 8, 5], 0.05), 0.5)
    assert labels.tolist() == [2] * 3 + [0] * 8 + [1] * 5


@given(st.integers(0, 8), st.integers(0, 10**6))
@settings(max_examples=30, deadline=None)
def test_all_texts_have_a_group_whatever_their_number(n: int, seed: int) -> None:
    x = np.random.default_rng(seed).standard_normal((n, 4))
    labels = group(cosines(x @ x.T), 0.3)
    assert len(labels) == n and set(labels.tolist()) == set(range(int(labels.max(initial=-1)) + 1))
    assert (np.diff(np.bincount(labels)) <= 0).all()


def test_clear_groups_are_stable_and_chance_is_not() -> None:
    clear = blobs([10, 10, 10], 0.05)
    assert stability(clear, group(clear, 0.3), 0.3).min() > 0.95
    x = np.random.default_rng(0).standard_normal((40, 50))
    chance = cosines(x @ x.T)
    labels = group(chance, 0.05)
    large = np.bincount(labels) >= 4
    assert (stability(chance, labels, 0.05)[large] < 0.75).all() and large.any()


def test_stability_depends_on_the_seed_only() -> None:
    similarity = blobs([6, 6], 0.2)
    labels = group(similarity, 0.3)
    assert stability(similarity, labels, 0.3).tolist() == stability(similarity, labels, 0.3).tolist()


def test_two_things_are_divided_and_one_is_not() -> None:
    two = divide(blobs([8, 8], 0.08), 4)
    assert two is not None and two.apart < 0.2 and two.stability > 0.9
    assert sorted(np.bincount(two.labels).tolist()) == [8, 8]
    assert divide(blobs([7], 0.1), 4) is None
    one = divide(blobs([16], 0.08), 4)
    assert one is None or one.apart > 0.8


def test_similarity_of_nothing() -> None:
    assert cosines(np.zeros((2, 2))).tolist() == [[0.0, 0.0], [0.0, 0.0]]
    with pytest.raises(ValueError):
        group(np.zeros((2, 3)), 0.5)
