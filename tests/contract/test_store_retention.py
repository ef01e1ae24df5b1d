"""What is deleted after a while, and what never is: ``ports_retention.RetentionRows``."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import pytest

from service.core.alerts.deliveries import Attempt
from service.core.checks import Check
from service.core.model import Outlet, Sweep
from service.core.repeats import Repeatable
from service.core.retention import Keeping, Passing
from service.core.sightings.capture import Capture
from service.core.sightings.sighting import Outcome, Report, Reported, Sighting
from service.core.states import Tier
from service.core.tokens import Token
from service.pipeline.retention import Tidier
from tests.fakes import FakeClock
from tests.store_cases import HOUR, PLACES, START, Opened, admission, endpoint, event, impersonating, opened, seen

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from service.ports import UnitOfWork

LATER = START + timedelta(days=1000)
OK = Attempt(ok=True, status=204, detail="")


@pytest.fixture(params=PLACES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opened]:
    with opened(request.param, tmp_path) as one:
        yield one


def _tidied(store: Opened, now: datetime = LATER) -> Counter[Passing]:
    return asyncio.run(Tidier(clock=FakeClock(now), store=store.store, keeping=Keeping()).run_due())


def _observed(store: Opened, host: str, times: int) -> None:
    for number in range(times):
        site, version = store.site(host)
        assert store.save(replace(site, observation=seen(START + number * HOUR, digest=f"d{number}")), version)


def _digests(store: Opened, host: str) -> list[str]:
    return [one.digest for one in store.read(lambda unit: unit.history.observations(host))]


def _begun(store: Opened, tier: Tier, at: datetime) -> Sweep:
    return store.write(lambda unit: unit.sweeps.begin("spiegel", tier, "g", "system", at))


def _advanced(store: Opened, sweep: Sweep, *unanswered: str) -> None:
    store.write(lambda unit: unit.sweeps.advance(sweep, unanswered))


def _silent(store: Opened, sweep: Sweep) -> list[str]:
    return store.read(lambda unit: unit.coverage.unanswered(sweep.id, "", 9))


def _numbers(store: Opened) -> list[int]:
    return [row["sequence"] for row in store.read(lambda unit: unit.views.events(0, 100))]


def test_what_is_young_stays(store: Opened) -> None:
    store.admit(admission("spiegel.ltd", "spiegel"))
    store.put_endpoints(endpoint("hook"))
    store.publish(event("a"), event("b"))
    _observed(store, "spiegel.ltd", 4)
    assert not _tidied(store, START + HOUR)
    assert _numbers(store) == [1, 2]


def test_a_delivery_goes_with_its_tries_and_its_event_once_it_is_done(store: Opened) -> None:
    store.put_endpoints(endpoint("hook"))
    store.publish(event("done"), event("waiting"), event("newest"))
    done, _, newest = store.read(lambda unit: unit.outbox.due(START, 10))
    store.write(lambda unit: unit.outbox.record(done, OK, None, START))
    store.write(lambda unit: unit.outbox.record(newest, OK, None, START))
    assert _tidied(store) == {Passing.ATTEMPTS: 2, Passing.DELIVERIES: 2, Passing.EVENTS: 1}
    assert [one.event.id for one in store.read(lambda unit: unit.outbox.due(LATER, 10))] == ["evt_waiting"]
    assert _numbers(store) == [2, 3]
    store.publish(event("next"))
    assert _numbers(store) == [2, 3, 4]


def test_what_was_seen_and_told_of_a_flagged_site_is_kept_for_good(store: Opened) -> None:
    store.admit(admission("spiegel.ltd", "spiegel"), admission("spiegel.fun", "spiegel"))
    for host in ("spiegel.ltd", "spiegel.fun"):
        _observed(store, host, 5)
    site, version = store.site("spiegel.ltd")
    flagged = replace(impersonating(site, START), observation=site.observation)
    store.save(flagged, version, event("told", host="spiegel.ltd", outlet="spiegel"))
    site, version = store.site("spiegel.fun")
    store.save(site, version, event("passing", host="spiegel.fun"), event("newest", host="spiegel.fun"))
    assert _tidied(store) == {Passing.OBSERVATIONS: 3, Passing.EVENTS: 1}
    assert _digests(store, "spiegel.ltd") == ["d0", "d1", "d2", "d3", "d4"]
    assert _digests(store, "spiegel.fun") == ["d0", "d4"]
    assert [row["id"] for row in store.read(lambda unit: unit.views.events(0, 9))] == ["evt_told", "evt_newest"]
    _observed(store, "spiegel.fun", 1)
    assert len(_digests(store, "spiegel.fun")) == 3


def test_silent_names_go_with_sweeps_that_were_given_up_and_never_with_those_that_date_names(store: Opened) -> None:
    spiegel = Outlet(id="spiegel", name="Der Spiegel", domain="spiegel.de")
    store.write(lambda unit: unit.outlets.put(spiegel, START))
    given_up = _begun(store, Tier.EXACT, START)
    under_way = _begun(store, Tier.EXACT, START + HOUR)
    complete = _begun(store, Tier.EDITS, START)
    _advanced(store, given_up, "a.ltd", "b.ltd")
    _advanced(store, under_way, "a.ltd", "b.ltd")
    _advanced(store, replace(complete, finished_at=START + HOUR), "c.ltd")
    assert _tidied(store) == {Passing.UNANSWERED: 2}
    left = [_silent(store, sweep) for sweep in (given_up, under_way, complete)]
    assert left == [[], ["a.ltd", "b.ltd"], ["c.ltd"]]


def test_tokens_that_ended_go_unless_somebody_decided_by_them_and_kept_answers_after_a_day(store: Opened) -> None:
    good = Token(id="aaaaaaaaaaaa", digest="x", scopes=frozenset({"read"}), created_at=START)
    expired = replace(good, id="bbbbbbbbbbbb", expires_at=START)
    asked = Repeatable(token_id=good.id, key="k", digest="d", at=START)
    store.write(lambda unit: unit.tokens.add(good))
    store.write(lambda unit: unit.tokens.add(expired))
    store.write(lambda unit: unit.repeats.begin(asked))
    assert _tidied(store) == {Passing.REPEATS: 1, Passing.TOKENS: 1}
    assert [one.id for one in store.read(lambda unit: unit.tokens.all())] == [good.id]


def test_sightings_go_with_what_was_uploaded_and_their_report_unless_something_came_of_their_site(
    store: Opened,
) -> None:
    store.admit(admission("spiegel.ltd", "spiegel"), admission("spiegel.fun", "spiegel"))
    site, version = store.site("spiegel.ltd")
    store.save(impersonating(site, START), version)
    for name, at in (("first", START), ("second", START), ("young", LATER)):
        store.write(partial(_opened, name, at))
    kept = store.write(lambda unit: unit.sightings.put([_sighted("first", "spiegel.ltd")]))
    passing, refused, waiting = store.write(
        lambda unit: unit.sightings.put(
            [
                _sighted("first", "spiegel.fun"),
                replace(_sighted("second", ""), outcome=Outcome.REFUSED),
                replace(_sighted("first", ""), outcome=Outcome.WAITING),
            ]
        )
    )
    store.write(lambda unit: unit.captures.add(_captured(passing)))
    store.write(lambda unit: unit.captures.add(_captured(*kept)))
    assert _tidied(store) == {Passing.CAPTURES: 1, Passing.SIGHTINGS: 2, Passing.SIGHTING_REPORTS: 1}
    left = store.read(lambda unit: unit.sighting_views.page({}, None, 9))[0]
    assert [one["id"] for one in left] == [f"sgt_{one.id}" for one in (waiting, *kept)]
    assert refused.id not in {one.id for one in (waiting, *kept)}
    assert store.read(lambda unit: unit.sighting_views.report("second")) is None
    assert store.read(lambda unit: unit.sighting_views.report("young")) is not None


def _opened(name: str, at: datetime, unit: UnitOfWork) -> None:
    unit.sightings.open(Report(id=name, by="token", at=at, format="json", count=1))


def _sighted(report: str, site: str) -> Sighting:
    given = Reported(entry="1", url=f"https://{site}/")
    return Sighting(report=report, reported=given, outcome=Outcome.ADMITTED, at=START, site=site)


def _captured(one: Sighting) -> Capture:
    url = one.reported.url
    times = {"captured_at": START, "received_at": START}
    return Capture(sighting=one.id, host=one.site, url=url, evidence="evd_1", page=None, **times)


def test_checks_go_when_they_are_done_and_old(store: Opened) -> None:
    for name, at in (("old", START), ("waiting", START), ("young", LATER)):
        store.write(partial(_asked, Check(id=name, target="spiegel.ltd", by="token", asked_at=at)))
    claimed = store.write(lambda unit: unit.checks.claim(START, LATER))
    assert claimed is not None
    store.write(lambda unit: unit.checks.finish(replace(claimed, done_at=START, error="x")))
    assert _tidied(store) == {Passing.CHECKS: 1}
    names = ("old", "waiting", "young")
    left = store.read(lambda unit: [unit.checks.get(name) is not None for name in names])
    assert left == [False, True, True]


def _asked(check: Check, unit: UnitOfWork) -> None:
    unit.checks.add(check)


def test_what_came_to_matter_in_between_stays_and_what_went_is_counted_once(store: Opened) -> None:
    store.admit(admission("spiegel.ltd", "spiegel"))
    _observed(store, "spiegel.ltd", 5)
    keys = store.read(lambda unit: unit.retention.passed(Passing.OBSERVATIONS, LATER, 10))
    assert store.write(lambda unit: unit.retention.forget(Passing.OBSERVATIONS, keys[:1], LATER)) == 1
    assert store.write(lambda unit: unit.retention.forget(Passing.OBSERVATIONS, keys[:2], LATER)) == 1
    site, version = store.site("spiegel.ltd")
    store.save(replace(impersonating(site, START), observation=site.observation), version)
    assert store.write(lambda unit: unit.retention.forget(Passing.OBSERVATIONS, keys, LATER)) == 0
    assert store.read(lambda unit: unit.retention.forgotten())[Passing.OBSERVATIONS] == 2


def test_it_is_done_once_a_day(store: Opened) -> None:
    store.publish(event("a"), event("b"), event("c"))
    assert _tidied(store) == {Passing.EVENTS: 2}
    store.publish(event("d"))
    assert not _tidied(store, LATER + 23 * HOUR)
    assert _tidied(store, LATER + 24 * HOUR) == {Passing.EVENTS: 1}
