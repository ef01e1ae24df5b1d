"""Connections to the database, and its failures in words. What PostgreSQL does otherwise is in ``database_postgres``.

SQLite: WAL, so that readers never wait for the writer. ``synchronous=NORMAL``: in WAL mode a power cut can take back
the last moments but never damages the file; due times, facts and alerts are taken back together, so that the service
does the same work again (an alert under the same id) and loses nothing. A process that is killed loses nothing at all.

Write transactions begin with BEGIN IMMEDIATE. A transaction that begins as a reader and writes later is refused at once
when somebody else wrote in between, without the busy timeout.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import QueuePool, StaticPool

from service.adapters import database_postgres
from service.adapters.codec import CodecError
from service.core.errors import ConfigError, StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Engine
    from sqlalchemy.engine import URL
    from sqlalchemy.pool import ConnectionPoolEntry

BUSY_SECONDS = 30
"""How long a transaction waits for another process's; ours take milliseconds, a backup or a migration seconds."""

_SMALLEST = 512  # bytes in the smallest page (sqlite.org/fileformat.html 1.3.2); SQLite would write over a shorter file

_JOURNAL_BYTES = 64 << 20  # a WAL that one long reader made grow is cut back to this

_SENTENCES = {
    "SQLITE_BUSY": "another process has been writing to it all the time",
    "SQLITE_LOCKED": "another connection holds it",
    "SQLITE_FULL": "the disk is full",
    "SQLITE_IOERR": "the disk reports an error",
    "SQLITE_CANTOPEN": "the file cannot be opened; check that its folder exists and is writable",
    "SQLITE_READONLY": "it cannot be written; check the owner and the permissions of the file and its folder",
    "SQLITE_PERM": "it may not be accessed; check the owner and the permissions of the file and its folder",
    "SQLITE_NOTADB": "the file is not a database",
    "SQLITE_CORRUPT": "the file is damaged; restore a backup",
    "SQLITE_TOOBIG": "a value is too large",
    "SQLITE_NOMEM": "there is not enough memory",
}


def parse_url(url: str) -> URL:
    """A database URL: ``sqlite:///path``, ``sqlite://`` for memory, ``postgresql+psycopg://user@host/name``.

    ConfigError where it is none of these.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        parsed = None
    if parsed is None or parsed.drivername not in ("sqlite", database_postgres.DRIVER):
        raise ConfigError(
            file="service.toml",
            key="database.url",
            value=None if parsed is None else parsed.render_as_string(hide_password=True),  # it may hold a password
            reason="not a database that is supported",
            mend="sqlite:///data/spoofwatch.db, or postgresql+psycopg://user@host/spoofwatch",
        )
    return parsed


def file_of(url: URL) -> Path | None:
    """The database file, None for a database in memory or on a server."""
    return None if on_server(url) or url.database in (None, "", ":memory:") else Path(str(url.database))


def on_server(url: URL) -> bool:
    """Whether it is PostgreSQL's."""
    return url.drivername == database_postgres.DRIVER


def prepare_file(url: URL) -> None:
    """Create the database file's folder, and the file readable for its owner alone: it holds webhook secrets.

    StoreUnavailable where that cannot be done, or where the file is something else. A file that is there is never
    opened: to close it would drop the locks that SQLite holds on it in this process (sqlite.org/howtocorrupt.html 2.2).
    """
    path = file_of(url)
    if path is None:
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            with suppress(FileExistsError):
                os.close(os.open(path, os.O_CREAT | os.O_EXCL, 0o600))
        size = path.stat().st_size
    except OSError as error:
        raise StoreUnavailable(f"database {path}: {error.strerror}") from error
    if 0 < size < _SMALLEST:
        raise StoreUnavailable(f"database {path}: the file is not a database")


def engine_for(
    url: URL, *, writes: bool, connections: int = 1, foreign_keys: bool = True, busy_seconds: float = BUSY_SECONDS
) -> Engine:
    """An engine whose transactions are immediate (``writes``) or snapshots. The caller disposes of it.

    A database in memory has one connection for everything; whoever opens the engine sees that threads take turns.
    """
    if on_server(url):
        return database_postgres.engine_of(url, writes=writes, connections=connections, busy_seconds=busy_seconds)
    pool: dict[str, Any] = {"poolclass": QueuePool, "pool_size": connections, "max_overflow": 0}
    if file_of(url) is None:
        pool = {"poolclass": StaticPool}
    engine = create_engine(url, connect_args={"timeout": busy_seconds, "check_same_thread": False}, **pool)

    def prepare(connection: Any, _record: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # the driver begins no transactions by itself
        connection.execute(f"PRAGMA foreign_keys={'ON' if foreign_keys else 'OFF'}")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute(f"PRAGMA journal_size_limit={_JOURNAL_BYTES}")
        connection.execute(f"PRAGMA query_only={'OFF' if writes else 'ON'}")

    event.listen(engine, "connect", prepare)
    event.listen(engine, "begin", _begin_immediate if writes else _begin)
    return engine


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin(connection: Connection) -> None:
    # The driver's own way: to be told of each read's beginning would cost more than to read a token.
    driver: Any = connection.connection.dbapi_connection
    driver.execute("BEGIN")


@contextmanager
def read_only(connection: Connection) -> Iterator[None]:
    """Refuse to write as long as it lasts, on a connection that otherwise may."""
    connection.exec_driver_sql("PRAGMA query_only=ON")
    try:
        yield
    finally:
        connection.exec_driver_sql("PRAGMA query_only=OFF")


@contextmanager
def failures_as_unavailable(url: URL) -> Iterator[None]:
    """Turn what the database cannot do into StoreUnavailable. Broken constraints are our own fault and pass."""
    try:
        yield
    except CodecError as error:
        raise StoreUnavailable(f"database {shown(url)}: a row does not fit: {error}") from error
    except (DBAPIError, sqlite3.Error) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        sentence = database_postgres.sentence(cause) if on_server(url) else _sentence(cause)
        if sentence is None:
            raise
        raise StoreUnavailable(f"database {shown(url)}: {sentence}") from error


def _sentence(cause: BaseException | None) -> str | None:
    """What went wrong in words; None for a programming error."""
    name = getattr(cause, "sqlite_errorname", None) or ""
    for known, sentence in _SENTENCES.items():
        if name == known or name.startswith(f"{known}_"):
            return f"{sentence} ({cause})"
    if "no such table" in str(cause) or "no such column" in str(cause):
        return f"its tables are not those of this version; run `spoofwatch db upgrade` ({cause})"
    return str(cause) if isinstance(cause, sqlite3.OperationalError) else None


def shown(url: URL) -> str:
    """The database's name for people, without a password."""
    return str(file_of(url) or url.render_as_string(hide_password=True))
