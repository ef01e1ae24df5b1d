"""Lists of names as feeds: what is new of them, what is wrong with them, and going on in the middle of one."""

from __future__ import annotations

import asyncio
import gzip
import io
import os
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from service.adapters.store import SqlStore, open_store
from service.core.feed import FeedState
from service.core.feed_cursors import ListCursor
from service.core.model import Outlet, Site
from service.feeds.follow import follow, judge_feeds
from service.feeds.name_lists import LocalLists, NameLists
from service.pipeline.watched import Watched
from tests.fakes import FakeClock

START = datetime(2026, 11, 25, 12, tzinfo=UTC)
DAY = timedelta(days=1)


class Rig:
    """A feed over ``path``, in memory."""

    def __init__(self, path: Path, store: SqlStore) -> None:
        self.path, self.store, self.clock = path, store, FakeClock(START)
        self.feed = NameLists("new", LocalLists(path), every=timedelta(hours=1), late_after=1.5 * DAY)

    def write(self, content: bytes, name: str = "", at: datetime = START) -> None:
        path = self.path / name if name else self.path
        path.write_bytes(content)
        os.utime(path, (at.timestamp(), at.timestamp()))

    def round(self) -> FeedState:
        async def play() -> FeedState:
            outlet = Outlet(id="spiegel", name="Der Spiegel", domain="spiegel.de")
            await self.store.write(lambda uow: uow.outlets.put(outlet, START))
            await follow(self.feed, clock=self.clock, store=self.store, watched=Watched(self.store))
            state = await self.store.read(lambda uow: uow.feeds.get("new"))
            assert state is not None
            return state

        return asyncio.run(play())

    def site(self, host: str) -> Site | None:
        found = asyncio.run(self.store.read(lambda uow: uow.sites.get(host)))
        return None if found is None else found[0]

    def told(self) -> list[tuple[bool, str]]:
        asyncio.run(judge_feeds(self.clock, self.store))
        said = asyncio.run(self.store.read(lambda uow: uow.views.events(0, 10)))
        return [(event["data"]["detail"]["recovered"], event["data"]["detail"]["detail"]) for event in said]


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    store = open_store("sqlite://")
    yield Rig(tmp_path / "list", store)
    store.close()


def packed(**files: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


CSV = b"domain,first_listed\nspiegel.ltd,2026-11-20\nweather.com,2026-11-21\n"


@pytest.mark.parametrize(
    "content",
    [b"spiegel.ltd\nweather.com\n", CSV, gzip.compress(CSV), packed(a=b"spiegel.ltd\n", b=b"weather.com\n")],
    ids=["text", "csv", "gzip", "zip"],
)
def test_a_list_is_read_however_it_is_packed(rig: Rig, content: bytes) -> None:
    rig.write(content)
    state = rig.round()
    assert (state.read, state.matched, state.admitted, state.complaint, state.error) == (2, 1, 1, "", "")
    assert rig.site("spiegel.ltd") is not None


def test_the_first_listing_dates_a_name_and_the_lists_own_time_does_where_it_says_none(rig: Rig) -> None:
    rig.write(b"domain;created\nspiegel.ltd;2026-11-20\nspiegel.top;soon\nspiegel.shop;2027-01-01\n", at=START - DAY)
    rig.round()
    dates = [site and site.listed_at for site in map(rig.site, ("spiegel.ltd", "spiegel.top", "spiegel.shop"))]
    assert dates == [datetime(2026, 11, 20, tzinfo=UTC), START - DAY, None]


def test_an_unchanged_file_is_left_alone_and_a_changed_one_read_again(rig: Rig) -> None:
    rig.write(b"spiegel.ltd\n")
    assert [rig.round().read for _ in range(2)] == [1, 1]
    rig.write(b"spiegel.ltd\nspiegel.top\n", at=START + DAY)
    state = rig.round()
    assert (state.read, state.admitted, state.newest_at) == (3, 2, START + DAY)


def test_each_file_of_a_folder_is_taken_in_once_in_the_order_of_names(rig: Rig) -> None:
    rig.path.mkdir()
    rig.write(b"spiegel.ltd\n", "2026-11-24.txt")
    rig.write(b"spiegel.top\n", "2026-11-25.txt", START + DAY)
    rig.write(b"spiegel.shop\n", "2026-11-26.txt.part")
    assert rig.round().read == 2
    assert list(ListCursor.read(rig.round().cursor).done) == ["2026-11-24.txt", "2026-11-25.txt"]
    (rig.path / "2026-11-26.txt.part").rename(rig.path / "2026-11-26.txt")
    assert rig.round().read == 3


def test_what_comes_again_as_it_was_or_shrinks_by_half_or_is_late_is_told_and_so_is_the_next_good_one(rig: Rig) -> None:
    rig.write("\n".join(f"name{number}.com" for number in range(1000)).encode())
    rig.round()
    assert rig.told() == []
    content = rig.path.read_bytes()
    rig.write(content, at=START + DAY)
    rig.clock.advance(DAY)
    assert rig.round().complaint == (
        "did not change: what came at 2026-11-26 12:00 UTC is octet by octet the list of 2026-11-25 12:00"
        " (1,000 names); a new one was expected"
    )
    assert [recovered for recovered, _ in rig.told()] == [False]
    rig.write(content + b"\nother.com", at=START + 1.5 * DAY)
    assert rig.round().complaint == ""
    assert [recovered for recovered, _ in rig.told()] == [False, True]
    rig.write(content[:4000], at=START + 2 * DAY)
    assert rig.round().complaint.startswith("shrank by half: 3")
    assert rig.round().complaint.endswith("at least 500 were expected after 1,001 of 2026-11-27 00:00")
    rig.write(content, at=START + 3 * DAY)
    assert rig.round().complaint == ""
    rig.told()
    rig.clock.advance(2 * DAY)
    rig.round()
    assert rig.told()[-1] == (False, "brought nothing new for 2 d, something was expected within 1 d 12 h")


def test_a_round_that_was_cut_off_goes_on_where_it_stood(rig: Rig) -> None:
    first = [f"name{number}.com" for number in range(60_000)]
    rig.write("\n".join([*first, "spiegel.ltd"]).encode())
    whole = rig.round()
    cursor = ListCursor(under_way=("list", ListCursor.read(whole.cursor).done["list"]), position=50_000)

    async def back() -> None:
        state = FeedState(id="new", kind="names", begun_at=START, cursor=cursor.text)
        await rig.store.write(lambda uow: uow.feeds.save(state))

    asyncio.run(back())
    again = rig.round()
    assert (again.read, again.cursor) == (10_001, whole.cursor)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (gzip.compress(CSV * 500)[:-9], "the gzip stream is cut short"),
        (b"", "has no name in it"),
        (b"\n# nothing\n", "has no name in it"),
    ],
)
def test_a_list_that_is_not_whole_is_told_of(rig: Rig, content: bytes, said: str) -> None:
    rig.write(content)
    assert said in rig.round().complaint


