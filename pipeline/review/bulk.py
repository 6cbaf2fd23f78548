"""Bulk acceptance on record: many suggestions accepted at one stroke, and taken back at one stroke."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from pipeline.decision_checks import FIRST_ROUND
from pipeline.errors import InputError
from pipeline.review.database import Database
from pipeline.review.definitions import read_codebook
from pipeline.review.entries import Entry
from pipeline.review.people import write_audit
from pipeline.review.recording import Recording, already
from pipeline.review.schema import DecisionRow, StandingRow
from pipeline.review.standing import (
    UNDO,
    UNDONE_NOTE,
    comment_of,
    is_double,
    of_bulk,
    standing_decision,
)
from pipeline.review.views import (
    BulkChoice,
    BulkOnRecord,
    BulkResult,
    BulkUndone,
    NotYours,
    Saved,
    StaleDecision,
    coded_action,
)

_NO_LONGER = (
    "前に一度確定し、そのあとで取り消したか、判定し直した意見です。",
    "it was accepted before, and taken back or decided again since",
)


class BulkAcceptance(Recording):
    """The part of the store for bulk acceptance.

    The decisions of one bulk acceptance are known by their client tokens: the one of the form, a stroke, and the
    comment. Tokens of single decisions have no stroke.
    """

    _db: Database
    _now: Callable[[], datetime]

    def bulk_accept(
        self,
        coder: str,
        choices: Sequence[BulkChoice],
        *,
        model_state: str,
        client_token: str,
        round: str = FIRST_ROUND,
    ) -> BulkResult:
        """Accept suggestions of many comments at once.

        Left out, with the reason: comments with a hidden suggestion, double-coded ones, those that another
        coder holds, those decided since, and those that a form sent again accepted before, taken back since.
        """
        saved: list[Saved] = []
        skipped: list[tuple[int, str, str]] = []
        with self._db.write() as session:
            codebook = read_codebook(session)
            for choice in choices:
                entry = Entry(
                    coder,
                    choice.comment_id,
                    coded_action(choice.codes, choice.suggested_code),
                    choice.codes,
                    "",
                    True,  # accepted as it stood on the screen
                    choice.suggested_code,
                    model_state,
                    choice.expected_seq,
                    f"{client_token}/{choice.comment_id}",
                    round,
                )
                reason = _not_in_bulk(session, choice.comment_id, round)
                if reason is not None:
                    skipped.append((choice.comment_id, *reason))
                    continue
                try:
                    done = self._record(session, entry, codebook)
                except (StaleDecision, NotYours) as error:
                    skipped.append((choice.comment_id, error.ja, error.en))
                    continue
                standing = session.get(StandingRow, (choice.comment_id, round, coder))
                if standing is not None and standing.seq == done.seq:
                    saved.append(done)
                else:  # the form was sent again, by going back to the page before
                    skipped.append((choice.comment_id, *_NO_LONGER))
        return BulkResult(tuple(saved), tuple(skipped))

    def last_bulk(self, coder: str, round: str = FIRST_ROUND) -> BulkOnRecord | None:
        """Return the coder's latest bulk acceptance of which a decision still stands, None without any."""
        with self._db.read() as session:
            mine = _standing_of(coder, round)
            newest = session.execute(
                mine.where(DecisionRow.client_token.contains("/")).order_by(DecisionRow.seq.desc()).limit(1)
            ).first()
            if newest is None:
                return None
            bulk = newest.client_token.rpartition("/")[0]
            counted = mine.where(of_bulk(bulk)).with_only_columns(func.count())
            return BulkOnRecord(bulk, newest.decided_at, session.scalar(counted) or 0)

    def undo_bulk(self, coder: str, bulk: str, *, client_token: str, round: str = FIRST_ROUND) -> BulkUndone:
        """Withdraw a bulk acceptance of the coder: each of its decisions that still stands, by an undo of its own.

        Comments that were decided again since are left as they are, and counted; those undone since are open already.
        When what was decided again is undone later, the bulk decision below it goes too (see `Recording.undo`).
        It is in the audit log, in the same transaction. Nothing is leased: the comments go back to everybody.

        bulk : `BulkOnRecord.bulk`

        Raises
        ------
        InputError
            if the coder has made no such bulk acceptance.
        """
        undone: list[Saved] = []
        left = 0
        with self._db.write() as session:
            rows = session.scalars(
                select(DecisionRow)
                .where(DecisionRow.coder == coder, DecisionRow.round == round, DecisionRow.action != UNDO)
                .where(of_bulk(bulk))
                .order_by(DecisionRow.seq)
            ).all()
            if not rows or not client_token:
                raise InputError(
                    "取り消すまとめての確定が見つかりません。ページを読み込み直してください。",
                    "there is no such bulk acceptance to withdraw; reload the page",
                )
            codebook_sha256 = read_codebook(session).sha256
            for row in rows:
                token = f"{client_token}/{row.comment_id}"
                repeated = already(session, token, coder)
                if repeated is not None:
                    undone.append(repeated)
                    continue
                double = is_double(session, row.comment_id, round)
                holds = standing_decision(session, row.comment_id, coder, round, double=double)
                if holds is not None and holds.seq == row.seq:
                    entry = Entry(
                        coder, row.comment_id, UNDO, (), UNDONE_NOTE, False, "", "", 0, token, round
                    )
                    undone.append(self._append(session, entry, codebook_sha256))
                elif holds is not None:
                    left += 1
            if not all(saved.repeated for saved in undone):
                at = self._now().isoformat(timespec="milliseconds")
                detail = f"{len(undone)} / {len(rows)}, accepted {rows[0].decided_at[:19]}"
                write_audit(session, at, coder, "bulk-undo", detail)
        return BulkUndone(tuple(undone), left)


def _standing_of(coder: str, round: str) -> Select[str, str]:
    """Return the query of a coder's decisions that stand."""
    return (
        select(DecisionRow.client_token, DecisionRow.decided_at)
        .join(StandingRow, StandingRow.seq == DecisionRow.seq)
        .where(StandingRow.coder == coder, StandingRow.round == round)
    )


def _not_in_bulk(session: Session, comment_id: int, round: str) -> tuple[str, str] | None:
    row = comment_of(session, comment_id)
    if is_double(session, comment_id, round):
        return (
            "二重コーディングの意見です。一件ずつ判定してください。",
            "it is double coded; decide it by itself",
        )
    if row.hidden_suggestions:
        return (
            "提案を隠した意見です。一件ずつ判定してください。",
            "its suggestion is hidden; decide it by itself",
        )
    return None
