"""Sightings are kept with what came of them, the reports that they stand in, and pages that reporters uploaded.

Follows 0014.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "sighting_report",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("tlp", sa.Text(), nullable=False),
        sa.Column("passed_over_json", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sighting_report"),
    )
    op.create_index("ix_sighting_report_by_at", "sighting_report", ["by", "at"])
    op.create_table(
        "sighting",
        sa.Column("id", number, nullable=False),
        sa.Column("report", sa.Text(), nullable=False),
        sa.Column("entry", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tlp", sa.Text(), nullable=False),
        sa.Column("chain_json", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["report"], ["sighting_report.id"], name="fk_sighting_report_sighting_report"),
        sa.PrimaryKeyConstraint("id", name="pk_sighting"),
    )
    op.create_index("ix_sighting_report_id", "sighting", ["report", "id"])
    op.create_index("ix_sighting_site_id", "sighting", ["site", "id"])
    op.create_index("ix_sighting_outcome_id", "sighting", ["outcome", "id"])
    op.create_table(
        "capture",
        sa.Column("id", number, nullable=False),
        sa.Column("sighting_id", sa.BigInteger(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("captured_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("page", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["sighting_id"], ["sighting.id"], name="fk_capture_sighting_id_sighting"),
        sa.PrimaryKeyConstraint("id", name="pk_capture"),
    )
    op.create_index("ix_capture_sighting_id", "capture", ["sighting_id"])
    op.create_index("ix_capture_host_received_at", "capture", ["host", "received_at"])


def downgrade() -> None:
    """Go back to the version before: who reported what is forgotten, what was admitted for it stays."""
    op.drop_table("capture")
    op.drop_table("sighting")
    op.drop_table("sighting_report")