def test_what_cannot_be_read_is_said_in_words_and_tried_again(rig: Rig) -> None:
    assert rig.round().error.endswith("list: No such file or directory")
    rig.write(packed(a=b"spiegel.ltd\n")[:-3] + b"PK\5\6")
    assert rig.round().admitted == 0
    rig.write(b"spiegel.ltd\n", at=START + DAY)
    state = rig.round()
    assert (state.error, state.admitted) == ("", 1)


def with_field(archive: bytes, offset: int, value: int) -> bytes:
    """The archive with another value in a field of its local header and of its central one (APPNOTE 4.3.7, 4.3.12)."""
    changed = bytearray(archive)
    for signature, further in ((b"PK\3\4", 0), (b"PK\1\2", 2)):
        at = archive.index(signature) + offset + further
        changed[at : at + 2] = value.to_bytes(2, "little")
    return bytes(changed)


FLAGS, METHOD = 6, 8


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (with_field(packed(a=CSV), FLAGS, 1), "a in it is encrypted"),
        (with_field(packed(a=CSV), METHOD, 99), "a in it: That compression method is not supported"),
        (packed(a=CSV).replace(b"PK\3\4", b"PK\3\5", 1), "Bad magic number for file header"),
    ],
    ids=["encrypted", "of an unknown packing", "damaged"],
)
def test_a_zip_that_cannot_be_read_is_the_lists_fault_and_the_next_one_is_taken(
    rig: Rig, content: bytes, said: str
) -> None:
    rig.write(content)
    state = rig.round()
    assert f"the ZIP cannot be read: {said}" in state.error
    rig.write(packed(a=CSV), at=START + DAY)
    state = rig.round()
    assert (state.error, state.admitted) == ("", 1)


def test_a_zip_that_would_fill_everything_is_not_unpacked(rig: Rig) -> None:
    member = zipfile.ZipInfo("names.txt")
    member.compress_type = zipfile.ZIP_DEFLATED
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number in range(2):
            archive.writestr(f"{number}.txt", b"spiegel.ltd\n")
        for entry in archive.infolist():
            entry.file_size = 1 << 30
    rig.write(buffer.getvalue())
    state = rig.round()
    assert (state.read, state.error.rpartition(": ")[2]) == (
        0,
        "would unpack to 2,147,483,648 octets, 1,073,741,824 at most are believed",
    )


@pytest.mark.parametrize("text", ["", "17 4 1", "[]", "{}", '{"done": 1, "last": {}, "under_way": [], "position": 0}'])
def test_a_cursor_that_means_nothing_is_the_beginning(text: str) -> None:
    assert ListCursor.read(text) == ListCursor()
