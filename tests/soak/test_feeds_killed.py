"""What the acceptance tests show with five kills, with a hundred (`make soak`)."""

from __future__ import annotations

from pathlib import Path

from tests.acceptance.feed_kills import check, killed_often
from tests.acceptance.processes import Lab
from tests.acceptance.test_daemon import day, scenario


def test_many_kills_skip_nothing_and_admit_nothing_twice(tmp_path: Path, kills: int) -> None:
    with Lab(scenario(tmp_path), day(-9)) as lab:
        check(killed_often(lab, tmp_path, kills))
