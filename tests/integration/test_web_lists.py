"""Lists at an address: asked with what is known of them, taken in when they are new, and never half."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from service.adapters.dialer import Dialer
from service.adapters.downloads import HttpDownloads
from service.adapters.store import SqlStore, open_store
from service.core.feed import FeedState
from service.core.model import Outlet
from service.feeds.follow import follow
from service.feeds.name_lists import NameLists, WebList
from service.lab.hostile import HostileServer, Request
from service.pipeline.watched import Watched
from tests.fakes import FakeClock

if TYPE_CHECKING:
    from collections.abc import Iterator

START = datetime(2026, 11, 25, 12, tzinfo=UTC)
OUTLET = Outlet(id="spiegel", name="Der Spiegel", domain="spiegel.de")
MODIFIED = "Wed, 25 Nov 2026 03:00:00 GMT"


async def nowhere(_: str) -> tuple[str, ...]:
    return ()


@dataclass
class Server:
    """One list. ``tag`` and ``modified`` are what it is known by; ``cut`` ends the connection within the body."""

    body: bytes = b"spiegel.ltd\n"
    tag: str = '"1"'
    modified: str = MODIFIED
    cut: bool = False
    status: str = "200 OK"
    asked: list[dict[str, str]] = field(default_factory=list)

    async def serve(self, request: Request, writer: asyncio.StreamWriter) -> None:
        given = request.headers
        self.asked.append(given)
        same = (self.tag and given.get("if-none-match") == self.tag) or (
            not self.tag and self.modified and given.get("if-modified-since") == self.modified
        )
        status = "304 Not Modified" if same else self.status
        known = {"ETag": self.tag, "Last-Modified": self.modified}
        head = "".join(f"{name}: {value}\r\n" for name, value in known.items() if value)
        body = b"" if same else self.body
        writer.write(f"HTTP/1.1 {status}\r\n{head}Content-Length: {len(body)}\r\n\r\n".encode())
        writer.write(body[:-3] if self.cut else body)
        writer.close()

    async def moved(self, _: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 302 Found\r\nLocation: /list\r\nContent-Length: 0\r\n\r\n")


@pytest.fixture
def store() -> Iterator[SqlStore]:
    made = open_store("sqlite://")
    yield made
    made.close()


Round = Callable[[], Awaitable[FeedState]]


def play(store: SqlStore, folder: Path, act: Callable[[Server, Round], Awaitable[None]], path: str = "/list") -> None:
    async def run() -> None:
        await store.write(lambda uow: uow.outlets.put(OUTLET, START))
        server, watched, clock = Server(), Watched(store), FakeClock(START)
        async with HostileServer(more={"/list": server.serve, "/moved": server.moved}) as hostile:
            dialer = Dialer(nowhere, {"feeds": ["127.0.0.0/8"]})
            downloads = HttpDownloads(dialer, timeout=5, authorization="Bearer secret")
            source = WebList(f"http://127.0.0.1:{hostile.port}{path}", downloads, folder / "new")
            feed = NameLists("new", source, late_after=None)

            async def once() -> FeedState:
                clock.advance(timedelta(hours=1))
                await follow(feed, clock=clock, store=store, watched=watched)
                state = await store.read(lambda uow: uow.feeds.get("new"))
                assert state is not None
                return state

            await act(server, once)
            await downloads.close()

    asyncio.run(run())


@pytest.mark.parametrize(("tag", "modified"), [('"1"', MODIFIED), ("", MODIFIED), ('"1"', "")])
def test_a_list_is_asked_for_with_what_is_known_of_it_and_read_when_it_is_new(
    store: SqlStore, tmp_path: Path, tag: str, modified: str
) -> None:
    async def act(server: Server, once: Round) -> None:
        server.tag, server.modified = tag, modified
        assert (await once()).read == 1
        state = await once()
        assert (state.read, state.complaint, state.error) == (1, "", "")
        assert server.asked[0].get("if-none-match") is server.asked[0].get("if-modified-since") is None
        assert server.asked[1].get("if-none-match", "") == tag
        assert server.asked[1].get("if-modified-since", "") == modified
        server.tag, server.modified = tag and '"2"', "Thu, 26 Nov 2026 03:00:00 GMT"
        server.body += b"spiegel.top\n"
        state = await once()
        assert (state.read, state.admitted, state.newest_at) == (3, 2, datetime(2026, 11, 26, 3, tzinfo=UTC))
        assert {given["authorization"] for given in server.asked} == {"Bearer secret"}

    play(store, tmp_path, act)


def test_a_list_without_any_mark_is_told_from_the_last_one_by_what_is_in_it(store: SqlStore, tmp_path: Path) -> None:
    async def act(server: Server, once: Round) -> None:
        server.tag = server.modified = ""
        assert (await once()).complaint == ""
        state = await once()
        assert (state.read, state.complaint.partition(":")[0]) == (1, "did not change")

    play(store, tmp_path, act)


def test_a_list_that_breaks_off_is_not_taken_in_and_asked_for_again(store: SqlStore, tmp_path: Path) -> None:
    async def act(server: Server, once: Round) -> None:
        server.cut = True
        state = await once()
        assert (state.read, state.failures) == (0, 1)
        assert state.error
        server.cut, server.status = False, "503 Service Unavailable"
        assert (await once()).error.endswith("the server answers 503")
        server.status = "200 OK"
        state = await once()
        assert (state.read, state.error, state.admitted) == (1, "", 1)

    play(store, tmp_path, act)


def test_only_the_first_server_is_told_who_asks(store: SqlStore, tmp_path: Path) -> None:
    async def act(server: Server, once: Round) -> None:
        assert (await once()).read == 1
        assert "authorization" not in server.asked[0]

    play(store, tmp_path, act, "/moved")
