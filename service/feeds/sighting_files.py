"""Files of sightings: what they are, inflated where they are gzip, read entry by entry within bounds.

Text, CSV, NDJSON and logs are read line by line in constant memory. A JSON document has to be held whole; it may be
``LARGEST_DOCUMENT`` long. What cannot be read is an entry of its own, with its line and the reason.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import chain
from typing import Final

from service.core.errors import InvalidInput, InvalidName
from service.core.names import name as names
from service.core.sightings import access_log, documents
from service.core.sightings.lines import Layout, layout_of
from service.core.sightings.sighting import Entry, Reported, Unreadable
from service.feeds.name_streams import BLOCK, Readable, blocks, lines

LARGEST_DOCUMENT: Final = 16 << 20
"""Octets of a JSON document: read whole, it may take twenty times as much memory. MISP's largest public events have a
tenth."""

MOST_ENTRIES: Final = 100_000
"""Entries of one report; of a log, referrers that differ."""

_PACKED: Final = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16", b"PK": "a ZIP", b"\xfd7": "xz", b"BZ": "bzip2"}
"""How files begin that are no text here, and what they are."""


class FileFormat(StrEnum):
    """What a file of sightings can be."""

    TEXT = "text"
    CSV = "csv"
    NDJSON = "ndjson"
    STIX = "stix"
    MISP = "misp"
    LOG = "log"


@dataclass(slots=True)
class SightingFile:
    """One file. Iterating over ``entries`` reads it; then ``passed_over`` counts lines of a log that report nothing.

    ``is_own`` says whose own a host is, None for nobody's (``WatchList.is_own``). ``most``: octets that it may have,
    inflated; None: as many as there are.
    """

    stream: Readable
    is_own: Callable[[str], str | None]
    most: int | None = None
    format: FileFormat = FileFormat.TEXT
    passed_over: Counter[str] = field(default_factory=Counter)
    _objections: list[Unreadable] = field(default_factory=list)

    def add(self, line: int, text: str, reason: str) -> None:
        """Take an objection of whoever reads the lines."""
        where = f"line {line}" if line else "the file"
        self._objections.append(Unreadable(entry=where, given=text[:200], reason=reason))

    def entries(self) -> Iterator[Entry]:
        """Everything that it reports. InvalidInput where it is none of the formats, or has too many entries."""
        for count, entry in enumerate(self._read(), 1):
            if count > MOST_ENTRIES:
                raise InvalidInput(f"it has more than {MOST_ENTRIES:,} entries: split it")
            yield entry

    def _read(self) -> Iterator[Entry]:
        head, rest = self._begun()
        first = _first_line(head)
        if _is_document(first, whole=len(head) < BLOCK):
            yield from self._document(chain((head,), rest))
            return
        found = lines(_Rejoined(chain((head,), rest)), self)
        if access_log.is_log_line(first):
            self.format = FileFormat.LOG
            yield from self._logged(found)
        elif "\0" in first:
            raise InvalidInput("the file is no text: give it as UTF-8 text, plain or in gzip")
        else:
            layout, header = layout_of(first)
            self.format = FileFormat(layout.kind)
            yield from self._listed(found, layout, header=header)
        yield from self._objected()

    def _begun(self) -> tuple[bytes, Iterator[bytes]]:
        """The first octets, enough to tell what this is, and the others."""
        rest = blocks(self.stream, self, self.most)
        head = next(rest, b"")
        while len(head) < BLOCK and (more := next(rest, b"")):
            head += more
        kind = next((what for begin, what in _PACKED.items() if head.startswith(begin)), None)
        if kind is not None:
            raise InvalidInput(f"the file is {kind}: give it as UTF-8 text, plain or in gzip")
        return head, rest

    def _objected(self) -> Iterator[Unreadable]:
        taken, self._objections = self._objections, []
        yield from taken

    def _listed(self, found: Iterable[tuple[int, list[str]]], layout: Layout, *, header: bool) -> Iterator[Entry]:
        for number, texts in found:
            yield from self._objected()
            for place, line in enumerate(texts, number):
                entry = layout.entry(place, line)
                if entry is not None and header:
                    header = False
                elif entry is not None:
                    yield entry

    def _document(self, octets: Iterable[bytes]) -> Iterator[Entry]:
        held = bytearray()
        for block in octets:
            held += block
            if len(held) > LARGEST_DOCUMENT:
                raise InvalidInput(f"the document has more than {LARGEST_DOCUMENT >> 20} MiB: split it")
        if self._objections:
            raise InvalidInput(f"the document cannot be read: {self._objections[0].reason}")
        try:
            text = held.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise InvalidInput(f"the document is not UTF-8 (byte {error.start}): save it as UTF-8") from None
        kind, entries = documents.read(text)
        self.format = FileFormat(kind)
        yield from entries

    def _logged(self, found: Iterable[tuple[int, list[str]]]) -> Iterator[Entry]:
        """Each referrer once, where it stands first: a log has thousands of lines from one page."""
        seen = set[str]()
        for number, texts in found:
            yield from self._objected()
            for place, line in enumerate(texts, number):
                entry = self._visit(place, line) if line.strip() else None
                if isinstance(entry, Reported) and entry.url in seen:
                    self.passed_over[access_log.AGAIN] += 1
                elif entry is not None:
                    seen |= {entry.url} if isinstance(entry, Reported) else set()
                    yield entry

    def _visit(self, number: int, line: str) -> Entry | None:
        read = access_log.referrer(line)
        if read is None:
            return Unreadable(entry=f"line {number}", given=line[:200], reason="this is no line of a combined log")
        url, at = read
        why = self._nothing(url)
        if why:
            self.passed_over[why] += 1
            return None
        return Reported(entry=f"line {number}", url=url.partition("#")[0], seen_at=at)

    def _nothing(self, url: str) -> str:
        """Why a referrer reports nothing; empty where it does report something."""
        host = _host(url)
        if not url:
            return access_log.NO_REFERRER
        if host and self.is_own(host) is not None:
            return access_log.OWN
        return access_log.SEARCH if host and access_log.is_search_engine(host) else ""


@dataclass(slots=True)
class _Rejoined:
    """Blocks as a stream again."""

    octets: Iterator[bytes]

    def read(self, _: int, /) -> bytes:
        """The next block; none at the end."""
        return next(self.octets, b"")


def _first_line(head: bytes) -> str:
    """The first line that says anything, as far as it is at hand."""
    for line in head.decode("utf-8", "replace").splitlines():
        text = line.strip().lstrip("\ufeff")
        if text and not text.startswith("#"):
            return text
    return ""


def _is_document(first: str, *, whole: bool) -> bool:
    """Whether this is one JSON value over all of the file, and no object on each line.

    ``whole``: all of the file is at hand, so that a first line that is no JSON goes on in the next.
    """
    if not first.startswith(("{", "[")) or first.startswith("[."):
        return False
    try:
        given = json.loads(first)
    except (ValueError, RecursionError):
        return whole or not first.endswith("}")
    return not isinstance(given, dict) or bool({"objects", "Event", "response"} & set(given))


def _host(url: str) -> str:
    try:
        return names.host_of_url(url)
    except InvalidName:
        return ""
