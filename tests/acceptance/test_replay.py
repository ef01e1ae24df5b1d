"""``spoofwatch replay`` as somebody meets it who types it: what it prints, what it refuses, how it is stopped."""

from __future__ import annotations

import re
import signal
from pathlib import Path

import pytest

from tests.acceptance.processes import Command
from tests.acceptance.replays import TEN_DAYS, replay, summary_of, written

KEYS = {  # what programs rely on
    *("flagged", "missed", "false_flags", "alerts_delivered", "blocks", "down_after_block", "resurfaced"),
    *("successors", "days_to_first_successor", "seconds", "looks", "queries"),
}


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which three-days was played, with its settings in ``config`` and what it said in ``out``."""
    folder = tmp_path_factory.mktemp("three-days")
    written(folder, TEN_DAYS)
    done = replay("three-days", "--config", "config", "--state", "state", cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")
    (folder / "out").write_text(done.stdout, encoding="utf-8")
    return folder


def test_people_see_what_happened_on_each_day_and_then_how_it_compares(played: Path) -> None:
    lines = (played / "out").read_text(encoding="utf-8").splitlines()
    assert lines[:4] == [
        "three-days: 1 outlet, 4 sites, 3 days from 2023-05-01",
        "2023-05-02  impersonation: nordkurier-weiler[.]ltd",
        "2023-05-03  suspected: nordkurier-weiler[.]today",
        "",
    ]
    assert lines[4] == "flagged     2 of 2 lookalikes, 0 false flags"
    assert re.fullmatch(r"alerts      [1-9]\d* delivered, every signature verified", lines[5])
    assert lines[6:9] == [
        "blocks      0 of 0; down after one: 0 sites",
        "resurfaced  0",
        "successors  0 of 0",
    ]
    assert re.fullmatch(r"work        \d+ looks, \d+ names asked for, \d+ seconds", lines[9])
    assert len(lines) == 10


def test_programs_get_one_object_as_the_last_line(played: Path) -> None:
    done = replay("three-days", "--config", "config", "--state", "state", "--json", cwd=played)
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) == 1
    summary = summary_of(done.stdout)
    assert summary.keys() == KEYS | {"scenario", "alerts_unverified", "alerts_undelivered"}
    assert summary["flagged"] == ["nordkurier-weiler.ltd", "nordkurier-weiler.today"]
    assert summary["days_to_first_successor"] is None
    lists = ("missed", "false_flags")
    assert [summary[key] for key in lists] == [[], []]
    numbers = ("blocks", "down_after_block", "resurfaced", "successors", "alerts_unverified", "alerts_undelivered")
    assert {summary[key] for key in numbers} == {0}
    assert all(summary[key] > 0 for key in ("alerts_delivered", "looks", "queries", "seconds"))


def test_a_folder_with_another_replay_is_refused_and_stays_as_it_was(played: Path) -> None:
    before = (played / "state" / "replay.db").stat().st_mtime_ns
    done = replay("scenario.toml", "--config", "config", "--state", "state", cwd=played)
    assert done.returncode == 2
    assert re.fullmatch(
        r"spoofwatch: \S+/state holds a replay of three-days, not of ten-days-in-autumn: name another .*\n", done.stderr
    )
    assert (played / "state" / "replay.db").stat().st_mtime_ns == before


def test_a_wrong_scenario_is_refused_with_file_key_and_reason(tmp_path: Path) -> None:
    written(tmp_path, TEN_DAYS + "colour = 1\n")
    done = replay("scenario.toml", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(r"spoofwatch: scenario\.toml: site\[8\]\.colour = 1: unknown key .*\n", done.stderr)


def test_a_signal_ends_it_tidily(tmp_path: Path) -> None:
    with Command("replay", "three-days", "--state", str(tmp_path / "state")) as running:
        running.wait_for_line("three-days: 1 outlet")
        assert running.stop(signal.SIGTERM) == 128 + signal.SIGTERM
    assert [line for line in running.lines if not line.startswith(("three-days:", "2023-"))] == []
