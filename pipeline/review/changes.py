"""What has changed since a moment: for learners, of this server and of others on the same database."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.decision_checks import ADJUDICATION
from pipeline.review.database import Database
from pipeline.review.schema import AssignmentRow, DecisionRow, StandingRow
from pipeline.review.views import Change

_FEW = 200


class Changes:
    """The part of the store that tells what is new."""

    _db: Database

    def changes_since(self, seq: int) -> list[Change]:
        """Return what now holds on every comment with a decision or undo after `seq`, oldest first.

        What was settled by adjudication holds, whatever a single coder still changes in a round of theirs.
        """
        with self._db.read() as session:
            rows = session.execute(
                select(DecisionRow.seq, DecisionRow.comment_id, DecisionRow.coder, DecisionRow.round)
                .where(DecisionRow.seq > seq)
                .order_by(DecisionRow.seq)
            )
            touched: dict[tuple[int, str, str], int] = {}
            for number, comment_id, coder, round in rows:
                touched.pop((comment_id, coder, round), None)
                touched[(comment_id, coder, round)] = number
            # Some one by one; after a restart, with thousands, all in two queries.
            ids = {comment_id for comment_id, _, _ in touched}
            few = sorted(ids) if len(ids) <= _FEW else None
            doubles = _double_rounds(session, few)
            holding = _holding(session, few)
        changes = []
        for (comment_id, coder, round), number in touched.items():
            double = (comment_id, round) in doubles
            held = holding.get((comment_id, round), {}).get(coder if double else "", ("", ()))
            settled = None if double else holding.get((comment_id, ADJUDICATION), {}).get("")
            action, codes = settled or held
            changes.append(Change(number, comment_id, coder, round, action, codes, double))
        return changes


def _double_rounds(session: Session, comment_ids: list[int] | None) -> set[tuple[int, str]]:
    """Return (comment, round) of all that is double coded, of some comments or of all."""
    query = select(AssignmentRow.comment_id, AssignmentRow.round).where(AssignmentRow.slot != "")
    if comment_ids is not None:
        query = query.where(AssignmentRow.comment_id.in_(comment_ids))
    return set(session.execute(query.distinct()).all())


def _holding(
    session: Session, comment_ids: list[int] | None
) -> dict[tuple[int, str], dict[str, tuple[str, tuple[str, ...]]]]:
    """Return for (comment, round) what holds by coder, and for "" the newest of anybody."""
    query = (
        select(DecisionRow).join(StandingRow, StandingRow.seq == DecisionRow.seq).order_by(DecisionRow.seq)
    )
    if comment_ids is not None:
        query = query.where(StandingRow.comment_id.in_(comment_ids))
    found: dict[tuple[int, str], dict[str, tuple[str, tuple[str, ...]]]] = {}
    for row in session.scalars(query):
        by_coder = found.setdefault((row.comment_id, row.round), {})
        by_coder[row.coder] = by_coder[""] = (row.action, tuple(row.codes))
    return found
