"""What became of a scenario's sites, worked out from the file alone: what a perfect monitor would have seen.

A site is served while its name and the one above it are registered and delegated, nothing shuts its host off, and
somebody is shown a clone. Hiding it from some visitors ends nothing; what nobody is shown is gone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from service.core.names.name import registrable
from service.core.states import Place
from service.lab.scenario_model import CLONES, Happening, Scenario, ScenarioSite, Serves
from service.lab.site_history import SiteState, history, state_at

_HOLDS = frozenset((Place.REGISTRAR, Place.REGISTRY))
_SHUTS_OFF = frozenset((Place.HOST, Place.SEIZURE))


@dataclass(frozen=True, kw_only=True, slots=True)
class Fate:
    """One site: how many blocks it was given that can be known, how often it went down and came back, whom it replaces.

    A block at a platform that nobody reports is left out: nothing shows it on the site.
    """

    blocks: int = 0
    downs: int = 0
    returns: int = 0
    successor_of: str | None = None


def fates(scenario: Scenario) -> dict[str, Fate]:
    """By site, in the file's order: what happens to it on the scenario's days."""
    return {site.name: _fate(site, scenario) for site in scenario.sites}


def _fate(site: ScenarioSite, scenario: Scenario) -> Fate:
    steps = list(pairwise(_served(site, scenario)))
    return Fate(
        blocks=sum(e.kind is Happening.BLOCK and (e.recorded or e.place is not Place.PLATFORM) for e in site.events),
        downs=sum(before and not after for before, after in steps),
        # It is first served after it was not; every later time is a return.
        returns=max(0, sum(after and not before for before, after in steps) - 1),
        successor_of=site.successor_of,
    )


def _served(site: ScenarioSite, scenario: Scenario) -> Iterator[bool]:
    """Whether it is served: before everything, as the scenario finds it, and after each of its changes."""
    yield False
    above = registrable(site.name)
    on_the_way = [site, *(one for one in scenario.sites if one.name == above != site.name)]
    changes = {max(at, scenario.begin) for one in on_the_way for at, _ in history(one)}
    for at in sorted(changes):
        if at < scenario.end:
            led_to = all(_is_delegated(state_at(one, at)) for one in on_the_way)
            yield led_to and _is_served(state_at(site, at))


def _is_delegated(state: SiteState) -> bool:
    there = state.created_at is not None and not state.blocks & _HOLDS
    return there and (state.parking or state.serves is not Serves.UNREGISTERED_DNS)


def _is_served(state: SiteState) -> bool:
    shown = not state.parking and not state.removed and state.seen_by != ()
    return shown and state.serves in CLONES and not state.blocks & _SHUTS_OFF
