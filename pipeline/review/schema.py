"""Tables of the review's database. What is in them changes by `migrations` alone; decisions and audit only grow."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, Double, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """Base of all tables; str is unlimited text, dicts and lists are JSON."""

    type_annotation_map = {float: Double, dict[str, Any]: JSON, list[str]: JSON, list[dict[str, Any]]: JSON}  # noqa: RUF012


class ProjectRow(Base):
    """What is reviewed: one row."""

    __tablename__ = "project"
    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str]
    source_sha256: Mapped[str]
    model_id: Mapped[str]
    codebook: Mapped[list[dict[str, Any]]]
    columns: Mapped[list[str]]
    created_at: Mapped[str]


class CommentRow(Base):
    """One comment, or one opinion unit of it; never changed once loaded, but for `answered`."""

    __tablename__ = "comment"
    __table_args__ = (
        UniqueConstraint("opinion_id", "unit", name="comment_once"),
        Index("comment_by_position", "answered", "position"),
        Index("comment_by_priority", "answered", "priority", "position"),
        Index("comment_by_group", "group_id"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    opinion_id: Mapped[str]
    unit: Mapped[str]
    text: Mapped[str]
    unit_start: Mapped[int]
    unit_end: Mapped[int]
    position: Mapped[int]
    cells: Mapped[list[str]]  # values of project.columns: a list, since a column's name may hold anything
    first_code: Mapped[str]
    priority: Mapped[float]
    reasons: Mapped[str]  # ",a,b," so that one of them can be looked for
    group_id: Mapped[str]
    hidden_suggestions: Mapped[bool]
    # Somebody's decision stands in the first round: so that the queue need not look at what is done.
    answered: Mapped[bool] = mapped_column(default=False)


class DecisionRow(Base):
    """One decision or undo. Rows are only ever added: the database itself refuses to change or delete one."""

    __tablename__ = "decision"
    __table_args__ = (
        Index("decision_of_coder", "comment_id", "round", "coder", "seq"),
        {"sqlite_autoincrement": True},
    )
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    decision_id: Mapped[str] = mapped_column(unique=True)
    client_token: Mapped[str] = mapped_column(unique=True)
    comment_id: Mapped[int] = mapped_column(ForeignKey("comment.id"))
    coder: Mapped[str]
    action: Mapped[str]
    codes: Mapped[list[str]]
    note: Mapped[str]
    decided_at: Mapped[str]
    round: Mapped[str]
    suggestion_shown: Mapped[bool]
    suggested_code: Mapped[str]
    model_state: Mapped[str]
    codebook_sha256: Mapped[str]


class StandingRow(Base):
    """The decision of a coder on a comment that holds now; worked out of `decision` in the same transaction."""

    __tablename__ = "standing"
    __table_args__ = (Index("standing_of_coder", "coder", "round", "seq"),)
    comment_id: Mapped[int] = mapped_column(ForeignKey("comment.id"), primary_key=True)
    round: Mapped[str] = mapped_column(primary_key=True)
    coder: Mapped[str] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(ForeignKey("decision.seq"))
    action: Mapped[str]
    first_code: Mapped[str]


class AssignmentRow(Base):
    """Who may code a comment: slot '' is the one lease of an ordinary comment, else a double coder's name."""

    __tablename__ = "assignment"
    __table_args__ = (Index("assignment_of_coder", "coder", "round"),)
    comment_id: Mapped[int] = mapped_column(ForeignKey("comment.id"), primary_key=True)
    round: Mapped[str] = mapped_column(primary_key=True)
    slot: Mapped[str] = mapped_column(primary_key=True)
    coder: Mapped[str]
    lease_until: Mapped[float | None]  # seconds since 1970
    hidden: Mapped[bool]


class CodebookVersionRow(Base):
    """An amended definition; the newest of a code holds."""

    __tablename__ = "codebook_version"
    __table_args__ = (UniqueConstraint("code", "version", name="definition_once"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str]
    version: Mapped[int]
    text: Mapped[str]
    who: Mapped[str]
    at: Mapped[str]


class AuditRow(Base):
    """Who did what; only ever added to."""

    __tablename__ = "audit"
    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    at: Mapped[str]
    who: Mapped[str]
    what: Mapped[str]
    detail: Mapped[str]


class AccountRow(Base):
    """A person of the team; the password only as argon2id hash."""

    __tablename__ = "account"
    name: Mapped[str] = mapped_column(primary_key=True)
    role: Mapped[str]
    password_hash: Mapped[str]
    active: Mapped[bool]


class SessionRow(Base):
    """A live login; the cookie's token only as SHA-256."""

    __tablename__ = "session"
    token_sha256: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(ForeignKey("account.name"), index=True)
    csrf: Mapped[str]
    expires: Mapped[float]


class LoginFailureRow(Base):
    """A failed login, for the limit of their rate; old ones are deleted."""

    __tablename__ = "login_failure"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    address: Mapped[str]
    at: Mapped[float]
