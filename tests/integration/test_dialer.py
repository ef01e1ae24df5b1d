"""The one way out: what it lets through, and what not."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import httpcore
import httpx
import pytest

from service.adapters import streams
from service.adapters.dialer import Dialer, NoAddress, Purpose, Refused, user_agent
from service.lab.hostile import HostileServer
from service.settings_fetch import Fetch
from tests.fakes_fetching import Names

LOOPBACK = {purpose.value: ["127.0.0.0/8"] for purpose in Purpose}
PUBLIC = "93.184.216.34"


def dialer(
    names: Mapping[str, Any] | None = None, allow: Mapping[str, Sequence[str]] | None = None, **options: Any
) -> Dialer:
    return Dialer(Names(names or {}), LOOPBACK if allow is None else allow, **options)


def route(names: Mapping[str, Any], host: str, port: int = 80, *, outside: bool = False, **options: Any) -> Any:
    return asyncio.run(dialer(names, **options).route("pages", host, port, outside=outside))


def test_a_public_name_is_dialled_at_its_public_addresses() -> None:
    found = route({"spiegel.ltd": [PUBLIC, "2606:4700::1111"]}, "spiegel.ltd")
    assert found.endpoints == ((PUBLIC, 80), ("2606:4700::1111", 80))
    assert found.outside


def test_one_forbidden_address_refuses_the_whole_name() -> None:
    with pytest.raises(Refused, match=r"10\.1\.1\.1 is in 10\.0\.0\.0/8"):
        route({"mixed.example": [PUBLIC, "10.1.1.1"]}, "mixed.example")
    with pytest.raises(Refused, match="loopback"):
        route({"mixed.example": [PUBLIC, "::1"]}, "mixed.example")


def test_a_name_without_addresses_is_no_refusal() -> None:
    with pytest.raises(NoAddress):
        route({"gone.example": []}, "gone.example")


@pytest.mark.parametrize("host", ["localhost", "printer.local", "2130706433", "intranet", "x.onion"])
def test_names_that_lead_inside_are_refused_before_anybody_is_asked(host: str) -> None:
    with pytest.raises(Refused):
        route({}, host)


def test_addresses_in_place_of_names_are_vetted_too() -> None:
    assert route({}, PUBLIC).address == PUBLIC
    for address in ("169.254.169.254", "::1", "::ffff:127.0.0.1"):
        with pytest.raises(Refused):
            route({}, address)


@pytest.mark.parametrize("port", [22, 25, 6379, 3306, 0, 65_535])
def test_pages_are_asked_for_on_the_ports_of_the_web_only(port: int) -> None:
    with pytest.raises(Refused, match=f"port {port}"):
        route({}, "spiegel.ltd", port)


def test_allowed_networks_are_those_of_the_purpose() -> None:
    inside = dialer({"inside.example": ["10.0.0.1"]}, allow={"rdap": ["10.0.0.0/8"]})
    assert asyncio.run(inside.route("rdap", "inside.example", 443)).address == "10.0.0.1"
    with pytest.raises(Refused):
        asyncio.run(inside.route("pages", "inside.example", 443))
    with pytest.raises(ValueError, match="no-such"):
        dialer(allow={"no-such": ["10.0.0.0/8"]})


def test_a_chain_from_outside_enters_no_allowed_network() -> None:
    names = {"inside.example": ["127.0.0.1"]}
    assert not route(names, "inside.example").outside
    with pytest.raises(Refused, match="loopback"):
        route(names, "inside.example", outside=True)


def test_ports_are_mapped_inside_allowed_networks_only() -> None:
    names = {"inside.example": ["127.0.0.1"], "spiegel.ltd": [PUBLIC]}
    assert route(names, "inside.example", port_map={80: 18_080}).endpoints == (("127.0.0.1", 18_080),)
    assert route(names, "spiegel.ltd", port_map={80: 18_080}).endpoints == ((PUBLIC, 80),)


def test_the_operators_own_addresses_and_denied_hosts_are_left_alone() -> None:
    names = {"spiegel.ltd": [PUBLIC], "www.spiegel.ltd": [PUBLIC]}
    with pytest.raises(Refused, match="operator refuses"):
        route(names, "spiegel.ltd", refuse=[PUBLIC])
    for host in names:
        with pytest.raises(Refused, match="leave alone"):
            route(names, host, deny_hosts=["spiegel.ltd"])


def test_what_an_operator_configured_may_have_a_short_name_where_private_networks_are_allowed() -> None:
    names = {"receiver": ["127.0.0.1"]}
    assert asyncio.run(dialer(names).route("webhooks", "receiver", 9000)).address == "127.0.0.1"
    assert asyncio.run(dialer({}).route("webhooks", "localhost", 9000)).address == "127.0.0.1"
    with pytest.raises(Refused, match="single label"):
        asyncio.run(dialer(names, allow={}).route("webhooks", "receiver", 9000))


def test_the_next_address_is_tried_where_the_first_is_closed() -> None:
    async def scenario() -> str:
        async with HostileServer("127.0.0.3") as server:
            out = dialer({"two.example": ["127.0.0.2", "127.0.0.3"]}, port_map={80: server.port})
            async with out.client("pages") as client:
                response = await client.get("http://two.example/")
                return str(response.status_code)

    assert asyncio.run(scenario()) == "200"


def test_a_peer_that_is_not_the_address_that_was_dialled_is_left() -> None:
    streams._compare("::1", "0:0:0:0:0:0:0:1")
    with pytest.raises(httpcore.ConnectError, match=r"connected to 10\.0\.0\.1 where 93\.184\.216\.34 was dialled"):
        streams._compare("10.0.0.1", PUBLIC)


def test_the_service_names_itself_with_its_contact() -> None:
    assert user_agent("https://cert.example/bot").endswith(" (+https://cert.example/bot)")
    assert user_agent().startswith("Spoofwatch")
    agents = {profile.name: profile.headers["User-Agent"] for profile in Fetch().profile}
    assert agents["plain"] == "{agent}"


def test_a_closed_port_is_a_connection_error_of_the_client() -> None:
    async def scenario() -> None:
        async with HostileServer() as server:
            port = server.port
        async with dialer({"closed.example": ["127.0.0.1"]}, port_map={80: port}).client("pages") as client:
            await client.get("http://closed.example/")

    with pytest.raises(httpx.ConnectError, match="refused"):
        asyncio.run(scenario())


def test_a_refusal_is_a_connection_error_of_the_client_with_the_reason() -> None:
    async def scenario() -> None:
        async with dialer({"rdap.example": ["10.0.0.1"]}).client("rdap") as client:
            await client.get("https://rdap.example/domain/x")

    with pytest.raises(httpx.ConnectError, match="private use"):
        asyncio.run(scenario())


def test_clients_know_no_proxy_keep_no_cookie_and_follow_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    async def scenario() -> None:
        async with HostileServer() as server:
            out = dialer({"site.example": ["127.0.0.1"]}, port_map={80: server.port})
            async with out.client("pages") as client:
                assert not client._mounts
                assert not client.trust_env
                assert (await client.get("http://site.example/loop")).status_code == 302
                await client.get("http://site.example/cookies")
                await client.get("http://site.example/echo")
                assert len(client.cookies) == 0
            assert "cookie" not in server.seen[-1].headers
            assert server.seen[-1].headers["accept-encoding"] == "identity"
            assert server.seen[-1].headers["user-agent"].startswith("Spoofwatch")

    asyncio.run(scenario())


def test_encoded_answers_are_refused_where_nobody_decodes_them_with_limits() -> None:
    async def scenario() -> None:
        async with HostileServer() as server, dialer(port_map={}).client("feeds") as client:
            await client.get(f"http://127.0.0.1:{server.port}/gzip-bomb")

    with pytest.raises(httpx.DecodingError, match="gzip"):
        asyncio.run(scenario())


def test_a_connection_carries_no_more_than_its_budget() -> None:
    async def scenario() -> None:
        async with HostileServer() as server, dialer().client("feeds", budget=200_000) as client:
            await client.get(f"http://127.0.0.1:{server.port}/endless")

    with pytest.raises(httpx.ReadError, match="more bytes"):
        asyncio.run(scenario())


def test_plain_connections_are_vetted_like_any_other() -> None:
    async def scenario() -> bytes:
        async with HostileServer() as server:
            out = dialer({"whois.example": ["127.0.0.1"], "inside.example": ["10.0.0.1"]})
            reader, writer = await out.connect("whois", "whois.example", server.port)
            writer.write(b"GET / HTTP/1.1\r\n\r\n")
            answer = await reader.read(12)
            writer.close()
            await writer.wait_closed()
            with pytest.raises(Refused):
                await out.connect("whois", "inside.example", 43)
            return answer

    assert asyncio.run(scenario()) == b"HTTP/1.1 200"
