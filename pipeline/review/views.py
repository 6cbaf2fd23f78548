"""What the store hands out: small read-only records, and the errors a page must be able to tell apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline.errors import IkenError, InputError

ROLES = ("reviewer", "adjudicator", "analyst", "admin")
# What one may ask the queue for; "open" is what is left to do.
STATUSES = ("open", "decided", "unsure", "none-fits", "all")
MAX_NUMBER = 2**31 - 1  # the largest number a row can have: databases fail at larger ones


def coded_action(codes: tuple[str, ...] | list[str], suggested_code: str) -> str:
    """Return the action of a decision that gives codes: accept if the first one is the first suggestion.

    >>> coded_action(["G1-1-1"], "G1-1-1"), coded_action(["G1-1-2", "G1-1-1"], "G1-1-1")
    ('accept', 'change')
    """
    return "accept" if codes and codes[0] == suggested_code else "change"


@dataclass(frozen=True)
class Filters:
    """Which comments a queue shows; everything empty: all that is open.

    item : a code of any level; comments whose first suggestion (decided ones: first code) lies at or below it
    columns : input column -> wanted value, exact
    status : one of `STATUSES`
    reason : one of `queue.REASONS`
    text : part of the comment
    """

    item: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    status: str = "open"
    reason: str = ""
    text: str = ""


@dataclass(frozen=True)
class Decided:
    """One decision as it stands now. `codes` is empty unless the action is accept or change."""

    seq: int
    decision_id: str
    coder: str
    round: str
    action: str
    codes: tuple[str, ...]
    note: str
    decided_at: str

    @property
    def missing(self) -> bool:
        """Whether it leaves the comment undecided (unsure, reject), as `decisions.Decision.missing`."""
        return not self.codes and self.action != "none-fits"


@dataclass(frozen=True)
class CommentView:
    """One comment (or one opinion unit of it) as the coding page shows it to one coder.

    unit : "" for the whole comment, "1", "2", … for its opinion units
    text : the whole comment; the unit is `text[start:end]`
    columns : the other columns of the input, in their order
    hidden : suggestions must not be on screen (hidden share, blind round)
    reasons : names of `queue.REASONS`
    group_id, group_size : near-identical comments ('' and 1 when alone)
    double : several coders code it, blind to each other
    seq : hand this back to `Store.save` as expected_seq
    decision : what stands now: the coder's own, or (unless double) anybody's; None if open
    """

    comment_id: int
    opinion_id: str
    unit: str
    text: str
    start: int
    end: int
    columns: Mapping[str, str]
    hidden: bool
    priority: float
    reasons: tuple[str, ...]
    group_id: str
    group_size: int
    position: int
    double: bool
    round: str
    seq: int
    decision: Decided | None

    @property
    def unit_text(self) -> str:
        """The text that gets the code."""
        return self.text[self.start : self.end]


@dataclass(frozen=True)
class Saved:
    """An acknowledged decision; `repeated` if the same client_token had been stored before."""

    seq: int
    decision_id: str
    comment_id: int
    decided_at: str
    repeated: bool = False


@dataclass(frozen=True)
class BulkChoice:
    """One comment of a bulk acceptance, as the page knew it."""

    comment_id: int
    codes: tuple[str, ...]
    suggested_code: str
    expected_seq: int


@dataclass(frozen=True)
class BulkResult:
    """What came of a bulk acceptance: `saved`, and (comment_id, reason ja, reason en) of those left out."""

    saved: tuple[Saved, ...]
    skipped: tuple[tuple[int, str, str], ...]


@dataclass(frozen=True)
class BulkOnRecord:
    """A bulk acceptance as it stands now: hand `bulk` to `Store.undo_bulk`; when, and how many decisions still stand."""

    bulk: str
    at: str
    standing: int


@dataclass(frozen=True)
class BulkUndone:
    """What came of withdrawing a bulk acceptance: the undo rows, and how many comments were decided again since."""

    undone: tuple[Saved, ...]
    left: int


@dataclass(frozen=True)
class Disagreement:
    """A comment that its coders leave open, or that an adjudicator decided: what each coder said last, and that decision."""

    comment: CommentView
    decisions: tuple[Decided, ...]
    settled: Decided | None

    @property
    def is_open(self) -> bool:
        """Whether it is still to be settled; an adjudicator may be unsure too."""
        return self.settled is None or self.settled.missing


@dataclass(frozen=True)
class CoderProgress:
    """Decisions of one coder that stand, how many an hour of work (breaks of over 10 minutes left out)."""

    coder: str
    decided: int
    per_hour: float | None
    last_at: str


@dataclass(frozen=True)
class Progress:
    """Figures of the dashboard, of one round.

    total, decided, open : comments; a double-coded one is decided when all its coders have decided
    by_action : action -> standing decisions
    by_reason : reason of `queue.REASONS` -> (decided, total)
    by_item : item code -> comments with it (all codes counted; a double-coded comment once)
    by_coder : see `CoderProgress`
    minutes_left : decisions still wanted at the joint pace of the last hour of work, None if unknown
    accepted, shown : acceptance rate = accepted / shown, of decisions with a first suggestion on screen; it is no
        accuracy
    hits, judged : first suggestion among the codes, of the last (up to) 50 decisions with it on screen
    """

    round: str
    total: int
    decided: int
    open: int
    by_action: Mapping[str, int]
    by_reason: Mapping[str, tuple[int, int]]
    by_item: Mapping[str, int]
    by_coder: tuple[CoderProgress, ...]
    minutes_left: float | None
    accepted: int
    shown: int
    hits: int
    judged: int


@dataclass(frozen=True)
class Change:
    """What now holds on a comment that was decided or undone; `codes` is () when no code holds any more."""

    seq: int
    comment_id: int
    coder: str
    round: str
    action: str
    codes: tuple[str, ...]
    double: bool


@dataclass(frozen=True)
class Account:
    """A person of the team."""

    name: str
    role: str
    active: bool


@dataclass(frozen=True)
class SessionInfo:
    """A live login session: whose, and its CSRF token."""

    account: Account
    csrf: str


@dataclass(frozen=True)
class AuditEntry:
    """One line of the audit log."""

    at: str
    who: str
    what: str
    detail: str


@dataclass(frozen=True)
class Definition:
    """One version of what a code means; version 0 is the codebook as loaded."""

    version: int
    code: str
    text: str
    who: str
    at: str


class StaleDecision(IkenError):
    """A newer decision exists than the page knew; `newer` is what stands now (None: it was undone)."""

    def __init__(self, newer: Decided | None) -> None:
        who = newer.coder if newer else ""
        super().__init__(
            f"この意見は、画面を開いた後に判定が変わっています({who or '取り消し'})。読み直してから判定してください。",
            f"the decision on this comment has changed since the page was opened ({who or 'undone'}); reload it",
        )
        self.newer = newer


class NotYours(IkenError):
    """Another coder holds the comment at the moment, or it is assigned to others."""


class StoreBusy(IkenError):
    """The database is locked by another program; nothing was stored, trying again helps."""


class StoreFull(IkenError):
    """The disk or database is full; nothing was stored."""


class TooManyAttempts(IkenError):
    """Too many failed logins; `wait_seconds` until the next one is looked at."""

    def __init__(self, wait_seconds: int) -> None:
        super().__init__(
            f"ログインの失敗が続いたため、あと{wait_seconds}秒は受け付けません。",
            f"too many failed logins; wait {wait_seconds} seconds",
        )
        self.wait_seconds = wait_seconds


def unknown_comment(comment_id: int) -> InputError:
    """Return the error for a number that no comment has."""
    return InputError(f"意見 {comment_id} はありません。", f"there is no comment {comment_id}")
