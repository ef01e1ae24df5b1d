"""Put together what is known of one lookalike as a ZIP, for a registrar, a host or a court. Never sent by itself."""

from __future__ import annotations

import asyncio
import io
import zipfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from service.core.dossier import Paper, papers, sums
from service.core.errors import NotFound
from service.core.evidence.items import EvidenceItem, EvidenceQuery, digest
from service.core.model import Outlet
from service.ports import Store
from service.ports_evidence import Evidence

MOST_BYTES = 64 * 1024 * 1024
"""Of evidence in one dossier; the newest goes in first. What is left out is named in it."""

_MODE = 0o600 << 16


async def dossier(store: Store, evidence: Evidence, lookalike_id: str, now: datetime) -> bytes:
    """The ZIP; NotFound where there is no such lookalike."""
    detail = await store.read(lambda uow: uow.views.lookalike(lookalike_id))
    if detail is None:
        raise NotFound(f"there is no lookalike {lookalike_id}")
    outlet = await _outlet(store, detail["outlet"])
    items = await store.read(lambda uow: uow.evidence.find(EvidenceQuery(host=detail["site"])))
    files, left_out = await _evidence(evidence, items)
    files += papers(detail, outlet, left_out, now)
    return await asyncio.to_thread(_zipped, [*files, sums(files)], now)


async def lookalike_of(store: Store, host: str, outlet: str | None) -> Mapping[str, Any]:
    """The lookalike that a host is judged worst as, or the one of ``outlet``; NotFound where there is none."""
    where = {"host": host, **({"outlet": outlet} if outlet else {})}
    rows, _ = await store.read(lambda uow: uow.views.lookalikes(where, None, 100))
    if not rows:
        raise NotFound(f"{host} is no lookalike of {outlet or 'any watched outlet'}, as far as is known")
    return max(rows, key=lambda row: (row["flagged"], row["verdict"] == "impersonation", row["score"]))


async def _outlet(store: Store, outlet_id: str) -> Outlet | None:
    outlets = await store.read(lambda uow: uow.outlets.all())
    return next((outlet for outlet in outlets if outlet.id == outlet_id), None)


async def _evidence(evidence: Evidence, items: Sequence[EvidenceItem]) -> tuple[list[Paper], list[str]]:
    """Files of evidence as far as there is room, and the ids of those left out, with the reason."""
    files: list[Paper] = []
    left_out: list[str] = []
    room = MOST_BYTES
    for item in items:
        content = None if item.removed_at is not None or item.kept.bytes > room else await evidence.read(item.kept)
        if content is None or digest(content) != item.kept.sha256:
            left_out.append(f"{item.id} ({item.kept.kind.value} of {item.taken_at:%Y-%m-%d})")
            continue
        room -= len(content)
        files.append(Paper(name=f"evidence/{item.kept.name}", content=content))
    return files, left_out


def _zipped(files: Sequence[Paper], now: datetime) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as zipped:
        for file in files:
            entry = zipfile.ZipInfo(file.name, date_time=now.timetuple()[:6])
            entry.external_attr = _MODE
            packed = file.name.startswith("evidence/")  # gzip and PNG shrink no further
            entry.compress_type = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
            zipped.writestr(entry, file.content)
    return out.getvalue()
