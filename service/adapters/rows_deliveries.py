"""Deliveries as people read them, ask for them anew and drop them (``ports.DeliveryRows``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, exists, insert, select, update

from service.adapters.portions import portions
from service.adapters.rows_digests import forget_told, read_event
from service.adapters.tables import LOOKALIKE, SITE
from service.adapters.tables_deliveries import ATTEMPT, DELIVERY, ENDPOINT, EVENT
from service.core.alerts.deliveries import DeliveryState
from service.core.alerts.digest import TYPE as DIGEST
from service.core.alerts.digest import waits
from service.core.alerts.events import rfc3339
from service.core.alerts.policy import wants
from service.core.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Row, Select

    from service.core.alerts.deliveries import Endpoint
    from service.core.model import Event

_FILTERS: dict[str, Callable[[Any], ColumnElement[bool]]] = {
    "webhook": lambda value: DELIVERY.c.endpoint == value,
    "state": lambda value: DELIVERY.c.state == value,
    "type": lambda value: EVENT.c.type == value,
}


class SqlDeliveries:
    """``DeliveryRows`` over one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def page(self, where: Mapping[str, Any], before: int | None, limit: int) -> list[dict[str, Any]]:
        """Deliveries, the newest first, those with a smaller number than ``before``.

        ``where`` may hold webhook, state and type (of the event); None lets all through.
        """
        query = _listed()
        for name, value in where.items():
            if value is not None:
                query = query.where(_FILTERS[name](value))
        if before is not None:
            query = query.where(DELIVERY.c.id < before)
        rows = self._connection.execute(query.order_by(DELIVERY.c.id.desc()).limit(limit))
        return [_item(row) for row in rows]

    def get(self, number: int) -> dict[str, Any] | None:
        """One delivery with every try."""
        row = self._connection.execute(_listed().where(DELIVERY.c.id == number)).first()
        if row is None:
            return None
        tries = select(ATTEMPT).where(ATTEMPT.c.delivery_id == number).order_by(ATTEMPT.c.number)
        return _item(row) | {"attempts": [_attempt(one) for one in self._connection.execute(tries)]}

    def retry(self, number: int, at: datetime) -> None:
        """Make one due at ``at``, whatever became of it, with the whole schedule before it. NotFound for none."""
        again = _again(DeliveryState.PENDING, at).where(DELIVERY.c.id == number)
        if self._connection.execute(again).rowcount == 0:
            raise NotFound(f"there is no delivery {number}")

    def replay(self, endpoint: Endpoint, since: datetime, at: datetime, *, delivered: bool = False) -> int:
        """Make due what an endpoint missed of the events that were committed since; how many there are.

        Missed is what died, and what was never queued for it (it was paused, or not there yet) though its filters let
        it through. ``delivered``: what it took already too. Each event goes under its own id, as ever.
        """
        states = [DeliveryState.DEAD]
        if delivered:
            states += [DeliveryState.DELIVERED, DeliveryState.SUMMED_UP]
        events = select(EVENT.c.sequence).where(EVENT.c.committed_at >= since)
        asked = (DELIVERY.c.endpoint == endpoint.id, DELIVERY.c.state.in_(states), DELIVERY.c.event.in_(events))
        missed = [
            {"event": event.sequence, "endpoint": endpoint.id, "state": _waiting(endpoint, event), "attempt": 0}
            | {"next_at": at, "last_detail": "", "forgiven": 0}
            for event in self._never_queued(endpoint.id, since)
            if wants(endpoint, event, self._concerned(event))
        ]
        count = len(missed)
        for state, numbers in self._by_state(endpoint, asked).items():
            for portion in portions(numbers):
                these = DELIVERY.c.id.in_(portion)
                count += self._connection.execute(_again(state, at).where(these)).rowcount
        if missed:
            self._connection.execute(insert(DELIVERY), missed)
        return count

    def _by_state(self, endpoint: Endpoint, asked: Sequence[ColumnElement[bool]]) -> dict[DeliveryState, list[int]]:
        """The deliveries that are asked for anew, by whether they go out by themselves or wait for the next digest."""
        query = select(DELIVERY.c.id.label("delivery_id"), EVENT).join(EVENT, EVENT.c.sequence == DELIVERY.c.event)
        found: dict[DeliveryState, list[int]] = {}
        for row in self._connection.execute(query.where(*asked)):
            found.setdefault(_waiting(endpoint, read_event(row)), []).append(row.delivery_id)
        return found

    def forget(self, endpoint_id: str) -> None:
        """Remove an endpoint with its deliveries. NotFound where there is none."""
        own = select(DELIVERY.c.id).where(DELIVERY.c.endpoint == endpoint_id)
        self._connection.execute(delete(ATTEMPT).where(ATTEMPT.c.delivery_id.in_(own)))
        self._connection.execute(delete(DELIVERY).where(DELIVERY.c.endpoint == endpoint_id))
        forget_told(self._connection, endpoint_id)
        if self._connection.execute(delete(ENDPOINT).where(ENDPOINT.c.id == endpoint_id)).rowcount == 0:
            raise NotFound(f"there is no webhook {endpoint_id}")

    def _never_queued(self, endpoint_id: str, since: datetime) -> Iterator[Event]:
        """Tests and digests are for the endpoint that they were made for, and are never among them."""
        queued = exists().where(DELIVERY.c.event == EVENT.c.sequence, DELIVERY.c.endpoint == endpoint_id)
        mine = EVENT.c.type.not_in(("webhook.test", DIGEST))
        query = select(EVENT).where(EVENT.c.committed_at >= since, mine, ~queued)
        for row in self._connection.execute(query.order_by(EVENT.c.sequence)):
            yield read_event(row)

    def _concerned(self, event: Event) -> frozenset[str]:
        """The outlets that an event is about: its own, else those that its site resembles."""
        if event.outlet is not None or event.host is None:
            return frozenset(() if event.outlet is None else (event.outlet,))
        query = select(LOOKALIKE.c.outlet).join(SITE, SITE.c.id == LOOKALIKE.c.site_id).where(SITE.c.host == event.host)
        return frozenset(self._connection.execute(query).scalars())


def _again(state: DeliveryState, at: datetime) -> Any:
    return update(DELIVERY).values(state=state, next_at=at, forgiven=DELIVERY.c.attempt)


def _waiting(endpoint: Endpoint, event: Event) -> DeliveryState:
    return DeliveryState.HELD if waits(endpoint, event) else DeliveryState.PENDING


def _listed() -> Select[Any]:
    columns = (EVENT.c.id.label("event_id"), EVENT.c.type, EVENT.c.committed_at)
    return select(DELIVERY, *columns).join(EVENT, EVENT.c.sequence == DELIVERY.c.event)


def _item(row: Row[Any]) -> dict[str, Any]:
    return {
        "number": row.id,
        "webhook": row.endpoint,
        "event": row.event_id,
        "type": row.type,
        "state": row.state,
        "tries": row.attempt,
        "queued_at": rfc3339(row.committed_at),
        "next_at": rfc3339(row.next_at),
        "status": row.last_status,
        "answer": row.last_detail,
    }


def _attempt(row: Row[Any]) -> dict[str, Any]:
    return {"number": row.number, "at": rfc3339(row.at), "ok": row.ok, "status": row.status, "answer": row.detail}
