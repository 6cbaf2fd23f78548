"""From logits to probabilities that are true although labels are noisy.

People code some opinions otherwise than anyone would predict. A temperature alone answers that by doubting
everything; a small share of label noise, spread over all items, lets the rest be as sure as it is (temperature:
Guo et al. 2017; labels at random for a share of the texts: Natarajan et al. 2013).
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize

from pipeline.arrays import Floats, Ints
from pipeline.classifier import softmax

# Where the search starts, and with the weight of a fifth of an opinion's log-loss the prior: logits as they
# are, one label in twenty as good as drawn.
_START = np.array([0.0, -3.0])
_PRIOR = 0.2
_LOW, _HIGH = np.array([-2.5, -7.0]), np.array([2.5, -0.8])


def probabilities(logits: Floats, temperature: float, noise: float) -> Floats:
    """Return (1 - noise) · softmax(logits / temperature) + noise / items, (n, items).

    >>> probabilities(np.array([[0.0, 0.0]]), 1.0, 0.1).tolist()
    [[0.5, 0.5]]
    """
    return np.asarray((1 - noise) * softmax(logits / temperature) + noise / logits.shape[1])


def choose_confidence(logits: Floats, gold: Ints) -> tuple[float, float]:
    """Return the temperature and the label noise with the least log-loss.

    Rounded to 6 digits so that a last bit never decides anything.

    Parameters
    ----------
    logits : (n, items) of predictions made without the texts; n at least 1
    gold : (n,) column of the right item
    """
    rows = np.arange(len(gold))

    def parts(x: Floats) -> tuple[float, float]:
        inside = np.clip(x, _LOW, _HIGH)
        return float(np.exp(inside[0])), float(1 / (1 + np.exp(-inside[1])))

    def loss(x: Floats) -> float:
        likely = probabilities(logits, *parts(x))[rows, gold]
        away = x - _START
        return -float(np.mean(np.log(likely))) + _PRIOR / len(gold) * float(away @ away)

    found = minimize(loss, _START, method="Nelder-Mead", options={"xatol": 1e-6, "fatol": 1e-10}).x
    temperature, noise = parts(found)
    return round(temperature, 6), round(noise, 6)
