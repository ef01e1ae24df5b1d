"""The contiguous watermark: whatever is taken in, passed over and repeated, every entry is accounted for once."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.watermark import Gap, Span, Watermark

AT = datetime(2026, 11, 25, tzinfo=UTC)

SPANS = st.tuples(st.integers(0, 60), st.integers(1, 20)).map(lambda given: Span(given[0], given[0] + given[1]))
STEPS = st.lists(st.tuples(st.sampled_from(["take", "skip", "tried"]), SPANS), max_size=30)


def entries(gaps: tuple[Gap, ...]) -> list[int]:
    return [entry for gap in gaps for entry in range(gap.span.start, gap.span.end)]


@given(STEPS)
def test_every_entry_below_the_position_was_taken_or_is_in_exactly_one_gap(steps: list[tuple[str, Span]]) -> None:
    mark, taken = Watermark(), set[int]()
    for step, span in steps:
        before = mark.position
        if step == "tried":
            mark = mark.tried(span)
        else:
            mark = mark.take(span, "why", AT) if step == "take" else mark.skip(span, "why", AT)
            taken |= set(range(span.start, span.end)) if step == "take" else set()
        assert mark.position >= before
        missing = entries(mark.gaps)
        assert missing == sorted(set(missing)), "in order, none twice"
        assert len(missing) == mark.missing
        assert not set(missing) & taken
        assert set(missing) | {entry for entry in taken if entry < mark.position} == set(range(mark.position))
        assert all(entry < mark.position for entry in taken)


def test_an_outage_of_many_polls_is_one_gap() -> None:
    mark = Watermark()
    for start in range(0, 100, 10):
        mark = mark.skip(Span(start, start + 10), "the log answers 404", AT)
    assert [gap.span for gap in mark.gaps] == [Span(0, 100)]


def test_gaps_are_filled_where_they_were_tried_least_and_the_newest_first() -> None:
    mark = Watermark().skip(Span(0, 100), "a", AT).take(Span(100, 200), "", AT).skip(Span(200, 300), "b", AT)
    assert mark.next_gap(50, tries=2) == Span(200, 250)
    mark = mark.tried(Span(200, 300))
    assert mark.next_gap(1000, tries=2) == Span(0, 100)
    mark = mark.tried(Span(0, 100)).tried(Span(0, 300))
    assert mark.next_gap(1000, tries=2) is None
    assert mark.missing == 200, "given up is not forgotten"


def test_a_gap_that_was_filled_is_gone() -> None:
    mark = Watermark().skip(Span(0, 100), "a", AT).take(Span(20, 30), "", AT)
    assert [gap.span for gap in mark.gaps] == [Span(0, 20), Span(30, 100)]
    assert mark.take(Span(0, 100), "", AT) == Watermark(position=100)


@pytest.mark.parametrize(("start", "end"), [(0, 0), (5, 4), (-1, 3)])
def test_a_span_that_is_none_is_refused(start: int, end: int) -> None:
    with pytest.raises(ValueError, match="no span"):
        Span(start, end)
