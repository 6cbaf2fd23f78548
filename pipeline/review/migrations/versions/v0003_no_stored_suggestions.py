"""Suggestions as first computed are no longer kept: pages work them out anew, and nothing read them."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Drop the column; which item came first stays in `first_code`."""
    op.drop_column("comment", "suggestion")
