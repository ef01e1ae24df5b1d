"""kill -9 at random moments of a replay, and going on from there, ends where an undisturbed replay ends."""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.acceptance.processes import Command, until
from tests.acceptance.replays import (
    TEN_DAYS,
    dump,
    kill_with_a_look_at_its_children,
    replay,
    rows,
    simulated_time,
    summary_of,
    wait_until_gone,
    written,
)

BEGIN, END = datetime(2023, 10, 1, tzinfo=UTC), datetime(2023, 10, 11, tzinfo=UTC)
FLAGGED = [
    *("ilsentiero.live", "ilsentiero.ltd", "ilsentiero.top", "kieselweg.pro"),
    *("tagwerk.ltd", "tagwerk.today", "tagwerk.top"),
]
KILLS = 5
PROCESSES_OF_ITS_OWN = 3  # lab, prober, parser
STARTING, STEPPING = 2.0, 0.6  # seconds that a start takes, and a day's sweeps, looks and alerts


class Undisturbed:
    """The same scenario from beginning to end."""

    def __init__(self, folder: Path) -> None:
        scenario, config = written(folder, TEN_DAYS)
        self.arguments = (str(scenario), "--config", str(config), "--json", "--state")
        self.state = folder / "undisturbed"
        self.done = replay(*self.arguments, self.state)
        assert self.done.returncode == 0, self.done.stderr
        self.summary = summary_of(self.done.stdout)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    return Undisturbed(tmp_path_factory.mktemp("replay"))


def test_the_summary_says_what_the_scenario_holds(undisturbed: Undisturbed) -> None:
    counted = {key: undisturbed.summary[key] for key in undisturbed.summary if key not in ("seconds", "looks")}
    assert counted == {
        "scenario": "ten-days-in-autumn",
        "flagged": FLAGGED,
        "missed": [],
        "false_flags": [],
        "alerts_delivered": rows(undisturbed.state, "SELECT count(*) FROM event")[0][0],
        "alerts_undelivered": 0,
        "alerts_unverified": 0,
        "blocks": 5,  # platform and registrar on one site, host, registry, resolver
        "down_after_block": 3,  # tagwerk.ltd, tagwerk.top, ilsentiero.live; not the one that was given up
        "resurfaced": 2,  # tagwerk.top at another host, ilsentiero.live when the hold was lifted
        "successors": 1,
        "days_to_first_successor": 3,  # blocked on the 4th, registered on the 7th
        "queries": rows(undisturbed.state, "SELECT sum(asked) FROM sweep")[0][0],
    }
    assert undisturbed.summary["looks"] > 9 * 5
    assert undisturbed.summary["seconds"] > 1


def test_kills_at_random_moments_change_nothing_of_what_it_ends_with(undisturbed: Undisturbed, tmp_path: Path) -> None:
    state, chance = tmp_path / "killed", random.Random(20231001)  # noqa: S311 - the same moments in every run
    latest = (END - BEGIN) * 0.75
    kill_after(None, chance.uniform(0, STARTING), [*undisturbed.arguments, str(state)], state)
    for moment in sorted(BEGIN + latest * chance.random() for _ in range(KILLS - 1)):
        # Half of them at once: between sweeps, a step's looks are over in a tenth of a second.
        pause = chance.choice((0.0, chance.uniform(0, STEPPING)))
        kill_after(moment, pause, [*undisturbed.arguments, str(state)], state)
    done = replay(*undisturbed.arguments, state)
    assert done.returncode == 0, done.stderr
    assert dump(state) == dump(undisturbed.state)
    assert summary_of(done.stdout) | {"seconds": 0} == undisturbed.summary | {"seconds": 0}
    sequences = [row[0] for row in rows(state, "SELECT sequence FROM event ORDER BY sequence")]
    assert sequences == list(range(1, len(sequences) + 1))


def kill_after(moment: datetime | None, pause: float, arguments: list[str], state: Path) -> None:
    """Start it, kill it when it has moved on and come to a simulated time, and see that nothing of it stays.

    ``pause`` is in real seconds. None: a pause after its start, when it may have come to no time at all.
    """
    before = simulated_time(state)
    with Command("replay", *arguments) as running:

        def there() -> bool | None:
            assert running.process.poll() is None, running.output()
            now = simulated_time(state)
            return True if now is not None and now >= moment_after(moment, before) else None

        if moment is not None:
            until(there, why=running.output)
        time.sleep(pause)
        assert running.process.poll() is None, f"it had ended already:\n{running.output()}"
        children = kill_with_a_look_at_its_children(running)
    assert len(children) <= PROCESSES_OF_ITS_OWN
    assert children or moment is None
    wait_until_gone(children)
    assert "Traceback" not in "".join(running.lines)


def moment_after(moment: datetime | None, before: datetime | None) -> datetime:
    """The moment, or the first one after the time where the run before it was killed."""
    return max(moment or BEGIN, BEGIN if before is None else before + timedelta(microseconds=1))
