"""The daily manifest: what was kept and what was let go on one day, chained to the manifest before it. Pure.

A manifest is NDJSON. Its first line names the day, how many entries follow and the SHA-256 of the whole manifest before
it, so whoever holds one digest (in a log, in a mail, with a notary) can tell whether anything of what came before was
changed, added or taken away.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any

from service.core.alerts.events import rfc3339
from service.core.errors import InvalidInput
from service.core.evidence.items import EvidenceItem, EvidenceKind, Kept

FORMAT = "spoofwatch-evidence-manifest/1"


@dataclass(frozen=True, kw_only=True, slots=True)
class Manifest:
    """One day's manifest as it was read. ``sha256`` is that of its bytes, ``previous`` that of the one before."""

    day: date
    previous: str
    kept: tuple[Kept, ...]
    let_go: tuple[str, ...]
    sha256: str


def render(day: date, previous: str, items: Iterable[EvidenceItem]) -> bytes:
    """The manifest of ``day``: a line for each item that was added on it, and one for each file let go on it.

    Lines are in the order of their digests, so the same day always gives the same bytes.
    """
    lines = sorted(line for item in items for line in _lines(item, day))
    head = {"format": FORMAT, "day": day.isoformat(), "previous": previous, "entries": len(lines)}
    return "".join(line + "\n" for line in (json.dumps(head), *lines)).encode("ascii")


def read(content: bytes) -> Manifest:
    """A manifest from its bytes; InvalidInput for what is none or is not whole."""
    try:
        head, *entries = [json.loads(line) for line in content.decode("ascii").splitlines()]
        if head["format"] != FORMAT or head["entries"] != len(entries):
            raise InvalidInput(f"{head['entries']} entries are promised, {len(entries)} are there")
        return Manifest(
            day=date.fromisoformat(head["day"]),
            previous=head["previous"],
            kept=tuple(_kept(entry) for entry in entries if "let_go" not in entry),
            let_go=tuple(entry["sha256"] for entry in entries if "let_go" in entry),
            sha256=sha256(content).hexdigest(),
        )
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise InvalidInput(f"no manifest: {type(error).__name__}") from error


def _lines(item: EvidenceItem, day: date) -> Iterable[str]:
    if item.added_at is not None and item.added_at.date() == day:
        yield json.dumps(
            {
                "sha256": item.kept.sha256,
                "kind": item.kept.kind.value,
                "bytes": item.kept.bytes,
                "host": item.host,
                "taken_at": rfc3339(item.taken_at),
                "added_at": rfc3339(item.added_at),
            }
        )
    if item.removed_at is not None and item.removed_at.date() == day:
        yield json.dumps({"sha256": item.kept.sha256, "host": item.host, "let_go": item.removed_why})


def _kept(entry: dict[str, Any]) -> Kept:
    return Kept(kind=EvidenceKind(entry["kind"]), sha256=str(entry["sha256"]), bytes=int(entry["bytes"]))
