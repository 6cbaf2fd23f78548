"""From decisions to labels: what coders agree on, what is still open, and where every decision went."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import pandas as pd

from pipeline.codebook import Codebook
from pipeline.decision_checks import moment
from pipeline.decisions import (
    ADJUDICATION,
    Decision,
    check_decisions,
    gather_decisions,
    why_not_current,
    with_canonical_codes,
)
from pipeline.disagreement import PARTLY, differs_at
from pipeline.normalise import comparison_key
from pipeline.tables import CODE_TITLE, DECISIONS, LABELS, Schema

OPEN = Schema(
    "OPEN",
    ("opinion_id", "unit", "text", "kind", "differs_at", "decisions", "notes", "reason"),
    ("opinion_id", "kind"),
)
ACCOUNT = Schema(
    "ACCOUNT", ("outcome", "reason", *DECISIONS.columns), ("outcome", "opinion_id", "coder", "action")
)
LABEL, STILL_OPEN, ASIDE = "label", "open", "aside"
_REASONS = {
    "disagree": "コードが一致しない",
    PARTLY: "第1コードは同じだが、付けたコードの組が違う",
    "unsure": "コードを決めていない人がいる",
    "text-differs": "同じ意見のIDに別の文面がある",
}


class Said(Protocol):
    """What a coder said of an opinion in a round: a row of DECISIONS, or of the review's database."""

    @property
    def coder(self) -> str:
        """Who."""

    @property
    def round(self) -> str:
        """In which round."""

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes given."""

    @property
    def missing(self) -> bool:
        """Whether it gives neither a code nor says that none fits."""


AnySaid = TypeVar("AnySaid", bound=Said)


@dataclass(frozen=True)
class Adjudication:
    """Labels, open cases and the account of all decisions.

    labels : LABELS; `label_source` is single, double (two coders or more, all the same) or adjudicated. The id
        of the n-th unit of an opinion is `opinion_id#n`
    open : OPEN, one row an opinion (or unit) that a person must settle, all coders side by side
    account : the decisions as they came, each with `outcome` (label, open or aside) and the reason
    """

    labels: pd.DataFrame
    open: pd.DataFrame
    account: pd.DataFrame

    @property
    def aside(self) -> pd.DataFrame:
        """The rows of `account` that are neither in a label nor open."""
        return self.account[self.account["outcome"] == ASIDE].reset_index(drop=True)


def adjudicate(decisions: pd.DataFrame, codebook: Codebook) -> Adjudication:
    """Turn unanimous decisions into labels and list the others.

    A decision of the round "adjudication" settles an opinion whatever others said, the newest if there are
    several with their times. Else each coder's last
    round counts, and all coders must have given the same set of codes. Every row of `decisions` is found
    in `account` with what became of it.

    Raises
    ------
    InputError
        as `decisions.check_decisions`, and for a code that is not in the codebook.
    """
    table = with_canonical_codes(check_decisions(decisions), codebook)
    outcome = [(ASIDE, reason) for reason in why_not_current(table)]
    units: dict[tuple[str, str], list[Decision]] = {}
    for d in gather_decisions(table):
        units.setdefault((d.opinion_id, d.unit), []).append(d)
    labels: list[dict[str, str]] = []
    still_open: list[dict[str, str]] = []
    for given in units.values():
        deciding, superseded = _deciding(given)
        for d, reason in superseded:
            _mark(outcome, d, ASIDE, reason)
        kind, level = _open_kind(deciding, given, codebook)
        if kind:
            still_open.append(_open_row(deciding, given, (kind, level), codebook))
            result = (STILL_OPEN, _REASONS[kind])
        elif not deciding[0].codes:
            result = (ASIDE, f"どの項目にも当てはまらないと{_agreed(deciding)}。ラベルにはならない")
        elif not (text := next((d.text for d in given if d.text.strip()), "")):
            result = (ASIDE, "本文(text)が空欄なので、ラベルにできない")
        else:
            labels += _label_rows(deciding, text, codebook)
            result = (LABEL, _label_source(deciding))
        for d in deciding:
            _mark(outcome, d, *result)
    account = table.assign(outcome=[o for o, _ in outcome], reason=[r for _, r in outcome])
    return Adjudication(LABELS.table(labels), OPEN.table(still_open), ACCOUNT.check(account))


def _mark(outcome: list[tuple[str, str]], decision: Decision, what: str, reason: str) -> None:
    for i in decision.rows:
        outcome[i] = (what, reason)


def _deciding(given: Sequence[Decision]) -> tuple[list[Decision], list[tuple[Decision, str]]]:
    """Return the decisions of one unit that count, and the others with the reason."""
    settled = [d for d in given if d.round == ADJUDICATION]
    if settled:
        newest = _newest(settled)
        why = {ADJUDICATION: "後の裁定に置き換わった"}
        others = [d for d in given if d not in newest]
        return newest, [(d, why.get(d.round, "裁定が優先された")) for d in others]
    return last_rounds(given)


def last_rounds(given: Iterable[AnySaid]) -> tuple[list[AnySaid], list[tuple[AnySaid, str]]]:
    """Return each coder's decision of their last round, as they come, and the earlier ones with the reason."""
    given = list(given)
    last: dict[str, int] = {}
    earlier: list[tuple[AnySaid, str]] = []
    for i, d in sorted(enumerate(given), key=lambda pair: _round_order(pair[1].round)):
        if d.coder in last:
            earlier.append((given[last[d.coder]], f"本人の後の回({d.round})の判定が使われた"))
        last[d.coder] = i
    return [given[i] for i in sorted(last.values())], earlier


