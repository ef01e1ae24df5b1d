"""Reports as JSON documents: STIX 2.1 bundles and MISP events, with an error for each object that reports no address.

STIX 2.1: ``url`` and ``domain-name`` objects (sections 6.16 and 6.5; those inside STIX 2.0's ``observed-data`` too),
and ``indicator`` objects whose pattern compares either. MISP: the attributes ``url``, ``uri``, ``domain``,
``hostname``, ``domain|ip`` and ``hostname|port`` of an event and of its objects (MISP core format, 2.2 and 2.4).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from service.core import tlp
from service.core.errors import InvalidInput
from service.core.sightings.sighting import Entry, Reported, Unreadable
from service.core.stix_patterns import compared

MISP_TYPES = frozenset({"url", "uri", "domain", "hostname", "domain|ip", "hostname|port"})
_SHOWN = 200


def read(text: str) -> tuple[str, Iterator[Entry]]:
    """What kind of document it is (``stix`` or ``misp``), and its entries; InvalidInput where it is neither."""
    try:
        given = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"this is no JSON: {str(error)[:100]}") from None
    if isinstance(given, Mapping) and given.get("type") == "bundle":
        return "stix", _stix(_list(given.get("objects")))
    events = list(_events(given))
    if not events:
        raise InvalidInput("this is JSON, but neither a STIX bundle (`objects`) nor a MISP event (`Event`)")
    return "misp", (entry for event in events for entry in _misp(event))


# --- STIX ------------------------------------------------------------------------------------------------------------


def _stix(objects: list[Any]) -> Iterator[Entry]:
    for number, thing in enumerate(objects, 1):
        if isinstance(thing, Mapping):
            yield from _object(str(thing.get("id") or f"object {number}")[:100], thing)


def _object(entry: str, thing: Mapping[str, Any]) -> Iterator[Entry]:
    level = tlp.strictest(tlp.level(str(one)) for one in _list(thing.get("object_marking_refs")))
    match thing.get("type"):
        case "url" | "domain-name":
            yield _entry(entry, thing.get("value"), None, level)
        case "indicator":
            yield from _indicator(entry, thing, level)
        case "observed-data" if isinstance(thing.get("objects"), Mapping):
            seen_at = _moment(thing.get("last_observed"))
            for inner in thing["objects"].values():
                if isinstance(inner, Mapping) and inner.get("type") in ("url", "domain-name"):
                    yield _entry(entry, inner.get("value"), seen_at, level)


def _indicator(entry: str, thing: Mapping[str, Any], level: str) -> Iterator[Entry]:
    pattern = str(thing.get("pattern", ""))
    if thing.get("revoked") is True:
        yield Unreadable(entry=entry, given=pattern[:_SHOWN], reason="the indicator is revoked")
        return
    found = compared(pattern)
    if not found:
        yield Unreadable(entry=entry, given=pattern[:_SHOWN], reason="its pattern compares neither a name nor a URL")
    for value in found:
        yield _entry(entry, value, _moment(thing.get("valid_from")), level)


# --- MISP ------------------------------------------------------------------------------------------------------------


def _events(given: Any) -> Iterator[Mapping[str, Any]]:
    """The events of an export, however it wraps them: one, a list of them, or a server's ``response``."""
    if isinstance(given, Mapping):
        given = given.get("response", given)
    for one in given if isinstance(given, list) else [given]:
        event = one.get("Event") if isinstance(one, Mapping) else None
        if isinstance(event, Mapping):
            yield event


def _misp(event: Mapping[str, Any]) -> Iterator[Entry]:
    level = _tagged(event)
    objects = [one for one in _list(event.get("Object")) if isinstance(one, Mapping)]
    for holder in (event, *objects):
        for number, attribute in enumerate(_list(holder.get("Attribute")), 1):
            if isinstance(attribute, Mapping) and attribute.get("type") in MISP_TYPES:
                yield _attribute(str(attribute.get("uuid") or f"attribute {number}")[:100], attribute, level)


def _attribute(entry: str, attribute: Mapping[str, Any], level: str) -> Entry:
    value = attribute.get("value")
    if attribute.get("deleted") in (True, "1", 1):
        return Unreadable(entry=entry, given=str(value)[:_SHOWN], reason="the attribute is deleted")
    if isinstance(value, str):
        value = value.partition("|")[0]
    seen_at = _moment(attribute.get("last_seen") or attribute.get("first_seen")) or _epoch(attribute.get("timestamp"))
    return _entry(entry, value, seen_at, _tagged(attribute) or level)


def _tagged(thing: Mapping[str, Any]) -> str:
    tags = (tag.get("name") for tag in _list(thing.get("Tag")) if isinstance(tag, Mapping))
    return tlp.strictest(tlp.level(name) for name in tags if isinstance(name, str))


# --- both ------------------------------------------------------------------------------------------------------------


def _entry(entry: str, value: Any, seen_at: datetime | None, level: str) -> Entry:
    if not isinstance(value, str) or not value.strip():
        return Unreadable(entry=entry, given=str(value)[:_SHOWN], reason="it has no value")
    return Reported(entry=entry, url=value.strip(), seen_at=seen_at, tlp=level)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _moment(value: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return (found if found.tzinfo is not None else found.replace(tzinfo=UTC)).astimezone(UTC)


def _epoch(value: Any) -> datetime | None:
    """MISP writes seconds since 1970, as text or as a number."""
    try:
        return datetime.fromtimestamp(int(value), UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None
