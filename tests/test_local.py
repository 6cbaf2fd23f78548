"""The local expert: what is held out, which terms it reads, and cosines without dense terms."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from pipeline import local as module
from pipeline.classifier import ShrinkageCentroidClassifier
from pipeline.features import TextVectors
from pipeline.knowledge import Authored
from pipeline.local import LocalExpert, Paraphrases

PARENTS = [("G", ""), *((f"G-{i}", "G") for i in range(3))]
ITEMS = 3
TERMS = 12


def _vectors(n: int, seed: int, terms: range = range(TERMS)) -> TextVectors:
    """Texts of some of the terms, and of sentence vectors."""
    rng = np.random.default_rng(seed)
    weights = np.zeros((n, TERMS))
    weights[:, terms] = rng.random((n, len(terms))) * (rng.random((n, len(terms))) < 0.6)
    return TextVectors(sp.csr_matrix(weights), rng.normal(size=(n, 4)))


def _authored(authors: list[int], seed: int = 3) -> Authored:
    n = len(authors)
    item = np.arange(n) % ITEMS
    return Authored(_vectors(n, seed), item, np.array(authors), np.ones(n), np.eye(ITEMS + 1)[item])


def _fit(authored: Authored) -> tuple[LocalExpert, np.ndarray, np.ndarray]:
    expert = LocalExpert(ShrinkageCentroidClassifier(PARENTS), 0.5)
    codes = [f"G-{i % ITEMS}" for i in range(7)]
    coded, nodes = _vectors(7, 1, range(8)), _vectors(len(PARENTS), 2, range(6, 10))
    return expert, *expert.fit_leaving_out(coded, codes, np.arange(7), nodes, authored)


def test_the_cosine_is_that_of_the_terms_it_reads_and_the_sentence_vectors() -> None:
    expert, _, _ = _fit(_authored([0, 1, 0, 1, 0, 1]))
    new = _vectors(9, 5)
    assert expert.terms_.tolist() == list(
        range(10)
    )  # the last two stand in no opinion and nowhere in the plan
    dense = expert.classifier_.decision_function(new.columns(expert.terms_))
    assert expert.decision_function(new) == pytest.approx(dense, abs=1e-6)
    assert expert.classifier_.centroids_.dtype == np.float32  # as it is stored


def test_too_many_terms_leave_the_heaviest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_TERMS", 4)
    expert, _, _ = _fit(_authored([0, 1, 0]))
    texts = sp.vstack([_vectors(7, 1, range(8)).terms, _vectors(len(PARENTS), 2, range(6, 10)).terms])
    weight = texts.toarray().sum(axis=0)
    assert expert.terms_.tolist() == sorted(np.argsort(-weight)[:4].tolist())


def test_authored_texts_are_judged_without_their_author() -> None:
    authors = [0, 1, 1, 0, -1, 1, 0, 1, 0]
    authored = _authored(authors)
    _, _, scores = _fit(authored)
    author = np.array(authors)
    for who in (0, 1):
        own, rest = author == who, author != who
        others = Authored(
            authored.vectors[rest],
            authored.item[rest],
            author[rest],
            np.ones(int(rest.sum())),
            authored.shares[rest],
        )
        expert, _, _ = _fit(others)
        assert scores[own] == pytest.approx(expert.decision_function(authored.vectors[own]), abs=1e-6)
    # The plan's own words are never held out.
    assert np.isnan(scores[author == -1]).all()


def test_paraphrases_teach_as_one_opinion_more_and_leave_with_their_opinion() -> None:
    rng = np.random.default_rng(4)
    coded, nodes, authored = _vectors(7, 1, range(8)), _vectors(len(PARENTS), 2), _authored([0, 1, 0])
    codes, groups = [f"G-{i % ITEMS}" for i in range(7)], np.array([0, 1, 2, 3, 4, 0, 6])
    said = Paraphrases(_vectors(6, 8), np.array([5, 2, 5, 3, 2, 5]))
    expert = LocalExpert(ShrinkageCentroidClassifier(PARENTS), 0.5)
    held_out, _ = expert.fit_leaving_out(coded, codes, groups, nodes, authored, said)
    assert held_out.shape == (7, ITEMS)
    for group in np.unique(groups):
        out = groups == group
        kept = np.flatnonzero(~out)
        left = np.isin(said.opinion, kept)
        rest = Paraphrases(said.vectors[left], np.searchsorted(kept, said.opinion[left]))
        without = LocalExpert(ShrinkageCentroidClassifier(PARENTS), 0.5)
        without.fit_leaving_out(
            coded[kept], [codes[i] for i in kept], groups[kept], nodes, authored, rest if left.any() else None
        )
        # Every term stands in the plan, so that all read the same ones.
        assert without.terms_.tolist() == expert.terms_.tolist()
        assert held_out[out] == pytest.approx(without.decision_function(coded[out]), abs=1e-6)
    # As if the mean of an opinion's paraphrases had been coded too.
    columns = said.vectors.columns(expert.terms_)
    columns /= np.linalg.norm(columns, axis=1, keepdims=True)
    means = np.array([columns[said.opinion == i].mean(axis=0) for i in (2, 3, 5)])
    plain = ShrinkageCentroidClassifier(PARENTS).fit(
        np.vstack([coded.columns(expert.terms_), means]),
        [*codes, codes[2], codes[3], codes[5]],
        expert.classifier_.texts_.astype(np.float64),
    )
    new = _vectors(5, int(rng.integers(100)))
    assert expert.decision_function(new) == pytest.approx(
        plain.decision_function(new.columns(expert.terms_)), abs=1e-6
    )
