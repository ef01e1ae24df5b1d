"""When a site is looked at next."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.model import Episode, Failures, Site
from service.core.persistence.schedule import NEVER, Intervals, next_due
from service.core.states import Availability, Verdict
from tests.builders import START, at, block, lookalike, site

GAPS = Intervals(spread=0.0)
OPEN = lookalike(
    verdict=Verdict.IMPERSONATION, flagged_at=START, episodes=(Episode(number=1, began_at=START, last_seen_at=START),)
)


def gap(one: Site, **since: float) -> timedelta:
    now = at(**since)
    return next_due(one, now, GAPS) - now


def test_a_new_site_is_seen_again_within_minutes_then_at_growing_gaps() -> None:
    new = site(active_at=START)
    assert gap(new) == timedelta(minutes=15)
    assert gap(new, hours=2) == timedelta(hours=1)
    assert gap(new, days=3) == timedelta(hours=24)


def test_a_parked_look_never_lengthens_the_gap_in_the_first_90_days() -> None:
    parked = site(active_at=START, availability=Availability.PARKED)
    assert gap(parked, days=89) == timedelta(hours=24)
    assert gap(parked, days=120) == GAPS.dormant


def test_a_served_impersonation_is_seen_every_day_and_more_often_after_a_change() -> None:
    assert gap(site(lookalikes=(OPEN,), active_at=START), days=10) == timedelta(hours=24)
    assert gap(site(lookalikes=(OPEN,), active_at=START), days=200) == timedelta(hours=48)
    assert gap(site(lookalikes=(OPEN,), active_at=at(days=200)), days=200, hours=6) == timedelta(hours=3)


def test_a_served_impersonation_that_fails_is_seen_every_two_hours() -> None:
    failing = Failures(count=1, since=START, resolvers=frozenset({"system"}))
    assert gap(site(lookalikes=(OPEN,), failures=failing), days=200) == timedelta(hours=2)


def test_a_blocked_site_is_seen_every_day_then_every_other_day_for_90_days() -> None:
    blocked = site(blocks=(block(),), active_at=START, availability=Availability.NXDOMAIN)
    assert gap(blocked, days=10) == timedelta(hours=24)
    assert gap(blocked, days=60) == timedelta(hours=48)
    assert gap(blocked, days=120) == GAPS.dormant


def test_after_two_years_without_activity_nobody_looks_any_more() -> None:
    assert next_due(site(active_at=START), at(days=731), GAPS) == NEVER


def test_an_innocent_live_site_is_seen_once_a_week() -> None:
    assert gap(site(availability=Availability.LIVE, active_at=START), days=120) == timedelta(days=7)


@given(st.text("abcdefgh", min_size=1), st.integers(0, 700))
def test_hosts_are_spread_by_a_tenth_around_their_gap(host: str, days: int) -> None:
    one = site(f"{host}.com", active_at=START)
    now = at(days=days)
    plain, spread = next_due(one, now, GAPS) - now, next_due(one, now, Intervals()) - now
    assert plain * 0.95 <= spread <= plain * 1.05


@pytest.mark.parametrize("grade", list(Availability))
def test_every_grade_has_a_next_time(grade: Availability) -> None:
    assert next_due(site(availability=grade), at(days=400), GAPS) > at(days=400)
