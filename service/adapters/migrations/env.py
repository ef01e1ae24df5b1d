"""Alembic's environment. The caller (``adapters/schema.py``) brings the connection and the transaction around it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from alembic import context
from sqlmodel.sql.sqltypes import UTCDateTime

from service.adapters import (  # noqa: F401 - these belong to the same catalogue
    tables_access,
    tables_alerts,
    tables_checks,
    tables_deliveries,
    tables_persistence,
    tables_sightings,
    tables_sweeps,
)
from service.adapters.tables_base import Prose
from service.adapters.tables_campaigns import TIE
from service.adapters.tables_feeds import FEED

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext


def render(kind: str, thing: object, _context: AutogenContext) -> str | Literal[False]:
    """Write our column types as what the database has, so that an old migration needs none of today's code."""
    if kind == "type" and isinstance(thing, UTCDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(thing, Prose):
        return "sa.Text()"
    return False


# All tables share one catalogue; importing each part of them brings it in.
(_CATALOGUE,) = {part.metadata for part in (FEED, TIE)}

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=_CATALOGUE,
    render_as_batch=True,
    render_item=render,
    compare_server_default=True,
    transactional_ddl=False,
)
context.run_migrations()
