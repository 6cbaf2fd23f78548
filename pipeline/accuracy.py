"""How often the first suggestion is right, by people who had not seen it; and, apart, how often it is accepted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.codebook import Codebook
from pipeline.decisions import (
    ADJUDICATION,
    Decision,
    check_decisions,
    gather_decisions,
    with_canonical_codes,
)
from pipeline.errors import InputError, counted
from pipeline.metrics import Figure, share_with_interval

MIN_LABELS = 30


class TooFewLabelsError(InputError):
    """Accuracy cannot be told yet: too few labels that owe nothing to the suggestions."""


@dataclass(frozen=True)
class Accuracy:
    """Share of first suggestions that are right, with its 95 % interval (Wilson), by level of the plan.

    levels : level (1 at the top, the last are the items) -> figure; `n` opinions or units of them
    labels : independent labels in all; blind : given with the suggestion hidden; double : by two coders or more
    """

    levels: dict[int, Figure]
    labels: int
    blind: int
    double: int

    @property
    def item(self) -> Figure:
        """The figure of the items."""
        return self.levels[max(self.levels)]


def independent_decisions(
    decisions: pd.DataFrame, codebook: Codebook
) -> dict[tuple[str, str], list[Decision]]:
    """Return the decisions that may judge the model, by opinion and unit.

    Those are decisions made with the suggestion hidden, and double codings by coders of whom none is known
    to have seen it. A suggestion that was on screen draws people to itself, two of them as much as one: what
    was decided in its sight never counts. The adjudication round, which sees everything, is left out too, and
    decisions without a suggestion to judge.
    """
    table = with_canonical_codes(check_decisions(decisions), codebook)
    by_unit: dict[tuple[str, str], list[Decision]] = {}
    for d in gather_decisions(table):
        if d.round != ADJUDICATION and not d.missing and d.suggested_code:
            by_unit.setdefault((d.opinion_id, d.unit), []).append(d)
    found = {}
    for unit, given in by_unit.items():
        unseen = [d for d in given if d.suggestion_shown != "yes"]
        if len({d.coder for d in unseen}) < 2:
            unseen = [d for d in unseen if d.suggestion_shown == "no"]
        if unseen:
            found[unit] = unseen
    return found


def independent_accuracy(decisions: pd.DataFrame, codebook: Codebook) -> Accuracy:
    """Return how often the first suggestion was right, by independent labels only.

    Where several coders judged one opinion, it counts as the share of them whose codes hold the suggestion.
    None-fits makes any suggestion wrong. A code above the items judges only the levels it reaches.

    Raises
    ------
    TooFewLabelsError
        below 30 independent labels, with how many there are and what to do.
    """
    found = independent_decisions(decisions, codebook)
    if len(found) < MIN_LABELS:
        raise TooFewLabelsError(
            f"精度はまだ言えません: 提案を見ずにコードを付けた意見が{len(found)}件しかありません({MIN_LABELS}件から計算します)。"
            "提案を隠した判定か、提案を見ない2人の判定を増やしてください。採用率は精度ではありません。",
            f"accuracy cannot be told yet: only {counted(len(found), 'opinion')} coded without sight of the suggestion "
            f"({MIN_LABELS} are needed); code more with suggestions hidden, or by two coders blind to them. "
            "An acceptance rate is no accuracy.",
        )
    levels = {}
    for level in range(1, codebook.depth + 1):
        hits = [h for given in found.values() if (h := _hit(given, codebook, level)) is not None]
        share = share_with_interval(sum(hits), len(hits))
        levels[level] = Figure(share["value"], share["low"], share["high"], len(hits))
    return Accuracy(
        levels,
        labels=len(found),
        blind=sum(any(d.suggestion_shown == "no" for d in given) for given in found.values()),
        double=sum(len({d.coder for d in given}) > 1 for given in found.values()),
    )


def _hit(given: Sequence[Decision], codebook: Codebook, level: int) -> float | None:
    """Return the share of decisions that hold the suggestion at a level; None if none can judge it there."""
    shares = []
    for d in given:
        suggested = codebook.path(d.suggested_code)
        paths = [p for c in d.codes if len(p := codebook.path(c)) >= level or not codebook.children(c)]
        if paths or not d.codes:
            shares.append(float(any(p[:level] == suggested[:level] for p in paths)))
    return float(np.mean(shares)) if shares else None


def acceptance_rate(decisions: pd.DataFrame) -> Figure:
    """Return the share of decisions that took the first suggestion where it was on screen; not an accuracy.

    First suggestions of comments that are left to people, or seem to be about no item, were on screen too and
    count: a record of decisions does not tell them from the others.

    The interval is Wilson's; all of 0 to 1 where no suggestion was shown (n = 0).
    """
    shown = [
        d
        for d in gather_decisions(check_decisions(decisions))
        if d.suggestion_shown == "yes" and d.suggested_code and d.round != ADJUDICATION
    ]
    share = share_with_interval(sum(d.action == "accept" for d in shown), len(shown))
    return Figure(share["value"], share["low"], share["high"], len(shown))
