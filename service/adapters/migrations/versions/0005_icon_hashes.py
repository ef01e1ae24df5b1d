"""Baselines know the difference hash of the outlet's icon.

Follows 0004.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    with op.batch_alter_table("baseline") as batch:
        batch.add_column(sa.Column("favicon_dhash", sa.Text(), nullable=False, server_default=""))
    with op.batch_alter_table("baseline") as batch:
        batch.alter_column("favicon_dhash", server_default=None)  # the code says it for every new row


def downgrade() -> None:
    """Go back to the version before."""
    with op.batch_alter_table("baseline") as batch:
        batch.drop_column("favicon_dhash")
