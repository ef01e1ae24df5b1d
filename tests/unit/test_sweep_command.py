"""What ``spoofwatch sweep`` shows while it runs."""

from __future__ import annotations

from datetime import timedelta

from service.commands.sweep import progress_line
from service.core.model import Sweep
from service.core.states import Tier
from service.pipeline.sweep import Progress
from tests.builders import START


def line(position: int, under_way: int = 0, *, seconds: float, first: int = 0) -> str:
    made = Sweep(
        id=1, outlet="spiegel", tier=Tier.EXACT, generator="x", started_at=START, position=position, total=10_000
    )
    progress = Progress(sweep=made, under_way=under_way)
    return progress_line(progress, START, first, START + timedelta(seconds=seconds))


def test_rate_and_time_left_count_what_is_under_way() -> None:
    assert line(2000, 500, seconds=10) == (
        "spiegel exact: 2500 of 10000 (25 %), 250 names/s, 0 exist, 0 unanswered, 0:00:30 left"
    )


def test_what_was_asked_before_the_start_is_no_part_of_the_rate() -> None:
    assert "50 names/s" in line(8500, seconds=10, first=8000)
    assert line(8000, seconds=0, first=8000).endswith("unknown time left")
