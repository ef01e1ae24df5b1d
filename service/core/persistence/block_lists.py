"""Lists of blocks that others hand over: CSV and STIX 2.1, as plain values with an error for each line that is none.

CSV (RFC 4180, with a header; comma, semicolon or tab between the columns):

    site            host name or URL, defanged or not
    place           platform | registrar | registry | host | resolver | seizure
    effective_from  a day (2022-09-27) or a time with its offset (2022-09-27T12:00:00Z)
    known_from, lifted_at, reference, action     optional

STIX 2.1: ``indicator`` objects whose pattern compares ``domain-name:value`` or ``url:value``, in force from
``valid_from``, lifted at ``valid_until`` where that has passed, or at ``modified`` where they are ``revoked``. STIX
says nothing of where a block acts: the caller does. Defaults of the caller fill what a list leaves out.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from service.core.errors import InvalidInput, InvalidName
from service.core.names import name as names
from service.core.states import Place
from service.core.stix_patterns import compared

COLUMNS = ("site", "place", "effective_from", "known_from", "lifted_at", "reference", "action")
MAX_ENTRIES = 100_000
"""Entries of one list: the largest seizure so far had 32 names, the longest list of redirectors about six thousand."""

_EARLIEST = 1985  # the first name under com


@dataclass(frozen=True, kw_only=True, slots=True)
class ListedBlock:
    """One block as a list has it. ``entry`` says where it stands: ``line 3``, or a STIX object's id."""

    entry: str
    site: str
    place: Place
    effective_from: datetime
    known_from: datetime | None = None
    lifted_at: datetime | None = None
    reference: str = ""
    action: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Unreadable:
    """One entry that is no block, and why."""

    entry: str
    given: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Defaults:
    """What entries have that do not say otherwise."""

    place: Place | None = None
    action: str | None = None
    reference: str = ""
    effective_from: datetime | None = None


Entry = ListedBlock | Unreadable


def read(text: str, defaults: Defaults, now: datetime) -> tuple[Entry, ...]:
    """Every entry of a list, in its order; what begins with ``{`` is STIX, anything else CSV.

    InvalidInput where the whole is neither, has no entry, or more than ``MAX_ENTRIES``.
    """
    text = text.removeprefix("\ufeff")
    found = tuple(_stix(text, defaults, now) if text.lstrip().startswith("{") else _csv(text, defaults))
    if not found:
        raise InvalidInput("the list has no entry: a CSV file has a header, a STIX bundle has indicators of names")
    if len(found) > MAX_ENTRIES:
        raise InvalidInput(f"the list has {len(found)} entries; {MAX_ENTRIES} at most are taken at a time")
    return found


def moment(text: str) -> datetime:
    """A day or a time with its offset, in UTC; InvalidInput for anything else."""
    try:
        found = datetime.fromisoformat(text.strip().upper())
    except ValueError:
        raise InvalidInput(f"{text[:40]!r} is no date, as in 2022-09-27 or 2022-09-27T12:00:00Z") from None
    if found.tzinfo is None:
        if len(text.strip()) > len("2022-09-27"):
            raise InvalidInput(f"{text[:40]!r} has no offset: end it with Z for UTC")
        found = found.replace(tzinfo=UTC)
    if found.year < _EARLIEST:
        raise InvalidInput(f"{text[:40]!r} is before there were names")
    return found.astimezone(UTC)


# --- CSV -------------------------------------------------------------------------------------------------------------


def _csv(text: str, defaults: Defaults) -> Iterator[Entry]:
    rows = csv.reader(text.splitlines(), delimiter=_delimiter(text))
    try:
        header = [name.strip().lower() for name in next(rows, [])]
        unknown = [name for name in header if name not in COLUMNS]
        if "site" not in header or unknown:
            wrong = f"unknown column {unknown[0][:40]!r}" if unknown else "no column `site`"
            raise InvalidInput(f"{wrong}; a CSV list begins with a header of {', '.join(COLUMNS)}")
        for row in rows:
            if any(cell.strip() for cell in row):
                yield _line(f"line {rows.line_num}", header, row, defaults)
    except csv.Error as error:
        raise InvalidInput(f"line {rows.line_num} is no CSV: {error}") from None


