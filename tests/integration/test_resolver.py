"""The resolver against DNS servers that misbehave: every grade of absence, and which vantage is to be believed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from service.adapters.dns import DnsResolver
from service.core.errors import InvalidInput
from service.core.facts.dns import DnsFacts, DnsStatus
from tests.faulty_dns import Faults, FaultyDns, Zone

if TYPE_CHECKING:
    from collections.abc import Mapping

CONTROL = "control.example"
DEAD = "127.0.0.1:9"
SITE: Mapping[tuple[str, str], tuple[str, ...]] = {
    (CONTROL, "A"): ("192.0.2.53",),
    ("bild.ltd", "A"): ("192.0.2.1",),
    ("bild.ltd", "AAAA"): ("2001:db8::1",),
    ("bild.ltd", "NS"): ("ns1.host.example.", "ns2.host.example."),
    ("bild.ltd", "SOA"): ("ns1.host.example. root.host.example. 1 2 3 4 5",),
    ("bild.ltd", "MX"): ("10 mx.host.example.",),
    ("bild.ltd", "TXT"): ('"v=spf1 -all"',),
    ("bild.ltd", "CAA"): ('0 issue "ca.example"',),
    ("www.bild.ltd", "CNAME"): ("bild.ltd.",),
    ("empty.ltd", "NS"): ("ns1.host.example.",),
}


def zone(**more: Any) -> Zone:
    return Zone(**({"records": SITE} | more))


def resolver(*servers: FaultyDns | str, **options: Any) -> DnsResolver:
    upstreams = [server if isinstance(server, str) else server.address for server in servers]
    return DnsResolver({"own": upstreams}, [CONTROL], **({"timeout": 0.3, "tries": 2} | options))


def facts(host: str, *servers: FaultyDns | str, **options: Any) -> DnsFacts:
    return asyncio.run(resolver(*servers, **options).facts(host, host.removeprefix("www.")))


def test_all_record_types_are_gathered_through_an_alias() -> None:
    with FaultyDns(zone()) as server:
        own = facts("www.bild.ltd", server).own
    assert own.status is DnsStatus.ANSWERED
    assert own.addresses == ("192.0.2.1", "2001:db8::1")
    assert own.cnames == ("bild.ltd",)
    assert own.nameservers == ("ns1.host.example", "ns2.host.example")
    assert own.soa == "ns1.host.example root.host.example"
    assert (own.mx, own.txt, own.caa) == (("10 mx.host.example",), ("v=spf1 -all",), ('0 issue "ca.example"',))


def test_a_thin_resolver_asks_for_addresses_and_name_servers_only() -> None:
    with FaultyDns(zone()) as server:
        own = facts("bild.ltd", server, thin=True).own
        assert {question.partition(" ")[2] for question in server.asked} == {"A", "AAAA", "NS"}
    assert own.nameservers
    assert own.soa is None


def test_an_absent_name_costs_one_question() -> None:
    with FaultyDns(zone()) as server:
        assert facts("gone.ltd", server).own.status is DnsStatus.NXDOMAIN
        assert sum(count for question, count in server.asked.items() if question.startswith("gone.ltd")) == 1


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("bild.ltd", DnsStatus.ANSWERED),
        ("empty.ltd", DnsStatus.NO_ADDRESS),
        ("alias.ltd", DnsStatus.NO_ADDRESS),
        ("gone.ltd", DnsStatus.NXDOMAIN),
        ("lame.ltd", DnsStatus.SERVFAIL),
        ("broken.ltd", DnsStatus.SERVFAIL),
        ("shy.ltd", DnsStatus.REFUSED),
        ("quiet.ltd", DnsStatus.TIMEOUT),
        ("two..dots", DnsStatus.NXDOMAIN),
    ],
)
def test_every_grade_of_absence_is_told_apart(host: str, status: DnsStatus) -> None:
    trouble = {"lame.ltd": "SERVFAIL", "broken.ltd": "FORMERR", "shy.ltd": "REFUSED", "quiet.ltd": "silent"}
    records = {**SITE, ("alias.ltd", "CNAME"): ("nowhere.example.",)}
    with FaultyDns(zone(records=records, trouble=trouble)) as server:
        assert facts(host, server).own.status is status


def test_long_answers_come_over_tcp() -> None:
    with FaultyDns(zone(truncated=frozenset({"bild.ltd"}))) as server:
        assert facts("bild.ltd", server).own.addresses == ("192.0.2.1", "2001:db8::1")
        assert server.seen["tcp"]


def test_forged_and_damaged_answers_are_waited_past() -> None:
    faults = Faults(forged_question=0.7, forged_id=0.7, garbage=0.7, twice=0.7)
    with FaultyDns(zone(), faults) as server:
        own = facts("bild.ltd", server).own
    assert (own.addresses, own.nameservers[0]) == (("192.0.2.1", "2001:db8::1"), "ns1.host.example")


def test_a_lost_answer_is_asked_for_again_at_the_next_resolver() -> None:
    with FaultyDns(zone()) as server:
        assert facts("bild.ltd", DEAD, server).own.addresses


def vantages(own: FaultyDns | str, isp: FaultyDns | str) -> DnsResolver:
    texts = {
        name: server if isinstance(server, str) else server.address for name, server in (("own", own), ("isp", isp))
    }
    return DnsResolver({name: [text] for name, text in texts.items()}, [CONTROL], timeout=0.5, tries=1)


def test_vantages_keep_their_order_and_their_own_answers() -> None:
    other = zone(records={**SITE, ("bild.ltd", "A"): ("192.0.2.99",)})
    with FaultyDns(zone()) as server, FaultyDns(other) as isp:
        found = asyncio.run(vantages(server, isp).facts("bild.ltd", "bild.ltd"))
    assert [answer.vantage for answer in found.answers] == ["own", "isp"]
    assert [answer.addresses[0] for answer in found.answers] == ["192.0.2.1", "192.0.2.99"]


@pytest.mark.parametrize(
    ("what", "detail"),
    [
        (Zone(), "denies a control name that exists"),
        (zone(trouble={CONTROL: "SERVFAIL"}), "answers for no control name that exists"),
        (zone(wildcards={"example": {"A": ("192.0.2.66",)}}), "answers for a random name that does not exist"),
    ],
    ids=["denies everything", "fails", "answers everything"],
)
def test_a_vantage_that_lies_is_not_believed_and_says_so(what: Zone, detail: str) -> None:
    async def scenario(asked: DnsResolver) -> None:
        found = await asked.facts("bild.ltd", "bild.ltd")
        assert [answer.status for answer in found.answers] == [DnsStatus.ANSWERED, DnsStatus.VANTAGE_FAILED]
        assert found.answers[1].addresses == ()
        good, bad = await asked.health()
        assert (good.vantage, good.ok, good.detail) == ("own", True, "")
        assert (bad.vantage, bad.ok, bad.detail) == ("isp", False, detail)

    with FaultyDns(zone()) as server, FaultyDns(what) as isp:
        asyncio.run(scenario(vantages(server, isp)))


def test_a_dead_vantage_has_failed_and_absence_is_not_guessed_from_it() -> None:
    with FaultyDns(zone()) as server:
        found = asyncio.run(vantages(DEAD, server).facts("bild.ltd", "bild.ltd"))
    assert found.answers[0].status is DnsStatus.VANTAGE_FAILED
    assert found.own.vantage == "isp"


def test_a_vantage_that_dies_between_its_controls_and_the_look_has_failed() -> None:
    async def scenario(server: FaultyDns) -> None:
        asked = DnsResolver({"own": [server.address]}, [CONTROL], timeout=0.5, tries=1)
        assert (await asked.facts("bild.ltd", "bild.ltd")).own.status is DnsStatus.ANSWERED
        server.faults = Faults(lost=1.0)
        assert (await asked.facts("bild.ltd", "bild.ltd")).own.status is DnsStatus.VANTAGE_FAILED

    with FaultyDns(zone()) as server:
        asyncio.run(scenario(server))


def test_many_looks_share_their_controls() -> None:
    async def scenario(server: FaultyDns) -> None:
        asked = resolver(server)
        await asyncio.gather(*(asked.facts("bild.ltd", "bild.ltd") for _ in range(30)))
        assert server.asked[f"{CONTROL} A"] == 1

    with FaultyDns(zone()) as server:
        asyncio.run(scenario(server))


def test_addresses_for_dialling_are_cached_briefly_and_an_address_stands_for_itself() -> None:
    async def scenario(server: FaultyDns) -> None:
        asked = resolver(server)
        assert await asked.addresses("www.bild.ltd") == ("192.0.2.1", "2001:db8::1")
        assert await asked.addresses("www.bild.ltd") == ("192.0.2.1", "2001:db8::1")
        assert server.asked["www.bild.ltd A"] == 1
        assert await asked.addresses("gone.ltd") == ()
        assert await asked.addresses("192.0.2.5") == ("192.0.2.5",)
        assert await asked.addresses("localhost") == ()
        uncached = resolver(server, cache_seconds=0)
        await uncached.addresses("www.bild.ltd")
        await uncached.addresses("www.bild.ltd")
        assert server.asked["www.bild.ltd A"] == 3

    with FaultyDns(zone()) as server:
        asyncio.run(scenario(server))


def test_pages_are_dialled_at_what_the_look_just_found() -> None:
    async def scenario(server: FaultyDns) -> None:
        asked = resolver(server)
        await asked.facts("bild.ltd", "bild.ltd")
        before = server.asked["bild.ltd A"]
        assert await asked.addresses("bild.ltd") == asked_in_order(await asked.facts("bild.ltd", "bild.ltd"))
        assert server.asked["bild.ltd A"] == before + 1

    def asked_in_order(facts: DnsFacts) -> tuple[str, ...]:
        return tuple(sorted(facts.own.addresses, key=lambda address: ":" in address))

    with FaultyDns(zone()) as server:
        asyncio.run(scenario(server))


def test_nothing_kept_outlives_its_epoch() -> None:
    async def scenario(server: FaultyDns) -> None:
        day = [1]
        asked = resolver(server, cache_seconds=60, control_seconds=60, epoch=lambda: day[0])
        for _ in range(2):
            await asked.facts("bild.ltd", "bild.ltd")
            await asked.addresses("www.bild.ltd")
        controls, dialled = server.asked[f"{CONTROL} A"], server.asked["www.bild.ltd A"]
        day[0] = 2
        await asked.facts("bild.ltd", "bild.ltd")
        await asked.addresses("www.bild.ltd")
        assert (controls, dialled) == (1, 1)
        assert (server.asked[f"{CONTROL} A"], server.asked["www.bild.ltd A"]) == (2, 2)

    with FaultyDns(zone()) as server:
        asyncio.run(scenario(server))


def test_without_controls_every_vantage_is_believed() -> None:
    with FaultyDns(zone()) as server:
        asked = DnsResolver({"own": [server.address]}, timeout=0.2)
        assert asyncio.run(asked.facts("bild.ltd", "bild.ltd")).own.status is DnsStatus.ANSWERED
        assert all(health.ok for health in asyncio.run(asked.health()))


def test_a_resolver_needs_a_vantage() -> None:
    with pytest.raises(InvalidInput):
        DnsResolver({})
