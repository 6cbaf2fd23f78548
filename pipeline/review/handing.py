"""Handing out comments: which one comes next for whom, and leases, so that no two people hold the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, case, delete, exists, func, or_, select
from sqlalchemy.orm import Session

from pipeline.codebook import Codebook
from pipeline.decision_checks import FIRST_ROUND
from pipeline.errors import InputError
from pipeline.review.database import Database
from pipeline.review.definitions import read_codebook
from pipeline.review.schema import AssignmentRow, CommentRow, ProjectRow, StandingRow
from pipeline.review.standing import (
    assigned_to,
    check_in_round,
    comment_of,
    double_coded,
    is_double,
    latest_seq,
    lease_to,
    mine_or_ordinary,
    standing_decision,
    standing_for,
)
from pipeline.review.views import STATUSES, CommentView, Filters

_NO_FILTERS = Filters()


class Handing:
    """The part of the store that hands out comments."""

    _db: Database
    _now: Callable[[], datetime]

    def next_comment(
        self,
        coder: str,
        queue: str = "informative",
        filters: Filters = _NO_FILTERS,
        round: str = FIRST_ROUND,
        after: int | None = None,
    ) -> CommentView | None:
        """Hand the coder a comment nobody else holds and lease it for 15 minutes; None if none is left.

        Parameters
        ----------
        queue : "informative" (by priority) or "file" (as the file has them)
        after : go on behind this comment in the queue's order (key j); its lease is given back
        """
        with self._db.write() as session:
            query = _ordered(self._fitting(session, coder, filters, round), queue)
            queries = [query]
            if filters.status == "open":
                free = query.where(self._free(coder, round))
                # Apart, so that each goes by an index: what is coded by one, and what is double coded.
                queries = [free.where(assigned_to(coder, round))]
                if round == FIRST_ROUND:
                    queries.append(free.where(CommentRow.answered.is_(False), ~double_coded(round)))
            found = None
            if after is not None:
                here = comment_of(session, after)
                _release(session, coder, after, round)
                found = _first(session, [q.where(_behind(here, queue)) for q in queries], queue)
            found = found or _first(session, queries, queue)
            if found is None:
                return None
            view = self._view(session, found, coder, round)
            if view.decision is None and not view.double:
                lease_to(session, found.id, coder, round, self._now())
            return view

    def previous(self, coder: str, before: int | None = None, round: str = FIRST_ROUND) -> CommentView | None:
        """Return the comment the coder decided last, or last before deciding `before` (key k)."""
        with self._db.read() as session:
            query = (
                select(CommentRow)
                .join(StandingRow, StandingRow.comment_id == CommentRow.id)
                .where(StandingRow.coder == coder, StandingRow.round == round)
            )
            here = None if before is None else session.get(StandingRow, (before, round, coder))
            if here is not None:
                query = query.where(StandingRow.seq < here.seq)
            found = session.scalar(query.order_by(StandingRow.seq.desc()).limit(1))
            return None if found is None else self._view(session, found, coder, round)

    def get(self, comment_id: int, coder: str, round: str = FIRST_ROUND) -> CommentView:
        """Return a comment as the coder may see it, without leasing it.

        Raises
        ------
        InputError
            if there is none of this number.
        NotYours
            if a round after the first has not given it to this coder: its suggestion may be hidden from them.
        """
        with self._db.read() as session:
            row = comment_of(session, comment_id)
            check_in_round(session, comment_id, coder, round)
            return self._view(session, row, coder, round)

    def listing(
        self,
        coder: str,
        filters: Filters = _NO_FILTERS,
        round: str = FIRST_ROUND,
        limit: int = 100,
        offset: int = 0,
        queue: str = "file",
    ) -> tuple[list[CommentView], int]:
        """Return one page of the comments that fit, and how many fit; nothing is leased."""
        with self._db.read() as session:
            query = self._fitting(session, coder, filters, round)
            total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
            rows = session.scalars(_ordered(query, queue).limit(limit).offset(offset)).all()
            return self._views(session, rows, coder, round), int(total)

    def for_bulk(self, coder: str, limit: int, round: str = FIRST_ROUND) -> tuple[list[CommentView], int]:
        """Return open comments that may be accepted in bulk, and how many are open at all; nothing is leased.

        First those with near-identical ones, together in the order of the file, then by how sure the model was when
        they were loaded: of thousands, the rest is what is to be decided one by one. Double-coded comments,
        those with a hidden suggestion, and those without any are not among them.
        """
        with self._db.read() as session:
            query = self._fitting(session, coder, _NO_FILTERS, round)
            total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
            alone = CommentRow.group_id == ""
            query = (
                query.where(~double_coded(round), ~CommentRow.hidden_suggestions, CommentRow.first_code != "")
                .order_by(alone, case((alone, CommentRow.priority), else_=0.0), CommentRow.position)
                .limit(limit)
            )
            return self._views(session, session.scalars(query).all(), coder, round), int(total)

    # -- parts ---------------------------------------------------------------------------------

    def _fitting(self, session: Session, coder: str, filters: Filters, round: str) -> Select[CommentRow]:
        """Return the query of the comments that this coder codes and that fit the filters."""
        if filters.status not in STATUSES:
            known = "、".join(STATUSES)
            raise InputError(
                f"状態「{filters.status}」はありません。使えるのは {known} です。",
                f"there is no status '{filters.status}'; known: {', '.join(STATUSES)}",
            )
        query = select(CommentRow).where(mine_or_ordinary(coder, round))
        query = query.outerjoin(StandingRow, standing_for(coder, round))
        if filters.status == "open":
            query = query.where(StandingRow.seq.is_(None))
        elif filters.status == "decided":
            query = query.where(StandingRow.seq.is_not(None))
        elif filters.status != "all":
            query = query.where(StandingRow.action == filters.status)
        if filters.item:
            codes = _items_below(read_codebook(session), filters.item)
            decided_so = StandingRow.first_code.in_(codes)
            open_yet = func.coalesce(StandingRow.first_code, "") == ""
            suggested_so = CommentRow.first_code.in_(codes)
            # To be found by a hidden suggestion would tell it.
            query = query.where(or_(decided_so, and_(open_yet, suggested_so, ~_hidden_from(coder, round))))
        if filters.reason:
            query = query.where(CommentRow.reasons.contains(f",{filters.reason},", autoescape=True))
        if filters.text:
            query = query.where(CommentRow.text.contains(filters.text, autoescape=True))
        names = column_names(session)
        for column, value in filters.columns.items():
            if column not in names:
                raise InputError(f"列「{column}」はありません。", f"there is no column '{column}'")
            query = query.where(CommentRow.cells[names.index(column)].as_string() == value)
        return query

    def _free(self, coder: str, round: str) -> ColumnElement[bool]:
        """Return the condition that nobody else holds a comment."""
        return ~exists().where(
            AssignmentRow.comment_id == CommentRow.id,
            AssignmentRow.round == round,
            AssignmentRow.slot == "",
            AssignmentRow.coder != coder,
            AssignmentRow.lease_until > self._now().timestamp(),
        )

    def _view(self, session: Session, row: CommentRow, coder: str, round: str) -> CommentView:
        return self._views(session, [row], coder, round)[0]

    def _views(
        self, session: Session, rows: Sequence[CommentRow], coder: str, round: str
    ) -> list[CommentView]:
        names = column_names(session)
        groups = sorted({r.group_id for r in rows} - {""})
        counted = session.execute(
            select(CommentRow.group_id, func.count())
            .where(CommentRow.group_id.in_(groups))
            .group_by(CommentRow.group_id)
        )
        size: dict[str, int] = dict(counted.all())
        views = []
        for row in rows:
            double = is_double(session, row.id, round)
            own = session.get(AssignmentRow, (row.id, round, coder)) if double else None
            hidden = row.hidden_suggestions or (own is not None and own.hidden)
            views.append(
                CommentView(
                    comment_id=row.id,
                    opinion_id=row.opinion_id,
                    unit=row.unit,
                    text=row.text,
                    start=row.unit_start,
                    end=row.unit_end,
                    columns=dict(zip(names, row.cells, strict=True)),
                    hidden=hidden,
                    priority=row.priority,
                    reasons=tuple(r for r in row.reasons.split(",") if r),
                    group_id=row.group_id,
                    group_size=size.get(row.group_id, 1),
                    position=row.position,
                    double=double,
                    round=round,
                    seq=latest_seq(session, row.id, coder, round, double=double),
                    decision=standing_decision(session, row.id, coder, round, double=double),
                )
            )
        return views


def _hidden_from(coder: str, round: str) -> ColumnElement[bool]:
    """Return the condition that a comment's suggestion is hidden from a coder."""
    own = exists().where(
        AssignmentRow.comment_id == CommentRow.id,
        AssignmentRow.round == round,
        AssignmentRow.slot == coder,
        AssignmentRow.hidden,
    )
    return or_(CommentRow.hidden_suggestions, own)


