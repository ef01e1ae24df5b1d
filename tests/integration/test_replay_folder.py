"""The folder that a replay keeps its database in: whose it is, and that only one plays in it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from service.adapters.store import open_store
from service.commands.daemon import instance_lock
from service.commands.replay import run
from service.core.errors import ConfigError, Conflict, SpoofwatchError
from service.lab.scenario import load
from service.replay.bookmark import Bookmark, claim
from service.replay.config import database_url
from service.settings import defaults

THREE_DAYS = load("three-days")
TIMES = [datetime(2023, 5, day, tzinfo=UTC) for day in (1, 2)]


def refusal(scenario: str, state: Path) -> SpoofwatchError:
    with pytest.raises(SpoofwatchError) as caught:
        run(defaults(), scenario, as_json=True, state=state, serve_after=False)
    return caught.value


def test_a_folder_is_taken_up_by_the_scenario_that_it_was_made_for(tmp_path: Path) -> None:
    asyncio.run(claim(tmp_path, THREE_DAYS))
    asyncio.run(claim(tmp_path, load("three-days")))


def test_another_scenario_is_refused_by_its_name_and_writes_nothing(tmp_path: Path) -> None:
    asyncio.run(claim(tmp_path, THREE_DAYS))
    error = refusal("two-outlets-2023", tmp_path)
    assert isinstance(error, Conflict)
    assert str(error) == (
        f"{tmp_path} holds a replay of three-days, not of two-outlets-2023: name another folder with --state"
    )
    store = open_store(database_url(tmp_path))
    assert asyncio.run(store.read(lambda uow: uow.outlets.all())) == ()
    store.close()


def test_a_file_that_was_changed_is_another_scenario_though_its_name_is_the_same(tmp_path: Path) -> None:
    asyncio.run(claim(tmp_path, THREE_DAYS))
    fewer = replace(THREE_DAYS, sites=THREE_DAYS.sites[1:])
    with pytest.raises(Conflict, match="three-days as the file was before it was changed"):
        asyncio.run(claim(tmp_path, fewer))


def test_only_one_replay_plays_in_a_folder(tmp_path: Path) -> None:
    with instance_lock(database_url(tmp_path)):
        assert isinstance(refusal("three-days", tmp_path), Conflict)


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    error = refusal("three-days", tmp_path / "file")
    assert isinstance(error, ConfigError)
    assert (error.key, error.reason) == ("--state", "cannot be made: File exists")


def test_the_bookmark_keeps_the_step_that_was_begun_and_the_one_that_was_done(tmp_path: Path) -> None:
    async def turn() -> list[datetime | None]:
        await claim(tmp_path, THREE_DAYS)
        store = open_store(database_url(tmp_path))
        bookmark = Bookmark(store)
        try:
            found = [await bookmark.now(), await bookmark.done()]
            await bookmark.begin(TIMES[0])
            await bookmark.finish(TIMES[0])
            await bookmark.begin(TIMES[1])
            return [*found, await bookmark.now(), await bookmark.done()]
        finally:
            store.close()

    assert asyncio.run(turn()) == [None, None, TIMES[1], TIMES[0]]
