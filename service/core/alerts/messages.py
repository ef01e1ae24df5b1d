"""Events as people read them: a title and a few facts, in words that no channel turns into links or mentions. Pure.

Everything here may quote a hostile site. ``inert`` is what makes it text: one line, no control or direction characters,
names and addresses defanged, no at sign that could call somebody. What a channel's own markup still takes for syntax is
escaped where that format is made.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from service.core.alerts import messages_summaries as summaries
from service.core.alerts.condition import Severity
from service.core.alerts.events import rfc3339
from service.core.alerts.policy import severity
from service.core.hostile_text import one_line
from service.core.model import Event

LONGEST = 300
"""Characters of one fact: a title of hostile length must not push the others out of sight."""

TITLES: Mapping[str, str] = MappingProxyType(
    {
        "lookalike.discovered": "A lookalike name exists",
        "lookalike.registered": "A lookalike was newly registered",
        "lookalike.suspected": "An impersonation is suspected",
        "impersonation.confirmed": "An impersonation is confirmed",
        "impersonation.changed": "An impersonation moved",
        "flag.withdrawn": "An earlier alert is taken back",
        "site.down": "An impersonation went down",
        "block.recorded": "A block was recorded",
        "block.observed": "A block was observed",
        "block.lifted": "A block was lifted",
        "site.resurfaced": "An impersonation is back",
        "site.reregistered": "A name was registered again",
        "successor.found": "A successor was found",
        "verdict.stale": "A verdict has lost its ground",
        "report.overdue": "A report is unanswered",
        "outlet.baseline_changed": "An outlet's own site changed",
        "outlet.onboarded": "An outlet is watched now",
        "alerts.digest": "Digest",
        "monitor.degraded": "The watch itself has trouble",
        "webhook.test": "A test alert",
    }
)

RECOVERED = "The watch works again"
"""The title of a ``monitor.degraded`` that says that it is over."""

_NAMED = MappingProxyType({"outlet.onboarded": "name", "outlet.baseline_changed": "outlet", "monitor.degraded": "what"})
"""What an event that is about no site is about."""

_TOLD = (
    *("withdrawn", "after_blocks", "url", "kind", "cause", "down_since", "predecessor", "delay_days", "confidence"),
    *("addresses_before", "addresses_after", "nameservers_before", "nameservers_after", "registrar_before"),
    *("recipient", "sent_at", "due_at", "detail", "note"),
)
"""What is told of an event's particulars, in this order, under their names."""

_DOT = re.compile(r"(?<=\w)[.\u3002\uff0e\uff61](?=[^\W\d_])")
"""A dot before a letter, or what IDNA takes for one (RFC 3490 3.1): what clients look for when they make links."""

_SCHEME = re.compile(r"(?i)\b(h)tt(ps?)://")


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """What one message says. ``facts`` are pairs of a word and what it is."""

    id: str
    title: str
    severity: Severity
    at: str
    facts: tuple[tuple[str, str], ...]

    def plain(self) -> str:
        """As lines of text."""
        return "\n".join([self.title, "", *(f"{name}: {value}" for name, value in self.facts), "", f"{self.at}"])


def inert(text: object, longest: int = LONGEST) -> str:
    """Text that is nothing but text, defanged."""
    line = one_line(str(text), longest)
    line = _SCHEME.sub(lambda found: f"{found[1]}xx{found[2]}[:]//", line).replace("://", "[:]//")
    return _DOT.sub("[.]", line).replace("@", "[at]")


def message(event: Event) -> Message:
    """An event in words."""
    about = inert(_about(event), 80)
    words = RECOVERED if _is_over(event) else TITLES.get(event.type, "Something happened")
    return Message(
        id=event.id,
        title=f"{words}: {about}" if about else words,
        severity=severity(event),
        at=rfc3339(event.at) or "",
        facts=tuple((inert(name, 60), inert(value)) for name, value in _facts(event) if value not in (None, "", [])),
    )


def _is_over(event: Event) -> bool:
    return event.type == "monitor.degraded" and bool((event.data.get("detail") or {}).get("recovered"))


def _about(event: Event) -> str:
    """What an event is about, for its title."""
    if event.type == "alerts.digest":
        return summaries.digest_title(event.data["detail"])
    detail = event.data.get("detail") or {}
    named = detail.get(_NAMED.get(event.type, ""))
    return str(event.data.get("site") or named or "")


def _facts(event: Event) -> Iterator[tuple[str, Any]]:
    data = event.data
    detail = data.get("detail") or {}
    if event.type == "alerts.digest":
        yield from summaries.digest_facts(detail)
        return
    if event.type == "outlet.onboarded":
        yield from summaries.onboarded_facts(detail)
        return
    yield "outlet", data.get("outlet") or detail.get("outlet")
    yield "site", data.get("site")
    yield from _judged(data.get("lookalike") or {})
    yield "reason", detail.get("reason")
    yield "registered", data.get("registered_at")
    yield "registrar", data.get("registrar")
    block = detail.get("block") or {}
    yield "blocked at", block.get("place")
    yield "since", block.get("effective_from")
    for name in _TOLD:
        value = detail.get(name)
        yield name.replace("_", " "), ", ".join(map(str, value)) if isinstance(value, list) else value
    for signal in (detail.get("signals") or ())[:3]:
        yield f"signal {signal.get('name', '')}", signal.get("evidence")


def _judged(lookalike: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    yield "verdict", lookalike.get("verdict")
    yield "score", lookalike.get("score")
    yield "technique", lookalike.get("technique")
    yield "first seen as", lookalike.get("first_seen_as")
