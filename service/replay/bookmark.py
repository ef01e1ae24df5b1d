"""Where a replay stands, kept in its own database: a replay that was killed goes on from there."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from pathlib import Path

from service.adapters.schema import upgrade
from service.adapters.store import open_store
from service.core.errors import Conflict
from service.lab.scenario_model import Scenario
from service.ports import Store, UnitOfWork
from service.replay.config import database_url

_SCENARIO, _NOW, _DONE = "replay.scenario", "replay.now", "replay.done"


async def claim(folder: Path, scenario: Scenario) -> None:
    """Make a folder's database one for this scenario alone; Conflict where it holds another's replay already.

    To be called before anything else is written there: outlets of two scenarios must never meet.
    """
    url = database_url(folder)
    upgrade(url)
    store = open_store(url)
    mark = _mark(scenario)

    def step(uow: UnitOfWork) -> str:
        known = uow.actions.get_state(_SCENARIO)
        if known is None:
            uow.actions.set_state(_SCENARIO, mark)
        return known or mark

    try:
        known = await store.write(step)
    finally:
        store.close()
    name, _, _ = known.rpartition(" ")
    if name != scenario.name:
        raise Conflict(f"{folder} holds a replay of {name}, not of {scenario.name}: name another folder with --state")
    if known != mark:
        raise Conflict(
            f"{folder} holds a replay of {name} as the file was before it was changed: name another folder with --state"
        )


class Bookmark:
    """The step under way and the last one done, as simulated times; None where there was none yet."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def now(self) -> datetime | None:
        """The step that was begun last."""
        return await self._get(_NOW)

    async def done(self) -> datetime | None:
        """The step that was finished last."""
        return await self._get(_DONE)

    async def begin(self, now: datetime) -> None:
        """A step begins; everything in it can be done twice without harm."""
        await self._set(_NOW, now)

    async def finish(self, now: datetime) -> None:
        """It is done."""
        await self._set(_DONE, now)

    async def _get(self, key: str) -> datetime | None:
        text = await self._store.read(lambda uow: uow.actions.get_state(key))
        return datetime.fromisoformat(text) if text else None

    async def _set(self, key: str, when: datetime) -> None:
        await self._store.write(lambda uow: uow.actions.set_state(key, when.isoformat()))


def _mark(scenario: Scenario) -> str:
    """Name and digest; the parts of a scenario are values and tuples, so equal ones read alike in every process."""
    text = repr(scenario).encode("utf-8", "surrogatepass")
    return f"{scenario.name} {sha256(text).hexdigest()[:16]}"
