"""Reports line by line: plain text, CSV (RFC 4180, one record a line), JSON objects. The first line says what it is.

text      one address a line; empty lines and lines that begin with # are nothing
csv       a header that names the column url (or link, address, domain, host, name); beside it, each optional,
          seen_at (date, timestamp, first_seen), tlp, note (comment), chain (addresses that led there, with blanks
          between them). Comma, semicolon or tab. Without a header the first column holds the addresses
ndjson    one object a line with the same fields; chain is a list
"""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from service.core import tlp
from service.core.errors import InvalidInput
from service.core.sightings.sighting import MOST_HOPS, Entry, Reported, Unreadable

_FIELDS = {
    "url": ("url", "link", "address", "domain", "host", "hostname", "name", "site", "indicator", "value"),
    "seen_at": ("seen_at", "date", "timestamp", "first_seen", "seen"),
    "tlp": ("tlp", "marking"),
    "note": ("note", "comment", "description"),
    "chain": ("chain", "redirects"),
}
_SHOWN = 200
_LONGEST_NOTE = 1_000


@dataclass(frozen=True, slots=True)
class Layout:
    """How the lines of a file are read. ``columns`` are the fields of a CSV in their order, "" for what is not read."""

    kind: str
    delimiter: str = ""
    columns: tuple[str, ...] = ()

    def entry(self, number: int, line: str) -> Entry | None:
        """What one line reports; None for an empty line and for a comment."""
        text = line.strip().lstrip("\ufeff")
        if not text or text.startswith("#"):
            return None
        where = f"line {number}"
        try:
            return _reported(where, self._fields(text))
        except (InvalidInput, ValueError, RecursionError, csv.Error) as error:
            return Unreadable(entry=where, given=text[:_SHOWN], reason=str(error) or "it cannot be read")

    def _fields(self, text: str) -> dict[str, Any]:
        if self.kind == "text":
            return {"url": text}
        if self.kind == "ndjson":
            return _object(text)
        cells = next(csv.reader([text], delimiter=self.delimiter, strict=True))
        return {name: cell.strip() for name, cell in zip(self.columns, cells, strict=False) if name and cell.strip()}


def layout_of(first: str) -> tuple[Layout, bool]:
    """How a file is read whose first line that says anything is ``first``, and whether that line is a header."""
    first = first.strip().lstrip("\ufeff")
    if first.startswith("{"):
        return Layout("ndjson"), False
    delimiter = max(",;\t", key=first.count)
    if delimiter not in first:
        return Layout("text"), _field(first) == "url"
    columns = tuple(_field(cell) for cell in next(csv.reader([first], delimiter=delimiter)))
    if "url" in columns:
        return Layout("csv", delimiter, columns), True
    # A bare address may hold these characters too; a table's first cell ends with an address.
    if "://" in first and delimiter != "\t" and "://" not in first.partition(delimiter)[0]:
        return Layout("text"), False
    return Layout("csv", delimiter, ("url",)), False


def _field(title: str) -> str:
    title = title.strip().strip('"').lower()
    return next((name for name, titles in _FIELDS.items() if title in titles), "")


def _object(text: str) -> dict[str, Any]:
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidInput("this line is no JSON object") from None
    if not isinstance(given, Mapping):
        raise InvalidInput("this line is no JSON object")
    return {name: value for key, value in given.items() if (name := _field(str(key)))}


def _reported(where: str, fields: Mapping[str, Any]) -> Reported:
    url, chain = fields.get("url"), fields.get("chain", ())
    if not isinstance(url, str) or not url:
        raise InvalidInput("there is no address in it")
    hops = chain.split() if isinstance(chain, str) else chain
    if not isinstance(hops, list | tuple) or not all(isinstance(hop, str) for hop in hops):
        raise InvalidInput("its chain is no list of addresses")
    level = tlp.level(str(fields.get("tlp", "")))
    if fields.get("tlp") and not level:
        raise InvalidInput(f"{str(fields['tlp'])[:40]!r} is no marking: {', '.join(tlp.LEVELS)}")
    return Reported(
        entry=where,
        url=url,
        seen_at=_moment(fields.get("seen_at")),
        tlp=level,
        chain=tuple(hops)[:MOST_HOPS],
        note=str(fields.get("note", ""))[:_LONGEST_NOTE],
    )


def _moment(value: Any) -> datetime | None:
    """A day or a time in ISO 8601, in UTC where it does not say; None where it is left out."""
    if value in (None, ""):
        return None
    try:
        found = datetime.fromisoformat(str(value).strip())
    except ValueError:
        raise InvalidInput(f"{str(value)[:40]!r} is no time, as in 2022-09-27 or 2022-09-27T12:00:00Z") from None
    return (found if found.tzinfo is not None else found.replace(tzinfo=UTC)).astimezone(UTC)
