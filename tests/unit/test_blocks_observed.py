"""Blocks that looks show: when they begin, when they are over, and what ends with a registration."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from service.core.model import Block, Site
from service.core.persistence.inputs import BlockRecorded, Looked
from service.core.persistence.lifecycle import Rules, step
from service.core.states import Availability, Cause, Place
from tests.builders import at, block, clone_seen, dns, look, nothing_seen, registration, site

RULES = Rules()


def seen(one: Site, given: Looked | BlockRecorded, hours: float) -> Site:
    return step(one, given, at(hours), RULES).site


def lifted(one: Site) -> list[tuple[str, bool]]:
    return [(b.place.value, b.reported) for b in one.blocks if b.lifted_at is not None]


def serving() -> Site:
    return seen(site(), clone_seen(at(1), registration=registration()), 1)


def reported(place: Place) -> BlockRecorded:
    return BlockRecorded(block=block(place, at(2)))


HELD = registration(epp=("clientHold",))
DURING: dict[Place, Looked] = {
    Place.REGISTRAR: nothing_seen(at(3), Availability.NXDOMAIN, registration=HELD),
    Place.HOST: nothing_seen(at(3), Availability.UNREACHABLE),
    Place.SEIZURE: nothing_seen(at(3), Availability.SEIZED),
    Place.RESOLVER: clone_seen(at(3), availability={"system": Availability.LIVE, "isp": Availability.RESOLVER_BLOCKED}),
}


@pytest.mark.parametrize("place", DURING)
def test_a_reported_block_that_a_look_had_shown_is_lifted_when_it_is_over(place: Place) -> None:
    one = seen(seen(serving(), reported(place), 2), DURING[place], 3)
    assert lifted(one) == []
    after = seen(one, clone_seen(at(4), registration=registration()), 4)
    assert lifted(after) == [(place.value, True)]


@pytest.mark.parametrize("place", Place)
def test_a_reported_block_that_no_look_ever_showed_stays_in_force(place: Place) -> None:
    one = seen(serving(), reported(place), 2)
    assert lifted(seen(one, clone_seen(at(3), registration=registration()), 3)) == []


def test_a_host_that_is_left_behind_has_not_lifted_what_was_reported() -> None:
    one = seen(seen(serving(), reported(Place.HOST), 2), DURING[Place.HOST], 3)
    moved = clone_seen(at(4), dns=dns(addresses=("192.0.2.77",)))
    assert lifted(seen(one, moved, 4)) == []


def test_a_resolver_that_failed_itself_lifts_nothing() -> None:
    blocked = seen(serving(), DURING[Place.RESOLVER], 3)
    failed = {"system": Availability.LIVE, "isp": Availability.VANTAGE_FAILED}
    assert lifted(seen(blocked, clone_seen(at(4), availability=failed), 4)) == []


def test_a_name_whose_registry_says_nothing_is_free_when_it_resolves_again() -> None:
    silent = replace(serving(), registration=None)
    one = seen(seen(silent, reported(Place.REGISTRAR), 2), nothing_seen(at(3), Availability.NXDOMAIN), 3)
    assert lifted(seen(one, clone_seen(at(4)), 4)) == [("registrar", True)]


def test_a_new_registration_leaves_the_holds_of_the_old_one_behind_and_no_platforms_block() -> None:
    one = seen(seen(serving(), reported(Place.REGISTRAR), 2), reported(Place.PLATFORM), 2)
    anew = look(at(days=9), Availability.PARKED, registration=registration(at(days=8)))
    after = seen(one, Looked(look=anew, judgements=()), 9 * 24)
    assert lifted(after) == [("registrar", True)]
    assert next(b for b in after.blocks if b.place is Place.REGISTRAR).lifted_at == at(days=8)


def ended_by(blocks: tuple[Block, ...], grade: Availability = Availability.UNREACHABLE, **more: Any) -> Cause | None:
    one = replace(serving(), blocks=blocks)
    for hours in (30, 32, 34):
        one = seen(one, nothing_seen(at(hours), grade, **more), hours)
    return one.lookalikes[0].episodes[-1].cause


def test_a_block_that_came_while_it_was_served_is_the_cause_of_its_end() -> None:
    assert ended_by((block(Place.HOST, at(20)),)) is Cause.BLOCKED


@pytest.mark.parametrize(
    "outlived",
    [block(Place.HOST, at(-20)), block(Place.PLATFORM, at(20)), block(Place.RESOLVER, at(20))],
    ids=["came before", "platform", "resolver"],
)
def test_a_block_that_it_outlived_or_that_takes_nothing_down_is_not(outlived: Block) -> None:
    assert ended_by((outlived,)) is Cause.UNKNOWN
