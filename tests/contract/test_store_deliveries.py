"""Deliveries as people read them and ask for them anew, and what becomes of a failing endpoint's."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from service.core.alerts.condition import THRESHOLD, Channel, Condition, Severity
from service.core.alerts.deliveries import Attempt, Delivery, DeliveryState
from service.core.errors import NotFound
from tests.store_cases import HOUR, PLACES, START, Opened, admission, endpoint, event, opened

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from service.ports import UnitOfWork

OK = Attempt(ok=True, status=204, detail="taken")
FAILED = Attempt(ok=False, status=503, detail="try later")


@pytest.fixture(params=PLACES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opened]:
    with opened(request.param, tmp_path) as one:
        yield one


def due(store: Opened, hours: float = 0) -> tuple[Delivery, ...]:
    return store.read(lambda unit: unit.outbox.due(START + hours * HOUR, 100))


def record(store: Opened, attempt: Attempt, *names: str) -> None:
    """The last word on what is due now, or on those deliveries of it whose events are named."""

    def step(unit: UnitOfWork) -> None:
        for one in unit.outbox.due(START, 100):
            if not names or one.event.id.removeprefix("evt_") in names:
                unit.outbox.record(one, attempt, None, START)

    store.write(step)


def page(store: Opened, before: int | None = None, limit: int = 100, **where: Any) -> list[dict[str, Any]]:
    return store.read(lambda unit: unit.deliveries.page(where, before, limit))


def test_an_endpoint_is_kept_with_all_that_is_known_of_it(store: Opened) -> None:
    full = replace(
        endpoint("hook"),
        kind=Channel.SLACK,
        severity=Severity.HIGH,
        old_secret="old",
        old_secret_until=START + HOUR,
        every=timedelta(hours=6),
        condition=Condition(failures=2, failing_since=START, probe_at=START + HOUR),
    )
    store.put_endpoints(endpoint("other"), full)
    assert store.read(lambda unit: unit.outbox.endpoints("hook")) == (full,)
    assert store.read(lambda unit: unit.outbox.endpoints("nobody")) == ()


def test_an_open_circuit_lets_one_probe_through_at_its_time(store: Opened) -> None:
    down = Condition(failures=THRESHOLD, failing_since=START, probe_at=START + HOUR)
    store.put_endpoints(replace(endpoint("sick"), condition=down), endpoint("well"))
    store.publish(event("a"), event("b"))
    assert [one.endpoint.id for one in due(store)] == ["well", "well"]
    assert sorted(one.endpoint.id for one in due(store, hours=1)) == ["sick", "well", "well"]


def test_what_waits_for_an_endpoint_that_the_service_disabled_is_dead_and_kept(store: Opened) -> None:
    store.put_endpoints(endpoint("hook"), endpoint("other"))
    store.publish(event("a"), event("b"))
    record(store, OK, "a")
    store.put_endpoints(replace(endpoint("hook", enabled=False), disabled_because="it answered 410 Gone"))
    (dead,) = page(store, webhook="hook", state=DeliveryState.DEAD)
    assert (dead["event"], dead["answer"], dead["next_at"]) == ("evt_b", "it answered 410 Gone", None)
    assert [one.endpoint.id for one in due(store)] == ["other"]


def test_deliveries_are_listed_newest_first_and_page_by_page(store: Opened) -> None:
    store.put_endpoints(endpoint("one"), endpoint("two"))
    store.publish(event("a"), event("b"), event("c"))
    record(store, FAILED, "b")
    listed = page(store)
    assert [row["number"] for row in listed] == sorted((row["number"] for row in listed), reverse=True)
    assert page(store, limit=2) + page(store, before=listed[1]["number"]) == listed
    assert {(row["webhook"], row["event"]) for row in page(store, state=DeliveryState.DEAD)} == {
        ("one", "evt_b"),
        ("two", "evt_b"),
    }
    assert [row["event"] for row in page(store, webhook="two")] == ["evt_c", "evt_b", "evt_a"]
    assert page(store, type="site.down") == []


def test_each_try_is_kept_with_its_answer(store: Opened) -> None:
    store.put_endpoints(endpoint("hook"))
    store.publish(event("a"))
    (first,) = due(store)
    store.write(lambda unit: unit.outbox.record(first, FAILED, START + HOUR, START))
    (second,) = due(store, hours=1)
    store.write(lambda unit: unit.outbox.record(second, OK, None, START + HOUR))
    shown = store.read(lambda unit: unit.deliveries.get(first.id))
    assert shown is not None
    assert (shown["state"], shown["tries"], shown["answer"]) == ("delivered", 2, "taken")
    assert [(one["number"], one["ok"], one["status"], one["answer"]) for one in shown["attempts"]] == [
        (1, False, 503, "try later"),
        (2, True, 204, "taken"),
    ]
    assert store.read(lambda unit: unit.deliveries.get(first.id + 1)) is None


def test_a_dead_letter_that_is_asked_for_anew_has_the_whole_schedule_before_it(store: Opened) -> None:
    store.put_endpoints(endpoint("hook"))
    store.publish(event("a"))
    record(store, FAILED)
    (dead,) = page(store)
    store.write(lambda unit: unit.deliveries.retry(dead["number"], START + HOUR))
    assert due(store) == ()
    (again,) = due(store, hours=1)
    assert (again.event.id, again.attempt, again.forgiven) == ("evt_a", 1, 1)
    with pytest.raises(NotFound):
        store.write(lambda unit: unit.deliveries.retry(10_000, START))


def test_a_replay_brings_what_was_missed_since_and_nothing_twice(store: Opened) -> None:
    hook = endpoint("hook", outlets=("spiegel",))
    store.admit(admission("x.example", "spiegel"))
    store.publish(event("before", outlet="spiegel"), at=START - HOUR)
    store.put_endpoints(hook)
    store.publish(event("taken", outlet="spiegel"), event("dead", outlet="spiegel"))
    record(store, OK, "taken")
    record(store, FAILED, "dead")
    store.publish(event("pending", outlet="spiegel"))
    store.put_endpoints(replace(hook, enabled=False))
    store.publish(event("paused", outlet="spiegel"), event("other", outlet="bild"))
    store.publish(replace(event("test", outlet="spiegel"), type="webhook.test"), event("site", host="x.example"))
    store.put_endpoints(hook)

    def replay(*, delivered: bool = False) -> int:
        return store.write(lambda unit: unit.deliveries.replay(hook, START, START, delivered=delivered))

    assert replay() == 3
    waiting = {one.event.id.removeprefix("evt_") for one in due(store)}
    assert waiting == {"dead", "pending", "paused", "site"}
    assert replay() == 0
    assert replay(delivered=True) == 1
    ids = [row["event"] for row in page(store)]
    assert len(ids) == len(set(ids)) == 5


def test_an_endpoint_is_removed_with_its_deliveries_and_events_stay(store: Opened) -> None:
    store.put_endpoints(endpoint("hook"), endpoint("other"))
    store.publish(event("a"))
    record(store, OK)
    store.write(lambda unit: unit.deliveries.forget("hook"))
    assert [one.id for one in store.read(lambda unit: unit.outbox.endpoints())] == ["other"]
    assert [row["webhook"] for row in page(store)] == ["other"]
    assert len(store.read(lambda unit: unit.views.events(0, 10))) == 1
    with pytest.raises(NotFound):
        store.write(lambda unit: unit.deliveries.forget("hook"))
