"""Events, endpoints and deliveries (``ports.OutboxRows``)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, func, insert, select, update

from service.adapters.codec import dumps, load_any
from service.adapters.tables import ATTEMPT, DELIVERY, ENDPOINT, EVENT, storable
from service.core.errors import NotFound
from service.core.model import Delivery, Endpoint, Event

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from sqlalchemy import BindParameter, Connection, Row

    from service.core.model import Attempt

MAX_DETAIL = 1024
"""Characters kept of a receiver's answer."""

Words = tuple[str, ...]
Data = Mapping[str, Any]


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"
    DELIVERED = "delivered"
    DEAD = "dead"


# Built once: building a statement takes longer than running it.
_IDS: BindParameter[list[str]] = bindparam("ids", expanding=True)
_KNOWN_IDS = select(EVENT.c.id).where(EVENT.c.id.in_(_IDS))
_LAST_SEQUENCE = select(func.coalesce(func.max(EVENT.c.sequence), 0))
_ENDPOINTS = select(ENDPOINT).order_by(ENDPOINT.c.id)
_DUE = (
    select(DELIVERY.c.id.label("delivery_id"), DELIVERY.c.attempt, DELIVERY.c.next_at, EVENT)
    .join(EVENT, EVENT.c.sequence == DELIVERY.c.event)
    .where(DELIVERY.c.endpoint == bindparam("endpoint"), DELIVERY.c.state == DeliveryState.PENDING)
    .where(DELIVERY.c.next_at <= bindparam("now"))
    .order_by(DELIVERY.c.next_at, DELIVERY.c.id)
    .limit(bindparam("limit"))
)
_RECORD = update(DELIVERY).where(DELIVERY.c.id == bindparam("key_id"), DELIVERY.c.attempt == bindparam("key_attempt"))
_INSERT_EVENT, _INSERT_DELIVERY, _INSERT_ATTEMPT = insert(EVENT), insert(DELIVERY), insert(ATTEMPT)


class SqlOutbox:
    """``OutboxRows`` over one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._listening: tuple[Endpoint, ...] | None = None

    def publish(self, events: Sequence[Event], at: datetime, only: str | None = None) -> None:
        """Append events that belong to no site, with their deliveries, to the endpoint ``only`` where it is given.

        An event whose id is there already is left alone. ``only`` gets them whatever its filters are; NotFound where
        there is no such endpoint.
        """
        if only is None:
            self.publish_for(frozenset(), events, at)
            return
        if all(endpoint.id != only for endpoint in self.endpoints()):
            raise NotFound(f"no endpoint {only!r}")
        for _, sequence in self._append_new(events, at):
            self._queue(sequence, (only,), at)

    def publish_for(self, outlets: frozenset[str], events: Sequence[Event], at: datetime) -> None:
        """Append a site's events; one without an outlet of its own concerns each of ``outlets``."""
        for event, sequence in self._append_new(events, at):
            concerned = outlets if event.outlet is None else frozenset((event.outlet,))
            self._queue(sequence, (one.id for one in self._enabled() if wants(one, event.type, concerned)), at)

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

    def _queue(self, sequence: int, endpoints: Iterable[str], at: datetime) -> None:
        pending = {"event": sequence, "state": DeliveryState.PENDING, "attempt": 0, "next_at": at, "last_detail": ""}
        rows = [pending | {"endpoint": endpoint} for endpoint in endpoints]
        if rows:
            self._connection.execute(_INSERT_DELIVERY, rows)

    def _enabled(self) -> tuple[Endpoint, ...]:
        """Read once a transaction: nobody else can change them meanwhile."""
        if self._listening is None:
            self._listening = tuple(endpoint for endpoint in self.endpoints() if endpoint.enabled)
        return self._listening

    def due(self, now: datetime, limit: int) -> tuple[Delivery, ...]:
        """Deliveries to make: each enabled endpoint's most overdue first, endpoints in turn."""
        endpoints = [endpoint for endpoint in self.endpoints() if endpoint.enabled]
        queues = [self._due_at(endpoint, now, limit) for endpoint in endpoints]
        in_turn = (delivery for turn in zip_longest(*queues) for delivery in turn if delivery is not None)
        return tuple(delivery for delivery, _ in zip(in_turn, range(limit), strict=False))

    def _due_at(self, endpoint: Endpoint, now: datetime, limit: int) -> list[Delivery]:
        rows = self._connection.execute(_DUE, {"endpoint": endpoint.id, "now": now, "limit": limit})
        return [
            Delivery(id=row.delivery_id, endpoint=endpoint, event=_event(row), attempt=row.attempt, next_at=row.next_at)
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

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Every endpoint, ordered by id."""
        rows = self._connection.execute(_ENDPOINTS)
        return tuple(
            Endpoint(
                id=row.id,
                url=row.url,
                secret=row.secret,
                created_at=row.created_at,
                events=load_any(Words, row.events_json),
                outlets=load_any(Words, row.outlets_json),
                enabled=row.enabled,
                note=row.note,
            )
            for row in rows
        )

    def put_endpoint(self, endpoint: Endpoint) -> None:
        """Insert or change one. Changed filters hold for later events; what is queued already goes out."""
        values: dict[str, Any] = {
            "url": endpoint.url,
            "secret": endpoint.secret,
            "created_at": endpoint.created_at,
            "events_json": dumps(Words, endpoint.events),
            "outlets_json": dumps(Words, endpoint.outlets),
            "enabled": endpoint.enabled,
            "note": endpoint.note,
        }
        known = update(ENDPOINT).where(ENDPOINT.c.id == endpoint.id).values(values)
        if self._connection.execute(known).rowcount == 0:
            self._connection.execute(insert(ENDPOINT).values({"id": endpoint.id, **values}))
        self._listening = None


def wants(endpoint: Endpoint, event_type: str, outlets: frozenset[str]) -> bool:
    """Whether an endpoint's filters let an event through that concerns ``outlets``. Empty filters let all through."""
    return (not endpoint.events or event_type in endpoint.events) and (
        not endpoint.outlets or not outlets.isdisjoint(endpoint.outlets)
    )


def _event(row: Row[Any]) -> Event:
    return Event(
        id=row.id,
        type=row.type,
        at=row.at,
        data=load_any(Data, row.data_json),
        host=row.host,
        outlet=row.outlet,
        sequence=row.sequence,
    )
