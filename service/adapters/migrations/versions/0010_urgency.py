"""In which order due sites are taken where not all can be.

Follows 0009.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_ROUTINE = 2


def upgrade() -> None:
    """Go to this version; what is there already is of middling urgency until it is looked at."""
    with op.batch_alter_table("site") as site:
        site.add_column(sa.Column("urgency", sa.Integer(), nullable=True))
    op.execute(sa.update(sa.table("site", sa.column("urgency"))).values(urgency=_ROUTINE))
    with op.batch_alter_table("site") as site:
        site.alter_column("urgency", existing_type=sa.Integer(), nullable=False)
        site.create_index("ix_site_urgency_due_at_id", ["urgency", "due_at", "id"])


def downgrade() -> None:
    """Go back to the version before."""
    with op.batch_alter_table("site") as site:
        site.drop_index("ix_site_urgency_due_at_id")
        site.drop_column("urgency")
