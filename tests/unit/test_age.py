"""Age of a name: the bounds that dated facts give, and when it counts as newly registered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.facts.age import Age, AgeSource, DatedFact, age_in_words, age_of, dated_facts, newly_registered
from service.core.facts.registration import Registration, RegistrationStatus

NOW = datetime(2026, 6, 1, tzinfo=UTC)
WINDOW = timedelta(days=30)


def fact(source: AgeSource, days_ago: float, detail: str = "") -> DatedFact:
    at = NOW - timedelta(days=days_ago)
    return DatedFact(source=source, at=at, known_from=at, observed_at=NOW, detail=detail)


def age(*facts: DatedFact) -> Age:
    return age_of(facts, NOW)


@pytest.mark.parametrize(
    ("facts", "young", "why"),
    [
        ([], None, "nothing is known"),
        ([(AgeSource.REGISTRATION, 5)], True, "the registry says so"),
        ([(AgeSource.REGISTRATION, 400)], False, "the registry says so"),
        ([(AgeSource.REGISTRATION, 30)], True, "the last day of the window belongs to it"),
        ([(AgeSource.CERTIFICATE, 5)], None, "a certificate alone: the name may be much older"),
        ([(AgeSource.CERTIFICATE, 400)], False, "it existed then"),
        ([(AgeSource.RESOLVED, 0)], None, "our first look is no birthday"),
        ([(AgeSource.ABSENT, 5), (AgeSource.RESOLVED, 1)], True, "absent, then there"),
        ([(AgeSource.ABSENT, 100), (AgeSource.RESOLVED, 1)], None, "absent long ago: born somewhere in between"),
        ([(AgeSource.ABSENT, 100), (AgeSource.RESOLVED, 90)], False, "born in between, and both are long ago"),
        (
            [(AgeSource.FEED, 400), (AgeSource.ABSENT, 5), (AgeSource.RESOLVED, 1)],
            False,
            "a name on hold is absent too",
        ),
        (
            [(AgeSource.CERTIFICATE, 400), (AgeSource.REGISTRATION, 5)],
            True,
            "registered anew; the old one was another life",
        ),
        ([(AgeSource.CHANGED, 400)], False, "an entry that was changed existed"),
        ([(AgeSource.CHANGED, 5)], None, "an old entry may have been changed lately"),
        ([(AgeSource.REGISTRATION, -5)], None, "a date in the future is not believed"),
        ([(AgeSource.ABSENT, 5)], True, "it was not there five days ago"),
    ],
)
def test_a_name_is_young_old_or_unknown(facts: list[tuple[AgeSource, float]], *, young: bool | None, why: str) -> None:
    result = newly_registered(age(*(fact(source, days) for source, days in facts)), NOW, WINDOW)
    assert result is young, why


def test_the_reason_names_the_evidence() -> None:
    found = age(fact(AgeSource.ABSENT, 5, "sweep 12"), fact(AgeSource.CERTIFICATE, 2, "Argon 2026"))
    assert (
        found.reason
        == "it did not resolve on 2026-05-27 (sweep 12), and a certificate named it on 2026-05-30 (Argon 2026)"
    )
    assert found.source is AgeSource.CERTIFICATE
    assert age_in_words(found, NOW, WINDOW).startswith("newly registered, within 30 days: it did not resolve")


def test_an_earlier_life_is_told() -> None:
    found = age(fact(AgeSource.REGISTRATION, 5, "rdap x"), fact(AgeSource.CERTIFICATE, 400))
    assert found.reason == (
        "registered on 2026-05-27 by the registry's own date (rdap x);"
        " under an earlier registration, a certificate named it on 2025-04-27"
    )


def test_unknown_age_says_so() -> None:
    assert age_in_words(age(), NOW, WINDOW) == "age unknown, which counts neither way: nothing dates this name"


def test_a_score_rests_on_proof_of_youth_only() -> None:
    assert age(fact(AgeSource.RESOLVED, 1)).since is None
    assert age(fact(AgeSource.ABSENT, 5), fact(AgeSource.RESOLVED, 1)).since == NOW - timedelta(days=5)
    assert age(fact(AgeSource.REGISTRATION, 3)).since == NOW - timedelta(days=3)


def test_a_registrys_answer_is_dated_by_its_dates() -> None:
    answer = Registration(
        domain="bild.de",
        status=RegistrationStatus.NOT_PUBLISHED,
        source="rdap",
        server="rdap.denic.de",
        asked_at=NOW,
        updated_at=NOW - timedelta(days=900),
    )
    (found,) = dated_facts(answer)
    assert (found.source, found.observed_at, found.detail) == (AgeSource.CHANGED, NOW, "rdap rdap.denic.de")
    assert newly_registered(age_of([found], NOW), NOW, WINDOW) is False


@given(st.lists(st.tuples(st.sampled_from(AgeSource), st.floats(-10, 900)), max_size=8))
def test_bounds_never_cross_and_order_does_not_matter(items: list[tuple[AgeSource, float]]) -> None:
    facts = [fact(source, days) for source, days in items]
    found = age(*facts)
    assert found == age(*reversed(facts)) or len({item.at for item in facts}) < len(facts)
    if found.not_before is not None and found.not_after is not None:
        assert found.not_before <= found.not_after <= NOW
