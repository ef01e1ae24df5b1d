"""The nouns that every part of the service shares, as frozen values without behaviour.

The words are those of the field and mean one thing everywhere: an *outlet* is watched, a *site* is one
host name that exists, a *lookalike* is the pair (site, outlet). Facts that come from outside have files of
their own in ``core/facts``; what is decided from them is in ``core/verdict`` and ``core/persistence``; the closed
lists of words that they are described by stand in ``core/states.py``.

All times are timezone-aware UTC. All host names are A-labels in lower case without a trailing dot.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from service.core.facts.dns import DnsFacts
from service.core.facts.page import FetchedPage, PageFacts, TlsFacts
from service.core.facts.registration import Registration
from service.core.states import (
    Availability,
    BaselineState,
    Cause,
    FirstSeenAs,
    Place,
    Technique,
    Tier,
    Urgency,
    Verdict,
    WordReason,
    WordScope,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Outlet:
    """A news organisation on the watch list. ``own_domains`` does not repeat ``domain``."""

    id: str
    name: str
    domain: str
    own_domains: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    country: str | None = None
    languages: tuple[str, ...] = ()

    @property
    def confirmed_domains(self) -> tuple[str, ...]:
        """Every domain that the operator confirmed as the outlet's own."""
        return (self.domain, *self.own_domains)


@dataclass(frozen=True, kw_only=True, slots=True)
class NameMatch:
    """A name resembles an outlet. ``name`` as given (A-label), ``domain`` its registrable form, ``score`` 0 to 1."""

    name: str
    domain: str
    outlet: str
    technique: Technique
    distance: int
    score: float


class Turn(StrEnum):
    """How often a profile is used: at every look; at the first, after news and once a week; at the first and weekly."""

    ALWAYS = "always"
    NEWS = "news"
    WEEKLY = "weekly"


