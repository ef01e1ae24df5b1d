"""The settings that a replay runs on: the operator's, with the lab in place of the internet."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from service.core.states import Tier
from service.lab.scenario import load
from service.replay.config import settings_for
from service.settings import Service, Settings, defaults

THREE_DAYS = load("three-days")
FOLDER = Path("/somewhere/replay")
LAB: dict[str, Any] = {
    "dns": {"upstreams": ["127.0.0.1:5300"], "vantage": [{"name": "isp", "upstreams": ["127.0.0.1:5301"]}]},
    "fetch": {"port_map": {"80": 8000, "443": 8443}},
}


def operators(**tables: dict[str, Any]) -> Settings:
    return defaults().model_copy(update={"service": Service.model_validate(tables)})


def test_the_lab_takes_the_internets_place_and_the_rest_stays_the_operators() -> None:
    base = operators(
        database={"url": "sqlite:///elsewhere.db"},
        dns={"upstreams": ["192.0.2.53:53"], "tries": 5},
        fetch={"port_map": {"80": 80}, "concurrency": 7},
    )
    made = settings_for(base, THREE_DAYS, LAB, FOLDER)
    assert made.database_url == "sqlite:////somewhere/replay/replay.db"
    assert made.service.dns.upstreams == ("127.0.0.1:5300",)
    assert [vantage.name for vantage in made.service.dns.vantage] == ["isp"]
    assert made.service.dns.tries == 5
    assert made.service.fetch.port_map == {80: 8000, 443: 8443}
    assert made.service.fetch.concurrency == 7


def test_the_scenarios_outlets_are_the_whole_watch_list() -> None:
    (outlet,) = settings_for(defaults(), THREE_DAYS, LAB, FOLDER).outlets.outlets
    assert (outlet.id, outlet.domain, outlet.country) == ("nordkurier-weiler", "nordkurier-weiler.de", "DE")
    assert (outlet.own_domains, outlet.languages) == (("nordkurier-weiler.net",), ("de",))


def test_every_tier_of_a_scenario_can_be_swept() -> None:
    wide = replace(THREE_DAYS, sweep_tiers=(Tier.EXACT, Tier.FULL))
    sweep = settings_for(defaults(), wide, LAB, FOLDER).service.sweep
    assert sweep.tiers == ("exact", "full")
    assert sweep.exact_every == timedelta(days=1)
    # Millions of names are once too many for all sweeps together: it is swept at the beginning and on the last day.
    assert sweep.full_every == timedelta(days=3)


def test_a_tier_is_swept_as_often_as_the_names_allow() -> None:
    many = settings_for(operators(replay={"names": 100_000_000}), THREE_DAYS, LAB, FOLDER).service.sweep
    few = settings_for(operators(replay={"names": 10}), THREE_DAYS, LAB, FOLDER).service.sweep
    assert (many.exact_every, many.edits_every) == (timedelta(days=1), timedelta(days=1))
    assert (few.exact_every, few.edits_every) == (timedelta(days=3), timedelta(days=3))


def test_fewer_campaign_suffixes_are_fewer_names() -> None:
    suffixes = {"campaign_suffixes": ["ltd"]}
    base = operators(sweep=suffixes, replay={"names": 60_000})
    assert settings_for(base, THREE_DAYS, LAB, FOLDER).service.sweep.edits_every == timedelta(days=1)
    base = operators(replay={"names": 60_000})
    assert settings_for(base, THREE_DAYS, LAB, FOLDER).service.sweep.edits_every == timedelta(days=3)
