"""Which comments first: priority with named reasons, and what bulk acceptance may be expected to get right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.coding import Coding
from pipeline.doubt import ELSEWHERE
from pipeline.doubt import REASONS as DOUBTS
from pipeline.metrics import gold_matrix, share_with_interval
from pipeline.models import Model

LONG = "long"
# Name -> words for people; `long` is the queue's own, the others are the doubts of the suggestion.
REASONS = {**DOUBTS, LONG: "長い意見"}
_LONG_TEXT = 200
# How much a decision on such a comment teaches, or how much it needs a person's eye. What is like nothing
# coded teaches most; what is merely long teaches least.
_WEIGHTS = {
    "doubt_unlike_anything": 1.0,
    "doubt_duplicate_coded_otherwise": 0.8,
    "doubt_close_second": 0.6,
    "doubt_levels_disagree": 0.6,
    "doubt_low_confidence": 0.4,
    "doubt_few_examples": 0.4,
    "doubt_personal_data": 0.3,
    "doubt_several_topics": 0.2,
    ELSEWHERE: 0.1,
    LONG: 0.1,
}
_COPY = 0.5  # a near-identical copy says little that the first of its group has not said


def reasons_of(coding: Coding, text: str) -> tuple[str, ...]:
    """Return the named reasons to look at a comment early, in the order of `REASONS`."""
    return (*coding.reasons, *([LONG] if len(text) > _LONG_TEXT else []))


def priority_of(coding: Coding, reasons: Sequence[str], *, is_copy: bool = False) -> float:
    """Return how early a comment should be seen (greater is earlier); 0 where it holds no opinion by itself.

    The weights of its reasons, and how unsure the first suggestion is.

    >>> sure, unsure = Coding("提案", ("A",), (0.9,)), Coding("要確認", ("A",), (0.3,))
    >>> priority_of(sure, []) < priority_of(unsure, []) < priority_of(unsure, ["doubt_close_second"])
    True
    """
    if not coding.codes:
        return 0.0
    score = sum(_WEIGHTS[r] for r in reasons) + 1.0 - coding.confidences[0]
    return round(score * (_COPY if is_copy else 1.0), 6)


@dataclass(frozen=True)
class ExpectedPrecision:
    """What accepting every first suggestion at or above a confidence would give, on held-out coded opinions.

    precision with its 95 % interval `low` to `high` (Wilson 1927); `n` opinions are that sure; `share` of all
    """

    threshold: float
    precision: float
    low: float
    high: float
    n: int
    share: float


def expected_precision(model: Model) -> list[ExpectedPrecision]:
    """Return the expected precision of thresholds .1, .15 … .95 for bulk acceptance.

    Each coded opinion is judged by a model that never saw it. Thresholds that no opinion reaches are left
    out; without coded opinions there are none.
    """
    rows, gold = gold_matrix(model.opinions, model.classifier.classes_.tolist())
    held_out = model.classifier.held_out_[rows].astype(np.float64)
    if not len(rows):
        return []
    first = held_out.argmax(axis=1)
    confidence, right = held_out.max(axis=1), gold[np.arange(len(rows)), first]
    found = []
    for percent in range(10, 100, 5):
        sure = confidence >= percent / 100
        n = int(sure.sum())
        if n:
            figure = share_with_interval(int(right[sure].sum()), n)
            found.append(
                ExpectedPrecision(
                    percent / 100, figure["value"], figure["low"], figure["high"], n, round(n / len(rows), 4)
                )
            )
    return found
