"""Following a list of logs: they come and go with it, and no log's trouble is another's."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from service.adapters.clock import SystemClock
from service.adapters.downloads import HttpDownloads
from service.core.errors import AnswerTooLarge, FeedUnavailable
from service.core.feed import FeedState
from service.daemon.followers import Followers
from service.daemon.health import Health
from service.feeds.certificates import LogPlan
from service.feeds.log_follower import LogFollower, LogListPlan
from service.feeds.log_sources import Rfc6962Log, StaticLog
from service.lab.ct_server import OLDER, STATIC
from tests.ct_rig import Rig, rig
from tests.fakes import FakeResolver

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

PLAN = LogPlan(poll=timedelta(seconds=0.05), wait_for_full=timedelta(0), patience=timedelta(days=3650))


def follower(stage: Rig, *, only: tuple[str, ...] = (), location: str = "") -> LogFollower:
    return LogFollower(
        "ct",
        listing=LogListPlan(location=location or stage.server.log_list_url, every=timedelta(seconds=0.1), only=only),
        plan=PLAN,
        clock=SystemClock(),
        store=stage.store,
        watched=stage.watched,
        downloads=lambda: HttpDownloads(stage.dialer, timeout=5),
        sources=lambda log, downloads: StaticLog(log, downloads) if log.static else Rfc6962Log(log, downloads),
    )


@asynccontextmanager
async def running(stage: Rig, work: LogFollower) -> AsyncIterator[Health]:
    health = Health(clock=SystemClock(), store=stage.store, resolver=FakeResolver({}))
    followers = Followers([work], health)
    followers.start()
    try:
        yield health
    finally:
        await followers.stop()


async def until(stage: Rig, good: Callable[[dict[str, FeedState]], bool]) -> dict[str, FeedState]:
    """The states by the end of their ids, as soon as they are ``good``."""
    async with asyncio.timeout(30):
        while True:
            found = await stage.store.read(lambda uow: uow.feeds.all())
            states = {state.id.rpartition("-")[2]: state for state in found}
            if good(states):
                return states
            await asyncio.sleep(0.02)


def test_every_log_of_the_list_is_followed_and_one_that_fails_hinders_no_other(tmp_path: Path) -> None:
    async def run() -> None:
        async with rig(tmp_path) as stage, running(stage, follower(stage)):
            await until(stage, lambda states: {STATIC, OLDER, "ct"} <= set(states))
            stage.behaviour(STATIC).refuses = 503
            stage.server.issue(("spiegel.ltd",))
            states = await until(stage, lambda states: states[OLDER].admitted == 1 and states[STATIC].failures > 0)
            assert "answers 503" in states[STATIC].error
            stage.behaviour(STATIC).refuses = None
            states = await until(stage, lambda states: states[STATIC].mark.position == 2)
            assert (states["ct"].kind, states["ct"].size, states["ct"].read) == ("log-list", 2, 0)

    asyncio.run(run())


def test_a_log_that_leaves_the_list_is_retired_and_goes_on_where_it_stood_when_it_comes_back(tmp_path: Path) -> None:
    async def run() -> None:
        async with rig(tmp_path) as stage, running(stage, follower(stage)):
            await until(stage, lambda states: {STATIC, OLDER} <= set(states))
            log = stage.server.logs.pop(OLDER)
            await until(stage, lambda states: states[OLDER].retired)
            stage.server.logs[OLDER] = log
            stage.server.issue(("spiegel.ltd",), OLDER)
            states = await until(stage, lambda states: states[OLDER].mark.position == 2)
            assert not states[OLDER].retired
            assert states[OLDER].admitted == 1

    asyncio.run(run())


def test_only_logs_that_the_operator_wants_are_followed(tmp_path: Path) -> None:
    async def run() -> None:
        async with rig(tmp_path) as stage, running(stage, follower(stage, only=("'STATIC'",))):
            await until(stage, lambda states: STATIC in states)
            assert OLDER not in await until(stage, bool)

    asyncio.run(run())


def test_a_list_that_cannot_be_read_is_on_record_and_tried_again(tmp_path: Path) -> None:
    async def run() -> None:
        missing = str(tmp_path / "log_list.json")
        async with rig(tmp_path) as stage, running(stage, follower(stage, location=missing)):
            states = await until(stage, lambda states: "ct" in states and bool(states["ct"].error))
            assert states["ct"].error.startswith(f"{missing}: ")
            (tmp_path / "log_list.json").write_text((await listed(stage)).text)
            await until(stage, lambda states: STATIC in states)

    asyncio.run(run())


async def listed(stage: Rig) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False) as client:
        return await client.get(stage.server.log_list_url)


def test_downloads_keep_one_connection_and_bound_what_they_read(tmp_path: Path) -> None:
    async def run() -> None:
        async with rig(tmp_path) as stage:
            downloads = HttpDownloads(stage.dialer, timeout=5)
            url = stage.server.log_list_url
            for _ in range(3):
                assert (await downloads.get(url, 1 << 20)).status == 200
            with pytest.raises(AnswerTooLarge):
                await downloads.get(url, 10)
            assert (await downloads.get(url, 1 << 20)).status == 200, "on a fresh connection"
            with pytest.raises(FeedUnavailable, match=r"127\.0\.0\.1:1"):
                await downloads.get("http://127.0.0.1:1/", 10)
            with pytest.raises(FeedUnavailable, match=r"192\.0\.2\.1"):
                await downloads.get("http://192.0.2.1/", 10)
            await downloads.close()

    asyncio.run(run())
