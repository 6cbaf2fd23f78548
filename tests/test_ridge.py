from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.features import TextVectors
from pipeline.gaussian import along, principal_axes
from pipeline.ridge import RidgeExpert


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 1000), st.integers(12, 40), st.sampled_from([0.0, 1.0, 2.0]))
def test_closed_form_leave_out_equals_a_refit(seed: int, n: int, gaussian: float) -> None:
    rng = np.random.default_rng(seed)
    X = TextVectors(sp.random(n, 50, 0.2, "csr", random_state=seed), rng.normal(size=(n, 6)))
    targets = np.eye(4)[rng.integers(0, 4, n)]
    weights = rng.uniform(0.5, 3, n)
    groups = np.array_split(rng.permutation(n)[: n - 3], 5)  # in any order; three rows are in none
    axes = principal_axes(X.dense)
    ridge = RidgeExpert(1.5, gaussian)
    held_out = ridge.fit_leaving_out(X, targets, ridge.invert(X, weights, axes), groups)
    near = along(X.dense, axes).astype(float)
    kernel = X.dot(X) + 0.1 + gaussian * np.exp(3 * (near @ near.T - 1))
    for group in groups:
        kept = np.setdiff1d(np.arange(n), group)
        solved = np.linalg.solve(kernel[np.ix_(kept, kept)] + 1.5 * np.diag(1 / weights[kept]), targets[kept])
        assert np.abs(kernel[np.ix_(group, kept)] @ solved - held_out[group]).max() < 1e-9
        # Coefficients are stored in single precision.
        refit = RidgeExpert(1.5, gaussian).fit(X[kept], targets[kept], weights[kept], axes)
        assert refit.decision_function(X[group]) == pytest.approx(held_out[group], abs=1e-5)
    assert np.isnan(held_out[np.setdiff1d(np.arange(n), np.concatenate(groups))]).all()


def test_many_texts_in_single_precision_say_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    n = 400
    X = TextVectors(sp.random(n, 50, 0.2, "csr", random_state=0), rng.normal(size=(n, 6)))
    targets, weights = np.eye(4)[rng.integers(0, 4, n)], rng.uniform(0.5, 3, n)
    groups, axes = [np.array([i]) for i in range(n)], principal_axes(X.dense)
    double, single = RidgeExpert(), RidgeExpert()
    expected = double.fit_leaving_out(X, targets, double.invert(X, weights, axes), groups)
    monkeypatch.setattr("pipeline.ridge._MOST_IN_DOUBLE", n - 1)
    found = single.fit_leaving_out(X, targets, single.invert(X, weights, axes), groups)
    assert 0 < np.abs(found - expected).max() < 1e-3
    assert single.decision_function(X) == pytest.approx(double.decision_function(X), abs=1e-3)


@pytest.mark.parametrize("gaussian", [0.0, 1.0])
def test_the_first_texts_of_an_inverse_are_learned_as_if_they_were_alone(gaussian: float) -> None:
    rng = np.random.default_rng(7)
    X = TextVectors(sp.random(30, 20, 0.3, "csr", random_state=7), rng.normal(size=(30, 6)))
    targets, weights, axes = rng.uniform(size=(18, 3)), rng.uniform(0.5, 3, 30), principal_axes(X.dense)
    groups = [np.array([2, 17, 5]), np.array([0])]
    shared, own = RidgeExpert(gaussian=gaussian), RidgeExpert(gaussian=gaussian)
    first = shared.fit_leaving_out(X[:18], targets, shared.invert(X, weights, axes).first(18), groups)
    alone = own.fit_leaving_out(X[:18], targets, own.invert(X[:18], weights[:18], axes), groups)
    assert first == pytest.approx(alone, abs=1e-12, nan_ok=True)
    assert shared.decision_function(X) == pytest.approx(own.decision_function(X), abs=1e-6)
    assert len(shared.landmarks_) == (18 if gaussian else 0)


@pytest.mark.parametrize("gaussian", [0.0, 1.0])
def test_one_expert_with_the_columns_of_two_says_what_each_of_them_says(gaussian: float) -> None:
    rng = np.random.default_rng(4)
    X = TextVectors(sp.random(30, 20, 0.3, "csr", random_state=4), rng.normal(size=(30, 6)))
    targets, weights, axes = np.eye(3)[rng.integers(0, 3, 30)], np.ones(30), principal_axes(X.dense)
    every = RidgeExpert(gaussian=gaussian).fit(X, targets, weights, axes)
    first = RidgeExpert(gaussian=gaussian).fit(X[:18], targets[:18], weights[:18], axes)
    new = TextVectors(sp.random(5, 20, 0.3, "csr", random_state=5), rng.normal(size=(5, 6)))
    apart = np.hstack([every.decision_function(new), first.decision_function(new)])
    assert every.beside(first).decision_function(new) == pytest.approx(apart, abs=1e-6)
