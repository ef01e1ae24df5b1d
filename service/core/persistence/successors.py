"""Which site took over from a blocked one, and what chance alone would give. Pure.

Closeness in time makes nobody a successor: spoofs of one outlet come every few weeks anyway. A successor has a tie, and
began after its predecessor was blocked; how many new spoofs the outlet would have had in that time without any block is
said beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from service.core.model import Availability, Observation, Site
from service.core.persistence.links import Link

_DAY = timedelta(days=1)
# What a name shows that is held in reserve: a clone that was parked takes over when it goes live.
_RESERVE = frozenset({Availability.PARKED, Availability.NO_ADDRESS, Availability.NXDOMAIN})


@dataclass(frozen=True, kw_only=True, slots=True)
class Blocked:
    """A site that could have been taken over from: blocked or down since ``since``, for ``outlets``."""

    host: str
    since: datetime
    outlets: frozenset[str]


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
    """Whether and since when a site that imitated outlets is blocked: the earliest block or end of an episode."""
    outlets = frozenset(lookalike.outlet for lookalike in site.lookalikes if lookalike.verdict.flagged)
    ends = [
        episode.ended_at
        for lookalike in site.lookalikes
        for episode in lookalike.episodes
        if episode.ended_at is not None and not episode.censored
    ]
    moments = [block.effective_from for block in site.blocks] + ends
    return Blocked(host=site.host, since=min(moments), outlets=outlets) if moments and outlets else None


def appeared(site: Site) -> datetime:
    """When a site came into being as far as is known: its registration, else its admission."""
    created = site.registration.created_at if site.registration is not None else None
    return min(created, site.admitted_at) if created is not None else site.admitted_at


def began(site: Site, history: Iterable[Observation] = ()) -> datetime:
    """When a site came into play: as it appeared, or where it was seen in reserve (parked) first, when it went live.

    ``history`` are its observations. Content that was merely not seen at first may have been there for others.
    """
    opened = min((episode.began_at for lookalike in site.lookalikes for episode in lookalike.episodes), default=None)
    if opened is None:
        return appeared(site)
    before = [one for one in history if one.first_at < opened]
    reserved = bool(before) and all(one.consensus in _RESERVE for one in before)
    return opened if reserved else appeared(site)


def predecessor(
    born: datetime, host: str, outlet: str, ties: Sequence[Link], candidates: Iterable[Blocked]
) -> tuple[Blocked, Link] | None:
    """The blocked site that the site ``host``, born then, took over from for an outlet: tied, and blocked before.

    Of several the strongest tie counts, then the latest block. Closeness in time alone makes nobody a successor.
    """
    tied = {link.host: link for link in ties}
    found = [
        (one, tied[one.host])
        for one in candidates
        if one.host in tied and outlet in one.outlets and one.since < born and one.host != host
    ]
    return max(found, key=lambda pair: (pair[1].confidence, pair[0].since, pair[0].host), default=None)


def expected_by_chance(appearances: Iterable[datetime], since: datetime, until: datetime, watched: datetime) -> float:
    """How many new spoofs of an outlet come between ``since`` and ``until`` at the rate of the time before ``since``.

    ``appearances`` are those of all its flagged lookalikes, ``watched`` is since when it is watched: names from before
    were found at once, and say nothing of a rate. A Poisson process, whose rate is the count over the time; half an
    event is added to the count, so that nothing seen yet is not taken for never (Jeffreys' prior).
    """
    span = max((since - watched) / _DAY, 1.0)
    before = sum(watched <= at < since for at in appearances)
    return (before + 0.5) / span * max((until - since) / _DAY, 0.0)
