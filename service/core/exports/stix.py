"""STIX 2.1 (OASIS Standard, 2021): an indicator for each lookalike, tied to the outlet and to what it shows. Pure.

Identifiers follow from what a thing is, times from when it changed: the same lookalike is the same object in every
export, and one that is withdrawn comes back once more, revoked and no longer valid.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid5

from service.core.exports import disarm
from service.core.exports.context import Context, stamp
from service.core.exports.entry import Entry
from service.core.hostile_text import one_line
from service.core.names.name import defang

_OBSERVABLES = UUID("00abedb4-aa42-466c-9c01-fed23315a9b7")
"""The namespace of deterministic identifiers of observables (STIX 2.1 section 2.9)."""

_MARKINGS = {
    "clear": "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9",
    "green": "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da",
    "amber": "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82",
    "amber+strict": "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82",
    "red": "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed",
}
"""The standard's own markings (section 7.2.1.4); it knows TLP 1, whose white is now clear."""
_COLOURS = {"clear": "white", "green": "green", "amber": "amber", "amber+strict": "amber", "red": "red"}
_MARKED_AT = "2017-01-20T00:00:00.000Z"

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_REVOKED = ',"revoked":true'

_SINCE = datetime(2022, 1, 1, tzinfo=UTC)
"""When objects that have no date of their own were created: authors, outlets, techniques."""


def bundle(entries: Iterable[Entry], context: Context) -> Iterator[str]:
    """One bundle, an object a line. What several entries have in common stands before the first that needs it."""
    yield f'{{"type":"bundle","id":"bundle--{context.uuid("bundle", "all")}","objects":[\n'
    separator, shared = "", _Shared(context)
    for entry in entries:
        for item in _objects(entry, shared):
            yield separator + item
            separator = ",\n"
    if not separator:
        yield _text(_author(context))
    yield "\n]}\n"


class _Shared:
    """Objects that several entries have in common: made once, and given out once by ``new``."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.uuid = context.namer()
        self.author = f"identity--{self.uuid('identity', 'author')}"
        self._made: dict[tuple[str, object], str] = {}
        self._waiting: list[dict[str, Any]] = []

    def use(self, kind: str, key: object, make: Callable[[], dict[str, Any]]) -> str:
        """The object's id. ``key`` names it among those of its kind."""
        known = self._made.get((kind, key))
        if known is None:
            made = make()
            known = self._made[kind, key] = made["id"]
            self._waiting.append(made)
        return known

    def new(self) -> list[str]:
        """Those that were used for the first time since this was asked last, as JSON."""
        waiting, self._waiting = self._waiting, []
        return [_text(one) for one in waiting]


def _objects(entry: Entry, shared: _Shared) -> Iterator[str]:
    """What one entry adds to the bundle, as JSON."""
    context = shared.context
    level = context.marking(entry.tlp)
    shared.use("identity", "", lambda: _author(context))
    marking = shared.use("marking", level, lambda: _marking(level))
    outlet = shared.use("outlet", entry.outlet, lambda: _outlet(entry, context))
    shown = disarm.techniques(evades=entry.blocked and entry.live)
    patterns = [shared.use("technique", one, partial(_attack_pattern, one, context)) for one in shown]
    yield from shared.new()
    domain = _domain(entry)
    yield _text(domain)
    dates = stamp(entry.first_flagged_at), stamp(_changed(entry))
    indicator = _indicator(entry, shared, dates, marking)
    yield _text(indicator)
    for kind, target in (
        ("related-to", outlet),
        ("based-on", domain["id"]),
        *(("indicates", pattern) for pattern in patterns),
    ):
        yield _relationship(
            shared, kind, (indicator["id"], target), dates, marking, gone=entry.withdrawn_at is not None
        )


def _text(item: Mapping[str, Any]) -> str:
    return _ENCODER.encode(item)


