"""Keep what a look fetched, so that others can check what the service says of a site.

    look -> WARC written, synced, renamed -> the row that names it commits with the look
    hourly: yesterday's manifest -> what is too old or too much is let go -> files that no row names are removed

Two orders hold everywhere. A file is on disk before a row names it, and a row says that its file is gone before the
file goes. So a kill between any two steps leaves files too many, never one too few, and the next hour removes them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from service.core.errors import InvalidInput
from service.core.evidence import manifest
from service.core.evidence.items import (
    EvidenceItem,
    EvidenceKind,
    EvidenceQuery,
    Kept,
    Recording,
    changed,
    digest,
    marks,
)
from service.core.evidence.retention import Retention, to_let_go
from service.core.model import Judgement, Look, Site
from service.ports import Clock, Store, UnitOfWork
from service.ports_evidence import Evidence

log = logging.getLogger("spoofwatch.evidence")

GRACE = timedelta(hours=1)
"""A file that no row names is removed only when it is older: a look under way writes first and commits within its lease
of fifteen minutes."""

MANIFEST_WAIT = timedelta(hours=1)
"""How long after a day its manifest is written: looks that began on it have then been committed."""

_COMPARED = 10
HEAD = "evidence.manifest"
"""The state that holds the digest of the newest manifest and its day."""


class Scope(StrEnum):
    """Of which looks evidence is kept."""

    NONE = "none"
    FLAGGED = "flagged"
    ALL = "all"


@dataclass(frozen=True, kw_only=True, slots=True)
class EvidencePlan:
    """``software`` signs the files; ``vantage`` is where pages are fetched from."""

    software: str
    scope: Scope = Scope.FLAGGED
    retention: Retention = field(default_factory=Retention)
    vantage: str = "direct"


class Archivist:
    """Keeps evidence of looks and looks after it. ``render`` makes a WARC; ``room`` says whether the disk has any."""

    def __init__(
        self,
        *,
        clock: Clock,
        store: Store,
        evidence: Evidence,
        render: Callable[[Recording], bytes],
        plan: EvidencePlan,
        room: Callable[[], bool] = lambda: True,
    ) -> None:
        self._clock, self._store, self._evidence = clock, store, evidence
        self._render, self._plan, self._room = render, plan, room

    async def keep(self, site: Site, look: Look, judgements: Iterable[Judgement]) -> tuple[EvidenceItem, ...]:
        """Write what the look fetched, where it shows something new; the items are for the commit to name.

        Empty where nothing is to be kept, and where the disk does not take it: a look is worth more than its evidence.
        """
        outlets = _flagged(site, judgements)
        pages = tuple(page for page in look.pages if page.exchanges)
        wanted = self._plan.scope is Scope.ALL or (self._plan.scope is Scope.FLAGGED and outlets)
        if not pages or not wanted or not self._room():
            return ()
        known = EvidenceQuery(host=site.host, kind=EvidenceKind.WARC, live=True, limit=_COMPARED)
        if not changed(pages, await self._store.read(lambda uow: uow.evidence.find(known))):
            return ()
        made = Recording(
            host=site.host, at=look.at, pages=pages, software=self._plan.software, vantage=self._plan.vantage
        )
        try:
            kept = await self._evidence.keep(EvidenceKind.WARC, lambda: self._render(made))
        except OSError as error:
            log.warning("no evidence of %s: the disk does not take it (%s)", site.host, error)
            return ()
        return (_item(kept, made, outlets),)

    async def tidy(self) -> int:
        """Write manifests that are due, let go of what is too old or too much, remove what no row names.

        How many files were removed.
        """
        await self.write_manifests()
        now = self._clock.now()

        def step(uow: UnitOfWork) -> int:
            going = to_let_go(
                uow.evidence.find(EvidenceQuery(live=True)), uow.evidence.flagged_hosts(), now, self._plan.retention
            )
            uow.evidence.let_go(going, now)
            return len(going)

        let_go = await self._store.write(step)
        if let_go:
            log.info("%d pieces of evidence are let go by retention", let_go)
        return await self.remove_unnamed()

    async def remove_unnamed(self) -> int:
        """Remove files that no live row names, if they are older than ``GRACE``; how many.

        Manifests are left alone: where their chain is broken, what is left of it is evidence of that.
        """
        files = await self._evidence.inventory()
        live = await self._store.read(lambda uow: uow.evidence.find(EvidenceQuery(live=True)))
        named = {item.kept.name for item in live}
        before = self._clock.real_now() - GRACE
        gone = [
            file.name
            for file in files
            if file.name not in named
            and file.changed_at < before
            and not file.name.endswith(EvidenceKind.MANIFEST.ending)
        ]
        await self._evidence.remove(gone)
        if gone:
            log.info("removed %d files of evidence that nothing names", len(gone))
        return len(gone)

    async def write_manifests(self) -> int:
        """The manifest of every day that is over and has none yet, days without any news left out; how many."""
        written = 0
        while (day := await self._day_without()) is not None:
            await self._write_manifest(day)
            written += 1
        return written

    async def _write_manifest(self, day: date) -> None:
        items = await self._store.read(lambda uow: _of_day(uow, day))
        _, previous = await self._store.read(_head)
        kept = await self._evidence.keep(EvidenceKind.MANIFEST, lambda: manifest.render(day, previous, items))
        await self._store.write(lambda uow: uow.actions.set_state(HEAD, f"{day.isoformat()} {kept.sha256}"))
        # The log goes elsewhere, as a rule: a digest outside this machine is what makes the chain worth something.
        log.info("evidence of %s: manifest %s", day, kept.sha256)

    async def _day_without(self) -> date | None:
        """The first day after the newest manifest that is over and on which anything happened."""
        end = _midnight((self._clock.now() - MANIFEST_WAIT).date())

        def step(uow: UnitOfWork) -> date | None:
            last, _ = _head(uow)
            begin = None if last is None else _midnight(last) + timedelta(days=1)
            added = uow.evidence.find(EvidenceQuery(added_from=begin, added_before=end))
            let_go = uow.evidence.find(EvidenceQuery(let_go_from=begin, let_go_before=end, live=False))
            moments = [item.added_at for item in added] + [item.removed_at for item in let_go]
            return min((moment.date() for moment in moments if moment is not None), default=None)

        return await self._store.read(step)


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something wrong with a piece of evidence: missing, altered, surplus, unnamed or chain, with it in words."""

    kind: str
    name: str
    detail: str


