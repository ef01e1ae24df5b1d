"""Send what the outbox holds: take due deliveries, send, record, in this order.

A crash between send and record repeats an alert under the same id (the receiver's idempotency key) and never loses one.
Endpoints are served side by side and none waits for another: one that hangs holds up its own deliveries alone.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from http import HTTPStatus
from urllib.parse import urlsplit

from service.core.alerts import condition, events
from service.core.alerts.deliveries import Attempt, Delivery, Endpoint
from service.core.alerts.retry import decide
from service.core.errors import StoreUnavailable
from service.core.model import Event
from service.ports import Clock, Sink, Store, UnitOfWork

log = logging.getLogger("spoofwatch.alerts")

LANES = 2
"""Deliveries under way at one endpoint."""

_BATCH = 50
_AT_ONCE = 100
"""Deliveries under way at all endpoints together: each is a connection."""


class Courier:
    """Drains the outbox."""

    def __init__(self, *, clock: Clock, store: Store, sink: Sink) -> None:
        self._clock, self._store, self._sink = clock, store, sink
        self._serving: dict[str, asyncio.Task[int]] = {}
        self._room = asyncio.Semaphore(_AT_ONCE)

    async def start_due(self) -> None:
        """Begin with every endpoint that has something due and is not being served; waits for none of them."""
        for endpoint, batch in (await self._store.read(self._idle)).items():
            if endpoint not in self._serving:
                task = asyncio.create_task(self._serve(endpoint, batch), name=f"alerts:{endpoint}")
                self._serving[endpoint] = task
                task.add_done_callback(partial(self._served, endpoint))

    async def deliver_due(self) -> int:
        """Make every delivery that is due now; how many tries there were."""
        await self.start_due()
        return sum(await asyncio.gather(*self._serving.values()))

    async def close(self) -> None:
        """Leave what is under way; it is due again."""
        under_way = tuple(self._serving.values())
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)

    async def send(self, delivery: Delivery) -> Attempt:
        """Send one delivery now, without recording it."""
        return await self._sink.send(delivery, self._clock.real_now())

    def _idle(self, uow: UnitOfWork) -> dict[str, tuple[Delivery, ...]]:
        """What is due at each endpoint that is not being served."""
        now = self._clock.now()
        names = [endpoint.id for endpoint in uow.outbox.endpoints() if endpoint.id not in self._serving]
        found = {name: uow.outbox.due(now, _BATCH, name) for name in names}
        return {name: batch for name, batch in found.items() if batch}

    def _served(self, endpoint: str, done: asyncio.Task[int]) -> None:
        del self._serving[endpoint]
        error = None if done.cancelled() else done.exception()
        if isinstance(error, StoreUnavailable):
            log.warning("deliveries to %s wait for the database: %s", endpoint, error)
        elif error is not None:
            log.error("deliveries to %s were cut off and are made again", endpoint, exc_info=error)

    async def _serve(self, endpoint: str, batch: Sequence[Delivery]) -> int:
        """One endpoint's deliveries until none is due or one fails; how many tries there were."""
        made = 0
        while batch:
            tried, well = await self._drain(batch)
            made += tried
            if not well:
                break
            batch = await self._store.read(lambda uow: uow.outbox.due(self._clock.now(), _BATCH, endpoint))
        return made

    async def _drain(self, batch: Sequence[Delivery]) -> tuple[int, bool]:
        """Deliveries in their order; how many were tried, and whether all were taken.

        The first goes alone, the others in two lanes once it was taken; after a failure the rest waits. So a sick
        endpoint costs one try a step.
        """
        first, *others = batch
        if not await self._deliver(first):
            return 1, False
        queue = deque(others)

        async def lane() -> bool:
            while queue:
                if not await self._deliver(queue.popleft()):
                    left.extend(queue)
                    queue.clear()
                    return False
            return True

        left: list[Delivery] = []
        well = await asyncio.gather(*(lane() for _ in range(LANES)))
        return len(batch) - len(left), all(well)

    async def _deliver(self, delivery: Delivery) -> bool:
        async with self._room:
            attempt = await self.send(delivery)
        at = self._clock.now()
        await self._store.write(lambda uow: _record(uow, delivery, attempt, at))
        return attempt.ok


def _record(uow: UnitOfWork, delivery: Delivery, attempt: Attempt, at: datetime) -> None:
    """Keep what came of a try, for the delivery and for its endpoint, in one transaction."""
    key = f"{delivery.event.id}/{delivery.endpoint.id}"
    decision = decide(attempt, delivery.attempt + 1 - delivery.forgiven, key, at)
    uow.outbox.record(delivery, attempt, decision.next_at, at)
    for before in uow.outbox.endpoints(delivery.endpoint.id):  # none where it was removed meanwhile
        endpoint = _judged(before, attempt, at)
        # Disabled while this one was under way: it waits no longer than the others.
        if endpoint != before or endpoint.disabled_because:
            uow.outbox.put_endpoint(endpoint)
        if endpoint.disabled_because and not before.disabled_because:
            uow.outbox.publish((_notice(endpoint, at),), at)


def _judged(endpoint: Endpoint, attempt: Attempt, at: datetime) -> Endpoint:
    """The endpoint after a try: its condition, and whether it is disabled."""
    condition_now = condition.after(
        endpoint.condition, ok=attempt.ok, retry_after=attempt.retry_after, key=endpoint.id, at=at
    )
    endpoint = replace(endpoint, condition=condition_now)
    if not endpoint.enabled:
        return endpoint
    because = ""
    if attempt.status == HTTPStatus.GONE:
        because = "it answered 410 Gone"
    elif condition_now.hopeless(at):
        because = f"it has failed since {events.rfc3339(condition_now.failing_since)}"
    return replace(endpoint, enabled=False, disabled_because=because) if because else endpoint


def _notice(endpoint: Endpoint, at: datetime) -> Event:
    """Told to the other endpoints. Of the URL only the host, since the rest may be a secret."""
    detail = f"disabled: {endpoint.disabled_because}; what waited for it is in GET /v1/deliveries?state=dead"
    what = f"webhook {endpoint.id} ({urlsplit(endpoint.url).hostname or endpoint.kind})"
    return events.about_service(
        "monitor.degraded",
        at,
        key=f"webhook:{endpoint.id}",
        detail={"what": what, "detail": detail, "recovered": False},
    )
