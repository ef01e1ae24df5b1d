"""Files with names (new registrations, exports, a colleague's list) as a feed: read again when they change.

The cursor is ``mtime_ns size names``: how far into which state of the file. A file that changed is read from its
start, since lists of new registrations are replaced, not appended to; admitting a known name changes nothing.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from pathlib import Path

from service.feeds.follow import Batch
from service.feeds.name_streams import Skipped, read_batches

log = logging.getLogger("spoofwatch.feeds")

_BATCH = 50_000


class NameListFile:
    """One file; text, CSV (first column) or NDJSON, each also gzipped."""

    def __init__(self, feed_id: str, path: Path) -> None:
        self.id = feed_id
        self._path = path

    async def batches(self, since: str | None) -> AsyncIterator[Batch]:
        """Names after the cursor, nothing where the file has not changed or is not there."""
        if not self._path.is_file():
            return
        stat = self._path.stat()
        state = f"{stat.st_mtime_ns} {stat.st_size}"
        known, _, line = (since or "").rpartition(" ")
        done = int(line) if known == state and line.isdigit() else 0
        skipped = Skipped()
        with self._path.open("rb") as stream:
            position = 0
            for names in read_batches(stream, skipped, _BATCH):
                position += len(names)
                if position > done:
                    yield Batch(names=tuple(names), cursor=f"{state} {position}")
        for number, text, reason in skipped.samples:
            log.warning("%s line %d: %r: %s", self._path, number, text, reason)
