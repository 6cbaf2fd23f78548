"""When to suggest, at which level of the plan, and how sure to call it: selective classification.

A suggestion is made at the deepest level that keeps the wanted precision; above that at the policy or goal;
otherwise the comment is left to a person. Thresholds come from predictions that the model made of coded
opinions without having seen them; with too few opinions for that, confidences are taken at their word.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, logit

from pipeline.arrays import Bools, Floats, Ints
from pipeline.codebook import Codebook
from pipeline.metrics import level_columns, level_probabilities

TARGET_PRECISION = 0.8
GRADE_B = 0.5
# Coded opinions of an item from which on a suggestion of it may be graded A.
EXAMPLES_FOR_A = 2
# Share of right suggestions that may be held back because the second code comes too close.
_MARGIN_QUANTILE = 0.05
# Chosen by simulation (benchmarks/thresholds.py): the promise is kept on average, with the least that rests on luck.
_PRIOR = 4.0
_CORRECTION = 0.25
_AS_STATED = np.array([0.0, 1.0])
_FLOOR = 1e-6


@dataclass(frozen=True)
class Level:
    """One level of the plan: its codes, the column of each item's code, and what a suggestion must reach."""

    codes: tuple[str, ...]
    columns: Ints
    confidence: float
    margin: float

    def judge(self, items: Floats) -> tuple[Ints, Floats, Bools]:
        """Return for each row the best code's column, its probability, and whether it passes."""
        summed = level_probabilities(items, self.columns)
        best, first, margin = _first_and_margin(summed)
        return best, first, (first >= self.confidence) & (margin >= self.margin)


def _first_and_margin(summed: Floats) -> tuple[Ints, Floats, Floats]:
    best = summed.argmax(axis=1)
    if summed.shape[1] < 2:
        return best, summed[:, 0], summed[:, 0]
    two = np.partition(summed, -2, axis=1)[:, -2:]
    return best, two[:, 1], two[:, 1] - two[:, 0]


def expected_precision(confidence: Floats, right: Bools) -> Floats:
    """Return the chance (n,) that each suggestion is right: its confidence, corrected by what came true.

    Logistic recalibration of the log-odds (Platt 1999; Cox 1958), whose intercept and slope are drawn to 0 and 1
    with a normal prior: the confidences are calibrated already, and a few dozen opinions should not overrule them.

    Parameters
    ----------
    confidence, right : (n,) held-out probabilities of the first code, and whether it was right
    """
    odds = logit(np.clip(confidence, _FLOOR, 1 - _FLOOR))

    def loss(line: Floats) -> tuple[float, Floats]:
        said = line[0] + line[1] * odds
        missed = expit(said) - right
        away = line - _AS_STATED
        value = np.logaddexp(0, said).sum() - said[right].sum() + _PRIOR / 2 * (away @ away)
        return float(value), np.array([missed.sum(), missed @ odds]) + _PRIOR * away

    line = minimize(loss, _AS_STATED, jac=True, method="BFGS").x
    return np.asarray(expit(line[0] + line[1] * odds))


def choose_threshold(
    confidence: Floats, right: Bools, target: float, suggested: tuple[int, float] = (0, 0.0)
) -> float:
    """Return the least confidence at which suggestions keep the target precision; infinity if none does.

    The largest set of the most confident whose expected errors E satisfy (E + c) / (size + c) <= 1 - target:
    selective classification (Geifman & El-Yaniv 2017) with the finite-sample correction of conformal risk
    control (Angelopoulos et al. 2022). Counted errors would make a knife edge of it with few opinions: one
    opinion more or less, and no threshold at all is left. See docs/decisions/0013.

    Parameters
    ----------
    suggested : how many are suggested already, and the expected errors among them: the promise is for all together

    >>> choose_threshold(np.array([.95] * 20 + [.3] * 20), np.array([True] * 20 + [False] * 20), .8)
    0.95
    """
    if not len(confidence):
        return float("inf")
    order = np.argsort(-confidence, kind="stable")
    before, errors_before = suggested
    errors = errors_before + np.cumsum(1 - expected_precision(confidence, right)[order])
    size = before + np.arange(1, len(order) + 1)
    kept = (errors + _CORRECTION) / (size + _CORRECTION) <= 1 - target
    # Of equal confidences all or none are taken.
    kept &= np.append(np.diff(confidence[order]) < 0, True)
    return float(confidence[order][np.flatnonzero(kept)[-1]]) if kept.any() else float("inf")


