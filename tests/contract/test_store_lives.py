"""A life lived through the store is the life lived in memory, and what is stored of its looks gives it once more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from service.core.model import Site
from service.core.persistence.inputs import BlockRecorded, Input, Looked, Tick
from service.core.persistence.lifecycle import Rules, step
from service.core.states import Availability, Place, Verdict
from tests.builders import HOST, START, block, clone_seen, judgement, look, site
from tests.store_cases import Opened, admission, opened

RULES = Rules()
UNSEEN = (
    Availability.PARKED,
    Availability.NXDOMAIN,
    Availability.UNREACHABLE,
    Availability.CONTENT_NOT_SEEN,
    Availability.CHALLENGED,
    Availability.SEIZED,
)


class Lives(RuleBasedStateMachine):
    """Looks, blocks and outages of our own happen to one site, in memory and in the store side by side."""

    def __init__(self) -> None:
        super().__init__()
        self._opened = opened("memory", Path())
        self.store: Opened = self._opened.__enter__()
        self.now = START
        self.told: list[str] = []

    @initialize()
    def admit(self) -> None:
        self.store.admit(admission(HOST, "spiegel"), at=START)
        self.site, _ = self.store.site(HOST)

    @rule(hours=st.integers(1, 60))
    def the_content_is_seen(self, hours: int) -> None:
        self._look(hours, clone_seen)

    @rule(hours=st.integers(1, 60), grade=st.sampled_from(UNSEEN))
    def it_is_not_seen(self, hours: int, grade: Availability) -> None:
        self._look(hours, lambda when: nothing_at(when, grade))

    @rule(hours=st.integers(0, 60))
    def our_own_vantage_fails(self, hours: int) -> None:
        before, told = self.site, len(self.told)
        self._look(hours, lambda when: nothing_at(when, Availability.VANTAGE_FAILED))
        assert replace(self.site, due_at=before.due_at, urgency=before.urgency) == before
        assert len(self.told) == told

    @rule(place=st.sampled_from(list(Place)))
    def a_block_is_entered(self, place: Place) -> None:
        self._happened(BlockRecorded(block=block(place, self.now)))

    @rule(place=st.sampled_from(list(Place)))
    def one_is_lifted(self, place: Place) -> None:
        self._happened(BlockRecorded(block=block(place, self.now, lifted_at=self.now)))

    @rule()
    def somebody_wants_a_look(self) -> None:
        self._happened(Tick(wake=True))

    @invariant()
    def what_is_stored_is_what_was_decided(self) -> None:
        if hasattr(self, "site"):
            assert self.store.site(HOST)[0] == self.site

    def teardown(self) -> None:
        try:
            if hasattr(self, "site"):
                assert episodes(played_again(self._stored())) == episodes(self.site)
        finally:
            self._opened.__exit__(None, None, None)

    def _look(self, hours: int, seen: Any) -> None:
        self.now += timedelta(hours=hours)
        self._happened(seen(self.now))

    def _happened(self, given: Input) -> None:
        stored, version = self.store.site(HOST)
        done = step(stored, given, self.now, RULES)
        in_memory = step(self.site, given, self.now, RULES)
        assert [event.id for event in done.events] == [event.id for event in in_memory.events]
        assert self.store.save(done.site, version, *done.events, at=self.now)
        self.site = in_memory.site
        self.told += [event.id for event in done.events]

    def _stored(self) -> list[dict[str, Any]]:
        """The observations, oldest first, as anybody reads them."""
        page, _ = self.store.read(lambda unit: unit.views.lookalikes({}, None, 10))
        item = self.store.read(lambda unit: unit.views.lookalike(page[0]["id"]))
        assert item is not None
        observations: list[dict[str, Any]] = item["observations"]
        return observations[::-1]


def nothing_at(when: datetime, grade: Availability) -> Looked:
    return Looked(look=look(when, grade), judgements=(judgement(Verdict.UNKNOWN, shows=False),))


def played_again(observations: list[dict[str, Any]]) -> Site:
    """The looks that the stored observations stand for, one after the other."""
    state = site()
    for observation in observations:
        for when in _times(observation):
            state = step(state, _as_seen(when, observation), when, RULES).site
    return state


def _as_seen(when: datetime, observation: Mapping[str, Any]) -> Looked:
    shows = observation["summary"]["judgements"]["spiegel"]["shows_content"]
    return clone_seen(when) if shows else nothing_at(when, Availability(observation["availability"]))


def _times(observation: Mapping[str, Any]) -> list[datetime]:
    first, last = (datetime.fromisoformat(observation[key]) for key in ("first_at", "last_at"))
    apart = max(observation["count"] - 1, 1)
    return [first + (last - first) * number / apart for number in range(observation["count"])]


def episodes(lived: Site) -> list[tuple[datetime, datetime, bool]]:
    """When the content was served, and whether an end is only the last time that it was seen."""
    return [(one.began_at, one.last_seen_at, one.censored) for one in lived.lookalikes[0].episodes]


TestLives = Lives.TestCase
# A run asks a store at each step: few of them, and no deadline on a busy machine.
TestLives.settings = settings(
    max_examples=15, stateful_step_count=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
