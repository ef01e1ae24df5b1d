"""When a site is looked at next: a pure function of its state.

New names, and those on which anything changed (content, an address, a block), are looked at after minutes, then after
ever longer gaps up to a day; what fails while it is served, every two hours; what shows nothing for long, every few
days, until 24 months after the last activity (registrations come in yearly periods, and clones of 2022 were live 14 to
24 months later). A parked look never lengthens the gap in the first 90 days.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b

from service.core.model import Site
from service.core.states import Availability, Urgency

NEVER = datetime(9999, 1, 1, tzinfo=UTC)
_NEWS = timedelta(days=2)
_DOWN = frozenset({Availability.NXDOMAIN, Availability.NO_ADDRESS, Availability.SINKHOLED, Availability.SEIZED})


@dataclass(frozen=True, kw_only=True, slots=True)
class Intervals:
    """Gaps between looks. ``growth``: a gap is at most this many times the time since anything changed on the site."""

    first: timedelta = timedelta(minutes=15)
    growth: float = 0.5
    young: timedelta = timedelta(hours=24)
    live: timedelta = timedelta(hours=24)
    blocked: timedelta = timedelta(hours=24)
    failing: timedelta = timedelta(hours=2)
    settled: timedelta = timedelta(hours=48)
    settled_after: timedelta = timedelta(days=14)
    dormant: timedelta = timedelta(days=3)
    innocent: timedelta = timedelta(days=7)
    retry: timedelta = timedelta(minutes=10)
    young_for: timedelta = timedelta(days=90)
    blocked_for: timedelta = timedelta(days=90)
    watched_for: timedelta = timedelta(days=730)
    spread: float = 0.1


def next_due(site: Site, now: datetime, gaps: Intervals) -> datetime:
    """When to look again. Sites that nobody watches any more are due at the end of time (year 9999)."""
    active = site.active_at or site.admitted_at
    if now - active > gaps.watched_for:
        return NEVER
    gap = _gap(site, now, gaps)
    return now + gap * (1 + gaps.spread * (_fraction(site.host) - 0.5))


def urgency(site: Site, now: datetime, gaps: Intervals) -> Urgency:
    """In which order it is taken at its next due time, where not all that is due can be."""
    since_change = now - (site.active_at or site.admitted_at)
    serving = any(lookalike.open_episode for lookalike in site.lookalikes)
    if since_change < _NEWS or (serving and site.failures is not None):
        return Urgency.CHANGING
    if serving or (site.flagged and site.availability not in _DOWN) or now - site.admitted_at < gaps.young_for:
        return Urgency.ROUTINE
    return Urgency.ROUTINE if site.blocks_in_force and since_change < gaps.blocked_for else Urgency.DORMANT


def _gap(site: Site, now: datetime, gaps: Intervals) -> timedelta:
    age = now - site.admitted_at
    since_change = now - (site.active_at or site.admitted_at)
    growing = max(gaps.first, since_change * gaps.growth)
    if site.failures is not None and any(lookalike.open_episode for lookalike in site.lookalikes):
        return gaps.failing
    if any(lookalike.open_episode for lookalike in site.lookalikes):
        return min(growing, gaps.live if since_change < gaps.settled_after else gaps.settled)
    if site.blocks_in_force and since_change < gaps.blocked_for:
        return min(growing, gaps.blocked if since_change < gaps.settled_after else gaps.settled)
    if age < gaps.young_for or (site.flagged and site.availability not in _DOWN):
        return min(growing, gaps.young)
    if not site.flagged and site.availability is Availability.LIVE:
        return gaps.innocent
    return gaps.dormant


def _fraction(host: str) -> float:
    """A steady number in [0, 1) for a host, so that sites admitted together do not stay due together."""
    return int.from_bytes(blake2b(host.encode(), digest_size=4).digest(), "big") / 2**32
