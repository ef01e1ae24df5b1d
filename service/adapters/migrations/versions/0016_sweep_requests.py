"""Sweeps can be asked for.

Follows 0015.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    with op.batch_alter_table("sweep") as sweep:
        sweep.add_column(sa.Column("requested_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Go back to the version before: who asked for what is forgotten."""
    with op.batch_alter_table("sweep") as sweep:
        sweep.drop_column("requested_at")
