"""``spoofwatch outlets``: the watch list in the database."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from functools import partial
from pathlib import Path

from service.adapters.schema import is_current
from service.adapters.store import open_store
from service.bootstrap import open_app
from service.commands.terminal import json_line, printable
from service.core.errors import InvalidInput
from service.core.model import Outlet
from service.core.names import name as names
from service.core.names.watchlist import WatchList, outlet_host
from service.pipeline.onboard import Onboarder
from service.ports import UnitOfWork
from service.settings import Settings
from service.settings_files import read_toml
from service.settings_outlets import outlet_from


def add(settings: Settings, urls: list[str], file: Path | None) -> int:
    """Watch further outlets, from addresses (one line to watch another) or a file of ``[[outlet]]`` tables."""
    if not urls and file is None:
        raise InvalidInput("name an outlet's address, or a file with -f")
    outlets = [outlet_from({"domain": outlet_host(url)}, url, "the command line") for url in urls]
    if file is not None:
        tables = read_toml(file).get("outlet", [])
        outlets += [outlet_from(table, f"outlet[{i}]", str(file)) for i, table in enumerate(tables)]
    asyncio.run(_add(settings, outlets))
    return 0


async def _add(settings: Settings, outlets: list[Outlet]) -> None:
    async with open_app(settings) as app:
        for outlet in outlets:
            new = await app.store.write(partial(_put, app.onboarder, outlet))
            print(f"{'now watching' if new else 'changed'} {outlet.id}: {printable(outlet.name)} ({outlet.domain})")


def _put(onboarder: Onboarder, outlet: Outlet, uow: UnitOfWork) -> bool:
    return onboarder.watch(uow, outlet)


def show(settings: Settings, *, as_json: bool) -> int:
    """Print who is watched."""
    for outlet in asyncio.run(_all(settings)):
        if as_json:
            print(json_line(asdict(outlet)))
        else:
            own = f"; also {', '.join(outlet.own_domains)}" if outlet.own_domains else ""
            print(f"{outlet.id}\t{printable(outlet.name)}\t{outlet.domain}{own}")
    return 0


def watch_list(settings: Settings) -> WatchList:
    """Who is watched: what the database says where there is one, and what the file would add to it."""
    listed = {outlet.id: outlet for outlet in settings.outlets.outlets}
    if is_current(settings.database_url):
        listed |= {outlet.id: outlet for outlet in asyncio.run(_stored(settings))}
    return WatchList(listed.values(), allow=settings.outlets.allow)


async def _stored(settings: Settings) -> tuple[Outlet, ...]:
    store = open_store(settings.database_url)
    try:
        return await store.read(lambda uow: uow.outlets.all())
    finally:
        store.close()


async def _all(settings: Settings) -> tuple[Outlet, ...]:
    async with open_app(settings) as app:
        return await app.store.read(lambda uow: uow.outlets.all())


def check(settings: Settings) -> int:
    """Fetch each outlet's own site now; 1 where one gives no baseline."""
    missing = asyncio.run(_check(settings))
    return 1 if missing else 0


async def _check(settings: Settings) -> int:
    missing = 0
    async with open_app(settings) as app:
        for outlet in (await app.watched.now()).outlets.values():
            await app.baselines.take(outlet)
            kept = [b for b in await app.store.read(lambda uow: uow.outlets.baselines()) if b.outlet == outlet.id]
            missing += not kept
            state = f"{len(kept)} baselines" if kept else "no baseline: the site does not answer over verified TLS"
            print(f"{outlet.id}\t{names.defang(outlet.domain)}\t{state}")
    return missing
