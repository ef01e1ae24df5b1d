"""Reads names from whatever a file of names may be: text, CSV (first column), NDJSON, any of them compressed with gzip.

Memory stays constant however long the stream or a line of it. What cannot be read is counted, with a few samples of
each kind, and never ends the reading: lists of names come from many hands.
"""

from __future__ import annotations

import json
import re
import zlib
from dataclasses import dataclass, field
from functools import lru_cache
from operator import itemgetter
from typing import TYPE_CHECKING, Final, Protocol

from service.core.errors import InvalidName
from service.core.names import name as names

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

BLOCK: Final = 1 << 16
"""Octets read at once."""

LONGEST_LINE: Final = 1 << 16
"""Octets of a line that are kept; a longer one is skipped as a whole. A certificate with a hundred names fits."""

SAMPLES: Final = 5
"""Skipped lines that are kept to be shown."""

GZIP: Final = b"\x1f\x8b"
"""First octets of a gzip member (RFC 1952 2.3.1)."""

_FIELDS: Final = ("name", "domain", "host", "hostname", "fqdn", "names", "domains", "dns_names", "all_domains")
_HEADERS: Final = frozenset({*_FIELDS, "domain_name", "domain name", "domainname"})
_DATES: Final = frozenset(
    {"first_listed", "first_seen", "first seen", "create_date", "created", "created_at", "creation_date", "date"}
)
_MARKS_OF_URLS: Final = frozenset("/:[({")
"""In no name, but in URLs, and in what people write for a dot so that nobody follows it (``refang``)."""

_SHOWN: Final = 80


class Readable(Protocol):
    """The part of a binary file that is needed."""

    def read(self, size: int, /) -> bytes:
        """At most ``size`` octets; none at the end."""


class Objections(Protocol):
    """Where what cannot be read goes; line 0 is all of the stream."""

    def add(self, line: int, text: str, reason: str) -> None:
        """Take one: where it stands, what stands there, and what is wrong with it."""


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
    """Yield lists of ``size`` host names, the last one shorter; what cannot be read goes to ``skipped``.

    A wildcard's ``*.`` is dropped; URLs, what is like one (``bild.ltd/x``, ``bild.ltd:443``) and defanged names give
    their host; empty lines and lines that begin with # are nothing.
    """
    for found, _ in read_dated(stream, skipped, size):
        yield found


def read_dated(
    stream: Readable, skipped: Skipped, size: int = 100_000, most: int | None = None
) -> Iterator[tuple[list[str], list[str]]]:
    """As ``read_batches``, with what the column of the first listing says of each name; no dates without such a column.

    The column is told by its title in the first line (``_DATES``); what stands in it is handed on as it is. After
    ``most`` octets, inflated, the rest is left and objected to.
    """
    batch, dates = list[str](), list[str]()
    kind: _Kind | None = None
    for first, found in lines(stream, skipped, most):
        start = 0
        if kind is None:
            begin = next((place for place, line in enumerate(found) if _cleaned(line)), None)
            if begin is None:
                continue
            kind = _Kind.of(_cleaned(found[begin]))
            start = begin + kind.is_header(_cleaned(found[begin]))
        if kind.date:
            hosts, said = _dated_hosts(first + start, found[start:], kind, skipped)
            batch += hosts
            dates += said
        else:
            batch += _hosts(first + start, found[start:], kind, skipped)
        while len(batch) >= size:
            yield batch[:size], dates[:size]
            batch, dates = batch[size:], dates[size:]
    if batch:
        yield batch, dates


def _dated_hosts(first: int, lines: Sequence[str], kind: _Kind, skipped: Skipped) -> tuple[list[str], list[str]]:
    """The host names of lines, the first of which has the number ``first``, and the date that stands beside each.

    Lines that hold a plain name are read by one expression, all at once; the others follow, one by one.
    """
    read: list[tuple[str, str, str]] = _dated_lines(kind.delimiter, kind.date).findall("\n".join(lines))
    if max(map(len, map(itemgetter(0), read)), default=0) > names.MAX_LABEL:
        read = [("", "", line) for line in lines]  # a label may be too long, so each is asked; hardly a list has one
    found, dates = [name for name, _, _ in read if name], [date for name, date, _ in read if name]
    for number, line in [(number, line) for number, (name, _, line) in enumerate(read, first) if not name]:
        hosts = list(_looked_at(number, cleaned, kind, skipped)) if (cleaned := _cleaned(line)) else []
        cells = line.split(kind.delimiter)
        found += hosts
        dates += [cells[kind.date] if kind.date < len(cells) else ""] * len(hosts)
    return found, dates


