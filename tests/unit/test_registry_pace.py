"""How often a registry is asked."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from service.adapters.registry_pace import FIRST_PAUSE, LONGEST_PAUSE, RegistryPace

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def test_turns_keep_their_distance_and_servers_do_not_wait_for_each_other() -> None:
    async def scenario() -> None:
        pace = RegistryPace(20)
        clock = asyncio.get_running_loop().time
        began = clock()
        turns = await asyncio.gather(*(pace.turn("a", NOW) for _ in range(4)), pace.turn("b", NOW))
        assert turns == [0.0] * 5
        assert clock() - began >= 3 / 20 - 0.01

    asyncio.run(scenario())


def test_a_queue_that_is_too_long_is_not_joined() -> None:
    async def scenario() -> None:
        pace = RegistryPace(1, patience=0.0)
        assert await pace.turn("a", NOW) == 0.0
        assert 0.5 < await pace.turn("a", NOW) <= 1

    asyncio.run(scenario())


def test_a_pressing_question_goes_before_those_that_wait() -> None:
    async def scenario() -> list[str]:
        pace = RegistryPace(50)
        served: list[str] = []

        async def ask(who: str, *, pressing: bool = False) -> None:
            assert await pace.turn("a", NOW, pressing=pressing) == 0.0
            served.append(who)

        await ask("first")
        await asyncio.gather(ask("second"), ask("third"), ask("pressing", pressing=True), ask("fourth"))
        return served

    assert asyncio.run(scenario()) == ["first", "pressing", "second", "third", "fourth"]


def test_a_line_that_is_too_long_for_routine_is_joined_by_what_presses() -> None:
    async def scenario() -> tuple[float, float]:
        pace = RegistryPace(20, patience=0.12)
        await pace.turn("a", NOW)
        waiting = [asyncio.create_task(pace.turn("a", NOW)) for _ in range(2)]
        routine, pressing = await asyncio.gather(pace.turn("a", NOW), pace.turn("a", NOW, pressing=True))
        await asyncio.gather(*waiting)
        return routine, pressing

    routine, pressing = asyncio.run(scenario())
    assert routine > 0.0
    assert pressing == 0.0


def test_a_server_that_asks_for_patience_is_not_asked_by_those_in_line() -> None:
    async def scenario() -> float:
        pace = RegistryPace(20)
        assert await pace.turn("a", NOW) == 0.0

        async def refuse() -> None:
            pace.struck("a", NOW, 120.0)

        waited, _ = await asyncio.gather(pace.turn("a", NOW), refuse())
        return waited

    assert asyncio.run(scenario()) == 120.0


def test_a_pause_is_counted_in_the_callers_time() -> None:
    async def scenario() -> None:
        pace = RegistryPace(0)
        assert pace.struck("a", NOW, 120.0) == 120.0
        assert await pace.turn("a", NOW + timedelta(seconds=20)) == 100.0
        assert await pace.turn("b", NOW) == 0.0
        assert await pace.turn("a", NOW + timedelta(seconds=121)) == 0.0

    asyncio.run(scenario())


def test_pauses_double_without_a_word_of_how_long_and_start_anew_after_an_answer() -> None:
    pace = RegistryPace(0)
    pauses = [pace.struck("a", NOW, None) for _ in range(10)]
    assert pauses[:3] == [FIRST_PAUSE, 2 * FIRST_PAUSE, 4 * FIRST_PAUSE]
    assert pauses[-1] == LONGEST_PAUSE
    pace.answered("a")
    assert pace.struck("a", NOW, None) == FIRST_PAUSE


def test_no_server_can_send_us_away_for_longer_than_an_hour() -> None:
    assert RegistryPace(0).struck("a", NOW, 1e9) == LONGEST_PAUSE
