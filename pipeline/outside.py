"""Telling comments of no item of the plan from those of the plan, on predictions made without the texts."""

from __future__ import annotations

import numpy as np
from sklearn.linear_model import LogisticRegression

from pipeline.arrays import Bools, Floats

_FLOOR = 1e-9
# Share of comments of the plan that may be taken for comments of no item.
_FALSE_ALARMS = 0.02


def fit_outside(
    coded: tuple[Floats, Floats], written: tuple[Floats, Floats], outside: Bools, least: int
) -> tuple[Floats, float]:
    """Return the weights of `outside_score`, and the score from which a text is suspected to be about no item.

    Parameters
    ----------
    coded, written : log-probabilities (n, items + 1) and nearness (n,) of coded opinions and of authored texts
    outside : which of the authored texts are about no item; without both sorts the score is 0 for all
    least : coded opinions that are enough to set the limit; with fewer the authored texts set it
    """
    y = np.concatenate([np.zeros(len(coded[1]), bool), outside])
    if y.all() or not y.any():
        return np.zeros(3), 1.0
    x = np.concatenate([_evidence(*coded), _evidence(*written)])
    model = LogisticRegression(C=1.0, class_weight="balanced", max_iter=1000).fit(x, y)
    weights = np.round(np.append(model.coef_[0], model.intercept_), 6)
    inside = outside_score(weights, *coded)
    if len(inside) < least and not outside.all():
        inside = outside_score(weights, *written)[~outside]
    limit = np.quantile(inside, 1 - _FALSE_ALARMS, method="higher")
    return weights, round(max(float(limit), 0.5), 6)


def outside_score(weights: Floats, knowledge: Floats, nearness: Floats) -> Floats:
    """Return the score (n,) of being about no item, 0 to 1.

    Parameters
    ----------
    weights : (3,) see `fit_outside`
    knowledge : (n, items + 1) log-probabilities of the knowledge expert, "no item" last
    nearness : (n,) similarity to the nearest coded opinion
    """
    if not weights.any():
        return np.zeros(len(knowledge))
    z = _evidence(knowledge, nearness) @ weights[:-1] + weights[-1]
    return np.asarray(1 / (1 + np.exp(-z)))


def _evidence(knowledge: Floats, nearness: Floats) -> Floats:
    """Log-odds of "no item" for the knowledge expert, and nearness to coded opinions."""
    p = np.exp(knowledge[:, -1])
    return np.column_stack([np.log(p + _FLOOR) - np.log(1 - p + _FLOOR), nearness])
