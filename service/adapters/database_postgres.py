"""What is different on PostgreSQL: how transactions begin, and what its failures mean.

Write transactions take turns under one advisory lock, as they do on SQLite: whoever writes sees all that was committed
before, so steps may read, decide and write, and events are numbered without gaps. They take milliseconds; the lock ends
with the transaction however that ends, also when the client's machine is switched off (TCP keepalive). Reads are
snapshots (REPEATABLE READ) and wait for nobody.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import create_engine, event
from sqlalchemy.pool import NullPool

from service.core.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Engine
    from sqlalchemy.engine import URL

DRIVER = "postgresql+psycopg"

WRITERS = 0x5350_4F4F_4657  # "SPOOFW"
"""The advisory lock that write transactions take turns under."""

DAEMON = WRITERS + 1
"""The advisory lock that a daemon holds as long as it runs."""

_CONNECT_SECONDS = 5

# Conditions by SQLSTATE or its class (PostgreSQL manual, appendix A), the longer first.
_SENTENCES = {
    "55P03": "another process has been writing to it all the time",
    "25006": "it takes no writes here: a reading step wrote, or the server is a standby",
    "53100": "the disk is full",
    "53200": "there is not enough memory",
    "53300": "it takes no more connections",
    "57P0": "it is shutting down or starting up",
    "57014": "a statement took too long",
    "40P01": "two transactions waited for each other",
    "40001": "another transaction changed the same rows",
    "42P01": "its tables are not those of this version; run `spoofwatch db upgrade`",
    "42703": "its tables are not those of this version; run `spoofwatch db upgrade`",
    "3D000": "there is no such database; make it with createdb",
    "28": "it does not let us in; check user and password",
    "42501": "the user may not do this; make it the owner of the database",
    "08": "the connection was lost",
    "58": "the server's disk reports an error",
    "XX00": "its files are damaged; restore a backup",
}


def engine_of(url: URL, *, writes: bool, connections: int, busy_seconds: float) -> Engine:
    """An engine whose transactions are exclusive (``writes``) or read-only snapshots. The caller disposes of it."""
    _need_driver(url)
    settings = f"-c timezone=UTC -c lock_timeout={max(1, int(busy_seconds * 1000))}"
    engine = create_engine(
        url,
        pool_size=connections,
        max_overflow=0,
        pool_pre_ping=True,  # a server that was restarted left dead connections behind
        isolation_level="READ COMMITTED" if writes else "REPEATABLE READ",
        execution_options={} if writes else {"postgresql_readonly": True},
        connect_args={
            "options": settings,
            "connect_timeout": _CONNECT_SECONDS,
            "application_name": "spoofwatch",
            "keepalives_idle": 30,
            "keepalives_interval": 10,
            "keepalives_count": 3,
        },
    )
    if writes:
        event.listen(engine, "begin", _take_turn)
    return engine


def _take_turn(connection: Connection) -> None:
    # READ COMMITTED: each statement after this one sees what those before us in the queue have committed.
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITERS})")


def sentence(cause: BaseException | None) -> str | None:
    """What went wrong in words; None for a programming error, such as a broken constraint."""
    state: str = getattr(cause, "sqlstate", None) or ""
    for known, words in _SENTENCES.items():
        if state.startswith(known):
            return f"{words} ({_first_line(cause)})"
    # No server answered, so there is no state.
    failed = type(cause).__name__ in ("OperationalError", "InterfaceError", "ConnectionTimeout", "PoolTimeout")
    return f"it does not answer ({_first_line(cause)})" if failed and not state else None


def _first_line(cause: BaseException | None) -> str:
    return (str(cause).splitlines() or [""])[0]


def _need_driver(url: URL) -> None:
    try:
        import psycopg  # noqa: F401, PLC0415 - an extra: SQLAlchemy's own error would not say which
    except ImportError:
        raise ConfigError(
            file="service.toml",
            key="database.url",
            value=url.render_as_string(hide_password=True),
            reason="the driver for PostgreSQL is not installed",
            mend='pip install "spoofwatch[postgres]"',
        ) from None


@contextmanager
def daemon_lock(url: URL) -> Iterator[bool]:
    """Hold the daemon's lock, on a connection of its own; False where another daemon holds it.

    The lock is the session's: the server gives it back when the connection ends, however the process ends.
    """
    _need_driver(url)
    # No pool: it would keep the connection, and with it the lock, beyond the end.
    engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield bool(connection.exec_driver_sql(f"SELECT pg_try_advisory_lock({DAEMON})").scalar_one())
