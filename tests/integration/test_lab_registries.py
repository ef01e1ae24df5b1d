"""The lab's RDAP and WHOIS servers over real sockets."""

from __future__ import annotations

import asyncio
import contextlib
import functools
from datetime import timedelta
from typing import TYPE_CHECKING

import httpx
import pytest
from whois.exceptions import WhoisDomainNotFoundError
from whois.parser import WhoisEntry

from service.core.errors import ConfigError
from service.lab.rdap import RdapServer
from service.lab.whois import WhoisServer
from service.lab.world import Channel
from tests.lab_worlds import NOW, clone, dead, named, registered, world

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from service.lab.world import World

HOME = "127.0.0.1"


def with_rdap(shown: World, test: Callable[[RdapServer, httpx.AsyncClient], Awaitable[None]]) -> None:
    async def run() -> None:
        server = RdapServer(shown)
        port = server.listen_on(HOME)
        try:
            async with httpx.AsyncClient(base_url=f"http://{HOME}:{port}/", trust_env=False) as client:
                await test(server, client)
        finally:
            await server.close()

    asyncio.run(run())


async def whois_query(port: int, query: bytes) -> str:
    reader, writer = await asyncio.open_connection(HOME, port)
    writer.write(query)
    text = await reader.read()
    writer.close()
    await writer.wait_closed()
    return text.decode()


def with_whois(shown: World, test: Callable[[Callable[[bytes], Awaitable[str]], WhoisServer], Awaitable[None]]) -> None:
    async def run() -> None:
        server = WhoisServer(shown)
        port = server.listen_on(HOME)
        try:
            await test(functools.partial(whois_query, port), server)
        finally:
            await server.close()

    asyncio.run(run())


def test_a_client_reads_the_registration_date_over_rdap() -> None:
    async def test(server: RdapServer, client: httpx.AsyncClient) -> None:
        found = await client.get("domain/morgenkurier.ltd", headers={"Accept": "application/rdap+json"})
        assert found.headers["content-type"] == "application/rdap+json"
        dates = {event["eventAction"]: event["eventDate"] for event in found.json()["events"]}
        assert dates["registration"] == (NOW - timedelta(days=16)).strftime("%Y-%m-%dT%H:%M:%SZ")
        held = (await client.get("domain/morgenkurier.today")).json()
        assert held["status"] == ["client hold"]
        missing = await client.get("domain/nobody.ltd")
        assert (missing.status_code, missing.json()["errorCode"]) == (404, 404)
        limited = await client.get("domain/busy.ltd")
        assert (limited.status_code, limited.headers["retry-after"]) == (429, "120")
        assert (await client.head("domain/morgenkurier.ltd")).status_code == 200
        assert server.requests == 5

    busy = named(clone("busy.ltd"), registry=registered(3, channel=Channel.RATE_LIMITED))
    with_rdap(world(clone(), dead(), busy), test)


def test_rdap_follows_the_world() -> None:
    async def test(server: RdapServer, client: httpx.AsyncClient) -> None:
        assert (await client.get("domain/morgenkurier.ltd")).status_code == 404
        server.show(world(clone()))
        assert (await client.get("domain/morgenkurier.ltd")).status_code == 200
        with pytest.raises(ConfigError, match="loopback only"):
            server.listen_on("0.0.0.0")  # noqa: S104 - refused is what it is

    with_rdap(world(), test)


def test_python_whois_reads_what_comes_over_the_wire() -> None:
    site = named(clone("morgenkurier.it"), registry=registered(16, channel=Channel.WHOIS))

    async def test(ask: Callable[[bytes], Awaitable[str]], server: WhoisServer) -> None:
        entry = WhoisEntry.load("morgenkurier.it", await ask(b"morgenkurier.it\r\n"))
        assert entry["creation_date"] == NOW - timedelta(days=16)
        with pytest.raises(WhoisDomainNotFoundError):
            WhoisEntry.load("nobody.it", await ask(b"nobody.it\r\n"))
        server.show(world())
        assert "AVAILABLE" in await ask(b"morgenkurier.it\r\n")
        assert server.requests == 3

    with_whois(world(site), test)


def test_whois_answers_garbage_and_overlong_lines_and_goes_on() -> None:
    async def test(ask: Callable[[bytes], Awaitable[str]], _: WhoisServer) -> None:
        for query in (b"\xff\x00\r\n", b"x" * 5000 + b"\r\n", b"\n"):
            assert "No match" in await ask(query)
        with contextlib.suppress(ConnectionResetError):
            await ask(b"x" * 200_000)
        assert "Creation Date" in await ask(b"morgenkurier.ltd\r\n")

    with_whois(world(clone()), test)


def test_a_registry_without_a_service_cuts_the_connection() -> None:
    async def test(ask: Callable[[bytes], Awaitable[str]], _: WhoisServer) -> None:
        with pytest.raises(ConnectionResetError):
            await ask(b"morgenkurier.gg\r\n")

    with_whois(world(named(clone("morgenkurier.gg"), registry=registered(3, channel=Channel.NONE))), test)
