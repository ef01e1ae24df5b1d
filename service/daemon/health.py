"""What the daemon knows of its own condition: which ticks ran, which vantages answer, whether the database does."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from service.core.alerts import events
from service.core.errors import StoreUnavailable
from service.core.facts.dns import VantageHealth
from service.ports import Clock, Resolver, Store

log = logging.getLogger("spoofwatch.health")


@dataclass(frozen=True, kw_only=True, slots=True)
class TickState:
    """How a tick has fared. ``error`` is the last one in words, empty after a success."""

    every: timedelta
    started_at: datetime | None = None
    done_at: datetime | None = None
    error: str = ""


@dataclass
class Health:
    """A board that ticks write to and ``/readyz`` reads."""

    clock: Clock
    store: Store
    resolver: Resolver
    ticks: dict[str, TickState] = field(default_factory=dict)
    vantages: tuple[VantageHealth, ...] = ()

    def started(self, name: str) -> None:
        """A tick begins."""
        self.ticks[name] = replace(self.ticks[name], started_at=self.clock.now())

    def done(self, name: str, error: str = "") -> None:
        """A tick ended, with what went wrong in words."""
        self.ticks[name] = replace(self.ticks[name], done_at=self.clock.now(), error=error)

    async def ready(self) -> Mapping[str, str]:
        """Each check as "ok" or as what is wrong."""
        checks = {"database": await self._database()}
        checks["resolvers"] = _vantages(self.vantages)
        for name, tick in self.ticks.items():
            checks[f"tick:{name}"] = tick.error or "ok"
        return checks

    async def check_vantages(self) -> None:
        """Ask the control names; say what changed in the log and as ``monitor.degraded``."""
        before = {v.vantage: v.ok for v in self.vantages}
        self.vantages = await self.resolver.health()
        turned = [v for v in self.vantages if before.get(v.vantage, True) != v.ok]
        for vantage in turned:
            words = "can be believed again" if vantage.ok else f"cannot be believed: {vantage.detail}"
            log.warning("resolver %s (%s) %s", vantage.vantage, vantage.upstream, words)
        if turned:
            await self._publish(turned)

    async def _publish(self, turned: Sequence[VantageHealth]) -> None:
        now = self.clock.now()
        told = [
            events.about_service(
                "monitor.degraded",
                now,
                key=f"vantage:{v.vantage}:{v.ok}",
                detail={"what": f"resolver {v.vantage}", "detail": v.detail, "recovered": v.ok},
            )
            for v in turned
        ]
        await self.store.write(lambda uow: uow.outbox.publish(told, now))

    async def _database(self) -> str:
        try:
            await self.store.read(lambda uow: uow.actions.get_state("health"))
        except StoreUnavailable as error:
            # /readyz needs no token: the log has the path, the answer does not.
            log.warning("the database does not answer: %s", error)
            return "does not answer; the log says why"
        return "ok"


def _vantages(vantages: Sequence[VantageHealth]) -> str:
    if not vantages:
        return "not asked yet"
    bad = [f"{v.vantage} ({v.upstream}): {v.detail}" for v in vantages if not v.ok]
    return "; ".join(bad) or "ok"
