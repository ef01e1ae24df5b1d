"""Listening to a certstream server: a real websocket on loopback that streams, ends, falls silent and sends rubbish."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from websockets.asyncio.server import ServerConnection, serve

from service.adapters.clock import SystemClock
from service.adapters.dialer import Dialer
from service.adapters.store import SqlStore, open_store
from service.adapters.websocket import WebSocketStream
from service.core.feed import FeedState
from service.core.model import Outlet
from service.feeds.certstream import Certstream
from service.feeds.follow import follow
from service.pipeline.watched import Watched

START = datetime(2026, 11, 25, tzinfo=UTC)


async def nowhere(_: str) -> tuple[str, ...]:
    return ()


def message(*names: str, serial: str) -> str:
    leaf = {
        "all_domains": names,
        "subject": {"CN": names[0]},
        "issuer": {"aggregated": "/CN=R3"},
        "serial_number": serial,
    }
    return json.dumps({"message_type": "certificate_update", "data": {"leaf_cert": leaf, "seen": START.timestamp()}})


def listened(*scenes: Callable[[ServerConnection], Awaitable[None]]) -> tuple[FeedState, set[str]]:
    """The state after each scene was listened to, one connection each, and the sites that came of it."""
    waiting = list(scenes)

    async def handle(connection: ServerConnection) -> None:
        await waiting.pop(0)(connection)

    async def run() -> tuple[FeedState, set[str]]:
        store = open_store("sqlite://")
        try:
            async with serve(handle, "127.0.0.1", 0) as server:
                port = next(iter(server.sockets)).getsockname()[1]
                await _listen(store, f"ws://127.0.0.1:{port}/", len(scenes))
            state = await store.read(lambda uow: uow.feeds.get("stream"))
            assert state is not None
            known = await store.read(lambda uow: uow.feeds.sites_under({"spiegel.ltd", "spiegel.top", "weather.com"}))
            return state, {host for hosts in known.values() for host in hosts}
        finally:
            store.close()

    return asyncio.run(run())


async def _listen(store: SqlStore, url: str, times: int) -> None:
    await store.write(lambda uow: uow.outlets.put(Outlet(id="spiegel", name="", domain="spiegel.de"), START))
    dialer = Dialer(nowhere, {"feeds": ["127.0.0.0/8"]})
    clock = SystemClock()
    feed = Certstream("stream", WebSocketStream(dialer, url), clock=clock, patience=timedelta(minutes=15))
    for _ in range(times):
        await follow(feed, clock=clock, store=store, watched=Watched(store))


def test_names_are_taken_in_across_connections_and_each_certificate_once() -> None:
    async def first(connection: ServerConnection) -> None:
        for serial in ("01", "01", "02"):
            await connection.send(message("*.spiegel.ltd", "weather.com", serial=serial))
        await asyncio.sleep(1.2)

    async def second(connection: ServerConnection) -> None:
        await connection.send(json.dumps({"message_type": "dns_entries", "data": ["spiegel.top"]}))
        await asyncio.sleep(1.2)

    state, sites = listened(first, second)
    assert sites == {"spiegel.ltd", "spiegel.top"}
    assert (state.read, state.admitted, state.skipped) == (3, 2, 0)
    assert (state.newest_at is not None, state.failures) == (True, 1)
    assert state.error.startswith("ws://127.0.0.1:")


def test_rubbish_is_counted_and_stops_nothing() -> None:
    async def scene(connection: ServerConnection) -> None:
        for rubbish in (
            "",
            "[]",
            "{",
            '{"message_type": "certificate_update"}',
            json.dumps({"message_type": "heartbeat"}),
        ):
            await connection.send(rubbish)
        await connection.send(b"\xff\xfe")
        await connection.send(message("spiegel.ltd", serial="01"))
        await asyncio.sleep(1.2)

    state, sites = listened(scene)
    assert (state.skipped, sites) == (5, {"spiegel.ltd"})


def test_a_message_beyond_all_bounds_ends_the_connection_and_not_the_service() -> None:
    async def scene(connection: ServerConnection) -> None:
        await connection.send("x" * 5_000_000)
        await connection.wait_closed()

    state, _ = listened(scene)
    assert "1009" in state.error
