"""Events, endpoints and deliveries (``ports.OutboxRows``)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, func, insert, select, update

from service.adapters.codec import dumps, load_any, member
from service.adapters.rows_digests import SqlAlertGroups, read_event
from service.adapters.tables_alerts import ONBOARDING
from service.adapters.tables_base import storable
from service.adapters.tables_deliveries import ATTEMPT, DELIVERY, ENDPOINT, EVENT
from service.core.alerts.condition import Channel, Condition, Severity
from service.core.alerts.deliveries import Delivery, DeliveryState, Endpoint
from service.core.alerts.digest import waits
from service.core.alerts.onboarding import told_at_once
from service.core.alerts.policy import wants
from service.core.errors import NotFound
from service.core.model import Event

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from sqlalchemy import BindParameter, Connection, Row

    from service.core.alerts.deliveries import Attempt

MAX_DETAIL = 1024
"""Characters kept of a receiver's answer."""

Words = tuple[str, ...]
Data = Mapping[str, Any]


# Built once: building a statement takes longer than running it.
_IDS: BindParameter[list[str]] = bindparam("ids", expanding=True)
_KNOWN_IDS = select(EVENT.c.id).where(EVENT.c.id.in_(_IDS))
_LAST_SEQUENCE = select(func.coalesce(func.max(EVENT.c.sequence), 0))
_ENDPOINTS = select(ENDPOINT).order_by(ENDPOINT.c.id)
_DUE = (
    select(DELIVERY.c.id.label("delivery_id"), DELIVERY.c.attempt, DELIVERY.c.next_at, DELIVERY.c.forgiven, EVENT)
    .join(EVENT, EVENT.c.sequence == DELIVERY.c.event)
    .where(DELIVERY.c.endpoint == bindparam("endpoint"), DELIVERY.c.state == DeliveryState.PENDING)
    .where(DELIVERY.c.next_at <= bindparam("now"))
    .order_by(DELIVERY.c.next_at, DELIVERY.c.id)
    .limit(bindparam("limit"))
)
_NEW_OUTLETS = select(ONBOARDING.c.outlet)
_RECORD = update(DELIVERY).where(DELIVERY.c.id == bindparam("key_id"), DELIVERY.c.attempt == bindparam("key_attempt"))
_INSERT_EVENT, _INSERT_DELIVERY, _INSERT_ATTEMPT = insert(EVENT), insert(DELIVERY), insert(ATTEMPT)


