"""Checks can be asked for.

Follows 0017.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    op.create_table(
        "check_request",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("outlets_json", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("report_json", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_check_request"),
    )
    op.create_index("ix_check_request_by_asked_at", "check_request", ["by", "asked_at"])
    op.create_index("ix_check_request_done_at_asked_at", "check_request", ["done_at", "asked_at"])


def downgrade() -> None:
    """Go back to the version before: what was asked for is forgotten, what was found stays with the sites."""
    op.drop_table("check_request")
