"""The review's database behind one small interface: comments handed out, decisions recorded, accounts kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import pandas as pd

from pipeline.codebook import Codebook
from pipeline.review.views import (
    Account,
    AuditEntry,
    BulkChoice,
    BulkResult,
    Change,
    CommentView,
    Definition,
    Disagreement,
    Filters,
    Progress,
    Saved,
    SessionInfo,
)


class Store:
    """One review project in SQLite (file) or PostgreSQL (URL). Safe for threads and several processes.

    Every method is one transaction: it raises and leaves nothing, or has its result on the disk. All may
    raise `StoreBusy` (locked by another program, nothing stored, try again) and `StoreFull`.
    """

    # -- opening -------------------------------------------------------------------------------

    @classmethod
    def open(cls, url: str, *, clock: Callable[[], datetime] | None = None) -> Store:
        """Open a database, make it if absent, bring an older schema up to date (after a backup copy).

        Parameters
        ----------
        url : path of an SQLite file, `sqlite:///…`, or `postgresql+psycopg://…`
        clock : the present moment with its offset, for tests

        Raises
        ------
        InputError
            if it is no database of iken review, of a newer version, or cannot be reached.
        """
        raise NotImplementedError

    def close(self) -> None:
        """Give back all connections."""
        raise NotImplementedError

    # -- project and comments ------------------------------------------------------------------

    def is_empty(self) -> bool:
        """Tell whether no project has been loaded yet."""
        raise NotImplementedError

    def set_project(
        self, *, source: str, source_sha256: str, model_id: str, codebook: Codebook, columns: Sequence[str]
    ) -> None:
        """Say what is reviewed; again with the same source does nothing, with another is an `InputError`."""
        raise NotImplementedError

    def project(self) -> Mapping[str, str]:
        """Return source, source_sha256, model_id, codebook_sha256 (amendments included), created_at."""
        raise NotImplementedError

    def codebook(self) -> Codebook:
        """Return the codebook with all amended definitions."""
        raise NotImplementedError

    def columns(self) -> list[str]:
        """Return the names of the input's other columns, in order."""
        raise NotImplementedError

    def column_values(self, column: str, limit: int = 100) -> list[tuple[str, int]]:
        """Return the values of an input column with their counts, most frequent first."""
        raise NotImplementedError

    def load_comments(self, rows: Sequence[Mapping[str, Any]]) -> int:
        """Add comments (see `loading.comment_rows`); those whose (opinion_id, unit) is there stay as they are.

        Returns the number added.

        Raises
        ------
        InputError
            if a comment is there with another text.
        """
        raise NotImplementedError

    def texts(self) -> list[tuple[int, str]]:
        """Return (comment_id, unit text) of all comments by position, for the learner."""
        raise NotImplementedError

    # -- handing out ---------------------------------------------------------------------------

    def next_comment(
        self,
        coder: str,
        queue: str = "informative",
        filters: Filters = Filters(),  # noqa: B008 -- frozen
        round: str = "1",
        after: int | None = None,
    ) -> CommentView | None:
        """Hand the coder a comment nobody else holds and lease it for 15 minutes; None if none is left.

        Parameters
        ----------
        queue : "informative" (by priority) or "file" (as the file has them)
        after : go on behind this comment in the queue's order (key j); its lease is given back
        """
        raise NotImplementedError

    def previous(self, coder: str, before: int | None = None, round: str = "1") -> CommentView | None:
        """Return the comment the coder decided last, or last before deciding `before` (key k)."""
        raise NotImplementedError

    def get(self, comment_id: int, coder: str, round: str = "1") -> CommentView:
        """Return a comment as the coder may see it, without leasing it; `InputError` if there is none."""
        raise NotImplementedError

    def suggestion_of(self, comment_id: int) -> Mapping[str, Any]:
        """Return the suggestion as first computed even if hidden: for recording it, never for the page."""
        raise NotImplementedError

    def group_members(self, group_id: str, coder: str, round: str = "1") -> list[CommentView]:
        """Return the open near-identical comments of a group, in file order."""
        raise NotImplementedError

    def listing(
        self,
        coder: str,
        filters: Filters = Filters(),  # noqa: B008
        round: str = "1",
        limit: int = 100,
        offset: int = 0,
        queue: str = "file",
    ) -> tuple[list[CommentView], int]:
        """Return one page of the comments that fit, and how many fit; nothing is leased."""
        raise NotImplementedError

    def release(self, coder: str, comment_id: int, round: str = "1") -> None:
        """Give a lease back."""
        raise NotImplementedError

    # -- decisions -----------------------------------------------------------------------------

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
        round: str = "1",
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
            if a newer decision than the page knew exists: of this coder or, unless double coded, of anybody.
        NotYours
            if another coder holds the comment, or it is assigned to other coders.
        InputError
            for an unknown comment, action or code, or codes that do not fit the action.
        """
        raise NotImplementedError

    def undo(self, coder: str, *, client_token: str, round: str = "1") -> Saved | None:
        """Withdraw the coder's last decision that stands (key u); the one before it on that comment holds again.

        Returns None if there is nothing to withdraw.
        """
        raise NotImplementedError

    def bulk_accept(
        self,
        coder: str,
        choices: Sequence[BulkChoice],
        *,
        model_state: str,
        client_token: str,
        suggestion_shown: bool = True,
        round: str = "1",
    ) -> BulkResult:
        """Accept suggestions of many comments at once.

        Left out, with the reason: comments with a hidden suggestion, double-coded ones, those that another
        coder holds, and those decided since.
        """
        raise NotImplementedError

    def decisions_table(self) -> pd.DataFrame:
        """Return all decisions as a DECISIONS table, oldest first; undone and replaced ones are in it too."""
        raise NotImplementedError

    def changes_since(self, seq: int) -> list[Change]:
        """Return what now holds on every comment with a decision or undo after `seq`, oldest first."""
        raise NotImplementedError

    def progress(self, round: str = "1") -> Progress:
        """Return the figures of the dashboard."""
        raise NotImplementedError

    def rounds(self) -> list[str]:
        """Return the names of the rounds there are, "1" first, without that of adjudication."""
        raise NotImplementedError

    # -- double coding -------------------------------------------------------------------------

    def assign_double(
        self, share: float, coders: Sequence[str], seed: int = 0, round: str = "1", *, hide: bool = True
    ) -> list[int]:
        """Have a share of the open comments coded by all `coders`, blind to each other; return comment ids.

        Chosen by a hash of seed and opinion_id. In round "1" comments already decided are left out; another
        round takes any. `hide` hides the suggestions too.

        Raises
        ------
        InputError
            for fewer than two coders or a share outside 0 to 1.
        """
        raise NotImplementedError

    def disagreements(self, round: str = "1", *, settled: bool | None = None) -> list[Disagreement]:
        """Return the comments on which coders' standing decisions differ (sets of codes, or action without).

        settled : only those adjudicated (True), only open ones (False), or all (None)
        """
        raise NotImplementedError

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

        expected_seq : `settled.seq`, or 0 if nobody has settled it yet. Raises as `save`.
        """
        raise NotImplementedError

    def amend_definition(self, code: str, text: str, who: str) -> Definition:
        """Give a code a new definition; earlier versions are kept. `InputError` for an unknown code."""
        raise NotImplementedError

    def definition_history(self, code: str) -> list[Definition]:
        """Return all versions of a code's definition, oldest first; version 0 is the loaded one."""
        raise NotImplementedError

    # -- people --------------------------------------------------------------------------------

    def add_account(self, name: str, role: str, password: str) -> Account:
        """Add an account with an argon2id hash; `InputError` if the name is taken, or for a weak password
        (under 10 characters) or unknown role."""
        raise NotImplementedError

    def set_password(self, name: str, password: str) -> None:
        """Change a password and end the account's sessions."""
        raise NotImplementedError

    def set_active(self, name: str, active: bool) -> None:
        """Switch an account off (ends its sessions at once) or on again."""
        raise NotImplementedError

    def accounts(self) -> list[Account]:
        """Return all accounts by name."""
        raise NotImplementedError

    def verify_password(self, name: str, password: str, address: str = "") -> Account | None:
        """Return the account if the password is right and it is active, else None; takes the same time.

        Raises
        ------
        TooManyAttempts
            after 5 failures for the name (or 20 from the address) within 15 minutes.
        """
        raise NotImplementedError

    def create_session(self, name: str, hours: float = 12) -> tuple[str, SessionInfo]:
        """Return a new random session token for the cookie (only its hash is stored), and the session."""
        raise NotImplementedError

    def session_account(self, token: str) -> SessionInfo | None:
        """Return the live session of a token; None if ended, expired, or the account is off or gone."""
        raise NotImplementedError

    def end_session(self, token: str) -> None:
        """End a session; unknown tokens are fine."""
        raise NotImplementedError

    def audit(self, who: str, what: str, detail: str = "") -> None:
        """Append a line to the audit log. Logins, accounts, definitions, assignments write theirs themselves."""
        raise NotImplementedError

    def audit_log(self, limit: int = 1000) -> list[AuditEntry]:
        """Return the newest lines of the audit log, newest first."""
        raise NotImplementedError
