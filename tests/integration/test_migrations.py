"""The schema's migrations against real files."""

from __future__ import annotations

import multiprocessing
import sqlite3
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from alembic import command
from alembic.script import ScriptDirectory

from service.adapters.codec import loads
from service.adapters.database import engine_for, parse_url
from service.adapters.schema import config, is_current, upgrade
from service.core.errors import StoreUnavailable
from service.core.model import AnalystWord
from service.core.states import WordReason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic.config import Config

SPAWN = multiprocessing.get_context("spawn")


@contextmanager
def _alembic(url: str) -> Iterator[Config]:
    """Alembic's configuration inside one transaction, as ``upgrade`` has it."""
    engine = engine_for(parse_url(url), writes=True, foreign_keys=False)
    with engine.begin() as connection:
        yield config(connection)
    engine.dispose()


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'folder' / 'store.db'}"


def _schema(url: str) -> list[str]:
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
        rows = connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite%'")
        return sorted(_in_order(row[0]) for row in rows)


def _in_order(statement: str) -> str:
    """With its constraints sorted: a rebuilt table has them in any order, which means nothing."""
    columns, *constraints = statement.removesuffix("\n)").split(", \n\tCONSTRAINT ")
    return ", \n\tCONSTRAINT ".join([columns, *sorted(constraints)]) + "\n)"


def test_the_migrations_make_exactly_the_tables_of_the_code(url: str) -> None:
    upgrade(url)
    with _alembic(url) as settings:
        command.check(settings)  # raises where autogenerate would write anything


def test_up_down_and_up_again_ends_at_the_same_schema(url: str) -> None:
    upgrade(url)
    first = _schema(url)
    with _alembic(url) as settings:
        command.downgrade(settings, "base")
    assert [statement for statement in _schema(url) if "alembic_version" not in statement] == []
    assert not is_current(url)
    upgrade(url)
    assert _schema(url) == first
    assert is_current(url)


def test_each_step_down_can_be_gone_up_again(url: str) -> None:
    upgrade(url)
    with _alembic(url) as settings:
        revisions = [script.revision for script in ScriptDirectory.from_config(settings).walk_revisions()]
        for _ in revisions:
            command.downgrade(settings, "-1")
            command.upgrade(settings, "+1")
            command.downgrade(settings, "-1")
        command.upgrade(settings, "head")
        command.check(settings)


def test_there_is_one_line_of_versions(url: str) -> None:
    upgrade(url)
    with _alembic(url) as settings:
        assert len(ScriptDirectory.from_config(settings).get_heads()) == 1


def test_a_file_that_is_not_there_is_not_current_and_is_not_made(url: str, tmp_path: Path) -> None:
    assert not is_current(url)
    assert list(tmp_path.iterdir()) == []
    upgrade(url)
    assert is_current(url)


def test_upgrading_twice_changes_nothing(url: str) -> None:
    upgrade(url)
    first = _schema(url)
    upgrade(url)
    assert _schema(url) == first


def test_the_upgraded_file_is_in_wal_mode(url: str) -> None:
    upgrade(url)
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_processes_that_upgrade_at_once_all_succeed(url: str) -> None:
    starters = [SPAWN.Process(target=upgrade, args=(url,)) for _ in range(2)]
    for starter in starters:
        starter.start()
    upgrade(url)
    for starter in starters:
        starter.join(60)
    assert [starter.exitcode for starter in starters] == [0] * 2
    assert is_current(url)


def test_a_database_of_a_newer_version_is_not_touched(url: str) -> None:
    upgrade(url)
    path = url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    assert not is_current(url)
    with pytest.raises(StoreUnavailable, match="schema 9999"):
        upgrade(url)


def test_a_migration_that_fails_leaves_the_database_as_it_was(url: str) -> None:
    upgrade(url)
    path = url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DELETE FROM alembic_version")  # as if nothing had been done: the tables are in the way
        connection.commit()
    before = _schema(url)
    with pytest.raises(StoreUnavailable, match="already exists"):
        upgrade(url)
    assert _schema(url) == before


def test_what_autogenerate_writes_can_be_run_and_names_no_class_of_today(tmp_path: Path) -> None:
    folder = tmp_path / "versions"
    with _alembic(f"sqlite:///{tmp_path / 'store.db'}") as settings:
        settings.set_main_option("version_locations", str(folder))
        folder.mkdir()
        script = command.revision(settings, "All tables", autogenerate=True)
        assert script is not None
        assert not isinstance(script, list)
        text = (folder / script.path).read_text()
        command.upgrade(settings, "head")
        command.check(settings)
    assert "sa.DateTime(timezone=True)" in text
    assert "sqlmodel" not in text
    assert "Prose" not in text


def test_words_from_before_reasons_were_a_closed_list_keep_what_was_said(url: str) -> None:
    with _before(url, "flag_events") as connection:
        connection.execute(
            "INSERT INTO site (id, host, domain, source, version, admitted_at, due_at, availability,"
            " availability_reason, observations, suffix, urgency)"
            " VALUES (1, 'a.example', 'a.example', '', 1, '', '', 'live', '', 0, 'example', 0)"
        )
        connection.execute(
            "INSERT INTO lookalike (id, site_id, outlet, technique, name_score, distance, discovered_at, verdict,"
            " flagged, score, reason, signals_json, first_seen_as, analyst_json, announced, predecessor)"
            " VALUES (1, 1, 'spiegel', 'tld-swap', 1, 0, '', 'innocent', 0, 0, '', '[]', 'unknown', ?, 1, '')",
            ('{"verdict":"innocent","reason":"a supplier","by":"ina","at":"2022-06-10T08:00:00Z"}',),
        )
    upgrade(url)
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
        (text, events) = connection.execute("SELECT analyst_json, flag_events_json FROM lookalike").fetchone()
    word = loads(AnalystWord, text)
    assert (word.reason, word.note, events) == (WordReason.OTHER, "a supplier", None)


@contextmanager
def _before(url: str, word: str) -> Iterator[sqlite3.Connection]:
    """A database as it was before the migration that brings ``word``, to be filled."""
    upgrade(url)
    with _alembic(url) as settings:
        for script in ScriptDirectory.from_config(settings).walk_revisions():
            if word in Path(script.path).read_text(encoding="utf-8"):
                command.downgrade(settings, str(script.down_revision))
                break
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
        yield connection
        connection.commit()
