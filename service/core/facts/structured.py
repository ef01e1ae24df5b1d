"""What a page says of itself in JSON-LD: who publishes it, who wrote it, when, and under which address.

Clones copy the outlet's own block, so its addresses and names are the outlet's, word for word.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from service.core.facts.html import squeezed

MOST_SCRIPTS, MOST_CHARACTERS, MOST_NODES = 10, 200_000, 200
_LONG = 500

_ORGANISATIONS = frozenset({"NewsMediaOrganization", "Organization", "WebSite"})


def structured(scripts: Iterable[str]) -> dict[str, str]:
    """Facts out of ``<script type="application/ld+json">``, each as it stands first; what does not parse is left out.

    Keys, where there is something: ``type``, ``headline``, ``published``, ``modified`` (as written), ``url``,
    ``author``, ``publisher``, ``publisher_url``, and ``name`` of an organisation or web site (schema.org).
    """
    found: dict[str, str] = {}
    for node in _nodes(scripts):
        for key, value in _facts(node):
            text = squeezed(value, _LONG)
            if text:
                found.setdefault(key, text)
    return found


def _nodes(scripts: Iterable[str]) -> Iterator[Mapping[str, Any]]:
    """Every object on the outer level of a block, of a list in it, or of its ``@graph``."""
    count = 0
    for script in list(scripts)[:MOST_SCRIPTS]:
        try:
            waiting = [json.loads(script[:MOST_CHARACTERS])]
        except (ValueError, RecursionError):
            continue
        while waiting and count < MOST_NODES:
            value = waiting.pop(0)
            count += 1
            if isinstance(value, list):
                waiting += value[:MOST_NODES]
            elif isinstance(value, dict):
                yield value
                waiting += [value["@graph"]] if "@graph" in value else []


def _facts(node: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    kind = _text(node.get("@type"))
    if kind in _ORGANISATIONS:
        yield "name", _text(node.get("name"))
    elif "headline" in node:
        yield "type", kind
        yield "headline", _text(node["headline"])
        yield "url", _text(node.get("mainEntityOfPage") or node.get("url"), "@id", "url")
    yield "published", _text(node.get("datePublished"))
    yield "modified", _text(node.get("dateModified"))
    yield "author", _text(node.get("author"), "name")
    yield "publisher", _text(node.get("publisher"), "name")
    yield "publisher_url", _text(node.get("publisher"), "url", "@id") if isinstance(node.get("publisher"), dict) else ""


def _text(value: object, *keys: str) -> str:
    """A string, the first of several, or what an object has under the first of ``keys`` that it has."""
    if isinstance(value, list):
        value = value[0] if value else ""
    if isinstance(value, dict):
        value = next((value[key] for key in keys if key in value), "")
    return value if isinstance(value, str) else ""
