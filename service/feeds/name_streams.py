"""Reads names from whatever a file of names may be: text, CSV (first column), NDJSON, any of them compressed with gzip.

Memory stays constant however long the stream or a line of it. What cannot be read is counted, with a few samples of
each kind, and never ends the reading: lists of names come from many hands.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from service.core.errors import InvalidName
from service.core.names import name as names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BLOCK: Final = 1 << 16
"""Octets read at once."""

LONGEST_LINE: Final = 1 << 16
"""Octets of a line that are kept; a longer one is skipped as a whole. A certificate with a hundred names fits."""

SAMPLES: Final = 5
"""Skipped lines that are kept to be shown."""

GZIP: Final = b"\x1f\x8b"
"""First octets of a gzip member (RFC 1952 2.3.1)."""

_FIELDS: Final = ("name", "domain", "host", "hostname", "fqdn", "dns_names")
_HEADERS: Final = frozenset({*_FIELDS, "domain_name", "domainname", "names", "domains"})
_SHOWN: Final = 80


class Readable(Protocol):
    """The part of a binary file that is needed."""

    def read(self, size: int, /) -> bytes:
        """At most ``size`` octets; none at the end."""


@dataclass(slots=True)
class Skipped:
    """What was left out of a stream. ``samples`` are (line number, what stood there, reason); line 0 is all of it."""

    count: int = 0
    samples: list[tuple[int, str, str]] = field(default_factory=list)

    def add(self, line: int, text: str, reason: str) -> None:
        """Count one, and keep it while there are few."""
        self.count += 1
        if len(self.samples) < SAMPLES:
            self.samples.append((line, text[:_SHOWN], reason))


def read_batches(stream: Readable, skipped: Skipped, size: int = 100_000) -> Iterator[list[str]]:
    """Yield lists of at most ``size`` host names; what cannot be read goes to ``skipped``.

    A wildcard's ``*.`` is dropped; URLs and defanged names give their host; empty lines and lines that begin with # are
    nothing.
    """
    batch: list[str] = []
    for number, line, parts in _parts(stream, skipped):
        for part in parts:
            try:
                batch.append(_host(part))
            except InvalidName as error:
                skipped.add(number, line, str(error))
        if len(batch) >= size:
            yield batch
            batch = []
    if batch:
        yield batch


def _parts(stream: Readable, skipped: Skipped) -> Iterator[tuple[int, str, list[str]]]:
    cut: Callable[[str], list[str]] | None = None
    for number, line in _lines(stream, skipped):
        text = line.strip().lstrip("\ufeff")
        if not text or text.startswith("#"):
            continue
        if cut is None:
            cut = _cutter(text)
            if _is_header(cut, text):
                continue
        try:
            yield number, text, cut(text)
        except ValueError as error:
            skipped.add(number, text, f"not JSON with a name: {error}")


def _lines(stream: Readable, skipped: Skipped) -> Iterator[tuple[int, str]]:
    """Yield numbered lines as text; octets that are not UTF-8 become U+FFFD, which no name may hold."""
    number, rest, too_long = 0, b"", False
    for block in _blocks(stream, skipped):
        *whole, rest = (rest + block).split(b"\n")
        for line in whole:
            number += 1
            if too_long or len(line) > LONGEST_LINE:
                skipped.add(number, line[:_SHOWN].decode("utf-8", "replace"), "the line is too long")
                too_long = False
            else:
                yield number, line.decode("utf-8", "replace")
        if len(rest) > LONGEST_LINE:
            rest, too_long = rest[:_SHOWN], True
    if too_long:
        skipped.add(number + 1, rest.decode("utf-8", "replace"), "the line is too long")
    elif rest:
        yield number + 1, rest.decode("utf-8", "replace")


def _blocks(stream: Readable, skipped: Skipped) -> Iterator[bytes]:
    first = stream.read(BLOCK)
    if first.startswith(GZIP):
        yield from _decompressed(first, stream, skipped)
        return
    while first:
        yield first
        first = stream.read(BLOCK)


def _decompressed(block: bytes, stream: Readable, skipped: Skipped) -> Iterator[bytes]:
    """Members one after another (RFC 1952 2.2), each block's output bounded; a broken or cut stream ends quietly."""
    member = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        while block:
            yield member.decompress(block, BLOCK)
            block = member.unconsumed_tail or member.unused_data
            if member.eof:
                member = zlib.decompressobj(zlib.MAX_WBITS | 16) if block or (block := stream.read(BLOCK)) else member
            else:
                block = block or stream.read(BLOCK)
        if not member.eof:
            skipped.add(0, "", "the gzip stream is cut short")
    except zlib.error as error:
        skipped.add(0, "", f"the gzip stream is broken: {error}")


def _cutter(first: str) -> Callable[[str], list[str]]:
    """The first line says what the stream is."""
    if first.startswith(("{", '"', "[")) and _is_json(first):
        return _of_json
    delimiter = next((mark for mark in (",", ";", "\t") if mark in first), None)
    if delimiter is not None:
        return lambda line: [line.split(delimiter, 1)[0].strip().strip('"').strip()]
    return lambda line: [line]


def _is_json(line: str) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return line.startswith("{")
    return True


def _is_header(cut: Callable[[str], list[str]], text: str) -> bool:
    return cut is not _of_json and cut(text)[0].lower() in _HEADERS


def _of_json(line: str) -> list[str]:
    try:
        value = json.loads(line)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if isinstance(value, dict):
        value = next((value[key] for key in _FIELDS if value.get(key)), None)
    found = value if isinstance(value, list) else [value]
    if not found or not all(isinstance(item, str) for item in found):
        raise ValueError(f"none of the fields {', '.join(_FIELDS)} holds a name")
    return found


def _host(text: str) -> str:
    host = names.host_of_url(text) if "://" in text or "[" in text else names.parse(text.removeprefix("*."))
    if host[-1].isdigit() and names.is_number_like(host):
        raise InvalidName(f"{host} is an address, not a name")
    return host
