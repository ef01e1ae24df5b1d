"""The nouns of a scenario: what its file says, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from service.core.model import Outlet
from service.core.states import Place, Tier
from service.lab.world import Channel

Pages = tuple[tuple[str, bytes], ...]
"""A folder of pages: (path, bytes), the home page first under ``/``."""


class Truth(StrEnum):
    """What a perfect judge would say of a site at its worst moment."""

    IMPERSONATION = "impersonation"
    SUSPECTED = "suspected"
    INNOCENT = "innocent"
    NOTHING = "nothing"


class Serves(StrEnum):
    """What is there."""

    CLONE = "clone"
    CLONE_WITHOUT_HOME = "clone-without-home"
    CLONE_REDIRECT_ROOT = "clone-redirect-root"
    OLD_CLONE = "old-clone"
    PARKED = "parked"
    EMPTY = "empty"
    DEFAULT = "default"
    INNOCENT = "innocent"
    OWN = "own"
    NONE = "none"
    UNREGISTERED_DNS = "unregistered-dns"

    @property
    def of_an_outlet(self) -> bool:
        """Whether it can only be there for a site that belongs to an outlet."""
        return self in (*CLONES, Serves.OWN)


CLONES = (Serves.CLONE, Serves.CLONE_WITHOUT_HOME, Serves.CLONE_REDIRECT_ROOT, Serves.OLD_CLONE)


class Hidden(StrEnum):
    """What those get who are not shown a site."""

    REDIRECT_TO_OUTLET = "redirect-to-outlet"
    EMPTY = "empty"
    ERROR = "error"


class Visitor(StrEnum):
    """Kinds of visitors that a site can tell apart."""

    DESKTOP = "desktop"
    MOBILE = "mobile"
    SOCIAL = "social"
    SEARCH = "search"
    PLAIN = "plain"


class Happening(StrEnum):
    """Kinds of events."""

    BLOCK = "block"
    LIFTED = "lifted"
    CONTENT_REMOVED = "content-removed"
    CONTENT_BACK = "content-back"
    MOVED = "moved"
    PARKED = "parked"
    EXPIRED = "expired"
    REGISTERED_AGAIN = "registered-again"
    SERVES = "serves"
    NAMESERVERS = "nameservers"
    HIDDEN = "hidden"


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when a scenario runs: up to and without ``end``."""

    begin: datetime
    end: datetime

    @property
    def printed(self) -> date:
        """The day that the lab's pages are dated by."""
        return self.begin.date()


@dataclass(frozen=True, kw_only=True, slots=True)
class ScenarioOutlet:
    """An outlet with its real site. ``number`` counts from 0 in the file; ``pages`` None: the lab writes its own."""

    number: int
    id: str
    name: str
    domain: str
    own_domains: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    country: str | None = None
    languages: tuple[str, ...] = ()
    pages: Pages | None = None
    old_pages: Pages | None = None

    @property
    def watched(self) -> Outlet:
        """The outlet as it goes on the watch list."""
        return Outlet(
            id=self.id,
            name=self.name,
            domain=self.domain,
            own_domains=self.own_domains,
            labels=self.labels,
            country=self.country,
            languages=self.languages,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class ScenarioAction:
    """An enforcement act that covers many blocks."""

    id: str
    authority: str
    place: Place
    effective: datetime
    reference: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class SiteEvent:
    """Something that happens to a site. Which fields count follows from ``kind``.

    ``recorded``: a block or lift is also entered through the API on that day. ``to`` is what is served from now on;
    ``visible_to`` None leaves it to the site whether anybody still sees it (see ``staging``).
    """

    on: datetime
    kind: Happening
    place: Place | None = None
    action: str | None = None
    recorded: bool = False
    address: str | None = None
    nameservers: tuple[str, ...] = ()
    registrar: str | None = None
    to: Serves | None = None
    hidden: Hidden | None = None
    visible_to: tuple[Visitor, ...] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ScenarioSite:
    """One host name and what becomes of it. ``number`` counts from 0 in the file; ``events`` are in its order."""

    number: int
    name: str
    truth: Truth
    registered: datetime
    serves: Serves
    live_from: datetime
    outlet: str | None = None
    technique: str | None = None
    registration: Channel = Channel.RDAP
    registrar: str | None = None
    pages: Pages | None = None
    address: str | None = None
    nameservers: tuple[str, ...] = ()
    favicon: str | None = None
    trackers: tuple[str, ...] = ()
    certificate_names: tuple[str, ...] = ()
    visible_to: tuple[Visitor, ...] = ()
    hidden: Hidden = Hidden.REDIRECT_TO_OUTLET
    reported: tuple[str, ...] = ()
    successor_of: str | None = None
    events: tuple[SiteEvent, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Scenario:
    """A whole scenario. It runs from ``begin`` up to and without ``end``: the file's last day is part of it."""

    name: str
    begin: datetime
    end: datetime
    sweep_tiers: tuple[Tier, ...]
    outlets: tuple[ScenarioOutlet, ...]
    actions: tuple[ScenarioAction, ...]
    sites: tuple[ScenarioSite, ...]

    @property
    def span(self) -> Span:
        """From when to when it runs."""
        return Span(self.begin, self.end)

    def outlet(self, outlet_id: str | None) -> ScenarioOutlet | None:
        """The outlet with this id."""
        return next((outlet for outlet in self.outlets if outlet.id == outlet_id), None)

    def action(self, action_id: str | None) -> ScenarioAction | None:
        """The action with this id."""
        return next((action for action in self.actions if action.id == action_id), None)
