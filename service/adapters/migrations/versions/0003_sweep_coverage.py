"""What a sweep covered: how many names, which suffixes, and which names stayed unanswered.

Follows 0002.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version. Sweeps of before asked for what they had asked for, under suffixes that nobody noted."""
    text, number = sa.Text(), sa.BigInteger()
    with op.batch_alter_table("sweep") as batch:
        batch.add_column(sa.Column("total", number, nullable=False, server_default="0"))
        batch.add_column(sa.Column("first_suffix", text, nullable=False, server_default=""))
        batch.add_column(sa.Column("last_suffix", text, nullable=False, server_default=""))
    with op.batch_alter_table("sweep") as batch:
        # The defaults were for rows of before only.
        for name, kind in (("total", number), ("first_suffix", text), ("last_suffix", text)):
            batch.alter_column(name, existing_type=kind, existing_nullable=False, server_default=None)
    op.create_table(
        "unanswered",
        sa.Column("sweep_id", number, nullable=False),
        sa.Column("name", text, nullable=False),
        sa.ForeignKeyConstraint(["sweep_id"], ["sweep.id"], name="fk_unanswered_sweep_id_sweep"),
        sa.PrimaryKeyConstraint("sweep_id", "name", name="pk_unanswered"),
    )


def downgrade() -> None:
    """Go back to the version before."""
    op.drop_table("unanswered")
    with op.batch_alter_table("sweep") as batch:
        for name in ("last_suffix", "first_suffix", "total"):
            batch.drop_column(name)
