"""Sorted snapshots of names on disk: written whole or not at all, read by the block, sorted in bounded memory.

A kept snapshot is a gzip file of distinct names, one a line, as its ``Order`` writes them. The file's name says the
order, so the file is all that there is to know. Errors of the disk are FeedUnavailable: the next round tries again, and
what was kept before is still there.
"""

from __future__ import annotations

import heapq
import os
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, groupby, islice
from pathlib import Path
from typing import IO

from service.core.errors import FeedUnavailable
from service.core.names.zone import (
    NotAZoneFile,
    Order,
    OutOfOrder,
    delegated,
    in_order,
    listed,
    looks_like_zone,
)

BLOCK = 1 << 20
"""Octets of a zone file that are worked on together: 6,500 names. Twice as much is no faster and takes thirty megabytes
more; half as much is slower by a sixth."""

_KEPT_BLOCK = 1 << 20
"""The same of a kept snapshot, whose lines are names alone: 50,000 of them, held twice while two are compared."""

RUN = 500_000
"""Names that are sorted in memory at once, about 60 MB of them; each such run is a file until all are merged."""

_READ = 1 << 18
_MERGED = 50_000
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """A kept snapshot: its file's name in the folder, and how many names it holds."""

    file: str
    count: int


def keep(source: Path, folder: Path, name: str, prefer: Order) -> Kept:
    """Write the names of a zone file, or of a plain list, into ``folder`` as ``name``; the kept snapshot.

    The order ``prefer`` is tried first, then the other one; what is sorted by neither is sorted on disk.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for order in (prefer, *(other for other in Order if other is not prefer)):
            try:
                return _written(in_order(names_of(source), order), folder, name, order)
            except OutOfOrder:
                continue
        return _written(sorted_on_disk(names_of(source), folder, prefer), folder, name, prefer)
    except NotAZoneFile as error:
        raise FeedUnavailable(f"{source}: {error}") from error
    except OSError as error:
        raise FeedUnavailable(f"{error.filename or source}: {error.strerror or error}") from error


def names_of(source: Path) -> Iterator[list[bytes]]:
    """The delegated names of a zone file, or the first column of any other list, block by block as they stand."""
    with source.open("rb") as stream:
        blocks = _whole_lines(_plain(stream, source))
        first = next(blocks, b"")
        read = delegated if looks_like_zone(first) else listed
        for block in chain((first,), blocks):
            yield read(block)


def read_kept(folder: Path, kept: str) -> Iterator[list[bytes]]:
    """The names of a kept snapshot as its order writes them, block by block; FeedUnavailable where it is damaged."""
    path = folder / kept
    try:
        with path.open("rb") as stream:
            for block in _whole_lines(_plain(stream, path), _KEPT_BLOCK):
                yield block[:-1].split(b"\n")
    except OSError as error:
        raise FeedUnavailable(f"{path}: {error.strerror or error}") from error


def order_of(kept: str) -> Order:
    """The order of a kept snapshot, by its file's name."""
    return Order(kept.split(".")[-3])


def in_the_order_of(folder: Path, kept: str, order: Order) -> Iterator[list[bytes]]:
    """A kept snapshot as ``order`` writes names; sorted on disk where it was kept in the other one."""
    blocks, own = read_kept(folder, kept), order_of(kept)
    if own is order:
        return blocks
    return sorted_on_disk((own.shown(b"\n".join(block)).split(b"\n") for block in blocks), folder, order)


def sorted_on_disk(blocks: Iterable[list[bytes]], folder: Path, order: Order, most: int = RUN) -> Iterator[list[bytes]]:
    """Names in order and each once, however many: runs of ``most`` sorted into files without a name, then merged."""
    runs = [_run(names, folder) for names in _runs(blocks, order, most)]
    try:
        distinct = (name for name, _ in groupby(heapq.merge(*runs)))
        while block := [line[:-1] for line in islice(distinct, _MERGED)]:
            yield block
    finally:
        for run in runs:
            run.close()


def _runs(blocks: Iterable[list[bytes]], order: Order, most: int) -> Iterator[list[bytes]]:
    names: list[bytes] = []
    for block in blocks:
        names += order.written(b"\n".join(block)).split(b"\n") if block else []
        if len(names) >= most:
            yield names
            names = []
    if names:
        yield names


def _run(names: list[bytes], folder: Path) -> IO[bytes]:
    names.sort()
    run = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed by who merges the runs
    for low in range(0, len(names), 50_000):
        run.write(b"\n".join(names[low : low + 50_000]) + b"\n")
    run.seek(0)
    return run


def _written(blocks: Iterable[list[bytes]], folder: Path, name: str, order: Order) -> Kept:
    """Whole or not at all: a file of another name, synced, takes its place in one step (rename(2))."""
    kept = folder / f"{name}.{order.value}.names.gz"
    begun = kept.with_suffix(".part")
    count, packer = 0, zlib.compressobj(1, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    try:
        with begun.open("wb") as stream:
            for block in blocks:
                count += len(block)
                stream.write(packer.compress(b"\n".join(block) + b"\n"))
            stream.write(packer.flush())
            stream.flush()
            os.fsync(stream.fileno())
        begun.replace(kept)
    finally:
        begun.unlink(missing_ok=True)
    return Kept(file=kept.name, count=count)


def _whole_lines(octets: Iterable[bytes], most: int = BLOCK) -> Iterator[bytes]:
    """Blocks of about ``most`` octets that end with a newline, the last one's added where it is missing."""
    parts: list[bytes] = []
    size = 0
    for piece in octets:
        parts.append(piece)
        size += len(piece)
        if size >= most:
            whole, newline, rest = b"".join(parts).rpartition(b"\n")
            if newline:
                yield whole + newline
            parts, size = ([rest], len(rest)) if newline else ([whole + rest], size)
            if size > 4 * BLOCK:
                raise NotAZoneFile("a line of it has no end")
    if rest := b"".join(parts):
        yield rest if rest.endswith(b"\n") else rest + b"\n"


def _plain(stream: IO[bytes], source: Path) -> Iterator[bytes]:
    """The stream's octets, inflated where it is gzip (RFC 1952), all members of it; FeedUnavailable where it is cut."""
    block = stream.read(_READ)
    if not block.startswith(_GZIP):
        while block:
            yield block
            block = stream.read(_READ)
        return
    member = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        while block:
            yield member.decompress(block, BLOCK)
            block = member.unconsumed_tail or member.unused_data or stream.read(_READ)
            if member.eof and block:
                member = zlib.decompressobj(zlib.MAX_WBITS | 16)
    except zlib.error as error:
        raise FeedUnavailable(f"{source}: the gzip stream is broken: {error}") from error
    if not member.eof:
        raise FeedUnavailable(f"{source}: the gzip stream is cut short; it is read again once it has changed")
