"""A copy of the database file, taken while the service runs."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from service.adapters.database import BUSY_SECONDS, failures_as_unavailable, file_of, on_server, parse_url, shown
from service.core.errors import InvalidInput, StoreUnavailable

if TYPE_CHECKING:
    from pathlib import Path


def backup(url: str, target: Path) -> int:
    """Copy the database to ``target``, as of one moment; its size in bytes. An older backup there is replaced.

    The copy is written beside the target, checked, brought to the disk and renamed, so that ``target`` is always whole.
    Writers go on meanwhile. StoreUnavailable where reading or writing fails or the copy is damaged.
    """
    parsed = parse_url(url)
    if on_server(parsed):
        raise InvalidInput(
            f"{shown(parsed)} is on a server, which makes its own backups: "
            f"pg_dump --format=custom --file={target} {parsed.set(drivername='postgresql').render_as_string()}"
        )
    source = file_of(parsed)
    if source is None or not source.exists():
        raise InvalidInput(f"there is no database file at {shown(parsed)}")
    if target.exists() and target.samefile(source):
        raise InvalidInput(f"{target} is the database itself")
    part = target.with_name(f"{target.name}.part")
    try:
        with failures_as_unavailable(parsed):
            part.unlink(missing_ok=True)
            os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
            _copy(source, part)
        _settle(part, target)
    except OSError as error:
        raise StoreUnavailable(f"backup {target}: {error.strerror}") from error
    finally:
        part.unlink(missing_ok=True)
    return target.stat().st_size


def _copy(source: Path, part: Path) -> None:
    with (
        closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=rw", uri=True, timeout=BUSY_SECONDS)) as origin,
        closing(sqlite3.connect(part)) as copy,
    ):
        origin.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")  # a single file; `upgrade` switches a restored one back to WAL
        (finding,) = copy.execute("PRAGMA quick_check(1)").fetchone()
        if finding != "ok":
            raise StoreUnavailable(f"backup {part}: the copy is damaged ({finding})")


def _settle(part: Path, target: Path) -> None:
    """Rename once the bytes are on the disk, and bring the folder's entry there too."""
    _sync(part)
    part.replace(target)
    _sync(target.parent)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
