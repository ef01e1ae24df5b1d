"""``spoofwatch alerts``: what alerts are about, and who has it in hand."""

from __future__ import annotations

import asyncio
import getpass
import json
from datetime import timedelta

from service.api.alert_groups import shown
from service.bootstrap import open_app
from service.commands.terminal import printable
from service.core.alerts.digest import AlertGroup
from service.core.names.name import defang
from service.settings import Settings

_COLUMNS = ("group", "severity", "events", "last", "site", "what", "acknowledged")


def show(settings: Settings, days: int, *, as_json: bool) -> int:
    """List groups with an alert within so many days, the last first, and those that are acknowledged."""

    async def read() -> tuple[AlertGroup, ...]:
        async with open_app(settings) as app:
            since = app.clock.now() - timedelta(days=days)
            return await app.store.read(lambda uow: uow.alert_groups.all(since))

    groups = asyncio.run(read())
    if as_json:
        for group in groups:
            print(json.dumps(shown(group)))
        return 0
    rows = [_COLUMNS, *(row(group) for group in groups)]
    widths = [max(len(cells[column]) for cells in rows) for column in range(len(_COLUMNS))]
    for cells in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip())
    return 0


def acknowledge(settings: Settings, named: str, note: str) -> int:
    """Let a group be quiet until it gets worse."""

    async def step() -> AlertGroup:
        async with open_app(settings) as app:
            return await app.digester.acknowledge(named, f"{getpass.getuser()} at the command line", note)

    group = asyncio.run(step())
    print(f"{group.key}: acknowledged; digests leave it out until it gets worse")
    return 0


def reopen(settings: Settings, named: str) -> int:
    """Take an acknowledgement back."""

    async def step() -> AlertGroup:
        async with open_app(settings) as app:
            return await app.digester.reopen(named)

    print(f"{asyncio.run(step()).key}: digests tell of it again")
    return 0


def row(group: AlertGroup) -> tuple[str, ...]:
    """A group as one line of the list, column by column."""
    state = (
        f"{group.acknowledged_at:%Y-%m-%d %H:%M} by {printable(group.acknowledged_by)}" if group.acknowledged_at else ""
    )
    if group.reopened_by:
        state = f"no longer: {group.reopened_by} was worse"
    return (
        group.key,
        str(group.severity),
        str(group.events),
        f"{group.last_at:%Y-%m-%d %H:%M}",
        defang(group.last_site),
        group.last_type,
        f"{state}: {printable(group.note)}" if state and group.note and not group.reopened_by else state,
    )
