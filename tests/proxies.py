"""A proxy on loopback for tests: SOCKS5 and HTTP CONNECT, with a login, and with every way of failing."""

from __future__ import annotations

import asyncio
import base64
import ipaddress
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

USER, PASSWORD = "reader", "geheim:wort"


@dataclass
class TestProxy:
    """``asked`` keeps where it was to connect to. It connects to ``onward`` instead, as tests own no other address.

    ``refuses`` is a SOCKS5 reply or an HTTP status that it gives in place of connecting; ``mute``: it never answers.
    """

    __test__ = False

    onward: int
    refuses: int = 0
    mute: bool = False
    asked: list[tuple[str, int]] = field(default_factory=list)
    port: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            first = await reader.readexactly(1)
            if self.mute:
                await reader.read()
            elif first == b"\x05":
                await self._socks(reader, writer)
            else:
                await self._connect(first, reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _socks(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ways = await reader.readexactly((await reader.readexactly(1))[0])
        if b"\x02" not in ways:
            writer.write(b"\x05\xff")
            return
        writer.write(b"\x05\x02")
        await reader.readexactly(1)
        user = await reader.readexactly((await reader.readexactly(1))[0])
        password = await reader.readexactly((await reader.readexactly(1))[0])
        good = (user.decode(), password.decode()) == (USER, PASSWORD)
        writer.write(b"\x01\x00" if good else b"\x01\x01")
        if not good:
            return
        kind = (await reader.readexactly(4))[3]
        assert kind in (1, 4), "a proxy is told an address and never a name"
        packed = await reader.readexactly(4 if kind == 1 else 16)
        port = int.from_bytes(await reader.readexactly(2), "big")
        self.asked.append((str(ipaddress.ip_address(packed)), port))
        # Answered with a name as the bound address, which real proxies do now and then.
        writer.write(bytes((5, self.refuses, 0, 3, 4)) + b"here" + b"\x00\x00")
        if not self.refuses:
            await self._relay(reader, writer)

    async def _connect(self, first: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (first + await reader.readuntil(b"\r\n\r\n")).decode()
        login = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if f"Proxy-Authorization: Basic {login}" not in head:
            writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
            return
        host, _, port = head.split(" ", 2)[1].rpartition(":")
        self.asked.append((host, int(port)))
        writer.write(b"HTTP/1.1 %d Word\r\nVia: test\r\n\r\n" % (self.refuses or 200))
        if not self.refuses:
            await self._relay(reader, writer)

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        theirs, ours = await asyncio.open_connection("127.0.0.1", self.onward)
        await asyncio.gather(_copy(reader, ours), _copy(theirs, writer))


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    try:
        while data := await source.read(65_536):
            target.write(data)
            await target.drain()
    except ConnectionError:
        pass
    finally:
        target.close()


@asynccontextmanager
async def proxy(onward: int, *, refuses: int = 0, mute: bool = False) -> AsyncIterator[TestProxy]:
    """A running proxy."""
    made = TestProxy(onward, refuses, mute)
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = int(server.sockets[0].getsockname()[1])
    async with server:
        yield made
