"""Recording decisions: each once, none over a newer one, undone by a row of its own and never by deleting."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.codebook import Codebook
from pipeline.decision_checks import ADJUDICATION, FIRST_ROUND
from pipeline.errors import InputError
from pipeline.review.database import Database
from pipeline.review.definitions import read_codebook
from pipeline.review.entries import Entry, check_entry
from pipeline.review.schema import AssignmentRow, DecisionRow, StandingRow
from pipeline.review.standing import (
    UNDO,
    UNDONE_NOTE,
    check_in_round,
    comment_of,
    is_double,
    latest_seq,
    lease_of,
    lease_to,
    not_before,
    standing_decision,
    stands_by_withdrawn_bulk,
    work_out_standing,
)
from pipeline.review.views import NotYours, Saved, StaleDecision


class Recording:
    """The part of the store that records decisions."""

    _db: Database
    _now: Callable[[], datetime]

    def save(
        self,
        coder: str,
        comment_id: int,
        action: str,
        codes: Sequence[str] = (),
        note: str = "",
        *,
        suggestion_shown: bool,
        suggested_code: str = "",
        model_state: str = "",
        expected_seq: int,
        client_token: str,
        round: str = FIRST_ROUND,
    ) -> Saved:
        """Record one decision; when this returns, it survives a power cut.

        Parameters
        ----------
        action : accept, change, reject, none-fits or unsure; for codes see `views.coded_action`
        codes : one or more codes for accept and change, none else
        expected_seq : `CommentView.seq` of the page
        client_token : unique for each press of a key; sent again (a retry), the first result is returned

        Raises
        ------
        StaleDecision
            if a newer decision than the page knew exists: of this coder or, unless double coded, of anybody;
            also if what `client_token` stored before says something else.
        NotYours
            if another coder holds or has decided the comment, or it is assigned to other coders.
        InputError
            for an unknown comment, action or code, or codes that do not fit the action.
        """
        entry = Entry(
            coder,
            comment_id,
            action,
            tuple(codes),
            note,
            suggestion_shown,
            suggested_code,
            model_state,
            expected_seq,
            client_token,
            round,
        )
        with self._db.write() as session:
            return self._record(session, entry, read_codebook(session))

    def adjudicate(
        self,
        adjudicator: str,
        comment_id: int,
        action: str,
        codes: Sequence[str] = (),
        note: str = "",
        *,
        expected_seq: int,
        client_token: str,
    ) -> Saved:
        """Settle a disagreement on record: a decision in the round `views.ADJUDICATION`.

        The newest settlement holds, whoever made it.

        expected_seq : `settled.seq`, or 0 if nobody has settled it yet. Raises as `save`.
        """
        return self.save(
            adjudicator,
            comment_id,
            action,
            codes,
            note,
            suggestion_shown=False,
            expected_seq=expected_seq,
            client_token=client_token,
            round=ADJUDICATION,
        )

    def undo(self, coder: str, *, client_token: str, round: str = FIRST_ROUND) -> Saved | None:
        """Withdraw the coder's last decision that stands (key u); the one before it on that comment holds again.

        But for one of a bulk acceptance that was taken back in the meantime: it is undone too, by a row of its own.

        Returns None if there is nothing to withdraw.
        """
        with self._db.write() as session:
            repeated = already(session, client_token, coder)
            if repeated is not None:
                return repeated
            last = session.scalar(
                select(StandingRow)
                .where(StandingRow.coder == coder, StandingRow.round == round)
                .order_by(StandingRow.seq.desc())
                .limit(1)
            )
            if last is None:
                return None
            comment_id = last.comment_id
            entry = Entry(coder, comment_id, UNDO, (), "", False, "", "", 0, client_token, round)
            codebook_sha256 = read_codebook(session).sha256
            saved = self._append(session, entry, codebook_sha256)
            while stands_by_withdrawn_bulk(session, comment_id, coder, round):
                too = replace(entry, note=UNDONE_NOTE, client_token=uuid.uuid4().hex)
                self._append(session, too, codebook_sha256)
            if not is_double(session, comment_id, round):
                # The page goes back to it: nobody else is to be handed it meanwhile.
                lease_to(session, comment_id, coder, round, self._now())
            return saved

    # -- parts ---------------------------------------------------------------------------------

    def _record(self, session: Session, entry: Entry, codebook: Codebook) -> Saved:
        repeated = already(session, entry.client_token, entry.coder)
        if repeated is not None and _says(session.get_one(DecisionRow, repeated.seq), entry):
            return repeated
        check_entry(entry, codebook)
        comment_of(session, entry.comment_id)
        double = is_double(session, entry.comment_id, entry.round)
        latest = latest_seq(session, entry.comment_id, entry.coder, entry.round, double=double)
        # Sent again with something else: the answer to the first press was lost, and another key was pressed then.
        if repeated is not None or latest != entry.expected_seq:
            raise StaleDecision(
                standing_decision(session, entry.comment_id, entry.coder, entry.round, double=double)
            )
        self._check_turn(session, entry, double=double)
        saved = self._append(session, entry, codebook.sha256)
        lease = lease_of(session, entry.comment_id, entry.round)
        if lease is not None:
            session.delete(lease)
        return saved

    def _check_turn(self, session: Session, entry: Entry, *, double: bool) -> None:
        """Raise `NotYours` if the comment is another coder's at the moment."""
        if double:
            if session.get(AssignmentRow, (entry.comment_id, entry.round, entry.coder)) is None:
                raise NotYours(
                    "この意見は、別の担当者どうしの二重コーディングに割り当てられています。",
                    "this comment is assigned to other coders for double coding",
                )
            return
        check_in_round(session, entry.comment_id, entry.coder, entry.round)
        holds = standing_decision(session, entry.comment_id, entry.coder, entry.round, double=False)
        # A settlement is the office's, not a person's: another adjudicator may correct it.
        if holds is not None and holds.coder != entry.coder and entry.round != ADJUDICATION:
            # Two coders on one comment would look like independent codings, which this is not.
            raise NotYours(
                f"この意見は{holds.coder}さんが判定済みです。変えるには本人が直すか、裁定で決めてください。",
                f"{holds.coder} has decided this comment; let them change it, or settle it by adjudication",
            )
        lease = lease_of(session, entry.comment_id, entry.round)
        if lease and lease.coder != entry.coder and (lease.lease_until or 0) > self._now().timestamp():
            raise NotYours(
                f"この意見は今、{lease.coder}さんが開いています。",
                f"{lease.coder} has this comment open at the moment",
            )

    def _append(self, session: Session, entry: Entry, codebook_sha256: str) -> Saved:
        """Add the row and work out what holds now."""
        now = self._now().isoformat(timespec="milliseconds")
        row = DecisionRow(
            decision_id=uuid.uuid4().hex,
            client_token=entry.client_token,
            comment_id=entry.comment_id,
            coder=entry.coder,
            action=entry.action,
            codes=list(entry.codes),
            note=_storable(entry.note),
            decided_at=not_before(session, entry.comment_id, entry.coder, entry.round, now),
            round=entry.round,
            suggestion_shown=entry.suggestion_shown,
            suggested_code=entry.suggested_code,
            model_state=entry.model_state,
            codebook_sha256=codebook_sha256,
        )
        session.add(row)
        session.flush()
        work_out_standing(session, entry.comment_id, entry.coder, entry.round)
        return Saved(row.seq, row.decision_id, row.comment_id, row.decided_at)


def already(session: Session, client_token: str, coder: str) -> Saved | None:
    """Return what was stored for this token before; `InputError` if it was another coder's."""
    row = session.scalar(select(DecisionRow).where(DecisionRow.client_token == client_token))
    if row is None:
        return None
    if row.coder != coder or not client_token:
        raise InputError("操作の識別子が重複しています。", "the client token is another decision's")
    return Saved(row.seq, row.decision_id, row.comment_id, row.decided_at, repeated=True)


def _says(row: DecisionRow, entry: Entry) -> bool:
    """Tell whether a stored decision is what comes in, whatever was known when it was made."""
    stored = (row.comment_id, row.round, row.action, tuple(row.codes), row.note)
    return stored == (entry.comment_id, entry.round, entry.action, entry.codes, _storable(entry.note))


def _storable(note: str) -> str:
    """Return a note as both databases hold it: PostgreSQL's text cannot hold a NUL."""
    return note.replace("\x00", "\ufffd")