def _delimiter(text: str) -> str:
    header = text.split("\n", 1)[0]
    return max(",;\t", key=header.count)


def _line(entry: str, header: list[str], row: list[str], defaults: Defaults) -> Entry:
    if len(row) > len(header):
        return Unreadable(entry=entry, given=row[0][:200], reason=f"{len(row)} cells under {len(header)} columns")
    cells = {name: cell.strip() for name, cell in zip(header, row, strict=False) if cell.strip()}
    return _entry(entry, cells, defaults)


# --- STIX ------------------------------------------------------------------------------------------------------------


def _stix(text: str, defaults: Defaults, now: datetime) -> Iterator[Entry]:
    try:
        bundle = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"the list is no JSON: {str(error)[:100]}") from None
    objects = bundle.get("objects")
    if bundle.get("type") != "bundle" or not isinstance(objects, list):
        raise InvalidInput("the list is JSON, but no STIX bundle: it has no `objects`")
    for number, thing in enumerate(objects):
        if isinstance(thing, Mapping) and thing.get("type") == "indicator":
            yield from _indicator(str(thing.get("id") or f"object {number}")[:100], thing, defaults, now)


def _indicator(entry: str, thing: Mapping[str, Any], defaults: Defaults, now: datetime) -> Iterator[Entry]:
    found = compared(str(thing.get("pattern", "")))
    if not found:
        yield Unreadable(entry=entry, given=str(thing.get("pattern", ""))[:200], reason="its pattern compares no name")
    cells = {"effective_from": str(thing.get("valid_from", "")), "reference": _reference(thing, entry)}
    until = thing.get("modified") if thing.get("revoked") is True else thing.get("valid_until")
    try:
        if until is not None and moment(str(until)) <= now:
            cells["lifted_at"] = str(until)
    except InvalidInput as error:
        yield Unreadable(entry=entry, given=str(until)[:200], reason=str(error))
        return
    for value in found:
        yield _entry(entry, {**cells, "site": value}, defaults)


def _reference(thing: Mapping[str, Any], entry: str) -> str:
    """Where an indicator can be looked up: its first reference with a URL, else its id."""
    references = thing.get("external_references")
    for one in references if isinstance(references, list) else ():
        if isinstance(one, Mapping) and isinstance(one.get("url"), str):
            return str(one["url"])[:1000]
    return entry


# --- both ------------------------------------------------------------------------------------------------------------


def _entry(entry: str, cells: Mapping[str, str], defaults: Defaults) -> Entry:
    given = cells.get("site", "")
    try:
        return ListedBlock(
            entry=entry,
            site=_site(given),
            place=_place(cells.get("place"), defaults),
            effective_from=_effective(cells.get("effective_from"), defaults),
            known_from=moment(cells["known_from"]) if "known_from" in cells else None,
            lifted_at=moment(cells["lifted_at"]) if "lifted_at" in cells else None,
            reference=_printable(cells.get("reference") or defaults.reference),
            action=cells.get("action") or defaults.action,
        )
    except (InvalidInput, InvalidName) as error:
        return Unreadable(entry=entry, given=given[:200], reason=str(error))


def _site(given: str) -> str:
    if not given:
        raise InvalidInput("no site")
    text = names.refang(given)
    host = names.host_of_url(text) if "://" in text else names.parse(text.split("/", 1)[0])
    if names.is_number_like(host) or names.registrable(host) is None:
        raise InvalidInput(f"{host} is no host name below a public suffix")
    return host


def _place(given: str | None, defaults: Defaults) -> Place:
    if not given and defaults.place is not None:
        return defaults.place
    try:
        return Place((given or "").lower())
    except ValueError:
        known = ", ".join(place.value for place in Place)
        raise InvalidInput(f"{given[:40]!r} is no place: {known}" if given else f"no place: one of {known}") from None


def _effective(given: str | None, defaults: Defaults) -> datetime:
    if given:
        return moment(given)
    if defaults.effective_from is None:
        raise InvalidInput("no effective_from: since when is it in force?")
    return defaults.effective_from


def _printable(text: str) -> str:
    return "".join(char for char in text if char.isprintable())[:1000]
