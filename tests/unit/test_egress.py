"""Content that is gone is told from content that hides, by asking again from a second egress."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from service.core.facts.page import FetchedPage, PageFacts
from service.core.model import Judgement, Look, Site
from service.core.persistence.egress import gone_from
from service.core.persistence.inputs import Looked
from service.core.persistence.lifecycle import Rules, step
from service.core.states import Availability, Cause, Verdict
from tests.builders import at, clone_seen, judgement, look, site
from tests.fakes import fetched

URL = "https://spiegel.ltd/"
NOTHING = judgement(Verdict.UNKNOWN, shows=False)


def answer(profile: str, *, url: str = URL, comes: bool = True) -> FetchedPage:
    page = fetched(url, profile, PageFacts() if comes else None)
    return replace(page, status=404) if comes else page


def serving() -> Site:
    return step(site(), clone_seen(at(1)), at(1), Rules()).site


def without(hours: float, *pages: FetchedPage, grade: Availability = Availability.CONTENT_NOT_SEEN) -> Look:
    return look(at(hours), grade, pages=pages)


def after(looks: list[Look], judged: tuple[Judgement, ...] = (NOTHING,)) -> tuple[Site, list[str]]:
    one = serving()
    told: list[str] = []
    for made in looks:
        done = step(one, Looked(look=made, judgements=judged), made.at, Rules())
        one = done.site
        told += [event.type for event in done.events]
    return one, told


BOTH = (answer("social"), answer("social@second"))


def test_content_that_a_second_egress_does_not_see_either_is_down_after_three_looks() -> None:
    one, told = after([without(hours, *BOTH) for hours in (5, 7, 9)])
    (episode,) = one.lookalikes[0].episodes
    assert told == ["site.down"]
    assert (episode.ended_at, episode.cause, episode.censored) == (at(5), Cause.ABANDONED, False)


def test_content_that_comes_back_after_that_resurfaces() -> None:
    one, _ = after([without(hours, *BOTH) for hours in (5, 7, 9)])
    assert "site.resurfaced" in [event.type for event in step(one, clone_seen(at(30)), at(30), Rules()).events]


def test_without_a_second_egress_it_is_only_out_of_sight() -> None:
    one, told = after([without(hours, answer("social")) for hours in (5, 30, 60, 90)])
    assert told == []
    assert one.lookalikes[0].episodes[-1].censored


def test_an_egress_that_got_no_answer_proves_nothing() -> None:
    looks = [without(hours, answer("social"), answer("social@second", comes=False)) for hours in (5, 7, 9)]
    assert after(looks)[0].lookalikes[0].open_episode is not None


def test_another_url_or_profile_proves_nothing() -> None:
    other = (answer("social"), answer("social@second", url=URL + "x"), answer("mobile@second"))
    assert after([without(hours, *other) for hours in (5, 7, 9)])[0].lookalikes[0].open_episode is not None


def test_a_challenge_hides_everything_and_proves_nothing() -> None:
    looks = [without(hours, *BOTH, grade=Availability.CHALLENGED) for hours in (5, 7, 9)]
    assert after(looks)[0].lookalikes[0].open_episode is not None


@settings(deadline=None, max_examples=50)
@given(st.lists(st.sampled_from(["social", "social@second", "mobile", "mobile@second"]), max_size=5))
def test_only_both_egresses_together_say_that_it_is_gone(profiles: list[str]) -> None:
    made = without(5, *(answer(profile) for profile in profiles))
    found = gone_from(serving(), made, (NOTHING,))
    assert bool(found) == ({"social", "social@second"} <= set(profiles))
    assert gone_from(serving(), made, (judgement(),)) == frozenset()
