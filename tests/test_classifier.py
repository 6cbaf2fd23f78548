from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone

from pipeline.classifier import ShrinkageCentroidClassifier, choose_temperature, softmax

PARENTS = [
    ("A", ""),
    ("A1", "A"),
    ("A1a", "A1"),
    ("A1b", "A1"),
    ("A2", "A"),
    ("A2a", "A2"),
    ("B", ""),
    ("B1", "B"),
]
ITEMS = ["A1a", "A1b", "A2a", "B1"]
CODES = [c for c, _ in PARENTS]


def random_case(seed: int, n: int, codes: list[str]) -> tuple[np.ndarray, list[str], np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, 6)), [str(c) for c in rng.choice(codes, n)], rng.normal(size=(len(PARENTS), 6))


def test_the_formula_by_hand() -> None:
    texts = np.eye(8)
    x = np.array([[0, 0, 0, 0, 0, 0, 0, 1.0]])
    c = ShrinkageCentroidClassifier(PARENTS).fit(x, ["A1a"], texts)
    goal = (texts[0] + x[0]) / 2
    policy = (goal + texts[1] + x[0]) / 3
    item = (0.5 * policy + 0.5 * texts[2] + x[0]) / 2
    assert c.centroids_[:3] == pytest.approx(np.array([goal, policy, item]))
    # The top is drawn to the root, which is 0.
    drawn = clone(c).set_params(shrink_top=2.0, text_inner=3.0).fit(x, ["A1a"], texts)
    assert drawn.centroids_[0] == pytest.approx((3 * texts[0] + x[0]) / 6)
    assert drawn.centroids_[6] == pytest.approx(3 * texts[6] / 5)


@settings(deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 25), st.booleans())
def test_leave_one_out_equals_a_refit_without_the_opinion(seed: int, n: int, inner_codes: bool) -> None:
    X, y, texts = random_case(seed, n, CODES if inner_codes else ITEMS)
    c = ShrinkageCentroidClassifier(PARENTS).fit(X, y, texts)
    scores = c.leave_one_out_scores(X, y)
    for i in range(n):
        rest = [j for j in range(n) if j != i]
        refit = clone(c).fit(X[rest], [y[j] for j in rest], texts)
        assert scores[i] == pytest.approx(refit.decision_function(X[[i]])[0], abs=1e-9)


@settings(deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 15))
def test_groups_are_taken_out_together(seed: int, n: int) -> None:
    X, y, texts = random_case(seed, n, ITEMS)
    groups = np.random.default_rng(seed).integers(0, 3, n)
    c = ShrinkageCentroidClassifier(PARENTS).fit(X, y, texts)
    scores = c.leave_one_out_scores(X, y, groups)
    for g in set(groups.tolist()):
        out, rest = np.flatnonzero(groups == g), np.flatnonzero(groups != g)
        refit = clone(c).fit(X[rest], [y[j] for j in rest], texts)
        assert scores[out] == pytest.approx(refit.decision_function(X[out]), abs=1e-9)


def test_without_labels_it_matches_the_plans_words() -> None:
    texts = np.eye(8)
    c = ShrinkageCentroidClassifier(PARENTS).fit(np.empty((0, 8)), [], texts)
    assert c.predict(texts[[2, 3, 5, 7]]).tolist() == ITEMS


def test_with_many_labels_it_becomes_the_class_mean() -> None:
    X = np.repeat(np.eye(4), 500, axis=0)
    y = np.repeat(ITEMS, 500).tolist()
    c = ShrinkageCentroidClassifier(PARENTS).fit(X, y, np.zeros((8, 4)))
    cosine = c.decision_function(np.eye(4)).diagonal()
    assert (cosine > 0.999).all()


def test_sparse_and_dense_agree() -> None:
    X, y, texts = random_case(1, 12, ITEMS)
    dense = ShrinkageCentroidClassifier(PARENTS).fit(X, y, texts)
    sparse = ShrinkageCentroidClassifier(PARENTS).fit(sp.csr_matrix(X), y, sp.csr_matrix(texts))
    assert sparse.predict_proba(sp.csr_matrix(X)) == pytest.approx(dense.predict_proba(X))


def test_probabilities_sum_to_one_and_a_zero_row_is_undecided() -> None:
    X, y, texts = random_case(2, 12, ITEMS)
    c = ShrinkageCentroidClassifier(PARENTS).fit(X, y, texts)
    assert c.predict_proba(X).sum(axis=1) == pytest.approx(np.ones(12))
    assert c.predict_proba(np.zeros((1, 6)))[0] == pytest.approx(np.full(4, 0.25))


def test_temperature_minimises_log_loss() -> None:
    rng = np.random.default_rng(0)
    scores = rng.uniform(-1, 1, (200, 4))
    gold = np.array([rng.choice(4, p=p) for p in softmax(scores / 0.2)])
    best = choose_temperature(scores, gold)

    def loss(t: float) -> float:
        return float(-np.log(softmax(scores / t)[np.arange(200), gold]).mean())

    assert all(loss(best) <= loss(best * f) + 1e-9 for f in (0.5, 0.8, 0.95, 1.05, 1.25, 2))
    assert 0.1 < best < 0.4


def test_unknown_codes_and_wrong_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="not in the tree"):
        ShrinkageCentroidClassifier(PARENTS).fit(np.ones((1, 2)), ["X"])
    with pytest.raises(ValueError, match="2 vectors but 1"):
        ShrinkageCentroidClassifier(PARENTS).fit(np.ones((2, 2)), ["A1a"])


@pytest.mark.filterwarnings("error")
def test_without_texts_the_temperature_is_a_usual_one() -> None:
    assert 0.01 < choose_temperature(np.zeros((0, 5)), np.zeros(0, np.int64)) < 1.0
