"""The local expert: how this city's staff code. Shrinkage centroids of coded opinions, on the terms that these use."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.base import BaseEstimator

from pipeline.arrays import Floats, Ints
from pipeline.classifier import ShrinkageCentroidClassifier, texts_of_nodes, unit
from pipeline.features import TextVectors, stack
from pipeline.knowledge import Authored

_MOST_TERMS = 2000
_REBUILT = ("_weights_of", "_weights", "_kept")  # on first use after loading; never stored


@dataclass(frozen=True)
class Paraphrases:
    """Paraphrases of coded opinions (see `paraphrases.py`).

    vectors : n texts
    opinion : (n,) row of the coded opinion that each paraphrases
    """

    vectors: TextVectors
    opinion: Ints


class LocalExpert(BaseEstimator):
    """Centroids of coded opinions, drawn towards the plan's words and the authored texts.

    The mean of an opinion's paraphrases teaches as one opinion more, left out with it: one text alone is a chance
    wording of what was meant.

    Parameters
    ----------
    classifier
        What is to be fitted: an unfitted classifier with its knobs.
    bank_share
        How much of a node's own text is the mean of its authored texts, the rest being its title and notes.

    Attributes
    ----------
    classifier_ : the fitted classifier
    terms_ : columns of the terms that it uses
    """

    def __init__(self, classifier: ShrinkageCentroidClassifier, bank_share: float = 0.5) -> None:
        self.classifier = classifier
        self.bank_share = bank_share

    def fit_leaving_out(
        self,
        X: TextVectors,
        codes: Sequence[str],
        groups: Ints,
        node_X: TextVectors,
        authored: Authored,
        paraphrases: Paraphrases | None = None,
    ) -> tuple[Floats, Floats]:
        """Learn, and return the scores (n, items) of coded and (m, items) of authored texts, each held out.

        Parameters
        ----------
        X, codes, groups : n vectors of coded opinions, codes of items or nodes above them, and which rows are left
            out together; n may be 0
        node_X : vectors of the nodes' own texts, in plan order
        authored : m authored texts; held out by author, NaN for the plan's own words. Their profiles, if any, are by
            regressions that read the author's texts for other authors: only the gate sees these scores
        paraphrases : of the coded opinions, left out with them
        """
        self._choose_terms([X, node_X] if paraphrases is None else [X, node_X, paraphrases.vectors])
        vectors, nodes, written = (v.columns(self.terms_) for v in (X, node_X, authored.vectors))
        further, of = self._means(paraphrases)
        if len(of):
            vectors, codes = np.vstack([vectors, further]), [*codes, *(codes[i] for i in of)]
            groups = np.concatenate([groups, groups[of]])
        self.classifier_ = self._fitted(vectors, codes, self._node_texts(nodes, written, authored.item))
        held_out = self.classifier_.leave_one_out_scores(vectors, codes, groups)[: len(X)]
        # As stored (half the size), so that a loaded model is the trained one.
        for name in ("texts_", "sums_", "centroids_"):
            setattr(self.classifier_, name, getattr(self.classifier_, name).astype(np.float32))
        of_authored = np.full((len(authored.item), held_out.shape[1]), np.nan)
        for author in np.unique(authored.author[authored.author >= 0]):
            own = authored.author == author
            texts = self._node_texts(nodes, written[~own], authored.item[~own])
            of_authored[own] = self._fitted(vectors, codes, texts).decision_function(written[own])
        return held_out, of_authored

    def _means(self, paraphrases: Paraphrases | None) -> tuple[Floats, Ints]:
        """Return the mean (m, d) of the paraphrases of each of the m opinions that have any, and the opinions' rows."""
        if paraphrases is None:
            return np.zeros((0, 0)), np.zeros(0, np.int64)
        vectors = unit(paraphrases.vectors.columns(self.terms_))
        of = np.unique(paraphrases.opinion)
        means = [vectors[paraphrases.opinion == i].mean(axis=0) for i in of]
        return np.array(means), of

    def _choose_terms(self, seen: Sequence[TextVectors]) -> None:
        """Keep only terms that the texts use, the heaviest if too many."""
        used = np.asarray(abs(stack(seen).terms).sum(axis=0)).ravel()
        heaviest = np.argsort(-used, kind="stable")[:_MOST_TERMS]
        self.terms_ = np.sort(heaviest[used[heaviest] > 0]).astype(np.int64)

    def _fitted(self, vectors: Floats, codes: Sequence[str], texts: Floats) -> ShrinkageCentroidClassifier:
        return ShrinkageCentroidClassifier(**self.classifier.get_params()).fit(vectors, codes, texts)

    def _node_texts(self, nodes: Floats, written: Floats, item: Ints) -> Floats:
        return texts_of_nodes(self.classifier.parents, nodes, written, item, self.bank_share)

    def with_classifier(self, classifier: ShrinkageCentroidClassifier) -> LocalExpert:
        """Return a copy with another classifier, on the same terms."""
        other = copy.copy(self)
        other.classifier_ = classifier
        return other

    def decision_function(self, X: TextVectors) -> Floats:
        """Return the cosine of each text with each item's centroid, (n, items), without making the terms dense."""
        if getattr(self, "_weights_of", None) is not self.classifier_:
            self._prepare(X.terms.shape[1])
        squares = X.terms.multiply(X.terms) @ self._kept + np.einsum("ij,ij->i", X.dense, X.dense)
        length = np.sqrt(np.where(squares > 0, squares, 1.0))
        return np.asarray((X.terms @ self._weights[0] + X.dense @ self._weights[1]) / length[:, None])

    def _prepare(self, columns: int) -> None:
        centroids = self.classifier_.centroids_[self.classifier_.items_].astype(np.float64)
        unit = centroids / np.maximum(np.linalg.norm(centroids, axis=1, keepdims=True), 1e-300)
        weights = np.zeros((columns, len(unit)))
        weights[self.terms_] = unit[:, : len(self.terms_)].T
        kept = np.zeros(columns)
        kept[self.terms_] = 1.0
        self._weights, self._kept = (weights, unit[:, len(self.terms_) :].T), kept
        self._weights_of = self.classifier_

    def __getstate__(self) -> dict[str, object]:
        state: dict[str, object] = super().__getstate__()
        return {k: v for k, v in state.items() if k not in _REBUILT}
