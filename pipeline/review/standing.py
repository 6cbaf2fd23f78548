"""Whose a comment is, who holds it, and which decision on it stands."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import groupby

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from pipeline.decision_checks import ADJUDICATION, FIRST_ROUND
from pipeline.review.schema import AssignmentRow, CommentRow, DecisionRow, StandingRow
from pipeline.review.views import MAX_NUMBER, Decided, NotYours, unknown_comment

LEASE_SECONDS = 15 * 60
UNDO = "undo"
# What an undo row of a whole bulk acceptance says in the record, where one of a single decision says nothing.
UNDONE_NOTE = "まとめて確定の取り消し"


def comment_of(session: Session, comment_id: int) -> CommentRow:
    """Return a comment; `InputError` for a number that none has."""
    row = session.get(CommentRow, comment_id) if 0 <= comment_id <= MAX_NUMBER else None
    if row is None:
        raise unknown_comment(comment_id)
    return row


def double_coded(round: str) -> ColumnElement[bool]:
    """Return the condition that several coders code a comment in this round."""
    return exists().where(
        AssignmentRow.comment_id == CommentRow.id, AssignmentRow.round == round, AssignmentRow.slot != ""
    )


def assigned_to(coder: str, round: str) -> ColumnElement[bool]:
    """Return the condition that this coder is one of them."""
    mine = select(AssignmentRow.comment_id).where(
        AssignmentRow.coder == coder, AssignmentRow.round == round, AssignmentRow.slot == coder
    )
    return CommentRow.id.in_(mine)


def mine_or_ordinary(coder: str, round: str) -> ColumnElement[bool]:
    """Return the condition that a comment is this coder's: assigned to them, or to nobody in the first round."""
    to_me = assigned_to(coder, round)
    return or_(to_me, ~double_coded(round)) if round == FIRST_ROUND else to_me


def standing_for(coder: str, round: str) -> ColumnElement[bool]:
    """Return the condition that joins the decision that holds: the coder's own if double coded, else anybody's."""
    return and_(
        StandingRow.comment_id == CommentRow.id,
        StandingRow.round == round,
        or_(StandingRow.coder == coder, ~double_coded(round)),
    )


def is_double(session: Session, comment_id: int, round: str) -> bool:
    """Tell whether several coders code a comment in this round."""
    return bool(
        session.scalar(
            select(
                exists().where(
                    AssignmentRow.comment_id == comment_id,
                    AssignmentRow.round == round,
                    AssignmentRow.slot != "",
                )
            )
        )
    )


def check_in_round(session: Session, comment_id: int, coder: str, round: str) -> None:
    """Raise `NotYours` if a later round has not given this comment to the coder: only the first is everybody's."""
    if round in (FIRST_ROUND, ADJUDICATION):
        return
    if session.get(AssignmentRow, (comment_id, round, coder)) is None:
        raise NotYours(
            f"この意見は、{round}回目ではあなたに割り当てられていません。",
            f"this comment is not assigned to you in round {round}",
        )


def lease_of(session: Session, comment_id: int, round: str) -> AssignmentRow | None:
    """Return the lease of an ordinary comment, live or not."""
    return session.get(AssignmentRow, (comment_id, round, ""))


def lease_to(session: Session, comment_id: int, coder: str, round: str, now: datetime) -> None:
    """Lease an ordinary comment to a coder; whoever had it before has it no longer."""
    until = now.timestamp() + LEASE_SECONDS
    lease = lease_of(session, comment_id, round)
    if lease is None:
        lease = AssignmentRow(comment_id=comment_id, round=round, slot="", hidden=False)
        session.add(lease)
    lease.coder, lease.lease_until = coder, until


def latest_seq(session: Session, comment_id: int, coder: str, round: str, *, double: bool) -> int:
    """Return the number of the last decision or undo that a page of this coder must know; 0 if there is none."""
    query = select(func.max(DecisionRow.seq)).where(
        DecisionRow.comment_id == comment_id, DecisionRow.round == round
    )
    if double:
        query = query.where(DecisionRow.coder == coder)
    return int(session.scalar(query) or 0)


