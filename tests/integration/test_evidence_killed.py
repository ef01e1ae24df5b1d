"""kill -9 between any two steps: files too many at most, never a row without its file."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from service.adapters.clock import SystemClock
from service.adapters.evidence import EvidenceFiles
from service.adapters.schema import upgrade
from service.adapters.store import open_store
from service.adapters.warc import render
from service.core.evidence.items import EvidenceKind, EvidenceQuery
from service.pipeline.evidence import GRACE, Archivist, EvidencePlan, Verified, verify
from service.ports import Clock

ROOT = Path(__file__).parents[2]
WORKER = """
import asyncio, os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from service.adapters.evidence import EvidenceFiles
from service.adapters.store import open_store
from service.core.evidence.items import EvidenceItem, EvidenceKind

folder, stage = Path(sys.argv[1]), sys.argv[2]
AT = datetime(2022, 6, 1, tzinfo=UTC)


def die(here):
    if here == stage:
        os.kill(os.getpid(), signal.SIGKILL)


def make(n):
    die("made")
    return os.urandom(400_000) + b"%d" % n


async def look(files, store, n):
    kept = await files.keep(EvidenceKind.WARC, lambda: make(n))
    die("written")
    item = EvidenceItem(kept=kept, host="spiegel.ltd", taken_at=AT, url="https://spiegel.ltd/", profile="x")

    def step(uow):
        uow.evidence.add([item], AT)
        die("named")

    await store.write(step)
    print(n, flush=True)
    die("committed")


async def run():
    files, store = EvidenceFiles(folder / "evidence"), open_store(f"sqlite:///{folder}/db")
    for n in range(100_000):
        await look(files, store, n)


asyncio.run(run())
"""


def work(folder: Path, stage: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WORKER, str(folder), stage], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )


class Later(SystemClock):
    """The machine's clock, two hours on: the hour of grace is over."""

    def real_now(self) -> datetime:
        return super().real_now() + 2 * GRACE


def tidied(folder: Path) -> tuple[Verified, Verified, int]:
    """What a verification finds after the kill, what it finds after the next tidying, and how many rows there are."""

    async def run() -> tuple[Verified, Verified, int]:
        store, files = open_store(f"sqlite:///{folder}/db"), EvidenceFiles(folder / "evidence")
        clock: Clock = Later()
        archivist = Archivist(
            clock=clock, store=store, evidence=files, render=render, plan=EvidencePlan(software="test")
        )
        try:
            before = await verify(store, files, clock.real_now())
            await archivist.remove_unnamed()
            rows = await store.read(lambda uow: uow.evidence.find(EvidenceQuery()))
            return before, await verify(store, files, clock.real_now()), len(rows)
        finally:
            store.close()

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("stage", "rows", "surplus"), [("made", 0, 0), ("written", 0, 1), ("named", 0, 1), ("committed", 1, 0)]
)
def test_a_kill_at_each_boundary_loses_nothing_and_leaves_no_row_without_its_file(
    tmp_path: Path, stage: str, rows: int, surplus: int
) -> None:
    upgrade(f"sqlite:///{tmp_path}/db")
    with work(tmp_path, stage) as process:
        assert process.wait(60) == -signal.SIGKILL
    before, after, found = tidied(tmp_path)
    assert [one.kind for one in before.findings] == ["surplus"] * surplus
    assert (after.findings, found, after.files) == ((), rows, rows)


def test_kills_in_the_middle_of_writing_leave_whole_files_or_none(tmp_path: Path) -> None:
    upgrade(f"sqlite:///{tmp_path}/db")
    for n in range(3):
        with work(tmp_path, "never") as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "0\n"
            time.sleep(0.003 * n + 0.002)
            os.kill(process.pid, signal.SIGKILL)
    before, after, rows = tidied(tmp_path)
    assert {one.kind for one in before.findings} <= {"surplus"}
    assert (after.findings, after.files) == ((), rows)
    assert rows >= 3


def test_an_unfinished_file_is_listed_under_its_own_name_and_removed(tmp_path: Path) -> None:
    files = EvidenceFiles(tmp_path)
    kept = asyncio.run(files.keep(EvidenceKind.WARC, lambda: b"x"))
    unfinished = tmp_path / kept.sha256[:2] / f".new-{kept.name}"
    unfinished.write_bytes(b"half")
    listed = asyncio.run(files.inventory())
    assert [file.name for file in listed] == [unfinished.name, kept.name]
    assert datetime.now(UTC) - listed[0].changed_at < timedelta(minutes=5)
    asyncio.run(files.remove([unfinished.name]))
    assert not unfinished.exists()
