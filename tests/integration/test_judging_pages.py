"""The lab's own campaigns, judged without a network: every clone found, nobody innocent flagged.

A visit reads the lab's ``World`` as its servers would, follows redirects, and parses with the service's own parser.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from urllib.parse import urljoin, urlsplit

import pytest

from service.adapters.extract import MOST_HASHES, extract
from service.core.facts.charset import decode
from service.core.facts.dns import DnsAnswers, DnsFacts, DnsStatus
from service.core.facts.page import REDIRECTS, FetchedPage, FetchOutcome, Hop, HopKind, PageFacts, TlsFacts
from service.core.facts.registration import Registration, RegistrationStatus
from service.core.model import Baseline, Judgement, Look, Lookalike, Outlet, Site
from service.core.names.name import registrable
from service.core.states import Availability, Technique, Verdict
from service.core.verdict.availability import consensus, grade
from service.core.verdict.judging import judge
from service.core.verdict.likeness import SHINGLE_CAP, BaselineIndex
from service.core.verdict.lists import shipped_lists
from service.core.verdict.policy import ScoringPolicy
from service.lab.scenario import load, shipped
from service.lab.scenario_model import Scenario, ScenarioOutlet, ScenarioSite, Truth
from service.lab.staging import archived_baselines, moments, world_at
from service.lab.world import Channel, Name, Reply, VirtualHost, World

LISTS, POLICY = shipped_lists(), ScoringPolicy()
VISITORS = {
    "desktop": frozenset({"desktop"}),
    "mobile": frozenset({"mobile"}),
    "social": frozenset({"mobile", "social"}),
    "search": frozenset({"search"}),
}
ARTICLES = 3


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A scenario with what the service would know of its outlets on the first day."""

    scenario: Scenario
    outlets: tuple[Outlet, ...]
    index: BaselineIndex


@lru_cache(maxsize=4)
def stage_of(name: str) -> Stage:
    scenario = load(name)
    world = world_at(scenario, scenario.begin)
    outlets = tuple(map(outlet_of, scenario.outlets))
    kept = [baseline for outlet in outlets for baseline in baselines_of(outlet, world)]
    for pages in archived_baselines(scenario).values():
        kept += [
            made(archived.outlet, archived.url, "archived", archived.taken_at, parsed(archived.html, archived.url))
            for archived in pages
        ]
    return Stage(scenario=scenario, outlets=outlets, index=BaselineIndex.build(outlets, kept))


def outlet_of(outlet: ScenarioOutlet) -> Outlet:
    return Outlet(
        id=outlet.id,
        name=outlet.name,
        domain=outlet.domain,
        own_domains=outlet.own_domains,
        labels=outlet.labels,
        country=outlet.country,
        languages=outlet.languages,
    )


def baselines_of(outlet: Outlet, world: World) -> Iterator[Baseline]:
    home = visit(world, f"https://{outlet.domain}/", "desktop")
    assert home.page is not None
    icon = visit(world, home.page.favicon_url, "desktop").body_sha256
    yield made(outlet.id, home.final_url, "home", world.now, home.page, icon=icon)
    for url in home.page.article_links[:4]:
        article = visit(world, url, "desktop")
        if article.page is not None:
            yield made(outlet.id, url, "article", world.now, article.page)


def made(outlet: str, url: str, kind: str, at: datetime, page: PageFacts, *, icon: str = "") -> Baseline:
    return Baseline(outlet=outlet, url=url, kind=kind, taken_at=at, page=page, digest=url, favicon_sha256=icon)


@lru_cache(maxsize=4096)
def parsed(body: bytes, url: str) -> PageFacts:
    return extract(decode(body, "text/html"), url)


