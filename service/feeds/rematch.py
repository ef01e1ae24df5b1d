"""Outlets that are new on the list are looked for among what is known already: known sites and kept snapshots.

No feed's cursor is moved back for that. What is under way is one value in the database, saved in the transaction that
admits, so a kill at any moment repeats at most the batch under way. An outlet that is added or changed while this goes
on has its turn afterwards. Names are matched with the one index that is whole at that moment; only the matches of the
outlets concerned are admitted.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from hashlib import sha256
from pathlib import Path

from service.core.errors import FeedUnavailable
from service.core.feed_cursors import SnapshotCursor
from service.core.model import Outlet
from service.core.names import name as names
from service.feeds.kept_names import order_of, read_kept
from service.pipeline.admit import admit_all, merge
from service.pipeline.watched import Watched
from service.ports import Clock, Store, UnitOfWork

SOURCE = "rematch"
_KEY = "rematch"
_SITES = "sites"
_BATCH = 50_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Work:
    """``done``: what of each outlet was looked for already. ``outlets``: those looked for now.

    ``place`` is ``sites`` or the id of a snapshot's feed, ``after`` the last host or the number of names that are done.
    """

    done: Mapping[str, str] = field(default_factory=dict)
    outlets: Mapping[str, str] = field(default_factory=dict)
    place: str = ""
    after: str = ""

    @property
    def text(self) -> str:
        """As it is stored."""
        return json.dumps(asdict(self))

    @classmethod
    def read(cls, text: str | None) -> Work:
        """What is stored; nothing done where there is nothing."""
        try:
            return cls(**json.loads(text or "{}"))
        except (ValueError, TypeError):
            return cls()


class Rematcher:
    """``run`` does all that is to be done. ``keep`` is the folder of kept snapshots."""

    def __init__(self, keep: Path, *, clock: Clock, store: Store, watched: Watched) -> None:
        self._keep, self._clock, self._store, self._watched = keep, clock, store, watched

    async def run(self) -> int:
        """Look for outlets that are new or have other names than before; how many sites that made new or due."""
        work = Work.read(await self._store.read(lambda uow: uow.actions.get_state(_KEY)))
        outlets = (await self._watched.now()).outlets.values()
        if not work.outlets:
            wanted = {outlet.id: _mark(outlet) for outlet in outlets}
            new = {name: mark for name, mark in wanted.items() if work.done.get(name) != mark}
            if not new:
                return 0
            work = replace(work, outlets=new, place=_SITES, after="")
        admitted = 0
        if work.place == _SITES:
            work, admitted = await self._sites(work)
        for feed_id, cursor in await self._snapshots():
            if feed_id >= work.place:
                work, more = await self._snapshot(work, feed_id, cursor)
                admitted += more
        await self._save(Work(done={**work.done, **work.outlets}), ())
        return admitted

    async def _sites(self, work: Work) -> tuple[Work, int]:
        admitted = 0
        while True:
            hosts = await self._hosts(work.after)
            if not hosts:
                return replace(work, place="", after=""), admitted
            work = replace(work, after=hosts[-1])
            admitted += await self._save(work, hosts)

    async def _hosts(self, after: str) -> tuple[str, ...]:
        return await self._store.read(lambda uow: uow.listings.hosts(after, _BATCH))

    async def _snapshots(self) -> list[tuple[str, SnapshotCursor]]:
        states = await self._store.read(lambda uow: uow.feeds.all())
        kept = [(state.id, SnapshotCursor.read(state.cursor)) for state in states if state.kind == "snapshot"]
        return sorted((feed_id, cursor) for feed_id, cursor in kept if cursor.base is not None)

    async def _snapshot(self, work: Work, feed_id: str, cursor: SnapshotCursor) -> tuple[Work, int]:
        """All names of the snapshot that is kept; one that was replaced meanwhile is read by its successor's turn."""
        done = int(work.after) if work.place == feed_id and work.after.isdigit() else 0
        admitted, position = 0, 0
        reading = self._names(feed_id, cursor)
        while (found := await asyncio.to_thread(next, reading, None)) is not None:
            position += len(found)
            if position > done:
                work = replace(work, place=feed_id, after=str(position))
                admitted += await self._save(work, found)
        return replace(work, place=feed_id, after=""), admitted

    def _names(self, feed_id: str, cursor: SnapshotCursor) -> Iterator[tuple[str, ...]]:
        if cursor.base is None:
            return
        order = order_of(cursor.base.file)
        try:
            for block in read_kept(self._keep / feed_id.replace("/", "_"), cursor.base.file):
                shown = order.shown(b"\n".join(block)).decode("ascii", "replace").split("\n")
                yield tuple(name for name in shown if names.is_plain(name) or names.is_valid(name))
        except FeedUnavailable:
            return  # The feed itself says so, and its next snapshot is taken in whole.

    async def _save(self, work: Work, found: tuple[str, ...]) -> int:
        knowledge = await self._watched.now()
        matches = await asyncio.to_thread(knowledge.index.match, found) if found else []
        admissions = merge([one for one in matches if one.outlet in work.outlets], SOURCE)

        def step(uow: UnitOfWork) -> int:
            uow.actions.set_state(_KEY, work.text)
            return admit_all(uow, admissions, self._clock)

        return await self._store.write(step)


def _mark(outlet: Outlet) -> str:
    """Changes with whatever names are matched by."""
    told = repr((outlet.name, outlet.confirmed_domains, outlet.labels, outlet.country, outlet.languages))
    return sha256(told.encode()).hexdigest()[:16]
