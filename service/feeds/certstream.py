"""Certificates as a certstream-server-go streams them: JSON over a websocket, nothing kept on either side.

What is sent while nobody listens is lost, so there is no watermark here and no gap that could be filled; the state
says when it was last heard. Messages are those of the server's README: ``certificate_update`` with
``data.leaf_cert.all_domains``, ``dns_entries`` with the names alone, ``heartbeat``.
"""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncGenerator, Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from service.core.errors import FeedUnavailable, StoreUnavailable
from service.core.facts.log_entries import MOST_NAMES, LogEntry, host_names
from service.core.feed import FeedState
from service.feeds.certificates import Folded, match_names
from service.feeds.follow import Batch, follow
from service.pipeline.watched import Watched
from service.ports import Clock, MessageStream, Store

log = logging.getLogger("spoofwatch.feeds")

MOST_AT_ONCE = 1_000
"""Messages in one batch; fewer where they come slowly."""

_GATHER = timedelta(seconds=1)
_SILENCE = 60.0
"""Seconds without any message after which the connection is made anew: a dead one looks just like a quiet one."""

_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 300.0


def read_message(text: str, now: datetime) -> LogEntry | None:
    """The certificate in a message; None for what has none (heartbeats). ValueError where it is no message at all."""
    try:
        given = json.loads(text)
        kind, data = given.get("message_type"), given.get("data")
        if kind == "dns_entries":
            return _entry(data, sorted(data), now)
        if kind != "certificate_update":
            return None
        leaf = data["leaf_cert"]
        # Issuer and serial number: the same for the precertificate, the certificate, and every log they come from.
        identity = [leaf["issuer"]["aggregated"], leaf["serial_number"]] if leaf.get("serial_number") else leaf
        seen = data.get("seen")
        at = datetime.fromtimestamp(seen, UTC) if isinstance(seen, int | float) else now
        return _entry([*leaf["all_domains"], leaf["subject"].get("CN") or ""], identity, at)
    except (KeyError, TypeError, AttributeError, OverflowError, OSError, RecursionError) as error:
        raise ValueError("not a message of certstream") from error


def _entry(given: list[Any], identity: Any, at: datetime) -> LogEntry:
    if not all(isinstance(name, str) for name in given):
        raise TypeError("a name that is no text")
    return LogEntry(host_names(given[:MOST_NAMES]), at, sha256(json.dumps(identity).encode()).digest())


class Certstream:
    """``follow.Feed`` over a stream; its batches end only when the stream does, or when ``room`` says no."""

    kind = "certstream"

    def __init__(
        self,
        feed_id: str,
        stream: MessageStream,
        *,
        clock: Clock,
        patience: timedelta,
        room: Callable[[], bool] = lambda: True,
    ) -> None:
        self.id = feed_id
        self.patience = patience
        self.news_within: timedelta | None = None
        self._stream, self._clock, self._room = stream, clock, room
        self._folded = Folded()

    async def batches(self, _state: FeedState) -> AsyncGenerator[Batch, None]:
        """Connect and listen; FeedUnavailable where that fails, or when the stream ends or falls silent."""
        await self._stream.open()
        try:
            yield Batch()
            while self._room():
                batch, entries = await self._gathered()
                yield batch
                self._folded.remember(entries)
            raise FeedUnavailable("the disk is full: what comes now is lost, nobody listens until there is more room")
        finally:
            await self._stream.close()

    async def _gathered(self) -> tuple[Batch, list[LogEntry]]:
        """What comes within a second, or at most ``MOST_AT_ONCE``. While it is taken in, the server waits."""
        entries, unread = list[LogEntry](), 0
        message = await self._stream.receive(_SILENCE)
        if message is None:
            raise FeedUnavailable(f"nothing came for {_SILENCE:.0f} seconds")
        began = self._clock.now()
        while message is not None:
            try:
                entry = read_message(message, began)
            except ValueError:
                unread += 1
            else:
                entries += [] if entry is None else [entry]
            left = (began + _GATHER - self._clock.now()).total_seconds()
            if left <= 0 or len(entries) >= MOST_AT_ONCE:
                break
            message = await self._next(left)
        fresh = self._folded.fresh(entries)
        batch = Batch(
            names=match_names(fresh),
            together=tuple(entry.hosts for entry in fresh if entry.hosts),
            newest_at=max((entry.at for entry in entries), default=None),
            skipped=unread,
        )
        return batch, fresh

    async def _next(self, seconds: float) -> str | None:
        """The next message; None also where the stream has ended, so that what came before is taken in.

        Whoever asks again is told of the end.
        """
        try:
            return await self._stream.receive(seconds)
        except FeedUnavailable:
            return None


class StreamFollower:
    """Listens, and connects again when the stream ends, ever more slowly while it fails. ``run`` never returns."""

    def __init__(self, feed: Certstream, *, clock: Clock, store: Store, watched: Watched) -> None:
        self.name = feed.id
        self._feed, self._clock, self._store, self._watched = feed, clock, store, watched

    async def run(self) -> None:
        """Until it is cancelled."""
        pause = _FIRST_PAUSE
        while True:
            try:
                read = await follow(self._feed, clock=self._clock, store=self._store, watched=self._watched)
            except StoreUnavailable as error:
                log.warning("feed %s waits for the database: %s", self.name, error)
                read = 0
            pause = _FIRST_PAUSE if read else min(2 * pause, _LONGEST_PAUSE)
            await self._clock.sleep(pause)
