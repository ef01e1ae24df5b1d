"""Where a look loses sight of what a site served, all is asked that may still show it, before it is called gone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from service.core.facts.page import PageFacts
from service.core.model import Episode, Site, Target
from service.core.persistence.observations import observe
from service.core.states import Verdict
from service.pipeline.fetch import FetchPlan, asks_otherwise, full_turn
from tests.builders import START, at, look, lookalike, site
from tests.unit.test_pipeline import FACES, Bench, bench, play

ROOT = "https://spiegel.ltd/"
ARTICLE = f"{ROOT}a/eins.html"
PLAN = FetchPlan(profiles=FACES)


def served(*urls: str, shown: str = ROOT) -> Site:
    episode = Episode(number=1, began_at=START, last_seen_at=START, url=shown, profile="desktop")
    return site(
        lookalikes=(lookalike(verdict=Verdict.IMPERSONATION, announced=True, episodes=(episode,)),),
        targets=tuple(Target(url=url, source="link") for url in urls),
        observation=observe(None, look(START), (), None),
        looked_at=START,
        active_at=START,
    )


def test_every_profile_asks_for_what_showed_it_and_for_the_root_whatever_its_turn_is() -> None:
    asked = {(ARTICLE, "desktop"), (ARTICLE, "social"), (ROOT, "social")}
    found = [(url, profile.name) for url, profile in asks_otherwise(PLAN, served(shown=ARTICLE), asked)]
    assert found == [
        *((ARTICLE, "mobile"), (ARTICLE, "plain")),
        *((ROOT, "desktop"), (ROOT, "mobile"), (ROOT, "plain")),
    ]


def test_profiles_of_a_country_are_among_them_where_it_has_a_way_out() -> None:
    found = asks_otherwise(PLAN, served(), set(), frozenset({"DE"}))
    assert [profile.name for _, profile in found] == ["desktop", "mobile", "social", "country-de", "plain"]


def test_two_articles_follow_under_every_profile_and_the_others_as_whoever_saw_the_content_last() -> None:
    one, two, three = (f"{ROOT}a/{number}.html" for number in range(3))
    asked = {(ROOT, profile.name) for profile in FACES}
    found = [(url[len(ROOT) :], profile.name) for url, profile in asks_otherwise(PLAN, served(one, two, three), asked)]
    faces = ("desktop", "mobile", "social", "plain")
    assert found == [
        *(("a/0.html", face) for face in faces),
        *(("a/1.html", face) for face in faces),
        ("a/2.html", "desktop"),
    ]


def test_it_ends_at_twice_the_usual_budget() -> None:
    many = served(*(f"{ROOT}a/{number}.html" for number in range(40)))
    assert len(asks_otherwise(PLAN, many, set())) == 2 * PLAN.budget


def asked_of(serving: Site, pages: dict[Any, PageFacts]) -> list[tuple[str, str]]:
    made = bench(("spiegel.ltd",), pages)
    quiet = next(at(days=day) for day in range(2, 9) if not full_turn(serving, at(days=day)))

    async def act(b: Bench) -> Any:
        await b.door.admit_url("spiegel.ltd", "check")
        row = await b.store.read(lambda uow: uow.sites.get("spiegel.ltd"))
        assert row is not None
        b.clock.advance(quiet - START)
        known = replace(row[0], lookalikes=serving.lookalikes, observation=serving.observation, looked_at=START)
        return await b.examiner.examine(replace(known, active_at=START))

    play(made, act)
    return made.fetcher.asked


def test_a_site_that_answers_without_its_content_is_asked_for_it_under_every_profile() -> None:
    empty = PageFacts()
    faces = {profile for url, profile in asked_of(served(), {ROOT: empty}) if url == ROOT}
    assert faces == {"desktop", "mobile", "social"}


def test_a_site_that_answers_nothing_at_all_is_not_asked_again_and_again() -> None:
    assert ROOT in {url for url, _ in asked_of(served(), {})}
    assert {profile for _, profile in asked_of(served(), {})} < {"desktop", "mobile", "social"}
