"""What the knowledge expert learns from, and how: authored texts and coded opinions side by side."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.base import clone

from pipeline.arrays import Floats, Ints, Singles
from pipeline.classifier import choose_temperature
from pipeline.features import TextVectors, stack
from pipeline.gaussian import principal_axes
from pipeline.profile import profile_centre, profiles
from pipeline.ridge import Inverse, RidgeExpert

_FLOOR = 1e-9
# A voice is a matter of all words together, and a glance one of words alone: linear, and shrunk more than what
# an item is about (decision 0011).
_LINEAR_PENALTY = 2.0


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
    """

    logs: Floats
    voice: Floats


@dataclass(frozen=True)
class Knowledge:
    """What the knowledge expert has learned, and what it tells of the texts it learned from, each held out.

    ridge, temperature : regression of items and "no item", and of its scores the temperature; with a profile, as many
        columns more that no coded opinion taught
    linear, glance_temperature : the linear regression for voices (the last column) and first glances
    has_outside : whether there were texts of no item to learn from
    profile_centre : (items,) see `profile_centre`; empty without a profile
    coded, written : of coded and of authored texts
    profiles : (n, items) profiles of the authored texts, or no columns
    """

    ridge: RidgeExpert
    temperature: float
    linear: RidgeExpert
    glance_temperature: float
    has_outside: bool
    profile_centre: Singles
    coded: Told
    written: Told
    profiles: Floats


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


def fit_items(
    ridge: RidgeExpert, lessons: Lessons, inverse: Inverse, classes: int, *, with_voice: bool = False
) -> Learned:
    """Teach a regression the items of the texts.

    Parameters
    ----------
    inverse : of the texts, see `RidgeExpert.invert`
    classes : number of items, and one more for "no item"
    with_voice : learn one target more: whether a resident said it
    """
    targets = np.column_stack([lessons.shares, lessons.said]) if with_voice else lessons.shares
    scores = ridge.fit_leaving_out(lessons.vectors, targets, inverse, lessons.left_out)
    inside = ~np.isnan(scores[:, 0]) & (lessons.item < classes - 1)
    temperature = choose_temperature(scores[inside][:, : classes - 1], lessons.item[inside])
    return Learned(ridge, scores, temperature)


def learn_knowledge(
    ridge: RidgeExpert,
    X: TextVectors,
    gold: Ints,
    groups: Ints,
    authored: Authored,
    coded_weight: float,
    *,
    with_profile: bool,
) -> Knowledge:
    """Teach the knowledge expert, and beside it a linear one for voices and first glances, and the profile.

    Parameters
    ----------
    ridge : not fitted yet
    X, gold, groups : m vectors of coded opinions, column of the item (-1 above the items: not learned from), and which
        are left out together
    coded_weight : see `lessons_of`
    """
    coded = np.flatnonzero(gold >= 0)
    n, classes = authored.shares.shape
    lessons = lessons_of(X[coded], gold[coded], groups[coded], authored, coded_weight)
    has_outside = bool((authored.item == classes - 1).any())
    inverse = _inverse(ridge, lessons)
    expert = fit_items(ridge, lessons, inverse, classes)
    logs = log_probabilities(expert.scores, expert.temperature, has_outside)
    if with_profile and (authored.author >= 0).any():
        whole, centre, of_authored = _learn_profile(expert, lessons, inverse, authored)
    else:
        whole, centre, of_authored = expert.ridge, np.zeros(0, np.float32), np.zeros((n, 0))
    del inverse  # the largest array of all: not two of them at once
    straight = RidgeExpert(_LINEAR_PENALTY, gaussian=0.0)
    linear = fit_items(straight, lessons, _inverse(straight, lessons), classes, with_voice=True)
    voice = linear.scores[:, -1]
    held_out, coded_voice = np.full((len(X), classes), -np.log(classes)), np.zeros(len(X))
    held_out[coded], coded_voice[coded] = logs[n:], voice[n:]
    return Knowledge(
        ridge=whole,
        temperature=expert.temperature,
        linear=linear.ridge,
        glance_temperature=linear.temperature,
        has_outside=has_outside,
        profile_centre=centre,
        coded=Told(held_out, coded_voice),
        written=Told(logs[:n], voice[:n]),
        profiles=of_authored,
    )


def _inverse(ridge: RidgeExpert, lessons: Lessons) -> Inverse:
    return ridge.invert(lessons.vectors, lessons.weight, lessons.axes)


def _learn_profile(
    expert: Learned, lessons: Lessons, inverse: Inverse, authored: Authored
) -> tuple[RidgeExpert, Singles, Floats]:
    """Learn the profile; return the regression with its columns, its centre, and the profiles of the authored texts.

    The further columns are of a regression that read no coded opinion: with nothing coded, the expert itself, which
    gets none. The profiles are held out by author.
    """
    n, classes = authored.shares.shape
    items, ridge, alone = classes - 1, expert.ridge, expert
    if len(lessons.item) > n:
        alone = fit_items(clone(ridge), lessons.without_opinions(n), inverse.first(n), classes)
        ridge = ridge.beside(alone.ridge)
    # The plan's own words are never held out.
    scores, of_plan = alone.scores[:n, :items].copy(), authored.author < 0
    scores[of_plan] = alone.ridge.decision_function(authored.vectors[of_plan])[:, :items]
    centre = profile_centre(scores[~of_plan])
    return ridge, centre, profiles(scores, centre)


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
