"""The watch list and its baselines (``ports.OutletRows``)."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, insert, select, update

from service.adapters.codec import CodecError, dumps, load_any, loads
from service.adapters.tables import BASELINE, OUTLET
from service.adapters.tables_base import storable
from service.core.errors import NotFound
from service.core.facts.page import PageFacts, TlsFacts
from service.core.model import Baseline, Outlet
from service.core.states import BaselineState

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection, Row

Words = tuple[str, ...]

_IN_USE = (BASELINE.c.outlet.in_(select(OUTLET.c.id)), BASELINE.c.state == BaselineState.IN_USE.value)


class SqlOutlets:
    """``OutletRows`` over one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def all(self) -> tuple[Outlet, ...]:
        """Every outlet, ordered by id."""
        rows = self._connection.execute(select(OUTLET)).all()
        outlets = (
            Outlet(
                id=row.id,
                name=row.name,
                domain=row.domain,
                own_domains=load_any(Words, row.own_domains_json),
                labels=load_any(Words, row.labels_json),
                country=row.country,
                languages=load_any(Words, row.languages_json),
            )
            for row in rows
        )
        return tuple(sorted(outlets, key=lambda outlet: outlet.id))

    def put(self, outlet: Outlet, at: datetime) -> bool:
        """Insert or change one; True where it is new."""
        values: dict[str, Any] = {
            "name": outlet.name,
            "domain": outlet.domain,
            "own_domains_json": dumps(Words, outlet.own_domains),
            "labels_json": dumps(Words, outlet.labels),
            "country": outlet.country,
            "languages_json": dumps(Words, outlet.languages),
            "changed_at": at,
        }
        known = update(OUTLET).where(OUTLET.c.id == outlet.id).values(values)
        if self._connection.execute(known).rowcount:
            return False
        self._connection.execute(insert(OUTLET).values({"id": outlet.id, "added_at": at, **values}))
        return True

    def remove(self, outlet_id: str) -> None:
        """Take one off the list. Its lookalikes stay; its baselines are kept and come back with it."""
        if not self._connection.execute(delete(OUTLET).where(OUTLET.c.id == outlet_id)).rowcount:
            raise NotFound(f"no outlet {outlet_id!r} on the watch list")

    def baselines(self) -> tuple[Baseline, ...]:
        """Every baseline in use of every outlet on the list, oldest first."""
        rows = self._connection.execute(select(BASELINE).where(*_IN_USE).order_by(BASELINE.c.taken_at, BASELINE.c.id))
        return tuple(baseline_of(row) for row in rows)

    def baseline_marks(self) -> tuple[tuple[str, str, str], ...]:
        """Outlet, URL and digest of each of ``baselines``, in the same order, without their pages."""
        rows = self._connection.execute(
            select(BASELINE.c.outlet, BASELINE.c.url, BASELINE.c.digest)
            .where(*_IN_USE)
            .order_by(BASELINE.c.taken_at, BASELINE.c.id)
        )
        return tuple((row.outlet, row.url, row.digest) for row in rows)

    def add_baseline(self, baseline: Baseline, state: BaselineState = BaselineState.IN_USE) -> bool:
        """Keep one; False where one with this outlet, URL and digest is kept already, in whatever state."""
        url = storable(baseline.url)
        same = (BASELINE.c.outlet == baseline.outlet, BASELINE.c.url == url, BASELINE.c.digest == baseline.digest)
        if self._connection.execute(select(BASELINE.c.id).where(*same)).first() is not None:
            return False
        row = {
            "outlet": baseline.outlet,
            "url": url,
            "kind": baseline.kind,
            "taken_at": baseline.taken_at,
            "digest": baseline.digest,
            "favicon_sha256": baseline.favicon_sha256,
            "favicon_dhash": baseline.favicon_dhash,
            "page": pack_page(baseline.page),
            "state": state,
            "seen_at": baseline.taken_at,
            "decided_by": "",
            "note": "",
            "certificate_json": None if baseline.certificate is None else dumps(TlsFacts, baseline.certificate),
            "nameservers_json": dumps(Words, baseline.nameservers),
        }
        self._connection.execute(insert(BASELINE).values(row))
        return True


def baseline_of(row: Row[Any]) -> Baseline:
    """A baseline out of its row."""
    return Baseline(
        outlet=row.outlet,
        url=row.url,
        kind=row.kind,
        taken_at=row.taken_at,
        page=unpack_page(row.page),
        digest=row.digest,
        favicon_sha256=row.favicon_sha256,
        favicon_dhash=row.favicon_dhash,
        certificate=None if row.certificate_json is None else loads(TlsFacts, row.certificate_json),
        nameservers=load_any(Words, row.nameservers_json),
    )


def pack_page(page: PageFacts) -> bytes:
    """A page's facts, deflated: text and class names shrink to a third, packed hashes hardly."""
    return zlib.compress(dumps(PageFacts, page).encode("ascii"))


def unpack_page(packed: bytes) -> PageFacts:
    """The facts again; CodecError where they are damaged."""
    try:
        return loads(PageFacts, zlib.decompress(packed).decode("ascii"))
    except (zlib.error, UnicodeDecodeError) as error:
        raise CodecError(f"a baseline's page is damaged ({error})") from error
