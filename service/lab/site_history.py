"""What becomes of one site: its events applied in time order to a small state.

    registered ── parked until ``live_from`` ── serves ... events ... ── expired ── (registered again)

Where the file leaves something open, this module decides: a move leaves a host's block behind (the block was the old
host's); a new registration starts free of holds, host blocks, seizures and removals, and serves what was served last;
a ``hidden`` event without ``visible_to`` hides the site from everybody, unless it was shown to some only and the event
just changes what the others get; ``content-back`` undoes ``content-removed``, ``parked`` and ``hidden``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from service.core.states import Place
from service.lab.prose import dice
from service.lab.scenario_model import Happening, Hidden, ScenarioSite, Serves, SiteEvent, Visitor

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

REGISTRARS = ("Example Registrar", "Nord Domains", "Quick Names", "Delta Registry Services", "Blue Harbour Domains")
"""Registrars of names whose scenario names none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SiteState:
    """A site at one moment. ``created_at`` None: nobody has registered the name.

    ``parking``: on a parking service's servers, whatever the site has otherwise. ``seen_by`` None: everybody.
    ``action``: the enforcement act behind the block that was made last.
    """

    created_at: datetime | None = None
    updated_at: datetime | None = None
    registrar: str = ""
    serves: Serves = Serves.PARKED
    parking: bool = True
    removed: bool = False
    seen_by: tuple[Visitor, ...] | None = None
    hidden: Hidden = Hidden.REDIRECT_TO_OUTLET
    address: str | None = None
    nameservers: tuple[str, ...] = ()
    blocks: frozenset[Place] = frozenset()
    action: str | None = None


def state_at(site: ScenarioSite, now: datetime) -> SiteState:
    """What the site is at an instant; what happens at the instant itself has happened."""
    return next((state for at, state in reversed(history(site)) if at <= now), _UNHEARD_OF)


@lru_cache(maxsize=4096)
def history(site: ScenarioSite) -> tuple[tuple[datetime, SiteState], ...]:
    """Every state of the site with the instant from which it holds, in order; one state for each instant."""
    state, told = _registered(site), {site.registered: _registered(site)}
    going_live = SiteEvent(on=site.live_from, kind=Happening.SERVES, to=site.serves)
    for event in sorted((going_live, *site.events), key=lambda event: event.on):
        state = _AFTER.get(event.kind, _unchanged)(state, event, site)
        told[event.on] = state
    return tuple(told.items())


def expiry_of(site: ScenarioSite, after: datetime) -> datetime | None:
    """When the name, registered at ``after``, expires according to the scenario."""
    return min((e.on for e in site.events if e.kind is Happening.EXPIRED and e.on >= after), default=None)


_UNHEARD_OF = SiteState()


def _registered(site: ScenarioSite) -> SiteState:
    return SiteState(
        created_at=site.registered,
        registrar=site.registrar or dice("registrar", site.name).choice(REGISTRARS),
        seen_by=site.visible_to or None,
        hidden=site.hidden,
        address=site.address,
        nameservers=site.nameservers,
    )


def _unchanged(state: SiteState, _event: SiteEvent, _site: ScenarioSite) -> SiteState:
    return state


def _blocked(state: SiteState, event: SiteEvent, _site: ScenarioSite) -> SiteState:
    blocks = state.blocks | {event.place} if event.place else state.blocks
    return _touched(replace(state, blocks=blocks, action=event.action or state.action), event)


def _lifted(state: SiteState, event: SiteEvent, _site: ScenarioSite) -> SiteState:
    return _touched(replace(state, blocks=state.blocks - {event.place}), event)


def _touched(state: SiteState, event: SiteEvent) -> SiteState:
    """Registries date the last change of a name."""
    at_registry = event.place in (Place.REGISTRAR, Place.REGISTRY, Place.SEIZURE)
    return replace(state, updated_at=event.on) if at_registry and state.created_at else state


def _removed(state: SiteState, _event: SiteEvent, _site: ScenarioSite) -> SiteState:
    return replace(state, removed=True)


def _back(state: SiteState, _event: SiteEvent, site: ScenarioSite) -> SiteState:
    return replace(state, removed=False, parking=False, seen_by=site.visible_to or None)


def _moved(state: SiteState, event: SiteEvent, _site: ScenarioSite) -> SiteState:
    return replace(state, address=event.address, blocks=state.blocks - {Place.HOST})


def _parked(state: SiteState, _event: SiteEvent, _site: ScenarioSite) -> SiteState:
    return replace(state, parking=True)


def _expired(state: SiteState, _event: SiteEvent, _site: ScenarioSite) -> SiteState:
    return replace(state, created_at=None, updated_at=None)


def _registered_again(state: SiteState, event: SiteEvent, site: ScenarioSite) -> SiteState:
    return replace(
        state,
        created_at=event.on,
        updated_at=None,
        registrar=event.registrar or dice("registrar", site.name, event.on.isoformat()).choice(REGISTRARS),
        removed=False,
        blocks=state.blocks & {Place.PLATFORM, Place.RESOLVER},
    )


def _serves(state: SiteState, event: SiteEvent, _site: ScenarioSite) -> SiteState:
    return replace(state, serves=event.to or state.serves, parking=False, removed=False)


def _nameservers(state: SiteState, event: SiteEvent, _site: ScenarioSite) -> SiteState:
    return replace(state, nameservers=event.nameservers, updated_at=event.on if state.created_at else None)


def _hidden(state: SiteState, event: SiteEvent, _site: ScenarioSite) -> SiteState:
    hidden = event.hidden or state.hidden
    if event.visible_to is not None:
        return replace(state, hidden=hidden, seen_by=event.visible_to)
    keeps_its_few = event.hidden is not None and bool(state.seen_by)
    return replace(state, hidden=hidden, seen_by=state.seen_by if keeps_its_few else ())


_AFTER: Mapping[Happening, Callable[[SiteState, SiteEvent, ScenarioSite], SiteState]] = {
    Happening.BLOCK: _blocked,
    Happening.LIFTED: _lifted,
    Happening.CONTENT_REMOVED: _removed,
    Happening.CONTENT_BACK: _back,
    Happening.MOVED: _moved,
    Happening.PARKED: _parked,
    Happening.EXPIRED: _expired,
    Happening.REGISTERED_AGAIN: _registered_again,
    Happening.SERVES: _serves,
    Happening.NAMESERVERS: _nameservers,
    Happening.HIDDEN: _hidden,
}
