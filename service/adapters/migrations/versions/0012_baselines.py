"""Baselines have a state, when they were last seen, who decided on them, and the site's certificate and name servers.

Follows 0011.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_TEXTS = ("state", "decided_by", "note", "nameservers_json")


def upgrade() -> None:
    """Go to this version."""
    for name in (*_TEXTS, "certificate_json"):
        op.add_column("baseline", sa.Column(name, sa.Text(), nullable=True))
    op.add_column("baseline", sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(
        "UPDATE baseline SET state = 'in-use', decided_by = '', note = '', nameservers_json = '[]', seen_at = taken_at"
    )
    with op.batch_alter_table("baseline") as table:
        for name in (*_TEXTS, "seen_at"):
            table.alter_column(name, nullable=False)


def downgrade() -> None:
    """Go back to the version before: only what is in use is left."""
    op.execute("DELETE FROM baseline WHERE state <> 'in-use'")
    with op.batch_alter_table("baseline") as table:
        for name in (*_TEXTS, "certificate_json", "seen_at"):
            table.drop_column(name)
