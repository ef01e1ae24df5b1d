"""What is kept of looks, what is let go, and what a verification finds, over a database in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from service.adapters.store import SqlStore, open_store
from service.adapters.warc import render
from service.core.evidence.items import EvidenceItem, EvidenceKind, EvidenceQuery
from service.core.evidence.retention import Retention
from service.core.facts.capture import Exchange
from service.core.facts.page import FetchedPage, PageFacts
from service.core.model import Admission, Judgement
from service.core.persistence.inputs import Looked
from service.core.persistence.lifecycle import Rules
from service.core.states import Verdict
from service.daemon.space import Room, Space
from service.pipeline.evidence import GRACE, Archivist, EvidencePlan, Scope, verify, verify_named
from service.pipeline.track import Tracker
from tests.builders import HOST, START, judgement, look
from tests.fakes import FakeClock, FakeEvidence, fetched

NOTHING = judgement(Verdict.UNKNOWN, shows=False)


@dataclass
class Bench:
    """One site, its store and its evidence. Files carry the clock's time."""

    clock: FakeClock
    store: SqlStore
    files: FakeEvidence
    archivist: Archivist
    tracker: Tracker

    async def see(self, text: str = "Text", judged: Judgement | None = None, **more: Any) -> tuple[EvidenceItem, ...]:
        """A look that found this text, kept and committed as examine.py does it."""
        row = await self.store.read(lambda uow: uow.sites.get(HOST))
        assert row is not None
        self.files.at = self.clock.now()
        judged = judged or judgement()
        seen = look(self.clock.now(), pages=(page(text),), **more)
        kept = await self.archivist.keep(row[0], seen, (judged,))
        seen = replace(seen, evidence=tuple(item.id for item in kept))
        await self.tracker.commit(HOST, Looked(look=seen, judgements=(judged,), evidence=kept))
        return kept

    async def rows(self, **query: Any) -> tuple[EvidenceItem, ...]:
        return await self.store.read(lambda uow: uow.evidence.find(EvidenceQuery(**query)))

    async def wrong(self) -> list[str]:
        found = await verify(self.store, self.files, self.clock.now() + 2 * GRACE)
        return [f"{one.kind} {one.name}" for one in found.findings]


def page(text: str) -> FetchedPage:
    url = f"https://{HOST}/"
    exchange = Exchange(url=url, address="192.0.2.1", sent=b"GET / HTTP/1.1\r\n\r\n", received=text.encode())
    return replace(fetched(url, "social", PageFacts(title="Spiegel", text=text)), exchanges=(exchange,))


def play(act: Callable[[Bench], Awaitable[Any]], *, room: bool = True, **plan: Any) -> Any:
    clock, store = FakeClock(START), open_store("sqlite://")
    files = FakeEvidence(START)
    archivist = Archivist(
        clock=clock,
        store=store,
        evidence=files,
        render=render,
        plan=EvidencePlan(software="test", **plan),
        room=lambda: room,
    )
    bench = Bench(clock, store, files, archivist, Tracker(clock=clock, store=store, rules=Rules()))

    async def run() -> Any:
        await store.write(lambda uow: uow.sites.admit(Admission(host=HOST, domain=HOST, source="test"), START))
        try:
            return await act(bench)
        finally:
            store.close()

    return asyncio.run(run())


def test_a_flagged_look_leaves_a_file_and_a_row_and_its_observation_names_it() -> None:
    async def act(b: Bench) -> None:
        (kept,) = await b.see()
        assert await b.rows() == (replace(kept, added_at=START),)
        assert kept.outlets == ("spiegel",)
        row = await b.store.read(lambda uow: uow.sites.get(HOST))
        assert row is not None
        assert row[0].observation is not None
        assert row[0].observation.summary["evidence"] == [kept.id]
        assert await b.wrong() == []

    play(act)


def test_an_equal_look_leaves_nothing_and_the_ids_of_the_first_stay_in_view() -> None:
    async def act(b: Bench) -> None:
        (first,) = await b.see()
        b.clock.advance(timedelta(hours=1))
        assert await b.see() == ()
        b.clock.advance(timedelta(hours=1))
        (second,) = await b.see("Anderes")
        row = await b.store.read(lambda uow: uow.sites.get(HOST))
        assert row is not None
        assert row[0].observation is not None
        assert (row[0].observation.count, row[0].observation.summary["evidence"]) == (3, [first.id, second.id])
        assert len(await b.rows()) == 2

    play(act)


@pytest.mark.parametrize(("scope", "judged", "kept"), [
    (Scope.NONE, judgement(), 0),
    (Scope.FLAGGED, NOTHING, 0),
    (Scope.FLAGGED, judgement(Verdict.SUSPECTED, shows=False), 1),
    (Scope.ALL, NOTHING, 1),
])  # fmt: skip
def test_the_scope_says_of_which_looks_evidence_is_kept(scope: Scope, judged: Judgement, kept: int) -> None:
    async def act(b: Bench) -> int:
        return len(await b.see(judged=judged))

    assert play(act, scope=scope) == kept


def test_what_becomes_of_a_flagged_site_is_kept_though_the_look_itself_flags_nothing() -> None:
    async def act(b: Bench) -> None:
        await b.see()
        b.clock.advance(timedelta(days=1))
        (gone,) = await b.see("This domain has been seized", judged=NOTHING)
        assert gone.outlets == ("spiegel",)

    play(act)


def test_a_look_goes_on_without_evidence_where_the_disk_takes_none() -> None:
    async def act(b: Bench) -> None:
        b.files.full = True
        assert await b.see() == ()
        b.files.full = False
        b.clock.advance(timedelta(hours=1))
        assert len(await b.see()) == 1

    play(act)


