"""Lists of names that are replaced, or that come one after another: files, folders, addresses of the web.

Each list is read from its start and taken in batch by batch; the cursor says which lists are done and how much of the
one under way. Lists of new registrations are replaced, not appended to, and admitting a known name changes nothing. A
list that comes again as it was, or with less than half the names of the one before, is told of, and so is one that is
late; when the next good one comes, that is told too.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import zipfile
import zlib
from collections.abc import AsyncGenerator, Generator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Protocol

from service.core.errors import FeedUnavailable
from service.core.feed import FeedState
from service.core.feed_cursors import ListCursor, ListState, shrunk, unchanged
from service.feeds.follow import Batch
from service.feeds.name_streams import Skipped, read_dated
from service.ports import Clock, Downloads, Store

log = logging.getLogger("spoofwatch.feeds")

_BATCH = 50_000
_AGAIN = timedelta(minutes=15)
_MOST_TIMES, _ALWAYS = 100, 1 << 30
"""Names shrink to a third or a fifth. What would grow to more than so many times its size, beyond a GiB, is no list."""
_ENCRYPTED = 1  # a bit of a member's flags (APPNOTE.TXT of PKWARE, 4.4.4)
_UNFINISHED = frozenset({".part", ".tmp", ".crdownload"})
"""What somebody is still writing has such a name by custom."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ListFile:
    """A list at hand. ``version`` tells it from what stood under this name before; ``at``: the time that it is of."""

    name: str
    version: str
    path: Path
    at: datetime


class ListSource(Protocol):
    """Where lists are."""

    async def new(self, cursor: ListCursor) -> Sequence[ListFile]:
        """Lists that the cursor does not have as done, the oldest first; FeedUnavailable where they cannot be had."""


class LocalLists:
    """A file, or every file of a folder by name, which is by day where names begin with one."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def new(self, cursor: ListCursor) -> Sequence[ListFile]:
        """Files whose time or size is another than when they were taken in."""
        try:
            found = [_at_hand(path) for path in self._files()]
        except OSError as error:
            raise FeedUnavailable(f"{error.filename or self._path}: {error.strerror}") from error
        return [one for one in found if cursor.done.get(one.name) != one.version]

    def _files(self) -> list[Path]:
        if not self._path.is_dir():
            return [self._path]
        files = (path for path in self._path.iterdir() if path.is_file() and not path.name.startswith("."))
        return sorted(path for path in files if path.suffix not in _UNFINISHED)


class WebList:
    """One address that is asked for news (RFC 9110 13.1): downloaded whole into ``folder`` before it is read."""

    def __init__(self, url: str, downloads: Downloads, folder: Path) -> None:
        self._url, self._downloads, self._folder = url, downloads, folder

    async def new(self, cursor: ListCursor) -> Sequence[ListFile]:
        """The list, unless it is the one that was taken in last. What was under way is gone on with unasked."""
        if cursor.under_way is not None and (kept := self._kept(cursor.under_way[1])).exists():
            at = datetime.fromtimestamp(kept.stat().st_mtime, UTC)
            return [ListFile(name=self._url, version=cursor.under_way[1], path=kept, at=at)]
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            for rubbish in self._folder.iterdir():
                rubbish.unlink()
            begun = self._folder / "list.part"
            saved = await self._downloads.save(self._url, begun, cursor.done.get(self._url, ""))
            if not saved.new:
                return []
            version = saved.version or await asyncio.to_thread(_digest, begun)
            kept = begun.replace(self._kept(version))
        except OSError as error:
            raise FeedUnavailable(f"{self._folder}: {error.strerror}") from error
        at = saved.modified_at or datetime.fromtimestamp(kept.stat().st_mtime, UTC)
        os.utime(kept, (at.timestamp(), at.timestamp()))
        return [ListFile(name=self._url, version=version, path=kept, at=at)]

    def _kept(self, version: str) -> Path:
        return self._folder / f"{hashlib.sha256(version.encode()).hexdigest()[:24]}.list"


class NameLists:
    """``follow.Feed`` over lists. ``every``: how often is looked; ``late_after``: how long nothing new may come."""

    kind = "names"

    def __init__(
        self, feed_id: str, source: ListSource, *, every: timedelta = timedelta(hours=1), late_after: timedelta | None
    ) -> None:
        self.id = feed_id
        self.patience = 2 * every + timedelta(minutes=5)
        self.news_within = late_after
        self._source = source

    async def batches(self, state: FeedState) -> AsyncGenerator[Batch, None]:
        """Names of the lists that are new; FeedUnavailable where one cannot be read."""
        cursor = ListCursor.read(state.cursor)
        for one in await self._source.new(cursor):
            digest = await asyncio.to_thread(_digest, one.path)
            last = cursor.last
            if last is not None and digest == last.digest:
                cursor = _done(cursor, one, last)
                yield Batch(cursor=cursor.text, complaint=unchanged(last, one.at))
                continue
            if cursor.under_way != (one.name, one.version):
                cursor = replace(cursor, under_way=(one.name, one.version), position=0)
            position, skipped = 0, Skipped()
            reading = _read(one.path, skipped)
            try:
                while (step := await asyncio.to_thread(next, reading, None)) is not None:
                    position += len(step[0])
                    if position > cursor.position:
                        cursor = replace(cursor, position=position)
                        yield _batch(step, one, cursor)
            finally:
                reading.close()
            now = ListState(file=one.name, count=position, digest=digest, at=one.at)
            complaint = _complaint(last, now, skipped)
            # What shrank is no measure for the next one.
            cursor = _done(cursor, one, last if last is not None and shrunk(last, now) else now)
            yield Batch(
                cursor=cursor.text, complaint=complaint, newest_at=one.at, skipped=skipped.count, news=position > 0
            )
            for number, text, reason in skipped.samples:
                log.warning("%s line %d: %r: %s", one.path, number, text, reason)


async def is_due(feed: NameLists, every: timedelta, clock: Clock, store: Store) -> bool:
    """Whether a list's turn has come: every so often, sooner after a failure, at once where one is under way."""
    state = await store.read(lambda uow: uow.feeds.get(feed.id))
    if state is None or state.asked_at is None or ListCursor.read(state.cursor).under_way is not None:
        return True
    return clock.now() - state.asked_at >= (min(every, _AGAIN) if state.error else every)


