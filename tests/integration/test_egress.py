"""The browser's way out, without a browser: what it lets through, and what it does not."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from service.adapters.dialer import Dialer
from service.adapters.egress import EgressLimits, EgressProxy
from service.lab.hostile import HostileServer, page
from tests.fakes_fetching import Names

HOST = "shown.example"
SECRET = "of this picture"
AUTH = "Proxy-Authorization: Basic " + base64.b64encode(f"browser:{SECRET}".encode()).decode()
ALLOW = {"pages": ["127.0.0.0/8"]}


def with_proxy(
    act: Callable[[EgressProxy, HostileServer], Awaitable[Any]],
    names: dict[str, Any] | None = None,
    allow: dict[str, list[str]] | None = None,
    limits: EgressLimits | None = None,
) -> Any:
    async def run() -> Any:
        async with HostileServer(more={"/big": page(b"x" * 300_000)}) as server:
            answers = Names(names or {HOST: ["127.0.0.1"]})
            dialer = Dialer(answers, ALLOW if allow is None else allow, port_map={80: server.port, 443: server.port})
            async with EgressProxy(dialer, SECRET, limits) as proxy:
                return await act(proxy, server)

    return asyncio.run(run())


async def ask(proxy: EgressProxy, *lines: str, then: str = "") -> str:
    """Send a head, and after a 200 to CONNECT what comes ``then``; everything that comes back until the end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    try:
        writer.write(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))
        first = b""
        if then:
            first = await reader.readuntil(b"\r\n\r\n")
            writer.write(then.encode())
        async with asyncio.timeout(10):
            return (first + await reader.read()).decode("latin-1")
    except (ConnectionResetError, asyncio.IncompleteReadError):
        return ""
    finally:
        writer.close()


def asked(*lines: str, then: str = "", **more: Any) -> str:
    found: str = with_proxy(lambda proxy, _: ask(proxy, *lines, then=then), **more)
    return found


def test_a_plain_request_goes_out_with_its_path_alone() -> None:
    async def act(proxy: EgressProxy, server: HostileServer) -> None:
        line = f"GET http://{HOST}/?a=b HTTP/1.1"
        answer = await ask(proxy, line, f"Host: {HOST}", AUTH, "Proxy-Connection: keep-alive")
        assert answer.startswith("HTTP/1.1 200 OK")
        (request,) = server.seen
        assert request.target == "/?a=b"
        assert (request.headers["host"], request.headers["connection"]) == (HOST, "close")
        assert not [name for name in request.headers if name.startswith("proxy")]

    with_proxy(act)


def test_connect_is_a_tunnel_to_the_vetted_address() -> None:
    answer = asked(f"CONNECT {HOST}:443 HTTP/1.1", AUTH, then=f"GET / HTTP/1.1\r\nHost: {HOST}\r\n\r\n")
    assert answer.startswith("HTTP/1.1 200 Connection established\r\n\r\nHTTP/1.1 200 OK")


@pytest.mark.parametrize(
    "line",
    [
        "GET http://169.254.169.254/latest/meta-data/ HTTP/1.1",
        "CONNECT 169.254.169.254:443 HTTP/1.1",
        "CONNECT [::ffff:169.254.169.254]:443 HTTP/1.1",
        "CONNECT 2852039166:443 HTTP/1.1",
        "CONNECT 10.0.0.1:443 HTTP/1.1",
        "CONNECT localhost:443 HTTP/1.1",
        f"CONNECT {HOST}:22 HTTP/1.1",
        f"GET http://{HOST}:6379/ HTTP/1.1",
    ],
)
def test_inner_networks_and_other_ports_are_refused_and_noted(line: str) -> None:
    """A redirect, a script, a frame and a WebSocket (which is a CONNECT) all come by here."""

    async def act(proxy: EgressProxy, _: HostileServer) -> tuple[str, list[str]]:
        return await ask(proxy, line, AUTH), proxy.refused

    answer, refused = with_proxy(act, allow={})
    assert answer.startswith("HTTP/1.1 403 Forbidden")
    assert len(refused) == 1


def test_an_answer_with_one_inner_address_refuses_the_host() -> None:
    mixed = {HOST: [("93.184.216.34", "10.0.0.1")]}
    assert asked(f"CONNECT {HOST}:443 HTTP/1.1", AUTH, names=mixed, allow={}).startswith("HTTP/1.1 403")


def test_a_name_that_turns_inwards_is_refused_the_next_time() -> None:
    """DNS rebinding: each connection is resolved once, vetted and dialled by that very answer."""

    async def act(proxy: EgressProxy, server: HostileServer) -> None:
        line = f"GET http://{HOST}/ HTTP/1.1"
        assert (await ask(proxy, line, f"Host: {HOST}", AUTH)).startswith("HTTP/1.1 200")
        assert (await ask(proxy, line, f"Host: {HOST}", AUTH)).startswith("HTTP/1.1 403")
        assert len(server.seen) == 1

    with_proxy(act, names={HOST: [("127.0.0.1",), ("169.254.169.254",)]})


def test_what_left_the_allowed_networks_does_not_come_back_into_them() -> None:
    async def act(proxy: EgressProxy, server: HostileServer) -> None:
        await ask(proxy, "CONNECT 192.0.2.1:443 HTTP/1.1", AUTH)
        assert (await ask(proxy, f"GET http://{HOST}/ HTTP/1.1", f"Host: {HOST}", AUTH)).startswith("HTTP/1.1 200")
        proxy._outside = True  # as after a connection to a public address, which no test makes
        assert (await ask(proxy, f"GET http://{HOST}/ HTTP/1.1", f"Host: {HOST}", AUTH)).startswith("HTTP/1.1 403")
        assert len(server.seen) == 1

    with_proxy(act)


@pytest.mark.parametrize("lines", [(), ("Proxy-Authorization: Basic d3Jvbmc=",), ("Proxy-Authorization: Bearer x",)])
def test_nobody_else_gets_out(lines: tuple[str, ...]) -> None:
    answer = asked(f"CONNECT {HOST}:443 HTTP/1.1", *lines)
    assert answer.startswith("HTTP/1.1 407")
    assert "Proxy-Authenticate: Basic" in answer


@pytest.mark.parametrize(
    "line",
    [
        "GET / HTTP/1.1",
        "GET",
        "\x16\x03\x01",
        "GET ftp://shown.example/ HTTP/1.1",
        "GET http://user@shown.example/ HTTP/1.1",
        "GET http://[::1 HTTP/1.1",
        "CONNECT shown.example HTTP/1.1",
        "CONNECT shown.example:99999 HTTP/1.1",
        "CONNECT :443 HTTP/1.1",
        "CONNECT shown.example:٤ HTTP/1.1".encode().decode("latin-1"),
    ],
)
def test_what_is_no_request_of_a_browser_s_is_refused(line: str) -> None:
    assert asked(line, AUTH).startswith("HTTP/1.1 400")


def test_a_host_without_an_address_or_an_answer_is_said_to_be_so() -> None:
    assert asked(f"CONNECT {HOST}:443 HTTP/1.1", AUTH, names={HOST: [()]}).startswith("HTTP/1.1 502")


def test_one_picture_has_one_budget() -> None:
    answer = asked(f"GET http://{HOST}/big HTTP/1.1", f"Host: {HOST}", AUTH, limits=EgressLimits(budget=100_000))
    assert len(answer) < 150_000


def test_an_endless_head_is_cut_off() -> None:
    assert asked("GET http://x/ HTTP/1.1", "X: " + "a" * 70_000)[:12] in ("HTTP/1.1 400", "")
