"""Dated facts from lists of names (``ports.ListingRows``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import insert, select

from service.adapters.tables import SITE
from service.adapters.tables_feeds import LISTED
from service.core.feed import Listed

if TYPE_CHECKING:
    from sqlalchemy import Connection


class SqlListings:
    """``ListingRows`` over one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, fact: Listed) -> bool:
        """Keep one; False where it is kept already."""
        same = (LISTED.c.host == fact.host, LISTED.c.feed == fact.feed, LISTED.c.kind == fact.kind)
        if self._connection.execute(select(LISTED.c.id).where(*same, LISTED.c.at == fact.at)).first() is not None:
            return False
        values = {"host": fact.host, "feed": fact.feed, "kind": fact.kind, "at": fact.at, "known_from": fact.known_from}
        self._connection.execute(insert(LISTED).values(values))
        return True

    def of(self, host: str) -> tuple[Listed, ...]:
        """What lists said of a host, oldest first."""
        rows = self._connection.execute(select(LISTED).where(LISTED.c.host == host).order_by(LISTED.c.at, LISTED.c.id))
        return tuple(
            Listed(host=row.host, feed=row.feed, kind=row.kind, at=row.at, known_from=row.known_from) for row in rows
        )

    def hosts(self, after: str, limit: int) -> tuple[str, ...]:
        """Hosts of known sites beyond ``after``, in the order of the database; fewer than ``limit`` at the end."""
        query = select(SITE.c.host).where(SITE.c.host > after).order_by(SITE.c.host).limit(limit)
        return tuple(self._connection.execute(query).scalars())
