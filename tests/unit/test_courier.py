"""Deliveries through everything that receivers do: each delivered or a dead letter, under one id, nobody held up."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from service.adapters.store import SqlStore, open_store
from service.core.alerts.condition import GIVEN_UP_AFTER, THRESHOLD
from service.core.alerts.deliveries import Attempt, Delivery, DeliveryState, Endpoint
from service.core.model import Event
from service.pipeline.alert import LANES, Courier
from service.ports import UnitOfWork
from tests.builders import START
from tests.fakes import FakeClock

TAKEN = Attempt(ok=True, status=204, detail="")
Behaviour = Callable[["Receivers", Delivery], Awaitable[Attempt]]


def answers(status: int | None, *, retry_after: float | None = None) -> Behaviour:
    async def answer(_: Receivers, __: Delivery) -> Attempt:
        ok = status is not None and status < 300
        return Attempt(ok=ok, status=status, detail="", permanent=status == 410, retry_after=retry_after)

    return answer


async def hangs(receivers: Receivers, _: Delivery) -> Attempt:
    await receivers.released.wait()
    return Attempt(ok=False, status=None, detail="no answer")


async def mended_after_a_day(receivers: Receivers, _: Delivery) -> Attempt:
    return TAKEN if receivers.clock.now() - START > timedelta(days=1) else Attempt(ok=False, status=500, detail="")


@dataclass
class Receivers:
    """A sink whose endpoints behave each in its way, by the first word of their ids."""

    clock: FakeClock
    ways: dict[str, Behaviour]
    heard: asyncio.Event = field(default_factory=asyncio.Event)
    released: asyncio.Event = field(default_factory=asyncio.Event)
    taken: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    tries: Counter[str] = field(default_factory=Counter)
    under_way: Counter[str] = field(default_factory=Counter)
    most: Counter[str] = field(default_factory=Counter)

    async def send(self, delivery: Delivery, at: datetime) -> Attempt:
        name = delivery.endpoint.id
        self.tries[name] += 1
        self.under_way[name] += 1
        self.most[name] = max(self.most[name], self.under_way[name])
        try:
            await self.clock.sleep(0)
            attempt = await self.ways[name.split("-")[0]](self, delivery)
        finally:
            self.under_way[name] -= 1
        if attempt.ok:
            self.taken[name].append(delivery.event.id)
            self.heard.set()
        return attempt


WAYS: dict[str, Behaviour] = {
    "well": answers(204),
    "broken": answers(500),
    "gone": answers(410),
    "moved": answers(302),
    "busy": answers(429, retry_after=3600),
    "silent": answers(None),
    "late": mended_after_a_day,
    "hangs": hangs,
}


def play(act: Callable[[SqlStore, FakeClock, Receivers], Awaitable[Any]], *names: str, events: int = 8) -> Any:
    """Endpoints of these names, and events for all of them."""

    async def run() -> Any:
        clock = FakeClock(START)
        with closing(open_store("sqlite://")) as store:
            endpoints = [
                Endpoint(id=name, url=f"https://{name}.example/", secret="s", created_at=START) for name in names
            ]
            told = [Event(id=f"evt_{n}", type="site.down", at=START, data={"id": f"evt_{n}"}) for n in range(events)]

            def step(uow: UnitOfWork) -> None:
                for one in endpoints:
                    uow.outbox.put_endpoint(one)
                uow.outbox.publish(told, START)

            await store.write(step)
            return await act(store, clock, Receivers(clock, WAYS))

    return asyncio.run(run())


def publish(uow: UnitOfWork, event: Event) -> None:
    uow.outbox.publish((event,), event.at)


async def log_of(store: SqlStore) -> list[dict[str, Any]]:
    return await store.read(lambda uow: uow.deliveries.page({}, None, 10_000))


async def settled(courier: Courier, clock: FakeClock, store: SqlStore) -> list[dict[str, Any]]:
    """Step through days until nothing is pending."""
    for _ in range(2_000):
        await courier.deliver_due()
        log = await log_of(store)
        if all(row["state"] != DeliveryState.PENDING for row in log):
            return log
        clock.advance(timedelta(minutes=20))
    raise AssertionError(Counter((row["webhook"], row["state"]) for row in log))


def test_each_is_delivered_or_a_dead_letter_none_is_lost_and_none_has_a_second_id() -> None:
    names = [f"well-{n}" for n in range(6)] + ["broken", "gone", "moved", "busy", "silent", "late"]

    async def act(store: SqlStore, clock: FakeClock, receivers: Receivers) -> None:
        log = await settled(Courier(clock=clock, store=store, sink=receivers), clock, store)
        events = {row["event"] for row in log if row["type"] == "site.down"}
        assert len(events) == 8
        for name in names:
            about = [row for row in log if row["webhook"] == name and row["type"] == "site.down"]
            assert {row["event"] for row in about} == events
            well = name.startswith("well") or name == "late"
            assert {row["state"] for row in about} == {"delivered" if well else "dead"}
        assert all(len(taken) == len(set(taken)) for taken in receivers.taken.values())
        notices = await store.read(lambda uow: uow.views.events(8, 100))
        assert len(notices) == len({row["id"] for row in notices}) == 5
        assert {row["type"] for row in notices} == {"monitor.degraded"}

    play(act, *names)


def test_one_that_hangs_holds_up_nobody_else_and_two_at_most_are_under_way() -> None:
    async def act(store: SqlStore, clock: FakeClock, receivers: Receivers) -> None:
        courier = Courier(clock=clock, store=store, sink=receivers)
        await courier.start_due()
        while not (len(receivers.taken["well-1"]) == len(receivers.taken["well-2"]) == 40):
            receivers.heard.clear()
            await receivers.heard.wait()
        assert receivers.tries["hangs"] == 1
        await courier.start_due()
        assert receivers.tries["hangs"] == 1
        assert receivers.most["well-1"] == LANES
        receivers.released.set()
        await courier.close()

    play(act, "hangs", "well-1", "well-2", events=40)


def test_what_waits_for_one_that_is_down_uses_up_no_tries() -> None:
    async def act(store: SqlStore, clock: FakeClock, receivers: Receivers) -> None:
        courier = Courier(clock=clock, store=store, sink=receivers)
        for _ in range(60):
            await courier.deliver_due()
            clock.advance(timedelta(seconds=1))
        assert THRESHOLD <= receivers.tries["broken"] <= THRESHOLD + 4
        log = await log_of(store)
        assert sum(row["tries"] for row in log) == receivers.tries["broken"]
        assert {row["state"] for row in log} == {"pending"}

    play(act, "broken", events=30)


def test_one_that_fails_for_five_days_is_disabled_and_the_others_are_told() -> None:
    async def act(store: SqlStore, clock: FakeClock, receivers: Receivers) -> None:
        courier = Courier(clock=clock, store=store, sink=receivers)
        while clock.now() < START + GIVEN_UP_AFTER + timedelta(hours=1):
            await courier.deliver_due()
            clock.advance(timedelta(minutes=30))
            later = Event(id=f"evt_at_{clock.now():%d%H%M}", type="site.down", at=clock.now(), data={})
            await store.write(partial(publish, event=later))
        await courier.deliver_due()
        (broken,) = await store.read(lambda uow: uow.outbox.endpoints("broken"))
        assert not broken.enabled
        assert broken.disabled_because.startswith("it has failed since ")
        last = await store.read(lambda uow: uow.deliveries.page({"type": "monitor.degraded"}, None, 10))
        assert [(row["webhook"], row["state"]) for row in last] == [("well", "delivered")]

    play(act, "broken", "well", events=1)


def test_a_kill_between_sending_and_recording_repeats_under_the_same_id() -> None:
    async def act(store: SqlStore, clock: FakeClock, receivers: Receivers) -> None:
        async def cut_off(_: Receivers, __: Delivery) -> Attempt:
            raise asyncio.CancelledError

        receivers.ways = WAYS | {"well": cut_off}
        first = Courier(clock=clock, store=store, sink=receivers)
        await first.start_due()
        await first.close()
        receivers.ways = WAYS
        await Courier(clock=clock, store=store, sink=receivers).deliver_due()
        assert sorted(receivers.taken["well"]) == [f"evt_{n}" for n in range(8)]
        assert {row["state"] for row in await log_of(store)} == {"delivered"}

    play(act, "well")


def test_one_removed_while_a_delivery_is_under_way_is_no_trouble() -> None:
    async def act(store: SqlStore, clock: FakeClock, receivers: Receivers) -> None:
        async def removed(_: Receivers, delivery: Delivery) -> Attempt:
            await store.write(lambda uow: uow.deliveries.forget(delivery.endpoint.id))
            return TAKEN

        receivers.ways = {"well": removed}
        assert await Courier(clock=clock, store=store, sink=receivers).deliver_due() == 1
        assert await log_of(store) == []

    play(act, "well", events=1)
