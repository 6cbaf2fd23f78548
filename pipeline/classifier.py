"""The few-shot hierarchical classifier: shrinkage centroids over the tree of a plan, with exact leave-one-out.

It knows vectors and codes only: no texts, files or tables.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize_scalar
from scipy.special import logsumexp
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from pipeline.arrays import Floats, Ints

_USUAL_TEMPERATURE = 0.075
Matrix = Any  # scipy.sparse.csr_matrix (which has no types) or a float array, (rows, d)


class ShrinkageCentroidClassifier(ClassifierMixin, BaseEstimator):
    """Centroids of a tree's nodes, each drawn towards its own text and its parent's centroid.

    For each node n with parent p, text vector t and labelled opinions D(n) anywhere below it::

        w_n = (λ · w_p + κ · t_n + Σ_{i in D(n)} x_i) / (λ + κ + |D(n)|)

    The score of an item is cos(w_item, x); its probability is softmax(score / temperature). With no labels
    this is matching to the plan's words; with few it borrows from policy and goal; with many it becomes the
    class mean. After McCallum et al. 1998 (shrinkage in a hierarchy of classes) and Tibshirani et al. 2002
    (shrunken centroids).

    Parameters
    ----------
    parents
        (code, parent) of every node, parents before children, '' for the top; leaves are the items.
    shrink_top, shrink_inner, shrink_item
        λ for nodes at the top, between, and for items.
    text_inner, text_item
        κ for nodes above items, and for items.
    temperature
        Sharpness of the probabilities; chosen by `choose_temperature` on leave-one-out scores.

    Attributes
    ----------
    classes_ : array of the items' codes, in plan order
    sums_, counts_ : (nodes, d) and (nodes,) sum and number of the opinions at or below each node
    centroids_ : (nodes, d) the w_n
    """

    def __init__(
        self,
        parents: Sequence[tuple[str, str]] = (),
        shrink_top: float = 0.0,
        shrink_inner: float = 1.0,
        shrink_item: float = 0.5,
        text_inner: float = 1.0,
        text_item: float = 0.5,
        temperature: float = 0.1,
    ) -> None:
        self.parents = parents
        self.shrink_top = shrink_top
        self.shrink_inner = shrink_inner
        self.shrink_item = shrink_item
        self.text_inner = text_inner
        self.text_item = text_item
        self.temperature = temperature

    # -- fitting -------------------------------------------------------------------------------

    def fit(self, X: Matrix, y: Sequence[str], node_X: Matrix | None = None) -> ShrinkageCentroidClassifier:
        """Learn the centroids.

        Parameters
        ----------
        X : (n, d) vectors of the labelled opinions; n may be 0
        y : n codes, of items or of nodes above them
        node_X : (nodes, d) vectors of the nodes' own texts, in the order of `parents`

        Raises
        ------
        ValueError
            for a code that is not in `parents`, or shapes that do not fit.
        """
        codes = [c for c, _ in self.parents]
        self._index_tree(codes)
        unknown = sorted(set(y) - set(codes))
        if unknown:
            raise ValueError(f"codes that are not in the tree: {unknown}")
        if X.shape[0] != len(y):
            raise ValueError(f"{X.shape[0]} vectors but {len(y)} codes")
        at = np.array([codes.index(c) for c in y], dtype=np.int64)
        self.n_features_in_ = X.shape[1]
        texts = np.zeros((len(codes), X.shape[1])) if node_X is None else _dense(unit(node_X))
        self.texts_ = texts * (texts.any(axis=1, keepdims=True))
        self.sums_ = _dense(self.above_[at].T @ unit(X)) if len(y) else np.zeros_like(texts)
        self.counts_ = np.asarray(self.above_[at].sum(axis=0), dtype=np.float64).ravel()
        self.centroids_ = self._centroids(self.sums_, self.counts_)
        return self

    def _index_tree(self, codes: list[str]) -> None:
        index = {c: i for i, c in enumerate(codes)}
        self.parent_ = np.array([index[p] if p else -1 for _, p in self.parents], dtype=np.int64)
        inner = set(self.parent_.tolist())
        self.items_ = np.array([i for i in range(len(codes)) if i not in inner], dtype=np.int64)
        self.classes_ = np.array([codes[i] for i in self.items_])
        # above_[i, j] = 1 where node j is i or lies above it.
        above = np.eye(len(codes))
        for i, parent in enumerate(self.parent_):
            if parent >= 0:
                above[i] += above[parent]
        self.above_ = above
        is_item = np.zeros(len(codes), bool)
        is_item[self.items_] = True
        top = self.parent_ < 0
        self.lambda_ = np.where(top, self.shrink_top, np.where(is_item, self.shrink_item, self.shrink_inner))
        self.kappa_ = np.where(is_item, self.text_item, self.text_inner)

    def _centroids(self, sums: Floats, counts: Floats) -> Floats:
        """Compute all w_n (nodes, d); parents come before children."""
        # A node without text has nothing to be drawn to: κ counts only where there is a text.
        kappa = self.kappa_ * self.texts_.any(axis=1)
        centroids = kappa[:, None] * self.texts_ + sums
        weight = kappa + counts
        for i, parent in enumerate(self.parent_):
            if parent >= 0:
                centroids[i] += self.lambda_[i] * centroids[parent]
                weight[i] += self.lambda_[i]
            elif self.lambda_[i]:
                weight[i] += self.lambda_[i]  # the root is 0
            centroids[i] /= max(weight[i], 1e-12)
        return np.asarray(centroids)

    # -- predicting ----------------------------------------------------------------------------

    def decision_function(self, X: Matrix) -> Floats:
        """Return the cosine of each row with each item's centroid, (n, items)."""
        check_is_fitted(self, "centroids_")
        return np.asarray(unit(X) @ unit(self.centroids_[self.items_]).T)

    def predict_proba(self, X: Matrix) -> Floats:
        """Return the probability of each item, (n, items); rows sum to 1."""
        return softmax(self.decision_function(X) / self.temperature)

    def predict(self, X: Matrix) -> NDArray[np.str_]:
        """Return the most probable item of each row."""
        return np.asarray(self.classes_[self.decision_function(X).argmax(axis=1)])

    # -- leave-one-out -------------------------------------------------------------------------

    def leave_one_out_scores(self, X: Matrix, y: Sequence[str], groups: ArrayLike | None = None) -> Floats:
        """Return the scores each training opinion gets from a model that never saw it, (n, items).

        `X` and `y` are those given to `fit`. Exact: the sums of the nodes on the opinion's own path lose its
        vector, and the centroids follow. Opinions of one group (near-duplicates) are taken out together.
        """
        check_is_fitted(self, "centroids_")
        codes = [c for c, _ in self.parents]
        at = np.array([codes.index(c) for c in y], dtype=np.int64)
        vectors = unit(X)
        groups = np.arange(len(at)) if groups is None else np.asarray(groups)
        scores = np.empty((len(at), len(self.items_)))
        for group in np.unique(groups):
            out = np.flatnonzero(groups == group)
            removed = _dense(vectors[out])
            sums = self.sums_ - self.above_[at[out]].T @ removed
            counts = self.counts_ - self.above_[at[out]].sum(axis=0)
            sums[counts == 0] = 0.0  # no residue of rounding where no opinion is left
            items = unit(self._centroids(sums, counts)[self.items_])
            scores[out] = removed @ items.T
        return scores


