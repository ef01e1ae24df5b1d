"""Events, endpoints and deliveries: what ``ports.OutboxRows`` promises."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from service.adapters.rows_outbox import MAX_DETAIL
from service.core.alerts.deliveries import Attempt, Delivery
from service.core.errors import NotFound
from tests.store_cases import HOUR, PLACES, START, Opened, admission, endpoint, event, opened

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from service.ports import UnitOfWork

OK = Attempt(ok=True, status=204, detail="")
FAILED = Attempt(ok=False, status=503, detail="try later")


@pytest.fixture(params=PLACES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opened]:
    with opened(request.param, tmp_path) as one:
        yield one


def _due(store: Opened, limit: int = 100, hours: float = 0) -> tuple[Delivery, ...]:
    return store.read(lambda unit: unit.outbox.due(START + hours * HOUR, limit))


def _publish(store: Opened, *names: str) -> None:
    store.publish(*(event(name) for name in names))


def _put(store: Opened, *names: str) -> None:
    store.put_endpoints(*(endpoint(name) for name in names))


def test_events_are_numbered_from_one_in_the_order_of_commits(store: Opened) -> None:
    _publish(store, "a", "b")
    _publish(store, "c")
    events = store.read(lambda unit: unit.views.events(0, 10))
    assert [(row["sequence"], row["id"]) for row in events] == [(1, "evt_a"), (2, "evt_b"), (3, "evt_c")]
    assert [row["sequence"] for row in store.read(lambda unit: unit.views.events(1, 1))] == [2]


def test_a_transaction_that_is_rolled_back_leaves_no_gap(store: Opened) -> None:
    _publish(store, "a")

    def broken(unit: UnitOfWork) -> None:
        unit.outbox.publish([event("lost")], START)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        store.write(broken)
    _publish(store, "b")
    events = store.read(lambda unit: unit.views.events(0, 10))
    assert [(row["sequence"], row["id"]) for row in events] == [(1, "evt_a"), (2, "evt_b")]


def test_an_event_that_is_there_already_is_left_alone_and_not_delivered_again(store: Opened) -> None:
    _put(store, "hook")
    _publish(store, "a")
    changed = replace(event("a"), data={"name": "changed"}, type="site.down")
    store.publish(changed, event("b"), event("b"), at=START + HOUR)
    events = store.read(lambda unit: unit.views.events(0, 10))
    assert [(row["id"], row["data"]) for row in events] == [("evt_a", {"name": "a"}), ("evt_b", {"name": "b"})]
    assert len(_due(store, hours=1)) == 2


def test_an_event_is_queued_for_each_enabled_endpoint_whose_filters_let_it_through(store: Opened) -> None:
    store.put_endpoints(
        endpoint("all"),
        endpoint("off", enabled=False),
        endpoint("type", events=("lookalike.suspected", "site.down")),
        endpoint("othertype", events=("site.down",)),
        endpoint("outlet", outlets=("spiegel", "bild")),
        endpoint("otheroutlet", outlets=("bild",)),
    )
    store.publish(event("a", outlet="spiegel"))
    assert {delivery.endpoint.id for delivery in _due(store)} == {"all", "type", "outlet"}


def test_an_event_about_a_whole_site_concerns_every_outlet_that_it_resembles(store: Opened) -> None:
    store.admit(admission("x.example", "spiegel", "welt"))
    store.put_endpoints(endpoint("welt", outlets=("welt",)), endpoint("bild", outlets=("bild",)))
    site, version = store.site("x.example")
    assert store.save(site, version, event("down", host="x.example"))
    assert [delivery.endpoint.id for delivery in _due(store)] == ["welt"]


def test_an_event_of_no_outlet_reaches_only_endpoints_that_ask_for_all(store: Opened) -> None:
    store.put_endpoints(endpoint("all"), endpoint("one", outlets=("spiegel",)))
    _publish(store, "degraded")
    assert [delivery.endpoint.id for delivery in _due(store)] == ["all"]


def test_an_event_for_one_endpoint_reaches_it_alone_whatever_its_filters(store: Opened) -> None:
    store.put_endpoints(endpoint("one", events=("site.down",), outlets=("bild",)), endpoint("other"))
    store.write(lambda unit: unit.outbox.publish([event("test")], START, only="one"))
    assert [delivery.endpoint.id for delivery in _due(store)] == ["one"]
    with pytest.raises(NotFound, match="nobody"):
        store.write(lambda unit: unit.outbox.publish([event("more")], START, only="nobody"))


def test_an_endpoint_gets_only_what_was_published_after_it(store: Opened) -> None:
    _publish(store, "before")
    _put(store, "hook")
    _publish(store, "after")
    assert [delivery.event.id for delivery in _due(store)] == ["evt_after"]


def test_a_delivery_carries_its_event_and_endpoint_whole(store: Opened) -> None:
    hook = replace(endpoint("hook", events=("lookalike.suspected",), outlets=("spiegel",)), note="the newsroom")
    store.put_endpoints(hook)
    told = event("a", host="spiegel.ltd", outlet="spiegel")
    store.publish(told)
    (delivery,) = _due(store)
    assert delivery.endpoint == hook
    assert delivery.event == replace(told, sequence=1)
    assert (delivery.attempt, delivery.next_at) == (0, START)
    assert store.read(lambda unit: unit.outbox.endpoints()) == (hook,)


def test_endpoints_take_turns_and_each_gets_its_oldest_first(store: Opened) -> None:
    _put(store, "busy")
    _publish(store, *(f"old{number}" for number in range(20)))
    _put(store, "quiet")
    _publish(store, "new1", "new2")
    order = [(one.endpoint.id, one.event.id) for one in _due(store, limit=5)]
    assert order == [
        ("busy", "evt_old0"),
        ("quiet", "evt_new1"),
        ("busy", "evt_old1"),
        ("quiet", "evt_new2"),
        ("busy", "evt_old2"),
    ]
    assert Counter(one.endpoint.id for one in _due(store)) == {"busy": 22, "quiet": 2}


def test_a_failed_try_is_due_again_at_its_time_and_counted(store: Opened) -> None:
    _put(store, "hook")
    _publish(store, "a")
    (delivery,) = _due(store)
    store.write(lambda unit: unit.outbox.record(delivery, FAILED, START + HOUR, START))
    assert _due(store) == ()
    (again,) = _due(store, hours=1)
    assert (again.id, again.attempt, again.next_at) == (delivery.id, 1, START + HOUR)


@pytest.mark.parametrize(("attempt", "state"), [(OK, "deliveries_delivered"), (FAILED, "deliveries_dead")])
def test_a_delivery_that_is_done_is_delivered_or_dead_and_never_due(
    store: Opened, attempt: Attempt, state: str
) -> None:
    _put(store, "hook")
    _publish(store, "a")
    (delivery,) = _due(store)
    store.write(lambda unit: unit.outbox.record(delivery, attempt, None, START))
    assert _due(store, hours=10_000) == ()
    counts = store.read(lambda unit: unit.views.counts())
    assert (counts[state], counts["deliveries_pending"]) == (1, 0)


def test_the_same_try_recorded_twice_counts_once(store: Opened) -> None:
    _put(store, "hook")
    _publish(store, "a")
    (delivery,) = _due(store)
    store.write(lambda unit: unit.outbox.record(delivery, OK, None, START))
    store.write(lambda unit: unit.outbox.record(delivery, FAILED, START, START))
    assert store.read(lambda unit: unit.views.counts())["deliveries_delivered"] == 1
    assert _due(store) == ()


def test_of_a_receiver_s_answer_the_first_kilobyte_is_kept(store: Opened) -> None:
    _put(store, "hook")
    _publish(store, "a")
    (delivery,) = _due(store)
    chatty = replace(FAILED, detail="\0\ud800" + "x" * 100_000)
    store.write(lambda unit: unit.outbox.record(delivery, chatty, None, START))
    with store.store.writer.connect() as connection:
        row = connection.exec_driver_sql("SELECT status, ok, detail FROM attempt").one()
    assert row[:2] == (503, 0)
    assert row[2] == "\ufffd\ufffd" + "x" * (MAX_DETAIL - 2)


def test_what_waits_for_a_disabled_endpoint_goes_out_once_it_is_enabled(store: Opened) -> None:
    _put(store, "hook")
    _publish(store, "a")
    store.put_endpoints(endpoint("hook", enabled=False))
    assert _due(store) == ()
    _publish(store, "meanwhile")
    _put(store, "hook")
    assert [delivery.event.id for delivery in _due(store)] == ["evt_a"]


def test_an_endpoint_added_in_a_transaction_gets_that_transaction_s_later_events(store: Opened) -> None:
    def step(unit: UnitOfWork) -> None:
        unit.outbox.publish([event("a")], START)
        unit.outbox.put_endpoint(endpoint("hook"))
        unit.outbox.publish([event("b")], START)

    store.write(step)
    assert [delivery.event.id for delivery in _due(store)] == ["evt_b"]
