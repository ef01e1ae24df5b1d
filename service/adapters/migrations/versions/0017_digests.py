"""Alerts are told in groups, digests are remembered, and outlets that are new are known.

Follows 0016. Outlets that were watched before are not new.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    op.create_table(
        "alert_group",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_type", sa.Text(), nullable=False),
        sa.Column("last_site", sa.Text(), nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("reopened_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_alert_group"),
    )
    op.create_index("ix_alert_group_last_at", "alert_group", ["last_at"])
    op.create_table(
        "told",
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("said_json", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("endpoint", "key", name="pk_told"),
    )
    op.create_table(
        "onboarding",
        sa.Column("outlet", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("outlet", name="pk_onboarding"),
    )


def downgrade() -> None:
    """Go back to the version before: what waits for a digest is sent by itself, what was summed up was delivered."""
    op.execute("UPDATE delivery SET state = 'pending' WHERE state = 'held'")
    op.execute("UPDATE delivery SET state = 'delivered' WHERE state = 'summed-up'")
    for name in ("onboarding", "told", "alert_group"):
        op.drop_table(name)
