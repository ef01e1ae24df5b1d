"""Digests: what waits and what does not, what is told once and no more, and what an acknowledgement keeps quiet."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.adapters.store import SqlStore, open_store
from service.core.alerts.catalogue import CATALOGUE
from service.core.alerts.condition import THRESHOLD, Condition, Severity
from service.core.alerts.deliveries import DeliveryState, Endpoint
from service.core.alerts.digest import MOST_GROUPS, MOST_LINES, Held, at_once, compose
from service.core.alerts.messages import message
from service.core.alerts.messages_summaries import DID
from service.core.errors import NotFound
from service.core.model import Admission, Event
from service.core.persistence.campaigns import Change, ChangeKind
from service.core.states import Verdict
from service.pipeline.digest import Digester
from service.ports import UnitOfWork
from tests.builders import START, at
from tests.fakes import FakeClock
from tests.store_cases import match
from tests.unit.test_event_schemas import conform

HOUR = timedelta(hours=1)
DESK = Endpoint(id="desk", url="https://desk.example/", secret="s", created_at=START, every=HOUR)
PROGRAM = replace(DESK, id="program", every=None)


def happened(kind: str, host: str = "spiegel.ltd", hours: float = 0.0, *, place: str = "", **judged: Any) -> Event:
    """An event about a lookalike of der Spiegel."""
    detail = {"block": {"place": place}} if place else {}
    identity = f"evt_{kind}{host}{hours}{place}"
    data = {"id": identity, "lookalike": {"verdict": "suspected", **judged}, "detail": detail}
    return Event(id=identity, type=kind, at=at(hours), data=data, host=host, outlet="spiegel")


def held(*events: Event, group: str = "family:spiegel", quiet: bool = False) -> list[Held]:
    return [Held(delivery=number, event=event, group=group, quiet=quiet) for number, event in enumerate(events)]


def lines(event: Event | None) -> list[tuple[str, str]]:
    """Site and event of every line of a digest."""
    assert event is not None
    return [(line["site"], line["event"]) for group in event.data["detail"]["groups"] for line in group["lines"]]


# --- what a digest says ----------------------------------------------------------------------------------------------


def test_what_deceives_readers_now_and_the_watch_s_own_trouble_never_wait() -> None:
    never = {kind for kind in CATALOGUE if at_once(happened(kind))}
    assert never == {"impersonation.confirmed", "site.resurfaced"}
    assert at_once(replace(happened("monitor.degraded"), host=None))
    taken_back = happened("flag.withdrawn")
    assert not at_once(taken_back)
    assert at_once(replace(taken_back, data={"detail": {"withdrawn": Verdict.IMPERSONATION.value}}))


def test_whatever_can_wait_has_words_in_a_digest() -> None:
    about_sites = {kind for kind, event in CATALOGUE.items() if event.about != "service"}
    assert set(DID) == about_sites - {"impersonation.confirmed", "site.resurfaced"}


def test_of_each_site_the_last_event_is_told_the_worst_first() -> None:
    told = compose(
        DESK,
        held(
            happened("lookalike.discovered"),
            happened("site.down", "spiegel.fun", 0.1),
            happened("lookalike.suspected", hours=0.2),
        ),
        {},
        at(1),
    )
    assert lines(told.event) == [("spiegel.ltd", "lookalike.suspected"), ("spiegel.fun", "site.down")]
    assert told.event is not None
    conform(told.event)
    detail = told.event.data["detail"]
    assert (detail["severity"], detail["sites"], detail["groups"][0]["events"]) == ("high", 2, 3)


def test_what_was_told_is_told_again_only_where_it_changed() -> None:
    first = compose(DESK, held(happened("block.observed", place="registry")), {}, at(1))
    back = [
        happened("block.lifted", hours=1.1, place="registry"),
        happened("block.observed", hours=1.2, place="registry"),
    ]
    assert lines(first.event) == [("spiegel.ltd", "block.observed")]
    assert compose(DESK, held(*back), first.said, at(2)).event is None
    other = compose(DESK, held(*back, happened("block.observed", hours=1.3, place="host")), first.said, at(2))
    assert lines(other.event) == [("spiegel.ltd", "block.observed")]


def test_an_acknowledged_group_is_left_out_and_forgets_nothing_of_the_others() -> None:
    waiting = [
        *held(happened("site.down"), quiet=True),
        *held(happened("site.down", "bild.fun"), group="campaign:cmp_1"),
    ]
    told = compose(DESK, waiting, {}, at(1))
    assert lines(told.event) == [("bild.fun", "site.down")]
    assert set(told.said) == {"campaign:cmp_1"}
    assert compose(DESK, waiting[:1], {}, at(1)).event is None


def test_a_flood_is_cut_to_what_people_read_and_the_rest_is_counted() -> None:
    many = [
        Held(
            delivery=0, event=happened("lookalike.discovered", f"a{n}.example"), group=f"family:o{n % 30}", quiet=False
        )
        for n in range(30 * (MOST_LINES + 5))
    ]
    told = compose(DESK, many, {}, at(1))
    assert told.event is not None
    detail = told.event.data["detail"]
    assert (len(detail["groups"]), detail["further_groups"]) == (MOST_GROUPS, 30 - MOST_GROUPS)
    assert {(len(one["lines"]), one["further_lines"]) for one in detail["groups"]} == {(MOST_LINES, 5)}
    assert detail["sites"] == len(many)
    said = message(told.event)
    assert len(said.facts) <= 20
    assert all(len(value) <= 150 for _, value in said.facts)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(sorted(DID)), st.sampled_from(["a.example", "b.example"]), st.booleans()), max_size=12
    )
)
def test_after_any_digests_what_is_known_to_be_told_is_what_last_happened(steps: list[tuple[str, str, bool]]) -> None:
    said: dict[str, Any] = {}
    waiting: list[Event] = []
    last: dict[str, str] = {}
    for hours, (kind, host, now) in enumerate(steps):
        waiting.append(happened(kind, host, hours))
        last[host] = kind
        if now:
            said |= compose(DESK, held(*waiting), said, at(hours + 1)).said
            waiting = []
            known = {about.split()[0]: state.split()[0] for about, state in said["family:spiegel"].items()}
            assert known == last


# --- through the store -----------------------------------------------------------------------------------------------


class Desk:
    """A store with a desk that gets digests, a program that does not, and three sites."""

    def __init__(self, store: SqlStore) -> None:
        self.store, self.clock = store, FakeClock(START)
        self.digester = Digester(clock=self.clock, store=store, default=HOUR)

    async def tell(self, *events: Event) -> None:
        def step(uow: UnitOfWork) -> None:
            for event in events:
                site, version = uow.sites.get(event.host or "") or (None, 0)
                assert site is not None
                assert uow.sites.save(site, version, (event,), self.clock.now())

        await self.store.write(step)

    async def states(self, endpoint: str = "desk") -> list[tuple[str, str]]:
        rows = await self.store.read(lambda uow: uow.deliveries.page({"webhook": endpoint}, None, 100))
        return [(row["type"], row["state"]) for row in reversed(rows)]

    async def digests(self) -> list[Event]:
        due = await self.store.read(lambda uow: uow.outbox.due(self.clock.now(), 100, "desk"))
        return [one.event for one in due if one.event.type == "alerts.digest"]


def desk(act: Callable[[Desk], Awaitable[None]], endpoint: Endpoint = DESK) -> None:
    async def run() -> None:
        with closing(open_store("sqlite://")) as store:

            def step(uow: UnitOfWork) -> None:
                for host in ("spiegel.ltd", "spiegel.fun", "spiegel.pics"):
                    found = (match(host),)
                    uow.sites.admit(Admission(host=host, domain=host, source="sweep:exact", matches=found), START)
                for one in (endpoint, PROGRAM):
                    uow.outbox.put_endpoint(one)

            await store.write(step)
            await act(Desk(store))

    asyncio.run(run())


def test_a_desk_gets_the_urgent_at_once_and_the_rest_an_hour_later_in_one() -> None:
    async def act(at_desk: Desk) -> None:
        await at_desk.tell(happened("lookalike.discovered"), happened("impersonation.confirmed"))
        await at_desk.tell(happened("site.down", "spiegel.fun", 0.5))
        assert await at_desk.states() == [
            ("lookalike.discovered", "held"),
            ("impersonation.confirmed", "pending"),
            ("site.down", "held"),
        ]
        assert {state for _, state in await at_desk.states("program")} == {"pending"}
        assert await at_desk.digester.run_due() == 0
        at_desk.clock.advance(HOUR)
        assert await at_desk.digester.run_due() == 1
        assert await at_desk.digester.run_due() == 0
        (digest,) = await at_desk.digests()
        assert lines(digest) == [("spiegel.fun", "site.down"), ("spiegel.ltd", "lookalike.discovered")]
        assert {state for kind, state in await at_desk.states() if kind != "alerts.digest"} == {"pending", "summed-up"}
        assert not [kind for kind, _ in await at_desk.states("program") if kind == "alerts.digest"]

    desk(act)


def test_a_kill_between_composing_and_recording_neither_loses_nor_doubles() -> None:
    class KilledError(Exception):
        """The process ends here."""

    async def act(at_desk: Desk) -> None:
        await at_desk.tell(happened("site.down"))
        at_desk.clock.advance(HOUR)

        def killed(uow: UnitOfWork) -> None:
            at_desk.digester._make(uow, "desk")
            raise KilledError

        with pytest.raises(KilledError):
            await at_desk.store.write(killed)
        assert await at_desk.states() == [("site.down", "held")]
        assert await at_desk.digester.run_due() == 1
        assert len(await at_desk.digests()) == 1
        assert await at_desk.states() == [("site.down", "summed-up"), ("alerts.digest", "pending")]

    desk(act)


@pytest.mark.parametrize(
    ("worse", "ends"),
    [
        (happened("site.down", "spiegel.fun", 3), False),
        (happened("block.observed", "spiegel.fun", 3, place="host"), False),
        (happened("lookalike.suspected", "spiegel.pics", 3), True),
        (happened("impersonation.confirmed", "spiegel.ltd", 3), True),
        (happened("site.resurfaced", "spiegel.ltd", 3), True),
        (happened("block.lifted", "spiegel.ltd", 3, place="host"), True),
        (happened("site.reregistered", "spiegel.ltd", 3), True),
    ],
    ids=lambda given_: given_.type if isinstance(given_, Event) else "",
)
def test_an_acknowledged_group_is_quiet_until_it_gets_worse(worse: Event, *, ends: bool) -> None:
    async def act(at_desk: Desk) -> None:
        await at_desk.tell(happened("site.down"))
        group = await at_desk.digester.acknowledge("spiegel.ltd", "token 1", "reported")
        assert (group.key, group.severity, group.note) == ("family:spiegel", Severity.WARNING, "reported")
        at_desk.clock.advance(HOUR)
        assert await at_desk.digester.run_due() == 0
        assert await at_desk.states() == [("site.down", "summed-up")]
        await at_desk.tell(happened("block.recorded", "spiegel.ltd", 2, place="registrar"), worse)
        at_desk.clock.advance(3 * HOUR)
        assert await at_desk.digester.run_due() == ends
        after = await at_desk.store.read(lambda uow: uow.alert_groups.get("family:spiegel"))
        assert after is not None
        assert (after.acknowledged_at is None, after.reopened_by) == (ends, worse.id if ends else "")

    desk(act)


def test_a_group_is_acknowledged_by_a_site_that_has_alerts_and_taken_back() -> None:
    async def act(at_desk: Desk) -> None:
        await at_desk.tell(happened("site.down"))
        for unknown in ("nobody.example", "family:nobody", "campaign:cmp_0"):
            with pytest.raises(NotFound, match="no group of alerts"):
                await at_desk.digester.acknowledge(unknown, "token 1", "")
        await at_desk.digester.acknowledge("family:spiegel", "token 1", "")
        assert (await at_desk.digester.reopen("spiegel.fun")).acknowledged_at is None
        at_desk.clock.advance(HOUR)
        assert await at_desk.digester.run_due() == 1

    desk(act)


def test_sites_of_a_campaign_are_told_together() -> None:
    async def act(at_desk: Desk) -> None:
        began = Change(campaign="cmp_1", kind=ChangeKind.BEGAN, hosts=("spiegel.fun", "spiegel.ltd"))
        await at_desk.store.write(lambda uow: uow.campaigns.record((began,), START))
        await at_desk.tell(*(happened("site.down", host) for host in ("spiegel.ltd", "spiegel.fun", "spiegel.pics")))
        at_desk.clock.advance(HOUR)
        await at_desk.digester.run_due()
        (digest,) = await at_desk.digests()
        groups = {one["group"]: len(one["lines"]) for one in digest.data["detail"]["groups"]}
        assert groups == {"campaign:cmp_1": 2, "family:spiegel": 1}

    desk(act)


def test_a_receiver_that_is_down_gets_one_digest_when_it_is_back() -> None:
    down = replace(DESK, condition=Condition(failures=THRESHOLD, failing_since=START, probe_at=START))

    async def act(at_desk: Desk) -> None:
        for hours in range(5):
            await at_desk.tell(happened("site.down", hours=hours, place=f"{hours}"))
            at_desk.clock.advance(HOUR)
            assert await at_desk.digester.run_due() == 0
        await at_desk.store.write(lambda uow: uow.outbox.put_endpoint(DESK))
        assert await at_desk.digester.run_due() == 1
        assert len(await at_desk.digests()) == 1

    desk(act, down)


def test_what_waits_is_dead_with_its_receiver_and_replayed_as_one_digest() -> None:
    async def act(at_desk: Desk) -> None:
        await at_desk.tell(happened("site.down"), happened("impersonation.confirmed", "spiegel.fun"))
        gone = replace(DESK, enabled=False, disabled_because="it answered 410 Gone")
        await at_desk.store.write(lambda uow: uow.outbox.put_endpoint(gone))
        assert {state for _, state in await at_desk.states()} == {"dead"}
        await at_desk.store.write(lambda uow: uow.outbox.put_endpoint(DESK))
        again = await at_desk.store.write(lambda uow: uow.deliveries.replay(DESK, START, at_desk.clock.now()))
        assert again == 2
        assert dict(await at_desk.states()) == {
            "site.down": DeliveryState.HELD,
            "impersonation.confirmed": DeliveryState.PENDING,
        }
        assert await at_desk.digester.run_due() == 1
        assert await at_desk.store.write(lambda uow: uow.deliveries.replay(PROGRAM, START, START)) == 0

    desk(act)
