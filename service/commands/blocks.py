"""``spoofwatch blocks import``: a list of blocks that somebody hands over, as CSV or STIX 2.1."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from dataclasses import asdict
from pathlib import Path

from service.bootstrap import open_app
from service.commands.terminal import json_line, printable
from service.core.errors import InvalidInput
from service.core.names.name import defang
from service.core.persistence.block_lists import Defaults, moment, read
from service.core.states import Place
from service.pipeline.blocks import Outcome, Result
from service.settings import Settings


def run(settings: Settings, file: str, given: dict[str, str | None], *, as_json: bool) -> int:
    """Record every entry of a list; 1 where any was refused, with the reason for each.

    ``given`` may hold place, action, reference and since: what entries have that do not say otherwise.
    """
    text = _text(file)
    place, since = given.get("place"), given.get("since")
    defaults = Defaults(
        place=Place(place) if place else None,
        action=given.get("action"),
        reference=given.get("reference") or "",
        effective_from=moment(since) if since else None,
    )
    results = asyncio.run(_record(settings, text, defaults))
    for result in results:
        _say(result, as_json=as_json)
    count = Counter(result.outcome for result in results)
    told = ", ".join(f"{count[outcome]} {outcome.value}" for outcome in Outcome)
    print(f"{file}: {len(results)} entries: {told}", file=sys.stderr if as_json else sys.stdout)
    return int(count[Outcome.REFUSED] > 0)


async def _record(settings: Settings, text: str, defaults: Defaults) -> tuple[Result, ...]:
    async with open_app(settings) as app:
        return await app.blocks.record_all(read(text, defaults, app.clock.now()))


def _text(file: str) -> str:
    try:
        raw = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise InvalidInput(f"{file} cannot be read: {error.strerror}") from None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{file} is not UTF-8 (byte {error.start}): save it as UTF-8") from None


def _say(result: Result, *, as_json: bool) -> None:
    if as_json:
        print(json_line(asdict(result)))
    elif result.outcome is Outcome.REFUSED:
        print(printable(f"  {result.entry}: {defang(result.site)!r} refused: {result.reason}"))
