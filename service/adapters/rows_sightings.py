"""Sightings, their reports and uploaded pages (``ports_sightings.SightingRows``, ``CaptureRows``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, func, insert, select, update

from service.adapters.codec import dumps, load_any, member
from service.adapters.rows_outlets import pack_page, unpack_page
from service.adapters.site_saving import new_id
from service.adapters.tables_sightings import CAPTURE, SIGHTING, SIGHTING_REPORT
from service.core.errors import NotFound
from service.core.sightings.capture import Capture
from service.core.sightings.sighting import Outcome, Reported, Sighting

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Row

    from service.core.sightings.sighting import Report

Chain = tuple[str, ...]
Counts = Mapping[str, int]

_FEW = 3
"""Uploaded pages that a look takes into account; more would only make it slower."""

_INSERT, _UPDATE = insert(SIGHTING), update(SIGHTING).where(SIGHTING.c.id == bindparam("key_id"))


class SqlSightings:
    """``SightingRows`` over one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def open(self, report: Report) -> None:
        """Keep a report; its sightings follow, in this transaction or in later ones."""
        values = {"id": report.id, "by": report.by, "at": report.at, "tlp": report.tlp}
        self._connection.execute(insert(SIGHTING_REPORT).values({**values, **_found_out(report)}))

    def close(self, report: Report) -> None:
        """Note what was found out of a report since: its format, its number of entries, what it passed over."""
        same = SIGHTING_REPORT.c.id == report.id
        self._connection.execute(update(SIGHTING_REPORT).where(same).values(_found_out(report)))

    def spent(self, by: str, since: datetime) -> int:
        """How many entries the reports of one token had since then."""
        counted = select(func.coalesce(func.sum(SIGHTING_REPORT.c.count), 0))
        query = counted.where(SIGHTING_REPORT.c.by == by, SIGHTING_REPORT.c.at >= since)
        return int(self._connection.execute(query).scalar_one())

    def put(self, sightings: Sequence[Sighting]) -> tuple[Sighting, ...]:
        """Insert those without an id, change the others; all of them with their ids."""
        kept = []
        for one in sightings:
            if one.id:
                came = {"key_id": one.id, "site": one.site, "outcome": one.outcome, "reason": one.reason}
                self._connection.execute(_UPDATE, came)
                kept.append(one)
            else:
                kept.append(replace(one, id=new_id(self._connection.execute(_INSERT, _columns(one)))))
        return tuple(kept)

    def waiting(self, limit: int) -> tuple[Sighting, ...]:
        """Those that were taken and are not admitted yet, the oldest first."""
        query = select(SIGHTING).where(SIGHTING.c.outcome == Outcome.WAITING).order_by(SIGHTING.c.id).limit(limit)
        return tuple(_sighting(row) for row in self._connection.execute(query))


class SqlCaptures:
    """``CaptureRows`` over one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, capture: Capture) -> None:
        """Keep one. NotFound where there is no such sighting."""
        same = select(SIGHTING.c.id).where(SIGHTING.c.id == capture.sighting)
        if self._connection.execute(same).first() is None:
            raise NotFound(f"there is no sighting {capture.sighting}")
        values = {
            "sighting_id": capture.sighting,
            "host": capture.host,
            "url": capture.url,
            "captured_at": capture.captured_at,
            "received_at": capture.received_at,
            "evidence": capture.evidence,
            "page": None if capture.page is None else pack_page(capture.page),
        }
        self._connection.execute(insert(CAPTURE).values(values))

    def of(self, host: str, since: datetime) -> tuple[Capture, ...]:
        """Those of a host that came since then and have a page, the newest first, a few."""
        query = select(CAPTURE).where(
            CAPTURE.c.host == host, CAPTURE.c.received_at >= since, CAPTURE.c.page.is_not(None)
        )
        newest = query.order_by(CAPTURE.c.received_at.desc(), CAPTURE.c.id.desc()).limit(_FEW)
        return tuple(
            Capture(
                sighting=row.sighting_id,
                host=row.host,
                url=row.url,
                captured_at=row.captured_at,
                received_at=row.received_at,
                evidence=row.evidence,
                page=unpack_page(row.page),
            )
            for row in self._connection.execute(newest)
        )


def _found_out(report: Report) -> dict[str, Any]:
    return {
        "format": report.format,
        "count": report.count,
        "passed_over_json": dumps(Counts, report.passed_over),
    }


def _columns(one: Sighting) -> dict[str, Any]:
    given = one.reported
    return {
        "report": one.report,
        "entry": given.entry,
        "url": given.url,
        "site": one.site,
        "outcome": one.outcome,
        "reason": one.reason,
        "at": one.at,
        "seen_at": given.seen_at,
        "tlp": given.tlp,
        "chain_json": dumps(Chain, given.chain),
        "note": given.note,
    }


def _sighting(row: Row[Any]) -> Sighting:
    given = Reported(
        entry=row.entry,
        url=row.url,
        seen_at=row.seen_at,
        tlp=row.tlp,
        chain=load_any(Chain, row.chain_json),
        note=row.note,
    )
    return Sighting(
        report=row.report,
        reported=given,
        outcome=member(Outcome, row.outcome),
        at=row.at,
        site=row.site,
        reason=row.reason,
        id=row.id,
    )
