"""The lab's name servers, asked by dnspython over real sockets."""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
from typing import TYPE_CHECKING

import dns.asyncquery
import dns.asyncresolver
import dns.exception
import dns.flags
import dns.message
import dns.rcode
import dns.resolver
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.core.errors import ConfigError
from service.lab.dns import DnsServer
from service.lab.world import DnsFault, World
from service.lab.zones import CONTROL_NAMES
from tests.lab_worlds import clone, dead, faulty, named, outlet, world

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

HOME = "127.0.0.1"


@contextlib.asynccontextmanager
async def serving(shown: World) -> AsyncIterator[tuple[DnsServer, int]]:
    server = DnsServer(shown)
    try:
        yield server, server.listen_on(HOME)
    finally:
        await server.close()


def with_server(shown: World, test: Callable[[DnsServer, int], Awaitable[None]]) -> None:
    async def run() -> None:
        async with serving(shown) as (server, port):
            await test(server, port)

    asyncio.run(run())


async def ask(port: int, name: str, kind: str = "A", *, tcp: bool = False, timeout: float = 5) -> dns.message.Message:  # noqa: ASYNC109 - handed on to dnspython
    query = dns.message.make_query(name, kind)
    send = dns.asyncquery.tcp if tcp else dns.asyncquery.udp
    return await send(query, HOME, timeout, port)


def resolver(port: int) -> dns.asyncresolver.Resolver:
    made = dns.asyncresolver.Resolver(configure=False)
    made.nameservers, made.port, made.lifetime = [HOME], port, 5
    return made


def test_a_stub_resolver_finds_what_exists_and_nothing_else() -> None:
    async def test(server: DnsServer, port: int) -> None:
        stub = resolver(port)
        assert [str(a) for a in await stub.resolve("www.morgenkurier.de")] == ["127.0.1.1"]
        assert len(await stub.resolve("morgenkurier.de", "NS")) == 2
        for name in CONTROL_NAMES:
            assert await stub.resolve(name)
        with pytest.raises(dns.resolver.NXDOMAIN):
            await stub.resolve("nobody.ltd")
        with pytest.raises(dns.resolver.NXDOMAIN):
            await stub.resolve("morgenkurier.today")
        with pytest.raises(dns.resolver.NoAnswer):
            await stub.resolve("morgenkurier.de", "AAAA")
        assert server.queries >= 7

    with_server(world(outlet(), dead()), test)


def test_udp_and_tcp_say_the_same() -> None:
    async def test(_: DnsServer, port: int) -> None:
        for name in ("morgenkurier.ltd", "www.morgenkurier.ltd", "nobody.ltd", "x.morgenkurier.ltd"):
            over_udp, over_tcp = await ask(port, name), await ask(port, name, tcp=True)
            assert over_udp.rcode() == over_tcp.rcode()
            assert over_udp.answer == over_tcp.answer
            assert over_udp.authority == over_tcp.authority

    with_server(world(clone()), test)


def test_a_truncated_answer_is_whole_when_asked_again_over_tcp() -> None:
    async def test(_: DnsServer, port: int) -> None:
        query = dns.message.make_query("cut.ltd", "A")
        assert (await dns.asyncquery.udp(query, HOME, 5, port)).flags & dns.flags.TC
        answer, used_tcp = await dns.asyncquery.udp_with_fallback(query, HOME, 5, port)
        assert used_tcp
        assert answer.answer

    with_server(world(faulty("cut.ltd", DnsFault.TRUNCATED)), test)


@pytest.mark.parametrize("fault", [DnsFault.SERVFAIL, DnsFault.REFUSED])
def test_faults_reach_the_client_as_their_code(fault: DnsFault) -> None:
    async def test(_: DnsServer, port: int) -> None:
        for tcp in (False, True):
            answer = await ask(port, "broken.ltd", tcp=tcp)
            assert dns.rcode.to_text(answer.rcode()) == fault.value.upper()

    with_server(world(faulty("broken.ltd", fault)), test)


def test_a_silent_name_lets_the_client_wait() -> None:
    async def test(_: DnsServer, port: int) -> None:
        for tcp in (False, True):
            with pytest.raises(dns.exception.Timeout):
                await ask(port, "mute.ltd", tcp=tcp, timeout=0.2)

    with_server(world(faulty("mute.ltd", DnsFault.SILENT)), test)


def test_a_delay_holds_back_one_name_and_not_the_others() -> None:
    async def test(_: DnsServer, port: int) -> None:
        loop = asyncio.get_running_loop()
        begun = loop.time()
        slow = asyncio.create_task(ask(port, "slow.ltd"))
        slow_over_tcp = asyncio.create_task(ask(port, "slow.ltd", tcp=True))
        await ask(port, "morgenkurier.ltd")
        assert not slow.done()
        assert (await slow).answer == (await slow_over_tcp).answer
        assert loop.time() - begun >= 0.3

    with_server(world(clone(), named(clone("slow.ltd"), delay=0.3)), test)


