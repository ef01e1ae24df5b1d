"""Sites and blocks as the API reads them (``ports.SiteViewRows``)."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, true

from service.adapters.codec import loads
from service.adapters.tables import BLOCK, LOOKALIKE, SITE, TARGET
from service.adapters.view_queries import Place, cursor_position, cut, filtered, newest_first
from service.adapters.views import PUBLIC_PREFIX, SqlViews, block_item
from service.core.alerts.events import rfc3339
from service.core.facts.dns import DnsFacts
from service.core.facts.registration import Registration
from service.core.names.name import defang
from service.core.plain import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy import ColumnElement, Connection, Row

_FILTERS: dict[str, Callable[[Any], ColumnElement[bool]]] = {
    "q": lambda value: Place(SITE.c.host, str(value).lower()) > 0,
    "domain": lambda value: SITE.c.domain == value,
    "suffix": lambda value: SITE.c.suffix == value,
    "availability": lambda value: SITE.c.availability == value,
    "due_before": lambda value: SITE.c.due_at < value,
    "outlet": lambda value: SITE.c.id.in_(select(LOOKALIKE.c.site_id).where(LOOKALIKE.c.outlet == value)),
    "outlets": lambda value: (
        SITE.c.id.in_(select(LOOKALIKE.c.site_id).where(LOOKALIKE.c.outlet.in_(value))) if value else true()
    ),
}


class SqlSiteViews:
    """``SiteViewRows`` over one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def sites(
        self, where: Mapping[str, Any], cursor: str | None, limit: int
    ) -> tuple[list[dict[str, Any]], str | None]:
        """A page of sites, newest admitted first, and the cursor of the next (None on the last page).

        ``where`` may hold q (part of the host name), domain, suffix, availability, due_before, outlet and outlets; of
        lookalikes, only those of ``outlets`` are shown. InvalidInput for an unknown filter and for a cursor that is
        none of ours.
        """
        query = select(SITE).order_by(SITE.c.id.desc()).limit(limit + 1)
        query = filtered(query, where, _FILTERS)
        if cursor is not None:
            # Row ids are given in the order of admission, and are the one order that nothing moves.
            query = query.where(SITE.c.id < cursor_position(cursor)[1])
        rows, following = cut(self._connection.execute(query).all(), limit, "admitted_at", "id")
        return self._items(rows, where.get("outlets")), following

    def site(self, host: str, outlets: frozenset[str] = frozenset()) -> dict[str, Any] | None:
        """One with targets, blocks, observations, registration and DNS.

        None where there is none, or none that resembles one of ``outlets`` where these are given.
        """
        row = self._connection.execute(select(SITE).where(SITE.c.host == host)).first()
        if row is None:
            return None
        (item,) = self._items([row], outlets)
        if outlets and not item["lookalikes"]:
            return None
        targets = select(TARGET).where(TARGET.c.site_id == row.id).order_by(TARGET.c.id)
        views = SqlViews(self._connection)
        return item | {
            "targets": [{"url": one.url, "source": one.source} for one in self._connection.execute(targets)],
            "blocks": views.blocks(host),
            "observations": views.observations(row.id),
            "registration": None
            if row.registration_json is None
            else shown(loads(Registration, row.registration_json)),
            "dns": None if row.dns_json is None else shown(loads(DnsFacts, row.dns_json)),
        }

    def blocks(self, host: str | None, cursor: str | None, limit: int) -> tuple[list[dict[str, Any]], str | None]:
        """A page of blocks of one site or of all, newest first, and the cursor of the next (None on the last page)."""
        query = select(BLOCK, SITE.c.host).join(SITE, SITE.c.id == BLOCK.c.site_id)
        if host is not None:
            query = query.where(SITE.c.host == host)
        rows, following = newest_first(self._connection, query, (BLOCK.c.effective_from, BLOCK.c.row), cursor, limit)
        return [block_item(row) for row in rows], following

    def _items(self, rows: Sequence[Row[Any]], outlets: frozenset[str] | None) -> list[dict[str, Any]]:
        """List entries: two queries more for all of them together."""
        ids = [row.id for row in rows]
        query = select(LOOKALIKE).where(LOOKALIKE.c.site_id.in_(ids)).order_by(LOOKALIKE.c.id)
        if outlets:
            query = query.where(LOOKALIKE.c.outlet.in_(outlets))
        lookalikes: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
        for one in self._connection.execute(query):
            lookalikes[one.site_id].append(_lookalike(one))
        in_force = select(BLOCK.c.site_id).where(BLOCK.c.lifted_at.is_(None), BLOCK.c.site_id.in_(ids))
        blocked = set(self._connection.execute(in_force).scalars())
        return [_item(row, lookalikes[row.id], blocked=row.id in blocked) for row in rows]


def _item(row: Row[Any], lookalikes: list[dict[str, Any]], *, blocked: bool) -> dict[str, Any]:
    return {
        "host": row.host,
        "defanged": defang(row.host),
        "domain": row.domain,
        "suffix": row.suffix,
        "source": row.source,
        "admitted_at": rfc3339(row.admitted_at),
        "absent_at": rfc3339(row.absent_at),
        "due_at": rfc3339(row.due_at),
        "looked_at": rfc3339(row.looked_at),
        "availability": row.availability,
        "availability_since": rfc3339(row.availability_since),
        "availability_reason": row.availability_reason,
        "registered_at": rfc3339(row.registered_at),
        "registration_status": row.registration_status,
        "registrar": row.registrar,
        "blocked": blocked,
        "lookalikes": lookalikes,
    }


def _lookalike(row: Row[Any]) -> dict[str, Any]:
    return {
        "id": f"{PUBLIC_PREFIX}{row.id}",
        "outlet": row.outlet,
        "technique": row.technique,
        "verdict": row.verdict,
        "flagged": row.flagged,
        "score": row.score,
    }