def _batch(step: tuple[list[str], list[str]], one: ListFile, cursor: ListCursor) -> Batch:
    return Batch(names=tuple(step[0]), dates=tuple(step[1]), listed_at=one.at, cursor=cursor.text)


def _done(cursor: ListCursor, one: ListFile, last: ListState) -> ListCursor:
    done = {name: version for name, version in cursor.done.items() if name != one.name}
    return ListCursor(done={**done, one.name: one.version}, last=last)


def _complaint(last: ListState | None, now: ListState, skipped: Skipped) -> str:
    broken = next((reason for line, _, reason in skipped.samples if line == 0), "")
    if broken:
        return f"{now.file} was read to its {now.count:,}th name only: {broken}"
    return shrunk(last, now) or ("" if now.count else f"{now.file} has no name in it")


def _read(path: Path, skipped: Skipped) -> Generator[tuple[list[str], list[str]], None, None]:
    """Batches of (names, dates) of a list, or of every file in a ZIP; FeedUnavailable where it cannot be read."""
    try:
        most = max(_ALWAYS, _MOST_TIMES * path.stat().st_size)
        with path.open("rb") as stream:
            if not zipfile.is_zipfile(stream):
                stream.seek(0)
                yield from read_dated(stream, skipped, _BATCH, most)
                return
            with zipfile.ZipFile(stream) as packed:
                # No more is ever unpacked of a member than its entry says (zipfile.ZipExtFile), so the sum is a bound.
                unpacked = sum(member.file_size for member in packed.infolist())
                if unpacked > most:
                    raise FeedUnavailable(f"{path}: would unpack to {unpacked:,} octets, {most:,} at most are believed")
                for member in packed.infolist():
                    if not member.is_dir():
                        with _opened(packed, member) as inner:
                            yield from read_dated(inner, skipped, _BATCH)
    except OSError as error:
        raise FeedUnavailable(f"{path}: {error.strerror or error}") from error
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        # zipfile's own error, that of its unpacking, and that of a member which ends before its entry says.
        raise FeedUnavailable(f"{path}: the ZIP cannot be read: {error}") from error


def _opened(packed: zipfile.ZipFile, member: zipfile.ZipInfo) -> IO[bytes]:
    """A member to be read; BadZipFile where it cannot be."""
    if member.flag_bits & _ENCRYPTED:
        raise zipfile.BadZipFile(f"{member.filename} in it is encrypted")
    try:
        return packed.open(member)
    except NotImplementedError as error:
        # zipfile's word for a member that is packed in a way which it does not know: the list's fault, not ours.
        raise zipfile.BadZipFile(f"{member.filename} in it: {error}") from error


def _at_hand(path: Path) -> ListFile:
    stat = path.stat()
    at = datetime.fromtimestamp(stat.st_mtime, UTC)
    return ListFile(name=path.name, version=f"{stat.st_mtime_ns} {stat.st_size}", path=path, at=at)


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise FeedUnavailable(f"{path}: {error.strerror}") from error
