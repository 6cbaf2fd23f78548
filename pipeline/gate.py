"""How much each of the two experts counts for a comment: a gate that looks at how near it is to coded opinions.

Near coded opinions the local expert should lead, far from them the knowledge expert. What "near" is worth is
learned on predictions that neither expert made of its own training texts (stacking: Wolpert 1992; mixtures of
experts: Jacobs et al. 1991; products of experts: Hinton 2002).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

Floats = NDArray[np.float64]
# Logarithms of the experts' exponents and what one standard deviation of nearness adds to them. The start,
# and with a little weight the prior: both experts count, whatever the nearness.
_START = np.array([2.0, 0.0, -1.0, 0.0])
_LIMITS = [(-4.0, 4.5), (-2.0, 2.0), (-6.0, 1.5), (-2.0, 2.0)]
_PRIOR = 1e-3


def combine(gate: Floats, local: Floats, knowledge: Floats, nearness: Floats) -> Floats:
    """Return the logits (n, items) α(x) · local + β(x) · knowledge.

    Parameters
    ----------
    gate : (4,) log α and its slope, log β and its slope
    local : (n, items) cosines of the local expert
    knowledge : (n, items) log-probabilities of the knowledge expert
    nearness : (n,) standardised similarity to the nearest coded opinion
    """
    alpha, beta = _exponents(gate, nearness)
    return np.asarray(alpha[:, None] * local + beta[:, None] * knowledge)


def _exponents(gate: Floats, nearness: Floats) -> tuple[Floats, Floats]:
    steps = np.clip(nearness, -3.0, 3.0)
    return np.exp(gate[0] + gate[1] * steps), np.exp(gate[2] + gate[3] * steps)


def fit_gate(
    local: Floats, knowledge: Floats, nearness: Floats, gold: NDArray[np.int64], weights: Floats
) -> Floats:
    """Return the gate with the least weighted log-loss on predictions that were made without the texts.

    Parameters
    ----------
    local, knowledge, nearness : see `combine`
    gold : (n,) column of the right item
    weights : (n,) how much each text counts
    """
    rows = np.arange(len(gold))
    share = weights / weights.sum()

    def loss(gate: Floats) -> tuple[float, Floats]:
        steps = np.clip(nearness, -3.0, 3.0)
        alpha, beta = _exponents(gate, nearness)
        logits = alpha[:, None] * local + beta[:, None] * knowledge
        logits -= logits.max(axis=1, keepdims=True)
        probabilities = np.exp(logits)
        total = probabilities.sum(axis=1, keepdims=True)
        value = -float(share @ (logits[rows, gold] - np.log(total[:, 0])))
        slope = probabilities / total
        slope[rows, gold] -= 1.0
        along_local = share * alpha * (slope * local).sum(axis=1)
        along_knowledge = share * beta * (slope * knowledge).sum(axis=1)
        gradient = np.array(
            [along_local.sum(), along_local @ steps, along_knowledge.sum(), along_knowledge @ steps]
        )
        away = gate - _START
        return value + _PRIOR * float(away @ away), gradient + 2 * _PRIOR * away

    found = minimize(loss, _START, jac=True, bounds=_LIMITS, method="L-BFGS-B", options={"maxiter": 200})
    # Rounded, so that a last bit never decides anything.
    return np.asarray(np.round(found.x, 6))
