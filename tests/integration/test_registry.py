"""Registries over real local servers, honest ones and ones that lie, stall, redirect in circles and never end."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from service.adapters.rdap import Rdap
from service.adapters.registry import RegistryClient
from service.adapters.registry_pace import RegistryPace
from service.adapters.whois import Whois
from service.core.errors import InvalidInput
from service.core.facts.registration import Registration, RegistrationStatus

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
JSON = "application/rdap+json"
FOUND = {
    "objectClassName": "domain",
    "ldhName": "bild.ltd",
    "events": [{"eventAction": "registration", "eventDate": "2026-05-29T00:00:00Z"}],
    "status": ["client hold"],
}
WHOIS_FOUND = b"Domain Name: BILD.SU\r\ncreated: 2026-05-29\r\nnserver: ns1.example\r\nregistrar: X\r\n"


class Server:
    """A TCP server on loopback whose answers are given by a function of the first line it is sent."""

    def __init__(self, answer: Callable[[str, asyncio.StreamWriter], Awaitable[None]]) -> None:
        self._answer = answer
        self.asked: Counter[str] = Counter()
        self.headers: list[dict[str, str]] = []
        self.address = ""

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Server]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.address = "{}:{}".format(*server.sockets[0].getsockname())
        try:
            yield self
        finally:
            server.close()
            await server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = (await reader.readline()).decode().strip()
        self.asked[line] += 1
        if line.startswith("GET "):
            headers = (await reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
            self.headers.append({name.lower(): value for name, _, value in (one.partition(": ") for one in headers)})
        try:
            await self._answer(line, writer)
            await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()


def http(status: int = 200, body: bytes = b"", content_type: str = JSON, **headers: str) -> bytes:
    lines = [
        f"HTTP/1.1 {status} X",
        f"Content-Length: {len(body)}",
        f"Content-Type: {content_type}",
        "Connection: close",
    ]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def web(replies: dict[str, bytes]) -> Server:
    async def answer(line: str, writer: asyncio.StreamWriter) -> None:
        writer.write(replies.get(line.split(" ")[1], http(404)))

    return Server(answer)


def text(replies: dict[str, bytes]) -> Server:
    async def answer(line: str, writer: asyncio.StreamWriter) -> None:
        writer.write(replies.get(line, b"No entries found.\r\n"))

    return Server(answer)


async def endless(_: str, writer: asyncio.StreamWriter) -> None:
    for _number in range(100_000):
        writer.write(b"remarks: and so on\r\n" * 100)
        await writer.drain()


async def dripping(_: str, writer: asyncio.StreamWriter) -> None:
    for _number in range(1000):
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.05)


async def silent(_: str, _writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(2)


class Lab:
    """A registry client between an RDAP server for .ltd, .com and .de and a WHOIS server for everything else."""

    def __init__(self, rdap: Server, whois: Server, client: httpx.AsyncClient, folder: Path, **options: Any) -> None:
        self.rdap, self.whois = rdap, whois
        path = folder / "bootstrap.json"
        services = [[["ltd", "com", "de"], [f"http://{rdap.address}/"]]]
        path.write_text(json.dumps({"services": services}))
        pace = RegistryPace(options.pop("per_second", 0))
        timeout = options.pop("timeout", 5.0)
        self.registry = RegistryClient(
            Rdap(client, pace, str(path), timeout=timeout),
            Whois(asyncio.open_connection, pace, {"*": whois.address}, timeout=timeout),
            **options,
        )

    async def ask(self, domain: str, now: datetime = NOW) -> Registration:
        return await self.registry.lookup(domain, now)


def run(scenario: Callable[[Lab], Awaitable[None]], folder: Path, rdap: Server, whois: Server, **options: Any) -> None:
    async def inside() -> None:
        async with rdap.running(), whois.running(), httpx.AsyncClient(trust_env=False) as client:
            await scenario(Lab(rdap, whois, client, folder, **options))

    asyncio.run(inside())


def ask(domain: str, folder: Path, rdap: Server, whois: Server | None = None, **options: Any) -> Registration:
    found: list[Registration] = []

    async def scenario(lab: Lab) -> None:
        found.append(await lab.ask(domain))

    run(scenario, folder, rdap, whois or text({}), **options)
    return found[0]


def test_a_suffix_with_rdap_is_asked_there_and_only_there(tmp_path: Path) -> None:
    rdap, whois = web({"/domain/bild.ltd": http(body=json.dumps(FOUND).encode())}), text({})
    found = ask("bild.ltd", tmp_path, rdap, whois)
    assert (found.status, found.source) == (RegistrationStatus.FOUND_DATE, "rdap")
    assert found.created_at == datetime(2026, 5, 29, tzinfo=UTC)
    assert found.held
    assert not whois.asked


def test_a_suffix_without_rdap_is_asked_over_whois(tmp_path: Path) -> None:
    rdap, whois = web({}), text({"bild.su": WHOIS_FOUND})
    found = ask("bild.su", tmp_path, rdap, whois)
    assert (found.status, found.source, found.nameservers) == (RegistrationStatus.FOUND_DATE, "whois", ("ns1.example",))
    assert not rdap.asked


@pytest.mark.parametrize(
    ("reply", "status"),
    [
        (http(404), "not-found"),
        (http(404, b'{"errorCode": 404}'), "not-found"),
        (http(404, b"<h1>Not Found</h1>", "text/html"), "server-error"),
        (http(200, b"<h1>Maintenance</h1>", "text/html"), "server-error"),
        (http(200, b'{"a":' + b"[" * 50_000 + b"]" * 50_000 + b"}"), "server-error"),
        (http(200, b'{"a": "' + b"x" * 10_000_000 + b'"}'), "server-error"),
        (http(200, json.dumps(FOUND | {"ldhName": "other.ltd"}).encode()), "server-error"),
        (http(200, b"\x1f\x8b\x08", Content_Encoding="gzip"), "server-error"),
        (http(429), "rate-limited"),
        (http(503, Retry_After="30"), "rate-limited"),
        (http(503), "server-error"),
        (http(500), "server-error"),
        (http(400, b"{}"), "server-error"),
        (http(403), "server-error"),
        (http(302, Location="/domain/bild.ltd"), "server-error"),
        (http(302, Location="ftp://x/"), "server-error"),
        (http(302, Location="http://"), "server-error"),
        (http(302), "server-error"),
        (b"", "server-error"),
        (b"garbage\r\n\r\n", "server-error"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}", "server-error"),
    ],
)
def test_whatever_an_rdap_server_answers_is_a_status(tmp_path: Path, reply: bytes, status: str) -> None:
    assert ask("bild.ltd", tmp_path, web({"/domain/bild.ltd": reply})).status == status


def test_two_redirects_are_followed_and_a_third_is_not(tmp_path: Path) -> None:
    body = http(body=json.dumps(FOUND).encode())
    hops = {"/domain/bild.ltd": http(302, Location="/1"), "/1": http(307, Location="/2"), "/2": body}
    assert ask("bild.ltd", tmp_path, web(hops)).status is RegistrationStatus.FOUND_DATE
    hops |= {"/2": http(301, Location="/3"), "/3": body}
    assert ask("bild.ltd", tmp_path, web(hops)).status is RegistrationStatus.SERVER_ERROR


def test_a_denial_counts_only_from_the_server_that_was_asked(tmp_path: Path) -> None:
    async def scenario(lab: Lab) -> None:
        port = lab.rdap.address.partition(":")[2]
        replies["/domain/bild.ltd"] = http(302, Location=f"http://localhost:{port}/elsewhere")
        assert (await lab.ask("bild.ltd")).status is RegistrationStatus.SERVER_ERROR

    replies: dict[str, bytes] = {}
    run(scenario, tmp_path, web(replies), text({}))


def test_a_name_below_a_private_suffix_is_never_denied_by_the_registry_above_it(tmp_path: Path) -> None:
    rdap, whois = web({}), text({"bild.co.com": WHOIS_FOUND})
    assert ask("bild.co.com", tmp_path, rdap, whois).status is RegistrationStatus.FOUND_DATE
    assert rdap.asked
    assert ask("bild.com", tmp_path, web({})).status is RegistrationStatus.NOT_FOUND


@pytest.mark.parametrize("behaviour", [dripping, silent], ids=["drips", "is silent"])
def test_a_server_that_stalls_costs_the_time_limit_and_no_more(tmp_path: Path, behaviour: Any) -> None:
    for domain in ("bild.ltd", "bild.su"):
        found = ask(domain, tmp_path, Server(behaviour), Server(behaviour), timeout=0.3)
        assert found.status is RegistrationStatus.SERVER_ERROR


def test_a_whois_answer_that_never_ends_is_read_up_to_its_limit(tmp_path: Path) -> None:
    assert ask("bild.su", tmp_path, web({}), Server(endless)).status is RegistrationStatus.SERVER_ERROR

    async def after_the_facts(line: str, writer: asyncio.StreamWriter) -> None:
        writer.write(WHOIS_FOUND)
        await endless(line, writer)

    assert ask("bild.su", tmp_path, web({}), Server(after_the_facts)).status is RegistrationStatus.FOUND_DATE


@pytest.mark.parametrize(
    ("reply", "status"),
    [
        (WHOIS_FOUND, "found-date"),
        (b"domain: bild.su\r\nnserver: ns1.example\r\n", "found-no-date"),
        (b"No entries found.\r\n", "not-found"),
        (b"WHOIS LIMIT EXCEEDED\r\n", "rate-limited"),
        (b"", "server-error"),
        (b"\xff\xfe\x00\x01" * 100, "server-error"),
        (b"This TLD has no whois server, but you can access the whois database at\r\n", "unsupported"),
    ],
)
def test_whatever_a_whois_server_answers_is_a_status(tmp_path: Path, reply: bytes, status: str) -> None:
    assert ask("bild.su", tmp_path, web({}), text({"bild.su": reply})).status == status


def test_a_server_that_refuses_connections_is_a_servers_error(tmp_path: Path) -> None:
    async def scenario() -> Registration:
        whois = Whois(asyncio.open_connection, RegistryPace(0), {"*": "127.0.0.1:9"})
        return await whois.lookup("bild.su", NOW)

    assert asyncio.run(scenario()).status is RegistrationStatus.SERVER_ERROR


def test_a_private_suffix_without_a_configured_server_is_unsupported() -> None:
    async def refuse(host: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        raise AssertionError(f"asked {host}:{port}")

    found = asyncio.run(Whois(refuse, RegistryPace(0)).lookup("bild.co.com", NOW))
    assert found.status is RegistrationStatus.UNSUPPORTED


def test_a_suffix_in_no_table_is_looked_up_at_iana_once() -> None:
    iana = text({"eu": b"whois:        whois.registry.example\n", "gr": b"status: ACTIVE\n"})
    registry = text({"bild.eu": b"Domain: bild.eu\r\nStatus: NOT AVAILABLE\r\n"})

    async def scenario() -> None:
        async with iana.running(), registry.running():
            names = {"whois.iana.org": iana, "whois.registry.example": registry}

            async def connect(host: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
                assert port == 43
                address, _, real = names[host].address.partition(":")
                return await asyncio.open_connection(address, int(real))

            whois = Whois(connect, RegistryPace(0))
            assert (await whois.lookup("bild.eu", NOW)).status is RegistrationStatus.NOT_PUBLISHED
            assert (await whois.lookup("zeit.eu", NOW)).status is RegistrationStatus.NOT_FOUND
            assert (await whois.lookup("bild.gr", NOW)).status is RegistrationStatus.UNSUPPORTED
            assert iana.asked == {"eu": 1, "gr": 1}

    asyncio.run(scenario())


def test_a_refusal_pauses_the_server_as_long_as_it_asked(tmp_path: Path) -> None:
    replies = {"/domain/bild.ltd": http(429, Retry_After="120")}

    async def scenario(lab: Lab) -> None:
        first = await lab.ask("bild.ltd")
        assert (first.status, first.retry_after) == (RegistrationStatus.RATE_LIMITED, 120.0)
        other = await lab.ask("zeit.ltd", NOW + timedelta(seconds=20))
        assert (other.status, other.retry_after) == (RegistrationStatus.RATE_LIMITED, 100.0)
        assert sum(lab.rdap.asked.values()) == 1
        assert (await lab.ask("zeit.ltd", NOW + timedelta(seconds=121))).status is RegistrationStatus.NOT_FOUND

    run(scenario, tmp_path, web(replies), text({}))


def test_answers_are_kept_for_a_while_and_two_at_once_share_one_question(tmp_path: Path) -> None:
    async def scenario(lab: Lab) -> None:
        first, second = await asyncio.gather(lab.ask("bild.ltd"), lab.ask("bild.ltd"))
        assert first == second
        assert await lab.ask("bild.ltd", NOW + timedelta(seconds=59)) == first
        assert sum(lab.rdap.asked.values()) == 1
        later = await lab.ask("bild.ltd", NOW + timedelta(seconds=61))
        assert later.asked_at == NOW + timedelta(seconds=61)
        assert sum(lab.rdap.asked.values()) == 2

    body = http(body=json.dumps(FOUND).encode())
    run(scenario, tmp_path, web({"/domain/bild.ltd": body}), text({}), answer_seconds=60)


def test_a_pressing_question_takes_no_answer_of_before(tmp_path: Path) -> None:
    async def scenario(lab: Lab) -> None:
        await lab.ask("bild.ltd")
        later = NOW + timedelta(seconds=30)
        assert (await lab.ask("bild.ltd", later)).asked_at == NOW
        assert (await lab.registry.lookup("bild.ltd", later, pressing=True)).asked_at == later
        assert sum(lab.rdap.asked.values()) == 2

    body = http(body=json.dumps(FOUND).encode())
    run(scenario, tmp_path, web({"/domain/bild.ltd": body}), text({}))


def test_a_failure_is_kept_for_a_shorter_while(tmp_path: Path) -> None:
    async def scenario(lab: Lab) -> None:
        for seconds in (0, 5, 11):
            await lab.ask("bild.ltd", NOW + timedelta(seconds=seconds))
        assert sum(lab.rdap.asked.values()) == 2

    run(scenario, tmp_path, web({"/domain/bild.ltd": http(500)}), text({}), failure_seconds=10)


def test_a_bootstrap_file_from_a_url_is_fetched_once_a_day_and_kept_where_that_fails(tmp_path: Path) -> None:
    replies: dict[str, bytes] = {}

    async def scenario() -> None:
        server = web(replies)
        async with server.running(), httpx.AsyncClient(trust_env=False) as client:
            services = {"services": [[["ltd"], [f"http://{server.address}/"]]]}
            replies["/dns.json"] = http(body=json.dumps(services).encode())
            replies["/domain/bild.ltd"] = http(body=json.dumps(FOUND).encode())
            rdap = Rdap(client, RegistryPace(0), f"http://{server.address}/dns.json")
            for hours in (0, 1, 23):
                assert await rdap.lookup("bild.ltd", NOW + timedelta(hours=hours)) is not None
            assert server.asked["GET /dns.json HTTP/1.1"] == 1
            replies["/dns.json"] = http(500)
            assert await rdap.lookup("bild.ltd", NOW + timedelta(hours=25)) is not None
            assert await rdap.lookup("bild.de", NOW + timedelta(hours=25)) is None

    asyncio.run(scenario())


def test_a_bootstrap_file_that_has_not_changed_is_not_sent_again(tmp_path: Path) -> None:
    replies: dict[str, bytes] = {}

    async def scenario() -> None:
        server = web(replies)
        async with server.running(), httpx.AsyncClient(trust_env=False) as client:
            services = {"services": [[["ltd"], [f"http://{server.address}/"]]]}
            replies["/dns.json"] = http(body=json.dumps(services).encode(), ETag='"v1"')
            replies["/domain/bild.ltd"] = http(body=json.dumps(FOUND).encode())
            rdap = Rdap(client, RegistryPace(0), f"http://{server.address}/dns.json")
            await rdap.refresh(NOW)
            replies["/dns.json"] = http(304)
            await rdap.refresh(NOW + timedelta(days=1))
            assert server.headers[-1]["if-none-match"] == '"v1"'
            assert await rdap.lookup("bild.ltd", NOW + timedelta(days=1)) is not None
            assert server.asked["GET /dns.json HTTP/1.1"] == 2

    asyncio.run(scenario())


def test_a_failed_refresh_is_tried_again_after_an_hour_and_not_before(tmp_path: Path) -> None:
    async def scenario() -> None:
        server = web({"/dns.json": http(503)})
        async with server.running(), httpx.AsyncClient(trust_env=False) as client:
            rdap = Rdap(client, RegistryPace(0), f"http://{server.address}/dns.json")
            for minutes in (0, 30, 59, 61):
                await rdap.refresh(NOW + timedelta(minutes=minutes))
            assert server.asked["GET /dns.json HTTP/1.1"] == 2

    asyncio.run(scenario())


def test_an_operators_server_goes_before_every_list() -> None:
    async def scenario() -> None:
        server = web({"/own/domain/bild.de": http(body=json.dumps(FOUND | {"ldhName": "bild.de"}).encode())})
        async with server.running(), httpx.AsyncClient(trust_env=False) as client:
            rdap = Rdap(client, RegistryPace(0), servers={".DE": f"http://{server.address}/own"})
            found = await rdap.lookup("bild.de", NOW)
            assert found is not None
            assert found.status is RegistrationStatus.FOUND_DATE

    asyncio.run(scenario())
    with pytest.raises(InvalidInput, match=r"rdap\.servers"):
        Rdap(httpx.AsyncClient(), RegistryPace(0), servers={"de": "rdap.denic.de"})


def test_a_bootstrap_file_that_is_none_is_refused_at_the_start(tmp_path: Path) -> None:
    async def scenario(path: str) -> None:
        async with httpx.AsyncClient() as client:
            Rdap(client, RegistryPace(0), path)

    (tmp_path / "bad.json").write_text("{}")
    for path in (tmp_path / "bad.json", tmp_path / "missing.json"):
        with pytest.raises(InvalidInput):
            asyncio.run(scenario(str(path)))


@pytest.mark.parametrize(
    "domain", ["x/../help", "bild.ltd\r\nzeit.ltd", "schön.ltd", "BILD.ltd", "ltd", "", "a" * 64 + ".ltd"]
)
def test_what_is_no_host_name_never_reaches_a_server(tmp_path: Path, domain: str) -> None:
    rdap, whois = web({}), text({})
    assert ask(domain, tmp_path, rdap, whois).status is RegistrationStatus.UNSUPPORTED
    assert not rdap.asked
    assert not whois.asked
