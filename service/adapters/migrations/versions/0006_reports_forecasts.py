"""Reports to registrars and hosts, and forecasts.

Follows 0005.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    _reports()
    _forecasts()


def downgrade() -> None:
    """Go back to the version before."""
    for name in ("forecast_hit", "forecast", "report_change", "report"):
        op.drop_table(name)


def _reports() -> None:
    op.create_table(
        "report",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("lookalike_id", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["lookalike_id"], ["lookalike.id"], name="fk_report_lookalike_id_lookalike"),
        sa.PrimaryKeyConstraint("id", name="pk_report"),
    )
    op.create_index("ix_report_lookalike_id", "report", ["lookalike_id"])
    op.create_index("ix_report_state_due_at", "report", ["state", "due_at"])
    op.create_index("ix_report_sent_at_id", "report", ["sent_at", "id"])
    op.create_table(
        "report_change",
        sa.Column("report", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["report"], ["report.id"], name="fk_report_change_report_report"),
        sa.PrimaryKeyConstraint("report", "number", name="pk_report_change"),
    )


def _forecasts() -> None:
    op.create_table(
        "forecast",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("outlet", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("names_json", sa.Text(), nullable=False),
        sa.Column("watched_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("probed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("probes", sa.Integer(), nullable=False),
        sa.Column("score_json", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_forecast"),
    )
    op.create_index("ix_forecast_made_at_id", "forecast", ["made_at", "id"])
    op.create_index("ix_forecast_watched_until", "forecast", ["watched_until"])
    op.create_table(
        "forecast_hit",
        sa.Column("forecast", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["forecast"], ["forecast.id"], name="fk_forecast_hit_forecast_forecast"),
        sa.PrimaryKeyConstraint("forecast", "name", name="pk_forecast_hit"),
    )
