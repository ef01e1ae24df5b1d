"""Feeds: how far each source of names was taken in, and what was passed over.

Cursors that were single values until now go into their rows, so that no list is read again from its start.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    _feed()
    op.create_table(
        "feed_gap",
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("first", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("end", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        _time("found_at"),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["feed"], ["feed.id"], name="fk_feed_gap_feed_feed"),
        sa.PrimaryKeyConstraint("feed", "first", name="pk_feed_gap"),
    )
    _move_cursors()


def _feed() -> None:
    op.create_table(
        "feed",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        _time("begun_at"),
        sa.Column("cursor", sa.Text(), nullable=False),
        _big("position"),
        _big("size"),
        *(_time(name, nullable=True) for name in ("newest_at", "asked_at", "answered_at", "taken_at")),
        sa.Column("patience_seconds", sa.Float(), nullable=False),
        sa.Column("news_within_seconds", sa.Float(), nullable=True),
        *(_big(name) for name in ("read", "matched", "admitted", "skipped")),
        sa.Column("complaint", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        _time("told_at", nullable=True),
        _time("window_at", nullable=True),
        _big("window_read"),
        sa.Column("rate", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_feed"),
    )


def _move_cursors() -> None:
    op.execute(
        "INSERT INTO feed (id, kind, begun_at, cursor, position, size, patience_seconds, read, matched, admitted,"
        " skipped, complaint, error, failures, window_read, rate)"
        " SELECT substr(key, 13), 'names', CURRENT_TIMESTAMP, value, 0, 0, 3600, 0, 0, 0, 0, '', '', 0, 0, 0"
        " FROM state WHERE key LIKE 'feed.cursor:%'"
    )
    op.execute("DELETE FROM state WHERE key LIKE 'feed.cursor:%'")


def downgrade() -> None:
    """Go back to the version before."""
    op.drop_table("feed_gap")
    op.execute("INSERT INTO state (key, value) SELECT 'feed.cursor:' || id, cursor FROM feed WHERE kind = 'names'")
    op.drop_table("feed")


def _time(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _big(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger(), nullable=False)
