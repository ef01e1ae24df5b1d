"""Groups of alerts, and what digests told of them (``ports_alerts.DigestRows``, ``ports_alerts.AlertGroupRows``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, func, insert, or_, select, update

from service.adapters.codec import dumps, load_any, member
from service.adapters.portions import portions
from service.adapters.tables import LOOKALIKE, SITE
from service.adapters.tables_alerts import ALERT_GROUP, TOLD
from service.adapters.tables_campaigns import MEMBERSHIP
from service.adapters.tables_deliveries import DELIVERY, EVENT
from service.core.alerts.condition import Severity
from service.core.alerts.deliveries import DeliveryState
from service.core.alerts.digest import AlertGroup, Held, key_of, worsens
from service.core.alerts.policy import severity
from service.core.model import Event

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Row

Said = Mapping[str, str]
Data = Mapping[str, Any]


# Built once: building a statement takes longer than running it.
_CAMPAIGN = (
    select(MEMBERSHIP.c.campaign)
    .join(SITE, SITE.c.id == MEMBERSHIP.c.site_id)
    .where(SITE.c.host == bindparam("host"), MEMBERSHIP.c.left_at.is_(None))
)
_OUTLET = (
    select(func.min(LOOKALIKE.c.outlet))
    .join(SITE, SITE.c.id == LOOKALIKE.c.site_id)
    .where(SITE.c.host == bindparam("host"))
)
_GROUP = select(ALERT_GROUP).where(ALERT_GROUP.c.key == bindparam("key"))
_HELD = (
    select(DELIVERY.c.id.label("delivery_id"), EVENT)
    .join(EVENT, EVENT.c.sequence == DELIVERY.c.event)
    .where(DELIVERY.c.endpoint == bindparam("endpoint"), DELIVERY.c.state == DeliveryState.HELD)
    .order_by(EVENT.c.sequence)
    .limit(bindparam("limit"))
)
_DUE = (
    select(DELIVERY.c.id)
    .where(DELIVERY.c.endpoint == bindparam("endpoint"), DELIVERY.c.state == DeliveryState.HELD)
    .where(DELIVERY.c.next_at <= bindparam("now"))
    .limit(1)
)


class SqlAlertGroups:
    """``AlertGroupRows`` over one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def key(self, host: str, outlet: str | None) -> str:
        """The key of the group of an event about a site, and about an outlet's lookalike on it where one is given."""
        campaign: str | None = self._connection.execute(_CAMPAIGN, {"host": host}).scalar()
        if campaign is None and outlet is None:
            outlet = self._connection.execute(_OUTLET, {"host": host}).scalar()
        return key_of(campaign, outlet or "")

    def note(self, event: Event) -> None:
        """Count an event about a site to its group; what is worse than what was acknowledged ends that."""
        if event.host is None:
            return
        key = self.key(event.host, event.outlet)
        known = self.get(key)
        if known is None:
            fresh = AlertGroup(
                key=key,
                severity=severity(event),
                events=1,
                first_at=event.at,
                last_at=event.at,
                last_type=event.type,
                last_site=event.host,
            )
            self._connection.execute(insert(ALERT_GROUP).values(asdict(fresh)))
            return
        after = replace(
            known,
            severity=max(known.severity, severity(event), key=lambda one: one.rank),
            events=known.events + 1,
            last_at=event.at,
            last_type=event.type,
            last_site=event.host,
        )
        if known.acknowledged_at is not None and worsens(known, event):
            after = replace(after, acknowledged_at=None, reopened_by=event.id)
        self.put(after)

    def get(self, key: str) -> AlertGroup | None:
        """One by its key."""
        row = self._connection.execute(_GROUP, {"key": key}).first()
        return None if row is None else _group(row)

    def of_site(self, host: str) -> AlertGroup | None:
        """The group that a site's alerts belong to now; None where there were none."""
        return self.get(self.key(host, None))

    def all(self, since: datetime) -> tuple[AlertGroup, ...]:
        """Groups with anything since then, or acknowledged, the last first."""
        wanted = or_(ALERT_GROUP.c.last_at >= since, ALERT_GROUP.c.acknowledged_at.is_not(None))
        query = select(ALERT_GROUP).where(wanted).order_by(ALERT_GROUP.c.last_at.desc(), ALERT_GROUP.c.key)
        return tuple(_group(row) for row in self._connection.execute(query))

    def put(self, group: AlertGroup) -> None:
        """Change one: acknowledge it or take that back."""
        self._connection.execute(update(ALERT_GROUP).where(ALERT_GROUP.c.key == group.key).values(asdict(group)))


class SqlDigests:
    """``DigestRows`` over one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._groups = SqlAlertGroups(connection)

    def is_due(self, endpoint: str, now: datetime) -> bool:
        """Whether anything has waited long enough for one endpoint's digest."""
        return self._connection.execute(_DUE, {"endpoint": endpoint, "now": now}).first() is not None

    def held(self, endpoint: str, limit: int) -> tuple[Held, ...]:
        """What waits for one endpoint's digest, oldest first."""
        rows = self._connection.execute(_HELD, {"endpoint": endpoint, "limit": limit}).all()
        keys = {pair: self._groups.key(*pair) for pair in {(row.host, row.outlet) for row in rows}}
        quiet = {key: self._is_quiet(key) for key in set(keys.values())}
        return tuple(
            Held(delivery=row.delivery_id, event=read_event(row), group=key, quiet=quiet[key])
            for row in rows
            for key in (keys[row.host, row.outlet],)
        )

    def _is_quiet(self, key: str) -> bool:
        group = self._groups.get(key)
        return group is not None and group.acknowledged_at is not None

    def said(self, endpoint: str) -> Mapping[str, Said]:
        """What one endpoint's digests told last, by group, and within it by site and outlet."""
        rows = self._connection.execute(select(TOLD).where(TOLD.c.endpoint == endpoint))
        return {row.key: load_any(Said, row.said_json) for row in rows}

    def close(self, endpoint: str, held: Sequence[Held], said: Mapping[str, Said], at: datetime) -> None:
        """These no longer wait, and this is what was told of their groups."""
        ids = [one.delivery for one in held]
        summed = update(DELIVERY).values(state=DeliveryState.SUMMED_UP, next_at=None)
        for portion in portions(ids):
            self._connection.execute(summed.where(DELIVERY.c.id.in_(portion)))
        for key, told in said.items():
            this = (TOLD.c.endpoint == endpoint, TOLD.c.key == key)
            values = {"said_json": dumps(Said, told), "at": at}
            if not self._connection.execute(update(TOLD).where(*this).values(values)).rowcount:
                self._connection.execute(insert(TOLD).values(endpoint=endpoint, key=key, **values))


def forget_told(connection: Connection, endpoint: str) -> None:
    """An endpoint is removed, with what it was told."""
    connection.execute(delete(TOLD).where(TOLD.c.endpoint == endpoint))


def read_event(row: Row[Any]) -> Event:
    """A committed event."""
    return Event(
        id=row.id,
        type=row.type,
        at=row.at,
        data=load_any(Data, row.data_json),
        host=row.host,
        outlet=row.outlet,
        sequence=row.sequence,
    )


def _group(row: Row[Any]) -> AlertGroup:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name
    return AlertGroup(**(values | {"severity": member(Severity, row.severity)}))
