"""Constructors of events: what people are told, in one shape.

``Event.id`` is a digest of what happened (type, site, outlet, time, discriminator), so an event that is made twice, as
after a crash, is one event. ``docs/events/`` has a JSON Schema and an example for each type.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from service.core.model import AnalystWord, Block, Episode, Event, Lookalike, Site
from service.core.names.name import defang

TYPES = (
    "lookalike.discovered",
    "lookalike.registered",
    "lookalike.suspected",
    "impersonation.confirmed",
    "impersonation.changed",
    "flag.withdrawn",
    "site.down",
    "block.recorded",
    "block.observed",
    "block.lifted",
    "site.resurfaced",
    "site.reregistered",
    "successor.found",
    "verdict.stale",
    "report.overdue",
    "outlet.baseline_changed",
    "outlet.onboarded",
    "alerts.digest",
    "monitor.degraded",
    "webhook.test",
)


_RFC3339 = "%04d-%02d-%02dT%02d:%02d:%02dZ"


def rfc3339(at: datetime | None) -> str | None:
    """A time as people and programs read it: UTC, whole seconds, Z (RFC 3339 5.6)."""
    if at is None:
        return None
    if at.tzinfo is not UTC:
        at = at.astimezone(UTC)
    # Put together by hand: a page of lookalikes has three hundred times in it, and isoformat takes twice as long.
    return _RFC3339 % (at.year, at.month, at.day, at.hour, at.minute, at.second)


def event_id(*parts: str | None) -> str:
    """An id that follows from what happened; no dots, as Standard Webhooks signs ``id.timestamp.body``."""
    return "evt_" + sha256("\x1f".join(part or "" for part in parts).encode()).hexdigest()[:26]


def about_site(
    kind: str, site: Site, at: datetime, *, lookalike: Lookalike | None = None, key: str = "", detail: Mapping[str, Any]
) -> Event:
    """An event about a site, and about one outlet's lookalike on it where ``lookalike`` is given."""
    outlet = lookalike.outlet if lookalike else None
    identity = event_id(kind, site.host, outlet, at.isoformat(), key)
    registration = site.registration
    data = {
        "id": identity,
        "site": site.host,
        "defanged": defang(site.host),
        "domain": site.domain,
        "outlet": outlet,
        "lookalike": _lookalike(lookalike) if lookalike else None,
        "availability": site.availability.value,
        "registered_at": rfc3339(registration.created_at) if registration else None,
        "registrar": registration.registrar if registration else None,
        "detail": dict(detail),
    }
    return Event(id=identity, type=kind, at=at, data=data, host=site.host, outlet=outlet)


def about_service(kind: str, at: datetime, *, key: str, detail: Mapping[str, Any]) -> Event:
    """An event about the service itself (``monitor.degraded``, ``webhook.test``)."""
    identity = event_id(kind, at.isoformat(), key)
    return Event(id=identity, type=kind, at=at, data={"id": identity, "detail": dict(detail)})


def block_detail(block: Block) -> dict[str, Any]:
    """A block as it stands in events."""
    return {
        "block": {
            "id": block.id,
            "place": block.place.value,
            "effective_from": rfc3339(block.effective_from),
            "known_from": rfc3339(block.known_from),
            "lifted_at": rfc3339(block.lifted_at),
            "reported": block.reported,
            "reference": block.reference,
            "action": block.action,
        }
    }


def episode_detail(episode: Episode) -> dict[str, Any]:
    """An episode as it stands in events."""
    return {
        "episode": episode.number,
        "began_at": rfc3339(episode.began_at),
        "last_seen_at": rfc3339(episode.last_seen_at),
        "ended_at": rfc3339(episode.ended_at),
        "cause": episode.cause.value if episode.cause else None,
        "censored": episode.censored,
        "url": episode.url,
    }


def judgement_detail(lookalike: Lookalike) -> dict[str, Any]:
    """Why a lookalike is flagged: every signal that counted, strongest first."""
    strongest = sorted(lookalike.signals, key=lambda s: (-abs(s.value * s.weight), s.name))
    return {
        "reason": lookalike.reason,
        "signals": [
            {"name": s.name, "value": round(s.value, 4), "weight": s.weight, "evidence": s.evidence} for s in strongest
        ],
    }


def word_detail(word: AnalystWord) -> dict[str, Any]:
    """An analyst's word as it stands in events."""
    return {
        "verdict": word.verdict.value,
        "scope": word.scope.value,
        "by": word.by,
        "at": rfc3339(word.at),
        "reason": word.reason.value,
        "note": word.note,
    }


def _lookalike(lookalike: Lookalike) -> dict[str, Any]:
    return {
        "technique": lookalike.technique.value,
        "verdict": lookalike.verdict.value,
        "score": round(lookalike.score, 4),
        "reason": lookalike.reason,
        "first_seen_as": lookalike.first_seen_as.value,
        "flagged_at": rfc3339(lookalike.flagged_at),
    }
