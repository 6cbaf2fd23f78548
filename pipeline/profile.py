"""What a text means in terms of the plan, as a view for the local expert: its profile.

The profile of a text is how well it fits each item in the eyes of a knowledge expert that has read authored texts
alone, no coded opinion: it is known before anything is coded, so leaving out an opinion's code stays exact. Two
opinions of one profile mean the same to the plan although they share no word, and how this city's staff code the
one says how they would code the other (scores of one model as features of the next: Wolpert 1992; classes as
semantic features: Lampert et al. 2009, Torresani et al. 2010).
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from pipeline.arrays import Floats, Singles
from pipeline.features import TextVectors

_FLOOR = 1e-9


def profile_centre(scores: Floats) -> Singles:
    """Return the mean (items,) of scores (n, items), each row without its own mean, in single precision."""
    return np.asarray((scores - scores.mean(axis=1, keepdims=True)).mean(axis=0), dtype=np.float32)


def profiles(scores: Floats, centre: Floats | Singles) -> Floats:
    """Return the profiles (n, items) of scores (n, items): what is above the row's mean and the usual, of unit length.

    >>> profiles(np.array([[3.0, 1.0, 2.0]]), np.zeros(3)).round(2).tolist()
    [[0.71, -0.71, 0.0]]
    """
    above = scores - scores.mean(axis=1, keepdims=True) - centre
    return np.asarray(above / np.maximum(np.linalg.norm(above, axis=1, keepdims=True), _FLOOR))


def with_profile(X: TextVectors, profile: Floats, share: float) -> TextVectors:
    """Return vectors of which the profile makes up `share`; with a profile of no columns the vectors as they are."""
    if not profile.shape[1]:
        return X
    rest = np.sqrt(1 - share)
    return TextVectors(sp.csr_matrix(X.terms * rest), np.hstack([X.dense * rest, profile * np.sqrt(share)]))