@lru_cache(maxsize=16)
def _dated_lines(delimiter: str, column: int) -> re.Pattern[str]:
    """Each line as (plain name of any length, date, ""), or as ("", "", line)."""
    cell = f"[^{delimiter}\n]*+"
    dated = rf"({names.PLAIN}){delimiter}(?:{cell}{delimiter}){{{column - 1}}}({cell})[^\n]*+"
    return re.compile(rf"^(?:{dated}|([^\n]*+))$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class _Kind:
    """What the first line says that a stream is: JSON values, or columns with a delimiter, or (neither) bare names."""

    json: bool = False
    delimiter: str = ""
    date: int = 0
    """The column of the first listing's date; 0, which is the name's, where there is none."""

    @classmethod
    def of(cls, first: str) -> _Kind:
        if first.startswith(("{", '"', "[")) and _is_json(first):
            return cls(json=True)
        delimiter = next((mark for mark in (",", ";", "\t") if mark in first), "")
        titles = [title.strip().strip('"').strip().lower() for title in first.split(delimiter)] if delimiter else [""]
        dated = titles[0] in _HEADERS
        date = next((place for place, title in enumerate(titles) if dated and place and title in _DATES), 0)
        return cls(delimiter=delimiter, date=date)

    def is_header(self, first: str) -> bool:
        return not self.json and self.parts(first)[0].lower() in _HEADERS

    def parts(self, line: str) -> list[str]:
        """What should be names in a line; ValueError where it is not of this kind."""
        if self.json:
            return _of_json(line)
        return [line.split(self.delimiter, 1)[0].strip().strip('"').strip()] if self.delimiter else [line]


def _hosts(first: int, lines: Sequence[str], kind: _Kind, skipped: Skipped) -> list[str]:
    """The host names of lines, the first of which has the number ``first``."""
    found: list[str] = []
    texts = [line.partition(kind.delimiter)[0] for line in lines] if kind.delimiter else lines
    for number, (line, text) in enumerate(zip(lines, texts, strict=True), first):
        if names.is_plain(text) and not kind.json:
            found.append(text)
        elif cleaned := _cleaned(line):
            found += _looked_at(number, cleaned, kind, skipped)
    return found


def _looked_at(number: int, line: str, kind: _Kind, skipped: Skipped) -> Iterator[str]:
    try:
        parts = kind.parts(line)
    except ValueError as error:
        skipped.add(number, line, f"not JSON with a name: {error}")
        return
    for part in parts:
        try:
            yield _host(part)
        except InvalidName as error:
            skipped.add(number, line, str(error))


def _cleaned(line: str) -> str:
    """A line without the space around it; empty for a comment."""
    text = line.strip().lstrip("\ufeff")
    return "" if text.startswith("#") else text


def lines(stream: Readable, skipped: Objections, most: int | None = None) -> Iterator[tuple[int, list[str]]]:
    """Yield (number of the first, lines) by the block; octets that are not UTF-8 become U+FFFD, as no name may hold."""
    number, rest, too_long = 1, b"", False
    for block in blocks(stream, skipped, most):
        whole, newline, rest = (rest + block).rpartition(b"\n")
        if newline:
            found = whole.decode("utf-8", "replace").replace("\r\n", "\n").split("\n")
            # Only a line that began in an earlier block can be too long.
            if too_long or len(whole.partition(b"\n")[0]) > LONGEST_LINE:
                skipped.add(number, found[0], "the line is too long")
                yield number + 1, found[1:]
            else:
                yield number, found
            number, too_long = number + len(found), False
        if len(rest) > LONGEST_LINE:
            rest, too_long = rest[:_SHOWN], True
    if too_long:
        skipped.add(number, rest.decode("utf-8", "replace"), "the line is too long")
    elif rest:
        yield number, [rest.decode("utf-8", "replace")]


def blocks(stream: Readable, skipped: Objections, most: int | None = None) -> Iterator[bytes]:
    """Yield a stream's octets, at most ``BLOCK`` at a time, inflated where it is gzip.

    After ``most`` octets the rest is left and objected to, however few it came packed in.
    """
    taken = 0
    for block in _inflated(stream, skipped):
        taken += len(block)
        if most is not None and taken > most:
            skipped.add(0, "", f"there is more than {most:,} octets of it; the rest was not read")
            return
        yield block


def _inflated(stream: Readable, skipped: Objections) -> Iterator[bytes]:
    first = stream.read(BLOCK)
    if first.startswith(GZIP):
        yield from _decompressed(first, stream, skipped)
        return
    while first:
        yield first
        first = stream.read(BLOCK)


def _decompressed(block: bytes, stream: Readable, skipped: Objections) -> Iterator[bytes]:
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


def _is_json(line: str) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return line.startswith("{")
    return True


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
    if names.is_plain(text):
        return text
    text = text.removeprefix("*.")
    host = names.parse(text) if _MARKS_OF_URLS.isdisjoint(text) else names.host_of_url(text)
    if host[-1].isdigit() and names.is_number_like(host):
        raise InvalidName(f"{host} is an address, not a name")
    return host
