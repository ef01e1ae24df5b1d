"""Everything that is or was flagged, for spreadsheets and programs: CSV and NDJSON. Pure."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from typing import Any

from service.core.exports.context import Context, day
from service.core.exports.entry import Entry
from service.core.hostile_text import one_line
from service.core.names.name import defang

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What spreadsheets take for the beginning of a formula (OWASP, CSV injection)."""


def csv_table(entries: Iterable[Entry], context: Context) -> Iterator[str]:
    """RFC 4180 with a header line. Names are defanged, since spreadsheets make links of them; no cell is a formula."""
    first = True
    for entry in entries:
        row = _row(entry, context) | {"site": defang(entry.site), "domain": defang(entry.domain)}
        if first:
            yield _line(row)
            first = False
        yield _line(_cell(value) for value in row.values())
    if first:
        yield _line(COLUMNS)


def ndjson(entries: Iterable[Entry], context: Context) -> Iterator[str]:
    """A JSON object a line, names as they are."""
    for entry in entries:
        yield json.dumps(_row(entry, context), ensure_ascii=False, separators=(",", ":")) + "\n"


def _row(entry: Entry, context: Context) -> dict[str, Any]:
    return {
        "id": entry.id,
        "site": entry.site,
        "domain": entry.domain,
        "outlet": entry.outlet,
        "outlet_name": one_line(context.outlet_name(entry.outlet)),
        "technique": entry.technique,
        "verdict": entry.verdict.value,
        "confirmed": entry.confirmed,
        "score": entry.score,
        "reason": one_line(entry.reason),
        "evidence": sorted(entry.evidence),
        "confirmed_by": one_line(entry.confirmed_by),
        "availability": entry.availability.value,
        "live": entry.live,
        "blocked": entry.blocked,
        "registered_at": day(entry.registered_at),
        "registrar": one_line(entry.registrar),
        "discovered_at": day(entry.discovered_at),
        "first_flagged_at": day(entry.first_flagged_at),
        "changed_at": day(entry.changed_at),
        "withdrawn_at": day(entry.withdrawn_at),
        "looked_at": day(entry.looked_at),
        "tlp": f"TLP:{context.marking(entry.tlp).upper()}",
    }


COLUMNS = (
    "id", "site", "domain", "outlet", "outlet_name", "technique", "verdict", "confirmed", "score", "reason", "evidence",
    "confirmed_by", "availability", "live", "blocked", "registered_at", "registrar", "discovered_at",
    "first_flagged_at", "changed_at", "withdrawn_at", "looked_at", "tlp",
)  # fmt: skip
"""The keys of every row, in order."""


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    text = " ".join(value) if isinstance(value, list) else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _line(cells: Iterable[str]) -> str:
    written = io.StringIO()
    csv.writer(written, lineterminator="\r\n").writerow(cells)
    return written.getvalue()
