"""What people and programs report goes through the one door, line by line, and each line hears what came of it.

    report -> allowance of the token -> lines kept -> admitted (at once, or by ``work`` where there are many)

A thousand addresses of one host are one site that is due once, and ``MAX_TARGETS`` of them are kept. A report says
where to look; nothing here touches a score.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from functools import partial
from itertools import islice

from service.core import tlp
from service.core.errors import InvalidInput, InvalidName, QuotaSpent
from service.core.model import Admission
from service.core.sightings.addresses import address
from service.core.sightings.sighting import (
    MAX_URL,
    SOURCE,
    Entry,
    Outcome,
    Report,
    Reported,
    Sighting,
    Unreadable,
)
from service.pipeline.admit import reported
from service.pipeline.watched import Knowledge, Watched
from service.ports import Clock, Store, UnitOfWork

AT_ONCE = 500
"""Lines in one transaction: a tenth of a second in which nobody else can write."""

_AGAIN = timedelta(hours=1)
"""A site that was looked at more lately is not looked at again for a report."""


@dataclass(frozen=True, kw_only=True)
class SightingDesk:
    """Takes reports. ``daily``: entries that one token may report on a day (UTC); 0 is without limit."""

    clock: Clock
    store: Store
    watched: Watched
    token_bytes: Callable[[int], bytes]
    daily: int = 0

    def report(self, by: str, count: int, *, format_: str, marking: str = "") -> Report:
        """A new report of ``count`` entries, which ``open`` keeps."""
        identity = f"sgr_{self.token_bytes(8).hex()}"
        return Report(id=identity, by=by, at=self.clock.now(), format=format_, count=count, tlp=marking)

    async def open(self, report: Report, *, limited: bool = True) -> Report:
        """Begin a report; QuotaSpent where the token's allowance for the day does not hold its entries."""

        def step(uow: UnitOfWork) -> None:
            if limited and self.daily:
                self._allow(uow.sightings.spent(report.by, _midnight(report.at)), report.count, report.at)
            uow.sightings.open(report)

        await self.store.write(step)
        return report

    async def check(self, by: str) -> None:
        """QuotaSpent where a token has nothing left: asked before anything of a report is read."""
        now = self.clock.now()
        if self.daily:
            self._allow(await self.store.read(lambda uow: uow.sightings.spent(by, _midnight(now))), 1, now)

    def _allow(self, spent: int, count: int, now: datetime) -> None:
        left = max(0, self.daily - spent)
        if count <= left:
            return
        begins_anew = _midnight(now) + timedelta(days=1)
        raise QuotaSpent(
            f"a token may report {self.daily:,} addresses a day; {left:,} are left today, and these are {count:,}",
            (begins_anew - now).total_seconds(),
        )

    async def admit(self, report: Report, entries: Iterable[Entry]) -> tuple[Sighting, ...]:
        """Admit entries now; each with what came of it, in their order."""
        found: list[Sighting] = []
        reading = iter(entries)
        while chunk := list(islice(reading, AT_ONCE)):
            taken = [_taken(one, report) for one in chunk]
            found += await self._settled(taken)
        return tuple(found)

    async def leave(self, report: Report, entries: Iterable[Entry]) -> None:
        """Keep entries for ``work`` to admit; from then on no crash loses them."""
        reading = iter(entries)
        while chunk := list(islice(reading, AT_ONCE)):
            taken = [_taken(one, report) for one in chunk]
            await self.store.write(partial(_kept, taken=taken))

    async def close(self, report: Report) -> None:
        """Note what was found out of a report while it was read."""
        await self.store.write(lambda uow: uow.sightings.close(report))

    async def work(self) -> int:
        """Admit what waits, the oldest first; how many lines that were."""
        done = 0
        while waiting := await self.store.read(lambda uow: uow.sightings.waiting(AT_ONCE)):
            done += len(await self._settled(waiting))
        return done

    async def _settled(self, taken: Sequence[Sighting]) -> tuple[Sighting, ...]:
        """One transaction: what came of each, and the sites that it made due."""
        knowledge = await self.watched.now()
        read = [(one, _read(one, knowledge)) for one in taken]
        now = self.clock.now()

        def step(uow: UnitOfWork) -> tuple[Sighting, ...]:
            asleep = _asleep(uow, {asked.host for _, asked in read if isinstance(asked, Admission)}, now)
            return uow.sightings.put([_admitted(uow, one, asked, asleep, now) for one, asked in read])

        return await self.store.write(step)


def _asleep(uow: UnitOfWork, hosts: Iterable[str], now: datetime) -> set[str]:
    """Those of ``hosts`` that are known and were not looked at lately: a report is a reason to look again."""
    known = {host: found[0].looked_at for host in hosts if (found := uow.sites.get(host)) is not None}
    return {host for host, looked_at in known.items() if looked_at is not None and now - looked_at >= _AGAIN}


def _kept(uow: UnitOfWork, taken: Sequence[Sighting]) -> tuple[Sighting, ...]:
    return uow.sightings.put(taken)


def _taken(entry: Entry, report: Report) -> Sighting:
    if isinstance(entry, Unreadable):
        given = Reported(entry=entry.entry, url=entry.given, tlp=report.tlp)
        return Sighting(report=report.id, reported=given, outcome=Outcome.REFUSED, at=report.at, reason=entry.reason)
    # One character more than is taken, so that it is still seen to be too long.
    marked = replace(entry, url=entry.url[: MAX_URL + 1], tlp=tlp.strictest((entry.tlp, report.tlp)))
    return Sighting(report=report.id, reported=marked, outcome=Outcome.WAITING, at=report.at)


def _read(one: Sighting, knowledge: Knowledge) -> Admission | str:
    """What a sighting admits, else why it is refused."""
    if one.outcome is Outcome.REFUSED:
        return one.reason
    try:
        return reported(address(one.reported.url), SOURCE, knowledge)
    except (InvalidName, InvalidInput) as error:
        return str(error)


def _admitted(uow: UnitOfWork, one: Sighting, asked: Admission | str, asleep: set[str], now: datetime) -> Sighting:
    if isinstance(asked, str):
        cut = replace(one.reported, url=one.reported.url[:MAX_URL])
        return replace(one, reported=cut, outcome=Outcome.REFUSED, reason=asked)
    new = uow.sites.admit(replace(asked, again=asked.host in asleep), now)
    return replace(one, site=asked.host, outcome=Outcome.ADMITTED if new else Outcome.KNOWN)


def _midnight(now: datetime) -> datetime:
    return datetime.combine(now.date(), time(), now.tzinfo)