def test_closing_while_answers_are_held_back_leaves_nothing_open() -> None:
    async def run() -> None:
        async with serving(world(named(clone("slow.ltd"), delay=30.0))) as (_, port):
            with pytest.raises(dns.exception.Timeout):
                await ask(port, "slow.ltd", timeout=0.1)
            reader, writer = await asyncio.open_connection(HOME, port)
            packet = dns.message.make_query("slow.ltd", "A").to_wire(prepend_length=True)
            writer.write(packet)
            await writer.drain()
        with contextlib.suppress(ConnectionResetError):
            assert await reader.read() == b""
        writer.close()

    asyncio.run(run())


def test_each_vantage_gives_its_own_view() -> None:
    shown = world(
        named(clone(), views={"isp": ("127.0.9.9",), "strict": ()}),
        vantage_faults={"dead": DnsFault.SERVFAIL},
        hijacks={"liar": ("127.0.7.7",)},
    )

    async def test(server: DnsServer, port: int) -> None:
        isp, strict, dead_one, liar = (
            server.listen_on(HOME, vantage=name) for name in ("isp", "strict", "dead", "liar")
        )
        assert [str(a) for a in await resolver(port).resolve("morgenkurier.ltd")] == ["127.0.1.2"]
        assert [str(a) for a in await resolver(isp).resolve("morgenkurier.ltd")] == ["127.0.9.9"]
        assert (await ask(strict, "morgenkurier.ltd")).rcode() == dns.rcode.NXDOMAIN
        for name in ("morgenkurier.ltd", "nobody.ltd", CONTROL_NAMES[0]):
            assert (await ask(dead_one, name)).rcode() == dns.rcode.SERVFAIL
        assert [str(a) for a in await resolver(liar).resolve("nobody.ltd")] == ["127.0.7.7"]

    with_server(shown, test)


def test_a_new_world_is_answered_from_at_once_and_a_bad_one_changes_nothing() -> None:
    async def test(server: DnsServer, port: int) -> None:
        stub = resolver(port)
        assert await stub.resolve("morgenkurier.ltd")
        server.show(world(clone("morgenkurier.live")))
        assert await stub.resolve("morgenkurier.live")
        with pytest.raises(dns.resolver.NXDOMAIN):
            await stub.resolve("morgenkurier.ltd")
        with pytest.raises(ValueError, match="appear to be"):
            server.show(world(clone("wrong.ltd", "not-an-address")))
        assert await stub.resolve("morgenkurier.live")

    with_server(world(clone()), test)


def test_many_questions_on_one_tcp_connection_are_all_answered() -> None:
    async def test(_: DnsServer, port: int) -> None:
        reader, writer = await asyncio.open_connection(HOME, port)
        queries = [dns.message.make_query(name, "A") for name in ("morgenkurier.ltd", "nobody.ltd") * 20]
        writer.write(b"".join(query.to_wire(prepend_length=True) for query in queries))
        for query in queries:
            answer = dns.message.from_wire(await reader.readexactly(int.from_bytes(await reader.readexactly(2))))
            assert query.is_response(answer)
        writer.close()
        await writer.wait_closed()

    with_server(world(clone()), test)


def test_a_sweep_of_names_is_answered_without_a_loss() -> None:
    async def test(server: DnsServer, port: int) -> None:
        absent = set()
        for batch in range(10):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
                asking.setblocking(False)  # noqa: FBT003 - the name of the method says it
                asking.connect((HOME, port))
                for number in range(100):
                    asking.send(dns.message.make_query(f"name-{batch}-{number}.xyz", "A").to_wire())
                for _ in range(100):
                    packet = await asyncio.get_running_loop().sock_recv(asking, 2048)
                    answer = dns.message.from_wire(packet)
                    assert answer.rcode() == dns.rcode.NXDOMAIN
                    absent.add(answer.question[0].name)
        assert len(absent) == server.queries == 1000

    with_server(world(clone()), test)


@settings(deadline=None, max_examples=25)
@given(st.lists(st.binary(max_size=300), min_size=1, max_size=10), st.integers(0, 2**32))
def test_garbage_never_stops_the_server(garbage: list[bytes], seed: int) -> None:
    async def test(_: DnsServer, port: int) -> None:
        damaged = bytearray(dns.message.make_query("morgenkurier.ltd", "A").to_wire())
        lot = random.Random(seed)  # noqa: S311 - damage, not a secret
        damaged[lot.randrange(2, len(damaged))] = lot.randrange(256)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
            for packet in (*garbage, bytes(damaged)):
                asking.sendto(packet, (HOME, port))
        reader, writer = await asyncio.open_connection(HOME, port)
        writer.write(b"".join(garbage))
        assert (await ask(port, "morgenkurier.ltd")).answer
        assert (await ask(port, "morgenkurier.ltd", tcp=True)).answer
        writer.close()
        del reader

    with_server(world(clone()), test)


def test_the_server_takes_loopback_only_and_says_when_a_port_is_taken() -> None:
    async def test(server: DnsServer, port: int) -> None:
        with pytest.raises(ConfigError, match="loopback only"):
            server.listen_on("0.0.0.0")  # noqa: S104 - refused is what it is
        with pytest.raises(OSError, match="in use"):
            server.listen_on(HOME, port)
        assert server.listen_on("127.0.0.2", port) == port

    with_server(world(), test)
