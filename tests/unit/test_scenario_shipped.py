"""The scenarios that come with the package: complete, playable, and every site shows what its file says."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest

from service.core.states import Place
from service.lab.address_plan import parker_of
from service.lab.fates import fates
from service.lab.scenario import load, shipped
from service.lab.scenario_model import CLONES, Happening, Scenario, ScenarioSite, Serves, Truth
from service.lab.staging import archived_baselines, moments, recorded_blocks_between, reports_between, truth, world_at
from service.lab.world import Channel, VirtualHost, World

read = cache(load)


def day(month: int, number: int) -> datetime:
    return datetime(2022, month, number, tzinfo=UTC)


EVERY_SITE = [(name, site.name) for name in shipped() for site in read(name).sites]


@pytest.mark.parametrize(("name", "host"), EVERY_SITE)
def test_every_site_shows_its_declared_content_when_it_goes_live(name: str, host: str) -> None:
    scenario = read(name)
    site = next(site for site in scenario.sites if site.name == host)
    world = world_at(scenario, max(site.live_from, scenario.begin))
    assert world.names[host].delegated == (site.serves is not Serves.UNREGISTERED_DNS)
    if site.serves in (Serves.NONE, Serves.UNREGISTERED_DNS):
        assert host not in world.hosts
        return
    assert _shows(site, world.hosts[host], scenario), site.serves
    assert site.live_from == site.registered or _parked_before(site, world_at(scenario, site.live_from - timedelta(1)))


def _shows(site: ScenarioSite, host: VirtualHost, scenario: Scenario) -> bool:
    outlet = scenario.outlet(site.outlet)
    domain = outlet.domain if outlet else ""
    root = host.replies.get("/", host.missing)
    html, leads = root.body.decode(), dict(root.headers).get("Location", "")
    stories = sum(f"https://{domain}" in reply.body.decode("utf-8", "ignore") for reply in host.replies.values())
    there = {
        Serves.CLONE: root.status == 200 and f"https://{domain}/" in html and stories >= 2,
        Serves.OLD_CLONE: root.status == 200 and f"https://{domain}/" in html and stories >= 2,
        Serves.CLONE_WITHOUT_HOME: root.status >= 400 and stories >= 2,
        Serves.CLONE_REDIRECT_ROOT: leads == f"https://{domain}/" and stories >= 2,
        Serves.OWN: leads == f"https://{domain}/" and domain in host.certificate_names,
        Serves.PARKED: parker_of(site.name) in html,
        Serves.EMPTY: (root.status, html) == (200, ""),
        Serves.DEFAULT: "nginx" in html or "Apache" in html,
        Serves.INNOCENT: root.status == 200 and bool(html),
    }
    return there[site.serves]


def _parked_before(site: ScenarioSite, world: World) -> bool:
    host = world.hosts[site.name]
    return parker_of(site.name) in host.missing.body.decode()


@pytest.mark.parametrize("name", shipped())
def test_every_reported_url_is_served_on_the_day_it_comes_in(name: str) -> None:
    scenario = read(name)
    for report in reports_between(scenario, None, scenario.end):
        host = world_at(scenario, report.at).hosts[report.site]
        paths = [path for path in host.replies if path != "/" and report.url.endswith(path)]
        assert paths, report.url


@pytest.mark.parametrize("name", shipped())
def test_the_world_changes_often_enough_and_never_after_the_end(name: str) -> None:
    scenario = read(name)
    changes = moments(scenario)
    assert changes
    assert all(scenario.begin <= at < scenario.end for at in changes)


@pytest.mark.parametrize("name", shipped())
def test_a_site_that_impersonates_serves_a_clone_at_some_time_and_an_innocent_one_never(name: str) -> None:
    for site in read(name).sites:
        kinds = {site.serves, *(event.to for event in site.events if event.to)}
        assert bool(kinds & set(CLONES)) == (site.truth is Truth.IMPERSONATION), site.name


@pytest.mark.parametrize("name", shipped())
def test_a_successor_shares_something_rare_with_its_predecessor_which_was_blocked_before(name: str) -> None:
    scenario = read(name)
    sites = {site.name: site for site in scenario.sites}
    for site in scenario.sites:
        if site.successor_of is None:
            continue
        before = sites[site.successor_of]
        shared = (
            site.favicon and site.favicon == before.favicon,
            set(site.trackers) & set(before.trackers),
            site.address and site.address == before.address,
            site.nameservers and site.nameservers == before.nameservers,
        )
        assert any(shared), site.name
        assert before.outlet == site.outlet
        blocks = [event.on for event in before.events if event.kind is Happening.BLOCK]
        assert min(blocks) < site.registered


def test_the_campaign_of_2022_is_whole() -> None:
    scenario = read("doppelganger-2022")
    campaign = [site for site in scenario.sites if site.truth is Truth.IMPERSONATION]
    assert len(campaign) == 78
    assert len({site.outlet for site in campaign}) == len(scenario.outlets) == 17
    assert {site.registered.year for site in campaign} == {2022}
    registered = {site.name: site.registered for site in campaign}
    assert registered["fox-news.top"] == day(2, 10) < scenario.begin
    assert registered["spiegel.ltd"] == day(6, 29)
    assert registered["lemonde.ltd"] == day(12, 8)


def test_metas_block_covers_names_that_were_registered_by_then_and_no_others() -> None:
    scenario = read("doppelganger-2022")
    told = [block for block in recorded_blocks_between(scenario, None, scenario.end) if block.action == "meta-2022-09"]
    assert len(told) == 59
    assert {(block.at, block.place, block.lifted) for block in told} == {(day(9, 27), Place.PLATFORM, False)}
    assert all(block.reference.startswith("https://about.fb.com/") for block in told)
    registered = {site.name: site.registered for site in scenario.sites}
    assert all(registered[block.site] < day(9, 27) for block in told)


def test_the_successors_of_october_are_in_the_truth() -> None:
    told = truth(read("doppelganger-2022"))
    successors = [one for one in told.values() if one.successor_of]
    assert len(successors) == 14
    assert min(read("doppelganger-2022").sites, key=lambda s: (not s.successor_of, s.registered)).registered == day(
        10, 8
    )


def test_the_campaign_of_both_years_is_whole_and_begins_as_the_first() -> None:
    first, both = read("doppelganger-2022"), read("doppelganger-2022-2023")
    campaign = {site.name: site for site in both.sites if site.truth is Truth.IMPERSONATION}
    assert len(campaign) == 106
    assert Counter(site.registered.year for site in campaign.values()) == {2022: 78, 2023: 28}
    assert len({site.outlet for site in campaign.values()}) == len(both.outlets) == 31
    assert campaign["washingtonpost.pm"].registered == datetime(2023, 11, 10, tzinfo=UTC)
    assert campaign["jiraboom.pro"].outlet == "spiegel"
    for site in first.sites:
        later = next(one for one in both.sites if one.name == site.name)
        assert replace(later, number=0, events=()) == replace(site, number=0, events=())
        assert later.events[: len(site.events)] == site.events
        assert all(event.on >= first.end for event in later.events[len(site.events) :]), site.name


def test_the_campaign_of_both_years_has_blocks_at_each_place_lifts_returns_and_successors() -> None:
    scenario = read("doppelganger-2022-2023")
    events = [event for site in scenario.sites for event in site.events]
    assert {event.place for event in events if event.kind is Happening.BLOCK} == set(Place)
    assert {event.kind for event in events} == set(Happening)
    told = recorded_blocks_between(scenario, None, scenario.end)
    assert sum(block.action == "meta-2022-09" for block in told) == 59
    assert sum(one.successor_of is not None for one in truth(scenario).values()) == 23
    lived = fates(scenario).values()
    assert sum(fate.downs for fate in lived) == 93
    assert sum(fate.returns for fate in lived) == 12


def test_the_second_scenario_has_every_word_of_the_format_and_shares_no_name_with_the_first() -> None:
    scenario = read("two-outlets-2023")
    events = [event for site in scenario.sites for event in site.events]
    assert {site.serves for site in scenario.sites} == set(Serves)
    assert {event.kind for event in events} == set(Happening)
    assert {event.place for event in events if event.kind is Happening.BLOCK} == set(Place)
    assert {site.registration for site in scenario.sites} == set(Channel)
    assert {site.truth for site in scenario.sites} == set(Truth)
    assert any(site.name.startswith("xn--") for site in scenario.sites)
    others = {site.name for site in read("doppelganger-2022").sites}
    assert not others & {site.name for site in scenario.sites}
    assert set(archived_baselines(scenario)) == {outlet.id for outlet in scenario.outlets}


def test_the_shortest_scenario_is_short() -> None:
    scenario = read("three-days")
    assert (len(scenario.outlets), len(scenario.sites)) == (1, 4)
    assert scenario.end - scenario.begin == timedelta(days=3)
