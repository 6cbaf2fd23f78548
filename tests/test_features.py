"""Vectors of texts: a block of terms beside one of sentence vectors."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from pipeline.features import Features, TextVectors

TEXTS = ["バスの本数が少ない", "見守りをする人が足りない", "相談できる窓口がほしい"]


@pytest.mark.parametrize("n", [0, 1, 1023, 1024, 2500])
def test_products_are_those_of_whole_matrices(n: int) -> None:
    rng = np.random.default_rng(0)
    terms, few = (sp.random_array((k, 40), density=0.2, rng=rng, format="csr") for k in (n, 7))
    a = TextVectors(sp.csr_matrix(terms), rng.normal(size=(n, 3)))
    b = TextVectors(sp.csr_matrix(few), rng.normal(size=(7, 3)))
    whole = terms.toarray() @ few.toarray().T + a.dense @ b.dense.T
    assert a.dot(b).shape == (n, 7)
    assert np.allclose(a.dot(b), whole, atol=1e-12)


def test_single_precision_is_nearly_the_same() -> None:
    rng = np.random.default_rng(1)
    a = TextVectors(
        sp.csr_matrix(sp.random_array((1500, 40), density=0.2, rng=rng)), rng.normal(size=(1500, 3))
    )
    single = a.dot(a, np.float32)
    assert single.dtype == np.float32
    assert np.allclose(single, a.dot(a), atol=1e-4)


@pytest.mark.parametrize("n", [0, 1, 1500])
def test_the_nearest_text_is_of_another_group(n: int) -> None:
    rng = np.random.default_rng(2)
    groups = rng.integers(0, max(1, n // 2), n)
    a = TextVectors(sp.csr_matrix((n, 0)), rng.normal(size=(n, 3)))
    products = a.dense @ a.dense.T
    assert np.allclose(a.nearest(a), products.max(axis=1, initial=0))
    products[groups[:, None] == groups[None, :]] = 0
    assert np.allclose(a.nearest(a, (groups, groups)), products.max(axis=1, initial=0))
    assert (a.nearest(a[:0]) == 0).all()


def test_vectors_of_terms_that_are_there_already_are_used() -> None:
    features = Features({"lexical": 0.4, "use": 0.6}).fit(TEXTS, TEXTS)
    terms = features.term_vectors(TEXTS)
    once, again = features.transform(TEXTS), features.transform(TEXTS, terms=terms)
    assert again.terms is terms
    assert abs(once.terms - again.terms).max() == 0
    assert (once.dense == again.dense).all()


def test_without_words_there_are_no_terms() -> None:
    features = Features({"use": 1.0}).fit(TEXTS, TEXTS)
    assert features.term_vectors(TEXTS).shape == (3, 0)
    assert features.transform(TEXTS).terms.shape == (3, 0)