def test_no_evidence_is_written_while_there_is_little_room() -> None:
    async def act(b: Bench) -> int:
        return len(await b.see())

    assert play(act, room=False) == 0


def test_tidying_lets_go_of_the_old_and_says_so_before_the_file_goes() -> None:
    async def act(b: Bench) -> None:
        (kept,) = await b.see(judged=NOTHING)
        b.clock.advance(timedelta(days=11))
        assert await b.archivist.tidy() == 1
        (row,) = await b.rows()
        assert (row.removed_at, row.removed_why) == (b.clock.now(), "older than 10 days")
        assert kept.kept.name not in b.files.files
        assert await b.wrong() == []

    play(act, scope=Scope.ALL, retention=Retention(other=timedelta(days=10)))


def test_a_file_without_a_row_is_left_for_an_hour_and_then_removed() -> None:
    """What a kill between the file and the commit leaves behind."""

    async def act(b: Bench) -> None:
        await b.see()
        stray = await b.files.keep(EvidenceKind.WARC, lambda: b"stray")
        b.clock.advance(GRACE)
        assert await b.archivist.remove_unnamed() == 0
        assert await b.wrong() == [f"surplus {stray.name}"]
        b.clock.advance(timedelta(seconds=1))
        assert await b.archivist.remove_unnamed() == 1
        assert await b.wrong() == []

    play(act)


def test_each_day_with_news_has_a_manifest_that_names_the_one_before() -> None:
    async def act(b: Bench) -> None:
        await b.see("one")
        b.clock.advance(timedelta(days=1))
        await b.see("two")
        assert (
            await b.archivist.write_manifests() == 0
        )  # the second day's hour of grace is not over, the first's is not
        b.clock.advance(timedelta(days=5))
        assert await b.archivist.write_manifests() == 2
        assert await b.archivist.write_manifests() == 0
        found = await verify(b.store, b.files, b.clock.now())
        assert (found.files, found.manifests, found.findings) == (2, 2, ())

    play(act)


def test_single_files_are_verified_by_their_ids() -> None:
    async def act(b: Bench) -> None:
        (one,) = await b.see("one")
        (two,) = await b.see("two")
        found = await verify_named(b.store, b.files, [one.kept.sha256, two.kept.sha256])
        assert (found.files, found.bytes, found.findings) == (2, one.kept.bytes + two.kept.bytes, ())
        b.files.files[two.kept.name] = b"altered", b.clock.now()
        found = await verify_named(b.store, b.files, [two.kept.sha256, "0" * 64])
        assert {one.kind for one in found.findings} == {"altered", "unknown"}
        b.clock.advance(timedelta(days=3000))
        await b.archivist.tidy()
        (finding,) = (await verify_named(b.store, b.files, [one.kept.sha256])).findings
        assert finding.kind == "let go"
        assert finding.detail

    play(act)


def test_a_verification_names_what_is_missing_altered_and_unnamed() -> None:
    async def act(b: Bench) -> None:
        (one,) = await b.see("one")
        b.clock.advance(timedelta(hours=1))
        (two,) = await b.see("two")
        b.clock.advance(timedelta(days=2))
        await b.archivist.tidy()
        del b.files.files[one.kept.name]
        b.files.files[two.kept.name] = b"altered", b.clock.now()
        assert sorted(await b.wrong()) == sorted([f"altered {two.kept.name}", f"missing {one.kept.name}"])
        manifest = next(name for name in b.files.files if name.endswith(".manifest.ndjson"))
        b.files.files[manifest] = b"{}", b.clock.now()
        assert any(line.startswith("chain") for line in await b.wrong())

    play(act)


def test_tidying_never_removes_a_manifest_even_of_a_broken_chain() -> None:
    async def act(b: Bench) -> None:
        await b.see("one")
        b.clock.advance(timedelta(days=2))
        await b.archivist.tidy()
        await b.see("two")
        b.clock.advance(timedelta(days=2))
        await b.archivist.tidy()
        manifests = [name for name in b.files.files if name.endswith(".manifest.ndjson")]
        newest = str(await b.store.read(lambda uow: uow.actions.get_state("evidence.manifest"))).split()[1]
        del b.files.files[newest + ".manifest.ndjson"]
        b.clock.advance(timedelta(days=2))
        await b.archivist.remove_unnamed()
        assert len([name for name in b.files.files if name in manifests]) == 1

    play(act)


def test_room_on_the_disk_is_told_once_a_turn_and_looks_stop_last() -> None:
    clock, store, files = FakeClock(START), open_store("sqlite://"), FakeEvidence(START)
    space = Space(clock=clock, store=store, files=files, evidence=1000, looks=100)
    ran: list[str] = []

    async def tick() -> None:
        ran.append(space.room.name)

    async def act() -> list[str]:
        for free in (5000, 500, 400, 50, 5000):
            clock.advance(timedelta(seconds=10))
            files.free_bytes = free
            await space.check()
            assert ("free on the disk" in space.full()) is (free == 50)
            await space.while_there_is_room(tick)()
        told = await store.read(lambda uow: uow.views.events(0, 100))
        return [str(event["data"]["detail"]["recovered"]) for event in told]

    try:
        assert asyncio.run(act()) == ["False", "False", "True"]
    finally:
        store.close()
    assert ran == ["ENOUGH", "LITTLE", "LITTLE", "ENOUGH"]
    assert (space.said, space.for_evidence(), space.room) == ("ok", True, Room.ENOUGH)
