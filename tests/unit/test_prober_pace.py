"""The prober's token bucket, its back-off, and the wheel of timers."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from service.adapters.prober_pace import TICK, Bucket, Wheel


def taken_in(bucket: Bucket, begin: float, seconds: float) -> int:
    return sum(bucket.take(128, 0, begin + step * 0.005) for step in range(int(seconds / 0.005)))


def test_a_bucket_gives_out_its_rate() -> None:
    assert abs(taken_in(Bucket(200, 1000, 0.0), 0.0, 10) - 2000) <= 10


def test_a_long_pause_is_not_made_up_for() -> None:
    bucket = Bucket(200, 1000, 0.0)
    assert bucket.take(128, 0, 3600.0) == 10


def test_no_rate_means_only_the_window_limits() -> None:
    bucket = Bucket(0, 500, 0.0)
    assert bucket.take(128, 0, 0.0) == 128
    assert bucket.take(128, 450, 0.0) == 50
    assert bucket.take(128, 500, 0.0) == 0


def test_trouble_halves_once_a_second_down_to_a_floor_and_good_seconds_raise_slowly() -> None:
    bucket = Bucket(200, 1000, 0.0)
    for second in range(1, 10):
        bucket.note(good=80, bad=20)
        bucket.adapt(float(second))
        bucket.adapt(second + 0.5)
    assert bucket.share == 1 / 16
    bucket.note(good=100)
    bucket.adapt(20.0)
    assert abs(bucket.share - (1 / 16 + 0.05)) < 1e-9
    for second in range(21, 60):
        bucket.note(good=100)
        bucket.adapt(float(second))
    assert bucket.share == 1.0


def test_a_healthy_path_with_some_loss_is_not_slowed_down() -> None:
    bucket = Bucket(200, 1000, 0.0)
    for second in range(1, 10):
        bucket.note(good=92, bad=8)
        bucket.adapt(float(second))
    assert bucket.share == 1.0


def test_a_few_failures_are_too_few_to_judge_by() -> None:
    bucket = Bucket(200, 1000, 0.0)
    bucket.note(bad=10)
    bucket.adapt(5.0)
    assert bucket.share == 1.0
    bucket.note(bad=40)
    bucket.adapt(6.0)
    assert bucket.share == 0.5


@given(st.lists(st.tuples(st.floats(0, 3), st.floats(0, 0.4)), max_size=30))
def test_nothing_falls_due_early_or_much_too_late(events: list[tuple[float, float]]) -> None:
    wheel: Wheel[tuple[float, float]] = Wheel(3, 0.0)
    now, expected = 0.0, 0
    for delay, pause in events:
        wheel.slot(delay).append((now, delay))
        expected += 1
        until = now + pause
        while now < until:
            now += 0.01
            for began, wanted in wheel.due(now):
                expected -= 1
                assert wanted <= now - began <= wanted + 3 * TICK + 0.02
    for _ in range(400):
        now += 0.01
        expected -= len(wheel.due(now))
    assert expected == 0


def test_after_a_stall_everything_falls_due_at_once() -> None:
    wheel: Wheel[int] = Wheel(2, 0.0)
    for number in range(20):
        wheel.slot(number / 10).append(number)
    assert sorted(wheel.due(1000.0)) == list(range(20))
    wheel.slot(0.1).append(1)
    assert wheel.due(1000.05) == []
    assert wheel.due(1000.3) == [1]
