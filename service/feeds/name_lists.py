"""Files with names (new registrations, exports, a colleague's list) as a feed: read again when they change.

The cursor is ``mtime_ns size names``: how far into which state of the file. A file that changed is read from its
start, since lists of new registrations are replaced, not appended to; admitting a known name changes nothing.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path

from service.core.errors import FeedUnavailable
from service.core.feed import FeedState
from service.feeds.follow import Batch
from service.feeds.name_streams import Skipped, read_batches

log = logging.getLogger("spoofwatch.feeds")

_BATCH = 50_000


class NameListFile:
    """One file; text, CSV (first column) or NDJSON, each also gzipped. ``every``: how often it is looked at."""

    kind = "names"

    def __init__(self, feed_id: str, path: Path, every: timedelta = timedelta(hours=1)) -> None:
        self.id = feed_id
        self.patience = 2 * every + timedelta(minutes=5)
        self.news_within: timedelta | None = None
        self._path = path

    async def batches(self, state: FeedState) -> AsyncGenerator[Batch, None]:
        """Names after the cursor, nothing where the file has not changed; FeedUnavailable where it cannot be read."""
        try:
            stat = self._path.stat()
            stream = self._path.open("rb")
        except OSError as error:
            raise FeedUnavailable(f"{self._path}: {error.strerror}") from error
        version = f"{stat.st_mtime_ns} {stat.st_size}"
        known, _, line = state.cursor.rpartition(" ")
        done = int(line) if known == version and line.isdigit() else 0
        skipped = Skipped()
        with stream:
            position = 0
            for names in read_batches(stream, skipped, _BATCH):
                position += len(names)
                if position > done:
                    yield Batch(names=tuple(names), cursor=f"{version} {position}")
        for number, text, reason in skipped.samples:
            log.warning("%s line %d: %r: %s", self._path, number, text, reason)
