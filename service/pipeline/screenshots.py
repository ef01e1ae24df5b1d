"""Pictures of flagged sites whose evidence is new, and of the outlets' own home pages to hold them against.

A step of its own, beside the looks: a browser takes seconds, and a look must not wait for it. What is to be pictured
follows from the database: the newest WARC of a flagged host that is newer than its last picture.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from service.core.evidence.items import EvidenceItem, EvidenceKind, EvidenceQuery
from service.core.facts.shot import Shot, views_for
from service.core.model import Outlet, Profile, Site
from service.pipeline.watched import Watched
from service.ports import Clock, Store, UnitOfWork
from service.ports_evidence import Camera, CameraUnavailable, Evidence

log = logging.getLogger("spoofwatch.screenshots")

_BATCH = 5
_PAUSE = timedelta(hours=1)
_MOST_TRIED = 10_000


@dataclass(frozen=True, kw_only=True, slots=True)
class ShotPlan:
    """``profiles`` as for fetches; ``every`` is how often the outlets' home pages are pictured."""

    profiles: tuple[Profile, ...]
    enabled: bool = True
    every: timedelta = timedelta(days=7)


class Photographer:
    """Takes pictures. ``state`` is ``ok``, or ``off`` with the reason; ``room`` says whether the disk has any."""

    def __init__(
        self,
        *,
        clock: Clock,
        store: Store,
        evidence: Evidence,
        camera: Camera,
        watched: Watched,
        plan: ShotPlan,
        room: Callable[[], bool] = lambda: True,
    ) -> None:
        self._clock, self._store, self._evidence = clock, store, evidence
        self._camera, self._watched, self._plan, self._room = camera, watched, plan, room
        self._tried: dict[str, datetime] = {}
        self._resting_until: datetime | None = None
        self.state = self._said()

    async def take_pending(self) -> int:
        """Picture what is new; how many pictures were kept. A browser that is missing or fails is a state, no error."""
        now = self._clock.now()
        resting = self._resting_until is not None and now < self._resting_until
        if not resting:
            self.state = self._said()
        if resting or self.state != "ok" or not self._room():
            return 0
        try:
            kept = await self._flagged() + await self._outlets()
        except CameraUnavailable as error:
            self.state, self._resting_until = f"off: {error}", now + _PAUSE
            log.warning("no screenshots for an hour: %s", error)
            return 0
        return kept

    def _said(self) -> str:
        """``ok``, or ``off`` with the reason."""
        problem = self._camera.missing() if self._plan.enabled else "screenshots.enabled is false"
        return f"off: {problem}" if problem else "ok"

    async def _flagged(self) -> int:
        kept = 0
        for item in await self._store.read(lambda uow: uow.evidence.unpictured(_BATCH + len(self._tried))):
            if self._tried.get(item.host) == item.taken_at:
                continue
            row = await self._store.read(lambda uow, host=item.host: uow.sites.get(host))  # type: ignore[misc]  # a lambda's default
            if row is not None:
                url, shows = _shown_at(row[0], self._plan.profiles)
                kept += await self._picture(item.host, url, shows, item.outlets)
            self._note_try(item.host, item.taken_at)
        return kept

    async def _outlets(self) -> int:
        """Home pages of outlets whose last picture is older than ``every``."""
        kept = 0
        for outlet in (await self._watched.now()).outlets.values():
            if await self._is_due(outlet):
                self._note_try(outlet.domain, self._clock.now())
                kept += await self._picture(outlet.domain, f"https://{outlet.domain}/", self._plan.profiles[0], ())
        return kept

    async def _is_due(self, outlet: Outlet) -> bool:
        query = EvidenceQuery(host=outlet.domain, kind=EvidenceKind.SCREENSHOT, limit=1)
        last = await self._store.read(lambda uow: uow.evidence.find(query))
        tried = self._tried.get(outlet.domain)
        moments = [item.taken_at for item in last] + ([tried] if tried is not None else [])
        return not moments or self._clock.now() - max(moments) >= self._plan.every

    async def _picture(self, host: str, url: str, shows: Profile, outlets: Sequence[str]) -> int:
        watched = (await self._watched.now()).outlets
        about = [watched[name] for name in outlets if name in watched]
        about += [outlet for outlet in watched.values() if outlet.domain == host]
        languages = tuple(dict.fromkeys(language for outlet in about for language in outlet.languages))
        shots = await self._camera.take(url, views_for(shows, self._plan.profiles), languages)
        items = [item for shot in shots if (item := await self._kept(host, url, shot, outlets)) is not None]
        now = self._clock.now()

        def name(uow: UnitOfWork) -> None:
            uow.evidence.add(items, now)

        if items:
            await self._store.write(name)
        return len(items)

    async def _kept(self, host: str, url: str, shot: Shot, outlets: Iterable[str]) -> EvidenceItem | None:
        for reason in shot.refused:
            log.warning("a page of %s tried to reach what it must not: %s", host, reason)
        if shot.failed or not shot.png:
            log.info("no screenshot of %s as %s: %s", host, shot.view.profile.name, shot.failed)
            return None
        try:
            kept = await self._evidence.keep(EvidenceKind.SCREENSHOT, lambda: shot.png)
        except OSError as error:
            log.warning("no screenshot of %s: the disk does not take it (%s)", host, error)
            return None
        return EvidenceItem(
            kept=kept,
            host=host,
            taken_at=self._clock.now(),
            url=url,
            profile=shot.view.profile.name,
            outlets=tuple(outlets),
            dhash=shot.picture.dhash,
        )

    def _note_try(self, host: str, at: datetime) -> None:
        """Each WARC is tried once; after a restart once more."""
        if len(self._tried) >= _MOST_TRIED:
            self._tried.clear()
        self._tried[host] = at


def _shown_at(site: Site, profiles: tuple[Profile, ...]) -> tuple[str, Profile]:
    """The URL and the profile that showed the content last, else the root as it is shown to the last profile."""
    by_name = {profile.name: profile for profile in profiles}
    episodes = [lookalike.episodes[-1] for lookalike in site.lookalikes if lookalike.episodes]
    shown = max(episodes, key=lambda episode: episode.last_seen_at, default=None)
    if shown is not None and shown.url and shown.profile in by_name:
        return shown.url, by_name[shown.profile]
    return f"https://{site.host}/", profiles[-1]
