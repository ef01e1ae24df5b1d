"""Transactions: all or nothing, one writer, snapshots, and a store that says what is wrong with it."""

from __future__ import annotations

import asyncio
import threading
from functools import partial
from typing import TYPE_CHECKING

import pytest

from service.adapters.dump import canonical_dump
from service.core.errors import StoreUnavailable
from tests.store_cases import HOUR, PLACES, START, Opened, admission, endpoint, event, impersonating, opened

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from service.ports import UnitOfWork

HOST = "spiegel.ltd"


@pytest.fixture(params=PLACES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opened]:
    with opened(request.param, tmp_path) as one:
        yield one


def test_a_step_that_raises_leaves_everything_as_it_was(store: Opened) -> None:
    store.admit(admission(HOST, "spiegel"))
    store.put_endpoints(endpoint("hook"))
    before = asyncio.run(canonical_dump(store.store))
    site, version = store.site(HOST)

    def crash(unit: UnitOfWork) -> None:
        unit.sites.admit(admission("other.example", "welt"), START)
        unit.sites.claim(START, START + HOUR, 10)
        assert unit.sites.save(impersonating(site, START), version, [event("a", host=HOST)], START)
        unit.actions.set_state("cursor", "7")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        store.write(crash)
    assert asyncio.run(canonical_dump(store.store)) == before
    assert store.read(lambda unit: unit.actions.get_state("cursor")) is None
    assert store.save(impersonating(site, START), version, event("a", host=HOST)), "and it can be done again"
    assert store.site(HOST) == (impersonating(site, START), version + 1)


def test_what_a_crashed_step_had_read_is_not_taken_for_committed(store: Opened) -> None:
    """The store remembers sites by version; a version that was rolled back must not be remembered."""
    store.admit(admission(HOST, "spiegel"))

    def crash(unit: UnitOfWork) -> None:
        unit.sites.admit(admission(HOST, targets=(f"https://{HOST}/lost",)), START)
        assert unit.sites.get(HOST) is not None
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        store.write(crash)
    store.admit(admission(HOST, targets=(f"https://{HOST}/kept",)))
    site, version = store.site(HOST)
    assert (version, [target.url for target in site.targets]) == (2, [f"https://{HOST}/kept"])


def test_a_step_sees_what_it_wrote_itself(store: Opened) -> None:
    def step(unit: UnitOfWork) -> list[str]:
        unit.sites.admit(admission(HOST, "spiegel"), START)
        found = unit.sites.get(HOST)
        assert found is not None
        assert unit.sites.save(impersonating(*found[:1], START), found[1], (), START)
        again = unit.sites.get(HOST)
        assert again is not None
        unit.sites.admit(admission(HOST, "welt"), START)
        third = unit.sites.get(HOST)
        assert third is not None
        return [one.outlet for site, _ in (found, again, third) for one in site.lookalikes]

    assert store.write(step) == ["spiegel", "spiegel", "spiegel", "welt"]


def test_a_read_cannot_write(store: Opened) -> None:
    with pytest.raises(StoreUnavailable, match=r"cannot be written|takes no writes"):
        store.read(lambda unit: unit.sites.admit(admission(HOST), START))
    store.admit(admission(HOST))
    assert store.site(HOST)[1] == 1


def test_writes_are_carried_out_one_at_a_time_in_order(store: Opened) -> None:
    order: list[str] = []

    def step(number: int, unit: UnitOfWork) -> None:
        order.append(f"begin {number}")
        unit.actions.set_state("last", str(number))
        order.append(f"end {number}")

    async def all_at_once() -> None:
        await asyncio.gather(*(store.store.write(partial(step, number)) for number in range(10)))

    asyncio.run(all_at_once())
    assert order == [f"{what} {number}" for number in range(10) for what in ("begin", "end")]
    assert store.read(lambda unit: unit.actions.get_state("last")) == "9"


def test_steps_run_off_the_event_loop(store: Opened) -> None:
    here = threading.get_ident()
    assert store.write(lambda _: threading.get_ident()) != here
    assert store.read(lambda _: threading.get_ident()) != here


def test_a_write_whose_caller_is_cancelled_is_still_carried_out(store: Opened) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def step(unit: UnitOfWork) -> None:
        begun.set()
        assert go_on.wait(10)
        unit.actions.set_state("done", "yes")

    async def cancel_while_it_runs() -> None:
        task = asyncio.create_task(store.store.write(step))
        await asyncio.to_thread(begun.wait, 10)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        go_on.set()
        assert await store.store.read(lambda unit: unit.actions.get_state("other")) is None

    asyncio.run(cancel_while_it_runs())
    store.write(lambda _: None)
    assert store.read(lambda unit: unit.actions.get_state("done")) == "yes"


def test_a_closed_store_says_so_and_can_be_closed_again(store: Opened) -> None:
    store.store.close()
    store.store.close()
    with pytest.raises(StoreUnavailable, match="closed"):
        store.write(lambda _: None)
    with pytest.raises(StoreUnavailable, match="closed"):
        store.read(lambda _: None)


def test_the_dump_does_not_depend_on_the_order_of_independent_sites(tmp_path: Path) -> None:
    def run(name: str, hosts: list[str], times: int = 1) -> str:
        with opened("memory", tmp_path / name) as store:
            store.put_endpoints(endpoint("hook"))
            store.admit(*(admission(host, "spiegel", targets=(f"https://{host}/",)) for host in hosts))
            for host in hosts:
                told = event(host, host=host, outlet="spiegel")
                for _ in range(times):
                    site, version = store.site(host)
                    assert store.save(impersonating(site, START), version, told)
            return asyncio.run(canonical_dump(store.store))

    names = ["a.example", "bb.example", "ccc.example"]
    straight = run("straight", names)
    kinds = {"site", "target", "lookalike", "verdict", "episode", "observation", "event", "delivery"}
    assert sorted(line.split()[0] for line in straight.splitlines()) == sorted([*kinds] * 3)
    assert run("backwards", names[::-1]) == straight
    assert run("twice", names, times=2) == straight, "the same look, as after a crash"
    assert run("more", [*names, "d.example"]) != straight