@dataclass(frozen=True, kw_only=True)
class Verified:
    """What a verification saw."""

    files: int
    bytes: int
    manifests: int
    findings: tuple[Finding, ...]


async def verify(store: Store, evidence: Evidence, now: datetime) -> Verified:
    """Read every file and hold rows, files, digests and the chain of manifests against each other.

    ``now`` is real time: a file younger than ``GRACE`` that no row names may belong to a look that is under way.
    """
    rows = await store.read(lambda uow: uow.evidence.find(EvidenceQuery()))
    live = {row.kept.name: row.kept for row in rows if row.removed_at is None}
    chain, findings = await _chain(store, evidence)
    findings += await _content(evidence, live.values())
    findings += await _surplus(
        evidence, {*live, *(f"{one.sha256}{EvidenceKind.MANIFEST.ending}" for one in chain)}, now
    )
    known = {row.kept.sha256 for row in rows}
    for one in chain:
        findings += [
            Finding(kind="unnamed", name=kept.sha256, detail=f"in the manifest of {one.day}, and no row knows of it")
            for kept in one.kept
            if kept.sha256 not in known
        ]
    return Verified(
        files=len(live),
        bytes=sum(kept.bytes for kept in live.values()),
        manifests=len(chain),
        findings=tuple(findings),
    )


