"""MISP core format (draft-dulaunoy-misp-core-format): one event for each outlet, as a file or as a feed. Pure.

``to_ids`` is set only while a confirmed impersonation is served, as a MISP instance blocks by it. What was withdrawn
stays as a deleted attribute, so that an instance that has it takes it off. Entries come outlet by outlet, and nothing
here holds more than one of them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import groupby
from typing import Any

from service.core.exports import disarm
from service.core.exports.context import Context, day
from service.core.exports.entry import Entry
from service.core.hostile_text import one_line
from service.core.tlp import LEVELS

_HIGH, _COMPLETED = "1", "2"


def events(entries: Iterable[Entry], context: Context) -> Iterator[str]:
    """All events in the form that MISP's REST interface answers with: ``{"response": [{"Event": ...}, ...]}``."""
    yield '{"response":[\n'
    separator = ""
    for outlet, those in groupby(entries, key=lambda entry: entry.outlet):
        yield separator
        yield from event(outlet, those, context)
        separator = ",\n"
    yield "\n]}\n"


def event(outlet: str, entries: Iterable[Entry], context: Context) -> Iterator[str]:
    """The event of one outlet, attributes first: what the header says is known when they are through."""
    header = _Header(outlet, context)
    yield f'{{"Event":{{"uuid":"{event_uuid(outlet, context)}","published":true,"Attribute":[\n'
    separator = ""
    for entry in entries:
        header.take(entry)
        yield separator + _json(_attribute(entry, context))
        separator = ",\n"
    yield "\n]," + _json(header.fields()).removeprefix("{") + "}"


def manifest(entries: Iterable[Entry], context: Context) -> Iterator[str]:
    """A feed's ``manifest.json``: headers by event."""
    found = {}
    for outlet, those in groupby(entries, key=lambda entry: entry.outlet):
        header = _Header(outlet, context)
        for entry in those:
            header.take(entry)
        found[event_uuid(outlet, context)] = header.fields()
    yield json.dumps(found, ensure_ascii=False, indent=1) + "\n"


def hashes(entries: Iterable[Entry], context: Context) -> Iterator[str]:
    """A feed's ``hashes.csv``: MD5 of each value and the event that has it, as MISP's feed format wants."""
    for entry in entries:
        if entry.withdrawn_at is None:
            digest = hashlib.md5(entry.site.encode(), usedforsecurity=False).hexdigest()
            yield f"{digest},{event_uuid(entry.outlet, context)}\n"


def event_uuid(outlet: str, context: Context) -> str:
    """The event of an outlet."""
    return context.uuid("misp-event", outlet)


class _Header:
    """What stands above the attributes of one event, gathered while they pass."""

    def __init__(self, outlet: str, context: Context) -> None:
        self._outlet, self._context = outlet, context
        self._began: datetime | None = None
        self._changed: datetime | None = None
        self._tlp = context.tlp

    def take(self, entry: Entry) -> None:
        """Another attribute passes."""
        self._began = min(self._began or entry.first_flagged_at, entry.first_flagged_at)
        self._changed = max(self._changed or entry.changed_at, entry.changed_at)
        self._tlp = max(self._tlp, self._context.marking(entry.tlp), key=LEVELS.index)

    def fields(self) -> dict[str, Any]:
        """The fields; the time of an event without attributes is the export's."""
        context = self._context
        changed = self._changed or context.changed_at
        return {
            "info": f"Websites that impersonate {one_line(context.outlet_name(self._outlet), 200)}",
            "date": f"{self._began or changed:%Y-%m-%d}",
            "threat_level_id": _HIGH,
            "analysis": _COMPLETED,
            "timestamp": str(int(changed.timestamp())),
            "Orgc": {"name": context.organisation, "uuid": context.uuid("misp-organisation", "author")},
            "Tag": [{"name": f"tlp:{self._tlp}"}, *({"name": f"disarm:{one.id}"} for one in disarm.TECHNIQUES)],
        }


def _attribute(entry: Entry, context: Context) -> dict[str, Any]:
    return {
        "uuid": context.uuid("misp-attribute", entry.id),
        "type": "domain" if entry.site == entry.domain else "hostname",
        "category": "Network activity",
        "value": entry.site,
        "to_ids": entry.live and entry.confirmed,
        "timestamp": str(int(entry.changed_at.timestamp())),
        "first_seen": day(entry.discovered_at),
        "comment": one_line(f"{entry.verdict.value}, {entry.technique}: {entry.reason}"),
        "deleted": entry.withdrawn_at is not None,
        "Tag": [{"name": f"tlp:{context.marking(entry.tlp)}"}],
    }


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
