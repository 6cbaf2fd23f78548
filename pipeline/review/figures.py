"""The figures of the dashboard, and the whole record as a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

import pandas as pd
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pipeline.decision_checks import CODED, FIRST_ROUND
from pipeline.review.database import Database
from pipeline.review.definitions import read_codebook
from pipeline.review.schema import AssignmentRow, CommentRow, DecisionRow, ProjectRow, StandingRow
from pipeline.review.standing import UNDO
from pipeline.review.views import CoderProgress, Progress
from pipeline.tables import CODE_TITLE, DECISIONS

_BREAK = 600.0  # seconds without a decision that count as a break
_LAST = 50


class Figures:
    """The part of the store that counts."""

    _db: Database
    _now: Callable[[], datetime]

    def progress(self, round: str = FIRST_ROUND) -> Progress:
        """Return the figures of the dashboard."""
        with self._db.read() as session:
            missing = _missing(session, round)
            # Columns, not rows as objects: there may be tens of thousands.
            standing = session.execute(
                select(
                    DecisionRow.comment_id,
                    DecisionRow.coder,
                    DecisionRow.action,
                    DecisionRow.codes,
                    DecisionRow.decided_at,
                    DecisionRow.suggestion_shown,
                    DecisionRow.suggested_code,
                )
                .join(StandingRow, StandingRow.seq == DecisionRow.seq)
                .where(StandingRow.round == round)
                .order_by(DecisionRow.seq)
            ).all()
            reasons: dict[str, tuple[int, int]] = {}
            for comment_id, written in session.execute(select(CommentRow.id, CommentRow.reasons)):
                for reason in filter(None, written.split(",")) if comment_id in missing else ():
                    before = reasons.get(reason, (0, 0))
                    reasons[reason] = (before[0] + (not missing[comment_id]), before[1] + 1)
        by_coder = _by_coder(standing)
        total, decided_comments = len(missing), sum(not n for n in missing.values())
        speed = sum(c.per_hour or 0.0 for c in by_coder if self._at_work(c))
        # Of a comment such as 「同上」 there is no first candidate to accept.
        shown = [d for d in standing if d.suggestion_shown and d.suggested_code]
        judged = [d for d in shown if d.action != "unsure"][-_LAST:]
        coded = {(d.comment_id, code) for d in standing for code in d.codes}
        return Progress(
            round=round,
            total=total,
            decided=decided_comments,
            open=total - decided_comments,
            by_action=dict(Counter(d.action for d in standing)),
            by_reason=dict(sorted(reasons.items())),
            by_item=dict(sorted(Counter(code for _, code in coded).items())),
            by_coder=tuple(by_coder),
            minutes_left=60 * sum(missing.values()) / speed if speed else None,
            accepted=sum(d.action == "accept" for d in shown),
            shown=len(shown),
            hits=sum(d.suggested_code in d.codes for d in judged),
            judged=len(judged),
        )

    def _at_work(self, coder: CoderProgress) -> bool:
        return self._now().timestamp() - datetime.fromisoformat(coder.last_at).timestamp() < 3600

    def decisions_table(self) -> pd.DataFrame:
        """Return all decisions as a DECISIONS table, oldest first; undone and replaced ones are in it too."""
        with self._db.read() as session:
            model_id = session.scalar(select(ProjectRow.model_id))
            d, c = DecisionRow, CommentRow
            texts = func.substr(c.text, c.unit_start + 1, c.unit_end - c.unit_start)
            columns: list[Any] = [c.opinion_id, c.unit, texts.label("unit_text"), d.coder, d.action, d.codes]
            columns += [d.note, d.decided_at, d.round, d.suggestion_shown, d.suggested_code, d.model_state]
            rows = session.execute(
                select(*columns, d.codebook_sha256, d.decision_id)
                .join(c, c.id == d.comment_id)
                .order_by(d.seq)
            )
            # Before anything is loaded there is no codebook, and no decision.
            titles = {n.code: n.title for n in read_codebook(session)} if model_id is not None else {}
            return DECISIONS.table(
                {
                    "opinion_id": row.opinion_id,
                    "unit": row.unit,
                    "text": row.unit_text,
                    "coder": row.coder,
                    "action": row.action,
                    "code": code,
                    CODE_TITLE: titles.get(code, ""),
                    "note": row.note,
                    "decided_at": row.decided_at,
                    "round": row.round,
                    "suggestion_shown": "" if row.action == UNDO else "yes" if row.suggestion_shown else "no",
                    "suggested_code": row.suggested_code,
                    "model_state": row.model_state,
                    "model_id": row.model_state.rpartition("+")[0] or model_id or "",
                    "codebook_sha256": row.codebook_sha256,
                    "decision_id": row.decision_id,
                }
                for row in rows
                for code in (row.codes if row.action in CODED else [""])
            )


def _missing(session: Session, round: str) -> dict[int, int]:
    """Return for each comment of a round how many decisions it still wants: of all its coders if double coded."""
    wanted: Counter[int] = Counter()
    for comment_id in session.scalars(
        select(AssignmentRow.comment_id).where(AssignmentRow.round == round, AssignmentRow.slot != "")
    ):
        wanted[comment_id] += 1
    given: dict[int, int] = dict(
        session.execute(
            select(StandingRow.comment_id, func.count())
            .where(StandingRow.round == round)
            .group_by(StandingRow.comment_id)
        ).all()
    )
    ids = session.scalars(select(CommentRow.id)).all() if round == FIRST_ROUND else list(wanted)
    return {i: max(0, max(wanted[i], 1) - given.get(i, 0)) for i in ids}


def _by_coder(standing: Sequence[Any]) -> list[CoderProgress]:
    """Return number and pace of each coder's decisions, which come oldest first."""
    times: dict[str, list[float]] = {}
    last: dict[str, str] = {}
    for row in standing:
        times.setdefault(row.coder, []).append(datetime.fromisoformat(row.decided_at).timestamp())
        last[row.coder] = row.decided_at
    found = []
    for coder, moments in sorted(times.items()):
        moments.sort()
        gaps = [b - a for a, b in pairwise(moments) if b - a <= _BREAK]
        hours = sum(gaps) / 3600
        pace = len(gaps) / hours if hours else None
        found.append(CoderProgress(coder, len(moments), pace, last[coder]))
    return found
