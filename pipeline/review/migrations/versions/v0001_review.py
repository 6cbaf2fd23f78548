"""The review itself: project, comments, decisions, assignments, definitions, audit."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

APPEND_ONLY = ("decision", "audit")


def upgrade() -> None:
    """Make the first tables."""
    _comments()
    _decisions()
    op.create_table(
        "codebook_version",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("code", sa.String, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("text", sa.String, nullable=False),
        sa.Column("who", sa.String, nullable=False),
        sa.Column("at", sa.String, nullable=False),
        sa.UniqueConstraint("code", "version", name="definition_once"),
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("at", sa.String, nullable=False),
        sa.Column("who", sa.String, nullable=False),
        sa.Column("what", sa.String, nullable=False),
        sa.Column("detail", sa.String, nullable=False),
        sqlite_autoincrement=True,
    )
    _refuse_changes()


def _comments() -> None:
    op.create_table(
        "project",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("source", sa.String, nullable=False),
        sa.Column("source_sha256", sa.String, nullable=False),
        sa.Column("model_id", sa.String, nullable=False),
        sa.Column("codebook", sa.JSON, nullable=False),
        sa.Column("columns", sa.JSON, nullable=False),
        sa.Column("created_at", sa.String, nullable=False),
    )
    op.create_table(
        "comment",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("opinion_id", sa.String, nullable=False),
        sa.Column("unit", sa.String, nullable=False),
        sa.Column("text", sa.String, nullable=False),
        sa.Column("unit_start", sa.Integer, nullable=False),
        sa.Column("unit_end", sa.Integer, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("cells", sa.JSON, nullable=False),
        sa.Column("suggestion", sa.JSON, nullable=False),
        sa.Column("first_code", sa.String, nullable=False),
        sa.Column("priority", sa.Double, nullable=False),
        sa.Column("reasons", sa.String, nullable=False),
        sa.Column("group_id", sa.String, nullable=False),
        sa.Column("hidden_suggestions", sa.Boolean, nullable=False),
        sa.Column("answered", sa.Boolean, nullable=False),
        sa.UniqueConstraint("opinion_id", "unit", name="comment_once"),
    )
    op.create_index("comment_by_position", "comment", ["answered", "position"])
    op.create_index("comment_by_priority", "comment", ["answered", "priority", "position"])
    op.create_index("comment_by_group", "comment", ["group_id"])


def _decisions() -> None:
    op.create_table(
        "decision",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("decision_id", sa.String, nullable=False, unique=True),
        sa.Column("client_token", sa.String, nullable=False, unique=True),
        sa.Column("comment_id", sa.Integer, sa.ForeignKey("comment.id"), nullable=False),
        sa.Column("coder", sa.String, nullable=False),
        sa.Column("action", sa.String, nullable=False),
        sa.Column("codes", sa.JSON, nullable=False),
        sa.Column("note", sa.String, nullable=False),
        sa.Column("decided_at", sa.String, nullable=False),
        sa.Column("round", sa.String, nullable=False),
        sa.Column("suggestion_shown", sa.Boolean, nullable=False),
        sa.Column("suggested_code", sa.String, nullable=False),
        sa.Column("model_state", sa.String, nullable=False),
        sa.Column("codebook_sha256", sa.String, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("decision_of_coder", "decision", ["comment_id", "round", "coder", "seq"])
    op.create_table(
        "standing",
        sa.Column("comment_id", sa.Integer, sa.ForeignKey("comment.id"), primary_key=True),
        sa.Column("round", sa.String, primary_key=True),
        sa.Column("coder", sa.String, primary_key=True),
        sa.Column("seq", sa.Integer, sa.ForeignKey("decision.seq"), nullable=False),
        sa.Column("action", sa.String, nullable=False),
        sa.Column("first_code", sa.String, nullable=False),
    )
    op.create_index("standing_of_coder", "standing", ["coder", "round", "seq"])
    op.create_table(
        "assignment",
        sa.Column("comment_id", sa.Integer, sa.ForeignKey("comment.id"), primary_key=True),
        sa.Column("round", sa.String, primary_key=True),
        sa.Column("slot", sa.String, primary_key=True),
        sa.Column("coder", sa.String, nullable=False),
        sa.Column("lease_until", sa.Double, nullable=True),
        sa.Column("hidden", sa.Boolean, nullable=False),
    )
    op.create_index("assignment_of_coder", "assignment", ["coder", "round"])


def _refuse_changes() -> None:
    """Have the database itself refuse to change or delete what may only grow."""
    if op.get_bind().dialect.name == "sqlite":
        for table in APPEND_ONLY:
            for event in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_no_{event.lower()} BEFORE {event} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
                )
        return
    op.execute(
        "CREATE FUNCTION iken_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
    )
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION iken_append_only()"
        )
