"""People: accounts, login sessions, failed logins."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the tables of accounts."""
    op.create_table(
        "account",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("role", sa.String, nullable=False),
        sa.Column("password_hash", sa.String, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
    )
    op.create_table(
        "session",
        sa.Column("token_sha256", sa.String, primary_key=True),
        sa.Column("name", sa.String, sa.ForeignKey("account.name"), nullable=False),
        sa.Column("csrf", sa.String, nullable=False),
        sa.Column("expires", sa.Double, nullable=False),
    )
    op.create_index("ix_session_name", "session", ["name"])
    op.create_table(
        "login_failure",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("address", sa.String, nullable=False),
        sa.Column("at", sa.Double, nullable=False),
    )
