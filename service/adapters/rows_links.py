"""What sites have in common (``ports.LinkRows``)."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, func, insert, select

from service.adapters.tables import SITE, TRAIT, UNLINKED
from service.adapters.tables_base import storable
from service.core.errors import NotFound
from service.core.persistence.links import Shared
from service.core.persistence.traits import Trait, common

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy import Connection

MAX_TRAITS = 300
"""Traits kept of one site. Later ones are refused: a page may name another tracker at every look."""

MAX_VALUE = 500
"""Longest value kept as it is, in characters; a longer one is cut and told apart by its hash."""

# Built once: building a statement takes longer than running it.
_SITE_ID = select(SITE.c.id).where(SITE.c.host == bindparam("host"))
_TRAITS = select(TRAIT.c.kind, TRAIT.c.value).where(TRAIT.c.site_id == bindparam("site")).order_by(TRAIT.c.id)
_HOLDERS = (
    select(SITE.c.host)
    .join(TRAIT, TRAIT.c.site_id == SITE.c.id)
    .where(TRAIT.c.kind == bindparam("kind"), TRAIT.c.value == bindparam("value"))
    .limit(bindparam("most"))
)
_COUNT = select(func.count()).select_from(
    select(TRAIT.c.id)
    .where(TRAIT.c.kind == bindparam("kind"), TRAIT.c.value == bindparam("value"))
    .limit(bindparam("most"))
    .subquery()
)
_IS_PENDING = select(UNLINKED.c.site_id).where(UNLINKED.c.site_id == bindparam("site"))
_INSERT_TRAIT, _INSERT_UNLINKED = insert(TRAIT), insert(UNLINKED)


class SqlLinks:
    """``LinkRows`` over one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, host: str, traits: Iterable[Trait], at: datetime) -> int:
        """Keep traits of a site; how many were new. A site with new ones is pending. NotFound for an unknown site."""
        site_id = self._connection.execute(_SITE_ID, {"host": host}).scalar()
        if site_id is None:
            raise NotFound(f"no site {host} was ever admitted")
        known = set(self._of(site_id))
        wanted = sorted({Trait(trait.kind, _bounded(trait.value)) for trait in traits} - known)
        new = wanted[: MAX_TRAITS - len(known)]
        if new:
            rows = [{"site_id": site_id, "kind": trait.kind, "value": trait.value, "first_at": at} for trait in new]
            self._connection.execute(_INSERT_TRAIT, rows)
            self._mark(site_id)
            self._mark_crowded(new)
        return len(new)

    def mark(self, host: str) -> None:
        """A site is pending although its traits are not new: what they lead to has changed."""
        site_id = self._connection.execute(_SITE_ID, {"host": host}).scalar()
        if site_id is not None:
            self._mark(site_id)

    def _mark(self, site_id: int) -> None:
        if self._connection.execute(_IS_PENDING, {"site": site_id}).first() is None:
            self._connection.execute(_INSERT_UNLINKED, {"site_id": site_id})

    def _mark_crowded(self, new: Iterable[Trait]) -> None:
        """Whoever shares a trait that has this moment become common is compared again: it ties them no more."""
        for trait in new:
            crowd = common(trait.kind) + 1
            if self._connection.execute(_COUNT, trait._asdict() | {"most": crowd + 1}).scalar_one() == crowd:
                for host in self._connection.execute(_HOLDERS, trait._asdict() | {"most": crowd}).scalars().all():
                    self.mark(host)

    def sharing(self, host: str) -> tuple[Shared, ...]:
        """Traits that a site has in common with others, with how many sites have each, ordered by trait and host.

        A trait that more than ``common`` sites have ties nothing and is left out: a large host's address would name a
        million of them.
        """
        site_id = self._connection.execute(_SITE_ID, {"host": host}).scalar()
        shared: list[Shared] = []
        for trait in sorted(self._of(site_id)) if site_id is not None else ():
            most = common(trait.kind)
            holders = self._connection.execute(_HOLDERS, trait._asdict() | {"most": most + 1}).scalars().all()
            if len(holders) <= most:
                others = sorted(holder for holder in holders if holder != host)
                shared += (Shared(host=other, trait=trait, sites=len(holders)) for other in others)
        return tuple(shared)

    def pending(self, limit: int) -> tuple[str, ...]:
        """Hosts whose traits are new since ``settle``, ordered by host."""
        query = select(SITE.c.host).join(UNLINKED, UNLINKED.c.site_id == SITE.c.id).order_by(SITE.c.host).limit(limit)
        return tuple(self._connection.execute(query).scalars())

    def settle(self, hosts: Iterable[str]) -> None:
        """Their traits were looked at."""
        settled = select(SITE.c.id).where(SITE.c.host.in_(tuple(hosts)))
        self._connection.execute(delete(UNLINKED).where(UNLINKED.c.site_id.in_(settled)))

    def _of(self, site_id: int) -> list[Trait]:
        return [Trait(*row) for row in self._connection.execute(_TRAITS, {"site": site_id})]


def _bounded(value: str) -> str:
    value = storable(value)
    if len(value) <= MAX_VALUE:
        return value
    return f"{value[: MAX_VALUE - 65]} {sha256(value.encode()).hexdigest()}"