def column_names(session: Session) -> list[str]:
    """Return the names of the input's other columns, in order."""
    return list(session.scalar(select(ProjectRow.columns)) or [])


def _release(session: Session, coder: str, comment_id: int, round: str) -> None:
    """Give a lease back."""
    session.execute(
        delete(AssignmentRow).where(
            AssignmentRow.comment_id == comment_id,
            AssignmentRow.round == round,
            AssignmentRow.slot == "",
            AssignmentRow.coder == coder,
        )
    )


def _ordered(query: Select[CommentRow], queue: str) -> Select[CommentRow]:
    if queue == "file":
        return query.order_by(CommentRow.position)
    if queue == "informative":
        return query.order_by(CommentRow.priority.desc(), CommentRow.position)
    raise InputError(f"並び順「{queue}」はありません。", f"there is no queue '{queue}'")


def _first(session: Session, queries: Sequence[Select[CommentRow]], queue: str) -> CommentRow | None:
    """Return the first comment of several ordered queries."""
    found = [row for q in queries if (row := session.scalar(q.limit(1))) is not None]
    return min(found, default=None, key=lambda r: (-r.priority if queue == "informative" else 0, r.position))


def _behind(here: CommentRow, queue: str) -> ColumnElement[bool]:
    later = CommentRow.position > here.position
    if queue == "file":
        return later
    return or_(CommentRow.priority < here.priority, and_(CommentRow.priority == here.priority, later))


def _items_below(codebook: Codebook, code: str) -> list[str]:
    """Return a code and all below it."""
    return [n.code for n in codebook if code in codebook.path(n.code)]
