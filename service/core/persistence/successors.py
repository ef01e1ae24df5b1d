"""Which site took over from a blocked one, and what chance alone would give. Pure.

Closeness in time makes nobody a successor: spoofs of one outlet come every few weeks anyway. A successor has a tie, and
began after its predecessor was blocked; how many new spoofs the outlet would have had in that time without any block is
said beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from service.core.model import Observation, Site
from service.core.persistence.links import Link
from service.core.states import Availability

_DAY = timedelta(days=1)
# What a name shows that is held in reserve (nothing that anybody could read): it takes over when it goes live.
_RESERVE = frozenset({Availability.PARKED, Availability.NO_ADDRESS, Availability.NXDOMAIN, Availability.UNREACHABLE})


@dataclass(frozen=True, kw_only=True, slots=True)
class Blocked:
    """A site that could have been taken over from, for ``outlets``: when it was blocked, and when it went down.

    ``took_over`` are the sites that it took over from itself.
    """

    host: str
    outlets: frozenset[str]
    took_over: frozenset[str] = frozenset()
    blocks: tuple[datetime, ...] = ()
    ends: tuple[datetime, ...] = ()

    def before(self, moment: datetime) -> datetime | None:
        """Since when it was blocked at that time; where no block came before it, since when it was down."""
        for moments in (self.blocks, self.ends):
            earlier = [at for at in moments if at < moment]
            if earlier:
                return min(earlier)
        return None


class Born(NamedTuple):
    """When a site came into being as far as is known, and when it came into use where it was held in reserve first."""

    appeared: datetime
    in_use: datetime


class Takeover(NamedTuple):
    """From whom a site took over, by which tie, since when that one was blocked, and when this one began."""

    predecessor: str
    link: Link
    blocked_since: datetime
    began_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Succession:
    """``host`` took over from ``predecessor`` for an outlet.

    ``expected_by_chance``: how many new spoofs of the outlet the rate before the block would have brought in the same
    delay. Near or above 1, the time says nothing and the tie alone speaks.
    """

    host: str
    outlet: str
    predecessor: str
    found_at: datetime
    blocked_since: datetime
    began_at: datetime
    link: Link
    expected_by_chance: float

    @property
    def delay(self) -> timedelta:
        """From the block to the successor."""
        return self.began_at - self.blocked_since


def blocked(site: Site) -> Blocked | None:
    """What is to be taken over from a site that imitated outlets; None where it was never blocked and never down."""
    outlets = frozenset(lookalike.outlet for lookalike in site.lookalikes if lookalike.verdict.flagged)
    ends = tuple(
        episode.ended_at
        for lookalike in site.lookalikes
        for episode in lookalike.episodes
        if episode.ended_at is not None and not episode.censored
    )
    blocks = tuple(block.effective_from for block in site.blocks)
    if not outlets or not (blocks or ends):
        return None
    took_over = frozenset(lookalike.predecessor for lookalike in site.lookalikes if lookalike.predecessor)
    return Blocked(host=site.host, outlets=outlets, took_over=took_over, blocks=blocks, ends=ends)


def appeared(site: Site) -> datetime:
    """When a site came into being as far as is known: its registration, else its admission."""
    created = site.registration.created_at if site.registration is not None else None
    return min(created, site.admitted_at) if created is not None else site.admitted_at


def born(site: Site, history: Iterable[Observation] = ()) -> Born:
    """When a site came into being and into use; ``history`` are its observations.

    Only what was seen in reserve came into use later: content that was merely not seen at first may have been there
    for others.
    """
    began = appeared(site)
    opened = min((episode.began_at for lookalike in site.lookalikes for episode in lookalike.episodes), default=began)
    before = [one for one in history if one.first_at < opened]
    reserved = bool(before) and all(one.consensus in _RESERVE for one in before)
    return Born(began, max(began, opened) if reserved else began)


def predecessor(
    came: Born, host: str, outlet: str, ties: Sequence[Link], candidates: Iterable[Blocked]
) -> Takeover | None:
    """From whom the site ``host`` took over for an outlet: a tied site that was blocked before it came.

    Whoever was registered after the block counts from then on, also where it was parked at first; who was there before
    and held in reserve, from when it came into use. Of several that took over from each other the last counts, whatever
    the first may share with the new one; then the strongest tie, then the latest block. Closeness in time alone makes
    nobody a successor.
    """
    tied = {link.host: link for link in ties}
    asked = [one for one in candidates if one.host in tied and outlet in one.outlets and one.host != host]
    taken = {one: taken for one in asked if (taken := _taken_over(came, one, tied[one.host])) is not None}
    replaced = {earlier for one in taken for earlier in one.took_over}
    found = [takeover for one, takeover in taken.items() if one.host not in replaced]
    return max(
        found or taken.values(), key=lambda one: (one.link.confidence, one.blocked_since, one.predecessor), default=None
    )


def _taken_over(came: Born, one: Blocked, link: Link) -> Takeover | None:
    for moment in came:
        since = one.before(moment)
        if since is not None:
            return Takeover(one.host, link, since, moment)
    return None


def expected_by_chance(appearances: Iterable[datetime], since: datetime, until: datetime, watched: datetime) -> float:
    """How many new spoofs of an outlet come between ``since`` and ``until`` at the rate of the time before ``since``.

    ``appearances`` are those of all its flagged lookalikes, ``watched`` is since when it is watched: names from before
    were found at once, and say nothing of a rate. A Poisson process, whose rate is the count over the time; half an
    event is added to the count, so that nothing seen yet is not taken for never (Jeffreys' prior).
    """
    span = max((since - watched) / _DAY, 1.0)
    before = sum(watched <= at < since for at in appearances)
    return (before + 0.5) / span * max((until - since) / _DAY, 0.0)
