"""Many endpoints at one receiver on loopback, a third of them sick, each in its way; for the test and for the bench."""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import cycle
from typing import Any

from service.adapters.clock import SystemClock
from service.adapters.dialer import Dialer
from service.adapters.store import SqlStore
from service.adapters.webhook import WebhookSink
from service.core.alerts.deliveries import DeliveryState, Endpoint
from service.core.alerts.signature import new_secret
from service.core.model import Event
from service.pipeline.alert import Courier
from service.ports import UnitOfWork
from tests.fakes_fetching import Names

SECRET = new_secret(bytes(32))
SICK = ("error", "hangs", "resets", "gone", "moved", "throttled", "drips")
HURRY = 0.5
"""Seconds for one attempt: those that hang are to be left soon."""

_ANSWERS = {
    "well": b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n",
    "error": b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    "gone": b"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    "moved": b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    "throttled": b"HTTP/1.1 429 Slow\r\nRetry-After: 7200\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
}


class AheadClock:
    """The machine's time, and a test can move it ahead."""

    def __init__(self) -> None:
        self._real = SystemClock()
        self._ahead = timedelta(0)

    def now(self) -> datetime:
        return self._real.now() + self._ahead

    def real_now(self) -> datetime:
        return self._real.now()

    async def sleep(self, seconds: float) -> None:
        await self._real.sleep(seconds)

    def advance(self, by: timedelta) -> None:
        self._ahead += by


@dataclass
class Crowd:
    """One listener for all endpoints: the path's first word says how one behaves, its whole is who it is.

    ``taken`` holds the ids and times of what each one answered with success.
    """

    taken: dict[str, list[tuple[str, float]]] = field(default_factory=lambda: defaultdict(list))
    port: int = 0
    _server: asyncio.Server | None = None
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    async def start(self) -> None:
        """Listen, at the port of before where there was one."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, backlog=500)
        self.port = self._server.sockets[0].getsockname()[1]

    async def kill(self) -> None:
        """Break off everything, as a process does that dies."""
        assert self._server is not None
        self._server.close()
        for writer in self._open:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                await self._answer(reader, writer)
        finally:
            self._open.discard(writer)
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        headers = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if line)
        await reader.readexactly(int(headers["content-length"]))
        name = head.split(" ", 2)[1].strip("/")
        match name.split("-")[0]:
            case "hangs":
                await reader.read()
            case "resets":
                writer.transport.abort()
            case "drips":
                for byte in b"HTTP/1.1 204 No Content\r\n":
                    if writer.is_closing() or reader.at_eof():
                        break
                    writer.write(bytes((byte,)))
                    await SystemClock().sleep(HURRY / 5)
            case way:
                writer.write(_ANSWERS[way])
                await writer.drain()
                if way == "well":
                    self.taken[name].append((headers["webhook-id"], asyncio.get_running_loop().time()))


def crowd_of(count: int, *, sick: bool) -> list[str]:
    """Names of so many endpoints, every third of them sick; or of the well ones among these alone."""
    ways = cycle(SICK)
    names = [f"{next(ways) if number % 3 == 0 else 'well'}-{number}" for number in range(count)]
    return [name for name in names if sick or name.startswith("well")]


@dataclass
class Delivered:
    """How it went: seconds until each well endpoint had everything, and the log of all deliveries."""

    seconds: dict[str, float]
    log: list[dict[str, Any]]
    taken: dict[str, list[str]]


async def deliver(store: SqlStore, names: Sequence[str], events: int) -> Delivered:
    """Publish events to endpoints of these names, kill the receiver in between, and go on until nothing waits."""
    clock, crowd = AheadClock(), Crowd()
    await crowd.start()
    await store.write(lambda uow: _prepare(uow, names, crowd.port, events, clock.now()))
    dialer = Dialer(Names({}), {"webhooks": ["127.0.0.0/8"]})
    well = [name for name in names if name.startswith("well")]
    began = asyncio.get_running_loop().time()
    async with dialer.client("webhooks") as client:
        courier = Courier(clock=clock, store=store, sink=WebhookSink(client, HURRY))
        killed = False
        while any(len({one for one, _ in crowd.taken[name]}) < events for name in well):
            await courier.start_due()
            await clock.sleep(0.05)
            # A busy machine lets well ones time out as well: their next tries come a hundred times as soon.
            clock.advance(timedelta(seconds=5))
            if not killed and sum(map(len, crowd.taken.values())) > len(well) * events // 3:
                killed = True
                await crowd.kill()
                await clock.sleep(0.2)
                await crowd.start()
        seconds = {name: max(at for _, at in crowd.taken[name]) - began for name in well}
        while await store.read(_is_pending):
            clock.advance(timedelta(hours=12))
            await courier.deliver_due()
        await courier.close()
    await crowd.kill()
    log = await store.read(lambda uow: uow.deliveries.page({}, None, len(names) * (events + len(names)) + 1))
    return Delivered(seconds=seconds, log=log, taken={who: [one for one, _ in had] for who, had in crowd.taken.items()})


def wrongs(delivered: Delivered, names: Sequence[str], events: int) -> Iterator[str]:
    """What is not as it must be: each delivered or a dead letter, none lost, none under a second id."""
    wanted = {f"evt_{number}" for number in range(events)}
    for name in names:
        rows = [row for row in delivered.log if row["webhook"] == name and row["type"] == "site.down"]
        if {row["event"] for row in rows} != wanted or len(rows) != events:
            yield f"{name} has {len(rows)} deliveries"
        state = DeliveryState.DELIVERED if name.startswith("well") else DeliveryState.DEAD
        if {row["state"] for row in rows} != {state}:
            yield f"{name} has {sorted({row['state'] for row in rows})}"
        if name.startswith("well") and {one for one in delivered.taken[name] if one in wanted} != wanted:
            yield f"{name} took other events"


def _prepare(uow: UnitOfWork, names: Sequence[str], port: int, events: int, at: datetime) -> None:
    for name in names:
        url = f"http://127.0.0.1:{port}/{name}"
        uow.outbox.put_endpoint(Endpoint(id=name, url=url, secret=SECRET, created_at=at))
    told = [Event(id=f"evt_{n}", type="site.down", at=at, data={"id": f"evt_{n}"}) for n in range(events)]
    uow.outbox.publish(told, at)


def _is_pending(uow: UnitOfWork) -> bool:
    return bool(uow.deliveries.page({"state": DeliveryState.PENDING}, None, 1))
