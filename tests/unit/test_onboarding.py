"""An outlet that is new is told of in one message, and only what deceives readers now comes before it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import timedelta
from typing import Any

from service.adapters.store import SqlStore, open_store
from service.core.alerts.deliveries import Endpoint
from service.core.alerts.messages import message
from service.core.alerts.onboarding import PATIENCE, told_at_once
from service.core.model import Admission, Event, Outlet
from service.core.persistence.inputs import Input, Looked
from service.core.persistence.lifecycle import Rules
from service.core.states import FirstSeenAs, Tier, Verdict
from service.pipeline.onboard import Onboarder
from service.pipeline.track import Tracker
from service.ports import UnitOfWork
from tests.builders import START, judgement, look, nothing_seen, registration
from tests.fakes import FakeClock
from tests.store_cases import match
from tests.unit.test_event_schemas import conform

SPIEGEL = Outlet(id="spiegel", name="Der Spiegel", domain="spiegel.de")
TIERS = {Tier.EXACT: timedelta(days=1), Tier.EDITS: timedelta(days=7), Tier.FULL: timedelta(days=30)}
OLD = START - timedelta(days=4000)


class Watch:
    """A watch list that grows by one outlet, with somebody who listens."""

    def __init__(self, store: SqlStore) -> None:
        self.store, self.clock = store, FakeClock(START)
        self.onboarder = Onboarder(clock=self.clock, store=store, tiers=TIERS)
        self.tracker = Tracker(clock=self.clock, store=store, rules=Rules())

    async def begin(self) -> None:
        def step(uow: UnitOfWork) -> None:
            uow.outbox.put_endpoint(Endpoint(id="hook", url="https://x.example/", secret="s", created_at=START))
            assert self.onboarder.watch(uow, SPIEGEL)
            assert not self.onboarder.watch(uow, SPIEGEL)

        await self.store.write(step)

    async def admit(self, *hosts: str) -> None:
        def step(uow: UnitOfWork) -> None:
            for host in hosts:
                found = (match(host),)
                uow.sites.admit(Admission(host=host, domain=host, source="sweep:exact", matches=found), START)

        await self.store.write(step)

    async def sweep(self, tier: Tier) -> None:
        started = self.clock.now()
        self.clock.advance(timedelta(minutes=5))

        def step(uow: UnitOfWork) -> None:
            begun = uow.sweeps.begin(SPIEGEL.id, tier, "1", "system", started)
            uow.sweeps.advance(type(begun)(**{**_fields(begun), "finished_at": self.clock.now()}))

        await self.store.write(step)

    async def look(self, host: str, verdict: Verdict, created: Any = OLD) -> None:
        seen = look(self.clock.now(), registration=registration(created, domain=host))
        shows = verdict is Verdict.IMPERSONATION
        await self.commit(host, Looked(look=seen, judgements=(judgement(verdict, shows=shows),)))

    async def commit(self, host: str, given: Input) -> None:
        await self.tracker.commit(host, given)

    async def queued(self) -> list[Event]:
        due = await self.store.read(lambda uow: uow.outbox.due(self.clock.now(), 1000, "hook"))
        return [one.event for one in due]


def _fields(value: Any) -> dict[str, Any]:
    return {name: getattr(value, name) for name in type(value).__dataclass_fields__}


def watching(act: Callable[[Watch], Awaitable[None]]) -> None:
    async def run() -> None:
        with closing(open_store("sqlite://")) as store:
            watch = Watch(store)
            await watch.begin()
            await act(watch)

    asyncio.run(run())


def test_what_was_there_before_is_told_in_one_message_with_what_is_live_by_name() -> None:
    async def act(watch: Watch) -> None:
        olds = [f"spiegel{n}.example" for n in range(20)]
        await watch.admit(*olds, "spiegel.ltd")
        for host in olds:
            await watch.look(host, Verdict.UNKNOWN)
        await watch.look("spiegel.ltd", Verdict.IMPERSONATION)
        assert await watch.queued() == []
        for tier in (Tier.EXACT, Tier.EDITS):
            assert await watch.onboarder.run_due() == 0
            await watch.sweep(tier)
        assert await watch.onboarder.run_due() == 1
        assert await watch.onboarder.run_due() == 0
        (summary,) = await watch.queued()
        conform(summary)
        detail = summary.data["detail"]
        assert (detail["lookalikes"], detail["live"], detail["severity"]) == (21, 1, "critical")
        assert detail["first_seen_as"] == {"preexisting": 21, "newly-registered": 0, "unknown": 0}
        assert [(one["site"], one["live"]) for one in detail["flagged"]] == [("spiegel.ltd", True)]
        told = message(summary)
        assert told.title == "An outlet is watched now: Der Spiegel"
        assert any(name == "spiegel[.]ltd" and value.startswith("preexisting") for name, value in told.facts)
        everything = await watch.store.read(lambda uow: uow.views.events(0, 100))
        assert len([one for one in everything if one["type"] == "lookalike.discovered"]) == 21

    watching(act)


def test_after_the_summary_everything_is_told() -> None:
    async def act(watch: Watch) -> None:
        await watch.sweep(Tier.EXACT)
        await watch.sweep(Tier.EDITS)
        assert await watch.onboarder.run_due() == 1
        await watch.admit("spiegel.fun")
        await watch.look("spiegel.fun", Verdict.SUSPECTED)
        kinds = [event.type for event in await watch.queued()]
        assert kinds == ["outlet.onboarded", "lookalike.discovered", "lookalike.suspected"]

    watching(act)


def test_an_impersonation_that_was_not_there_before_is_told_at_once() -> None:
    async def act(watch: Watch) -> None:
        await watch.admit("spiegel.fun", "spiegel.old")
        await watch.look("spiegel.fun", Verdict.IMPERSONATION, START - timedelta(days=2))
        await watch.look("spiegel.old", Verdict.IMPERSONATION)
        assert [(one.type, one.host) for one in await watch.queued()] == [("impersonation.confirmed", "spiegel.fun")]

    watching(act)


def test_only_what_is_known_to_have_been_there_before_waits() -> None:
    def confirmed(seen_as: FirstSeenAs) -> Event:
        data = {"lookalike": {"first_seen_as": seen_as.value}}
        return Event(id="evt_1", type="impersonation.confirmed", at=START, data=data, host="a.example")

    assert {kind for kind in FirstSeenAs if told_at_once(confirmed(kind))} == {
        FirstSeenAs.NEWLY_REGISTERED,
        FirstSeenAs.UNKNOWN,
    }


def test_the_summary_waits_for_the_looks_but_not_for_ever() -> None:
    async def act(watch: Watch) -> None:
        await watch.admit("spiegel.fun")
        await watch.sweep(Tier.EXACT)
        await watch.sweep(Tier.EDITS)
        assert await watch.onboarder.run_due() == 0
        watch.clock.advance(PATIENCE)
        assert await watch.onboarder.run_due() == 1
        (summary,) = await watch.queued()
        assert summary.data["detail"]["not_looked_at"] == 1

    watching(act)


def test_a_restart_in_between_changes_nothing() -> None:
    async def act(watch: Watch) -> None:
        await watch.sweep(Tier.EXACT)
        watch.onboarder = Onboarder(clock=watch.clock, store=watch.store, tiers=TIERS)
        await watch.store.write(lambda uow: watch.onboarder.watch(uow, SPIEGEL))
        await watch.admit("spiegel.fun")
        await watch.look("spiegel.fun", Verdict.SUSPECTED)
        assert await watch.queued() == []
        await watch.sweep(Tier.EDITS)
        assert await watch.onboarder.run_due() == 1
        assert [event.type for event in await watch.queued()] == ["outlet.onboarded"]

    watching(act)


def test_a_site_that_resembles_another_outlet_too_is_told_for_that_one() -> None:
    async def act(watch: Watch) -> None:
        host = "bild-spiegel.example"
        both = (match(host, "spiegel"), match(host, "bild"))
        one = Admission(host=host, domain=host, source="sweep:exact", matches=both)
        await watch.store.write(lambda uow: uow.sites.admit(one, START))
        seen = look(watch.clock.now(), registration=registration(OLD, domain=host))
        judged = tuple(judgement(Verdict.SUSPECTED, shows=False, outlet=outlet) for outlet in ("spiegel", "bild"))
        await watch.commit(host, Looked(look=seen, judgements=judged))
        assert {event.outlet for event in await watch.queued()} == {"bild"}

    watching(act)


def test_an_outlet_that_is_taken_off_meanwhile_has_no_summary() -> None:
    async def act(watch: Watch) -> None:
        await watch.store.write(lambda uow: uow.outlets.remove(SPIEGEL.id))
        await watch.onboarder.run_due()
        assert await watch.queued() == []
        assert await watch.store.read(lambda uow: uow.onboarding.all()) == ()

    watching(act)


def test_where_nothing_is_swept_an_outlet_is_new_for_a_moment_only() -> None:
    async def act(watch: Watch) -> None:
        watch.onboarder = Onboarder(clock=watch.clock, store=watch.store, tiers={})
        assert await watch.onboarder.run_due() == 1
        loud = Onboarder(clock=watch.clock, store=watch.store, tiers=TIERS, quiet=False)
        bild = Outlet(id="bild", name="Bild", domain="bild.de")
        await watch.store.write(lambda uow: loud.watch(uow, bild))
        assert await watch.store.read(lambda uow: uow.onboarding.all()) == ()
        await watch.admit("spiegel.fun")
        await watch.commit("spiegel.fun", nothing_seen(watch.clock.now(), look(START).consensus))
        assert "lookalike.discovered" in [event.type for event in await watch.queued()]

    watching(act)
