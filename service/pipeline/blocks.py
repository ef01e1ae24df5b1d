"""Blocks that people report: one by one through the API, or lists of them. All are recorded here, in one way."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from service.core.errors import Conflict, InvalidInput, InvalidName
from service.core.model import Block
from service.core.persistence.block_lists import Entry, ListedBlock
from service.core.persistence.inputs import BlockRecorded
from service.pipeline.admit import Door
from service.pipeline.track import Tracker
from service.ports import Clock, Store, UnitOfWork

SOURCE = "block"
"""Where a site came from that was first heard of by its block."""


class Outcome(StrEnum):
    """What came of one entry of a list."""

    RECORDED = "recorded"
    KNOWN = "known"
    REFUSED = "refused"


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """One entry's outcome. ``site`` as it was read, else as it was given; ``block`` is its id."""

    entry: str
    site: str
    outcome: Outcome
    block: str | None = None
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class BlockBook:
    """Records blocks of sites, which are taken in where they are new: whether they stay down is what is asked."""

    clock: Clock
    store: Store
    door: Door
    tracker: Tracker

    async def record(self, given: ListedBlock) -> tuple[Block, bool]:
        """Record one; the block as it is kept, and whether it is new or has changed.

        Site, place, date and reference say which block it is, so that the same again changes nothing; with
        ``lifted_at`` it says when it was lifted. InvalidInput for times that cannot be, an unknown action and a site
        that is not watched (an outlet's own); Conflict where the block is another action's.
        """
        block = _block(given, self.clock.now())
        if await self.store.read(lambda uow: uow.sites.get(given.site)) is None:
            try:
                await self.door.admit_url(given.site, SOURCE)
            except (InvalidName, InvalidInput) as error:
                raise InvalidInput(str(error), "/site") from error

        def step(uow: UnitOfWork) -> tuple[Block, bool]:
            check_action(uow, given.action)
            found = uow.sites.get(given.site)
            known = next((one for one in (found[0].blocks if found else ()) if one.id == block.id), None)
            if known is not None and known.action != block.action:
                raise Conflict(f"{block.id} is recorded already, as part of the action {known.action}")
            kept = block if known is None else replace(known, lifted_at=known.lifted_at or block.lifted_at)
            if kept != known:
                self.tracker.apply(uow, given.site, BlockRecorded(block=kept))
            return kept, kept != known

        return await self.store.write(step)

    async def record_all(self, entries: Iterable[Entry]) -> tuple[Result, ...]:
        """Record a list, each entry on its own: one that is refused keeps no other out."""
        return tuple([await self._result(entry) for entry in entries])

    async def _result(self, entry: Entry) -> Result:
        if not isinstance(entry, ListedBlock):
            return Result(entry=entry.entry, site=entry.given, outcome=Outcome.REFUSED, reason=entry.reason)
        try:
            block, new = await self.record(entry)
        except (InvalidInput, InvalidName, Conflict) as error:
            return Result(entry=entry.entry, site=entry.site, outcome=Outcome.REFUSED, reason=str(error))
        outcome = Outcome.RECORDED if new else Outcome.KNOWN
        return Result(entry=entry.entry, site=entry.site, outcome=outcome, block=block.id)


def check_action(uow: UnitOfWork, action: str | None) -> None:
    """InvalidInput where there is no such action."""
    if action is not None and all(one.id != action for one in uow.actions.all()):
        raise InvalidInput(f"there is no action {action}; record it first with POST /v1/actions", "/action")


def _block(given: ListedBlock, now: datetime) -> Block:
    known_from = given.known_from or now
    if known_from > now:
        raise InvalidInput("a block cannot be known from a time to come", "/known_from")
    if given.lifted_at is not None and not given.effective_from <= given.lifted_at <= now:
        raise InvalidInput("a block is lifted after it came into force, and not at a time to come", "/lifted_at")
    parts = (given.site, given.place.value, given.effective_from.isoformat(), given.reference)
    return Block(
        id="blk_" + sha256("\x1f".join(parts).encode()).hexdigest()[:16],
        place=given.place,
        effective_from=given.effective_from,
        known_from=known_from,
        reported=True,
        lifted_at=given.lifted_at,
        reference=given.reference,
        action=given.action,
    )
