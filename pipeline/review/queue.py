"""Which comments first: priority with named reasons, the share with hidden suggestions, expected precision."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.doubt import REASONS as DOUBTS
from pipeline.models import Model

# Name -> words for people; `long` is the queue's own, the others are the doubts of the suggestion.
REASONS = {**DOUBTS, "long": "長い意見"}


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
    """Return the expected precision of thresholds .1, .15 … .95 for bulk acceptance; [] without coded opinions."""
    raise NotImplementedError


def is_hidden(opinion_id: str, share: float, seed: int = 0) -> bool:
    """Tell whether a comment hides its suggestions: the same answer for the same id, share and seed everywhere."""
    raise NotImplementedError
