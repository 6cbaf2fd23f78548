"""The discriminative expert: weighted least-squares classification with exact, closed-form leave-out.

It learns from authored texts (definitions, example bank) and coded opinions together. With few opinions it
mostly knows what the items mean; as opinions grow by the thousand it becomes a classifier of opinions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, get_lapack_funcs
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from pipeline.arrays import Floats, Ints, Singles
from pipeline.features import TextVectors
from pipeline.gaussian import add_gaussian, along, weighted_sums

# Squared value of the constant feature: the intercept is shrunk too, but ten times less than a text's weight.
_CONSTANT = 0.1
# With more texts, single precision: the kernel of 30,000 takes 3.6 GB instead of 7.2, and an office PC has 8.
_MOST_IN_DOUBLE = 16_000


@dataclass(frozen=True)
class Inverse:
    """(K + penalty · diag(1/w))⁻¹ of n texts, the costly part of learning, whatever is learned of them.

    root : (n, n) lower triangular R with RᵀR the inverse: that of the Cholesky factor. The first rows and columns of it
        are the root for the first texts alone.
    axes, landmarks : see `RidgeExpert`
    """

    root: Floats
    axes: Singles
    landmarks: Singles

    def first(self, n: int) -> Inverse:
        """Return the inverse for the first n texts alone; nothing is copied."""
        return Inverse(self.root[:n, :n], self.axes, self.landmarks[:n])

    def times(self, targets: Floats) -> Floats:
        """Return the product with targets (n, classes)."""
        return np.asarray(self.root.T @ (self.root @ targets.astype(self.root.dtype)))

    def block(self, rows: Ints) -> Floats:
        """Return the rows and columns (m, m) of some texts."""
        columns = self.root.T[rows]
        return np.asarray(columns @ columns.T)


class RidgeExpert(BaseEstimator):
    """Ridge regression of class indicators on text vectors ("regularised least-squares classification").

    Solved in the dual: with the kernel K = X Xᵀ + c + g · Gaussian and row weights w, the coefficients are
    (K + penalty · diag(1/w))⁻¹ Y. What a model without the rows G would say of them has a closed form,
    Y_G - (A_GG)⁻¹ (A Y)_G with A the inverse, exact for any group of rows (Rifkin & Lippert 2007; Hastie,
    Tibshirani & Friedman, Elements of Statistical Learning, section 7.10).

    Parameters
    ----------
    penalty
        Strength of the shrinkage of a row of weight 1.
    gaussian
        Weight g of the Gaussian kernel of the sentence vectors beside the linear one (see `gaussian.py`).

    Attributes
    ----------
    term_weights_, dense_weights_, intercept_ : (terms, classes), (d, classes) and (classes,) in single precision
    axes_, landmarks_, coefficients_ : (d, r), (n, r) and (n, classes), the same of the Gaussian part; r = 0 without
    """

    def __init__(self, penalty: float = 1.0, gaussian: float = 1.0) -> None:
        self.penalty = penalty
        self.gaussian = gaussian

    def fit(self, X: TextVectors, targets: Floats, weights: Floats, axes: Singles) -> RidgeExpert:
        """Learn from n rows.

        Parameters
        ----------
        X : n vectors
        targets : (n, classes) what to predict of each row, as a rule shares of each class
        weights : (n,) how much each row counts, > 0
        axes : (d, r) see `gaussian.principal_axes`
        """
        self.fit_leaving_out(X, targets, self.invert(X, weights, axes), [])
        return self

    def fit_leaving_out(
        self, X: TextVectors, targets: Floats, inverse: Inverse, groups: Sequence[Ints]
    ) -> Floats:
        """Learn as `fit` does, and return for the rows of each group the scores of a model without the group.

        Parameters
        ----------
        inverse : see `invert`
        groups : index arrays; a row may be in one of them or in none

        Returns
        -------
        (n, classes); NaN for rows in no group
        """
        self.axes_, self.landmarks_ = inverse.axes, inverse.landmarks
        coefficients = inverse.times(targets)
        self._set(X, coefficients)
        held_out = np.full(targets.shape, np.nan)
        for group in groups:
            held_out[group] = targets[group] - np.linalg.solve(inverse.block(group), coefficients[group])
        return held_out

    def invert(self, X: TextVectors, weights: Floats, axes: Singles) -> Inverse:
        """Return what all that is learned of n texts has in common; see `fit` for the parameters."""
        axes = axes if self.gaussian > 0 else axes[:, :0]
        kernel = X.dot(X, np.float64 if len(X) <= _MOST_IN_DOUBLE else np.float32)
        kernel += _CONSTANT
        landmarks = along(X.dense if axes.shape[1] else X.dense[:0], axes)
        if axes.shape[1]:
            add_gaussian(kernel, landmarks, self.gaussian)
        kernel[np.diag_indices(len(X))] += self.penalty / weights
        # The transpose is the same matrix in the order LAPACK wants: no copy of the largest array of all.
        factor, _ = cho_factor(kernel.T, lower=True, overwrite_a=True, check_finite=False)
        (invert,) = get_lapack_funcs(("trtri",), (factor,))
        root, status = invert(factor, lower=1, overwrite_c=1)
        if status:
            raise np.linalg.LinAlgError("the kernel matrix is singular")
        for row in range(len(root) - 1):  # LAPACK leaves what was there above the diagonal
            root[row, row + 1 :] = 0.0
        return Inverse(root, axes, landmarks)

    def _set(self, X: TextVectors, coefficients: Floats) -> None:
        # Rounded to what is stored, so that a loaded model is the trained one.
        self.term_weights_ = np.asarray(X.terms.T @ coefficients, dtype=np.float32)
        self.dense_weights_ = np.asarray(X.dense.T @ coefficients, dtype=np.float32)
        self.intercept_ = (_CONSTANT * coefficients.sum(axis=0)).astype(np.float32)
        kept = coefficients if self.axes_.shape[1] else coefficients[:0]
        self.coefficients_ = (self.gaussian * kept).astype(np.float32)

    def beside(self, other: RidgeExpert) -> RidgeExpert:
        """Return one expert with the columns of both, these first.

        Parameters
        ----------
        other : learned from the first rows of what this one learned from, with the same axes
        """
        both = RidgeExpert(self.penalty, self.gaussian)
        both.axes_, both.landmarks_ = self.axes_, self.landmarks_
        for name in ("term_weights_", "dense_weights_", "intercept_"):
            setattr(both, name, np.concatenate([getattr(self, name), getattr(other, name)], axis=-1))
        missing = len(self.coefficients_) - len(other.coefficients_)
        padded = np.pad(other.coefficients_, ((0, missing), (0, 0)))
        both.coefficients_ = np.hstack([self.coefficients_, padded])
        return both

    def decision_function(self, X: TextVectors) -> Floats:
        """Return the scores (n, classes)."""
        check_is_fitted(self, "term_weights_")
        scores = X.scores(self.term_weights_, self.dense_weights_) + self.intercept_
        if self.axes_.shape[1]:
            scores += weighted_sums(along(X.dense, self.axes_), self.landmarks_, self.coefficients_)
        return np.asarray(scores)
