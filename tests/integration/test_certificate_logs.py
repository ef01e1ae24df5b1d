"""Logs of the lab over both protocols: what is read, and what becomes of each way in which a log can misbehave."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from service.core.facts import merkle
from service.core.watermark import Span
from service.feeds.certificates import PATIENT_ROUNDS, LogPlan
from service.lab.ct_log import Logged
from service.lab.ct_server import OLDER, STATIC
from tests.ct_rig import Rig, rig

KINDS = (STATIC, OLDER)
PLAN = LogPlan(wait_for_full=timedelta(0), prove_every=timedelta(0))
MINUTE = timedelta(minutes=1)


def play(folder: Path, scene: Callable[[Rig], Awaitable[None]]) -> None:
    async def run() -> None:
        async with rig(folder) as stage:
            await scene(stage)

    asyncio.run(run())


@pytest.mark.parametrize(("kind", "name_tiles"), [(STATIC, True), (STATIC, False), (OLDER, False)])
def test_names_of_new_certificates_come_in_and_old_ones_do_not(tmp_path: Path, kind: str, *, name_tiles: bool) -> None:
    async def scene(stage: Rig) -> None:
        stage.server.issue(("spiegel.before.example", "spiegel.old"), kind)
        stage.follow(kind, PLAN, name_tiles=name_tiles)
        assert (await stage.round(kind)).mark.position == 2
        stage.server.issue(("*.spiegel.ltd", "spiegel.ltd", "www.spiegel.ltd"), kind)
        stage.grow(kind, 600)
        state = await stage.round(kind)
        assert (state.mark.position, state.mark.gaps, state.size) == (604, (), 604)
        assert (state.matched, state.admitted, state.error, state.complaint, state.skipped) == (1, 1, "", "", 0)
        assert state.read == 301, "the precertificate and the certificate are one, www. is its site"
        assert await stage.site("spiegel.ltd") is not None
        assert await stage.site("spiegel.old") is None

    play(tmp_path, scene)


@pytest.mark.parametrize("kind", KINDS)
def test_a_log_that_did_not_grow_is_asked_for_its_head_and_nothing_else(tmp_path: Path, kind: str) -> None:
    async def scene(stage: Rig) -> None:
        stage.follow(kind, PLAN)
        stage.grow(kind, 10)
        for _ in range(2):
            await stage.round(kind)
        stage.server.requests.clear()
        await stage.round(kind)
        assert stage.server.requests == [f"/{kind}/{'checkpoint' if kind == STATIC else 'ct/v1/get-sth'}"]

    play(tmp_path, scene)


def test_a_tile_that_fills_up_is_waited_for_and_read_as_it_is_in_the_end(tmp_path: Path) -> None:
    async def scene(stage: Rig) -> None:
        stage.follow(STATIC, replace(PLAN, wait_for_full=MINUTE))
        await stage.round(STATIC)
        stage.grow(STATIC, 300)
        assert (await stage.round(STATIC)).mark.position == 256
        stage.clock.advance(MINUTE)
        assert (await stage.round(STATIC)).mark.position == 300
        stage.grow(STATIC, 10)
        assert (await stage.round(STATIC)).mark.position == 310

    play(tmp_path, scene)


def test_a_certificate_in_both_logs_is_taken_in_once(tmp_path: Path) -> None:
    async def scene(stage: Rig) -> None:
        for kind in KINDS:
            stage.follow(kind, PLAN, name_tiles=False)
            await stage.round(kind)
        stage.server.issue(("spiegel.ltd",))
        first, second = await stage.round(STATIC), await stage.round(OLDER)
        assert (first.read, first.admitted, first.mark.position) == (1, 1, 2)
        assert (second.read, second.admitted, second.mark.position) == (0, 0, 2)

    play(tmp_path, scene)


def test_get_entries_that_gives_less_than_asked_for_is_asked_again_from_there(tmp_path: Path) -> None:
    async def scene(stage: Rig) -> None:
        stage.follow(OLDER, PLAN)
        await stage.round(OLDER)
        stage.behaviour(OLDER).most = 7
        stage.grow(OLDER, 50)
        assert (await stage.round(OLDER)).mark.position == 50
        starts = [path.partition("start=")[2].partition("&")[0] for path in stage.server.requests if "start=" in path]
        assert starts == [str(start) for start in range(0, 50, 7)]

    play(tmp_path, scene)


@pytest.mark.parametrize("kind", KINDS)
def test_a_wrong_signature_is_not_believed(tmp_path: Path, kind: str) -> None:
    async def scene(stage: Rig) -> None:
        stage.follow(kind, PLAN)
        await stage.round(kind)
        stage.behaviour(kind).wrong_key = True
        stage.server.issue(("spiegel.ltd",), kind)
        state = await stage.round(kind)
        assert "signature does not verify" in state.error
        assert (state.mark.position, state.read) == (0, 0)
        stage.behaviour(kind).wrong_key = False
        assert (await stage.round(kind)).read == 1

    play(tmp_path, scene)


@pytest.mark.parametrize("kind", KINDS)
def test_an_older_head_is_a_stale_copy_and_moves_nothing(tmp_path: Path, kind: str) -> None:
    async def scene(stage: Rig) -> None:
        stage.follow(kind, PLAN)
        stage.grow(kind, 4)
        await stage.round(kind)
        log = stage.server.logs[kind]
        old = log.checkpoint(4, stage.clock.now()) if log.static else log.sth(4, stage.clock.now())
        stage.clock.advance(MINUTE / 2)
        stage.grow(kind, 4)
        await stage.round(kind)
        stage.behaviour(kind).frozen = old
        state = await stage.round(kind)
        assert (state.mark.position, state.size, state.complaint, state.error) == (8, 8, "", "")
        stage.clock.advance(timedelta(days=2))
        assert (await stage.round(kind)).complaint.startswith("stale: its newest tree head is of 2026-11-25 12:00")
        stage.behaviour(kind).frozen = None
        assert (await stage.round(kind)).complaint == ""

    play(tmp_path, scene)


@pytest.mark.parametrize("kind", KINDS)
def test_a_tree_that_shrinks_is_told_of_and_never_moves_the_watermark_back(tmp_path: Path, kind: str) -> None:
    async def scene(stage: Rig) -> None:
        stage.follow(kind, PLAN)
        stage.grow(kind, 8)
        await stage.round(kind)
        stage.clock.advance(MINUTE)
        stage.behaviour(kind).size = 6
        state = await stage.round(kind)
        assert state.complaint == "shrank from 8 entries to 6"
        assert (state.mark.position, state.size) == (8, 8)

    play(tmp_path, scene)


@pytest.mark.parametrize("kind", KINDS)
def test_a_fork_is_told_of_at_once_at_one_size_and_by_proof_at_another(tmp_path: Path, kind: str) -> None:
    async def scene(stage: Rig) -> None:
        stage.follow(kind, PLAN)
        stage.grow(kind, 300)
        await stage.round(kind)
        other = stage.server.logs[kind].forked(200)
        stage.behaviour(kind).instead = other
        other.add([replace(entry, names=("x.example",)) for entry in reversed(stage.server.logs[kind].entries[:100])])
        assert (await stage.round(kind)).complaint.startswith("forked: two roots for 300 entries")
        other.add(stage.server.logs[kind].entries[:50])
        assert (await stage.round(kind)).complaint == (
            "forked: its tree of 350 entries does not begin with that of 300"
        )
        state = await stage.state(kind)
        assert state.mark.position == 350, "its names are leads all the same"
        stage.behaviour(kind).instead = None
        for _ in range(2):
            stage.grow(kind, 100)
            state = await stage.round(kind)
        assert state.complaint == "", "the known tree is back and was proved"

    play(tmp_path, scene)


@pytest.mark.parametrize("kind", KINDS)
def test_growth_is_proved_at_every_size(tmp_path: Path, kind: str) -> None:
    async def scene(stage: Rig) -> None:
        stage.follow(kind, PLAN)
        for count in (2, 4, 250, 2, 256, 512, 6):
            stage.grow(kind, count)
            state = await stage.round(kind)
            assert (state.complaint, state.error) == ("", ""), stage.server.logs[kind].size
        assert state.mark.position == 1032

    play(tmp_path, scene)


@pytest.mark.parametrize("name_tiles", [True, False])
def test_a_tile_that_changes_as_it_fills_up_is_told_of(tmp_path: Path, *, name_tiles: bool) -> None:
    async def scene(stage: Rig) -> None:
        stage.follow(STATIC, replace(PLAN, prove_every=timedelta(days=1)), name_tiles=name_tiles)
        await stage.round(STATIC)
        stage.grow(STATIC, 10)
        await stage.round(STATIC)
        log = stage.server.logs[STATIC]
        stage.grow(STATIC, 10)
        log.entries[2] = replace(log.entries[5], names=("other.example",))
        assert (await stage.round(STATIC)).complaint == "changed: tile 0 holds other entries than before"

    play(tmp_path, scene)


def test_an_entry_that_says_it_stands_elsewhere_is_told_of(tmp_path: Path) -> None:
    async def scene(stage: Rig) -> None:
        stage.follow(STATIC, replace(PLAN, prove_every=timedelta(days=1)), name_tiles=False)
        await stage.round(STATIC)
        stage.grow(STATIC, 4)
        log = stage.server.logs[STATIC]
        leaf = log._tile_leaf
        log._tile_leaf = lambda index: leaf(3 - index)  # type: ignore[method-assign]  # a server that mixes them up
        assert (await stage.round(STATIC)).complaint == "changed: the entry in place 0 says that it is another"

    play(tmp_path, scene)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_not_there_is_asked_for_again_then_passed_over_then_filled(tmp_path: Path, kind: str) -> None:
    async def scene(stage: Rig) -> None:
        stage.follow(kind, PLAN, name_tiles=False)
        await stage.round(kind)
        stage.behaviour(kind).missing = {0}
        stage.server.issue(("spiegel.ltd",), kind)
        stage.grow(kind, 254 + 40)
        for _ in range(PATIENT_ROUNDS - 1):
            state = await stage.round(kind)
            assert "answers 404" in state.error
            assert state.mark.position == 0
        state = await stage.round(kind)
        assert (state.mark.position, [gap.span for gap in state.mark.gaps]) == (256, [Span(0, 256)])
        assert "answers 404" in state.mark.gaps[0].reason
        state = await stage.round(kind)
        assert (state.mark.position, state.mark.missing, state.mark.gaps[0].tries) == (296, 256, 1)
        assert await stage.site("spiegel.ltd") is None
        stage.behaviour(kind).missing = set()
        for _ in range(4):
            state = await stage.round(kind)
        assert state.mark.missing == 0
        assert await stage.site("spiegel.ltd") is not None

    play(tmp_path, scene)


@pytest.mark.parametrize("kind", KINDS)
def test_a_log_that_is_too_busy_is_left_alone_for_as_long_as_it_asks(tmp_path: Path, kind: str) -> None:
    async def scene(stage: Rig) -> None:
        feed = stage.follow(kind, PLAN)
        await stage.round(kind)
        assert feed.pause == PLAN.poll.total_seconds()
        stage.behaviour(kind).refuses, stage.behaviour(kind).retry_after = 429, "120"
        state = await stage.round(kind)
        assert "answers 429" in state.error
        assert feed.pause == 120
        stage.behaviour(kind).retry_after = None
        await stage.round(kind)
        assert feed.pause == 4 * PLAN.poll.total_seconds(), "without a word from the log: twice as long each time"
        stage.behaviour(kind).refuses = None
        await stage.round(kind)
        assert feed.pause == PLAN.poll.total_seconds()

    play(tmp_path, scene)


def test_a_slow_log_is_given_up_for_this_round(tmp_path: Path) -> None:
    async def scene(stage: Rig) -> None:
        stage.follow(STATIC, PLAN, timeout=0.2)
        stage.behaviour(STATIC).delay = 2
        assert "no answer in time" in (await stage.round(STATIC)).error

    play(tmp_path, scene)


@pytest.mark.parametrize("kind", KINDS)
def test_hostile_certificates_are_counted_and_stop_nothing(tmp_path: Path, kind: str) -> None:
    async def scene(stage: Rig) -> None:
        stage.follow(kind, PLAN, name_tiles=False)
        await stage.round(kind)
        huge = b"\x30\x84\x7f\xff\xff\xff" + bytes(1_000_000)
        for der in (b"", b"\x30\x80" * 1000, huge):
            stage.server.logs[kind].add([Logged(stage.clock.now(), der, ())])
        stage.server.issue(("spiegel.ltd",), kind)
        state = await stage.round(kind)
        assert (state.skipped, state.mark.position, state.admitted) == (3, 5, 1)

    play(tmp_path, scene)


def test_entries_that_are_too_large_together_are_asked_for_in_smaller_numbers(tmp_path: Path) -> None:
    async def scene(stage: Rig) -> None:
        stage.follow(OLDER, PLAN)
        await stage.round(OLDER)
        large = Logged(stage.clock.now(), bytes(5_000_000), ())
        stage.server.logs[OLDER].add([large] * 8)
        state = await stage.round(OLDER)
        assert (state.mark.position, state.skipped, state.error) == (8, 8, "")

    play(tmp_path, scene)


def test_a_read_only_log_is_read_to_its_end_and_no_further(tmp_path: Path) -> None:
    async def scene(stage: Rig) -> None:
        stage.grow(STATIC, 10)
        stage.behaviour(STATIC).final_size = 8
        stage.follow(STATIC, replace(PLAN, begin_behind=100))
        for _ in range(3):
            state = await stage.round(STATIC)
        assert state.mark.position == 8

    play(tmp_path, scene)


def test_what_lies_too_far_back_is_a_gap_and_filled_later(tmp_path: Path) -> None:
    async def scene(stage: Rig) -> None:
        stage.follow(STATIC, replace(PLAN, backlog=300))
        await stage.round(STATIC)
        stage.server.issue(("spiegel.ltd",), STATIC)
        stage.grow(STATIC, 700)
        state = await stage.round(STATIC)
        assert (state.mark.position, state.mark.missing) == (702, 402 - 256)
        assert state.mark.gaps[0].reason == "more than 300 entries behind"
        for _ in range(2):
            state = await stage.round(STATIC)
        assert state.mark.missing == 0
        assert await stage.site("spiegel.ltd") is not None

    play(tmp_path, scene)


def test_a_restart_goes_on_where_the_state_stands(tmp_path: Path) -> None:
    async def scene(stage: Rig) -> None:
        stage.follow(STATIC, PLAN)
        await stage.round(STATIC)
        stage.grow(STATIC, 300)
        await stage.round(STATIC)
        stage.server.issue(("spiegel.ltd",), STATIC)
        stage.server.requests.clear()
        stage.follow(STATIC, PLAN)
        state = await stage.round(STATIC)
        assert (state.mark.position, state.admitted) == (302, 1)
        assert [path for path in stage.server.requests if "names" in path] == [
            f"/{STATIC}/{merkle.tile_path('names', 1, 46)}"
        ]

    play(tmp_path, scene)
