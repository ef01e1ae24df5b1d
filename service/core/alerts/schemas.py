"""What an event looks like on the wire: one JSON Schema (2020-12) with an example for each type. Pure data.

An envelope is exactly ``{"type", "timestamp", "data"}``, as Standard Webhooks 1.0 recommends. ``docs/events/`` holds
what ``document`` gives, and the tests hold every event that the service makes against it.
"""

from __future__ import annotations

from service.core.alerts.catalogue import CATALOGUE, EventType
from service.core.alerts.catalogue_facts import LOOKALIKE
from service.core.alerts.shapes import Schema, object_of, one_of, or_null, text, time
from service.core.states import Availability

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def document(kind: str) -> Schema:
    """Return the JSON Schema of one event type, with its example. KeyError where there is no such type."""
    event = CATALOGUE[kind]
    return {
        "$schema": DIALECT,
        "$id": f"urn:spoofwatch:event:{kind}",
        "title": kind,
        "description": event.summary,
        "type": "object",
        "required": ["type", "timestamp", "data"],
        "properties": {
            "type": {"const": kind, "description": "Which event this is."},
            "timestamp": time("When it happened."),
            "data": _data(event),
        },
        "examples": [{"type": kind, "timestamp": event.example_time, "data": event.example_data}],
    }


def _data(event: EventType) -> Schema:
    identity = {"id": text("The event's id. The same event sent again has the same id.")}
    detail = {"detail": object_of(event.detail, "What is particular to this type of event.", event.optional)}
    common = {} if event.about == "service" else _of_site(paired=event.about == "lookalike")
    return object_of(identity | common | detail, "What happened.")


def _of_site(*, paired: bool) -> dict[str, Schema]:
    """Members that events about a site share. ``paired``: it is about one outlet's lookalike on that site."""
    outlet = text("The id of the outlet that it is about. An event about the site whatever it resembles has none.")
    return {
        "site": text("The host name, as A-labels."),
        "defanged": text("The host name in a form that no program turns into a link."),
        "domain": text("The registrable name of the site."),
        "outlet": outlet if paired else or_null(outlet),
        "lookalike": LOOKALIKE if paired else or_null(LOOKALIKE),
        "availability": one_of(Availability, "What the site answered at the last look."),
        "registered_at": or_null(time("When the name was registered, where the registry says so.")),
        "registrar": or_null(text("The registrar, where the registry says so.")),
    }