async def verify_named(store: Store, evidence: Evidence, digests: Sequence[str]) -> Verified:
    """The same of single files, by their SHA-256: that each is known, was not let go, and is as it was kept."""
    findings: list[Finding] = []
    kept: list[Kept] = []
    for sha256 in dict.fromkeys(digests):
        rows = await _of_digest(store, sha256)
        live = next((row.kept for row in rows if row.removed_at is None), None)
        if live is not None:
            kept.append(live)
        elif rows:
            findings.append(Finding(kind="let go", name=rows[0].kept.name, detail=rows[0].removed_why))
        else:
            findings.append(Finding(kind="unknown", name=sha256, detail="nothing of this digest was ever kept here"))
    findings += await _content(evidence, kept)
    return Verified(files=len(kept), bytes=sum(one.bytes for one in kept), manifests=0, findings=tuple(findings))


async def _of_digest(store: Store, sha256: str) -> tuple[EvidenceItem, ...]:
    return await store.read(lambda uow: uow.evidence.find(EvidenceQuery(sha256=sha256)))


async def _content(evidence: Evidence, kept: Iterable[Kept]) -> list[Finding]:
    found = []
    for one in kept:
        content = await evidence.read(one)
        if content is None:
            found.append(Finding(kind="missing", name=one.name, detail="a row names it, and it is not there"))
        elif digest(content) != one.sha256:
            found.append(Finding(kind="altered", name=one.name, detail="it does not hold what its name says"))
    return found


async def _surplus(evidence: Evidence, named: Iterable[str], now: datetime) -> list[Finding]:
    names = frozenset(named)
    return [
        Finding(kind="surplus", name=file.name, detail="nothing names it")
        for file in await evidence.inventory()
        if file.name not in names and file.changed_at < now - GRACE
    ]


async def _chain(store: Store, evidence: Evidence) -> tuple[list[manifest.Manifest], list[Finding]]:
    """The manifests, oldest first, from the newest back; and where one of them is missing or altered."""
    _, name = await store.read(_head)
    chain: list[manifest.Manifest] = []
    while name:
        kept = Kept(kind=EvidenceKind.MANIFEST, sha256=name, bytes=0)
        content = await evidence.read(kept)
        if content is None:
            return chain[::-1], [Finding(kind="chain", name=kept.name, detail="a manifest is missing")]
        if digest(content) != name:
            return chain[::-1], [Finding(kind="chain", name=kept.name, detail="a manifest was altered")]
        try:
            chain.append(manifest.read(content))
        except InvalidInput as error:
            return chain[::-1], [Finding(kind="chain", name=kept.name, detail=str(error))]
        name = chain[-1].previous
    return chain[::-1], []


def _head(uow: UnitOfWork) -> tuple[date | None, str]:
    """Day and digest of the newest manifest."""
    day, _, name = (uow.actions.get_state(HEAD) or "").partition(" ")
    return (date.fromisoformat(day) if day else None), name


def _of_day(uow: UnitOfWork, day: date) -> list[EvidenceItem]:
    begin = _midnight(day)
    end = begin + timedelta(days=1)
    added = uow.evidence.find(EvidenceQuery(added_from=begin, added_before=end))
    let_go = uow.evidence.find(EvidenceQuery(let_go_from=begin, let_go_before=end, live=False))
    return [*added, *(item for item in let_go if item not in added)]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _flagged(site: Site, judgements: Iterable[Judgement]) -> tuple[str, ...]:
    """Outlets whose flag the look's evidence bears on: flagged by it, or before it."""
    now = {judgement.outlet for judgement in judgements if judgement.verdict.flagged}
    return tuple(sorted(now | {one.outlet for one in site.lookalikes if one.verdict.flagged}))


def _item(kept: Kept, made: Recording, outlets: tuple[str, ...]) -> EvidenceItem:
    first = made.pages[0]
    return EvidenceItem(
        kept=kept,
        host=made.host,
        taken_at=made.at,
        url=first.target,
        profile=first.profile,
        outlets=outlets,
        marks=marks(made.pages),
    )
