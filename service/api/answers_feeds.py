"""The shapes of ``/v1/feeds``."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from service.api.answers import Answer, Moment


class FeedStatus(StrEnum):
    """Whether a feed can be relied on."""

    OK = "ok"
    DEGRADED = "degraded"
    RETIRED = "retired"


class GapAnswer(Answer):
    """Entries that were passed over. They are asked for again until they come, ten times at most."""

    first: int = Field(description="The first of them.")
    last: int = Field(description="The last of them.")
    reason: str = Field(description="Why, in words.")
    found_at: Moment = Field(description="Since when.")
    tries: int = Field(description="How often they were asked for again.")


class FeedAnswer(Answer):
    """A source of names: how far it was taken in, and how it fares."""

    id: str = Field(description="The feed's id; of a log: the id in feeds.toml, a slash, the log.", examples=["ct/log"])
    kind: str = Field(description="certificates, certstream, log-list, or a kind of name list.")
    status: FeedStatus = Field(description="ok; degraded: see trouble; retired: followed no more.")
    trouble: str = Field(description="What is wrong, in words; empty where nothing is.")
    position: int = Field(description="Entries taken in or passed over, counted from the source's first; 0 for lists.")
    size: int = Field(description="Entries that the source says it has.")
    lag_seconds: float | None = Field(description="How far behind the source it is; null where nothing is known yet.")
    names_per_second: float = Field(description="Over the last minute.")
    read: int = Field(description="Names taken in since the feed began.")
    matched: int = Field(description="Of these, how often one resembled an outlet.")
    admitted: int = Field(description="Sites that were new, or due at once for what the feed said.")
    unreadable: int = Field(description="Entries that could not be read.")
    missing: int = Field(description="Entries in gaps.")
    gaps: list[GapAnswer] = Field(description="The newest hundred gaps, in order.")
    begun_at: Moment = Field(description="Since when it is followed.")
    asked_at: Moment | None = Field(description="When it was last asked.")
    answered_at: Moment | None = Field(description="When it last answered.")
    taken_at: Moment | None = Field(description="When it last brought a name.")
    newest_at: Moment | None = Field(description="The time that the source gives its newest entry taken in.")
    error: str = Field(description="Why the last question failed, in words; empty where it did not.")
    failures: int = Field(description="Questions that failed in a row.")


class FeedList(Answer):
    """Sources of names, by id."""

    data: list[FeedAnswer] = Field(description="The feeds.")