def choose_temperature(scores: Floats, gold: Ints) -> float:
    """Return the temperature with the least log-loss of softmax(scores / T) on `gold` columns.

    Bounded to [0.01, 2]; rounded to 6 digits so that a last bit never decides anything. Without texts to learn it
    from a usual one.
    """
    if not len(gold):
        return _USUAL_TEMPERATURE

    def loss(log_t: float) -> float:
        z = scores / np.exp(log_t)
        return float(np.mean(logsumexp(z, axis=1) - z[np.arange(len(gold)), gold]))

    found = minimize_scalar(
        loss, bounds=(np.log(0.01), np.log(2.0)), method="bounded", options={"xatol": 1e-7}
    )
    return round(float(np.exp(found.x)), 6)


def softmax(z: Floats) -> Floats:
    """Return the softmax of each row."""
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return np.asarray(e / e.sum(axis=1, keepdims=True))


def unit(X: Matrix) -> Matrix:
    """Scale rows to unit length; rows of zeros stay."""
    if sp.issparse(X):
        norms = np.sqrt(np.asarray(X.multiply(X).sum(axis=1))).ravel()
        return sp.csr_matrix(sp.diags_array(1.0 / np.where(norms > 0, norms, 1.0)) @ X)
    X = np.asarray(X, dtype=np.float64)
    norms = np.linalg.norm(X, axis=1, keepdims=True)
    return np.asarray(X / np.where(norms > 0, norms, 1.0))


def _dense(X: Matrix) -> Floats:
    return np.asarray(X.toarray() if sp.issparse(X) else X, dtype=np.float64)


def texts_of_nodes(
    parents: Sequence[tuple[str, str]], nodes: Floats, written: Floats, item: Ints, share: float
) -> Floats:
    """Mix each node's own text with the mean of the authored texts at or below it, (nodes, d).

    Parameters
    ----------
    parents : (code, parent) of every node, parents before children
    nodes : (nodes, d) vectors of the nodes' own texts
    written, item : (m, d) vectors of authored texts, and the column of their item (items in the order of `parents`)
    share : how much of a node's text the authored ones make up, where there are any
    """
    codes, parent = [c for c, _ in parents], dict(parents)
    inner = set(parent.values())
    sums = np.zeros_like(nodes)
    for j, code in enumerate(c for c in codes if c not in inner):
        own = written[item == j]
        if len(own):
            mean, node = own.mean(axis=0), code
            while node:
                sums[codes.index(node)] += mean
                node = parent[node]
    lengths = np.linalg.norm(sums, axis=1, keepdims=True)
    titles = nodes / np.maximum(np.linalg.norm(nodes, axis=1, keepdims=True), 1e-9)
    shares = np.where(lengths > 0, share, 0.0)
    return np.asarray((1 - shares) * titles + shares * sums / np.maximum(lengths, 1e-9))
