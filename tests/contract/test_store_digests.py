"""What waits for digests, groups of alerts, and outlets that are new, over every place that a store can be in."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import pytest

from service.core.alerts.deliveries import DeliveryState
from service.core.alerts.onboarding import Onboarding
from service.core.states import FirstSeenAs, Verdict
from tests.store_cases import HOUR, PLACES, START, Opened, admission, endpoint, event, impersonating, opened

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from service.core.alerts.digest import Held
    from service.ports import UnitOfWork

DESK = replace(endpoint("desk"), every=timedelta(hours=1))


@pytest.fixture(params=PLACES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opened]:
    with opened(request.param, tmp_path) as one:
        one.put_endpoints(DESK, endpoint("program"))
        one.admit(admission("spiegel.ltd", "spiegel"), admission("both.example", "bild", "spiegel"))
        yield one


def tell(store: Opened, host: str, name: str, outlet: str | None = "spiegel") -> None:
    site, version = store.site(host)
    assert store.save(site, version, event(name, host=host, outlet=outlet))


def _close(held: Sequence[Held], said: Mapping[str, Mapping[str, str]], unit: UnitOfWork) -> None:
    unit.digests.close("desk", held, said, START)


def test_what_waits_is_taken_once_and_what_was_told_is_remembered(store: Opened) -> None:
    tell(store, "spiegel.ltd", "a")
    tell(store, "both.example", "b", outlet=None)
    assert not store.read(lambda unit: unit.digests.is_due("desk", START))
    assert store.read(lambda unit: unit.digests.is_due("desk", START + HOUR))
    assert not store.read(lambda unit: unit.digests.is_due("program", START + HOUR))
    waiting = store.read(lambda unit: unit.digests.held("desk", 10))
    assert [(one.event.id, one.group, one.quiet) for one in waiting] == [
        ("evt_a", "family:spiegel", False),
        ("evt_b", "family:bild", False),
    ]
    assert store.read(lambda unit: unit.digests.held("desk", 1)) == waiting[:1]
    for state in ("a", "b"):
        said = {"family:spiegel": {"spiegel.ltd spiegel": state}}
        store.write(partial(_close, waiting[:1], said))
        assert store.read(lambda unit: unit.digests.said("desk")) == said
    assert store.read(lambda unit: unit.digests.held("desk", 10)) == waiting[1:]
    rows = store.read(lambda unit: unit.deliveries.page({"webhook": "desk"}, None, 10))
    assert {row["event"]: row["state"] for row in rows} == {
        "evt_a": DeliveryState.SUMMED_UP,
        "evt_b": DeliveryState.HELD,
    }
    store.write(lambda unit: unit.deliveries.forget("desk"))
    assert store.read(lambda unit: unit.digests.said("desk")) == {}


def test_groups_count_what_happened_and_are_listed_the_last_first(store: Opened) -> None:
    assert store.read(lambda unit: unit.alert_groups.of_site("spiegel.ltd")) is None
    tell(store, "spiegel.ltd", "a")
    tell(store, "spiegel.ltd", "b")
    tell(store, "both.example", "c", outlet="bild")
    groups = store.read(lambda unit: unit.alert_groups.all(START))
    assert {(one.key, one.events, one.last_site) for one in groups} == {
        ("family:spiegel", 2, "spiegel.ltd"),
        ("family:bild", 1, "both.example"),
    }
    taken = replace(groups[0], acknowledged_at=START, acknowledged_by="token 1", note="Ł\u202e")
    store.write(lambda unit: unit.alert_groups.put(taken))
    assert store.read(lambda unit: unit.alert_groups.get(taken.key)) == taken
    assert store.read(lambda unit: unit.alert_groups.all(START + HOUR)) == (taken,)


def test_an_outlet_is_new_until_it_is_not_and_nobody_is_told_before(store: Opened) -> None:
    begun = Onboarding(outlet="spiegel", since=START)
    store.write(lambda unit: unit.onboarding.begin(begun))
    store.write(lambda unit: unit.onboarding.begin(replace(begun, since=START + HOUR)))
    assert store.read(lambda unit: unit.onboarding.all()) == (begun,)
    assert store.read(lambda unit: unit.onboarding.unseen("spiegel")) == 2
    site, version = store.site("spiegel.ltd")
    assert store.save(impersonating(site, START), version, event("a", host=site.host, outlet="spiegel"))
    assert store.read(lambda unit: unit.outbox.due(START, 10)) == ()
    found = store.read(lambda unit: unit.onboarding.found("spiegel"))
    assert (found.unseen, found.live) == (1, 1)
    assert found.by_verdict == {Verdict.IMPERSONATION: 1, Verdict.UNKNOWN: 1}
    assert found.by_first_seen == {FirstSeenAs.UNKNOWN: 2}
    assert [(one.host, lookalike.outlet) for one, lookalike in found.flagged] == [("spiegel.ltd", "spiegel")]
    tell(store, "both.example", "b", outlet=None)
    store.write(lambda unit: unit.onboarding.end("spiegel"))
    tell(store, "spiegel.ltd", "c")
    due = store.read(lambda unit: unit.outbox.due(START, 10, "program"))
    assert [one.event.id for one in due] == ["evt_b", "evt_c"]
