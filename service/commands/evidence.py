"""``spoofwatch evidence``: list, verify and copy out what was kept of sites."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

from service.app import App
from service.bootstrap import open_app
from service.core.alerts.events import rfc3339
from service.core.errors import InvalidInput, InvalidName, NotFound
from service.core.evidence.items import EvidenceItem, EvidenceKind, EvidenceQuery, digest_of
from service.core.names import name as names
from service.pipeline.evidence import Verified, verify, verify_named
from service.settings import Settings


def show(settings: Settings, host: str | None, *, as_json: bool) -> int:
    """List what is kept, newest first, of one host or of all."""
    items = asyncio.run(_find(settings, host))
    for item in items:
        print(json.dumps(entry(item)) if as_json else _line(item))
    if not items and not as_json:
        print("nothing is kept" + (f" of {names.defang(host)}" if host else ""))
    return 0


def check(settings: Settings, ids: Sequence[str] = (), *, as_json: bool) -> int:
    """Read every file, or those with these ids, and hold it against rows and manifests; 1 where anything is wrong."""
    digests = [_digest(one) for one in ids]

    async def run() -> Verified:
        async with open_app(settings) as app:
            if digests:
                return await verify_named(app.store, app.evidence, digests)
            return await verify(app.store, app.evidence, app.clock.real_now())

    found = asyncio.run(run())
    if as_json:
        wrong = [{"kind": one.kind, "name": one.name, "detail": one.detail} for one in found.findings]
        print(json.dumps({"files": found.files, "bytes": found.bytes, "manifests": found.manifests, "wrong": wrong}))
    else:
        for one in found.findings:
            print(f"{one.kind:8} {one.name}: {one.detail}")
        verdict = f"{len(found.findings)} things are wrong" if found.findings else "all of them are as they were kept"
        print(f"{found.files} files, {found.bytes} bytes, {found.manifests} manifests: {verdict}")
    return int(bool(found.findings))


def export(settings: Settings, host: str | None, folder: Path) -> int:
    """Copy files out, each under its date, host and digest, with a list of them."""

    async def run() -> int:
        async with open_app(settings) as app:
            items = await _items(app, host)
            if not items:
                raise NotFound("nothing is kept" + (f" of {host}" if host else ""))
            await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
            return sum([await _copy(app, item, folder) for item in items])

    try:
        copied = asyncio.run(run())
    except OSError as error:
        raise InvalidInput(f"{folder}: {error.strerror}") from error
    print(f"{folder}: {copied} files")
    return 0


def _digest(public_id: str) -> str:
    found = digest_of(public_id)
    if found is None:
        raise InvalidInput(
            f"{public_id}: an id of evidence is evd_ and 64 hexadecimal digits, as check --json shows it"
        )
    return found


async def _copy(app: App, item: EvidenceItem, folder: Path) -> bool:
    content = await app.evidence.read(item.kept)
    if content is None:
        return False
    day = item.taken_at.strftime("%Y-%m-%dT%H%M%SZ")
    path = folder / f"{day} {item.host} {item.kept.name}"
    await asyncio.to_thread(path.write_bytes, content)
    await asyncio.to_thread(path.chmod, 0o600)
    return True


async def _find(settings: Settings, host: str | None) -> tuple[EvidenceItem, ...]:
    async with open_app(settings) as app:
        return await _items(app, host)


async def _items(app: App, host: str | None) -> tuple[EvidenceItem, ...]:
    try:
        asked = names.parse(host) if host is not None else None
    except InvalidName as error:
        raise InvalidInput(f"{host}: {error}") from error
    return await app.store.read(lambda uow: uow.evidence.find(EvidenceQuery(host=asked, live=True)))


def entry(item: EvidenceItem) -> dict[str, object]:
    """One item as JSON."""
    return {
        "id": item.id,
        "kind": item.kept.kind.value,
        "host": item.host,
        "taken_at": rfc3339(item.taken_at),
        "bytes": item.kept.bytes,
        "url": item.url,
        "profile": item.profile,
        "outlets": list(item.outlets),
        **({"dhash": item.dhash} if item.kept.kind is EvidenceKind.SCREENSHOT else {}),
    }


def _line(item: EvidenceItem) -> str:
    flagged = f"  flagged for {', '.join(item.outlets)}" if item.outlets else ""
    size = f"{item.kept.bytes / 1024:.0f} KiB"
    shown = f"{rfc3339(item.taken_at)}  {item.kept.kind.value:10}  {size:>9}  {names.defang(item.host)}{flagged}"
    return f"{shown}\n  {item.id}"