DIRECT = "direct"
"""The egress of whoever goes out by this machine's own way."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Profile:
    """How a fetch presents itself. ``{languages}`` in a header stands for the outlet's Accept-Language.

    ``egress`` is the way out: direct, or the country whose proxy is used (``DE``), and then only for outlets of that
    country. ``articles``: it is used on single articles too, and not on the root alone.
    """

    name: str
    headers: Mapping[str, str]
    turn: Turn = Turn.ALWAYS
    articles: bool = True
    egress: str = DIRECT


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """A URL on a site that is worth looking at, and where it was learnt (sighting, link, sitemap, feed, redirect)."""

    url: str
    source: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Admission:
    """A name on its way through the one door. ``matches`` may be empty: a site without an outlet is legal.

    ``absent_at``: a complete sweep or zone file had found that it did not exist then, which dates what exists now.
    ``listed_at``: when a list of names first had it. ``again``: this says something of a site that is known already (it
    has a new certificate), which is due at once for that alone.
    """

    host: str
    domain: str
    source: str
    matches: tuple[NameMatch, ...] = ()
    targets: tuple[Target, ...] = ()
    absent_at: datetime | None = None
    again: bool = False
    listed_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Signal:
    """One named reason for or against a verdict. ``weight`` x ``value`` is what it adds to the score."""

    name: str
    value: float
    weight: float
    evidence: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Judgement:
    """What one look says of one outlet. ``shows_content``: this look itself saw the impersonation served.

    ``content_at`` is the (target URL, profile) that showed it, so that it can be asked for again.
    """

    outlet: str
    technique: Technique
    verdict: Verdict
    score: float
    reason: str
    signals: tuple[Signal, ...] = ()
    shows_content: bool = False
    content_at: tuple[str, str] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """One examination of a site. ``registration`` is None where it was not asked this time.

    ``availability`` holds one grade per vantage; ``consensus`` is the site's own, with ``consensus_reason``.
    ``suspended`` says by what a hoster's suspension page was told, where one was served. ``evidence`` holds the ids of
    what was kept of it.
    """

    at: datetime
    dns: DnsFacts
    registration: Registration | None
    pages: tuple[FetchedPage, ...]
    availability: Mapping[str, Availability]
    consensus: Availability
    consensus_reason: str
    suspended: str = ""
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Observation:
    """Equal looks in a row. ``digest`` tells equal from changed, ``summary`` is what a reader is shown."""

    digest: str
    first_at: datetime
    last_at: datetime
    count: int
    consensus: Availability
    summary: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Episode:
    """An unbroken span in which a lookalike served the impersonation. ``number`` counts from 1 per lookalike.

    ``censored`` ends are times at which it was last known to serve, not times at which it stopped.
    """

    number: int
    began_at: datetime
    last_seen_at: datetime
    ended_at: datetime | None = None
    cause: Cause | None = None
    censored: bool = False
    url: str = ""
    profile: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Block:
    """An action against one site. ``reported`` by somebody, else observed by the service itself."""

    id: str
    place: Place
    effective_from: datetime
    known_from: datetime
    reported: bool
    lifted_at: datetime | None = None
    reference: str = ""
    action: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Action:
    """One enforcement act that covers many blocks."""

    id: str
    authority: str
    place: Place
    effective: datetime
    reference: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class AnalystWord:
    """A verdict that a person gave, and the facts that it rests on. ``note`` says in words what ``reason`` cannot."""

    verdict: Verdict
    reason: WordReason
    by: str
    at: datetime
    note: str = ""
    scope: WordScope = WordScope.NAME_AND_OUTLET
    registrar: str | None = None
    registered_at: datetime | None = None
    nameservers: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Lookalike:
    """The pair (site, outlet) as it stands. ``predecessor`` is the blocked site that it took over from, "" if none.

    ``flag_events`` are the ids of the events that told people of the flag that stands now.
    """

    outlet: str
    technique: Technique
    name_score: float
    distance: int
    discovered_at: datetime
    verdict: Verdict = Verdict.UNKNOWN
    score: float = 0.0
    reason: str = ""
    signals: tuple[Signal, ...] = ()
    first_seen_as: FirstSeenAs = FirstSeenAs.UNKNOWN
    flagged_at: datetime | None = None
    analyst: AnalystWord | None = None
    episodes: tuple[Episode, ...] = ()
    announced: bool = False
    predecessor: str = ""
    flag_events: tuple[str, ...] = ()

    @property
    def open_episode(self) -> Episode | None:
        """The episode that has not ended, if there is one; only the last can be open."""
        last = self.episodes[-1] if self.episodes else None
        return last if last is not None and last.ended_at is None else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Failures:
    """Failed looks in a row, with the resolvers that saw them fail."""

    count: int
    since: datetime
    resolvers: frozenset[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Site:
    """One host name that exists, with everything that the state machine decides from."""

    host: str
    domain: str
    source: str
    admitted_at: datetime
    due_at: datetime
    urgency: Urgency = Urgency.NOW
    absent_at: datetime | None = None
    listed_at: datetime | None = None
    availability: Availability = Availability.NOT_CHECKED
    availability_since: datetime | None = None
    availability_reason: str = ""
    looked_at: datetime | None = None
    active_at: datetime | None = None
    failures: Failures | None = None
    registration: Registration | None = None
    registration_asked_at: datetime | None = None
    pages_fetched_at: datetime | None = None
    dns: DnsFacts | None = None
    observation: Observation | None = None
    lookalikes: tuple[Lookalike, ...] = ()
    blocks: tuple[Block, ...] = ()
    targets: tuple[Target, ...] = ()

    @property
    def flagged(self) -> bool:
        """Whether any outlet's lookalike on this site is flagged."""
        return any(lookalike.verdict.flagged for lookalike in self.lookalikes)

    @property
    def blocks_in_force(self) -> tuple[Block, ...]:
        """Blocks that nobody lifted."""
        return tuple(block for block in self.blocks if block.lifted_at is None)


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """Something that people are told. ``id`` follows from what happened, so the same thing twice is one event.

    ``sequence`` is given by the store when the event is committed, gap-free.
    """

    id: str
    type: str
    at: datetime
    data: Mapping[str, Any]
    host: str | None = None
    outlet: str | None = None
    sequence: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Baseline:
    """What a page of an outlet's real site looks like. ``kind``: home, article or archived.

    ``favicon_sha256`` is that of the site's icon, ``favicon_dhash`` its difference hash, both empty where it was not
    asked for.
    ``certificate`` and ``nameservers`` are the site's own when it was taken; an archived page has none.
    """

    outlet: str
    url: str
    kind: str
    taken_at: datetime
    page: PageFacts
    digest: str
    favicon_sha256: str = ""
    favicon_dhash: str = ""
    certificate: TlsFacts | None = None
    nameservers: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class BaselineVersion:
    """A baseline as it is kept. ``seen_at``: when the site last looked so. ``by`` and ``note``: a person decided."""

    id: str
    baseline: Baseline
    state: BaselineState
    seen_at: datetime
    by: str = ""
    note: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sweep:
    """One pass of generated names over DNS, kept as coverage.

    ``generator`` names rules and inputs: two sweeps with an equal one ask for the same names in the same order.
    ``position`` is how many of the ``total`` names are behind it (``total`` may be a few too high), ``first_suffix``
    and ``last_suffix`` the range of suffixes asked so far. It is complete where ``finished_at`` stands.
    """

    id: int
    outlet: str
    tier: Tier
    generator: str
    started_at: datetime
    position: int = 0
    finished_at: datetime | None = None
    asked: int = 0
    existing: int = 0
    unanswered: int = 0
    vantage: str = ""
    total: int = 0
    first_suffix: str = ""
    last_suffix: str = ""
