"""The first tables.

Follows nothing.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    _watch_list()
    _sites()
    _lookalikes()
    _lookalikes_history()
    _looks()
    _traits()
    _blocks()
    _events()
    _deliveries()
    _service()


def downgrade() -> None:
    """Go back to the version before: nothing is left."""
    for name in (
        *(
            "state",
            "token",
            "attempt",
            "delivery",
            "endpoint",
            "event",
            "action",
            "block",
            "unlinked",
            "trait",
            "sweep",
        ),
        *("observation", "target", "episode", "verdict", "lookalike", "site", "baseline", "outlet"),
    ):
        op.drop_table(name)


def _row_id(name: str = "id") -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False)


def _text(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _time(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _big(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger(), nullable=False)


def _number(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Integer(), nullable=nullable)


def _share(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Float(), nullable=False)


def _flag(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Boolean(), nullable=False)


def _watch_list() -> None:
    op.create_table(
        "outlet",
        _text("id"),
        _text("name"),
        _text("domain"),
        _text("own_domains_json"),
        _text("labels_json"),
        _text("country", nullable=True),
        _text("languages_json"),
        _time("added_at"),
        _time("changed_at"),
        sa.PrimaryKeyConstraint("id", name="pk_outlet"),
    )
    op.create_table(
        "baseline",
        _row_id(),
        _text("outlet"),
        _text("url"),
        _text("kind"),
        _time("taken_at"),
        _text("digest"),
        _text("favicon_sha256"),
        sa.Column("page", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_baseline"),
        sa.UniqueConstraint("outlet", "url", "digest", name="uq_baseline_outlet_url_digest"),
    )


def _sites() -> None:
    op.create_table(
        "site",
        _row_id(),
        _text("host"),
        _text("domain"),
        _text("source"),
        _big("version"),
        _time("admitted_at"),
        _time("absent_at", nullable=True),
        _time("due_at"),
        _text("availability"),
        _time("availability_since", nullable=True),
        _text("availability_reason"),
        _time("looked_at", nullable=True),
        _time("active_at", nullable=True),
        _time("pages_fetched_at", nullable=True),
        _text("failures_json", nullable=True),
        _time("registration_asked_at", nullable=True),
        _text("registration_status", nullable=True),
        _time("registered_at", nullable=True),
        _text("registrar", nullable=True),
        _text("registration_json", nullable=True),
        _text("dns_json", nullable=True),
        _big("observations"),
        sa.PrimaryKeyConstraint("id", name="pk_site"),
        sa.UniqueConstraint("host", name="uq_site_host"),
    )
    op.create_index("ix_site_due_at_id", "site", ["due_at", "id"])
    op.create_index("ix_site_domain", "site", ["domain"])


def _lookalikes() -> None:
    op.create_table(
        "lookalike",
        _row_id(),
        _big("site_id"),
        _text("outlet"),
        _text("technique"),
        _share("name_score"),
        _number("distance"),
        _time("discovered_at"),
        _text("verdict"),
        _flag("flagged"),
        _share("score"),
        _text("reason"),
        _text("signals_json"),
        _text("first_seen_as"),
        _time("flagged_at", nullable=True),
        _text("analyst_json", nullable=True),
        _flag("announced"),
        _text("predecessor"),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name="fk_lookalike_site_id_site"),
        sa.PrimaryKeyConstraint("id", name="pk_lookalike"),
        sa.UniqueConstraint("site_id", "outlet", name="uq_lookalike_site_id_outlet"),
    )
    op.create_index("ix_lookalike_discovered_at_id", "lookalike", ["discovered_at", "id"])
    op.create_index("ix_lookalike_outlet_discovered_at_id", "lookalike", ["outlet", "discovered_at", "id"])
    op.create_index("ix_lookalike_flagged_discovered_at_id", "lookalike", ["flagged", "discovered_at", "id"])


def _lookalikes_history() -> None:
    op.create_table(
        "verdict",
        _row_id(),
        _big("lookalike_id"),
        _time("at"),
        _text("verdict"),
        _share("score"),
        _text("reason"),
        _text("signals_json"),
        _text("analyst_json", nullable=True),
        sa.ForeignKeyConstraint(["lookalike_id"], ["lookalike.id"], name="fk_verdict_lookalike_id_lookalike"),
        sa.PrimaryKeyConstraint("id", name="pk_verdict"),
    )
    op.create_index("ix_verdict_lookalike_id", "verdict", ["lookalike_id"])
    op.create_table(
        "episode",
        _big("lookalike_id"),
        _number("number"),
        _time("began_at"),
        _time("last_seen_at"),
        _time("ended_at", nullable=True),
        _text("cause", nullable=True),
        _flag("censored"),
        _text("url"),
        _text("profile"),
        sa.ForeignKeyConstraint(["lookalike_id"], ["lookalike.id"], name="fk_episode_lookalike_id_lookalike"),
        sa.PrimaryKeyConstraint("lookalike_id", "number", name="pk_episode"),
    )


def _looks() -> None:
    op.create_table(
        "target",
        _row_id(),
        _big("site_id"),
        _text("url"),
        _text("source"),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name="fk_target_site_id_site"),
        sa.PrimaryKeyConstraint("id", name="pk_target"),
        sa.UniqueConstraint("site_id", "url", name="uq_target_site_id_url"),
    )
    op.create_table(
        "observation",
        _big("site_id"),
        _big("number"),
        _text("digest"),
        _time("first_at"),
        _time("last_at"),
        _big("count"),
        _text("consensus"),
        _text("summary_json"),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name="fk_observation_site_id_site"),
        sa.PrimaryKeyConstraint("site_id", "number", name="pk_observation"),
    )
    op.create_table(
        "sweep",
        _row_id(),
        _text("outlet"),
        _text("tier"),
        _text("generator"),
        _text("vantage"),
        _time("started_at"),
        _big("position"),
        _time("finished_at", nullable=True),
        _big("asked"),
        _big("existing"),
        _big("unanswered"),
        sa.PrimaryKeyConstraint("id", name="pk_sweep"),
    )
    op.create_index("ix_sweep_outlet_tier_started_at", "sweep", ["outlet", "tier", "started_at"])


def _traits() -> None:
    op.create_table(
        "trait",
        _row_id(),
        _big("site_id"),
        _text("kind"),
        _text("value"),
        _time("first_at"),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name="fk_trait_site_id_site"),
        sa.PrimaryKeyConstraint("id", name="pk_trait"),
        sa.UniqueConstraint("site_id", "kind", "value", name="uq_trait_site_id_kind_value"),
    )
    op.create_index("ix_trait_kind_value", "trait", ["kind", "value"])
    op.create_table(
        "unlinked",
        _big("site_id"),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name="fk_unlinked_site_id_site"),
        sa.PrimaryKeyConstraint("site_id", name="pk_unlinked"),
    )


def _blocks() -> None:
    op.create_table(
        "block",
        _row_id("row"),
        _big("site_id"),
        _text("id"),
        _text("place"),
        _time("effective_from"),
        _time("known_from"),
        _flag("reported"),
        _time("lifted_at", nullable=True),
        _text("reference"),
        _text("action", nullable=True),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name="fk_block_site_id_site"),
        sa.PrimaryKeyConstraint("row", name="pk_block"),
        sa.UniqueConstraint("site_id", "id", name="uq_block_site_id_id"),
    )
    op.create_index("ix_block_action", "block", ["action"])
    op.create_table(
        "action",
        _text("id"),
        _text("authority"),
        _text("place"),
        _time("effective"),
        _text("reference"),
        sa.PrimaryKeyConstraint("id", name="pk_action"),
    )


def _events() -> None:
    sequence = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "event",
        sa.Column("sequence", sequence, autoincrement=False, nullable=False),
        _text("id"),
        _text("type"),
        _time("at"),
        _text("host", nullable=True),
        _text("outlet", nullable=True),
        _text("data_json"),
        _time("committed_at"),
        sa.PrimaryKeyConstraint("sequence", name="pk_event"),
        sa.UniqueConstraint("id", name="uq_event_id"),
    )
    op.create_index("ix_event_host_sequence", "event", ["host", "sequence"])
    op.create_table(
        "endpoint",
        _text("id"),
        _text("url"),
        _text("secret"),
        _time("created_at"),
        _text("events_json"),
        _text("outlets_json"),
        _flag("enabled"),
        _text("note"),
        sa.PrimaryKeyConstraint("id", name="pk_endpoint"),
    )


def _deliveries() -> None:
    op.create_table(
        "delivery",
        _row_id(),
        _big("event"),
        _text("endpoint"),
        _text("state"),
        _number("attempt"),
        _time("next_at", nullable=True),
        _number("last_status", nullable=True),
        _text("last_detail"),
        sa.ForeignKeyConstraint(["endpoint"], ["endpoint.id"], name="fk_delivery_endpoint_endpoint"),
        sa.ForeignKeyConstraint(["event"], ["event.sequence"], name="fk_delivery_event_event"),
        sa.PrimaryKeyConstraint("id", name="pk_delivery"),
        sa.UniqueConstraint("event", "endpoint", name="uq_delivery_event_endpoint"),
    )
    op.create_index("ix_delivery_endpoint_state_next_at_id", "delivery", ["endpoint", "state", "next_at", "id"])
    op.create_table(
        "attempt",
        _big("delivery_id"),
        _number("number"),
        _time("at"),
        _flag("ok"),
        _number("status", nullable=True),
        _text("detail"),
        sa.ForeignKeyConstraint(["delivery_id"], ["delivery.id"], name="fk_attempt_delivery_id_delivery"),
        sa.PrimaryKeyConstraint("delivery_id", "number", name="pk_attempt"),
    )


def _service() -> None:
    op.create_table(
        "token",
        _text("id"),
        _text("digest"),
        _text("scopes_json"),
        _text("note"),
        _time("created_at"),
        sa.PrimaryKeyConstraint("id", name="pk_token"),
    )
    op.create_table(
        "state",
        _text("key"),
        _text("value"),
        sa.PrimaryKeyConstraint("key", name="pk_state"),
    )
