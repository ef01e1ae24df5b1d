"""How far a source with numbered entries has been taken in: a contiguous watermark, and the gaps below it. Pure.

Every entry below ``position`` was either taken in, or stands in exactly one gap, or was there before the source was
followed (below ``origin``). So a restart goes on at ``position`` and asks for the gaps again; nothing is skipped
unseen. Spans are half open: ``start`` is in, ``end`` is not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime


@dataclass(frozen=True, order=True, slots=True)
class Span:
    """Entries ``start`` to ``end - 1``. ValueError where it is empty or begins below zero."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise ValueError(f"no span: {self.start} to {self.end}")

    def __len__(self) -> int:
        return self.end - self.start


@dataclass(frozen=True, kw_only=True, slots=True)
class Gap:
    """Entries that were passed over, why (in words), since when, and how often they were asked for again."""

    span: Span
    reason: str
    found_at: datetime
    tries: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Watermark:
    """``gaps`` are in order, below ``position``, and never overlap."""

    position: int = 0
    gaps: tuple[Gap, ...] = ()

    def take(self, span: Span, reason: str, at: datetime) -> Watermark:
        """The mark after the entries of ``span`` were taken in: it closes gaps, moves the position, never back.

        Where it begins beyond the position, what lies between becomes a gap with this reason.
        """
        mark = self if span.start <= self.position else self.skip(Span(self.position, span.start), reason, at)
        gaps = tuple(left for gap in mark.gaps for left in _without(gap, span))
        return Watermark(position=max(mark.position, span.end), gaps=gaps)

    def skip(self, span: Span, reason: str, at: datetime) -> Watermark:
        """The mark after ``span`` was passed over: what of it is not below the position already becomes a gap.

        Where it begins beyond the position, what lies between is passed over with it.
        """
        if span.end <= self.position:
            return self
        gap = Gap(span=Span(self.position, span.end), reason=reason, found_at=at)
        return Watermark(position=span.end, gaps=_joined((*self.gaps, gap)))

    def tried(self, span: Span) -> Watermark:
        """The mark after ``span`` was asked for again in vain: its gaps count one more try."""
        return replace(self, gaps=tuple(part for gap in self.gaps for part in _counted(gap, span)))

    def next_gap(self, most: int, tries: int) -> Span | None:
        """At most ``most`` entries of the gap that was tried least, the newest of those; None where all had ``tries``.

        The newest first: the names in it are the likeliest to matter still.
        """
        open_gaps = [gap for gap in self.gaps if gap.tries < tries]
        if not open_gaps:
            return None
        span = min(open_gaps, key=lambda gap: (gap.tries, -gap.span.start)).span
        return Span(span.start, min(span.end, span.start + most))

    @property
    def missing(self) -> int:
        """Entries in gaps."""
        return sum(len(gap.span) for gap in self.gaps)


def _without(gap: Gap, taken: Span) -> Iterator[Gap]:
    start, end = gap.span.start, gap.span.end
    if start < taken.start:
        yield replace(gap, span=Span(start, min(end, taken.start)))
    if end > taken.end:
        yield replace(gap, span=Span(max(start, taken.end), end))


def _counted(gap: Gap, span: Span) -> Iterator[Gap]:
    start, end = max(gap.span.start, span.start), min(gap.span.end, span.end)
    if start >= end:
        yield gap
        return
    parts = [*_without(gap, span), replace(gap, span=Span(start, end), tries=gap.tries + 1)]
    yield from sorted(parts, key=lambda part: part.span)


def _joined(gaps: Iterable[Gap]) -> tuple[Gap, ...]:
    """Neighbours that are alike as one, so that an outage of hours is one row and not one for each poll."""
    joined: list[Gap] = []
    for gap in gaps:
        last = joined[-1] if joined else None
        if (
            last is not None
            and last.span.end == gap.span.start
            and (last.reason, last.tries) == (gap.reason, gap.tries)
        ):
            joined[-1] = replace(last, span=Span(last.span.start, gap.span.end))
        else:
            joined.append(gap)
    return tuple(joined)
