"""The two protocols by which certificate transparency logs are read, behind one face.

Static logs (c2sp.org/static-ct-api) serve checkpoints and tiles of 256 entries; where a log offers names tiles
(Sunlight's names-tiles.md) those are read, a fraction of the bytes and no certificates to parse. Older logs answer
``get-sth`` and ``get-entries`` (RFC 6962 4.3, 4.6), with as few entries at a time as they like.

What is verified: signatures of tree heads, always; consistency of heads, as often as the feed asks; that entries say
the index that they stand at, and that a tile which grew still begins with what it held. Not verified: inclusion of each
entry in the tree. A name is a lead here, not evidence, and a log that lies about it is caught by its auditors.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from http import HTTPStatus
from typing import Protocol

from service.core.errors import AnswerTooLarge, FeedUnavailable
from service.core.facts import merkle
from service.core.facts.log_entries import BadEntries, LogEntry, read_data_tile, read_get_entries, read_names_tile
from service.core.facts.log_list import CtLog
from service.core.facts.tree_head import BadTreeHead, TreeHead, read_checkpoint, read_sth
from service.core.watermark import Span
from service.ports import Downloads

MOST_HEAD = 64 << 10
MOST_TILE = 32 << 20
"""Bytes of a tile that are read: usual ones have one or two megabytes, 256 certificates of the largest chains less."""

MOST_ENTRIES = 512
"""Entries that ``get-entries`` is asked for at once; logs answer with 32 to 1,024."""

_MOST_ROUNDS = 32
_GONE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE, HTTPStatus.FORBIDDEN})


class Missing(Exception):
    """What the signed tree head promises is not there, or is not what it should be; the message says what."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Chunk:
    """Entries from ``start`` on. ``complaint``: what is wrong with them though they can be read, in words."""

    start: int
    entries: Sequence[LogEntry]
    complaint: str = ""

    @property
    def span(self) -> Span:
        """Which entries these are."""
        return Span(self.start, self.start + len(self.entries))


class LogSource(Protocol):
    """One log, read."""

    async def head(self) -> TreeHead:
        """The newest tree head, its signature verified. FeedUnavailable where there is none that can be believed."""

    async def read(self, span: Span, size: int) -> Chunk:
        """Entries from the start of ``span``, as many of it as come at once, in a tree of ``size`` entries.

        Missing where they are not there, FeedUnavailable where the log does not answer at present.
        """

    async def proof(self, first: int, second: int) -> list[bytes]:
        """The consistency proof between trees of two sizes; errors as for ``read``."""

    def whole(self, size: int) -> int:
        """How many of ``size`` entries can be read in answers that will never grow."""


class StaticLog:
    """A log in tiles. ``name_tiles`` False: names are taken from certificates even where the log offers names."""

    def __init__(self, log: CtLog, downloads: Downloads, *, name_tiles: bool = True) -> None:
        self._log, self._downloads = log, downloads
        self._name_tiles: bool | None = None if name_tiles else False
        self._grown = (-1, 0, b"")

    async def head(self) -> TreeHead:
        """The checkpoint."""
        url = f"{self._log.url}checkpoint"
        try:
            text = (await _answer(self._downloads, url, MOST_HEAD)).decode("utf-8", "replace")
            return read_checkpoint(text, self._log.log_id, self._log.key)
        except (BadTreeHead, Missing) as error:
            raise FeedUnavailable(f"{url}: {error}") from error

    async def read(self, span: Span, size: int) -> Chunk:
        """The rest of the tile that ``span`` begins in. A partial tile that is gone has become a whole one."""
        number = span.start // merkle.TILE_WIDTH
        first = number * merkle.TILE_WIDTH
        width = min(merkle.TILE_WIDTH, size - first)
        try:
            entries, complaint = await self._tile(number, width)
        except Missing:
            if width == merkle.TILE_WIDTH:
                raise
            entries, complaint = await self._tile(number, merkle.TILE_WIDTH)
        wanted = entries[span.start - first : min(span.end - first, width)]
        wrong = next((at for at, entry in enumerate(wanted, span.start) if entry.index not in (None, at)), None)
        if wrong is not None:
            complaint = f"changed: the entry in place {wrong} says that it is another"
        return Chunk(start=span.start, entries=wanted, complaint=complaint)

    async def proof(self, first: int, second: int) -> list[bytes]:
        """The proof, made from the hashes in tiles."""
        wanted = merkle.consistency_nodes(first, second)
        places = {node: merkle.tile_of(node, second) for part in wanted for node in part}
        tiles = {
            place: await _answer(self._downloads, self._log.url + merkle.tile_path(*place), MOST_HEAD)
            for place in dict.fromkeys(places.values())
        }
        try:
            hashes = {node: merkle.node_in(node, tiles[place]) for node, place in places.items()}
        except ValueError as error:
            raise Missing(f"a tile of hashes is cut short: {error}") from error
        return [merkle.subtree(part, hashes.__getitem__) for part in wanted]

    def whole(self, size: int) -> int:
        """Up to the last full tile."""
        return size - size % merkle.TILE_WIDTH

    async def _tile(self, number: int, width: int) -> tuple[list[LogEntry], str]:
        """All entries of a tile, and a complaint where it does not begin with what it held when it was partial."""
        body, entries = await self._names_or_data(number, width)
        if len(entries) != width:
            raise Missing(f"tile {number} has {len(entries)} entries instead of {width}")
        known, length, digest = self._grown
        changed = known == number and sha256(body[:length]).digest() != digest
        self._grown = (number, len(body), sha256(body).digest())
        return entries, f"changed: tile {number} holds other entries than before" if changed else ""

    async def _names_or_data(self, number: int, width: int) -> tuple[bytes, list[LogEntry]]:
        if self._name_tiles is not False:
            try:
                body = await _answer(self._downloads, self._url("names", number, width), MOST_TILE)
                self._name_tiles = True
                return body, await _read(read_names_tile, body)
            except Missing:
                if self._name_tiles:
                    raise
        body = await _answer(self._downloads, self._url("data", number, width), MOST_TILE)
        # Only a data tile that is there says that this log has no names tiles.
        self._name_tiles = False
        return body, await _read(read_data_tile, body)

    def _url(self, kind: str, number: int, width: int) -> str:
        return self._log.url + merkle.tile_path(kind, number, width)


