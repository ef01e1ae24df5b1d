"""Sum up what waits for each endpoint's digest, and let people acknowledge groups of alerts.

A digest, what it told, and that its events no longer wait are written in one transaction: a kill in between neither
loses nor doubles anything. It is sent like any other event.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial

from service.core.alerts.deliveries import Endpoint
from service.core.alerts.digest import AlertGroup, compose
from service.core.errors import NotFound
from service.ports import Clock, Store, UnitOfWork

_MOST = 5_000
"""Events in one digest; what is left makes another one."""


class Digester:
    """Composes digests. ``default`` is how long people's channels collect where nothing else is said; None: never."""

    def __init__(self, *, clock: Clock, store: Store, default: timedelta | None) -> None:
        self._clock, self._store, self.default = clock, store, default

    async def run_due(self) -> int:
        """Make every digest that is due; how many there were."""
        now = self._clock.now()

        def due(uow: UnitOfWork) -> list[str]:
            able = (one for one in uow.outbox.endpoints() if _is_able(one))
            return [one.id for one in able if uow.digests.is_due(one.id, now)]

        made = 0
        for endpoint in await self._store.read(due):
            made += await self._store.write(partial(self._make, endpoint_id=endpoint))
        return made

    def _make(self, uow: UnitOfWork, endpoint_id: str) -> bool:
        """One digest; False where all that waited is known or acknowledged."""
        now = self._clock.now()
        for endpoint in uow.outbox.endpoints(endpoint_id):
            held = uow.digests.held(endpoint.id, _MOST)
            if not held or not _is_able(endpoint):
                continue
            made = compose(endpoint, held, uow.digests.said(endpoint.id), now)
            uow.digests.close(endpoint.id, held, made.said, now)
            if made.event is not None:
                uow.outbox.publish((made.event,), now, only=endpoint.id)
                return True
        return False

    async def acknowledge(self, named: str, by: str, note: str) -> AlertGroup:
        """Let a group be quiet until it gets worse; ``named`` is its key, or a site of it. NotFound for neither."""
        now = self._clock.now()

        def step(uow: UnitOfWork) -> AlertGroup:
            after = replace(find(uow, named), acknowledged_at=now, acknowledged_by=by, note=note, reopened_by="")
            uow.alert_groups.put(after)
            return after

        return await self._store.write(step)

    async def reopen(self, named: str) -> AlertGroup:
        """Take an acknowledgement back; what happened meanwhile is not told again."""

        def step(uow: UnitOfWork) -> AlertGroup:
            after = replace(find(uow, named), acknowledged_at=None)
            uow.alert_groups.put(after)
            return after

        return await self._store.write(step)


def find(uow: UnitOfWork, named: str) -> AlertGroup:
    """The group of this key, or that of this site. NotFound where there is none."""
    found = uow.alert_groups.get(named) or uow.alert_groups.of_site(named)
    if found is None:
        raise NotFound(f"there is no group of alerts {named}, and no alert about a site of this name")
    return found


def _is_able(endpoint: Endpoint) -> bool:
    """A receiver that is down gets one digest when it is back, not one for each hour."""
    return endpoint.enabled and not endpoint.condition.circuit_open
