"""What is known of a source of names: how far it was taken in, how it fares, and when that is a cause for alarm. Pure.

A feed is in trouble where it did not answer within its patience, brought nothing new for longer than it may, or serves
something that is not right in itself (``complaint``: a log that forks, a list that shrank by half).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from service.core.watermark import Watermark

_RATE_WINDOW = timedelta(minutes=1)

RETIRED = timedelta(days=36_500)
"""The patience with what is followed no more: nobody is told that it is silent."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedState:
    """One source. ``cursor`` is in the source's own words, ``mark`` counts entries where it numbers them.

    ``size``: entries that the source says it has. ``newest_at``: the time that the source gives the newest entry taken
    in. ``asked_at``, ``answered_at``, ``taken_at``: when it was last asked, answered, and brought anything.
    ``read``, ``matched``, ``admitted`` count names, matches, and sites that were new or learnt something.
    ``told_at``: since when people know that it is in trouble. ``window_*`` and ``rate`` measure names a second.
    """

    id: str
    kind: str
    begun_at: datetime
    cursor: str = ""
    mark: Watermark = field(default_factory=Watermark)
    size: int = 0
    newest_at: datetime | None = None
    asked_at: datetime | None = None
    answered_at: datetime | None = None
    taken_at: datetime | None = None
    patience: timedelta = timedelta(hours=1)
    news_within: timedelta | None = None
    read: int = 0
    matched: int = 0
    admitted: int = 0
    skipped: int = 0
    complaint: str = ""
    error: str = ""
    failures: int = 0
    told_at: datetime | None = None
    window_at: datetime | None = None
    window_read: int = 0
    rate: float = 0.0

    @property
    def retired(self) -> bool:
        """Whether it is followed no more; what is known of it stays."""
        return self.patience >= RETIRED

    def lag(self, now: datetime) -> timedelta | None:
        """How far behind the source it is: none where everything that it has was taken in, unknown before any entry."""
        if self.size and self.mark.position >= self.size:
            return timedelta(0)
        return None if self.newest_at is None else max(timedelta(0), now - self.newest_at)

    def names_per_second(self, now: datetime) -> float:
        """Over the last whole minute; a feed that has stopped goes to nothing."""
        if self.window_at is None or now - self.window_at < _RATE_WINDOW:
            return self.rate
        return self.window_read / (now - self.window_at).total_seconds()

    def trouble(self, now: datetime) -> str:
        """What is wrong, in words; empty where nothing is."""
        silent = now - (self.answered_at or self.begun_at)
        if silent > self.patience:
            because = f": {self.error}" if self.error else ""
            return f"has not answered for {words(silent)}, {words(self.patience)} are allowed{because}"
        if self.complaint:
            return self.complaint
        quiet = now - (self.taken_at or self.begun_at)
        if self.news_within is not None and quiet > self.news_within:
            return f"brought nothing new for {words(quiet)}, something was expected within {words(self.news_within)}"
        return ""


def took(state: FeedState, names: int, now: datetime) -> FeedState:
    """The state after ``names`` were taken in: counted, and measured by the minute."""
    state = replace(state, read=state.read + names, taken_at=now, answered_at=now, asked_at=now, error="", failures=0)
    if state.window_at is None or now < state.window_at:
        return replace(state, window_at=now, window_read=names)
    read, span = state.window_read + names, now - state.window_at
    if span < _RATE_WINDOW:
        return replace(state, window_read=read)
    return replace(state, rate=read / span.total_seconds(), window_at=now, window_read=0)


def answered(state: FeedState, now: datetime) -> FeedState:
    """The state after the source answered, whether or not it had anything."""
    return replace(state, asked_at=now, answered_at=now, error="", failures=0)


def failed(state: FeedState, error: str, now: datetime) -> FeedState:
    """The state after the source could not be read, with the reason in words."""
    return replace(state, asked_at=now, error=error, failures=state.failures + 1)


def words(span: timedelta) -> str:
    """A span of time as people say it: the two largest of its units."""
    left, parts = int(span.total_seconds()), []
    for unit, seconds in (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)):
        count, left = divmod(left, seconds)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2]) or "0 s"


@dataclass(frozen=True, kw_only=True, slots=True)
class Listed:
    """A dated fact about a known site: a list dropped its name. ``at``: of which moment the list is."""

    host: str
    feed: str
    kind: str
    at: datetime
    known_from: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Download:
    """What a server answered: HTTP status and the decoded body. ``retry_after`` in seconds, where it asks for that."""

    status: int
    body: bytes = b""
    retry_after: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class SavedFile:
    """What came of asking for a file: ``version`` tells it from others, ``modified_at`` is the server's word for it.

    ``new`` False: it is the version that was known; nothing was written.
    """

    new: bool
    version: str = ""
    modified_at: datetime | None = None