def visit(world: World, url: str, profile: str) -> FetchedPage:
    """One fetch with its redirects, as the lab's web servers would answer it."""
    hops: list[Hop] = []
    at = url
    while True:
        host = urlsplit(at).hostname or ""
        server = world.hosts.get(host) or world.hosts.get(host.removeprefix("www."))
        if server is None or server.refuses:
            hops.append(Hop(url=at, kind=HopKind.HTTP if hops else HopKind.START))
            outcome = FetchOutcome.UNREACHABLE
            return FetchedPage(target=url, profile=profile, outcome=outcome, hops=tuple(hops), final_url=at)
        reply = reply_of(server, at, profile)
        tls = TlsFacts(verified=True, names=server.certificate_names or (server.host,), not_before=world.now)
        hops.append(Hop(url=at, kind=HopKind.HTTP if hops else HopKind.START, status=reply.status, tls=tls))
        headers = {name.lower(): value for name, value in reply.headers}
        if reply.status in REDIRECTS and len(hops) < 10:
            at = urljoin(at, headers["location"])
            continue
        html = "html" in headers.get("content-type", "")
        return FetchedPage(
            target=url,
            profile=profile,
            outcome=FetchOutcome.OK,
            hops=tuple(hops),
            final_url=at,
            status=reply.status,
            content_type=headers.get("content-type", ""),
            bytes=len(reply.body),
            body_sha256=sha256(reply.body).hexdigest(),
            page=parsed(reply.body, at) if html and reply.body else None,
            tls=tls,
        )


def reply_of(server: VirtualHost, url: str, profile: str) -> Reply:
    if server.visible_to and not server.visible_to & VISITORS[profile]:
        return server.hidden or server.missing
    return server.replies.get(urlsplit(url).path or "/", server.missing)


def look_at(stage: Stage, site: ScenarioSite, world: World) -> Look | None:
    """One look at a site with every profile; None where it does not exist yet."""
    name = world.names.get(registrable(site.name) or site.name)
    if name is None:
        return None
    pages = pages_of(site, world) if name.delegated and name.addresses else []
    facts = dns_of(site, name)
    confirmed = [domain for outlet in stage.outlets for domain in outlet.confirmed_domains]
    survey = grade(facts, pages, confirmed, LISTS)
    agreed, reason = consensus(survey)
    return Look(
        at=world.now,
        dns=facts,
        registration=registration_of(name, world.now),
        pages=tuple(pages),
        availability=survey.availability,
        consensus=agreed,
        consensus_reason=reason,
        suspended=survey.suspended,
    )


def pages_of(site: ScenarioSite, world: World) -> list[FetchedPage]:
    root = f"https://{site.name}/"
    roots = [visit(world, root, profile) for profile in VISITORS]
    linked = [url for page in roots if page.page is not None for url in page.page.article_links]
    learnt = [url for url in dict.fromkeys((*site.reported, *linked)) if urlsplit(url).hostname == site.name]
    return roots + [visit(world, url, profile) for url in learnt[:ARTICLES] for profile in VISITORS]


def dns_of(site: ScenarioSite, name: Name) -> DnsFacts:
    status = (
        DnsStatus.NXDOMAIN if not name.delegated else DnsStatus.ANSWERED if name.addresses else DnsStatus.NO_ADDRESS
    )
    own = DnsAnswers(vantage="system", status=status, addresses=name.addresses, nameservers=name.nameservers)
    seen = name.views.get("isp")
    other = DnsAnswers(vantage="isp", status=status, addresses=seen or name.addresses, nameservers=name.nameservers)
    return DnsFacts(host=site.name, answers=(own, other))


def registration_of(name: Name, now: datetime) -> Registration:
    record = name.registry
    told = record is not None and record.channel in (Channel.RDAP, Channel.WHOIS)
    return Registration(
        domain=name.domain,
        status=RegistrationStatus.FOUND_DATE if told else RegistrationStatus.NOT_PUBLISHED,
        source="rdap",
        server="lab",
        asked_at=now,
        created_at=record.created_at if told and record is not None else None,
        nameservers=name.nameservers if told else (),
    )


