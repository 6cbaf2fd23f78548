"""Two experts, one prediction: how this city's staff code, and what the items of the plan mean.

The local expert (shrinkage centroids) knows the coded opinions; the knowledge expert (ridge regression) knows
the definitions, the example bank and, with their own weight, the coded opinions. A gate combines them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp
from sklearn.base import BaseEstimator

from pipeline.arrays import Floats, Ints
from pipeline.classifier import ShrinkageCentroidClassifier, softmax
from pipeline.features import TextVectors
from pipeline.gate import Evidence
from pipeline.knowledge import Authored, Knowledge, learn_knowledge, log_probabilities
from pipeline.local import LocalExpert, Paraphrases
from pipeline.mixing import ENOUGH_OPINIONS, Mixing, learn_mixing
from pipeline.outside import fit_outside, outside_score
from pipeline.profile import profiles, with_profile
from pipeline.ridge import RidgeExpert

_FLOOR = 1e-9


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
        See `LocalExpert`.
    profile
        Share that the profile of a text has in what the local expert sees of it (see `profile.py`).
    penalty, gaussian
        See `RidgeExpert`.
    coded_weight
        How many authored texts one coded opinion counts for in the knowledge expert.
    authored_total
        How many coded opinions all authored texts together count for when the gate is learned.

    Attributes
    ----------
    classes_ : codes of the items, in plan order
    knowledge_ : regression of items and "no item"; with a profile, as many columns more that no coded opinion taught
    profile_centre_ : (items,) see `profile_centre`; empty without a profile
    held_out_ : (n, items) probabilities of the coded opinions, each from a model that never saw it or its
        near-duplicates (scores of the experts exact, gate and confidence by folds; only the one temperature of the
        knowledge expert's scores is shared, see `Learned`)
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
        profile: float = 0.2,
        penalty: float = 1.0,
        gaussian: float = 1.0,
        coded_weight: float = 1.0,
        authored_total: float = 50.0,
    ) -> None:
        self.parents = parents
        self.shrink_top = shrink_top
        self.shrink_inner = shrink_inner
        self.shrink_item = shrink_item
        self.text_inner = text_inner
        self.text_item = text_item
        self.bank_share = bank_share
        self.profile = profile
        self.penalty = penalty
        self.gaussian = gaussian
        self.coded_weight = coded_weight
        self.authored_total = authored_total

    # -- fitting -------------------------------------------------------------------------------

    def fit(
        self,
        X: TextVectors,
        codes: Sequence[str],
        groups: Ints,
        node_X: TextVectors,
        authored: Authored,
        paraphrases: Paraphrases | None = None,
    ) -> OpinionClassifier:
        """Learn both experts and the gate.

        Parameters
        ----------
        X : n vectors of coded opinions, one row a label; n may be 0
        codes : n codes, of items or nodes above them
        groups : (n,) rows of one group are left out together (near-duplicates)
        node_X : vectors of the nodes' own texts, in the order of `parents`
        authored : authored texts; may be empty when n is not
        paraphrases : of the coded opinions; only the local expert learns from them
        """
        inner = {p for _, p in self.parents}
        self.classes_ = np.array([c for c, _ in self.parents if c not in inner])
        column = {c: i for i, c in enumerate(self.classes_.tolist())}
        gold = np.array([column.get(c, -1) for c in codes], dtype=np.int64)
        known = self._fit_knowledge(X, gold, groups, authored)
        seen, nodes = self.local_view(X), self.local_view(node_X)
        shown = replace(authored, vectors=self.local_view(authored.vectors, known.profiles))
        self.local_ = self._local()
        if paraphrases is not None:
            paraphrases = replace(paraphrases, vectors=self.local_view(paraphrases.vectors))
        local, local_authored = self.local_.fit_leaving_out(seen, codes, groups, nodes, shown, paraphrases)
        nearness = X.nearest(X, (groups, groups))
        near_authored = authored.vectors.nearest(X)
        coded = Evidence(local, _items(known.coded.logs), nearness, known.coded.voice)
        written = Evidence(local_authored, _items(known.written.logs), near_authored, known.written.voice)
        self._fit_mixing(coded, gold, groups, written, authored.item)
        self._fit_outside(known.coded.logs, nearness, known.written.logs, near_authored, authored.item)
        return self

    def _local(self) -> LocalExpert:
        centroids = ShrinkageCentroidClassifier(
            self.parents,
            shrink_top=self.shrink_top,
            shrink_inner=self.shrink_inner,
            shrink_item=self.shrink_item,
            text_inner=self.text_inner,
            text_item=self.text_item,
        )
        return LocalExpert(centroids, self.bank_share)

    def _fit_knowledge(self, X: TextVectors, gold: Ints, groups: Ints, authored: Authored) -> Knowledge:
        ridge = RidgeExpert(self.penalty, self.gaussian)
        known = learn_knowledge(
            ridge, X, gold, groups, authored, self.coded_weight, with_profile=self.profile > 0
        )
        self.has_outside_ = known.has_outside
        self.knowledge_, self.knowledge_temperature_ = known.ridge, known.temperature
        self.linear_, self.glance_temperature_ = known.linear, known.glance_temperature
        self.profile_centre_ = known.profile_centre
        return known

    def profiles_of(self, X: TextVectors, scores: Floats | None = None) -> Floats:
        """Return the profiles (n, items) of texts; no columns without a bank.

        Parameters
        ----------
        scores : what `knowledge_` says of the texts, if that is there already
        """
        items = len(self.profile_centre_)
        if not items:
            return np.zeros((len(X), 0))
        scores = self.knowledge_.decision_function(X) if scores is None else scores
        # The last columns are those that no coded opinion taught: with nothing coded, the only ones.
        return profiles(scores[:, -items - 1 : -1], self.profile_centre_)

    def local_view(self, X: TextVectors, profile: Floats | None = None) -> TextVectors:
        """Return the vectors that the local expert sees: those of the texts, and their profiles.

        Parameters
        ----------
        profile : what `profiles_of` says of the texts, if that is there already
        """
        return with_profile(X, self.profiles_of(X) if profile is None else profile, self.profile)

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

    # -- predicting ----------------------------------------------------------------------------

    def predict(self, X: TextVectors, similarity: Floats) -> Prediction:
        """Return what both experts together say of n texts.

        Parameters
        ----------
        X : n vectors
        similarity : (n, coded opinions) inner products with the vectors of the opinions learned from
        """
        nearness = similarity.max(axis=1) if similarity.shape[1] else np.zeros(len(X))
        scores = self.knowledge_.decision_function(X)
        knowledge = self._log_probabilities(scores[:, : len(self.classes_) + 1])
        local = self.local_.decision_function(self.local_view(X, self.profiles_of(X, scores)))
        evidence = Evidence(local, _items(knowledge), nearness, self._voice(X))
        return Prediction(
            self.mixing_.probabilities(evidence),
            outside_score(self.outside_weights_, knowledge, nearness),
            nearness,
        )


def _items(log_probabilities: Floats) -> Floats:
    """Drop the column of "no item"; what is left over is the same for every item and does not matter."""
    return log_probabilities[:, :-1]
