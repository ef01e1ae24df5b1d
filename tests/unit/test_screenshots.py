"""Which pages are pictured, when, and what a missing browser comes to."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from service.adapters.store import SqlStore, open_store
from service.core.evidence.items import EvidenceItem, EvidenceKind, EvidenceQuery, Kept, digest
from service.core.facts.picture import PictureFacts
from service.core.facts.shot import Shot, View, views_for
from service.core.model import Admission, Outlet, Profile
from service.core.persistence.inputs import Looked
from service.core.persistence.lifecycle import Rules
from service.pipeline.screenshots import Photographer, ShotPlan
from service.pipeline.track import Tracker
from service.pipeline.watched import Watched
from service.ports_evidence import CameraUnavailable
from tests.builders import HOST, START, judgement, look
from tests.fakes import FakeClock, FakeEvidence

SPIEGEL = Outlet(id="spiegel", name="Der Spiegel", domain="spiegel.de", languages=("de",))
DESKTOP = Profile(name="desktop", headers={"User-Agent": "X11"})
SOCIAL = Profile(name="social", headers={"User-Agent": "Mobile", "Referer": "https://l.facebook.com/"})


class FakeCamera:
    """Pictures what it is asked for, and remembers it. ``problem``: it is missing; ``broken``: it does not start."""

    def __init__(self) -> None:
        self.problem = self.broken = ""
        self.failed: set[str] = set()
        self.taken: list[tuple[str, str]] = []

    def missing(self) -> str:
        return self.problem

    async def take(self, url: str, views: Sequence[View], languages: Sequence[str]) -> tuple[Shot, ...]:
        assert list(languages) == ["de"]
        if self.broken:
            raise CameraUnavailable(self.broken)
        self.taken += [(url, view.profile.name) for view in views]
        if url in self.failed:
            return tuple(Shot(view=view, failed="net::ERR_FAILED") for view in views)
        shots = [(view, f"{url} {view.profile.name}".encode()) for view in views]
        return tuple(Shot(view=view, png=png, picture=PictureFacts(dhash="0f" * 8)) for view, png in shots)


@dataclass
class Bench:
    clock: FakeClock
    store: SqlStore
    files: FakeEvidence
    camera: FakeCamera
    photographer: Photographer

    async def see(self, name: str = "first") -> None:
        """A look at a clone whose WARC was kept."""
        kept = Kept(kind=EvidenceKind.WARC, sha256=digest(name.encode()), bytes=1)
        now = self.clock.now()
        item = EvidenceItem(
            kept=kept, host=HOST, taken_at=now, url="https://x/", profile="social", outlets=("spiegel",)
        )
        tracker = Tracker(clock=self.clock, store=self.store, rules=Rules())
        await tracker.commit(HOST, Looked(look=look(now), judgements=(judgement(),), evidence=(item,)))

    async def pictures(self, host: str) -> list[EvidenceItem]:
        query = EvidenceQuery(host=host, kind=EvidenceKind.SCREENSHOT)
        return list(await self.store.read(lambda uow: uow.evidence.find(query)))


def play(act: Callable[[Bench], Awaitable[Any]], *, room: bool = True, enabled: bool = True) -> Any:
    clock, store, files, camera = FakeClock(START), open_store("sqlite://"), FakeEvidence(START), FakeCamera()
    photographer = Photographer(
        clock=clock,
        store=store,
        evidence=files,
        camera=camera,
        watched=Watched(store),
        plan=ShotPlan(profiles=(DESKTOP, SOCIAL), enabled=enabled),
        room=lambda: room,
    )

    async def run() -> Any:
        await store.write(lambda uow: uow.outlets.put(SPIEGEL, START))
        await store.write(lambda uow: uow.sites.admit(Admission(host=HOST, domain=HOST, source="test"), START))
        try:
            return await act(Bench(clock, store, files, camera, photographer))
        finally:
            store.close()

    return asyncio.run(run())


def test_a_clone_is_pictured_where_it_was_seen_as_a_desktop_and_as_a_telephone() -> None:
    async def act(b: Bench) -> None:
        await b.see()
        b.clock.advance(timedelta(minutes=1))
        assert await b.photographer.take_pending() == 4  # two of the clone, two of the outlet's own home page
        assert b.camera.taken[:2] == [("https://spiegel.ltd/", "desktop"), ("https://spiegel.ltd/", "social")]
        items = await b.pictures(HOST)
        assert {(item.profile, item.outlets, item.dhash) for item in items} == {
            ("desktop", ("spiegel",), "0f" * 8),
            ("social", ("spiegel",), "0f" * 8),
        }
        assert all(item.kept.name in b.files.files for item in items)
        assert len(await b.pictures("spiegel.de")) == 2

    play(act)


def test_nothing_is_pictured_again_before_there_is_something_new() -> None:
    async def act(b: Bench) -> None:
        await b.see()
        b.clock.advance(timedelta(minutes=1))
        await b.photographer.take_pending()
        b.clock.advance(timedelta(hours=1))
        assert await b.photographer.take_pending() == 0
        await b.see("second")
        b.clock.advance(timedelta(minutes=1))
        b.camera.taken.clear()
        await b.photographer.take_pending()
        assert {url for url, _ in b.camera.taken} == {"https://spiegel.ltd/"}
        b.clock.advance(timedelta(days=7))
        b.camera.taken.clear()
        await b.photographer.take_pending()
        assert {url for url, _ in b.camera.taken} == {"https://spiegel.de/"}

    play(act)


def test_a_page_that_shows_nothing_is_tried_once_for_each_piece_of_evidence() -> None:
    async def act(b: Bench) -> None:
        b.camera.failed = {"https://spiegel.ltd/", "https://spiegel.de/"}
        await b.see()
        for _ in range(3):
            b.clock.advance(timedelta(minutes=1))
            assert await b.photographer.take_pending() == 0
        assert len(b.camera.taken) == 4
        assert b.photographer.state == "ok"

    play(act)


def test_a_missing_browser_is_a_state_and_no_error() -> None:
    async def act(b: Bench) -> None:
        b.camera.problem = "no Chromium is installed here"
        await b.see()
        assert await b.photographer.take_pending() == 0
        assert b.photographer.state == "off: no Chromium is installed here"
        b.camera.problem = ""
        assert await b.photographer.take_pending() > 0
        assert b.photographer.state == "ok"

    play(act)


def test_a_browser_that_does_not_start_is_left_alone_for_an_hour() -> None:
    async def act(b: Bench) -> None:
        b.camera.broken = "Chromium does not start: no usable sandbox"
        await b.see()
        assert await b.photographer.take_pending() == 0
        assert b.photographer.state == "off: Chromium does not start: no usable sandbox"
        b.camera.broken = ""
        b.clock.advance(timedelta(minutes=59))
        assert await b.photographer.take_pending() == 0
        b.clock.advance(timedelta(minutes=1))
        assert await b.photographer.take_pending() > 0

    play(act)


def test_nothing_is_pictured_without_room_or_against_the_operator_s_wish() -> None:
    async def act(b: Bench) -> int:
        await b.see()
        return await b.photographer.take_pending()

    assert play(act, room=False) == play(act, enabled=False) == 0


def test_a_disk_that_takes_no_picture_costs_nothing_but_the_picture() -> None:
    async def act(b: Bench) -> None:
        b.files.full = True
        await b.see()
        assert await b.photographer.take_pending() == 0
        assert await b.pictures(HOST) == []

    play(act)


def test_views_stand_for_a_desktop_and_a_telephone_that_came_the_same_way() -> None:
    wide, tall = views_for(SOCIAL, (DESKTOP, SOCIAL))
    assert (wide.profile.name, wide.touch) == ("desktop", False)
    assert wide.profile.headers["Referer"] == "https://l.facebook.com/"
    assert (tall.profile, tall.touch) == (SOCIAL, True)
    plain, _ = views_for(DESKTOP, (DESKTOP, SOCIAL))
    assert plain.profile == replace(DESKTOP)
