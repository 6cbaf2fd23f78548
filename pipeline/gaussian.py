"""A Gaussian kernel on what sentence vectors mainly tell: texts that say nearly the same vouch for each other.

A linear model gives every word and every direction of a sentence vector one weight for all texts. Beside it, this
kernel lets each training text speak for its own neighbourhood (Schölkopf & Smola 2002, Learning with Kernels).
"""

from __future__ import annotations

import numpy as np

from pipeline.arrays import Floats, Singles

# Chosen by leave-one-author-out on the example bank, among 64 to all axes and sharpness 2 to 12 (decision 0011).
_AXES = 128
_SHARPNESS = 3.0
_BLOCK = 256


def principal_axes(dense: Floats) -> Singles:
    """Return the directions (d, r) along which vectors vary most, r at most 128; r = 0 without vectors.

    Parameters
    ----------
    dense : (n, d) vectors around 0
    """
    values, vectors = np.linalg.eigh(dense.T @ dense)
    main = np.argsort(-values, kind="stable")[: min(_AXES, len(dense))]
    main = main[values[main] > 1e-9 * max(values.max(initial=0.0), 1e-300)]
    return np.asarray(vectors[:, main], dtype=np.float32)


def along(dense: Floats, axes: Singles) -> Singles:
    """Return the vectors (n, d) along the axes (d, r), (n, r), at unit length; zeros stay zeros."""
    projected = dense.astype(np.float32) @ axes
    length = np.linalg.norm(projected, axis=1, keepdims=True)
    return np.asarray(projected / np.where(length > 0, length, 1), dtype=np.float32)


def gaussian_kernel(a: Floats, b: Floats) -> Floats:
    """Return exp(3 (cos - 1)), (n, m), of unit vectors (n, r) and (m, r): a Gaussian of their distance.

    >>> gaussian_kernel(np.eye(2), np.eye(2)).round(3).tolist()
    [[1.0, 0.05], [0.05, 1.0]]
    """
    products = a @ b.T
    products -= 1.0
    products *= _SHARPNESS
    return np.asarray(np.exp(products, out=products))


def add_gaussian(kernel: Floats, vectors: Singles, weight: float) -> None:
    """Add `weight` times the Gaussian kernel of n vectors to a kernel (n, n), a block of rows at a time."""
    exact = vectors.astype(np.float64)
    for start in range(0, len(kernel), _BLOCK):
        part = slice(start, start + _BLOCK)
        kernel[part] += weight * gaussian_kernel(exact[part], exact)


def weighted_sums(vectors: Singles, landmarks: Singles, coefficients: Singles) -> Singles:
    """Return Σ_j k(x_i, l_j) c_j, (n, classes), of n vectors (n, r), m landmarks (m, r) and their coefficients."""
    # exp(3 (cos - 1)) = exp(3 cos) / e³: two passes over the largest array less.
    steeper = (np.float32(_SHARPNESS) * landmarks).T  # a view: BLAS reads it either way
    shares = np.exp(np.float32(-_SHARPNESS)) * coefficients
    sums = np.empty((len(vectors), coefficients.shape[1]), np.float32)
    block = np.empty((min(_BLOCK, len(vectors)), len(landmarks)), np.float32)  # one piece of memory for all
    for start in range(0, len(vectors), _BLOCK):
        part = slice(start, start + _BLOCK)
        near = np.matmul(vectors[part], steeper, out=block[: len(vectors[part])])
        sums[part] = np.exp(near, out=near) @ shares
    return sums
