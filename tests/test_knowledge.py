from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from pipeline.classifier import texts_of_nodes
from pipeline.features import TextVectors
from pipeline.knowledge import Authored, fit_items, lessons_of, log_probabilities
from pipeline.ridge import RidgeExpert

ITEMS = 3


def _texts(n: int, seed: int) -> tuple[TextVectors, np.ndarray]:
    """Texts of three items, about a place of their own each, and of no item about another."""
    rng = np.random.default_rng(seed)
    item = rng.integers(0, ITEMS + 1, n)
    dense = np.eye(6)[item] + 0.1 * rng.normal(size=(n, 6))
    return TextVectors(sp.csr_matrix(np.eye(8)[rng.integers(0, 8, n)] * 0.3), dense), item


def _authored(n: int = 40, author: int = 0) -> Authored:
    vectors, item = _texts(n, 1)
    return Authored(vectors, item, np.arange(n) % 2 + author, np.ones(n), np.eye(ITEMS + 1)[item])


def test_coded_opinions_come_after_authored_texts_and_are_left_out_by_group() -> None:
    X, gold = _texts(5, 2)
    gold = gold % ITEMS
    lessons = lessons_of(X, gold, np.array([0, 1, 1, 2, 2]), _authored(), 3.0)
    assert len(lessons.vectors) == 45
    assert lessons.item[40:].tolist() == gold.tolist()
    assert lessons.weight[[0, 44]].tolist() == [1.0, 3.0]
    assert lessons.said.tolist() == [0.0] * 40 + [1.0] * 5
    assert [g.tolist() for g in lessons.left_out[2:]] == [[40], [41, 42], [43, 44]]
    assert sorted(np.concatenate(lessons.left_out).tolist()) == list(range(45))


def test_without_authors_there_is_nobody_else_to_sound_like() -> None:
    X, gold = _texts(5, 2)
    plan = Authored(X, gold % ITEMS, np.full(5, -1), np.ones(5), np.eye(ITEMS + 1)[gold % ITEMS])
    lessons = lessons_of(X, gold % ITEMS, np.arange(5), plan, 1.0)
    assert not lessons.said.any()
    assert len(lessons.left_out) == 5


def test_scores_are_those_of_a_model_that_never_saw_the_author() -> None:
    authored = _authored()
    X, gold = _texts(12, 3)
    lessons = lessons_of(X, gold % ITEMS, np.arange(12), authored, 1.0)
    ridge = RidgeExpert()
    inverse = ridge.invert(lessons.vectors, lessons.weight, lessons.axes)
    learned = fit_items(ridge, lessons, inverse, ITEMS + 1, with_voice=True)
    kept = np.setdiff1d(np.arange(52), lessons.left_out[0])
    targets = np.column_stack([np.eye(ITEMS + 1)[lessons.item], lessons.said])
    again = RidgeExpert().fit(lessons.vectors[kept], targets[kept], lessons.weight[kept], lessons.axes)
    own = lessons.left_out[0]
    assert learned.scores[own] == pytest.approx(again.decision_function(lessons.vectors[own]), abs=1e-5)
    inside = lessons.item < ITEMS
    assert (learned.scores[inside, :ITEMS].argmax(axis=1) == lessons.item[inside]).mean() > 0.8


def test_no_item_is_next_to_impossible_where_nothing_taught_it() -> None:
    scores = np.array([[1.0, 0.0, 5.0], [np.nan] * 3])
    known, unknown = log_probabilities(scores, 1.0, True), log_probabilities(scores, 1.0, False)
    assert np.exp(known[0]).sum() == pytest.approx(1.0)
    assert known[0].argmax() == 2
    assert np.exp(unknown[0]) == pytest.approx([np.e / (1 + np.e), 1 / (1 + np.e), 1e-9])
    assert np.isnan(known[1]).all()
    assert scores[0].tolist() == [1.0, 0.0, 5.0]


def test_a_node_speaks_with_the_words_of_the_texts_below_it() -> None:
    parents = [("G1", ""), ("G1-1", "G1"), ("G1-2", "G1")]
    nodes = np.array([[2.0, 0, 0], [0, 1, 0], [0, 0, 0]])
    written = np.array([[0.0, 0, 3], [0, 0, 5], [0, 4, 0]])
    mixed = texts_of_nodes(parents, nodes, written, np.array([0, 0, 2]), 0.5)
    # The third text is of no item; the second item has no texts and no words of its own.
    assert mixed.tolist() == [[0.5, 0, 0.5], [0, 0.5, 0.5], [0, 0, 0]]
