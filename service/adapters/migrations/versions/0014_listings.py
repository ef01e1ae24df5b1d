"""Sites know when a list of names first had them; what lists say of known sites is kept.

Follows 0013.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    with op.batch_alter_table("site") as site:
        site.add_column(sa.Column("listed_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "listed",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("known_from", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_listed"),
        sa.UniqueConstraint("host", "feed", "kind", "at", name="uq_listed_host_feed_kind_at"),
    )


def downgrade() -> None:
    """Go back to the version before: that facts from lists were kept is forgotten."""
    op.drop_table("listed")
    with op.batch_alter_table("site") as site:
        site.drop_column("listed_at")
