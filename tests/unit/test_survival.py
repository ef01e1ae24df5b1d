"""How long until something happens: equal to lifelines on random data, and right where lifelines has nothing to say."""

from __future__ import annotations

from math import isclose, isnan

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from lifelines import AalenJohansenFitter, KaplanMeierFitter
from lifelines.statistics import multivariate_logrank_test
from lifelines.utils import restricted_mean_survival_time
from scipy.stats import chi2

from service.core.persistence.survival import (
    Span,
    chi_square_tail,
    earliest,
    incidence,
    kaplan_meier,
    latest,
    log_rank,
    median,
    middle,
    restricted_mean,
    wilson,
)

DAYS = st.integers(1, 12)
"""Few days, so that nearly every sample has ties."""


def exact(number: int, day: float, cause: str = "", entry: float = 0.0) -> Span:
    return Span(id=str(number), low=day, high=day, cause=cause, entry=entry)


@st.composite
def samples(draw: st.DrawFn, *, entries: bool = False, least: int = 2) -> list[Span]:
    rows = draw(st.lists(st.tuples(DAYS, st.booleans(), st.integers(0, 8)), min_size=least, max_size=25))
    return [
        exact(number, day + entry * entries, "down" if happened else "", entry * entries)
        for number, (day, happened, entry) in enumerate(rows)
    ]


@settings(max_examples=60, deadline=None)
@given(samples() | samples(entries=True))
def test_kaplan_meier_and_its_bands_are_those_of_lifelines_with_ties_and_with_entry(spans: list[Span]) -> None:
    spans.append(exact(99, 30.0))  # lifelines gives up where nobody is left at risk for a while
    theirs = KaplanMeierFitter().fit(
        [span.time for span in spans], [bool(span.cause) for span in spans], entry=[span.entry for span in spans]
    )
    for step in kaplan_meier(spans).steps:
        assert isclose(step.value, theirs.predict(step.time), abs_tol=1e-9)
        lower, upper = theirs.confidence_interval_.loc[step.time]
        if 0 < step.value < 1 and not isnan(lower):
            assert isclose(step.lower, lower, abs_tol=1e-6)
            assert isclose(step.upper, upper, abs_tol=1e-6)


@settings(max_examples=40, deadline=None)
@given(samples(), st.integers(1, 12))
def test_the_restricted_mean_is_that_of_lifelines(spans: list[Span], horizon: int) -> None:
    ours = restricted_mean(kaplan_meier(spans), horizon)
    assume(ours is not None)
    theirs = KaplanMeierFitter().fit([s.time for s in spans], [bool(s.cause) for s in spans])
    assert isclose(ours or 0.0, restricted_mean_survival_time(theirs, t=horizon), abs_tol=1e-9)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(["", "blocked", "expired"]), min_size=3, max_size=25))
def test_incidence_and_its_bands_are_those_of_lifelines_where_no_two_times_are_equal(causes: list[str]) -> None:
    spans = [exact(number, 1.0 + number, cause) for number, cause in enumerate(causes)]
    number_of = {"": 0, "blocked": 1, "expired": 2}
    theirs = AalenJohansenFitter().fit(
        [s.time for s in spans], [number_of[s.cause] for s in spans], event_of_interest=1
    )
    for step in incidence(spans, "blocked").steps:
        assert isclose(step.value, theirs.cumulative_density_.loc[step.time].iloc[0], abs_tol=1e-9)
        lower, upper = sorted(theirs.confidence_interval_.loc[step.time])
        if 0 < step.value < 1 and not isnan(lower):
            assert isclose(step.lower, lower, abs_tol=1e-6)
            assert isclose(step.upper, upper, abs_tol=1e-6)


@settings(max_examples=60, deadline=None)
@given(samples(), samples(), samples())
def test_log_rank_is_that_of_lifelines_with_ties(first: list[Span], second: list[Span], third: list[Span]) -> None:
    groups = {"a": first, "b": second, "c": third}
    together = [(span, name) for name, spans in groups.items() for span in spans]
    found = log_rank(groups)
    assume(found is not None and found.degrees == 2)
    theirs = multivariate_logrank_test(
        [span.time for span, _ in together], [name for _, name in together], [bool(span.cause) for span, _ in together]
    )
    assert found is not None
    assert isclose(found.statistic, theirs.test_statistic, rel_tol=1e-6, abs_tol=1e-8)
    assert isclose(found.p, theirs.p_value, rel_tol=1e-6, abs_tol=1e-9)


