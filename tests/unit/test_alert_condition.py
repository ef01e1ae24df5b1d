"""Endpoints that fail: the circuit, its probes, and when one is given up."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from service.core.alerts.catalogue import CATALOGUE
from service.core.alerts.condition import GIVEN_UP_AFTER, PROBES, THRESHOLD, WELL, Condition, Severity, after
from service.core.alerts.deliveries import Endpoint
from service.core.alerts.policy import SEVERITIES, severity, wants
from service.core.alerts.retry import JITTER, PATIENCE
from service.core.model import Event
from tests.builders import START, at


def failed(times: int, *, retry_after: float | None = None) -> Condition:
    now = WELL
    for number in range(times):
        now = after(now, ok=False, retry_after=retry_after, key="whk", at=at(number))
    return now


def hook(**filters: object) -> Endpoint:
    return Endpoint(id="h", url="https://h.example/", secret="s", created_at=START, **filters)  # type: ignore[arg-type]  # filters by name


def told(kind: str, **detail: object) -> Event:
    return Event(id="evt", type=kind, at=START, data={"id": "evt", "detail": detail})


def test_a_few_failures_do_not_hold_back_the_rest() -> None:
    condition = failed(THRESHOLD - 1)
    assert not condition.circuit_open
    assert condition.allows(at(0))


def test_from_the_threshold_on_probes_grow_further_apart() -> None:
    for number, gap in enumerate(PROBES):
        condition = failed(THRESHOLD + number)
        assert condition.circuit_open
        assert condition.probe_at is not None
        waited = condition.probe_at - at(THRESHOLD + number - 1)
        assert gap * (1 - JITTER) <= waited <= gap * (1 + JITTER)
        assert not condition.allows(condition.probe_at - timedelta(seconds=1))
        assert condition.allows(condition.probe_at)


def test_one_success_forgets_everything() -> None:
    assert after(failed(40), ok=True, retry_after=None, key="whk", at=at(50)) == WELL


def test_a_receiver_that_asks_for_patience_gets_it_for_all_deliveries_up_to_a_day() -> None:
    assert failed(1, retry_after=600).probe_at == at(0) + timedelta(seconds=600)
    assert failed(1, retry_after=10**9).probe_at == at(0) + PATIENCE
    soon = failed(THRESHOLD + 4, retry_after=1.0)
    assert soon.probe_at is not None
    assert soon.probe_at - at(THRESHOLD + 3) >= PROBES[-1] * (1 - JITTER)


def test_five_days_of_nothing_but_failures_are_enough() -> None:
    condition = failed(THRESHOLD)
    assert not condition.hopeless(START + GIVEN_UP_AFTER - timedelta(seconds=1))
    assert condition.hopeless(START + GIVEN_UP_AFTER)
    assert not failed(1).hopeless(START + GIVEN_UP_AFTER)


@given(st.lists(st.tuples(st.booleans(), st.one_of(st.none(), st.floats(-10, 1e6))), max_size=30))
def test_a_probe_is_never_in_the_past_and_at_most_a_day_ahead(tries: list[tuple[bool, float | None]]) -> None:
    condition = WELL
    for number, (ok, asked) in enumerate(tries):
        condition = after(condition, ok=ok, retry_after=asked, key="whk", at=at(number))
        if condition.probe_at is not None:
            assert at(number) <= condition.probe_at <= at(number) + PATIENCE


def test_every_event_has_a_severity() -> None:
    assert set(SEVERITIES) == set(CATALOGUE)


def test_a_severity_lets_through_what_matters_as_much_or_more() -> None:
    pager = hook(severity=Severity.CRITICAL)
    assert wants(pager, told("impersonation.confirmed"), frozenset())
    assert not wants(pager, told("lookalike.suspected"), frozenset())
    assert wants(hook(), told("lookalike.discovered"), frozenset())


def test_who_was_told_of_an_impersonation_is_told_that_it_was_none() -> None:
    assert severity(told("flag.withdrawn", withdrawn="impersonation")) is Severity.CRITICAL
    assert severity(told("flag.withdrawn", withdrawn="suspected")) is Severity.HIGH
