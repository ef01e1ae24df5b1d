"""The adapters against the lab's small internet: each thing it can be, told from the others."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import httpx
import pytest

from service.adapters.dns import DnsResolver
from service.adapters.prober import ChildProber
from service.adapters.rdap import Rdap
from service.adapters.registry import RegistryClient
from service.adapters.registry_pace import RegistryPace
from service.adapters.whois import Whois
from service.core.facts.dns import DnsStatus
from service.core.facts.registration import RegistrationStatus
from service.lab.dns import DnsServer
from service.lab.rdap import RdapServer, bootstrap
from service.lab.whois import WhoisServer
from service.lab.world import Channel, DnsFault, Name, RegistryRecord, World

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from service.core.facts.registration import Registration

NOW = datetime(2022, 7, 1, tzinfo=UTC)
CREATED = datetime(2022, 6, 5, tzinfo=UTC)
CONTROL = "lab.example"
HOST = "127.0.0.1"
SUFFIXES = (
    "com", "net", "org", "info", "ru", "su", "fr", "it", "uk", "co.uk", "be", "dk", "cn", "jp", "cz", "se", "nu", "ua",
    "pl", "me", "ca", "site", "co", "bz", "lat", "us", "biz", "in", "online", "co.com",
)  # fmt: skip


def world(*names: Name, wildcards: tuple[str, ...] = ()) -> World:
    return World(now=NOW, names={name.domain: name for name in names}, wildcard_suffixes=frozenset(wildcards))


@asynccontextmanager
async def name_server(what: World) -> AsyncIterator[str]:
    server = DnsServer(what)
    try:
        yield f"{HOST}:{server.listen_on(HOST)}"
    finally:
        await server.close()


def test_the_prober_finds_what_the_lab_delegates() -> None:
    there = world(
        Name(domain="bild.ltd", addresses=(HOST,)),
        Name(domain="empty.ltd"),
        Name(domain="held.ltd", delegated=False),
        Name(domain="lame.ltd", fault=DnsFault.SERVFAIL),
        Name(domain="long.ltd", fault=DnsFault.TRUNCATED),
        Name(domain="bild.ws", addresses=(HOST,)),
        wildcards=("ws",),
    )

    async def scenario() -> None:
        async with name_server(there) as address:
            prober = ChildProber([address], 0, timeout=0.3, control_live=[CONTROL])
            report = await prober.probe([*there.names, "gone.ltd", "gone.ws"])
            await prober.close()
        assert set(report.existing) == {"bild.ltd", "empty.ltd", "long.ltd", "bild.ws"}
        assert report.unanswered == ("lame.ltd",)
        assert report.absent == 3

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("bild.ltd", DnsStatus.ANSWERED),
        ("www.bild.ltd", DnsStatus.ANSWERED),
        ("empty.ltd", DnsStatus.NO_ADDRESS),
        ("held.ltd", DnsStatus.NXDOMAIN),
        ("lame.ltd", DnsStatus.SERVFAIL),
        ("shy.ltd", DnsStatus.REFUSED),
        ("quiet.ltd", DnsStatus.TIMEOUT),
        ("long.ltd", DnsStatus.ANSWERED),
    ],
)
def test_the_resolver_grades_what_the_lab_serves(host: str, status: DnsStatus) -> None:
    there = world(
        Name(domain="bild.ltd", addresses=(HOST,), mx=("mx.bild.ltd",), txt=("v=spf1 -all",)),
        Name(domain="empty.ltd"),
        Name(domain="held.ltd", delegated=False),
        Name(domain="lame.ltd", fault=DnsFault.SERVFAIL),
        Name(domain="shy.ltd", fault=DnsFault.REFUSED),
        Name(domain="quiet.ltd", fault=DnsFault.SILENT),
        Name(domain="long.ltd", addresses=(HOST,), fault=DnsFault.TRUNCATED),
    )

    async def scenario() -> None:
        async with name_server(there) as address:
            resolver = DnsResolver({"own": [address]}, [CONTROL], timeout=0.2, tries=2)
            assert (await resolver.facts(host, host.removeprefix("www."))).own.status is status

    asyncio.run(scenario())


def registered(domain: str, channel: Channel, epp: tuple[str, ...] = ()) -> Name:
    return Name(domain=domain, registry=RegistryRecord(created_at=CREATED, channel=channel, epp=epp))


def lookups(folder: Path, what: World, domains: list[str], rdap_suffixes: tuple[str, ...]) -> list[Registration]:
    async def scenario() -> list[Registration]:
        rdap, whois = RdapServer(what), WhoisServer(what)
        base = f"http://{HOST}:{rdap.listen_on(HOST)}/"
        path = folder / "bootstrap.json"
        path.write_text(json.dumps(bootstrap(base, rdap_suffixes, publication=NOW)))
        pace = RegistryPace(0)
        try:
            async with httpx.AsyncClient(trust_env=False) as client:
                servers = {"*": f"{HOST}:{whois.listen_on(HOST)}"}
                registry = RegistryClient(Rdap(client, pace, str(path)), Whois(asyncio.open_connection, pace, servers))
                return [await registry.lookup(domain, NOW) for domain in domains]
        finally:
            await rdap.close()
            await whois.close()

    return asyncio.run(scenario())


def test_each_channel_of_a_registry_is_a_status(tmp_path: Path) -> None:
    there = world(
        registered("held.ltd", Channel.RDAP, epp=("clientHold",)),
        registered("bild.su", Channel.WHOIS),
        registered("bild.eu", Channel.NOT_PUBLISHED),
        registered("bild.info", Channel.NONE),
        registered("bild.net", Channel.RATE_LIMITED),
        registered("bild.ltd", Channel.RATE_LIMITED),
    )
    domains = ["held.ltd", "gone.ltd", "bild.ltd", "bild.su", "gone.su", "bild.eu", "bild.info", "bild.net"]
    found = lookups(tmp_path, there, domains, ("ltd",))
    assert [(answer.source, answer.status) for answer in found] == [
        ("rdap", RegistrationStatus.FOUND_DATE),
        ("rdap", RegistrationStatus.NOT_FOUND),
        ("rdap", RegistrationStatus.RATE_LIMITED),
        ("whois", RegistrationStatus.FOUND_DATE),
        ("whois", RegistrationStatus.NOT_FOUND),
        ("whois", RegistrationStatus.NOT_PUBLISHED),
        ("whois", RegistrationStatus.SERVER_ERROR),
        ("whois", RegistrationStatus.RATE_LIMITED),
    ]
    assert found[0].held
    assert found[0].created_at == found[3].created_at == CREATED


def test_every_form_of_whois_that_the_lab_writes_is_dated_and_denied(tmp_path: Path) -> None:
    there = world(*(registered(f"bild.{suffix}", Channel.WHOIS) for suffix in SUFFIXES))
    dated = lookups(tmp_path, there, list(there.names), ("ltd",))
    assert {answer.domain: answer.created_at for answer in dated if answer.created_at != CREATED} == {}
    absent = lookups(tmp_path, there, [f"gone.{suffix}" for suffix in SUFFIXES], ("ltd",))
    assert {answer.domain for answer in absent if answer.status is not RegistrationStatus.NOT_FOUND} == set()
