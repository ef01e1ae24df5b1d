"""Ties, campaigns, successions and sweeps for siblings.

Follows 0003.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    _ties()
    _campaigns()
    _successions()
    _sibling_sweeps()


def downgrade() -> None:
    """Go back to the version before."""
    for name in ("sibling_sweep", "succession", "campaign_change", "membership", "campaign", "tie"):
        op.drop_table(name)


def _row_id() -> sa.Column[Any]:
    return sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False)


def _text(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _time(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _big(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger(), nullable=False)


def _share(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Float(), nullable=False)


def _site(table: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], ["site.id"], name=f"fk_{table}_{column}_site")


def _campaign(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["campaign"], ["campaign.id"], name=f"fk_{table}_campaign_campaign")


def _ties() -> None:
    op.create_table(
        "tie",
        _row_id(),
        _big("first_id"),
        _big("second_id"),
        _share("confidence"),
        _text("traits_json"),
        _time("found_at"),
        _time("changed_at"),
        _text("ruling", nullable=True),
        _text("ruled_json", nullable=True),
        _site("tie", "first_id"),
        _site("tie", "second_id"),
        sa.PrimaryKeyConstraint("id", name="pk_tie"),
        sa.UniqueConstraint("first_id", "second_id", name="uq_tie_first_id_second_id"),
    )
    op.create_index("ix_tie_second_id", "tie", ["second_id"])


def _campaigns() -> None:
    op.create_table(
        "campaign",
        _text("id"),
        _time("began_at"),
        _time("ended_at", nullable=True),
        _text("merged_into", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_campaign"),
    )
    op.create_table(
        "membership",
        _row_id(),
        _text("campaign"),
        _big("site_id"),
        _time("joined_at"),
        _time("left_at", nullable=True),
        _campaign("membership"),
        _site("membership", "site_id"),
        sa.PrimaryKeyConstraint("id", name="pk_membership"),
    )
    op.create_index("ix_membership_campaign", "membership", ["campaign"])
    op.create_index("ix_membership_site_id_left_at", "membership", ["site_id", "left_at"])
    op.create_table(
        "campaign_change",
        _row_id(),
        _text("campaign"),
        _time("at"),
        _text("kind"),
        _text("hosts_json"),
        _text("other", nullable=True),
        _campaign("campaign_change"),
        sa.PrimaryKeyConstraint("id", name="pk_campaign_change"),
    )
    op.create_index("ix_campaign_change_campaign", "campaign_change", ["campaign"])


def _successions() -> None:
    op.create_table(
        "succession",
        _row_id(),
        _big("site_id"),
        _text("outlet"),
        _big("predecessor_id"),
        _time("found_at"),
        _time("blocked_since"),
        _time("began_at"),
        _share("confidence"),
        _text("traits_json"),
        _share("expected_by_chance"),
        _site("succession", "site_id"),
        _site("succession", "predecessor_id"),
        sa.PrimaryKeyConstraint("id", name="pk_succession"),
        sa.UniqueConstraint("site_id", "outlet", "predecessor_id", name="uq_succession_site_id_outlet_predecessor_id"),
    )
    op.create_index("ix_succession_outlet", "succession", ["outlet"])
    op.create_index("ix_succession_predecessor_id", "succession", ["predecessor_id"])


def _sibling_sweeps() -> None:
    op.create_table(
        "sibling_sweep",
        _row_id(),
        _text("outlet"),
        _text("label"),
        _text("host"),
        _time("requested_at"),
        _time("finished_at", nullable=True),
        _big("position"),
        _big("found"),
        _big("unanswered"),
        sa.PrimaryKeyConstraint("id", name="pk_sibling_sweep"),
    )
    op.create_index("ix_sibling_sweep_outlet_label_requested_at", "sibling_sweep", ["outlet", "label", "requested_at"])
    op.create_index("ix_sibling_sweep_finished_at_requested_at", "sibling_sweep", ["finished_at", "requested_at"])
