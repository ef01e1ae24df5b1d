"""Answers are kept for requests that may be sent twice; names under a suffix are found at once.

Follows 0007.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    op.create_table(
        "repeat",
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("headers_json", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("token", "key", name="pk_repeat"),
    )
    op.create_index("ix_repeat_at", "repeat", ["at"])
    _suffixes()


def downgrade() -> None:
    """Go back to the version before: answers are not kept any more."""
    op.drop_table("repeat")
    for name in ("suffix", "registered_at", "availability_id"):
        op.drop_index(f"ix_site_{name}", "site")
    with op.batch_alter_table("site") as site:
        site.drop_column("suffix")


def _suffixes() -> None:
    """A registrable name is a label, a dot and the suffix."""
    with op.batch_alter_table("site") as site:
        site.add_column(sa.Column("suffix", sa.Text(), nullable=True))
    position = "instr(domain, '.')" if op.get_bind().dialect.name == "sqlite" else "strpos(domain, '.')"
    op.execute(f"UPDATE site SET suffix = substr(domain, {position} + 1)")  # noqa: S608 - no value from outside
    with op.batch_alter_table("site") as site:
        site.alter_column("suffix", existing_type=sa.Text(), nullable=False)
    op.create_index("ix_site_suffix", "site", ["suffix"])
    op.create_index("ix_site_registered_at", "site", ["registered_at"])
    op.create_index("ix_site_availability_id", "site", ["availability", "id"])
