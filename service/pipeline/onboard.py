"""Put outlets on the watch list, and tell in one message what there was beside a new one.

Until then nobody is told of what its first sweeps find, but of what cannot wait (``core/alerts/onboarding.py``).
Whether an outlet is new stands in the database, so a restart in between changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial

from service.core.alerts.onboarding import Onboarding, is_over, summary
from service.core.model import Outlet
from service.core.states import Tier
from service.ports import Clock, Store, UnitOfWork


class Onboarder:
    """``tiers`` are the sweeps that run by themselves, with how often; ``quiet`` False tells everything as it is found.

    The full tier is not waited for: it asks for millions of names, over weeks.
    """

    def __init__(self, *, clock: Clock, store: Store, tiers: Mapping[Tier, timedelta], quiet: bool = True) -> None:
        self._clock, self._store, self._quiet = clock, store, quiet
        self._tiers = {tier: every for tier, every in tiers.items() if tier is not Tier.FULL}

    def watch(self, uow: UnitOfWork, outlet: Outlet) -> bool:
        """Put an outlet on the list, or change it; True where it is new."""
        now = self._clock.now()
        is_new = uow.outlets.put(outlet, now)
        if is_new and self._quiet:
            uow.onboarding.begin(Onboarding(outlet=outlet.id, since=now))
        return is_new

    async def run_due(self) -> int:
        """Sum up every new outlet whose first sweeps are complete; how many there were."""
        done = 0
        for begun in await self._store.read(self._due):
            done += await self._store.write(partial(self._end, begun=begun))
        return done

    def _due(self, uow: UnitOfWork) -> list[Onboarding]:
        listed = {outlet.id for outlet in uow.outlets.all()}
        return [one for one in uow.onboarding.all() if one.outlet not in listed or self._is_over(uow, one)]

    def _is_over(self, uow: UnitOfWork, begun: Onboarding) -> bool:
        swept_at = self._swept_at(uow, begun)
        # Counting them is for when it matters: it reads every lookalike of the outlet.
        return swept_at is not None and is_over(swept_at, uow.onboarding.unseen(begun.outlet), self._clock.now())

    def _swept_at(self, uow: UnitOfWork, begun: Onboarding) -> datetime | None:
        """When the last of its first sweeps was complete; one before it was taken off the list counts while fresh."""
        now, complete = self._clock.now(), [begun.since]
        for tier, every in self._tiers.items():
            last = uow.sweeps.finished_before(begun.outlet, tier, now)
            if last is None or last.finished_at is None or begun.since - last.started_at >= every:
                return None
            complete.append(last.finished_at)
        return max(complete)

    def _end(self, uow: UnitOfWork, begun: Onboarding) -> bool:
        """The outlet is new no more, and its summary is on its way, in one transaction."""
        now = self._clock.now()
        outlet = next((one for one in uow.outlets.all() if one.id == begun.outlet), None)
        swept_at = self._swept_at(uow, begun)
        uow.onboarding.end(begun.outlet)
        if outlet is None or swept_at is None:
            return False
        uow.outbox.publish((summary(outlet, begun, uow.onboarding.found(outlet.id), swept_at, now),), now)
        return True
