from __future__ import annotations

import numpy as np
import pytest

from pipeline.gaussian import along, gaussian_kernel, principal_axes, weighted_sums


def test_axes_are_those_along_which_vectors_vary() -> None:
    rng = np.random.default_rng(0)
    plane = np.linalg.qr(rng.normal(size=(10, 2)))[0]
    dense = rng.normal(size=(40, 2)) @ plane.T
    axes = principal_axes(dense)
    assert axes.shape == (10, 2)
    assert dense @ axes @ axes.T == pytest.approx(dense, abs=1e-5)


def test_no_vectors_have_no_axes_and_few_texts_no_more_axes_than_texts() -> None:
    assert principal_axes(np.zeros((5, 0))).shape == (0, 0)
    assert principal_axes(np.zeros((0, 4))).shape == (4, 0)
    assert principal_axes(np.zeros((5, 4))).shape == (4, 0)
    assert principal_axes(np.random.default_rng(0).normal(size=(3, 8))).shape == (8, 3)


def test_a_text_without_a_vector_is_far_from_all() -> None:
    axes = np.eye(3, dtype=np.float32)
    vectors = along(np.array([[2.0, 0, 0], [0, 0, 0]]), axes)
    assert vectors.tolist() == [[1, 0, 0], [0, 0, 0]]
    assert gaussian_kernel(vectors, vectors[:1]).ravel() == pytest.approx([1.0, np.exp(-3.0)])


def test_sums_over_many_rows_are_those_of_the_whole_kernel() -> None:
    rng = np.random.default_rng(1)
    a, b = (along(rng.normal(size=(n, 6)), np.eye(6, dtype=np.float32)) for n in (1100, 30))
    coefficients = rng.normal(size=(30, 4)).astype(np.float32)
    expected = np.exp(3 * (a.astype(float) @ b.T.astype(float) - 1)) @ coefficients
    assert weighted_sums(a, b, coefficients) == pytest.approx(expected, abs=1e-4)