def choose_levels(
    items: Floats,
    gold: Bools,
    codebook: Codebook,
    codes: list[str],
    target: float = TARGET_PRECISION,
    at_their_word: bool = False,
) -> list[Level]:
    """Return the levels of the plan from the top, with thresholds for the target precision of all suggestions.

    Parameters
    ----------
    items : (n, items) held-out probabilities of coded opinions
    gold : (n, items) True for each right item
    codes : codes of the columns
    at_their_word : take confidences as they are, each suggestion for itself, as there are too few opinions to tell
        where to stop (see `Model.at_their_word`)
    """
    levels: list[Level] = []
    # From the items up, each threshold on what no deeper level has taken: those left over are harder.
    left = np.ones(len(items), bool)
    suggested = (0, 0.0)
    for depth in range(codebook.depth, 0, -1):
        names, columns = level_columns(codebook, codes, depth)
        if at_their_word:
            levels.insert(0, Level(tuple(names), columns, target, 0.0))
            continue
        best, first, margin = _first_and_margin(level_probabilities(items[left], columns))
        right = (level_probabilities(gold[left].astype(float), columns) > 0)[np.arange(len(best)), best]
        least = float(np.quantile(margin[right], _MARGIN_QUANTILE)) if right.any() else 0.0
        clear = margin >= least
        threshold = choose_threshold(first[clear], right[clear], target, suggested)
        levels.insert(0, Level(tuple(names), columns, threshold, least))
        taken = first[clear] >= threshold
        if taken.any():
            errors = float((1 - expected_precision(first[clear], right[clear]))[taken].sum())
            suggested = (suggested[0] + int(taken.sum()), suggested[1] + errors)
        left[np.flatnonzero(left)[clear & (first >= threshold)]] = False
    return levels


@dataclass(frozen=True)
class Climbed:
    """The suggestion of one comment: code ('' if left to a person), level (0 if none) and its probability."""

    code: str
    level: int
    confidence: float


def climb(levels: list[Level], items: Floats) -> list[Climbed]:
    """Return for each row the suggestion at the deepest level that passes."""
    found = [Climbed("", 0, 0.0)] * len(items)
    for depth, level in enumerate(levels, start=1):
        best, first, passes = level.judge(items)
        for i in np.flatnonzero(passes).tolist():
            found[i] = Climbed(level.codes[best[i]], depth, float(first[i]))
    return found


@dataclass(frozen=True)
class Kept:
    """How a promise was kept: `right` of `suggested` suggestions of `n` opinions, by level from the top."""

    n: int
    suggested: int
    right: int
    by_level: tuple[tuple[int, int], ...]  # (suggested, right)


def promise_kept(
    items: Floats,
    gold: Bools,
    groups: Ints,
    codebook: Codebook,
    codes: list[str],
    target: float = TARGET_PRECISION,
    at_their_word: bool = False,
) -> Kept:
    """Judge each opinion with thresholds chosen without it and its near-duplicates (ten folds above 300)."""
    distinct = np.unique(groups)
    folds = [[g] for g in distinct] if len(distinct) <= 300 else np.array_split(distinct, 10)
    counts = [[0, 0] for _ in range(codebook.depth)]
    for fold in folds:
        out = np.isin(groups, fold)
        levels = choose_levels(items[~out], gold[~out], codebook, codes, target, at_their_word)
        for row, found in zip(np.flatnonzero(out).tolist(), climb(levels, items[out]), strict=True):
            if found.level:
                level = levels[found.level - 1]
                own = {level.codes[level.columns[j]] for j in np.flatnonzero(gold[row])}
                counts[found.level - 1][0] += 1
                counts[found.level - 1][1] += found.code in own
    return Kept(
        len(items), sum(s for s, _ in counts), sum(r for _, r in counts), tuple((s, r) for s, r in counts)
    )


def accuracy_at_tenths(confidence: Floats, right: Bools) -> list[tuple[float, float]]:
    """Return (coverage, accuracy) of suggesting the first item of the most confident 10 %, 20 %, … 100 %.

    Parameters
    ----------
    confidence, right : (n,) probability of the first item, and whether it is right
    """
    hits = right[np.argsort(-confidence, kind="stable")]
    steps = [max(1, round(len(hits) * k / 10)) for k in range(1, 11)] if len(hits) else []
    return [(round(s / len(hits), 4), round(float(hits[:s].mean()), 4)) for s in steps]


def least_for_b(levels: list[Level], items: Floats, gold: Bools) -> float:
    """Return the least probability of grade B: what keeps one in two among those that grade A leaves over.

    Parameters
    ----------
    items, gold : as in `choose_levels`
    """
    best, first, passes = levels[-1].judge(items)
    right = gold[np.arange(len(items)), best]
    return choose_threshold(first[~passes], right[~passes], GRADE_B)


def grades(levels: list[Level], items: Floats, examples: Ints, limit_b: float) -> list[str]:
    """Return the grade of each row's first item: A keeps the target precision, B one in two, C less.

    Parameters
    ----------
    examples : (items,) coded opinions of each item; with fewer than `EXAMPLES_FOR_A` nothing is graded A
    limit_b : least probability of grade B, from `least_for_b`
    """
    best, first, passes = levels[-1].judge(items)
    found = np.where(first >= limit_b, "B", "C")
    found[passes & (examples[best] >= EXAMPLES_FOR_A)] = "A"
    return [str(g) for g in found]
