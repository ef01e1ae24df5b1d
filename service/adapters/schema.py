"""The schema's migrations: bring a database to this version, and tell whether it is there.

Alembic lives inside the package (``migrations/``), so that an installed service needs no files beside it.
"""

from __future__ import annotations

from contextlib import suppress
from sqlite3 import OperationalError
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from service.adapters.database import (
    engine_for,
    failures_as_unavailable,
    file_of,
    on_server,
    parse_url,
    prepare_file,
)
from service.core.errors import StoreUnavailable

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.pool import PoolProxiedConnection

_WAL_TRIES = 10


def upgrade(url: str) -> None:
    """Create SQLite's file if there is none, bring the database to this version, and switch a file to WAL.

    Two processes may do so at once: the second waits for the first and finds nothing left to do. StoreUnavailable where
    the file cannot be written, is no database, or comes from a newer version of the service.
    """
    parsed = parse_url(url)
    prepare_file(parsed)
    engine = engine_for(parsed, writes=True, foreign_keys=False)
    try:
        with failures_as_unavailable(parsed):
            with engine.begin() as connection:
                upgrade_within(connection)
            if file_of(parsed) is not None:
                _switch_to_wal(engine.raw_connection())
    finally:
        engine.dispose()


def is_current(url: str) -> bool:
    """Whether the database is there and has exactly this version's schema. Creates nothing."""
    parsed = parse_url(url)
    path = file_of(parsed)
    if not on_server(parsed) and (path is None or not path.exists()):
        return False
    engine = engine_for(parsed, writes=False)
    try:
        with failures_as_unavailable(parsed), engine.begin() as connection:
            return _revision(connection) == _scripts().get_current_head()
    finally:
        engine.dispose()


def upgrade_within(connection: Connection) -> None:
    """Migrate inside the transaction that the connection has begun, so that it is all or nothing."""
    _refuse_newer(_revision(connection))
    command.upgrade(config(connection), "head")
    _no_orphans(connection)


def config(connection: Connection) -> Config:
    """Alembic's configuration, bound to one connection."""
    settings = _settings()
    settings.attributes["connection"] = connection
    return settings


def _settings() -> Config:
    settings = Config()
    settings.set_main_option("script_location", "service.adapters:migrations")
    settings.set_main_option("path_separator", "os")
    return settings


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_settings())


def _refuse_newer(revision: str | None) -> None:
    """A database that a later version of the service has migrated is none of ours to touch."""
    known = {script.revision for script in _scripts().walk_revisions()}
    if revision is not None and revision not in known:
        raise StoreUnavailable(f"the database has schema {revision}, which this version of the service does not know")


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _no_orphans(connection: Connection) -> None:
    """Migrations run without foreign keys (rebuilding a table would empty its children), so look once at the end.

    PostgreSQL rebuilds nothing and checks at each statement.
    """
    if connection.dialect.name != "sqlite":
        return
    orphan = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if orphan is not None:
        raise StoreUnavailable(f"a migration left a row of {orphan[0]} without its {orphan[2]}")


def _switch_to_wal(connection: PoolProxiedConnection) -> None:
    """Change the file's journal mode, which lasts. The switch knows no busy timeout, so a transaction waits for it."""
    cursor = connection.cursor()
    try:
        for _ in range(_WAL_TRIES):
            with suppress(OperationalError):
                if cursor.execute("PRAGMA journal_mode=WAL").fetchone() == ("wal",):
                    return
            cursor.execute("BEGIN IMMEDIATE")
            cursor.execute("COMMIT")
    finally:
        cursor.close()
        connection.close()
    raise StoreUnavailable("the database cannot be switched to WAL; is it on a network drive?")
