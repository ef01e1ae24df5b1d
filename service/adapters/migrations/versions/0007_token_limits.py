"""Tokens end, are limited to outlets, are revoked, and say when they were used last.

Follows 0006.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_TIMES = ("expires_at", "last_used_at", "revoked_at")


def upgrade() -> None:
    """Go to this version: tokens made before see every outlet, do not end, and report where they could write."""
    with op.batch_alter_table("token") as token:
        token.add_column(sa.Column("outlets_json", sa.Text(), nullable=True))
        for name in _TIMES:
            token.add_column(sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.execute(
        "UPDATE token SET outlets_json = '[]', scopes_json = replace(scopes_json, '\"write\"', '\"report\",\"write\"')"
    )
    with op.batch_alter_table("token") as token:
        token.alter_column("outlets_json", existing_type=sa.Text(), nullable=False)


def downgrade() -> None:
    """Go back to the version before, which knows no such limits: tokens that have one are removed."""
    op.execute("DELETE FROM token WHERE outlets_json <> '[]' OR expires_at IS NOT NULL OR revoked_at IS NOT NULL")
    with op.batch_alter_table("token") as token:
        for name in ("outlets_json", *_TIMES):
            token.drop_column(name)
