"""The prober against a DNS server that misbehaves: every name ends as exactly one thing, and no lie is believed."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from service.adapters.prober import ChildProber
from service.adapters.prober_frames import pack_names, pack_object
from service.core.errors import InvalidInput
from tests.faulty_dns import Faults, FaultyDns, Zone

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from service.core.facts.dns import ProbeReport

CONTROL = "control.example"
DEAD = "127.0.0.1:9"
NS = ("ns1.host.example.", "ns2.host.example.")


def zone(*existing: str, **more: Any) -> Zone:
    names = (CONTROL, *existing)
    return Zone(**({"records": {(name, "NS"): NS for name in names}} | more))


@asynccontextmanager
async def prober(*servers: FaultyDns | str, **options: Any) -> AsyncIterator[ChildProber]:
    upstreams = [server if isinstance(server, str) else server.address for server in servers]
    settings: dict[str, Any] = {"qps": 0, "timeout": 0.5, "control_live": [CONTROL]} | options
    child = ChildProber(upstreams, **settings)
    try:
        yield child
    finally:
        await child.close()


def probe(names: list[str], *servers: FaultyDns | str, **options: Any) -> ProbeReport:
    async def scenario() -> ProbeReport:
        async with prober(*servers, **options) as child:
            return await child.probe(names)

    return asyncio.run(scenario())


async def asked(server: FaultyDns, questions: int) -> None:
    while sum(server.asked.values()) < questions:  # noqa: ASYNC110  # the server counts in a thread of its own
        await asyncio.sleep(0.01)


def assert_adds_up(report: ProbeReport, names: list[str]) -> None:
    assert report.asked == len(names)
    assert len(report.existing) + report.absent + len(report.unanswered) == len(names)
    assert set(report.existing).isdisjoint(report.unanswered)


def test_each_name_ends_as_existing_absent_or_unanswered() -> None:
    trouble = {"lame.ltd": "SERVFAIL", "shy.ltd": "REFUSED", "quiet.ltd": "silent"}
    names = ["bild.ltd", "gone.ltd", *trouble, "two..dots", "schön.ltd", "a\nb.ltd", "bild.ltd"]
    with FaultyDns(zone("bild.ltd", trouble=trouble)) as server:
        report = probe(names, server, timeout=0.2)
    assert_adds_up(report, names)
    assert report.existing == ("bild.ltd", "bild.ltd")
    assert report.absent == 1
    assert sorted(report.unanswered) == ["a\nb.ltd", "lame.ltd", "quiet.ltd", "schön.ltd", "shy.ltd", "two..dots"]
    assert not report.vantage_failed


def test_a_registered_name_without_addresses_exists_and_so_does_one_whose_alias_leads_nowhere() -> None:
    records = {("empty.ltd", "TXT"): ('"x"',), ("alias.ltd", "CNAME"): ("gone.example.",), (CONTROL, "NS"): NS}
    with FaultyDns(Zone(records=records)) as server:
        report = probe(["empty.ltd", "alias.ltd"], server)
    assert set(report.existing) == {"empty.ltd", "alias.ltd"}


def test_no_fault_loses_a_name_or_makes_a_forgery_believed() -> None:
    real = [f"real{number}.ltd" for number in range(30)]
    names = [f"absent{number}.ltd" for number in range(1500)] + real
    faults = Faults(
        lost=0.05, servfail=0.03, forged_question=0.05, forged_id=0.05, truncated=0.01, twice=0.05, garbage=0.05
    )
    with FaultyDns(zone(*real), faults) as server:
        report = probe(names, server, window=100, tries=4)
        assert all(
            server.seen[fault] for fault in ("lost", "servfail", "forged_question", "truncated", "tcp", "garbage")
        )
    assert_adds_up(report, names)
    assert set(report.existing) <= set(real)
    assert report.absent <= 1500
    assert len(report.unanswered) < 30
    assert report.foreign > 100
    assert report.queries > len(names)


def test_mixed_case_still_finds_everything() -> None:
    with FaultyDns(zone("bild.ltd")) as server:
        report = probe(["bild.ltd", "gone.ltd"], server, use_0x20=True)
    assert (report.existing, report.absent) == (("bild.ltd",), 1)


def test_a_truncated_answer_is_asked_for_again_over_tcp() -> None:
    with FaultyDns(zone("bild.ltd", truncated=frozenset({"bild.ltd", "gone.ltd"}))) as server:
        report = probe(["bild.ltd", "gone.ltd"], server)
        assert server.seen["tcp"] == 2
    assert (report.existing, report.absent) == (("bild.ltd",), 1)


def test_a_name_under_a_wildcard_exists_only_where_its_answer_differs() -> None:
    records = {
        (CONTROL, "NS"): NS,
        ("delegated.ws", "NS"): NS,
        ("own-address.ws", "A"): ("192.0.2.77",),
        ("no-address.ws", "TXT"): ('"x"',),
        ("same-address.ws", "A"): ("192.0.2.2",),
        ("delegated.nn", "NS"): NS,
    }
    wildcards: dict[str, dict[str, tuple[str, ...]]] = {
        "ws": {"A": ("192.0.2.1", "192.0.2.2")},
        "nn": {"NS": ("wild.registry.example.",), "A": ("192.0.2.1",)},
    }
    names = [
        "delegated.ws",
        "own-address.ws",
        "no-address.ws",
        "same-address.ws",
        "nobody.ws",
        "delegated.nn",
        "nobody.nn",
    ]
    with FaultyDns(Zone(records=records, wildcards=wildcards)) as server:
        report = probe(names, server)
    assert_adds_up(report, names)
    assert set(report.existing) == {"delegated.ws", "own-address.ws", "no-address.ws", "delegated.nn"}


def test_a_wildcard_is_learnt_once_and_only_where_something_answers() -> None:
    async def scenario(server: FaultyDns) -> None:
        async with prober(server) as child:
            await child.probe([f"nobody{number}.ltd" for number in range(5)])
            assert not any(name.endswith(".ltd NS") and not name.startswith("nobody") for name in server.asked)
            await child.probe(["bild.ltd"])
            first = sum(server.asked.values())
            await child.probe(["bild.ltd"])
            # One name, and the known and the random control before and after it.
            assert sum(server.asked.values()) - first == 5

    with FaultyDns(zone("bild.ltd")) as server:
        asyncio.run(scenario(server))


def test_a_denied_name_is_not_asked_for_again_while_its_denial_holds() -> None:
    names = ["bild.ltd", *(f"nobody{number}.ltd" for number in range(50))]

    async def scenario(server: FaultyDns) -> tuple[ProbeReport, ProbeReport]:
        async with prober(server) as child:
            await child.probe(names)
            server.asked.clear()
            return await child.probe(names), await child.probe([*names, "new.ltd"])

    with FaultyDns(zone("bild.ltd", negative_ttl=600)) as server:
        second, third = asyncio.run(scenario(server))
        assert server.asked["bild.ltd NS"] == 2
        assert server.asked["new.ltd NS"] == 1
        assert not any(name.startswith("nobody") for name in server.asked)
    for report, absent in ((second, 50), (third, 51)):
        assert (report.existing, report.absent, report.unanswered) == (("bild.ltd",), absent, ())
    assert (second.queries, third.queries) == (5, 6)


def test_a_name_that_comes_to_be_is_found_when_its_denial_has_ended() -> None:
    async def scenario(server: FaultyDns) -> tuple[ProbeReport, ProbeReport]:
        async with prober(server) as child:
            before = await child.probe(["new.ltd"])
            server.zone = zone("new.ltd", negative_ttl=1)
            await asyncio.sleep(1.1)
            return before, await child.probe(["new.ltd"])

    with FaultyDns(zone(negative_ttl=1)) as server:
        before, after = asyncio.run(scenario(server))
    assert (before.absent, after.existing) == (1, ("new.ltd",))


def test_nothing_is_remembered_from_an_upstream_that_is_not_believed() -> None:
    async def scenario(server: FaultyDns) -> tuple[ProbeReport, ProbeReport]:
        async with prober(server, tries=1, timeout=2.0) as child:
            server.zone = zone(negative_ttl=600, trouble={"silent.ltd": "silent"})
            batch = asyncio.create_task(child.probe(["gone.ltd", "silent.ltd"]))
            while not server.asked["silent.ltd NS"]:  # noqa: ASYNC110  # the server counts in a thread of its own
                await asyncio.sleep(0.01)
            server.zone = Zone(negative_ttl=600)
            failed = await batch
            server.zone = zone("gone.ltd", negative_ttl=600)
            return failed, await child.probe(["gone.ltd"])

    with FaultyDns(Zone()) as server:
        failed, later = asyncio.run(scenario(server))
    assert failed.vantage_failed
    assert later.existing == ("gone.ltd",)


@pytest.mark.parametrize(
    ("what", "detail"),
    [
        (Zone(), "denies a control name that exists"),
        (zone(trouble={CONTROL: "SERVFAIL"}), "answers for no control name that exists"),
        (zone(wildcards={"example": {"NS": NS}}), "answers for a random name that does not exist"),
    ],
    ids=["denies everything", "fails", "answers everything"],
)
def test_a_vantage_whose_controls_fail_is_not_believed(what: Zone, detail: str) -> None:
    with FaultyDns(what) as server:
        report = probe(["bild.ltd", "gone.ltd"], server, timeout=0.2)
        assert not any("bild.ltd" in question for question in server.asked)
    assert report.vantage_failed
    assert detail in report.detail
    assert (report.existing, report.absent, report.unanswered) == ((), 0, ("bild.ltd", "gone.ltd"))


def test_a_dead_upstream_fails_the_vantage_and_a_living_one_beside_it_is_used() -> None:
    names = [f"gone{number}.ltd" for number in range(50)]
    dead = probe(names, DEAD, timeout=0.1)
    assert dead.vantage_failed
    assert_adds_up(dead, names)
    with FaultyDns(zone()) as server:
        report = probe(names, DEAD, server, timeout=0.1)
    assert (report.absent, report.vantage_failed) == (50, False)


def test_an_upstream_that_dies_during_a_batch_ends_it_without_an_absence() -> None:
    names = [f"gone{number}.ltd" for number in range(5000)]

    async def scenario(server: FaultyDns) -> ProbeReport:
        async with prober(server, timeout=0.1, qps=2000) as child:
            running = asyncio.create_task(child.probe(names))
            await asked(server, 300)
            server.faults = Faults(refused=1.0)
            return await asyncio.wait_for(running, 20)

    with FaultyDns(zone()) as server:
        report = asyncio.run(scenario(server))
    assert report.vantage_failed
    assert report.unanswered == tuple(names)


def test_a_suffix_whose_servers_all_fail_does_not_fail_the_vantage() -> None:
    trouble = {f"lame{number}.kp": "SERVFAIL" for number in range(300)}
    names = [*trouble, "bild.ltd"]
    with FaultyDns(zone("bild.ltd", trouble=trouble)) as server:
        report = probe(names, server)
    assert_adds_up(report, names)
    assert not report.vantage_failed
    assert report.existing == ("bild.ltd",)
    assert len(report.unanswered) == 300


def child_pid(child: ChildProber) -> int:
    assert child._child is not None
    return child._child.pid


def test_a_killed_child_is_started_anew_and_its_batch_asked_again() -> None:
    names = [f"gone{number}.ltd" for number in range(400)]

    async def scenario(server: FaultyDns) -> ProbeReport:
        async with prober(server, qps=400) as child:
            running = asyncio.create_task(child.probe(names))
            await asked(server, 50)
            os.kill(child_pid(child), signal.SIGKILL)
            return await running

    with FaultyDns(zone()) as server:
        report = asyncio.run(scenario(server))
    assert (report.absent, report.vantage_failed) == (400, False)


def test_a_child_that_dies_twice_or_hangs_leaves_everything_unanswered() -> None:
    names = [f"gone{number}.ltd" for number in range(400)]

    async def scenario(server: FaultyDns) -> ProbeReport:
        async with prober(server, qps=200, silence=0.8) as child:
            running = asyncio.create_task(child.probe(names))
            stopped: set[int] = set()
            while not running.done():
                if child._child is not None and child._child.pid not in stopped:
                    stopped.add(child._child.pid)
                    os.kill(child._child.pid, signal.SIGSTOP if len(stopped) == 1 else signal.SIGKILL)
                await asyncio.sleep(0.02)
            return await running

    with FaultyDns(zone()) as server:
        report = asyncio.run(scenario(server))
    assert report.vantage_failed
    assert report.unanswered == tuple(names)
    assert "died twice" in report.detail


def test_a_cancelled_probe_leaves_no_answer_behind_for_the_next() -> None:
    async def scenario(server: FaultyDns) -> ProbeReport:
        async with prober(server, qps=100) as child:
            running = asyncio.create_task(child.probe([f"gone{number}.ltd" for number in range(500)]))
            await asked(server, 20)
            running.cancel()
            with pytest.raises(asyncio.CancelledError):
                await running
            return await child.probe(["bild.ltd"])

    with FaultyDns(zone("bild.ltd")) as server:
        assert asyncio.run(scenario(server)).existing == ("bild.ltd",)


def test_probes_at_once_wait_for_each_other() -> None:
    async def scenario(server: FaultyDns) -> tuple[ProbeReport, ProbeReport, ProbeReport]:
        async with prober(server) as child:
            return await asyncio.gather(child.probe(["bild.ltd"]), child.probe(["gone.ltd"]), child.probe([]))

    with FaultyDns(zone("bild.ltd")) as server:
        first, second, empty = asyncio.run(scenario(server))
    assert (first.existing, second.absent, empty.asked) == (("bild.ltd",), 1, 0)


def test_the_rate_is_kept() -> None:
    names = [f"gone{number}.ltd" for number in range(300)]

    async def scenario(server: FaultyDns) -> float:
        async with prober(server, qps=300) as child:
            await child.probe(names[:1])
            clock = asyncio.get_running_loop().time
            began = clock()
            assert (await child.probe(names)).absent == 300
            return clock() - began

    with FaultyDns(zone()) as server:
        assert asyncio.run(scenario(server)) >= 0.9


@pytest.mark.parametrize("upstream", ["9.9.9.9", "192.0.2.1:53"])
def test_only_resolvers_on_this_machine_are_asked_without_a_limit(upstream: str) -> None:
    with pytest.raises(InvalidInput):
        ChildProber([upstream], qps=0)
    with pytest.raises(InvalidInput):
        ChildProber([upstream], qps=-1)
    ChildProber([upstream], qps=200)


@pytest.mark.parametrize("busy", [False, True], ids=["idle", "in the middle of a batch"])
def test_a_child_whose_service_is_gone_ends_by_itself(*, busy: bool) -> None:
    settings = {
        "upstreams": [],
        "qps": 50,
        "window": 100,
        "timeout": 1.0,
        "tries": 3,
        "controls": [],
        "use_0x20": False,
    }
    with FaultyDns(zone()) as server:
        host, _, port = server.address.partition(":")
        command = [sys.executable, "-m", "service.adapters.prober_child"]
        pipe = subprocess.PIPE
        with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe) as child:
            assert child.stdin is not None
            assert child.stdout is not None
            assert child.stderr is not None
            child.stdin.write(pack_object(settings | {"upstreams": [[host, int(port)]]}))
            if busy:
                child.stdin.write(pack_names([f"gone{number}.ltd" for number in range(5000)]))
            child.stdin.flush()
            child.stdout.close()
            child.stdin.close()
            assert child.wait(timeout=5) == int(busy)
            assert child.stderr.read() == b""
