"""Forecasts: made after an action or when asked for, stored first, then asked for in DNS, and scored later.

action in force -> forecast per outlet that it was for -> stored -> probed every few minutes for 72 hours
                                                                        -> what exists: admit, and a hit
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from service.core.alerts.events import event_id
from service.core.errors import NotFound
from service.core.facts.dns import ProbeReport
from service.core.model import Action
from service.core.persistence.forecast import (
    METHOD,
    WATCHED,
    Forecast,
    Hit,
    Taken,
    forecast,
    score,
    score_due,
    taken_of,
)
from service.core.persistence.histories import History
from service.pipeline.admit import admit_all, merge
from service.pipeline.sweep import spent
from service.pipeline.watched import Knowledge, Watched
from service.ports import Clock, Prober, Store, UnitOfWork

_OFTEN = 100
"""The likeliest are asked for in every round, all of them in every twelfth."""

_ALL_EVERY = 12
_SCORED_AT_ONCE = 200
_SPENT = "forecast.queries"


@dataclass(frozen=True, kw_only=True, slots=True)
class ForecastPlan:
    """How often names are asked for, how many a forecast has, and what all forecasts of a day may ask together."""

    every: timedelta = timedelta(minutes=5)
    size: int = 1_000
    daily_queries: int = 1_000_000


class Forecaster:
    """Makes forecasts, watches their names, scores them."""

    def __init__(self, *, clock: Clock, store: Store, prober: Prober, watched: Watched, plan: ForecastPlan) -> None:
        self._clock, self._store, self._prober = clock, store, prober
        self._watched, self._plan = watched, plan

    async def run_due(self) -> int:
        """What is due: forecasts after actions, a round of probes, scores; how many names were asked for."""
        await self.make_due()
        asked = await self.probe_due()
        await self.score_due()
        return asked

    async def make(self, outlet_id: str, *, reason: str, watch: bool) -> Forecast:
        """A forecast for one outlet now, stored. ``watch``: its names are asked for over the next 72 hours.

        NotFound where nobody watches such an outlet.
        """
        knowledge = await self._watched.now()
        if outlet_id not in knowledge.outlets:
            raise NotFound(f"no outlet {outlet_id!r} is watched; `spoofwatch outlets list` shows who is")
        taken = taken_names(await self._store.read(lambda uow: uow.lifetimes.all()))
        made = await self._made(knowledge, outlet_id, taken, reason, watch=watch)
        await self._keep(made)
        return made

    async def _keep(self, made: Forecast) -> None:
        await self._store.write(lambda uow: uow.forecasts.add(made))

    async def make_due(self) -> int:
        """One forecast for each outlet that an action of the last 72 hours was for; how many are new."""
        now = self._clock.now()
        actions = await self._store.read(lambda uow: uow.actions.all())
        recent = [action for action in actions if action.effective <= now < action.effective + WATCHED]
        if not recent:
            return 0
        knowledge = await self._watched.now()
        histories = await self._store.read(lambda uow: uow.lifetimes.all())
        wanted = {
            _identity(outlet_id, action.id): (outlet_id, action)
            for action in recent
            for outlet_id in sorted(_outlets_of(action, histories) & set(knowledge.outlets))
        }
        missing = await self._store.read(lambda uow: [one for one in wanted if uow.forecasts.get(one) is None])
        taken = taken_names(histories)
        for identity in missing:
            outlet_id, action = wanted[identity]
            made = await self._made(knowledge, outlet_id, taken, f"action {action.id}", watch=True)
            await self._keep(replace(made, id=identity, watched_until=action.effective + WATCHED))
        return len(missing)

    async def probe_due(self) -> int:
        """Ask for the names of forecasts whose turn it is, as far as the day's budget goes; how many were asked."""
        now, asked = self._clock.now(), 0
        for made in await self._store.read(lambda uow: uow.forecasts.watched(now)):
            if made.probed_at is not None and now - made.probed_at < self._plan.every:
                continue
            found = {hit.name for hit in made.hits}
            every_one = made.probes % _ALL_EVERY == 0
            names = [one.name for one in made.names[: None if every_one else _OFTEN] if one.name not in found]
            if not await self._within_budget(len(names)):
                return asked
            report = await self._prober.probe(names)
            asked += report.asked
            if report.vantage_failed:
                return asked
            await self._save(made, report)
        return asked

    async def score_due(self) -> int:
        """Count hits of forecasts that can still gain; how many were counted."""
        now = self._clock.now()
        newest = await self._store.read(lambda uow: uow.forecasts.newest(None, _SCORED_AT_ONCE))
        due = [made for made in newest if score_due(made, now)]
        if not due:
            return 0
        taken = taken_names(await self._store.read(lambda uow: uow.lifetimes.all()))

        def step(uow: UnitOfWork) -> None:
            for made in due:
                fresh = uow.forecasts.get(made.id) or made
                uow.forecasts.update(replace(fresh, score=score(fresh, taken, now)))

        await self._store.write(step)
        return len(due)

    async def _made(
        self, knowledge: Knowledge, outlet_id: str, taken: Sequence[Taken], reason: str, *, watch: bool
    ) -> Forecast:
        now = self._clock.now()
        outlet, size = knowledge.outlets[outlet_id], self._plan.size
        # Half a second for a long label: the loop goes on meanwhile.
        names = await asyncio.to_thread(forecast, outlet, knowledge.watchlist, taken, now, size=size)
        return Forecast(
            id=_identity(outlet_id, reason, now.isoformat()),
            outlet=outlet_id,
            made_at=now,
            reason=reason,
            method=METHOD,
            names=names,
            watched_until=now + WATCHED if watch else now,
        )

    async def _save(self, made: Forecast, report: ProbeReport) -> None:
        """Admit what exists, keep the hits and what was spent, in one transaction."""
        knowledge, now = await self._watched.now(), self._clock.now()
        existing = set(report.existing)
        matches = [match for match in knowledge.index.match(list(report.existing)) if match.name in existing]
        hits = tuple(
            Hit(name=one.name, rank=rank, found_at=now)
            for rank, one in enumerate(made.names, 1)
            if one.name in existing
        )

        def step(uow: UnitOfWork) -> None:
            admit_all(uow, merge(matches, f"forecast:{made.id}"), self._clock)
            after = replace(made, probed_at=now, probes=made.probes + 1, hits=(*made.hits, *hits))
            uow.forecasts.update(after)
            total = spent(uow.actions.get_state(_SPENT), now) + report.queries
            uow.actions.set_state(_SPENT, f"{now:%Y-%m-%d} {total}")

        await self._store.write(step)

    async def _within_budget(self, names: int) -> bool:
        now, limit = self._clock.now(), self._plan.daily_queries
        kept = await self._store.read(lambda uow: uow.actions.get_state(_SPENT))
        return limit == 0 or spent(kept, now) + names <= limit


def taken_names(histories: Iterable[History]) -> list[Taken]:
    """What impersonators took, by the registered name."""
    found = (
        taken_of(history.host, history.outlet, history.appeared_at) for history in histories if history.verdict.flagged
    )
    return [one for one in found if one is not None]


def _outlets_of(action: Action, histories: Iterable[History]) -> set[str]:
    return {h.outlet for h in histories if any(block.action == action.id for block in h.blocks)}


def _identity(*parts: str) -> str:
    return "fct_" + event_id(*parts)[4:20]