class SqlOutbox:
    """``OutboxRows`` over one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._listening: tuple[Endpoint, ...] | None = None
        self._new: frozenset[str] | None = None
        self._groups = SqlAlertGroups(connection)

    def publish(self, events: Sequence[Event], at: datetime, only: str | None = None) -> None:
        """Append events that belong to no site, with their deliveries, to the endpoint ``only`` where it is given.

        An event whose id is there already is left alone. ``only`` gets them whatever its filters are; NotFound where
        there is no such endpoint.
        """
        if only is None:
            self.publish_for(frozenset(), events, at)
            return
        to = self.endpoints(only)
        if not to:
            raise NotFound(f"no endpoint {only!r}")
        for event, sequence in self._append_new(events, at):
            self._queue(event, sequence, to, at)

    def publish_for(self, outlets: frozenset[str], events: Sequence[Event], at: datetime) -> None:
        """Append a site's events; one without an outlet of its own concerns each of ``outlets``.

        Of outlets that are new on the list nobody is told before their summary, but of what cannot wait for it.
        """
        for event, sequence in self._append_new(events, at):
            concerned = outlets if event.outlet is None else frozenset((event.outlet,))
            if event.host is not None:
                told = concerned if told_at_once(event) else concerned - self._unannounced()
                if concerned and not told:
                    continue
                concerned = told
                self._groups.note(event)
            self._queue(event, sequence, [one for one in self._enabled() if wants(one, event, concerned)], at)

    def _append_new(self, events: Sequence[Event], at: datetime) -> Iterator[tuple[Event, int]]:
        """Those that are not there yet, appended, with their sequence numbers.

        Numbers are free of gaps because no two write transactions run at a time, and one that is rolled back takes its
        numbers with it; a database's own sequence would skip them.
        """
        if not events:
            return
        known = set(self._connection.execute(_KNOWN_IDS, {"ids": [event.id for event in events]}).scalars())
        sequence = int(self._connection.execute(_LAST_SEQUENCE).scalar_one())
        for event in events:
            if event.id not in known:
                known.add(event.id)
                sequence += 1
                self._append(event, sequence, at)
                yield event, sequence

    def _append(self, event: Event, sequence: int, at: datetime) -> None:
        row = {
            "sequence": sequence,
            "id": event.id,
            "type": event.type,
            "at": event.at,
            "host": event.host,
            "outlet": event.outlet,
            "data_json": dumps(Data, event.data),
            "committed_at": at,
        }
        self._connection.execute(_INSERT_EVENT, row)

    def _queue(self, event: Event, sequence: int, endpoints: Iterable[Endpoint], at: datetime) -> None:
        rows = [
            {"event": sequence, "endpoint": one.id, "attempt": 0, "last_detail": "", "forgiven": 0}
            | {"state": DeliveryState.PENDING, "next_at": at}
            | ({"state": DeliveryState.HELD, "next_at": at + one.every} if one.every and waits(one, event) else {})
            for one in endpoints
        ]
        if rows:
            self._connection.execute(_INSERT_DELIVERY, rows)

    def _unannounced(self) -> frozenset[str]:
        """Outlets that are new on the list; read once a transaction."""
        if self._new is None:
            self._new = frozenset(self._connection.execute(_NEW_OUTLETS).scalars())
        return self._new

    def _enabled(self) -> tuple[Endpoint, ...]:
        """Read once a transaction: nobody else can change them meanwhile."""
        if self._listening is None:
            self._listening = tuple(endpoint for endpoint in self.endpoints() if endpoint.enabled)
        return self._listening

    def due(self, now: datetime, limit: int, endpoint: str | None = None) -> tuple[Delivery, ...]:
        """Deliveries to make, of one endpoint or of all: each one's most overdue first, endpoints in turn.

        An endpoint that is disabled, or is not to be asked before a later time, has none; one whose circuit is open has
        one, its probe.
        """
        able = (one for one in self.endpoints(endpoint) if one.enabled and one.condition.allows(now))
        queues = [self._due_at(one, now, 1 if one.condition.circuit_open else limit) for one in able]
        in_turn = (delivery for turn in zip_longest(*queues) for delivery in turn if delivery is not None)
        return tuple(delivery for delivery, _ in zip(in_turn, range(limit), strict=False))

    def _due_at(self, endpoint: Endpoint, now: datetime, limit: int) -> list[Delivery]:
        rows = self._connection.execute(_DUE, {"endpoint": endpoint.id, "now": now, "limit": limit})
        return [
            Delivery(
                id=row.delivery_id,
                endpoint=endpoint,
                event=read_event(row),
                attempt=row.attempt,
                next_at=row.next_at,
                forgiven=row.forgiven,
            )
            for row in rows
        ]

    def record(self, delivery: Delivery, attempt: Attempt, next_at: datetime | None, at: datetime) -> None:
        """Store what came of a try; ``next_at`` None means done (delivered, or dead where it failed).

        The same try recorded twice counts once.
        """
        state = DeliveryState.PENDING
        if next_at is None:
            state = DeliveryState.DELIVERED if attempt.ok else DeliveryState.DEAD
        number = delivery.attempt + 1
        detail = storable(attempt.detail)[:MAX_DETAIL]
        values = {"state": state, "attempt": number, "next_at": next_at, "last_status": attempt.status}
        key = {"key_id": delivery.id, "key_attempt": delivery.attempt}
        if self._connection.execute(_RECORD, key | values | {"last_detail": detail}).rowcount == 1:
            row = {"delivery_id": delivery.id, "number": number, "at": at, "ok": attempt.ok}
            self._connection.execute(_INSERT_ATTEMPT, row | {"status": attempt.status, "detail": detail})

    def endpoints(self, only: str | None = None) -> tuple[Endpoint, ...]:
        """Every endpoint, ordered by id; or the one of this id, where there is one."""
        query = _ENDPOINTS if only is None else _ENDPOINTS.where(ENDPOINT.c.id == only)
        return tuple(_endpoint(row) for row in self._connection.execute(query))

    def put_endpoint(self, endpoint: Endpoint) -> None:
        """Insert or change one. Changed filters hold for later events; what is queued already goes out.

        What waits for one that the service disabled becomes dead letters: nothing waits for what may never come.
        """
        values = _values(endpoint)
        known = update(ENDPOINT).where(ENDPOINT.c.id == endpoint.id).values(values)
        if self._connection.execute(known).rowcount == 0:
            self._connection.execute(insert(ENDPOINT).values({"id": endpoint.id, **values}))
        if endpoint.disabled_because:
            open_states = (DeliveryState.PENDING, DeliveryState.HELD)
            waiting = update(DELIVERY).where(DELIVERY.c.endpoint == endpoint.id, DELIVERY.c.state.in_(open_states))
            why = endpoint.disabled_because
            self._connection.execute(waiting.values(state=DeliveryState.DEAD, next_at=None, last_detail=why))
        self._listening = None


def _values(endpoint: Endpoint) -> dict[str, Any]:
    """An endpoint's row but for its id."""
    condition = endpoint.condition
    return {
        "url": endpoint.url,
        "secret": endpoint.secret,
        "created_at": endpoint.created_at,
        "events_json": dumps(Words, endpoint.events),
        "outlets_json": dumps(Words, endpoint.outlets),
        "enabled": endpoint.enabled,
        "note": endpoint.note,
        "kind": endpoint.kind,
        "severity": endpoint.severity,
        "old_secret": endpoint.old_secret,
        "old_secret_until": endpoint.old_secret_until,
        "every_seconds": None if endpoint.every is None else int(endpoint.every.total_seconds()),
        "disabled_because": endpoint.disabled_because,
        "failures": condition.failures,
        "failing_since": condition.failing_since,
        "probe_at": condition.probe_at,
    }


def _endpoint(row: Row[Any]) -> Endpoint:
    return Endpoint(
        id=row.id,
        url=row.url,
        secret=row.secret,
        created_at=row.created_at,
        events=load_any(Words, row.events_json),
        outlets=load_any(Words, row.outlets_json),
        enabled=row.enabled,
        note=row.note,
        kind=member(Channel, row.kind),
        severity=member(Severity, row.severity),
        old_secret=row.old_secret,
        old_secret_until=row.old_secret_until,
        every=None if row.every_seconds is None else timedelta(seconds=row.every_seconds),
        disabled_because=row.disabled_because,
        condition=Condition(failures=row.failures, failing_since=row.failing_since, probe_at=row.probe_at),
    )
