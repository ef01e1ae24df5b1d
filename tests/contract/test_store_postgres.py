"""What only a server's database can show: several writers, its locks, its failures in words, its migrations."""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from alembic import command

from service.adapters.backup import backup
from service.adapters.database import engine_for, parse_url
from service.adapters.database_postgres import WRITERS
from service.adapters.schema import config, is_current, upgrade
from service.adapters.store import open_store
from service.commands.daemon import instance_lock
from service.core.errors import Conflict, InvalidInput, StoreUnavailable
from tests.postgres import empty_postgres, new_postgres
from tests.store_cases import HOUR, START, Opened, admission, endpoint, impersonating, write_many

SPAWN = multiprocessing.get_context("spawn")
ROUNDS = 20
HOST = "spiegel.ltd"


@pytest.fixture
def store() -> Iterator[Opened]:
    url = empty_postgres()
    with closing(open_store(url, busy_seconds=20)) as one:
        yield Opened(one, url)


def test_processes_that_write_at_once_all_succeed_and_number_events_without_gaps(store: Opened) -> None:
    store.put_endpoints(endpoint("hook"))
    others = [SPAWN.Process(target=write_many, args=(store.url, name, ROUNDS)) for name in ("a", "b")]
    for other in others:
        other.start()
    write_many(store.url, "mine", ROUNDS)
    for other in others:
        other.join()
    assert [other.exitcode for other in others] == [0, 0]
    events = store.read(lambda unit: unit.views.events(0, 1_000))
    assert [row["sequence"] for row in events] == list(range(1, 3 * ROUNDS + 1))
    assert store.read(lambda unit: unit.views.counts())["deliveries_pending"] == 3 * ROUNDS


def test_what_a_store_remembers_of_a_site_is_never_taken_for_what_another_wrote(store: Opened) -> None:
    with closing(open_store(store.url)) as second:
        other = Opened(second, store.url)
        store.admit(admission(HOST, "spiegel"))
        mine, version = store.site(HOST)
        theirs, _ = other.site(HOST)
        assert other.save(impersonating(theirs, START), version)
        assert not store.save(impersonating(mine, START), version), "a version that moved on is not written over"
        assert store.site(HOST) == other.site(HOST) == (impersonating(theirs, START), version + 1)


def test_two_that_claim_share_the_due_sites(store: Opened) -> None:
    store.admit(*(admission(f"{number}.example") for number in range(20)))
    with closing(open_store(store.url)) as second:

        async def claim(of: Opened) -> list[str]:
            claimed = await of.store.write(lambda unit: unit.sites.claim(START, START + HOUR, 15))
            return [site.host for site, _ in claimed]

        async def both() -> tuple[list[str], list[str]]:
            mine, theirs = await asyncio.gather(claim(store), claim(Opened(second, store.url)))
            return mine, theirs

        mine, theirs = asyncio.run(both())
    assert sorted([*mine, *theirs]) == sorted(f"{number}.example" for number in range(20))


def test_a_writer_that_waits_too_long_is_told_in_words_and_readers_do_not_wait(store: Opened) -> None:
    with (
        closing(open_store(store.url, busy_seconds=0.05)) as hasty,
        psycopg.connect(store.url.replace("+psycopg", "", 1)) as other,
    ):
        other.execute(f"SELECT pg_advisory_xact_lock({WRITERS})".encode())
        with pytest.raises(StoreUnavailable, match="another process has been writing"):
            Opened(hasty, store.url).admit(admission(HOST))
        assert Opened(hasty, store.url).read(lambda unit: unit.views.counts())["sites"] == 0
        other.rollback()
        Opened(hasty, store.url).admit(admission(HOST))


def test_a_connection_that_the_server_cut_is_replaced(store: Opened) -> None:
    store.admit(admission(HOST))
    with psycopg.connect(store.url.replace("+psycopg", "", 1), autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    store.admit(admission("bild.pics"))
    assert store.read(lambda unit: unit.views.counts())["sites"] == 2


def test_one_daemon_at_a_time(store: Opened) -> None:
    with instance_lock(store.url), pytest.raises(Conflict, match="another daemon runs on"), instance_lock(store.url):
        raise AssertionError("two daemons run")
    with instance_lock(store.url):
        pass


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql+psycopg://me:secret@127.0.0.1:1/none", "it does not answer"),
        ("postgresql+psycopg://me:secret@/none?host=/nowhere", "it does not answer"),
    ],
)
def test_a_server_that_is_not_there_is_unavailable_in_words_without_the_password(url: str, said: str) -> None:
    with closing(open_store(url)) as gone, pytest.raises(StoreUnavailable, match=said) as caught:
        Opened(gone, url).read(lambda unit: unit.views.counts())
    assert "secret" not in str(caught.value)


def test_a_database_without_its_tables_says_what_to_run() -> None:
    with new_postgres("bare") as url:
        assert not is_current(url)
        with closing(open_store(url)) as bare, pytest.raises(StoreUnavailable, match="spoofwatch db upgrade"):
            Opened(bare, url).read(lambda unit: unit.views.counts())


def test_the_migrations_make_exactly_the_tables_of_the_code_and_can_be_gone_back() -> None:
    with new_postgres("bare") as url:
        upgrade(url)
        assert is_current(url)
        engine = engine_for(parse_url(url), writes=True)
        with engine.begin() as connection:
            command.check(config(connection))  # raises where autogenerate would write anything
            command.downgrade(config(connection), "base")
        engine.dispose()
        assert not is_current(url)
        upgrade(url)
        assert is_current(url)


def test_a_backup_says_what_to_use_instead(store: Opened, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="pg_dump --format=custom --file="):
        backup(store.url, tmp_path / "copy.db")
