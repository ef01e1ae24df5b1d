"""The one loop of all sources: batches -> match -> admit, and the source's cursor in the same transaction.

A cursor never runs ahead of what was admitted; a kill repeats at most the batch under way, and admitting twice
changes nothing.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from service.core.model import Admission
from service.pipeline.admit import admit_all, merge
from service.pipeline.watched import Watched
from service.ports import Clock, Store, UnitOfWork


@dataclass(frozen=True, kw_only=True, slots=True)
class Batch:
    """Names, and the cursor that is true once they are admitted."""

    names: tuple[str, ...]
    cursor: str


class Feed(Protocol):
    """A source of names."""

    id: str

    def batches(self, since: str | None) -> AsyncIterator[Batch]:
        """Everything after the cursor ``since``; ends when there is nothing more for now."""


async def follow(feed: Feed, *, clock: Clock, store: Store, watched: Watched) -> int:
    """Take in what a feed has; how many names were read."""
    key = f"feed.cursor:{feed.id}"
    since = await store.read(lambda uow: uow.actions.get_state(key))
    knowledge = await watched.now()
    read = 0
    async for batch in feed.batches(since):
        admissions = merge(knowledge.index.match(list(batch.names)), f"feed:{feed.id}")
        await store.write(partial(_save, admissions, key, batch.cursor, clock))
        read += len(batch.names)
    return read


def _save(admissions: list[Admission], key: str, cursor: str, clock: Clock, uow: UnitOfWork) -> None:
    admit_all(uow, admissions, clock)
    uow.actions.set_state(key, cursor)
