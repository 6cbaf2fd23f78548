"""Two experts, one prediction: how this city's staff code, and what the items of the plan mean.

The local expert (shrinkage centroids) knows the coded opinions; the knowledge expert (ridge regression) knows
the definitions, the example bank and, with their own weight, the coded opinions. A gate combines them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from pipeline.classifier import ShrinkageCentroidClassifier, softmax, texts_of_nodes
from pipeline.features import TextVectors, stack
from pipeline.gate import Evidence
from pipeline.knowledge import Authored, fit_items, lessons_of, log_probabilities
from pipeline.mixing import ENOUGH_OPINIONS, Mixing, learn_mixing
from pipeline.outside import fit_outside, outside_score
from pipeline.ridge import RidgeExpert

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_LOCAL_TERMS = 2000
_FLOOR = 1e-9
# A voice is a matter of all words together, and a glance one of words alone: linear, and shrunk more than what
# an item is about (decision 0011).
_LINEAR_PENALTY = 2.0


@dataclass(frozen=True)
class Prediction:
    """What the classifier says of n texts.

    items : (n, items) probability of each item, given that the text is about the plan; rows sum to 1
    outside : (n,) score of being about no item, 0 to 1
    nearness : (n,) similarity to the nearest coded opinion, 0 without any
    """

    items: Floats
    outside: Floats
    nearness: Floats


class OpinionClassifier(BaseEstimator):
    """The mixture of the local and the knowledge expert.

    Parameters
    ----------
    parents
        (code, parent) of every node of the plan, parents before children.
    shrink_top, shrink_inner, shrink_item, text_inner, text_item
        See `ShrinkageCentroidClassifier`.
    bank_share
        How much of a node's own text is the mean of its authored texts, the rest being its title and notes.
    penalty, gaussian
        See `RidgeExpert`.
    coded_weight
        How many authored texts one coded opinion counts for in the knowledge expert.
    authored_total
        How many coded opinions all authored texts together count for when the gate is learned.

    Attributes
    ----------
    classes_ : codes of the items, in plan order
    held_out_ : (n, items) probabilities of the coded opinions, each from a model that never saw it or its
        near-duplicates (experts exact, gate and confidence by folds)
    held_out_outside_, held_out_nearness_ : (n,) the same for `outside` and `nearness`
    temperature_, label_noise_ : see `confidence.probabilities`
    outside_limit_ : score from which a text is suspected to be about no item
    """

    def __init__(
        self,
        parents: Sequence[tuple[str, str]] = (),
        shrink_top: float = 0.0,
        shrink_inner: float = 1.0,
        shrink_item: float = 0.5,
        text_inner: float = 1.0,
        text_item: float = 0.5,
        bank_share: float = 0.5,
        penalty: float = 1.0,
        gaussian: float = 1.0,
        coded_weight: float = 1.0,
        authored_total: float = 25.0,
    ) -> None:
        self.parents = parents
        self.shrink_top = shrink_top
        self.shrink_inner = shrink_inner
        self.shrink_item = shrink_item
        self.text_inner = text_inner
        self.text_item = text_item
        self.bank_share = bank_share
        self.penalty = penalty
        self.gaussian = gaussian
        self.coded_weight = coded_weight
        self.authored_total = authored_total

    # -- fitting -------------------------------------------------------------------------------

    def fit(
        self, X: TextVectors, codes: Sequence[str], groups: Ints, node_X: TextVectors, authored: Authored
    ) -> OpinionClassifier:
        """Learn both experts and the gate.

        Parameters
        ----------
        X : n vectors of coded opinions, one row a label; n may be 0
        codes : n codes, of items or nodes above them
        groups : (n,) rows of one group are left out together (near-duplicates)
        node_X : vectors of the nodes' own texts, in the order of `parents`
        authored : authored texts; may be empty when n is not
        """
        inner = {p for _, p in self.parents}
        self.classes_ = np.array([c for c, _ in self.parents if c not in inner])
        column = {c: i for i, c in enumerate(self.classes_.tolist())}
        gold = np.array([column.get(c, -1) for c in codes], dtype=np.int64)
        self._choose_terms(X, node_X)
        nearness = X.nearest(X, (groups, groups))
        local, local_authored = self._fit_local(X, codes, groups, node_X, authored)
        (knowledge, voice), (known, voice_authored) = self._fit_knowledge(X, gold, groups, authored)
        near_authored = authored.vectors.nearest(X)
        coded = Evidence(local, _items(knowledge), nearness, voice)
        written = Evidence(local_authored, _items(known), near_authored, voice_authored)
        self._fit_mixing(coded, gold, groups, written, authored.item)
        self._fit_outside(knowledge, nearness, known, near_authored, authored.item)
        return self

    def _choose_terms(self, X: TextVectors, node_X: TextVectors) -> None:
        """The local expert needs only terms that coded opinions or the plan use, the heaviest if too many."""
        used = np.asarray(abs(stack([X, node_X]).terms).sum(axis=0)).ravel()
        heaviest = np.argsort(-used, kind="stable")[:_LOCAL_TERMS]
        self.terms_ = np.sort(heaviest[used[heaviest] > 0]).astype(np.int64)

    def _local(self) -> ShrinkageCentroidClassifier:
        return ShrinkageCentroidClassifier(
            self.parents,
            shrink_top=self.shrink_top,
            shrink_inner=self.shrink_inner,
            shrink_item=self.shrink_item,
            text_inner=self.text_inner,
            text_item=self.text_item,
        )

    def _fit_local(
        self, X: TextVectors, codes: Sequence[str], groups: Ints, node_X: TextVectors, authored: Authored
    ) -> tuple[Floats, Floats]:
        """Fit the local expert; return its scores of coded and of authored texts, each held out."""
        vectors, nodes = X.columns(self.terms_), node_X.columns(self.terms_)
        written = authored.vectors.columns(self.terms_)
        self.local_ = self._local().fit(vectors, codes, self._node_texts(nodes, written, authored.item))
        held_out = self.local_.leave_one_out_scores(vectors, codes, groups)
        # As stored (half the size), so that a loaded model is the trained one.
        for name in ("texts_", "sums_", "centroids_"):
            setattr(self.local_, name, getattr(self.local_, name).astype(np.float32))
        authored_scores = np.full((len(authored.item), len(self.classes_)), np.nan)
        for author in np.unique(authored.author[authored.author >= 0]):
            own = authored.author == author
            texts = self._node_texts(nodes, written[~own], authored.item[~own])
            authored_scores[own] = self._local().fit(vectors, codes, texts).decision_function(written[own])
        return held_out, authored_scores

    def _node_texts(self, nodes: Floats, written: Floats, item: Ints) -> Floats:
        return texts_of_nodes(self.parents, nodes, written, item, self.bank_share)

    def _fit_knowledge(
        self, X: TextVectors, gold: Ints, groups: Ints, authored: Authored
    ) -> tuple[tuple[Floats, Floats], tuple[Floats, Floats]]:
        """Fit the knowledge expert, and beside it a linear one for voices and first glances.

        Returns log-probabilities (texts, items + 1) and voice (texts,) of coded and of authored texts, held out.
        """
        coded = np.flatnonzero(gold >= 0)
        n, classes = len(authored.item), len(self.classes_) + 1
        lessons = lessons_of(X[coded], gold[coded], groups[coded], authored, self.coded_weight)
        self.has_outside_ = bool((authored.item == len(self.classes_)).any())
        expert = fit_items(RidgeExpert(self.penalty, self.gaussian), lessons, classes)
        self.knowledge_, self.knowledge_temperature_ = expert.ridge, expert.temperature
        logs = self._log_probabilities(expert.scores)
        linear = fit_items(RidgeExpert(_LINEAR_PENALTY, gaussian=0.0), lessons, classes, with_voice=True)
        self.linear_, self.glance_temperature_ = linear.ridge, linear.temperature
        voice = linear.scores[:, -1]
        held_out, coded_voice = np.full((len(X), classes), -np.log(classes)), np.zeros(len(X))
        held_out[coded], coded_voice[coded] = logs[n:], voice[n:]
        return (held_out, coded_voice), (logs[:n], voice[:n])

    def _log_probabilities(self, scores: Floats) -> Floats:
        """Return log-probabilities (n, items + 1) of the scores (n, items + 1)."""
        return log_probabilities(scores, self.knowledge_temperature_, self.has_outside_)

    def _fit_mixing(self, coded: Evidence, gold: Ints, groups: Ints, written: Evidence, item: Ints) -> None:
        """Learn the gate and the confidence; opinions coded above the items have no say in it."""
        judged = np.flatnonzero(gold >= 0)
        inside = np.flatnonzero((item < len(self.classes_)) & ~np.isnan(written.local[:, 0]))
        mixing, held_out = learn_mixing(
            coded[judged], gold[judged], groups[judged], written[inside], item[inside], self.authored_total
        )
        self.gate_, self.near_scale_, self.voice_scale_ = mixing.gate, mixing.nearness, mixing.voice
        self.temperature_, self.label_noise_ = mixing.temperature, mixing.label_noise
        self.held_out_ = np.full((len(gold), len(self.classes_)), 1.0 / len(self.classes_), np.float32)
        self.held_out_[judged] = held_out
        self.held_out_nearness_ = coded.nearness.astype(np.float32)

    @property
    def mixing_(self) -> Mixing:
        """How the experts are combined."""
        return Mixing(self.gate_, self.near_scale_, self.voice_scale_, self.temperature_, self.label_noise_)

    def _fit_outside(
        self, knowledge: Floats, nearness: Floats, written: Floats, near_written: Floats, item: Ints
    ) -> None:
        """Learn to tell comments of no item from those of the plan."""
        known = ~np.isnan(written[:, 0])
        self.outside_weights_, self.outside_limit_ = fit_outside(
            (knowledge, nearness),
            (written[known], near_written[known]),
            item[known] == len(self.classes_),
            ENOUGH_OPINIONS,
        )
        self.held_out_outside_ = outside_score(self.outside_weights_, knowledge, nearness).astype(np.float32)

    def _voice(self, X: TextVectors) -> Floats:
        """Return how much texts sound like coded opinions (n,), 0 to 1 and a little beyond."""
        linear = self.linear_
        voice = X.scores(linear.term_weights_[:, -1], linear.dense_weights_[:, -1]) + linear.intercept_[-1]
        return np.asarray(voice)

    def glance(self, terms: sp.csr_matrix) -> Floats:
        """Return probabilities of the items (n, items) by the words alone, as a linear expert sees them.

        Parameters
        ----------
        terms : (n, terms) see `Features.term_vectors`; rows of zeros are taken to say nothing
        """
        length = np.sqrt(np.asarray(terms.multiply(terms).sum(axis=1)))
        scores = (terms @ self.linear_.term_weights_)[:, : len(self.classes_)] / np.maximum(length, _FLOOR)
        return softmax(np.asarray(scores, dtype=np.float64) / self.glance_temperature_)

    def _local_scores(self, X: TextVectors) -> Floats:
        """Return the cosines of `local_.decision_function` without making the terms dense."""
        if getattr(self, "_weights_of", None) is not self.local_:
            centroids = self.local_.centroids_[self.local_.items_].astype(np.float64)
            unit = centroids / np.maximum(np.linalg.norm(centroids, axis=1, keepdims=True), 1e-300)
            weights = np.zeros((X.terms.shape[1], len(unit)))
            weights[self.terms_] = unit[:, : len(self.terms_)].T
            kept = np.zeros(X.terms.shape[1])
            kept[self.terms_] = 1.0
            # Not learned: rebuilt on first use after loading, and never stored with the model.
            self._weights_of, self._weights, self._kept = (
                self.local_,
                (weights, unit[:, len(self.terms_) :].T),
                kept,
            )
        squares = X.terms.multiply(X.terms) @ self._kept + np.einsum("ij,ij->i", X.dense, X.dense)
        length = np.sqrt(np.where(squares > 0, squares, 1.0))
        return np.asarray((X.terms @ self._weights[0] + X.dense @ self._weights[1]) / length[:, None])

    def __getstate__(self) -> dict[str, object]:
        state: dict[str, object] = super().__getstate__()
        return {k: v for k, v in state.items() if k not in ("_weights_of", "_weights", "_kept")}

    # -- predicting ----------------------------------------------------------------------------

    def predict(self, X: TextVectors, similarity: Floats) -> Prediction:
        """Return what both experts together say of n texts.

        Parameters
        ----------
        X : n vectors
        similarity : (n, coded opinions) inner products with the vectors of the opinions learned from
        """
        nearness = similarity.max(axis=1) if similarity.shape[1] else np.zeros(len(X))
        knowledge = self._log_probabilities(self.knowledge_.decision_function(X))
        evidence = Evidence(self._local_scores(X), _items(knowledge), nearness, self._voice(X))
        return Prediction(
            self.mixing_.probabilities(evidence),
            outside_score(self.outside_weights_, knowledge, nearness),
            nearness,
        )


def _items(log_probabilities: Floats) -> Floats:
    """Drop the column of "no item"; what is left over is the same for every item and does not matter."""
    return log_probabilities[:, :-1]
