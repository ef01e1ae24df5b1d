"""Endpoints have a kind, a least severity, an old secret and a condition; deliveries can be asked for anew.

Follows 0012. Secrets are sealed when the service starts: a migration has no key.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_TEXTS = {"kind": "webhook", "severity": "info", "old_secret": "", "disabled_because": ""}
_TIMES = ("old_secret_until", "failing_since", "probe_at")


def upgrade() -> None:
    """Go to this version: endpoints made before are webhooks that get everything, and nothing is known against them."""
    with op.batch_alter_table("endpoint") as endpoint:
        for name, value in _TEXTS.items():
            endpoint.add_column(sa.Column(name, sa.Text(), nullable=False, server_default=value))
        for name in _TIMES:
            endpoint.add_column(sa.Column(name, sa.DateTime(timezone=True), nullable=True))
        endpoint.add_column(sa.Column("every_seconds", sa.BigInteger(), nullable=True))
        endpoint.add_column(sa.Column("failures", sa.Integer(), nullable=False, server_default="0"))
    with op.batch_alter_table("delivery") as delivery:
        delivery.add_column(sa.Column("forgiven", sa.Integer(), nullable=False, server_default="0"))
    with op.batch_alter_table("endpoint") as endpoint:
        for name in _TEXTS:
            endpoint.alter_column(name, existing_type=sa.Text(), server_default=None)
        endpoint.alter_column("failures", existing_type=sa.Integer(), server_default=None)
    with op.batch_alter_table("delivery") as delivery:
        delivery.alter_column("forgiven", existing_type=sa.Integer(), server_default=None)


def downgrade() -> None:
    """Go back to the version before, which knows webhooks alone: other endpoints are removed, with their deliveries."""
    others = "SELECT id FROM endpoint WHERE kind <> 'webhook'"
    op.execute(
        f"DELETE FROM attempt WHERE delivery_id IN (SELECT id FROM delivery WHERE endpoint IN ({others}))"  # noqa: S608 - a constant
    )
    op.execute(f"DELETE FROM delivery WHERE endpoint IN ({others})")  # noqa: S608 - a constant
    op.execute("DELETE FROM endpoint WHERE kind <> 'webhook'")
    with op.batch_alter_table("delivery") as delivery:
        delivery.drop_column("forgiven")
    with op.batch_alter_table("endpoint") as endpoint:
        for name in (*_TEXTS, *_TIMES, "every_seconds", "failures"):
            endpoint.drop_column(name)
