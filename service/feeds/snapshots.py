"""Zone files and other whole lists of names: the difference with the day before goes to the matcher.

A new file is first kept, sorted (``kept_names``); then what it has more and less than the one kept before is taken in,
batch by batch; then the old one is given up. The cursor names both files and how much of the difference is done, so a
kill at any moment goes on from there, and a file that is not named is rubbish.

What was not in the zone the day before and is in it now was absent then, which dates it. What is in it no more is told
to the sites that are known. The first snapshot has no day before: all of it is new, and nothing is dated by it.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from service.core.errors import FeedUnavailable
from service.core.feed import FeedState
from service.core.feed_cursors import ListState, SnapshotCursor, shrunk, unchanged
from service.core.names import name as names
from service.core.names.zone import Order, difference
from service.feeds.follow import Batch, Feed, follow
from service.feeds.kept_names import in_the_order_of, keep, order_of, read_kept
from service.pipeline.watched import Watched
from service.ports import Clock, Store

_BATCH = 50_000
_ENDINGS = frozenset({".gz", ".txt", ".zone", ".csv", ".list"})


@dataclass(frozen=True, kw_only=True, slots=True)
class SnapshotPlan:
    """``every``: how often a file is looked at; ``late_after``: how long it may stay the same; ``keep``: our folder."""

    every: timedelta
    late_after: timedelta
    keep: Path


def snapshot_files(path: Path) -> list[Path]:
    """The file, or every file of the folder, by name; FeedUnavailable where there is none."""
    try:
        if not path.is_dir():
            path.stat()  # what is not there may have been a folder: the trouble is that of the whole
            return [path]
        return sorted(one for one in path.iterdir() if _counts(one))
    except OSError as error:
        raise FeedUnavailable(f"{path}: {error.strerror}") from error


def _counts(path: Path) -> bool:
    """What somebody is still downloading has another name by custom."""
    return path.is_file() and not path.name.startswith(".") and path.suffix not in {".part", ".tmp", ".crdownload"}


def zone_of(path: Path) -> str:
    """The zone by its file's name: ``com`` for ``com.txt.gz``."""
    stem = path
    while stem.suffix.lower() in _ENDINGS:
        stem = stem.with_suffix("")
    return "".join(char if char.isalnum() or char in ".-_" else "_" for char in stem.name.lower())


class Snapshot:
    """``follow.Feed`` over one file."""

    kind = "snapshot"

    def __init__(self, feed_id: str, path: Path, plan: SnapshotPlan) -> None:
        self.id = feed_id
        self.patience = 2 * plan.every + timedelta(minutes=5)
        self.news_within: timedelta | None = plan.late_after
        self._path, self._folder = path, plan.keep / feed_id.replace("/", "_")

    async def batches(self, state: FeedState) -> AsyncGenerator[Batch, None]:
        """What the file has more and less than before; FeedUnavailable where it cannot be read."""
        cursor = self._still_kept(SnapshotCursor.read(state.cursor))
        if cursor.next is None:
            version, modified = _version(self._path)
            if version == cursor.version:
                return
            digest = await asyncio.to_thread(_digest, self._path)
            if cursor.base is not None and digest == cursor.base.digest:
                known = replace(cursor, version=version)
                yield Batch(cursor=known.text, complaint=unchanged(cursor.base, modified))
                return
            cursor = await asyncio.to_thread(self._kept, cursor, version, digest, modified)
            yield Batch(cursor=cursor.text)
        async for batch in self._differences(cursor):
            yield batch

    def _still_kept(self, cursor: SnapshotCursor) -> SnapshotCursor:
        """The cursor without kept snapshots that somebody removed: without a base, all of the next one is new."""
        there = {one: one is not None and (self._folder / one.file).exists() for one in (cursor.base, cursor.next)}
        if not there[cursor.base] and cursor.base is not None:
            return SnapshotCursor()
        return cursor if there[cursor.next] else replace(cursor, next=None)

    def _kept(self, cursor: SnapshotCursor, version: str, digest: str, modified: datetime) -> SnapshotCursor:
        prefer = Order.LINES if cursor.base is None else order_of(cursor.base.file)
        kept = keep(self._path, self._folder, digest[:16], prefer)
        if not kept.count:
            raise FeedUnavailable(f"{self._path}: there is no name in it")
        found = ListState(file=kept.file, count=kept.count, digest=digest, at=modified)
        return replace(cursor, version=version, next=found, position=0)

    async def _differences(self, cursor: SnapshotCursor) -> AsyncGenerator[Batch, None]:
        """The batches after the cursor's position, then the one that makes the new snapshot the one to go by."""
        base, new = cursor.base, cursor.next
        if new is None:
            return
        complaint = shrunk(base, new)
        position, steps = 0, self._steps(base, new)
        while (step := await asyncio.to_thread(next, steps, None)) is not None:
            come, gone, unread = step
            position += len(come) + len(gone) + unread
            if position > cursor.position:
                cursor = replace(cursor, position=position)
                yield Batch(
                    names=come,
                    # Of a list that shrank by half nobody believes that the rest is gone.
                    gone=() if complaint else gone,
                    absent_at=None if base is None else base.at,
                    listed_at=None if base is None else new.at,
                    cursor=cursor.text,
                    skipped=unread,
                )
        done = SnapshotCursor(version=cursor.version, base=base if complaint else new)
        yield Batch(cursor=done.text, complaint=complaint, newest_at=new.at, news=True)
        await asyncio.to_thread(self._tidy, done)

    def _steps(self, base: ListState | None, new: ListState) -> Iterator[tuple[tuple[str, ...], tuple[str, ...], int]]:
        """(added, dropped, names that are none) in batches; the same ones however often it is asked."""
        order = order_of(new.file)
        before = iter(()) if base is None else in_the_order_of(self._folder, base.file, order)
        come, gone = list[bytes](), list[bytes]()
        for added, dropped in difference(before, read_kept(self._folder, new.file)):
            come += added
            gone += dropped
            while len(come) >= _BATCH or len(gone) >= _BATCH:
                yield _step(come[:_BATCH], gone[:_BATCH], order)
                come, gone = come[_BATCH:], gone[_BATCH:]
        if come or gone:
            yield _step(come, gone, order)

    def _tidy(self, cursor: SnapshotCursor) -> None:
        """Remove what the committed cursor does not name; whoever dies before leaves rubbish for the next time."""
        wanted = {one.file for one in (cursor.base, cursor.next) if one is not None}
        for path in self._folder.iterdir():
            if path.name not in wanted:
                path.unlink(missing_ok=True)


