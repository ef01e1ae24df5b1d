"""Zone files as feeds: what came and what went, dated; kills; and new outlets looked for in what is kept."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from service.adapters.store import SqlStore, open_store
from service.core.feed import FeedState
from service.core.feed_cursors import SnapshotCursor
from service.core.model import Admission, Outlet, Site
from service.feeds.rematch import Rematcher
from service.feeds.snapshots import Snapshot, SnapshotPlan, follow_snapshots, zone_of
from service.pipeline.watched import Watched
from tests.fakes import FakeClock

START = datetime(2026, 11, 25, 12, tzinfo=UTC)
DAY = timedelta(days=1)
SPIEGEL = Outlet(id="spiegel", name="Der Spiegel", domain="spiegel.de")
BILD = Outlet(id="bild", name="Bild", domain="bild.de")
MANY = tuple(f"n{number:05}" for number in range(100))


class Rig:
    """Zones in a folder, kept snapshots in another one, rows in memory."""

    def __init__(self, folder: Path, store: SqlStore) -> None:
        self.zones, self.keep, self.store, self.clock = folder / "zones", folder / "kept", store, FakeClock(START)
        self.zones.mkdir()
        self.plan = SnapshotPlan(every=timedelta(minutes=10), late_after=1.5 * DAY, keep=self.keep)
        self.watched = Watched(store)
        asyncio.run(self.watch(SPIEGEL))

    async def watch(self, outlet: Outlet) -> None:
        await self.store.write(lambda uow: uow.outlets.put(outlet, self.clock.now()))
        await self.watched.refresh()

    def write(self, *labels: str, tld: str = "ltd") -> None:
        lines = [f"{tld}.\t1\tin\tsoa\tns.{tld}. mail.{tld}. {self.clock.now():%y%m%d%H} 2 3 4 5\n"]
        lines += [f"{label}.{tld}.\t1\tin\tns\tns{n}.host.net.\n" for label in labels for n in (1, 2)]
        path = self.zones / f"{tld}.txt"
        path.write_text("".join(lines))
        os.utime(path, (self.clock.now().timestamp(),) * 2)

    def round(self, tld: str = "ltd") -> FeedState:
        async def play() -> FeedState:
            await follow_snapshots(
                "zones", self.zones, self.plan, clock=self.clock, store=self.store, watched=self.watched
            )
            state = await self.store.read(lambda uow: uow.feeds.get(f"zones/{tld}"))
            assert state is not None
            return state

        return asyncio.run(play())

    def rematch(self) -> int:
        return asyncio.run(Rematcher(self.keep, clock=self.clock, store=self.store, watched=self.watched).run())

    def site(self, host: str) -> Site | None:
        found = asyncio.run(self.store.read(lambda uow: uow.sites.get(host)))
        return None if found is None else found[0]

    def sleep(self) -> None:
        """Nothing is due for a week."""
        asyncio.run(self.store.write(lambda uow: uow.sites.claim(self.clock.now(), self.clock.now() + 7 * DAY, 100)))


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    store = open_store("sqlite://")
    yield Rig(tmp_path, store)
    store.close()


def test_the_first_snapshot_is_taken_in_whole_and_dates_nothing(rig: Rig) -> None:
    rig.write(*MANY, "spiegel")
    state = rig.round()
    assert (state.read, state.admitted, state.newest_at, state.complaint) == (101, 1, START, "")
    site = rig.site("spiegel.ltd")
    assert site is not None
    assert (site.absent_at, site.listed_at) == (None, None)


def test_what_is_new_in_a_zone_was_absent_the_day_before_and_what_left_it_is_told_to_known_sites(rig: Rig) -> None:
    rig.write(*MANY, "spiegel", "spiegel-news")
    rig.round()
    rig.sleep()
    rig.clock.advance(DAY)
    rig.write(*MANY, "spiegel-news", "spiegel-online")
    state = rig.round()
    assert (state.read, state.matched) == (103, 3), "the added one alone"
    new, gone = rig.site("spiegel-online.ltd"), rig.site("spiegel.ltd")
    assert new is not None
    assert gone is not None
    assert (new.absent_at, new.listed_at) == (START, START + DAY)
    assert gone.due_at == START + DAY
    facts = asyncio.run(rig.store.read(lambda uow: uow.listings.of("spiegel.ltd")))
    assert [(fact.feed, fact.kind, fact.at) for fact in facts] == [("zones/ltd", "dropped", START + DAY)]
    kept = list((rig.keep / "zones_ltd").iterdir())
    assert len(kept) == 1, "the day before is given up"


def test_of_a_zone_that_shrank_by_half_nothing_is_believed_to_be_gone(rig: Rig) -> None:
    rig.write(*MANY, "spiegel")
    rig.round()
    rig.sleep()
    rig.clock.advance(DAY)
    rig.write(*MANY[:40], "spiegel-online")
    state = rig.round()
    assert state.complaint.startswith("shrank by half: 41 names of 2026-11-26 12:00 UTC, at least 50 were expected")
    assert rig.site("spiegel-online.ltd") is not None
    assert asyncio.run(rig.store.read(lambda uow: uow.listings.of("spiegel.ltd"))) == ()
    rig.clock.advance(DAY)
    rig.write(*MANY)
    assert rig.round().complaint == ""
    assert len(asyncio.run(rig.store.read(lambda uow: uow.listings.of("spiegel.ltd")))) == 1


def test_the_same_file_with_another_time_did_not_change(rig: Rig) -> None:
    rig.write("a")
    rig.round()
    path = rig.zones / "ltd.txt"
    os.utime(path, ((START + DAY).timestamp(),) * 2)
    assert rig.round().complaint.startswith("did not change")


def test_a_reading_that_was_cut_off_goes_on_with_the_two_snapshots_that_it_had(rig: Rig) -> None:
    rig.write("a", "b")
    rig.round()
    rig.clock.advance(DAY)
    rig.write("a", "spiegel")

    async def begin() -> FeedState:
        """Up to the first commit: the new snapshot is kept, and nothing of it taken in."""
        feed = Snapshot("zones/ltd", rig.zones / "ltd.txt", rig.plan)
        state = await rig.store.read(lambda uow: uow.feeds.get("zones/ltd"))
        assert state is not None
        reading = feed.batches(state)
        batch = await anext(reading)
        await reading.aclose()
        assert batch.cursor is not None
        begun = replace(state, cursor=batch.cursor)
        await rig.store.write(lambda uow: uow.feeds.save(begun))
        return begun

    begun = SnapshotCursor.read(asyncio.run(begin()).cursor)
    assert begun.base is not None
    assert begun.next is not None
    rig.clock.advance(DAY)
    rig.write("a", "spiegel", "spiegel-online")
    rig.round()
    assert rig.site("spiegel.ltd") is not None
    assert rig.site("spiegel-online.ltd") is None, "that file has its turn afterwards"
    rig.round()
    assert rig.site("spiegel-online.ltd") is not None


def test_a_kept_snapshot_that_somebody_removed_is_made_again(rig: Rig) -> None:
    rig.write("a", "spiegel")
    state = rig.round()
    next((rig.keep / "zones_ltd").iterdir()).unlink()
    rig.clock.advance(DAY)
    rig.write("a", "spiegel-news")
    state = rig.round()
    assert (state.error, rig.site("spiegel-news.ltd") is not None) == ("", True)


def test_a_folder_that_is_not_there_is_in_trouble_under_the_feeds_own_id(rig: Rig) -> None:
    rig.zones.rmdir()
    asyncio.run(follow_snapshots("zones", rig.zones, rig.plan, clock=rig.clock, store=rig.store, watched=rig.watched))
    state = asyncio.run(rig.store.read(lambda uow: uow.feeds.get("zones")))
    assert state is not None
    assert state.error.endswith("No such file or directory")


def test_a_new_outlet_is_looked_for_in_kept_snapshots_and_among_known_sites_once(rig: Rig) -> None:
    rig.write(*MANY, "spiegel", "bild-news")
    before = rig.round()
    asyncio.run(
        rig.store.write(
            lambda uow: uow.sites.admit(Admission(host="bild.shop", domain="bild.shop", source="sighting"), START)
        )
    )
    rig.rematch()
    rig.sleep()
    assert rig.site("bild-news.ltd") is None
    rig.clock.advance(DAY)
    asyncio.run(rig.watch(BILD))
    assert rig.rematch() == 2
    for host in ("bild-news.ltd", "bild.shop"):
        site = rig.site(host)
        assert site is not None
        assert ([one.outlet for one in site.lookalikes], site.due_at) == (["bild"], START + DAY)
    spiegel = rig.site("spiegel.ltd")
    assert spiegel is not None
    assert spiegel.due_at == START + 7 * DAY, "what the others resemble is not looked at for that"
    assert rig.rematch() == 0
    after = rig.round()
    assert (after.cursor, after.read) == (before.cursor, before.read), "no cursor is moved back"


@pytest.mark.parametrize(("name", "zone"), [("com.txt.gz", "com"), ("xn--p1ai.zone", "xn--p1ai"), ("co.uk", "co.uk")])
def test_a_zone_is_called_as_its_file(name: str, zone: str) -> None:
    assert zone_of(Path(name)) == zone


def test_a_folder_that_comes_back_is_in_trouble_no_more(rig: Rig) -> None:
    def state() -> FeedState:
        follow_all = follow_snapshots(
            "zones", rig.zones, rig.plan, clock=rig.clock, store=rig.store, watched=rig.watched
        )
        asyncio.run(follow_all)
        found = asyncio.run(rig.store.read(lambda uow: uow.feeds.get("zones")))
        assert found is not None
        return found

    rig.zones.rename(rig.zones.with_name("away"))
    rig.clock.advance(DAY)
    assert state().trouble(rig.clock.now() + DAY)
    rig.zones.with_name("away").rename(rig.zones)
    rig.clock.advance(DAY)
    assert (state().error, state().trouble(rig.clock.now())) == ("", "")
    rig.clock.advance(DAY)
    assert state().trouble(rig.clock.now()) == ""
