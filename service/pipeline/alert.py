"""Send what the outbox holds: take due deliveries, send, record, in this order.

A crash between send and record repeats an alert under the same id (the receiver's idempotency key) and never loses one.
"""

from __future__ import annotations

import asyncio
from itertools import groupby

from service.core.alerts.retry import decide
from service.core.model import Attempt, Delivery
from service.ports import Clock, Sink, Store, UnitOfWork

_BATCH = 50


class Courier:
    """Drains the outbox."""

    def __init__(self, *, clock: Clock, store: Store, sink: Sink) -> None:
        self._clock, self._store, self._sink = clock, store, sink

    async def deliver_due(self) -> int:
        """Make the deliveries due now, endpoints side by side, each endpoint's in order; how many there were."""
        now = self._clock.now()
        due = await self._store.read(lambda uow: uow.outbox.due(now, _BATCH))
        by_endpoint = sorted(due, key=lambda d: (d.endpoint.id, d.event.sequence or 0))
        queues = [list(queue) for _, queue in groupby(by_endpoint, key=lambda d: d.endpoint.id)]
        async with asyncio.TaskGroup() as group:
            for queue in queues:
                group.create_task(self._drain(queue))
        return len(due)

    async def send(self, delivery: Delivery) -> Attempt:
        """Send one delivery now, without recording it."""
        return await self._sink.send(delivery, self._clock.real_now())

    async def _drain(self, queue: list[Delivery]) -> None:
        """One endpoint's deliveries; after a failure the rest waits, so that a sick endpoint is probed once a step."""
        for delivery in queue:
            if not await self._deliver(delivery):
                return

    async def _deliver(self, delivery: Delivery) -> bool:
        attempt = await self.send(delivery)
        at = self._clock.now()
        decision = decide(attempt, delivery.attempt + 1, f"{delivery.event.id}/{delivery.endpoint.id}", at)

        def record(uow: UnitOfWork) -> None:
            uow.outbox.record(delivery, attempt, decision.next_at, at)

        await self._store.write(record)
        return attempt.ok