async def follow_snapshots(
    feed_id: str, path: Path, plan: SnapshotPlan, *, clock: Clock, store: Store, watched: Watched
) -> None:
    """Take in what is new of every file at ``path``; a folder that cannot be read is in trouble under its own id."""
    feeds: list[Feed] = []
    try:
        feeds += [Snapshot(f"{feed_id}/{zone_of(file)}", file, plan) for file in snapshot_files(path)]
        if await store.read(lambda uow: uow.feeds.get(feed_id)) is not None:
            feeds.append(_NoFolder(feed_id, plan, ""))  # it could not be read once; now it can, which ends that trouble
    except FeedUnavailable as error:
        feeds.append(_NoFolder(feed_id, plan, str(error)))
    for feed in feeds:
        await follow(feed, clock=clock, store=store, watched=watched)


class _NoFolder:
    """A feed that says why there are none."""

    kind = "snapshots"

    def __init__(self, feed_id: str, plan: SnapshotPlan, why: str) -> None:
        self.id, self._why = feed_id, why
        self.patience = 2 * plan.every + timedelta(minutes=5)
        self.news_within: timedelta | None = None

    async def batches(self, _state: FeedState) -> AsyncGenerator[Batch, None]:
        """Nothing but the error."""
        if self._why:
            raise FeedUnavailable(self._why)
        yield Batch()


def _step(come: list[bytes], gone: list[bytes], order: Order) -> tuple[tuple[str, ...], tuple[str, ...], int]:
    added, bad = _names(come, order)
    dropped, worse = _names(gone, order)
    return added, dropped, bad + worse


def _names(written: list[bytes], order: Order) -> tuple[tuple[str, ...], int]:
    """Names as the matcher takes them; what can be none is counted."""
    if not written:
        return (), 0
    shown = order.shown(b"\n".join(written)).decode("ascii", "replace").split("\n")
    good = tuple(name for name in shown if names.is_plain(name) or names.is_valid(name))
    return good, len(shown) - len(good)


def _version(path: Path) -> tuple[str, datetime]:
    try:
        stat = path.stat()
    except OSError as error:
        raise FeedUnavailable(f"{path}: {error.strerror}") from error
    return f"{stat.st_mtime_ns} {stat.st_size}", datetime.fromtimestamp(stat.st_mtime, UTC)


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise FeedUnavailable(f"{path}: {error.strerror}") from error
