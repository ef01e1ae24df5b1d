"""What became of a site since it was first blocked: does it stay down, has it come back, did it ever go? Pure.

no episode since the block and none before it   unseen        nobody ever saw it serve the impersonation
an episode open, none ended since the block     up            the block did not take it down
an episode open, after one that ended           resurfaced
the last one ended                              down
the last one is censored                        out-of-sight  it may hide; absence was not proved
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from service.core.model import Block, Episode, Site
from service.core.states import Cause


class Aftermath(StrEnum):
    """How a blocked site stands."""

    UNSEEN = "unseen"
    UP = "up"
    DOWN = "down"
    RESURFACED = "resurfaced"
    OUT_OF_SIGHT = "out-of-sight"


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """A blocked site as it stands. ``down_at`` is the first end of an episode since the block, with its cause.

    ``resurfaced_at`` is the beginning of the next episode after that. Both None where it did not happen.
    """

    aftermath: Aftermath
    blocked_since: datetime
    down_at: datetime | None = None
    cause: Cause | None = None
    resurfaced_at: datetime | None = None


def standing(site: Site) -> Standing | None:
    """What became of a site since its first block; None for one that was never blocked."""
    if not site.blocks:
        return None
    since = min(block.effective_from for block in site.blocks)
    episodes = sorted(
        (episode for lookalike in site.lookalikes for episode in lookalike.episodes), key=lambda e: e.began_at
    )
    ended = [e for e in episodes if e.ended_at is not None and not e.censored and e.ended_at >= since]
    first = min(ended, key=lambda e: e.ended_at or e.began_at, default=None)
    down_at = first.ended_at if first else None
    back = [e.began_at for e in episodes if down_at is not None and e.began_at >= down_at]
    return Standing(
        aftermath=_aftermath(episodes, down_at=down_at),
        blocked_since=since,
        down_at=down_at,
        cause=first.cause if first else None,
        resurfaced_at=min(back, default=None),
    )


def in_force_at(blocks: tuple[Block, ...], at: datetime) -> tuple[Block, ...]:
    """The blocks that were in force at a time."""
    return tuple(b for b in blocks if b.effective_from <= at and (b.lifted_at is None or b.lifted_at > at))


def _aftermath(episodes: list[Episode], *, down_at: datetime | None) -> Aftermath:
    if not episodes:
        return Aftermath.UNSEEN
    if any(episode.ended_at is None for episode in episodes):
        return Aftermath.UP if down_at is None else Aftermath.RESURFACED
    last = max(episodes, key=lambda episode: episode.last_seen_at)
    return Aftermath.OUT_OF_SIGHT if last.censored else Aftermath.DOWN
