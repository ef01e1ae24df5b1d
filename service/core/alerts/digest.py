"""What can wait for a digest, and what a digest says. Pure.

As in Alertmanager (https://prometheus.io/docs/alerting/latest/configuration/), alerts are grouped, a group is told
again only when something in it has changed since it was told last, and one that somebody acknowledged stays quiet until
it gets worse. Here a group is a campaign, or where there is none the family of names that resemble one outlet.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from service.core.alerts import events
from service.core.alerts.condition import Severity
from service.core.alerts.deliveries import Endpoint
from service.core.alerts.policy import severity
from service.core.model import Event
from service.core.names.name import defang
from service.core.states import Verdict

TYPE = "alerts.digest"

MOST_GROUPS = 20
MOST_LINES = 20
"""Of one digest, and of one group in it: what people read at one go. The rest is counted."""

MOST_REMEMBERED = 2000
"""Sites of a group of which it is remembered what was told; those told longest ago are forgotten first."""

_WORSE = frozenset({"lookalike.suspected", "impersonation.confirmed", "site.resurfaced", "block.lifted"})
"""What always ends an acknowledgement: a verdict that rises, and a way back after a block."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AlertGroup:
    """What is told together. ``key`` is ``campaign:`` and a campaign's id, or ``family:`` and an outlet's.

    ``severity`` is the worst of its ``events``; ``last_type`` and ``last_site`` are those of the last one. While
    ``acknowledged_at`` stands it is quiet; ``reopened_by`` is the id of the event that ended the last acknowledgement.
    """

    key: str
    severity: Severity
    events: int
    first_at: datetime
    last_at: datetime
    last_type: str
    last_site: str
    acknowledged_at: datetime | None = None
    acknowledged_by: str = ""
    note: str = ""
    reopened_by: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """An event that waits for an endpoint's digest: its delivery, its group, and whether that is acknowledged."""

    delivery: int
    event: Event
    group: str
    quiet: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Digest:
    """What was composed. ``event`` is None where nothing is worth telling.

    ``said`` is what is now known to have been told, by group, and within it by site and outlet.
    """

    event: Event | None
    said: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def at_once(event: Event) -> bool:
    """Whether an event is told by itself even where there are digests: what deceives readers now, and the service."""
    return event.host is None or severity(event) is Severity.CRITICAL


def waits(endpoint: Endpoint, event: Event) -> bool:
    """Whether an event waits for the endpoint's next digest."""
    return endpoint.every is not None and not at_once(event)


def key_of(campaign: str | None, outlet: str) -> str:
    """The key of the group that a site's events belong to; ``outlet`` is the one that it resembles."""
    return f"campaign:{campaign}" if campaign else f"family:{outlet}"


def worsens(group: AlertGroup, event: Event) -> bool:
    """Whether an event of an acknowledged group is worse than what was acknowledged."""
    return event.type in _WORSE or severity(event).rank > group.severity.rank


def compose(endpoint: Endpoint, held: Sequence[Held], said: Mapping[str, Mapping[str, str]], at: datetime) -> Digest:
    """The digest of what waits, oldest first, after ``said`` was told. Each site's and outlet's last event counts."""
    by_group: dict[str, list[Event]] = {}
    for one in held:
        if not one.quiet:
            by_group.setdefault(one.group, []).append(one.event)
    groups, told, sites = [], dict[str, Mapping[str, str]](), set[str | None]()
    for key, happened in by_group.items():
        before = said.get(key, {})
        latest = {_about(event): event for event in happened}
        news = {about: event for about, event in latest.items() if before.get(about) != _state(event)}
        if news:
            kept = {about: state for about, state in before.items() if about not in news}
            kept |= {about: _state(event) for about, event in news.items()}
            told[key] = dict(list(kept.items())[-MOST_REMEMBERED:])
            sites |= {event.host for event in news.values()}
            groups.append(_group(key, tuple(news.values()), len(happened)))
    if not groups:
        return Digest(event=None)
    groups.sort(key=lambda group: (-Severity(group["severity"]).rank, group["group"]))
    detail = {
        "webhook": endpoint.id,
        "since": events.rfc3339(min(one.event.at for one in held)),
        "until": events.rfc3339(at),
        "severity": groups[0]["severity"],
        "sites": len(sites),
        "groups": groups[:MOST_GROUPS],
        "further_groups": max(0, len(groups) - MOST_GROUPS),
    }
    key = f"{endpoint.id}:{held[-1].event.id}"
    return Digest(event=events.about_service(TYPE, at, key=key, detail=detail), said=told)


def _group(key: str, news: Sequence[Event], happened: int) -> dict[str, Any]:
    ranked = sorted(news, key=lambda event: (-severity(event).rank, event.at, event.id))
    lines = [_line(event) for event in ranked]
    return {
        "group": key,
        "severity": str(severity(ranked[0])),
        "verdict": max((Verdict(line["verdict"] or Verdict.UNKNOWN) for line in lines), key=lambda one: one.rank).value,
        "outlets": sorted({line["outlet"] for line in lines if line["outlet"]}),
        "events": happened,
        "lines": lines[:MOST_LINES],
        "further_lines": max(0, len(lines) - MOST_LINES),
    }


def _line(event: Event) -> dict[str, Any]:
    judged = event.data.get("lookalike") or {}
    return {
        "site": event.host or "",
        "defanged": defang(event.host or ""),
        "outlet": event.outlet,
        "event": event.type,
        "event_id": event.id,
        "severity": str(severity(event)),
        "verdict": judged.get("verdict"),
        "at": events.rfc3339(event.at),
    }


def _about(event: Event) -> str:
    return f"{event.host} {event.outlet or ''}"


def _state(event: Event) -> str:
    """What a reader would be told of a site: two events that say the same have the same state."""
    judged = event.data.get("lookalike") or {}
    block = (event.data.get("detail") or {}).get("block") or {}
    return " ".join(_words((event.type, judged.get("verdict"), block.get("place"))))


def _words(parts: Iterable[str | None]) -> Iterable[str]:
    return (part for part in parts if part)
