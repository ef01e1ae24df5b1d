"""``spoofwatch outlets baseline``: what an outlet's real site looks like, in versions; archived pages from files."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from service.api.baselines import shown
from service.bootstrap import open_app
from service.commands.terminal import json_line, printable
from service.core.errors import InvalidInput, NotFound
from service.core.model import BaselineVersion, Outlet
from service.core.states import BaselineState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from service.app import App
    from service.settings import Settings

LARGEST = 10 * 1024 * 1024
"""Bytes of one page, as decoded: the same as the fetcher reads of one."""


def add(settings: Settings, outlet_id: str, files: Sequence[Path], taken: str | None) -> int:
    """Keep archived pages of an outlet as baselines, so that its older layouts are known."""
    asyncio.run(_add(settings, outlet_id, [(file, _body(file), _taken_at(file, taken)) for file in files]))
    return 0


async def _add(settings: Settings, outlet_id: str, pages: Sequence[tuple[Path, bytes, datetime]]) -> None:
    async with open_app(settings) as app:
        outlet = await _outlet(app, outlet_id)
        for file, body, taken_at in pages:
            added = await app.baselines.add_archived(outlet, body, file.name, taken_at)
            said = f"kept as of {taken_at:%Y-%m-%d}" if added else "kept already"
            print(f"{outlet.id}\t{file}\t{said}")


def show(settings: Settings, outlet_id: str, *, as_json: bool) -> int:
    """Print every version of an outlet's baselines, oldest first."""
    for version in asyncio.run(_versions(settings, outlet_id)):
        print(json_line(shown(version)) if as_json else _line(version))
    return 0


async def _versions(settings: Settings, outlet_id: str) -> tuple[BaselineVersion, ...]:
    async with open_app(settings) as app:
        return await app.baselines.versions(outlet_id)


def put_state(settings: Settings, outlet_id: str, ids: Sequence[str], state: BaselineState, note: str) -> int:
    """Revoke versions of an outlet's baselines, or take them into use."""
    for version in asyncio.run(_put_state(settings, outlet_id, tuple(ids), state, note)):
        print(_line(version))
    return 0


async def _put_state(
    settings: Settings, outlet_id: str, ids: tuple[str, ...], state: BaselineState, note: str
) -> tuple[BaselineVersion, ...]:
    async with open_app(settings) as app:
        return await app.baselines.put_state(outlet_id, ids, state, by="the command line", note=note)


def _line(version: BaselineVersion) -> str:
    baseline = version.baseline
    decided = (f"{version.by}: {version.note}",) if version.by else ()
    facts = (version.id, version.state.value, baseline.kind, f"{baseline.taken_at:%Y-%m-%d}")
    return "\t".join(map(printable, (*facts, baseline.url, baseline.page.title, *decided)))


async def _outlet(app: App, outlet_id: str) -> Outlet:
    outlets = (await app.watched.now()).outlets
    if outlet_id not in outlets:
        raise NotFound(f"no outlet {outlet_id!r} on the watch list; there are {', '.join(sorted(outlets)) or 'none'}")
    return outlets[outlet_id]


def _body(file: Path) -> bytes:
    """An HTML file's bytes, gzipped or not. InvalidInput for what cannot be read and what is too large."""
    try:
        body = file.read_bytes()
        if body.startswith(b"\x1f\x8b"):
            with gzip.open(file) as packed:
                body = packed.read(LARGEST + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise InvalidInput(f"{file}: cannot be read ({getattr(error, 'strerror', None) or error})") from error
    if len(body) > LARGEST:
        raise InvalidInput(f"{file}: larger than {LARGEST // 1024 // 1024} MiB")
    return body


def _taken_at(file: Path, taken: str | None) -> datetime:
    """The day that the page was archived on: as given, else the file's own date."""
    if taken is None:
        return datetime.fromtimestamp(file.stat().st_mtime, UTC)
    try:
        return datetime.fromisoformat(taken).replace(tzinfo=UTC)
    except ValueError as error:
        raise InvalidInput(f"--taken {taken}: a date reads 2022-06-09") from error
