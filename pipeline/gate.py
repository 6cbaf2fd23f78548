"""How much each of the two experts counts for a comment: a gate that listens to whose voice it is in.

Part of a comment is judged by both experts together, a product in which the knowledge expert counts less the
nearer the comment is to coded opinions and the more it is in doubt; the rest by the knowledge expert alone, a
mixture. How large that part is depends on whether the comment sounds like what was coded or like what was written
for the example bank. All is learned on predictions that neither expert made of its own training texts (stacking:
Wolpert 1992; mixtures of experts: Jacobs et al. 1991; products of experts: Hinton 2002, weighted by their entropy:
Cao & Fleet 2014; covariate shift: Shimodaira 2000).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, log_expit, log_softmax, xlogy

from pipeline.arrays import Bools, Floats, Ints

# The start of the search, and with a little weight the prior: both experts count, voice decides how much.
_START = np.array([2.0, 0.0, -1.0, 0.0, 0.0, 0.0, 0.0, 1.0])
_LIMITS = [
    *((-4.0, 4.5), (-2.0, 2.0)),
    *((-6.0, 1.5), (-2.0, 2.0), (-2.0, 2.0)),
    (-4.0, 3.0),
    *((-6.0, 6.0), (-4.0, 4.0)),
]
_PRIOR = 1e-3
# Added to the entropy, in nats: an expert that is sure is sure, whether of .99 or of .9999.
_SURE = 0.05


@dataclass(frozen=True)
class Evidence:
    """What is known of n texts when the experts have spoken.

    local : (n, items) cosines of the local expert
    knowledge : (n, items) log-probabilities of the knowledge expert, apart from a constant a text
    nearness : (n,) similarity to the nearest coded opinion
    voice : (n,) 0 to 1 and a little beyond: sounds like an authored text, or like a coded opinion
    """

    local: Floats
    knowledge: Floats
    nearness: Floats
    voice: Floats

    def __len__(self) -> int:
        return len(self.nearness)

    def __getitem__(self, rows: Ints | Bools) -> Evidence:
        return Evidence(self.local[rows], self.knowledge[rows], self.nearness[rows], self.voice[rows])

    def and_also(self, other: Evidence) -> Evidence:
        """Return the texts of both, these first."""
        return Evidence(
            np.concatenate([self.local, other.local]),
            np.concatenate([self.knowledge, other.knowledge]),
            np.concatenate([self.nearness, other.nearness]),
            np.concatenate([self.voice, other.voice]),
        )


def standard(values: Floats) -> tuple[float, float]:
    """Return mean and standard deviation, rounded, the latter never 0; (0, 1) of no values."""
    if not len(values):
        return 0.0, 1.0
    return round(float(values.mean()), 6), max(round(float(values.std()), 6), 1e-3)


def combine(gate: Floats, evidence: Evidence) -> Floats:
    """Return log-probabilities (n, items) of w(x) · softmax(α(x) local + β(x) knowledge) + (1 - w(x)) · softmax(γ knowledge).

    Parameters
    ----------
    gate : (8,) log α and what `doubt` adds to it; log β and what nearness and doubt add to it; log γ; log-odds of w
        and what voice adds to them
    evidence : nearness and voice in standard deviations from their mean
    """
    together, alone, odds = _parts(gate, evidence)
    return np.asarray(
        np.logaddexp(log_expit(odds)[:, None] + together, log_expit(-odds)[:, None] + alone), np.float64
    )


def doubt(knowledge: Floats) -> Floats:
    """Return how much the knowledge expert is in doubt (n,): the logarithm of its entropy in nats.

    Parameters
    ----------
    knowledge : (n, items) log-probabilities, apart from a constant a text

    >>> doubt(np.log([[0.998, 0.001, 0.001], [0.4, 0.3, 0.3]])).round(2).tolist()
    [-2.72, 0.13]
    """
    said = np.exp(log_softmax(knowledge, axis=1))
    return np.asarray(np.log(_SURE - xlogy(said, said).sum(axis=1)))


def _strengths(gate: Floats, near: Floats, unsure: Floats) -> tuple[Floats, Floats]:
    """Return α and β (n, 1) of texts so near to coded opinions, of which the knowledge expert is so unsure."""
    alpha = np.exp(gate[0] + gate[1] * unsure)
    beta = np.exp(gate[2] + gate[3] * near + gate[4] * unsure)
    return alpha[:, None], beta[:, None]


def _parts(gate: Floats, evidence: Evidence, unsure: Floats | None = None) -> tuple[Floats, Floats, Floats]:
    """Return what both experts say together, what the knowledge expert says alone, and the log-odds of the first.

    Parameters
    ----------
    unsure : `doubt` of the evidence, if it is there already
    """
    unsure = doubt(evidence.knowledge) if unsure is None else unsure
    alpha, beta = _strengths(gate, _steps(evidence.nearness), unsure)
    together = log_softmax(alpha * evidence.local + beta * evidence.knowledge, axis=1)
    alone = log_softmax(np.exp(gate[5]) * evidence.knowledge, axis=1)
    return together, alone, gate[6] + gate[7] * _steps(evidence.voice)


def _steps(standardised: Floats) -> Floats:
    return np.clip(standardised, -3.0, 3.0)


def fit_gate(evidence: Evidence, gold: Ints, weights: Floats) -> Floats:
    """Return the gate with the least weighted log-loss on predictions that were made without the texts.

    Parameters
    ----------
    evidence : n texts, see `combine`
    gold : (n,) column of the right item
    weights : (n,) how much each text counts
    """
    rows = np.arange(len(gold))
    share = weights / weights.sum()
    near, voice = _steps(evidence.nearness), _steps(evidence.voice)
    unsure = doubt(evidence.knowledge)

    def loss(gate: Floats) -> tuple[float, Floats]:
        together, alone, odds = _parts(gate, evidence, unsure)
        first = log_expit(odds) + together[rows, gold]
        said = np.logaddexp(first, log_expit(-odds) + alone[rows, gold])
        # How much of the probability of the right item comes from the first part.
        owed = np.exp(first - said)
        pull_together, pull_alone = np.exp(together), np.exp(alone)
        pull_together[rows, gold] -= 1.0
        pull_alone[rows, gold] -= 1.0
        alpha, beta = _strengths(gate, near, unsure)
        along_alpha = share * owed * (alpha * pull_together * evidence.local).sum(axis=1)
        along_beta = share * owed * (beta * pull_together * evidence.knowledge).sum(axis=1)
        along_gamma = share * (1 - owed) * np.exp(gate[5]) * (pull_alone * evidence.knowledge).sum(axis=1)
        along_odds = share * (expit(odds) - owed)
        gradient = np.array(
            [
                along_alpha.sum(),
                along_alpha @ unsure,
                along_beta.sum(),
                along_beta @ near,
                along_beta @ unsure,
                along_gamma.sum(),
                along_odds.sum(),
                along_odds @ voice,
            ]
        )
        away = gate - _START
        return -float(share @ said) + _PRIOR * float(away @ away), gradient + 2 * _PRIOR * away

    found = minimize(loss, _START, jac=True, bounds=_LIMITS, method="L-BFGS-B", options={"maxiter": 200})
    # Rounded, so that a last bit never decides anything.
    return np.asarray(np.round(found.x, 6))
