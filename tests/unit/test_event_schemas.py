"""Every event that the service makes is what its published schema says, and the schema says all of it."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from service.adapters.store import open_store
from service.adapters.webhook import payload
from service.core.alerts import events
from service.core.alerts.catalogue import CATALOGUE
from service.core.alerts.schemas import document
from service.core.facts.dns import VantageHealth
from service.core.model import AnalystWord, Event, Site
from service.core.persistence.inputs import BlockRecorded, Input, Looked, VerdictGiven
from service.core.persistence.lifecycle import Rules, step
from service.core.persistence.links import Link
from service.core.persistence.successors import Succession
from service.core.persistence.traits import Trait
from service.core.states import Availability, Place, Verdict, WordReason
from service.daemon.health import Health
from service.pipeline import link
from tests.builders import (
    START,
    at,
    block,
    dns,
    judgement,
    look,
    lookalike,
    nothing_seen,
    registration,
    site,
)
from tests.fakes import FakeClock, FakeResolver
from tests.fakes_api import SIGNAL

NOT_MADE_YET = {"report.overdue", "outlet.baseline_changed"}
"""Types whose schema stands before anything makes them; their examples alone are held against it."""


def closed(schema: Any) -> Any:
    """The schema without room for members that it does not describe."""
    if isinstance(schema, list):
        return [closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {key: closed(value) for key, value in schema.items()}
    return inner | {"additionalProperties": False} if "properties" in schema else inner


CLOSED = {kind: Draft202012Validator(closed(document(kind))) for kind in CATALOGUE}


def conform(made: Event) -> None:
    """Hold one event, as it is sent, against its schema."""
    sent = json.loads(payload(made))
    wrong = [f"{error.json_path}: {error.message}" for error in CLOSED[made.type].iter_errors(sent)]
    assert not wrong, (made.type, wrong, sent)


def told(inputs: list[tuple[datetime, Input]], start: Site | None = None) -> list[Event]:
    """The events of a site's life."""
    state, made = start or site(), list[Event]()
    for now, given_ in inputs:
        done = step(state, given_, now, Rules())
        state = done.site
        made += done.events
    return made


def word(verdict: Verdict, when: datetime, **ground: Any) -> VerdictGiven:
    given_ = AnalystWord(verdict=verdict, reason=WordReason.OTHER, note="seen", by="token 0", at=when, **ground)
    return VerdictGiven(outlet="spiegel", word=given_)


def judged(when: datetime, verdict: Verdict, **more: Any) -> Looked:
    shows = verdict is Verdict.IMPERSONATION
    return Looked(look=look(when, **more), judgements=(judgement(verdict, shows=shows, signals=(SIGNAL,)),))


def a_long_life() -> list[tuple[datetime, Input]]:
    """A lookalike is found, flagged, moves, is blocked, goes down, comes back, is cleared and judged anew."""
    moved = {"dns": dns(addresses=("198.51.100.7",), nameservers=("ns9.example",))}
    held = {"registration": registration(epp=("serverHold",))}
    free = {"registration": registration()}
    anew = {"registration": registration(at(days=400), registrar="Another Registrar")}
    looks = [
        judged(at(1), Verdict.SUSPECTED, registration=registration()),
        judged(at(2), Verdict.IMPERSONATION),
        judged(at(3), Verdict.IMPERSONATION, **moved),
        nothing_seen(at(30), Availability.NXDOMAIN, **held),
        judged(at(60), Verdict.IMPERSONATION, **free),
        judged(at(days=401), Verdict.IMPERSONATION, **anew),
        judged(at(days=402), Verdict.IMPERSONATION, registration=registration(at(days=400), registrar="A Third")),
    ]
    registrar = block(Place.REGISTRAR, at(20))
    others: list[tuple[datetime, Input]] = [
        (at(21), BlockRecorded(block=registrar)),
        (at(50), BlockRecorded(block=block(Place.REGISTRAR, at(20), lifted_at=at(49)))),
        (at(days=401, hours=1), word(Verdict.INNOCENT, at(days=401, hours=1), registrar="Another Registrar")),
    ]
    return sorted([*((seen.look.at, seen) for seen in looks), *others], key=lambda one: one[0])


def test_every_event_of_a_long_life_is_what_its_schema_says() -> None:
    made = told(a_long_life())
    for event in made:
        conform(event)
    made_elsewhere = {"successor.found", "outlet.onboarded", "alerts.digest", "monitor.degraded", "webhook.test"}
    assert {event.type for event in made} == set(CATALOGUE) - NOT_MADE_YET - made_elsewhere


