"""One lookalike over time, as it was known at a given moment, and the spans that survival is estimated from. Pure.

Rule 1: ``as_known`` is the only way to look back. What was found out later (a block entered afterwards, an end that a
later look showed, a name that was not discovered yet) is not there, so a figure of last month can be had again.

Rule 2: every span carries an id that leads to its rows: the lookalike, and the block, episode or report that it is of.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network

from service.core.model import Block
from service.core.persistence.reports import Report
from service.core.persistence.survival import Span
from service.core.states import Cause, Technique, Verdict

DAY = timedelta(days=1)
SUCCEEDED, CAME_BACK = "successor", "resurfaced"
_FLAGGED = frozenset({Verdict.SUSPECTED, Verdict.IMPERSONATION})


@dataclass(frozen=True, kw_only=True, slots=True)
class Stretch:
    """An episode with the looks around it.

    ``unseen_at``: the last look before it that found nothing. ``known_at``: when its end was found out.
    """

    number: int
    began_at: datetime
    last_seen_at: datetime
    unseen_at: datetime | None = None
    ended_at: datetime | None = None
    known_at: datetime | None = None
    cause: Cause | None = None
    censored: bool = False

    @property
    def down(self) -> bool:
        """Whether it was seen to end; a censored one was only lost from sight."""
        return self.ended_at is not None and not self.censored


@dataclass(frozen=True, kw_only=True, slots=True)
class History:
    """One lookalike over time. ``addresses`` with when each was first seen.

    ``memberships``: campaigns, with joining and leaving. ``appeared_at``: registered or, where that is not known,
    admitted; ``absent_at``: a complete sweep before had found that the name did not exist. ``succeeded_at``: when
    ``predecessor`` was found out; ``took_over_at``: since when it stood in for it, later than it appeared where it was
    held in reserve.
    """

    id: str
    host: str
    outlet: str
    suffix: str
    technique: Technique
    discovered_at: datetime
    appeared_at: datetime
    absent_at: datetime | None = None
    looked_at: datetime | None = None
    registrar: str | None = None
    addresses: tuple[tuple[datetime, str], ...] = ()
    memberships: tuple[tuple[datetime, datetime | None, str], ...] = ()
    verdicts: tuple[tuple[datetime, Verdict], ...] = ()
    stretches: tuple[Stretch, ...] = ()
    blocks: tuple[Block, ...] = ()
    reports: tuple[Report, ...] = ()
    predecessor: str = ""
    succeeded_at: datetime | None = None
    took_over_at: datetime | None = None

    @property
    def came_at(self) -> datetime:
        """When it came into play: as it appeared or, held in reserve for another, as it took over."""
        return self.took_over_at or self.appeared_at

    @property
    def verdict(self) -> Verdict:
        """The last one."""
        return self.verdicts[-1][1] if self.verdicts else Verdict.UNKNOWN

    @property
    def campaign(self) -> str | None:
        """The campaign that it belongs to, or belonged to last."""
        return self.memberships[-1][2] if self.memberships else None

    @property
    def open(self) -> Stretch | None:
        """The episode that goes on."""
        last = self.stretches[-1] if self.stretches else None
        return last if last is not None and last.ended_at is None else None

    @property
    def watched_until(self) -> datetime:
        """The last moment at which anything is known of it."""
        seen = [self.discovered_at, *(stretch.last_seen_at for stretch in self.stretches)]
        return max(seen) if self.looked_at is None else max(self.looked_at, *seen)


def as_known(history: History, at: datetime) -> History | None:
    """The history as it was known at ``at``; None where the name was not discovered, or not flagged, by then."""
    verdicts = tuple(pair for pair in history.verdicts if pair[0] <= at)
    if history.discovered_at > at or not any(verdict in _FLAGGED for _, verdict in verdicts):
        return None
    succeeded = history.succeeded_at is not None and history.succeeded_at <= at
    return replace(
        history,
        verdicts=verdicts,
        looked_at=None if history.looked_at is None else min(history.looked_at, at),
        memberships=tuple(one for one in history.memberships if one[0] <= at),
        addresses=tuple(pair for pair in history.addresses if pair[0] <= at),
        stretches=tuple(_stretch(one, at) for one in history.stretches if one.began_at <= at),
        blocks=tuple(_block(one, at) for one in history.blocks if one.known_from <= at),
        reports=tuple(one.as_known(at) for one in history.reports if one.sent_at <= at),
        predecessor=history.predecessor if succeeded else "",
        succeeded_at=history.succeeded_at if succeeded else None,
        took_over_at=history.took_over_at if succeeded else None,
    )


def _stretch(stretch: Stretch, at: datetime) -> Stretch:
    """An end that was found out later is none yet: at ``at`` the episode went on as far as anybody knew."""
    known = stretch.known_at or stretch.ended_at
    seen = min(stretch.last_seen_at, at)
    if known is None or known <= at:
        return replace(stretch, last_seen_at=seen)
    return replace(stretch, last_seen_at=seen, ended_at=None, known_at=None, cause=None, censored=False)


def _block(block: Block, at: datetime) -> Block:
    return block if block.lifted_at is None or block.lifted_at <= at else replace(block, lifted_at=None)


def network(history: History, at: datetime | None = None) -> str | None:
    """Where it was hosted: the network (/24, /48) of the address seen last, at or before ``at`` where that is given.

    The addresses of a host's neighbouring machines count as one; a front such as Cloudflare hides the host behind it.
    """
    seen = [pair for pair in history.addresses if at is None or pair[0] <= at] or list(history.addresses[:1])
    if not seen:
        return None
    address = ip_address(max(seen)[1])
    return str(ip_network((address, 24 if address.version == 4 else 48), strict=False))  # noqa: PLR2004 - IP versions


# --- spans -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """A span with whose it is, so that spans can be grouped and every figure followed to its rows."""

    history: History
    span: Span
    origin: datetime
    block: Block | None = None
    report: Report | None = None


def first_blocks(history: History) -> Iterator[Block]:
    """The earliest block alone: one subject a lookalike."""
    if history.blocks:
        yield min(history.blocks, key=lambda block: (block.effective_from, block.id))


def down_after_block(history: History, blocks: Iterable[Block]) -> Iterator[Subject]:
    """From a block until the end of the episode that it met.

    Not at risk, and so not counted, is what was not served any more. What came under watch after its block was first
    seen then (delayed entry); an episode that began after an earlier one had ended is a resurfacing, not this.
    """
    for block in blocks:
        stretch = met(history, block.effective_from)
        if stretch is not None:
            span = _until_down(f"{history.id}/{block.id}", stretch, block.effective_from)
            yield Subject(history=history, span=span, origin=block.effective_from, block=block)


def down_after_report(history: History) -> Iterator[Subject]:
    """From the sending of a report until the end of the episode that it was about."""
    for report in history.reports:
        stretch = met(history, report.sent_at)
        if stretch is not None:
            span = _until_down(f"{history.id}/{report.id}", stretch, report.sent_at)
            yield Subject(history=history, span=span, origin=report.sent_at, report=report)


def met(history: History, origin: datetime) -> Stretch | None:
    """The episode under way at ``origin``, or the first of all where nothing was known of the site before."""
    for stretch in history.stretches:
        # A block of the very time of the first failed look has met the episode that this look ended.
        under_way = stretch.began_at <= origin and (stretch.ended_at is None or stretch.ended_at >= origin)
        found_late = stretch.number == 1 and stretch.began_at > origin and history.discovered_at > origin
        if under_way or found_late:
            return stretch
    return None


def _until_down(span_id: str, met: Stretch, origin: datetime) -> Span:
    entry = max(days(met.began_at - origin), 0.0)
    low = max(days(met.last_seen_at - origin), entry)
    if not met.down or met.ended_at is None:
        return Span(id=span_id, low=low, high=low, entry=entry)
    high = max(days(met.ended_at - origin), low)
    return Span(id=span_id, low=low, high=high, cause=(met.cause or Cause.UNKNOWN).value, entry=entry)


def back_after_down(history: History) -> Iterator[Subject]:
    """From the end of an episode until the impersonation is served again on the same name."""
    for number, stretch in enumerate(history.stretches):
        if not stretch.down or stretch.ended_at is None:
            continue
        span_id = f"{history.id}/episode-{stretch.number}"
        following = history.stretches[number + 1] if number + 1 < len(history.stretches) else None
        if following is None:
            until = max(days(history.watched_until - stretch.ended_at), 0.0)
            span = Span(id=span_id, low=until, high=until)
        else:
            high = days(following.began_at - stretch.ended_at)
            unseen = following.unseen_at or stretch.ended_at
            low = min(max(days(unseen - stretch.ended_at), 0.0), high)
            span = Span(id=span_id, low=low, high=high, cause=CAME_BACK)
        block = max((b for b in history.blocks if b.effective_from <= stretch.ended_at), key=_newest, default=None)
        yield Subject(history=history, span=span, origin=stretch.ended_at, block=block)


def _newest(block: Block) -> tuple[datetime, str]:
    return block.effective_from, block.id


def succeeded(
    history: History, blocks: Iterable[Block], successors: Iterable[History], at: datetime
) -> Iterator[Subject]:
    """From a block until the first site that took over from it came into being, watched until ``at``.

    ``successors`` are the lookalikes of all; those whose predecessor is this site, for the same outlet, count.
    """
    taken = [s for s in successors if s.predecessor == history.host and s.outlet == history.outlet]
    for block in blocks:
        after = [s for s in taken if s.came_at >= block.effective_from]
        first = min(after, key=lambda s: (s.came_at, s.id), default=None)
        span_id = f"{history.id}/{block.id}"
        if first is None:
            until = max(days(at - block.effective_from), 0.0)
            span = Span(id=span_id, low=until, high=until)
        else:
            high = days(first.came_at - block.effective_from)
            span = Span(id=span_id, low=high, high=high, cause=SUCCEEDED)
        yield Subject(history=history, span=span, origin=block.effective_from, block=block)


def days(span: timedelta) -> float:
    """A span of time in days."""
    return span / DAY