def standing_decision(
    session: Session, comment_id: int, coder: str, round: str, *, double: bool
) -> Decided | None:
    """Return the decision that holds: the coder's own if double coded, else anybody's."""
    query = (
        select(DecisionRow)
        .join(StandingRow, StandingRow.seq == DecisionRow.seq)
        .where(StandingRow.comment_id == comment_id, StandingRow.round == round)
        .order_by(DecisionRow.seq.desc())
    )
    if double:
        query = query.where(StandingRow.coder == coder)
    row = session.scalar(query.limit(1))
    return None if row is None else decided(row)


def decided(row: DecisionRow) -> Decided:
    """Return a decision as pages see it."""
    return Decided(
        row.seq,
        row.decision_id,
        row.coder,
        row.round,
        row.action,
        tuple(row.codes),
        row.note,
        row.decided_at,
    )


def not_before(session: Session, comment_id: int, coder: str, round: str, now: str) -> str:
    """Return the time of a decision: not before the coder's last one, even if the clock was set back between.

    Readers of the table take a coder's decisions on a comment in the order of their times; settlements too,
    whoever made them.
    """
    query = select(DecisionRow.decided_at).where(
        DecisionRow.comment_id == comment_id, DecisionRow.round == round
    )
    if round != ADJUDICATION:
        query = query.where(DecisionRow.coder == coder)
    last = session.scalar(query.order_by(DecisionRow.seq.desc()).limit(1))
    if last is not None and datetime.fromisoformat(last) > datetime.fromisoformat(now):
        return str(last)
    return now


def left_by_undos(
    rows: Iterable[DecisionRow],
) -> tuple[list[DecisionRow], list[tuple[DecisionRow, DecisionRow]]]:
    """Return what the undos among a coder's rows on one comment have left, and what they took away, each with its undo."""
    valid: list[DecisionRow] = []
    taken: list[tuple[DecisionRow, DecisionRow]] = []
    for row in rows:
        if row.action != UNDO:
            valid.append(row)
        elif valid:
            taken.append((valid.pop(), row))
    return valid, taken


def of_bulk(bulk: str) -> ColumnElement[bool]:
    """Return the condition that a decision is of this bulk acceptance, told by its client token."""
    return DecisionRow.client_token.startswith(f"{bulk}/", autoescape=True)


def stands_by_withdrawn_bulk(session: Session, comment_id: int, coder: str, round: str) -> bool:
    """Tell whether a coder's decision on a comment stands by a bulk acceptance that they have taken back.

    It was decided again by then, and came back when that was undone.
    """
    token = session.scalar(
        select(DecisionRow.client_token)
        .join(StandingRow, StandingRow.seq == DecisionRow.seq)
        .where(StandingRow.comment_id == comment_id, StandingRow.coder == coder, StandingRow.round == round)
    )
    bulk, stroke, _ = (token or "").rpartition("/")
    if not stroke:
        return False
    mine = (DecisionRow.coder == coder, DecisionRow.round == round)
    together = select(DecisionRow.comment_id).where(*mine, of_bulk(bulk))
    rows = session.scalars(
        select(DecisionRow)
        .where(*mine, DecisionRow.comment_id.in_(together))
        .order_by(DecisionRow.comment_id, DecisionRow.seq)
    )
    return any(
        undo.note == UNDONE_NOTE and row.client_token.startswith(f"{bulk}/")
        for _, of_one in groupby(rows, key=lambda r: r.comment_id)
        for row, undo in left_by_undos(of_one)[1]
    )


def work_out_standing(session: Session, comment_id: int, coder: str, round: str) -> None:
    """Put into `standing` what is left when every undo has taken away the decision before it."""
    rows = session.scalars(
        select(DecisionRow)
        .where(DecisionRow.comment_id == comment_id, DecisionRow.coder == coder, DecisionRow.round == round)
        .order_by(DecisionRow.seq)
    )
    valid, _ = left_by_undos(rows)
    standing = session.get(StandingRow, (comment_id, round, coder))
    if not valid and standing is not None:
        session.delete(standing)
    elif valid:
        if standing is None:
            standing = StandingRow(comment_id=comment_id, round=round, coder=coder)
            session.add(standing)
        last = valid[-1]
        standing.seq, standing.action = last.seq, last.action
        standing.first_code = last.codes[0] if last.codes else ""
    if round == FIRST_ROUND:
        session.flush()
        answered = exists().where(StandingRow.comment_id == comment_id, StandingRow.round == FIRST_ROUND)
        session.get_one(CommentRow, comment_id).answered = bool(session.scalar(select(answered)))
