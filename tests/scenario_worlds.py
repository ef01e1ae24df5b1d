"""Scenarios for tests, built without files: one outlet with small pages, sites and events by day of June 2022."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from service.core.states import Place
from service.lab.scenario_model import (
    Happening,
    Scenario,
    ScenarioAction,
    ScenarioOutlet,
    ScenarioSite,
    Serves,
    SiteEvent,
    Truth,
)
from service.lab.staging import world_at
from service.lab.world import World
from tests.scenario_files import HOME, STORY

BEGIN = datetime(2022, 6, 1, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)
PAGES = (("/", HOME.encode()), ("/wahl.html", STORY.encode()))
OUTLET = ScenarioOutlet(
    number=0, id="blatt", name="Das Blatt", domain="blatt.de", own_domains=("blatt.tv",), languages=("de",), pages=PAGES
)
ACTION = ScenarioAction(
    id="act",
    authority="The Court of Weiler",
    place=Place.SEIZURE,
    effective=BEGIN,
    reference="https://reports.example/1",
)


def day(number: int) -> datetime:
    return BEGIN + timedelta(days=number - 1)


def site_of(name: str = "blatt.ltd", serves: Serves = Serves.CLONE, **more: object) -> ScenarioSite:
    plain = ScenarioSite(
        number=0,
        name=name,
        truth=Truth.IMPERSONATION,
        registered=day(3),
        live_from=day(3),
        serves=serves,
        outlet="blatt",
    )
    return replace(plain, **more)  # type: ignore[arg-type]  # each test gives fields of the right type


def event(number: int, kind: Happening, **more: object) -> SiteEvent:
    return replace(SiteEvent(on=day(number), kind=kind), **more)  # type: ignore[arg-type]  # as above


def played(*sites: ScenarioSite, outlet: ScenarioOutlet = OUTLET) -> Scenario:
    numbered = tuple(replace(site, number=number) for number, site in enumerate(sites))
    return Scenario(
        name="a-week",
        begin=BEGIN,
        end=day(31),
        sweep_tiers=(),
        outlets=(outlet,),
        actions=(ACTION,),
        sites=numbered,
    )


def at(number: int, *sites: ScenarioSite) -> World:
    return world_at(played(*sites), day(number))
