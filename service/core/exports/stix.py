"""STIX 2.1 (OASIS Standard, 2021): an indicator for each lookalike, tied to the outlet and to what it shows. Pure.

Identifiers follow from what a thing is, times from when it changed: the same lookalike is the same object in every
export, and one that is withdrawn comes back once more, revoked and no longer valid.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
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

_SINCE = datetime(2022, 1, 1, tzinfo=UTC)
"""When objects that have no date of their own were created: authors, outlets, techniques."""


def bundle(entries: Iterable[Entry], context: Context) -> Iterator[str]:
    """One bundle, an object a line. What several entries have in common stands before the first that needs it."""
    yield f'{{"type":"bundle","id":"bundle--{context.uuid("bundle", "all")}","objects":[\n'
    separator, told = "", set[str]()
    for entry in entries:
        for item in _objects(entry, context):
            if item["id"] in told:
                continue
            if not item["id"].startswith(("indicator--", "relationship--", "domain-name--")):
                told.add(item["id"])
            yield separator + json.dumps(item, ensure_ascii=False, separators=(",", ":"))
            separator = ",\n"
    if not separator:
        yield json.dumps(_author(context), ensure_ascii=False, separators=(",", ":"))
    yield "\n]}\n"


def _objects(entry: Entry, context: Context) -> Iterator[dict[str, Any]]:
    shown = disarm.techniques(evades=entry.blocked and entry.live)
    yield _author(context)
    yield _marking(context.marking(entry.tlp))
    outlet = _outlet(entry, context)
    yield outlet
    for technique in shown:
        yield _attack_pattern(technique, context)
    yield _domain(entry)
    indicator = _indicator(entry, context)
    yield indicator
    yield _relationship(entry, "related-to", indicator["id"], outlet["id"], context)
    yield _relationship(entry, "based-on", indicator["id"], _domain(entry)["id"], context)
    for technique in shown:
        yield _relationship(entry, "indicates", indicator["id"], _attack_pattern(technique, context)["id"], context)


def _indicator(entry: Entry, context: Context) -> dict[str, Any]:
    name = f"{defang(entry.site)} impersonates {one_line(context.outlet_name(entry.outlet), 200)}"
    found = _dated("indicator", entry.id, entry.first_flagged_at, _changed(entry), context) | {
        "name": name,
        "description": one_line(entry.reason),
        "indicator_types": ["malicious-activity"] if entry.confirmed else ["anomalous-activity"],
        "pattern": f"[domain-name:value = '{_quoted(entry.site)}']",
        "pattern_type": "stix",
        "pattern_version": "2.1",
        "valid_from": stamp(entry.first_flagged_at),
        "labels": [entry.technique, entry.verdict.value],
        "confidence": 95 if entry.confirmed_by else round(100 * min(entry.score, 0.85)),
        "object_marking_refs": [_MARKINGS[context.marking(entry.tlp)]],
    }
    if entry.withdrawn_at is not None:
        found["revoked"] = True
        found["valid_until"] = stamp(max(entry.withdrawn_at, entry.first_flagged_at + timedelta(milliseconds=1)))
    return found


def _relationship(entry: Entry, kind: str, source: str, target: str, context: Context) -> dict[str, Any]:
    key = f"{kind}\x1f{source}\x1f{target}"
    found = _dated("relationship", key, entry.first_flagged_at, _changed(entry), context) | {
        "relationship_type": kind,
        "source_ref": source,
        "target_ref": target,
        "object_marking_refs": [_MARKINGS[context.marking(entry.tlp)]],
    }
    return found | ({"revoked": True} if entry.withdrawn_at is not None else {})


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