def test_a_successor_is_told_as_its_schema_says() -> None:
    tie = Link(host="spiegel.ltd", confidence=0.91234, traits=((Trait("favicon", "a" * 64), 0.8),))
    after = site("spiegel.today", admitted_at=at(days=4))
    found = Succession(
        host="spiegel.today",
        outlet="spiegel",
        predecessor="spiegel.ltd",
        found_at=START,
        blocked_since=START,
        began_at=START,
        link=tie,
        expected_by_chance=0.25,
    )
    conform(link._event(after, lookalike(), found))


def test_a_resolver_that_fails_is_told_as_its_schema_says() -> None:
    class Failing(FakeResolver):
        async def health(self) -> tuple[VantageHealth, ...]:
            return (VantageHealth(vantage="isp", upstream="192.0.2.53:53", ok=False, detail="silent"),)

    async def ask() -> tuple[Event, ...]:
        store = open_store("sqlite://")
        try:
            health = Health(clock=FakeClock(START), store=store, resolver=Failing({}))
            await health.check_vantages()
            rows = await store.read(lambda uow: uow.views.events(0, 10))
        finally:
            store.close()
        return tuple(Event(id=row["id"], type=row["type"], at=START, data=row["data"]) for row in rows)

    (event,) = asyncio.run(ask())
    assert event.type == "monitor.degraded"
    conform(event)


GRADES = st.sampled_from([Availability.LIVE, Availability.NXDOMAIN, Availability.SEIZED, Availability.CONTENT_NOT_SEEN])
CODES = st.lists(st.sampled_from(["clientHold", "serverHold", "ok"]), max_size=2).map(tuple)
CREATED = st.sampled_from([None, START, START + timedelta(days=5)])


@st.composite
def lives(draw: st.DrawFn) -> list[tuple[datetime, Input]]:
    """Looks, blocks and words in any order, an hour or more apart."""
    hours, life = 0.0, list[tuple[datetime, Input]]()
    for _ in range(draw(st.integers(1, 8))):
        hours += draw(st.sampled_from([1.0, 30.0, 300.0]))
        when = at(hours)
        asked = draw(st.booleans())
        known = registration(draw(CREATED), epp=draw(CODES), expires_at=START) if asked else None
        seen = look(when, draw(GRADES), registration=known)
        judgement_ = judgement(draw(st.sampled_from(Verdict)), shows=draw(st.booleans()), signals=(SIGNAL,))
        lifted = draw(st.sampled_from([None, when]))
        recorded = BlockRecorded(block=block(draw(st.sampled_from(Place)), when - timedelta(hours=1), lifted_at=lifted))
        given_ = word(draw(st.sampled_from(Verdict)), when, registrar="Another")
        choice: list[Input] = [Looked(look=seen, judgements=(judgement_,)), recorded, given_]
        life.append((when, draw(st.sampled_from(choice))))
    return life


@settings(max_examples=150, deadline=None)
@given(lives())
def test_every_event_of_any_life_is_what_its_schema_says(life: list[tuple[datetime, Input]]) -> None:
    for event in told(life):
        conform(event)


@pytest.mark.parametrize("kind", CATALOGUE)
def test_each_schema_is_one_and_its_example_conforms(kind: str) -> None:
    schema = document(kind)
    Draft202012Validator.check_schema(schema)
    (example,) = schema["examples"]
    assert example["type"] == kind
    CLOSED[kind].validate(example)


@pytest.mark.parametrize("kind", CATALOGUE)
def test_each_member_is_described_and_receivers_may_meet_unknown_ones(kind: str) -> None:
    def check(schema: dict[str, Any], path: str) -> None:
        assert "additionalProperties" not in schema, path
        for name, member in schema.get("properties", {}).items():
            assert member.get("description"), f"{path}.{name}"
            check(member, f"{path}.{name}")
        if "items" in schema:
            check(schema["items"], f"{path}[]")

    check(document(kind), kind)


def test_the_catalogue_has_every_type_and_no_other() -> None:
    assert tuple(CATALOGUE) == events.TYPES


def test_an_envelope_without_its_three_members_is_refused() -> None:
    (example,) = document("webhook.test")["examples"]
    for missing in ("type", "timestamp", "data"):
        assert not CLOSED["webhook.test"].is_valid({name: example[name] for name in example if name != missing})
    assert not CLOSED["webhook.test"].is_valid(example | {"timestamp": "2022-06-09T14:05:00+00:00"})
    assert not CLOSED["webhook.test"].is_valid(example | {"type": "site.down"})