def known_as(stage: Stage, site: ScenarioSite) -> Site:
    """The site as a matcher would admit it: with its own technique, or as near as its name comes to an outlet's."""
    pairs = []
    for outlet in stage.outlets:
        label, wanted = site.name.split(".")[0], outlet.domain.split(".")[0]
        if outlet.id == site.outlet and site.technique:
            technique = Technique(site.technique)
        elif label == wanted:
            technique = Technique.TLD_SWAP
        elif outlet.id == site.outlet or wanted in label:
            technique = Technique.COMBOSQUAT
        else:
            continue
        if technique is not Technique.UNRELATED:
            pairs.append(
                Lookalike(
                    outlet=outlet.id, technique=technique, name_score=0.9, distance=0, discovered_at=site.registered
                )
            )
    return Site(
        host=site.name,
        domain=registrable(site.name) or site.name,
        source="sweep:exact",
        admitted_at=site.registered,
        due_at=site.registered,
        lookalikes=tuple(pairs),
    )


@lru_cache(maxsize=4)
def verdicts(scenario: str) -> Mapping[str, list[tuple[datetime, Look, Judgement]]]:
    """Every judgement of every site, each time that something about it changes."""
    stage = stage_of(scenario)
    found: dict[str, list[tuple[datetime, Look, Judgement]]] = defaultdict(list)
    before: dict[str, object] = {}
    for at in (stage.scenario.begin, *moments(stage.scenario)):
        world = world_at(stage.scenario, at)
        for site in stage.scenario.sites:
            now = (world.names.get(registrable(site.name) or site.name), world.hosts.get(site.name))
            if before.get(site.name) == now:
                continue
            before[site.name] = now
            look = look_at(stage, site, world)
            if look is None:
                continue
            judgements = judge(
                site=known_as(stage, site), look=look, outlets=stage.outlets, index=stage.index, policy=POLICY
            )
            found[site.name] += [(at, look, judgement) for judgement in judgements]
    return found


def told(found: list[tuple[datetime, Look, Judgement]]) -> list[str]:
    return [f"{at:%Y-%m-%d} {look.consensus.value}: {j.outlet} {j.verdict.value} ({j.reason})" for at, look, j in found]


@pytest.mark.parametrize("scenario", shipped())
def test_every_clone_of_a_campaign_is_judged_an_impersonation(scenario: str) -> None:
    missed = {}
    for site in stage_of(scenario).scenario.sites:
        found = verdicts(scenario)[site.name]
        right = [j for _, _, j in found if j.outlet == site.outlet and j.verdict is Verdict.IMPERSONATION]
        if site.truth is Truth.IMPERSONATION and not any(j.shows_content for j in right):
            missed[site.name] = told(found)
    assert missed == {}


@pytest.mark.parametrize("scenario", shipped())
def test_every_suspect_of_a_campaign_is_flagged_and_none_called_an_impersonation(scenario: str) -> None:
    wrong = {}
    for site in stage_of(scenario).scenario.sites:
        found = verdicts(scenario)[site.name]
        worst = {j.verdict for _, _, j in found}
        if site.truth is Truth.SUSPECTED and (Verdict.SUSPECTED not in worst or Verdict.IMPERSONATION in worst):
            wrong[site.name] = told(found)
    assert wrong == {}


@pytest.mark.parametrize("scenario", shipped())
def test_nobody_innocent_is_flagged_at_any_moment(scenario: str) -> None:
    wrong = {}
    for site in stage_of(scenario).scenario.sites:
        found = verdicts(scenario)[site.name]
        if site.truth in (Truth.INNOCENT, Truth.NOTHING) and any(j.verdict.flagged for _, _, j in found):
            wrong[site.name] = told(found)
    assert wrong == {}


def test_blocks_of_a_campaign_show_as_what_they_are() -> None:
    seen = {look.consensus for found in verdicts("two-outlets-2023").values() for _, look, _ in found}
    assert {Availability.LIVE, Availability.PARKED, Availability.SEIZED, Availability.NXDOMAIN} <= seen
    vantages = {look.availability["isp"] for found in verdicts("two-outlets-2023").values() for _, look, _ in found}
    assert Availability.RESOLVER_BLOCKED in vantages


def test_the_index_knows_where_the_parser_cuts() -> None:
    assert SHINGLE_CAP == MOST_HASHES
