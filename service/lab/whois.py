"""The lab's WHOIS server (RFC 3912): one line in, text out, connection closed."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from service.lab.loopback import CutOff, Listener
from service.lab.whois_texts import LIMIT_EXCEEDED, absent_text, record_text
from service.lab.world import Channel

if TYPE_CHECKING:
    from service.lab.world import World

_LONGEST_QUERY = 1024


class WhoisServer:
    """Answers from the current world, for all suffixes. ``requests`` counts what came in.

    A name on ``Channel.RDAP`` is answered too, as most registries ran both. ``Channel.NONE`` gets no answer at all: the
    connection is cut off, for there is no such service.
    """

    def __init__(self, world: World) -> None:
        self.requests = 0
        self._world = world
        self._listener = Listener(self._converse)

    def show(self, world: World) -> None:
        """Answer from this world from now on."""
        self._world = world

    def listen_on(self, address: str, port: int = 0) -> int:
        """Listen on a loopback address; gives back the port."""
        return self._listener.open(address, port)

    async def close(self) -> None:
        """Stop answering."""
        await self._listener.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        query = b""
        with contextlib.suppress(asyncio.LimitOverrunError, asyncio.IncompleteReadError):
            query = await reader.readuntil(b"\n")
        self.requests += 1
        writer.write(answer(self._world, query[:_LONGEST_QUERY]))
        await writer.drain()


def answer(world: World, query: bytes) -> bytes:
    """The text for one query line, flags before the name ignored as registries do. CutOff where nobody answers."""
    domain = query.decode("utf-8", "replace").strip().rpartition(" ")[2].rstrip(".").lower()
    name = world.names.get(domain)
    record = name.registry if name else None
    if name is None or record is None:
        return absent_text(domain).encode()
    if record.channel is Channel.NONE:
        raise CutOff
    if record.channel is Channel.RATE_LIMITED:
        return LIMIT_EXCEEDED.encode()
    return record_text(name, record, world.now).encode()