@settings(max_examples=60, deadline=None)
@given(samples(entries=True), samples(entries=True))
def test_log_rank_with_entry_follows_the_textbook(first: list[Span], second: list[Span]) -> None:
    excess, variance = 0.0, 0.0
    for time in sorted({span.time for span in (*first, *second) if span.cause}):
        at_risk = [sum((s.entry < time or s.entry == 0) and time <= s.time for s in spans) for spans in (first, second)]
        died = [sum(s.time == time and bool(s.cause) for s in spans) for spans in (first, second)]
        n, d = sum(at_risk), sum(died)
        excess += died[0] - d * at_risk[0] / n
        if n > 1:
            variance += d * (n - d) * at_risk[0] * at_risk[1] / (n**2 * (n - 1))
    found = log_rank({"a": first, "b": second})
    if variance == 0:
        assert found is None
    else:
        assert found is not None
        assert isclose(found.statistic, excess**2 / variance, rel_tol=1e-6, abs_tol=1e-9)


@given(st.floats(0, 60), st.integers(1, 12))
def test_the_tail_of_chi_square_is_that_of_scipy(value: float, degrees: int) -> None:
    assert isclose(chi_square_tail(value, degrees), chi2.sf(value, degrees), rel_tol=1e-9, abs_tol=1e-12)


@settings(max_examples=60, deadline=None)
@given(samples(entries=True))
def test_incidences_of_all_causes_and_survival_add_up_to_one(spans: list[Span]) -> None:
    split = [
        Span(id=s.id, low=s.low, high=s.high, cause=s.cause and f"cause {n % 2}", entry=s.entry)
        for n, s in enumerate(spans)
    ]
    one, other = incidence(split, "cause 0"), incidence(split, "cause 1")
    for step in kaplan_meier(split).steps:
        reached = [curve.at(step.time) for curve in (one, other)]
        assert isclose(sum(found.value for found in reached if found) + step.value, 1, abs_tol=1e-9)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(DAYS, st.integers(0, 3)), min_size=1, max_size=20))
def test_the_estimate_lies_between_everything_at_its_earliest_and_at_its_latest(rows: list[tuple[int, int]]) -> None:
    spans = [Span(id=str(n), low=day, high=day + gap, cause="down") for n, (day, gap) in enumerate(rows)]
    soon, best, late = (kaplan_meier(spans, when) for when in (earliest, middle, latest))
    for day in range(15):
        bounds = [curve.at(day) for curve in (soon, best, late)]
        first, second, third = (0.0 if step is None else step.value for step in bounds)
        assert first <= second + 1e-9 <= third + 2e-9


def test_nothing_that_is_censored_counts_as_an_event() -> None:
    curve = kaplan_meier([exact(n, 5.0) for n in range(4)])
    assert curve.steps == ()
    assert curve.at(5.0) is not None
    assert curve.at(5.1) is None, "nobody was watched that long"


def test_who_came_under_watch_late_is_not_at_risk_before() -> None:
    spans = [exact(0, 2.0, "down"), exact(1, 9.0, "down"), *(exact(n, 10.0, entry=5.0) for n in range(2, 12))]
    first, second = kaplan_meier(spans).steps
    assert (first.at_risk, first.value) == (2, 0.5)
    assert second.at_risk == 11


def test_an_event_at_the_very_moment_of_the_block_counts() -> None:
    (step,) = kaplan_meier([exact(0, 0.0, "down"), exact(1, 3.0)]).steps
    assert (step.time, step.at_risk, step.value) == (0.0, 2, 0.5)


def test_the_median_is_the_day_on_which_half_are_down() -> None:
    curve = kaplan_meier([exact(n, n, "down") for n in range(1, 11)])
    day, soonest, latest_day = median(curve)
    assert day == 5
    assert soonest == next(step.time for step in curve.steps if step.lower <= 0.5)
    assert latest_day is not None
    assert latest_day > 5
    assert median(kaplan_meier([exact(0, 1.0)])) == (None, None, None)


def test_one_group_has_nobody_to_be_compared_with() -> None:
    assert log_rank({"only": [exact(0, 1.0, "down")]}) is None


@pytest.mark.parametrize(
    ("hits", "total", "low", "high"), [(2, 4, 0.150, 0.850), (0, 10, 0.0, 0.278), (5, 5, 0.566, 1)]
)
def test_the_limits_of_a_share_are_wilsons(hits: int, total: int, low: float, high: float) -> None:
    assert wilson(hits, total) == pytest.approx((low, high), abs=1e-3)
