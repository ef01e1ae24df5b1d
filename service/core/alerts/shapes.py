"""The few shapes that event schemas are built from, in the words of JSON Schema 2020-12. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from enum import StrEnum

TIME_PATTERN = "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$"
"""A time in UTC with whole seconds (RFC 3339 5.6)."""

Schema = dict[str, Any]


def text(description: str) -> Schema:
    """Any string."""
    return {"type": "string", "description": description}


def time(description: str) -> Schema:
    """A time in UTC with whole seconds."""
    return {"type": "string", "format": "date-time", "pattern": TIME_PATTERN, "description": description}


def or_null(schema: Schema) -> Schema:
    """The same, or null where there is none."""
    values = {"enum": [*schema["enum"], None]} if "enum" in schema else {}
    return schema | {"type": [schema["type"], "null"]} | values


def one_of(values: type[StrEnum], description: str) -> Schema:
    """One of the values of an enum of ours."""
    return {"type": "string", "enum": [value.value for value in values], "description": description}


def number(description: str) -> Schema:
    """Any number."""
    return {"type": "number", "description": description}


def count(description: str) -> Schema:
    """A whole number from 0."""
    return {"type": "integer", "minimum": 0, "description": description}


def flag(description: str) -> Schema:
    """True or false."""
    return {"type": "boolean", "description": description}


def list_of(items: Schema, description: str) -> Schema:
    """A list of one shape."""
    return {"type": "array", "items": items, "description": description}


def object_of(properties: Mapping[str, Schema], description: str, optional: tuple[str, ...] = ()) -> Schema:
    """An object whose members are all required but ``optional``; a receiver ignores members that it does not know."""
    return {
        "type": "object",
        "required": [name for name in properties if name not in optional],
        "properties": dict(properties),
        "description": description,
    }
