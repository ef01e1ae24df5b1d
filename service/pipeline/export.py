"""Exports into a file: one consistent read, one entry at a time, and a serial for zones that only grows."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import BinaryIO

from service.core.errors import NotFound
from service.core.exports import misp
from service.core.exports.context import Context
from service.core.exports.entry import Entry
from service.core.exports.formats import FORMATS, Writer
from service.core.exports.protection import Protection
from service.pipeline.watched import Knowledge, Watched
from service.ports import Clock, Store, UnitOfWork

_UNNUMBERED = 1_000_000_000
"""Stands for a zone's serial until it is known: as many digits as the time in seconds has until 2286."""

_EMPTY = datetime(2022, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class ExportPlan:
    """``organisation`` is named as author; ``tlp`` marks everything that nobody marked more strictly.

    ``zone`` is the response policy zone's name, ``popular`` further names that are never blocked.
    """

    organisation: str = "Spoofwatch"
    tlp: str = "green"
    zone: str = "spoofwatch.rpz"
    popular: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Chosen:
    """Which entries: of these outlets (None: of all), changed after a time, being served now."""

    outlets: tuple[str, ...] | None = None
    changed_after: datetime | None = None
    live: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Written:
    """``digest`` is the SHA-256 of what was written, in hexadecimal; ``size`` in bytes."""

    digest: str
    size: int


class Exporter:
    """Writes every format."""

    def __init__(self, *, clock: Clock, store: Store, watched: Watched, plan: ExportPlan) -> None:
        self._clock, self._store, self._watched, self._plan = clock, store, watched, plan

    async def write(self, name: str, chosen: Chosen, file: BinaryIO) -> Written:
        """Write one format (a key of ``FORMATS``) to ``file``, which is open for reading and writing. NotFound else."""
        found = FORMATS.get(name)
        if found is None:
            raise NotFound(f"there is no format {name}; there are {', '.join(FORMATS)}")
        written = await self._render(found.write, chosen, file)
        return await self._numbered(chosen, file, written) if name == "rpz" else written

    async def write_feed_file(self, name: str, file: BinaryIO) -> Written:
        """Write one file of the MISP feed: ``manifest.json``, ``hashes.csv``, ``<event>.json``. NotFound else."""
        if name == "manifest.json":
            return await self._render(misp.manifest, Chosen(), file)
        if name == "hashes.csv":
            return await self._render(misp.hashes, Chosen(), file)
        outlet = (await self.feed_files()).get(name)
        if outlet is None:
            raise NotFound(f"the feed has no file {name}; its manifest names those that it has")

        def event(entries: Iterable[Entry], context: Context) -> Iterator[str]:
            return misp.event(outlet, entries, context)

        return await self._render(event, Chosen(outlets=(outlet,)), file)

    async def feed_files(self) -> dict[str, str]:
        """The events' files of the MISP feed, and the outlet of each."""
        knowledge = await self._watched.now()

        def step(uow: UnitOfWork) -> dict[str, str]:
            context = self._context(uow, knowledge)
            return {f"{misp.event_uuid(outlet, context)}.json": outlet for outlet in uow.exports.outlets()}

        return await self._store.read(step)

    async def _render(self, write: Writer, chosen: Chosen, file: BinaryIO) -> Written:
        knowledge = await self._watched.now()

        def step(uow: UnitOfWork) -> Written:
            context = self._context(uow, knowledge)
            entries = uow.exports.entries(chosen.outlets, chosen.changed_after, live=chosen.live)
            return _copied(write(entries, context), file.write)

        return await self._store.read(step)

    def _context(self, uow: UnitOfWork, knowledge: Knowledge) -> Context:
        plan = self._plan
        return Context(
            organisation=plan.organisation,
            outlets=knowledge.outlets,
            protection=Protection(knowledge.watchlist, plan.popular),
            changed_at=uow.exports.changed_at() or _EMPTY,
            serial=_UNNUMBERED,
            tlp=plan.tlp,
            zone=plan.zone,
        )

    async def _numbered(self, chosen: Chosen, file: BinaryIO, written: Written) -> Written:
        """Put the serial into a zone: the one before where nothing changed, else a larger one (RFC 1912 2.2)."""
        outlets = "*" if chosen.outlets is None else " ".join(sorted(chosen.outlets))
        key = f"export.serial:{outlets} {chosen.changed_after} {chosen.live}"
        now = int(self._clock.now().timestamp())

        def step(uow: UnitOfWork) -> int:
            known, _, digest = (uow.actions.get_state(key) or "0 ").partition(" ")
            serial = int(known) if digest == written.digest else max(int(known) + 1, now)
            uow.actions.set_state(key, f"{serial} {written.digest}")
            return serial

        serial = await self._store.write(step)
        file.seek(0)
        head = file.read(512)
        file.seek(head.index(b" %d " % _UNNUMBERED) + 1)
        file.write(b"%010d" % serial)
        digest = hashlib.sha256(f"{serial} {written.digest}".encode()).hexdigest()
        return replace(written, digest=digest)


def _copied(texts: Iterable[str], write: Callable[[bytes], object]) -> Written:
    mark, size = hashlib.sha256(), 0
    for text in texts:
        data = text.encode("utf-8", "replace")
        mark.update(data)
        write(data)
        size += len(data)
    return Written(digest=mark.hexdigest(), size=size)
