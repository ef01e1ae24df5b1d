"""``spoofwatch sweep`` as a process that is interrupted, killed, and goes on where it was."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.processes import Command
from tests.faulty_dns import FaultyDns, Zone

CONTROL = "control.example"
SHARD = 500
NS = ("ns1.host.example.",)


@pytest.fixture
def server() -> Iterator[FaultyDns]:
    records = {(name, "NS"): NS for name in (CONTROL, "spiegel.ltd", "spiegel.top")}
    with FaultyDns(Zone(records=records, trouble={"spiegel.kp": "SERVFAIL"})) as made:
        yield made


@pytest.fixture
def config(server: FaultyDns, tmp_path: Path) -> Path:
    folder = tmp_path / "config"
    folder.mkdir()
    folder.joinpath("service.toml").write_text(
        f'[dns]\nupstreams = ["{server.address}"]\nqueries_per_second = 2000\ncontrol_names = ["{CONTROL}"]\n'
        f"[sweep]\nshard = {SHARD}\n"
    )
    folder.joinpath("outlets.toml").write_text('[[outlet]]\nid = "spiegel"\ndomain = "spiegel.de"\n')
    return folder


def test_a_sweep_keeps_its_place_over_ctrl_c_and_kill(server: FaultyDns, config: Path) -> None:
    arguments = ("sweep", "--outlet", "spiegel", "--tier", "exact", "--json", "--config", str(config))
    with Command(*arguments) as interrupted:
        interrupted.wait_for_line(r"spiegel exact: 500 of \d+")
        assert interrupted.stop(signal.SIGINT) == 130
        place = int(interrupted.wait_for_line(r"stopped; the next sweep goes on at name (\d+) of")[1])
        assert "Traceback" not in interrupted.output()
    assert place >= SHARD
    with Command(*arguments) as killed:
        killed.wait_for_line(rf"spiegel exact: goes on at name {place} of")
        killed.wait_for_line(rf"spiegel exact: {place + SHARD} of")
        killed.kill()
    with Command(*arguments) as whole:
        went_on = int(whole.wait_for_line(r"goes on at name (\d+) of")[1])
        summary = json.loads(whole.wait_for_line(r'^\{"outlet".*\}$')[0])
        assert whole.process.wait(60) == 0
    assert went_on >= place + SHARD
    assert summary["complete"]
    assert summary["unanswered"] == 1
    # One question a name, but for names of the two shards that were cut off (SERVFAIL is asked for again, too).
    twice = [name for name, times in server.asked.items() if times > 1 and not name.startswith((CONTROL, "spiegel.kp"))]
    assert len(twice) <= 2 * SHARD
    assert summary["asked"] == summary["position"] <= summary["total"]
