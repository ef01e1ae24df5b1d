"""The database as a file: several processes, kills, full disks, damaged files, backups."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import sqlite3
import stat
import threading
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from service.adapters.backup import backup
from service.adapters.dump import canonical_dump
from service.adapters.schema import is_current, upgrade
from service.adapters.store import open_store
from service.core.errors import ConfigError, InvalidInput, StoreUnavailable
from tests.store_cases import START, Opened, admission, endpoint, event, impersonating, opened, write_many

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from service.ports import UnitOfWork

SPAWN = multiprocessing.get_context("spawn")
ROUNDS = 40


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Opened]:
    with opened("file", tmp_path) as one:
        yield one


def test_two_processes_that_write_at_once_both_succeed(store: Opened) -> None:
    store.put_endpoints(endpoint("hook"))
    other = SPAWN.Process(target=write_many, args=(store.url, "other", ROUNDS))
    other.start()
    mine = 0
    while mine < ROUNDS or other.exitcode is None:
        write_many(store.url, f"mine{mine}-", 1)
        mine += 1
    other.join()
    assert other.exitcode == 0
    events = store.read(lambda unit: unit.views.events(0, 100_000))
    assert [row["sequence"] for row in events] == list(range(1, ROUNDS + mine + 1))
    assert store.read(lambda unit: unit.views.counts())["deliveries_pending"] == ROUNDS + mine


def test_a_process_that_is_killed_leaves_whole_transactions(store: Opened) -> None:
    writer = SPAWN.Process(target=write_many, args=(store.url, "a", 100_000))
    writer.start()
    while not store.read(lambda unit: unit.views.events(20, 1)):
        assert writer.is_alive()
    assert writer.pid is not None
    os.kill(writer.pid, signal.SIGKILL)
    writer.join(60)
    counts = store.read(lambda unit: unit.views.counts())
    assert counts["events"] == counts["flagged"] == counts["observations"] == counts["episodes"]
    assert counts["sites"] - counts["events"] in (0, 1), "admitted, not yet looked at"
    write_many(store.url, "b", 3)
    events = store.read(lambda unit: unit.views.events(0, 100_000))
    assert [row["sequence"] for row in events] == list(range(1, counts["events"] + 4))


def test_a_reader_keeps_its_snapshot_while_others_write(store: Opened) -> None:
    begun, written = threading.Event(), threading.Event()

    def look_twice(unit: UnitOfWork) -> tuple[int, int]:
        first = unit.views.counts()["sites"]
        begun.set()
        assert written.wait(10)
        return first, unit.views.counts()["sites"]

    async def both() -> tuple[int, int]:
        reading = asyncio.create_task(store.store.read(look_twice))
        await asyncio.to_thread(begun.wait, 10)
        await store.store.write(lambda unit: unit.sites.admit(admission("a.example"), START))
        written.set()
        return await reading

    assert asyncio.run(both()) == (0, 0)
    assert store.read(lambda unit: unit.views.counts())["sites"] == 1


def test_a_database_that_somebody_else_keeps_locked_is_unavailable_in_words(store: Opened, tmp_path: Path) -> None:
    hasty = open_store(store.url, busy_seconds=0.05)
    with closing(sqlite3.connect(tmp_path / "store.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable, match="another process has been writing"):
            Opened(hasty, store.url).admit(admission("a.example"))
        assert Opened(hasty, store.url).read(lambda unit: unit.views.counts())["sites"] == 0, "readers never wait"
        other.execute("ROLLBACK")
    Opened(hasty, store.url).admit(admission("a.example"))
    hasty.close()


def test_a_full_disk_is_unavailable_in_words_and_loses_only_that_step(store: Opened) -> None:
    store.admit(admission("kept.example", "spiegel"))
    with store.store.writer.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages + 4}")
    with pytest.raises(StoreUnavailable, match="the disk is full"):
        store.admit(*(admission(f"{number}.example", "spiegel") for number in range(2000)))
    with store.store.writer.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count=1000000")
    store.admit(admission("more.example", "spiegel"))
    assert store.read(lambda unit: unit.views.counts())["sites"] == 2


@pytest.mark.parametrize("content", [b"x", b"this is no database, but it is long enough to be taken for one " * 20])
def test_a_file_that_is_no_database_is_left_alone_and_unavailable_in_words(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "store.db"
    path.write_bytes(content)
    for use in (upgrade, _open_and_write):
        with pytest.raises(StoreUnavailable, match=r"store\.db: .*not a database"):
            use(f"sqlite:///{path}")
    assert path.read_bytes() == content
    assert [one.name for one in tmp_path.iterdir()] == ["store.db"]


def _open_and_write(url: str) -> None:
    with closing(open_store(url)) as store:
        Opened(store, url).admit(admission("a.example"))


def test_a_damaged_file_is_unavailable_in_words(tmp_path: Path) -> None:
    with opened("file", tmp_path) as store:
        store.admit(*(admission(f"{number}.example", "spiegel") for number in range(200)))
    path = tmp_path / "store.db"
    content = bytearray(path.read_bytes())
    content[4096 * 2 :] = b"\xff" * (len(content) - 4096 * 2)
    path.write_bytes(content)
    store_again = open_store(f"sqlite:///{path}")
    with pytest.raises(StoreUnavailable, match="damaged"):
        Opened(store_again, "").read(lambda unit: unit.views.counts())
    store_again.close()


def test_a_folder_that_cannot_be_made_is_unavailable_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(StoreUnavailable, match=r"Not a directory|File exists"):
        open_store(f"sqlite:///{tmp_path}/file/store.db")


def test_a_database_without_its_tables_says_what_to_run(tmp_path: Path) -> None:
    bare = open_store(f"sqlite:///{tmp_path}/new/store.db")
    with pytest.raises(StoreUnavailable, match="spoofwatch db upgrade"):
        Opened(bare, "").read(lambda unit: unit.views.counts())
    bare.close()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "store.db",
        "postgresql:/user:secret@host/db",
        "postgresql://user:secret@host/db",
        "postgresql+psycopg2://user:secret@host/db",
        "mysql://x",
        "sqlite:/x",
        "file:///x",
    ],
)
def test_a_url_that_is_not_supported_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(ConfigError, match=r"database\.url") as caught:
        open_store(url)
    assert "secret" not in str(caught.value)


def test_the_files_are_readable_for_their_owner_alone(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/store.db"
    upgrade(url)
    store = open_store(url)
    Opened(store, url).admit(admission("a.example"))
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    store.close()
    assert modes == dict.fromkeys(("store.db", "store.db-wal", "store.db-shm"), 0o600)


def test_foreign_keys_hold_and_nothing_waits_for_the_disk_at_every_commit(store: Opened) -> None:
    with store.store.writer.connect() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("foreign_keys", "journal_mode", "synchronous", "busy_timeout")
        }
    assert pragmas == {"foreign_keys": 1, "journal_mode": "wal", "synchronous": 1, "busy_timeout": 30_000}


# --- backup ----------------------------------------------------------------------------------------------------------


def test_a_backup_of_a_running_store_is_a_whole_database(store: Opened, tmp_path: Path) -> None:
    for number in range(20):
        store.admit(admission(f"{number}.example", "spiegel"))
        site, version = store.site(f"{number}.example")
        assert store.save(impersonating(site, START), version, event(str(number), host=site.host))
    target = tmp_path / "kept" / "copy.db"
    target.parent.mkdir()
    size = backup(store.url, target)
    assert size == target.stat().st_size
    assert [path.name for path in target.parent.iterdir()] == ["copy.db"]
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert is_current(f"sqlite:///{target}")
    upgrade(f"sqlite:///{target}")
    restored = open_store(f"sqlite:///{target}")
    assert asyncio.run(canonical_dump(restored)) == asyncio.run(canonical_dump(store.store))
    restored.close()


def test_a_backup_replaces_an_older_one_only_when_it_is_whole(store: Opened, tmp_path: Path) -> None:
    target = tmp_path / "copy.db"
    target.write_bytes(b"the older backup")
    with pytest.raises(StoreUnavailable):
        backup(store.url, tmp_path / "nowhere" / "copy.db")
    assert target.read_bytes() == b"the older backup"
    assert backup(store.url, target) == target.stat().st_size


def test_a_backup_onto_the_database_itself_is_refused(store: Opened, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="the database itself"):
        backup(store.url, tmp_path / "store.db")
    store.admit(admission("a.example"))


def test_there_is_no_backup_of_nothing(tmp_path: Path) -> None:
    for url in ("sqlite://", f"sqlite:///{tmp_path}/none.db"):
        with pytest.raises(InvalidInput, match="no database file"):
            backup(url, tmp_path / "copy.db")
    assert list(tmp_path.iterdir()) == []
