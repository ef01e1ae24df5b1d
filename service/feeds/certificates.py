"""One certificate transparency log as a feed: from the size that it had at first, entry by entry, to its newest head.

    head (verified) -> compared with what was known -> entries from the watermark on -> gaps below it, one a round

A log never makes the watermark move back. What it promises and does not give is asked for ``PATIENT_ROUNDS`` times,
then passed over as a gap, which later rounds fill. What it does wrong (a fork, a tree that shrank, tiles that change,
no new head for longer than its merge delay) is a complaint in the feed's state; its names are leads all the same.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import AsyncGenerator, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from service.core.errors import FeedUnavailable
from service.core.facts import merkle
from service.core.facts.log_entries import LogEntry
from service.core.facts.log_list import CtLog
from service.core.facts.tree_head import Known, TreeHead, objection
from service.core.feed import FeedState
from service.core.watermark import Span, Watermark
from service.feeds.follow import Batch
from service.feeds.log_sources import Chunk, LogSource, Missing
from service.ports import Clock

PATIENT_ROUNDS = 5
"""Rounds that ask for the same entries in vain before they are passed over."""

MOST_FILLS = 10
"""Times that a gap is asked for again before it is left alone; it stays on record."""

_LONGEST_PAUSE = 900.0
_KEPT = 200_000


@dataclass(frozen=True, kw_only=True, slots=True)
class LogPlan:
    """How logs are followed. ``poll``: time between rounds; ``wait_for_full``: how long a tile may stay partial.

    ``begin_behind``: entries before the head that the first round begins at. ``backlog``: entries that a log may be
    ahead; what lies further back is passed over as a gap. ``prove_every``: how often the newest head is proved to
    extend the one that was known.
    """

    poll: timedelta = timedelta(seconds=10)
    wait_for_full: timedelta = timedelta(seconds=30)
    begin_behind: int = 0
    backlog: int = 1_000_000
    prove_every: timedelta = timedelta(hours=1)
    patience: timedelta = timedelta(hours=1)


class Folded:
    """Certificates that were taken in lately, whichever log they came from: most stand in several, twice in each.

    It only saves work: what it has forgotten, or a restart, is admitted again, and that changes nothing.
    """

    def __init__(self, most: int = _KEPT) -> None:
        self._seen: OrderedDict[bytes, None] = OrderedDict()
        self._most = most

    def fresh(self, entries: Iterable[LogEntry]) -> list[LogEntry]:
        """Those that were not taken in lately, each once."""
        found = {entry.certificate: entry for entry in entries if entry.certificate not in self._seen}
        return list(found.values())

    def remember(self, entries: Iterable[LogEntry]) -> None:
        """They were taken in: called when that is committed, never before."""
        for entry in entries:
            self._seen[entry.certificate] = None
        while len(self._seen) > self._most:
            self._seen.popitem(last=False)


class LogFeed:
    """``follow.Feed`` over one log."""

    kind = "certificates"

    def __init__(
        self, feed_id: str, log: CtLog, source: LogSource, *, clock: Clock, plan: LogPlan, folded: Folded
    ) -> None:
        self.id = feed_id
        self.patience = plan.patience
        self.news_within: timedelta | None = None
        self._log, self._source, self._clock, self._plan, self._folded = log, source, clock, plan, folded
        self._tail: tuple[int, datetime] | None = None
        self._failures, self._retry_after = 0, 0.0
        self._missed: tuple[int, int] = (-1, 0)

    @property
    def pause(self) -> float:
        """Seconds until the next round: the poll interval, longer after failures or where the log asks for it."""
        poll = self._plan.poll.total_seconds()
        backed_off = poll * (1 << min(self._failures, 10))
        return max(self._retry_after, min(backed_off, max(_LONGEST_PAUSE, poll)))

    async def batches(self, state: FeedState) -> AsyncGenerator[Batch, None]:
        """One round. The first one only notes where to begin: what stood in the log before is not ours."""
        try:
            head = await self._source.head()
            known = Known.of_cursor(state.cursor)
            if known is None:
                yield self._begin(head)
                return
            checked, complaint = await self._compared(known, head, state)
            if checked != known or complaint is not None:
                yield Batch(cursor=checked.as_cursor(), size=checked.head.size, complaint=complaint)
            async for batch in self._entries(checked.head, state):
                yield batch
        except FeedUnavailable as error:
            self._failures += 1
            self._retry_after = error.retry_after or 0.0
            raise
        self._failures, self._retry_after = 0, 0.0

    def _begin(self, head: TreeHead) -> Batch:
        known = Known(head=head, proved=head, proved_at=self._clock.now())
        begin = max(0, head.size - self._plan.begin_behind)
        return Batch(cursor=known.as_cursor(), mark=Watermark(position=begin), size=head.size)

    async def _compared(self, known: Known, head: TreeHead, state: FeedState) -> tuple[Known, str | None]:
        """What is known after this head, and the complaint about it; None where that does not change."""
        wrong = objection(known.head, head)
        if wrong:
            return known, None if wrong == state.complaint else wrong
        if head.size > known.head.size or (head.size == known.head.size and head.at > known.head.at):
            known = replace(known, head=head)
        now = self._clock.now()
        if known.head.size > known.proved.size and now - known.proved_at >= self._plan.prove_every:
            return await self._proved(known, now)
        return known, self._about_age(known.head, state)

    async def _proved(self, known: Known, now: datetime) -> tuple[Known, str | None]:
        first, second = known.proved, known.head
        try:
            proof = await self._source.proof(first.size, second.size) if first.size else []
        except Missing:
            # Some logs serve no proofs; that is their policy and nothing that people could act on.
            return replace(known, proved_at=now), None
        if merkle.is_consistent(first.size, first.root, second.size, second.root, proof):
            return replace(known, proved=second, proved_at=now), ""
        wrong = f"forked: its tree of {second.size} entries does not begin with that of {first.size}"
        return replace(known, proved_at=now), wrong

    def _about_age(self, head: TreeHead, state: FeedState) -> str | None:
        """A log must sign a new head within its merge delay even where nothing was added (RFC 6962 3.5)."""
        stale = self._log.state != "readonly" and self._clock.real_now() - head.at > self._log.mmd
        said = state.complaint.startswith("stale")
        if stale == said:
            return None
        return f"stale: its newest tree head is of {head.at:%Y-%m-%d %H:%M} UTC" if stale else ""

    async def _entries(self, head: TreeHead, state: FeedState) -> AsyncGenerator[Batch, None]:
        mark, size = state.mark, min(head.size, self._log.final_size or head.size)
        if size - mark.position > self._plan.backlog:
            reason = f"more than {self._plan.backlog} entries behind"
            mark = mark.skip(Span(mark.position, size - self._plan.backlog), reason, self._clock.now())
            yield Batch(mark=mark)
        end = self._end(size)
        while mark.position < end:
            try:
                chunk = await self._source.read(Span(mark.position, end), size)
            except Missing as error:
                if not self._lost_patience(mark.position):
                    raise FeedUnavailable(str(error)) from error
                mark = self._passed_over(mark, end, str(error))
                yield Batch(mark=mark)
                return
            mark = mark.take(chunk.span, "", self._clock.now())
            async for batch in self._taken(chunk, mark):
                yield batch
        async for batch in self._filled(mark, size):
            yield batch

    def _end(self, size: int) -> int:
        """How far is read now: a tile that still fills up is left until it is full or has waited long enough."""
        whole = self._source.whole(size)
        if whole == size:
            self._tail = None
            return size
        now = self._clock.now()
        if self._tail is None or self._tail[0] != whole:
            self._tail = (whole, now)
        return size if now - self._tail[1] >= self._plan.wait_for_full else whole

    def _lost_patience(self, position: int) -> bool:
        """Whether the entries at this position were asked for often enough, this time included."""
        place, times = self._missed
        self._missed = (position, times + 1 if place == position else 1)
        return self._missed[1] >= PATIENT_ROUNDS

    def _passed_over(self, mark: Watermark, end: int, reason: str) -> Watermark:
        """Past the tile that is not there, which is as far as anybody can know it to be missing."""
        tile_end = (mark.position // merkle.TILE_WIDTH + 1) * merkle.TILE_WIDTH
        return mark.skip(Span(mark.position, min(end, tile_end)), reason, self._clock.now())

    async def _filled(self, mark: Watermark, size: int) -> AsyncGenerator[Batch, None]:
        """One try at one gap."""
        span = mark.next_gap(merkle.TILE_WIDTH, MOST_FILLS)
        if span is None or span.end > size:
            return
        try:
            chunk = await self._source.read(span, size)
        except Missing:
            yield Batch(mark=mark.tried(span))
            return
        async for batch in self._taken(chunk, mark.take(chunk.span, "", self._clock.now())):
            yield batch

    async def _taken(self, chunk: Chunk, mark: Watermark) -> AsyncGenerator[Batch, None]:
        fresh = self._folded.fresh(chunk.entries)
        yield Batch(
            names=match_names(fresh),
            together=tuple(entry.hosts for entry in fresh if entry.hosts),
            mark=mark,
            newest_at=chunk.entries[-1].at,
            complaint=chunk.complaint or None,
            skipped=sum(not entry.readable for entry in chunk.entries),
        )
        self._folded.remember(fresh)  # reached only when the batch is committed


def match_names(entries: Iterable[LogEntry]) -> tuple[str, ...]:
    """The names to match, once each. ``www.`` before a name of the same certificate is the same site."""
    found: dict[str, None] = {}
    for entry in entries:
        hosts = set(entry.hosts)
        for host in entry.hosts:
            if not (host.startswith("www.") and host[4:] in hosts):
                found[host] = None
    return tuple(found)
