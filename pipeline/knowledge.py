"""What the knowledge expert learns from, and how: authored texts and coded opinions side by side."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.classifier import choose_temperature
from pipeline.features import TextVectors, stack
from pipeline.gaussian import Singles, principal_axes
from pipeline.ridge import RidgeExpert

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_FLOOR = 1e-9


@dataclass(frozen=True)
class Authored:
    """Texts written to say what an item means, never said by residents.

    vectors : n texts
    item : (n,) column of the item, or the number of items for "no item of the plan"
    author : (n,) number of who wrote it, -1 for the plan itself (title, definition, inclusion notes)
    weight : (n,) how much each counts
    shares : (n, items + 1) share of its coders that gave it each code, the last column for "no item"
    """

    vectors: TextVectors
    item: Ints
    author: Ints
    weight: Floats
    shares: Floats


@dataclass(frozen=True)
class Lessons:
    """Authored texts and, after them, coded opinions: all that the knowledge expert learns from, n texts.

    item, weight, shares : see `Authored`
    said : (n,) 1 for coded opinions, 0 for authored texts; all 0 when nobody wrote any (nobody else to sound like)
    left_out : rows that are left out together: those of one author, and near-duplicates among the opinions
    axes : see `gaussian.principal_axes`
    """

    vectors: TextVectors
    item: Ints
    weight: Floats
    shares: Floats
    said: Floats
    left_out: list[Ints]
    axes: Singles

    def without_opinions(self, n: int) -> Lessons:
        """Return the first n, the authored texts, alone."""
        return Lessons(
            self.vectors[:n],
            self.item[:n],
            self.weight[:n],
            self.shares[:n],
            self.said[:n],
            [rows for rows in self.left_out if rows[0] < n],
            self.axes,
        )


@dataclass(frozen=True)
class Learned:
    """A regression, its scores of the texts it learned from (n, targets), each held out, and their temperature.

    Scores are NaN for the plan's own words, which are never held out. The temperature is one number for all texts:
    that of a held-out text had its own code among thousands (without a bank, among the coded opinions) in view.
    The gate, learned by folds, scales both experts again.
    """

    ridge: RidgeExpert
    scores: Floats
    temperature: float


@dataclass(frozen=True)
class Told:
    """What the knowledge expert tells of n texts that it did not learn from.

    logs : (n, items + 1) log-probabilities of the items and of "no item"
    voice : (n,) see `Evidence`
    profile : (n, items) see `profile.py`, or no columns
    """

    logs: Floats
    voice: Floats
    profile: Floats


def lessons_of(X: TextVectors, gold: Ints, groups: Ints, authored: Authored, coded_weight: float) -> Lessons:
    """Put authored texts and coded opinions below each other.

    Parameters
    ----------
    X, gold, groups : m vectors of opinions coded to items, column of the item, and which are left out together
    coded_weight : how much a coded opinion counts
    """
    n = len(authored.item)
    by_author = [np.flatnonzero(authored.author == a) for a in np.unique(authored.author) if a >= 0]
    everything = stack([authored.vectors, X])
    return Lessons(
        everything,
        np.concatenate([authored.item, gold]),
        np.concatenate([authored.weight, np.full(len(gold), coded_weight)]),
        np.vstack([authored.shares, np.eye(authored.shares.shape[1])[gold]]),
        np.repeat([0.0, 1.0 if by_author else 0.0], [n, len(gold)]),
        by_author + [n + np.flatnonzero(groups == g) for g in np.unique(groups)],
        principal_axes(everything.dense),
    )


def fit_items(ridge: RidgeExpert, lessons: Lessons, classes: int, *, with_voice: bool = False) -> Learned:
    """Teach a regression the items of the texts.

    Parameters
    ----------
    classes : number of items, and one more for "no item"
    with_voice : learn one target more: whether a resident said it
    """
    targets = np.column_stack([lessons.shares, lessons.said]) if with_voice else lessons.shares
    scores = ridge.fit_leaving_out(lessons.vectors, targets, lessons.weight, lessons.axes, lessons.left_out)
    inside = ~np.isnan(scores[:, 0]) & (lessons.item < classes - 1)
    temperature = choose_temperature(scores[inside][:, : classes - 1], lessons.item[inside])
    return Learned(ridge, scores, temperature)


def log_probabilities(scores: Floats, temperature: float, has_outside: bool) -> Floats:
    """Return log-probabilities (n, items + 1) of the scores (n, items + 1); NaN stays NaN.

    Parameters
    ----------
    has_outside : whether there were texts of no item to learn from; without, the last column is next to impossible
    """
    z = scores / temperature
    if not has_outside:
        z[:, -1] = -np.inf
    z = z - np.nanmax(np.where(np.isnan(z), -np.inf, z), axis=1, keepdims=True, initial=-1e9)
    return np.asarray(np.log(np.maximum(np.exp(z) / np.exp(z).sum(axis=1, keepdims=True), _FLOOR)))