def _newest(settled: Sequence[Decision]) -> list[Decision]:
    """Return the settlement that holds; all of them where their times do not tell."""
    times = [t for d in settled if (t := moment(d.decided_at)) is not None]
    if len(times) < len(settled):
        return list(settled)
    return [max(zip(times, settled, strict=True), key=lambda pair: (pair[0], pair[1].rows))[1]]


def _round_order(name: str) -> tuple[tuple[int, int, str], ...]:
    """Sort rounds as people count them: 2 before 10."""
    parts = re.findall(r"\d+|\D+", name)
    return tuple((0, int(p), "") if p.isdecimal() else (1, 0, p) for p in parts)


def _open_kind(
    deciding: Sequence[Decision], given: Sequence[Decision], codebook: Codebook
) -> tuple[str, str]:
    """Return why a unit is open and the level at which its coders part; ('', '') if it is settled."""
    if len({comparison_key(d.text) for d in given if d.text.strip()}) > 1:
        return "text-differs", ""
    return how_they_part(deciding, codebook)


def how_they_part(deciding: Sequence[Said], codebook: Codebook) -> tuple[str, str]:
    """Return the kind of what coders leave open, by their last rounds, and the level; ('', '') if they agree."""
    first = deciding[0]
    levels = [differs_at(codebook, first.codes, d.codes) for d in deciding[1:] if not d.missing]
    if any(d.missing for d in deciding):
        return "unsure", ""
    parted = sorted(x for x in levels if x and x != PARTLY)
    if parted:
        return "disagree", parted[0]
    return (PARTLY, "") if any(levels) else ("", "")


def _open_row(
    deciding: Sequence[Decision], given: Sequence[Decision], why: tuple[str, str], codebook: Codebook
) -> dict[str, str]:
    first, (kind, level) = given[0], why
    # Where an adjudicator is unsure, whoever settles it next has to see both sides too.
    sides, _ = last_rounds([d for d in given if d.round != ADJUDICATION])
    settled = [d for d in deciding if d.round == ADJUDICATION]
    texts = list(dict.fromkeys(d.text for d in given if d.text.strip()))

    def said(d: Decision) -> str:
        return "、".join(f"{c} {codebook[c].title}" for c in d.codes) or d.action

    return {
        "opinion_id": first.opinion_id,
        "unit": first.unit,
        "text": "\n".join(texts if kind == "text-differs" else texts[:1]),
        "kind": kind,
        "differs_at": level,
        "decisions": "\n".join(f"{d.coder}: {said(d)}" for d in (*sides, *settled)),
        "notes": "\n".join(f"{d.coder}: {d.note}" for d in given if d.note.strip()),
        "reason": _REASONS[kind],
    }


def _label_source(deciding: Sequence[Decision]) -> str:
    if deciding[0].round == ADJUDICATION:
        return "adjudicated"
    return "double" if len(deciding) > 1 else "single"


def _agreed(deciding: Sequence[Decision]) -> str:
    known = {"adjudicated": "裁定で決まった", "double": "全員が判定した", "single": "1人が判定した"}
    return known[_label_source(deciding)]


def _label_rows(deciding: Sequence[Decision], text: str, codebook: Codebook) -> list[dict[str, str]]:
    """Return the rows of one label; with the titles its codes have in the codebook they were surely given by."""
    first = deciding[0]
    ours = deciding[-1].codebook_sha256 == codebook.sha256
    row = {
        "opinion_id": f"{first.opinion_id}#{first.unit}" if first.unit else first.opinion_id,
        "text": text,
        "label_source": _label_source(deciding),
        "coder": "、".join(dict.fromkeys(d.coder for d in deciding)),
        "labelled_at": max((d.decided_at for d in deciding), default="")[:10],
        "codebook_sha256": deciding[-1].codebook_sha256,
    }
    # Coders may have given the same codes in another order, and older files have no titles.
    named = {c: t for d in reversed(deciding) for c, t in zip(d.codes, d.titles, strict=True) if t}
    named |= {c: codebook[c].title for c in first.codes if ours}
    return [row | {"code": code, CODE_TITLE: named.get(code, "")} for code in first.codes]
