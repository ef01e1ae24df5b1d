"""``spoofwatch sightings add``: files of addresses that somebody saw, of any of the formats that the API takes."""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from itertools import islice
from pathlib import Path

from service.app import App
from service.bootstrap import open_app
from service.commands.terminal import printable
from service.core.errors import InvalidInput
from service.core.names.name import defang
from service.core.sightings.sighting import Entry, Outcome, Sighting
from service.feeds.name_streams import Readable
from service.feeds.sighting_files import SightingFile
from service.pipeline.sightings import AT_ONCE
from service.settings import Settings

BY = "command line"
_SHOWN = 20


def add(settings: Settings, files: list[str], marking: str, *, as_json: bool) -> int:
    """Report every address of ``files``; 1 where any line was refused, with the reason for each."""
    refused = asyncio.run(_add(settings, files, marking, as_json=as_json))
    return int(refused > 0)


async def _add(settings: Settings, files: list[str], marking: str, *, as_json: bool) -> int:
    with ExitStack() as stack:
        streams = [(title, _opened(title, stack)) for title in files]
        async with open_app(settings) as app:
            return sum([await _one(app, title, stream, marking, as_json=as_json) for title, stream in streams])


async def _one(app: App, title: str, stream: Readable, marking: str, *, as_json: bool) -> int:
    """Take in one file, however long; how many of its lines were refused."""
    file = SightingFile(stream, (await app.watched.now()).watchlist.is_own)
    report = await app.sightings.open(app.sightings.report(BY, 0, format_=file.format, marking=marking), limited=False)
    count, entries = Counter[Outcome](), file.entries()
    try:
        while chunk := await asyncio.to_thread(_chunk, entries):
            for one in await app.sightings.admit(report, chunk):
                count[one.outcome] += 1
                _say(one, as_json=as_json, shown=count[Outcome.REFUSED] <= _SHOWN)
    except InvalidInput as error:
        before = f"; {count.total():,} of its entries were taken in before" if count else ""
        raise InvalidInput(f"{title}: {error}{before}") from None
    except OSError as error:
        raise InvalidInput(f"{title} cannot be read: {error.strerror}") from None
    finally:
        over = dict(file.passed_over)
        await app.sightings.close(replace(report, format=file.format, count=count.total(), passed_over=over))
    if not count and not file.passed_over:
        raise InvalidInput(f"{title}: there is no address in it")
    print(_summary(title, file, count), file=sys.stderr if as_json else sys.stdout)
    return count[Outcome.REFUSED]


def _chunk(entries: Iterator[Entry]) -> list[Entry]:
    return list(islice(entries, AT_ONCE))


def _opened(title: str, stack: ExitStack) -> Readable:
    if title == "-":
        return sys.stdin.buffer
    try:
        return stack.enter_context(Path(title).open("rb"))
    except OSError as error:
        raise InvalidInput(f"{title} cannot be read: {error.strerror}") from None


def _say(one: Sighting, *, as_json: bool, shown: bool) -> None:
    given = one.reported
    if as_json:
        said = {"entry": given.entry, "url": given.url, "outcome": one.outcome.value, "site": one.site or None}
        print(json.dumps(said | {"reason": one.reason or None}))
    elif one.outcome is Outcome.REFUSED and shown:
        print(printable(f"  {given.entry}: {defang(given.url[:100])!r} refused: {one.reason}"))


def _summary(title: str, file: SightingFile, count: Counter[Outcome]) -> str:
    told = ", ".join(f"{count[one]:,} {one.value}" for one in (Outcome.ADMITTED, Outcome.KNOWN, Outcome.REFUSED))
    more = count[Outcome.REFUSED] - _SHOWN
    hidden = f" ({more:,} of them not shown; --json shows all)" if more > 0 else ""
    passed = "".join(f"; {number:,} x {why}" for why, number in file.passed_over.most_common())
    entries = "1 entry" if count.total() == 1 else f"{count.total():,} entries"
    return f"{title} ({file.format}): {entries}: {told}{hidden}{passed}"