class Rfc6962Log:
    """A log that answers ``get-sth`` and ``get-entries``."""

    def __init__(self, log: CtLog, downloads: Downloads, *, at_once: int = MOST_ENTRIES) -> None:
        self._log, self._downloads = log, downloads
        self._at_once = at_once

    async def head(self) -> TreeHead:
        """The signed tree head."""
        url = f"{self._log.url}ct/v1/get-sth"
        try:
            text = (await _answer(self._downloads, url, MOST_HEAD)).decode("utf-8", "replace")
            return read_sth(text, self._log.key)
        except (BadTreeHead, Missing) as error:
            raise FeedUnavailable(f"{url}: {error}") from error

    async def read(self, span: Span, size: int) -> Chunk:
        """As many entries as the log gives at once; half as many are asked for where they were too large together."""
        count = min(self._at_once, span.end - span.start, size - span.start)
        for _ in range(_MOST_ROUNDS):
            url = f"{self._log.url}ct/v1/get-entries?start={span.start}&end={span.start + count - 1}"
            try:
                body = await _answer(self._downloads, url, MOST_TILE)
            except Missing as error:
                if count == 1 or not isinstance(error.__cause__, AnswerTooLarge):
                    raise
                count //= 2
                continue
            entries = (await _read(read_get_entries, body))[:count]
            if not entries:
                raise Missing(f"get-entries gives nothing from {span.start} on")
            return Chunk(start=span.start, entries=entries)
        raise Missing(f"entry {span.start} is larger than {MOST_TILE} bytes")

    async def proof(self, first: int, second: int) -> list[bytes]:
        """The proof as the log gives it (RFC 6962 4.4)."""
        url = f"{self._log.url}ct/v1/get-sth-consistency?first={first}&second={second}"
        return _proof(await _answer(self._downloads, url, MOST_HEAD))

    def whole(self, size: int) -> int:
        """All of them: what is read of an entry does not depend on those behind it."""
        return size


def _proof(body: bytes) -> list[bytes]:
    try:
        return [base64.b64decode(node, validate=True) for node in json.loads(body)["consistency"]]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Missing("the consistency proof is not JSON with hashes") from error


async def _answer(downloads: Downloads, url: str, most: int) -> bytes:
    """The body of a good answer; Missing where the server says that there is none, FeedUnavailable else."""
    try:
        answer = await downloads.get(url, most)
    except AnswerTooLarge as error:
        raise Missing(str(error)) from error
    if answer.status == HTTPStatus.OK:
        return answer.body
    if answer.status in _GONE:
        raise Missing(f"{url} answers {answer.status}")
    raise FeedUnavailable(f"{url} answers {answer.status}", answer.retry_after)


async def _read(read: _Reading, body: bytes) -> list[LogEntry]:
    """Off the loop: a tile of certificates takes tens of milliseconds."""
    try:
        return await asyncio.to_thread(read, body)
    except BadEntries as error:
        raise Missing(str(error)) from error


class _Reading(Protocol):
    def __call__(self, body: bytes, /) -> list[LogEntry]: ...