def _indicator(entry: Entry, shared: _Shared, dates: tuple[str, str], marking: str) -> dict[str, Any]:
    name = f"{defang(entry.site)} impersonates {one_line(shared.context.outlet_name(entry.outlet), 200)}"
    found = {
        "type": "indicator",
        "spec_version": "2.1",
        "id": f"indicator--{shared.uuid('indicator', entry.id)}",
        "created_by_ref": shared.author,
        "created": dates[0],
        "modified": dates[1],
        "name": name,
        "description": one_line(entry.reason),
        "indicator_types": ["malicious-activity"] if entry.confirmed else ["anomalous-activity"],
        "pattern": f"[domain-name:value = '{_quoted(entry.site)}']",
        "pattern_type": "stix",
        "pattern_version": "2.1",
        "valid_from": dates[0],
        "labels": [entry.technique, entry.verdict.value],
        "confidence": 95 if entry.confirmed_by else round(100 * min(entry.score, 0.85)),
        "object_marking_refs": [marking],
    }
    if entry.withdrawn_at is not None:
        found["revoked"] = True
        found["valid_until"] = stamp(max(entry.withdrawn_at, entry.first_flagged_at + timedelta(milliseconds=1)))
    return found


def _relationship(
    shared: _Shared, kind: str, ends: tuple[str, str], dates: tuple[str, str], marking: str, *, gone: bool
) -> str:
    """Written by hand: seven of ten objects are such, and every value in them is of our own making and plain ASCII."""
    source, target = ends
    identity = shared.uuid("relationship", f"{kind}\x1f{source}\x1f{target}")
    return (
        f'{{"type":"relationship","spec_version":"2.1","id":"relationship--{identity}",'
        f'"created_by_ref":"{shared.author}","created":"{dates[0]}","modified":"{dates[1]}",'
        f'"relationship_type":"{kind}","source_ref":"{source}","target_ref":"{target}",'
        f'"object_marking_refs":["{marking}"]{_REVOKED if gone else ""}}}'
    )


def _domain(entry: Entry) -> dict[str, Any]:
    key = json.dumps({"value": entry.site}, separators=(",", ":"))
    return {
        "type": "domain-name",
        "spec_version": "2.1",
        "id": f"domain-name--{uuid5(_OBSERVABLES, key)}",
        "value": entry.site,
    }


def _outlet(entry: Entry, context: Context) -> dict[str, Any]:
    return _dated("identity", f"outlet\x1f{entry.outlet}", _SINCE, _SINCE, context) | {
        "name": one_line(context.outlet_name(entry.outlet), 200),
        "identity_class": "organization",
        "sectors": ["communications"],
        "roles": ["impersonated news outlet"],
    }


def _author(context: Context) -> dict[str, Any]:
    found = _dated("identity", "author", _SINCE, _SINCE, context)
    del found["created_by_ref"]
    return found | {"name": context.organisation, "identity_class": "organization"}


def _attack_pattern(technique: disarm.Technique, context: Context) -> dict[str, Any]:
    return _dated("attack-pattern", technique.id, _SINCE, _SINCE, context) | {
        "name": technique.name,
        "description": f"DISARM Red Framework, {disarm.EDITION}",
        "external_references": [{"source_name": "DISARM", "external_id": technique.id}],
    }


def _marking(level: str) -> dict[str, Any]:
    return {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": _MARKINGS[level],
        "created": _MARKED_AT,
        "definition_type": "tlp",
        "name": f"TLP:{_COLOURS[level].upper()}",
        "definition": {"tlp": _COLOURS[level]},
    }


def _dated(kind: str, key: str, created: datetime, modified: datetime, context: Context) -> dict[str, Any]:
    return {
        "type": kind,
        "spec_version": "2.1",
        "id": f"{kind}--{context.uuid(kind, key)}",
        "created_by_ref": f"identity--{context.uuid('identity', 'author')}",
        "created": stamp(created),
        "modified": stamp(modified),
    }


def _changed(entry: Entry) -> datetime:
    return max(entry.changed_at, entry.first_flagged_at)


def _quoted(text: str) -> str:
    """Text inside a pattern's quotes (STIX 2.1 section 9.4)."""
    return text.replace("\\", "\\\\").replace("'", "\\'")
