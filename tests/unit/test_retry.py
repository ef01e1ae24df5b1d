"""When a delivery is tried again."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from service.core.alerts.deliveries import Attempt
from service.core.alerts.retry import JITTER, SCHEDULE, decide
from tests.builders import START

FAILED = Attempt(ok=False, status=500, detail="")


def test_a_delivery_that_was_taken_is_done() -> None:
    assert decide(Attempt(ok=True, status=204, detail=""), 1, "k", START).next_at is None


def test_a_permanent_refusal_is_done() -> None:
    assert decide(Attempt(ok=False, status=410, detail="", permanent=True), 1, "k", START).next_at is None


@given(st.integers(1, len(SCHEDULE)), st.text())
def test_each_gap_is_the_schedules_within_its_jitter(tries: int, key: str) -> None:
    next_at = decide(FAILED, tries, key, START).next_at
    assert next_at is not None
    gap, planned = next_at - START, SCHEDULE[tries - 1]
    assert planned * (1 - JITTER) <= gap <= planned * (1 + JITTER)


def test_after_the_whole_schedule_it_is_given_up() -> None:
    assert decide(FAILED, len(SCHEDULE) + 1, "k", START).next_at is None


@given(st.floats(-1e9, 1e12))
def test_a_receivers_patience_lengthens_a_gap_by_a_day_at_most_and_never_shortens_it(seconds: float) -> None:
    plain = decide(FAILED, 1, "k", START).next_at
    asked = decide(Attempt(ok=False, status=429, detail="", retry_after=seconds), 1, "k", START).next_at
    assert plain is not None
    assert asked is not None
    assert plain <= asked <= START + timedelta(days=1)


def test_two_deliveries_that_failed_together_are_not_tried_together() -> None:
    times = {decide(FAILED, 3, f"evt_{i}", START).next_at for i in range(20)}
    assert len(times) > 15
