"""Which evidence there is (``ports.EvidenceRows``). Rows are never deleted: those whose files were let go say so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, insert, select, update

from service.adapters.codec import dumps, load_any, member
from service.adapters.tables import EVIDENCE, LOOKALIKE, SITE
from service.adapters.tables_base import storable
from service.core.evidence.items import EvidenceItem, EvidenceKind, EvidenceQuery, Kept

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Row

Marks = Mapping[str, str]
_BATCH = 500


class SqlEvidence:
    """``EvidenceRows`` over one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, items: Iterable[EvidenceItem], at: datetime) -> None:
        """Name files that are on disk already.

        The same content of the same host again changes nothing, unless its file had been let go: then it is back.
        """
        for item in items:
            same = and_(EVIDENCE.c.host == item.host, EVIDENCE.c.sha256 == item.kept.sha256)
            known = self._connection.execute(select(EVIDENCE.c.removed_at).where(same)).first()
            if known is None:
                self._connection.execute(insert(EVIDENCE).values(_columns(item, at)))
            elif known.removed_at is not None:
                values = {**_columns(item, at), "removed_at": None}
                self._connection.execute(update(EVIDENCE).where(same).values(values))

    def find(self, query: EvidenceQuery) -> tuple[EvidenceItem, ...]:
        """What there is, newest first."""
        asked = select(EVIDENCE).where(*_conditions(query)).order_by(EVIDENCE.c.taken_at.desc(), EVIDENCE.c.id.desc())
        return tuple(_item(row) for row in self._connection.execute(asked.limit(query.limit)))

    def let_go(self, items: Iterable[tuple[EvidenceItem, str]], at: datetime) -> None:
        """Say of items, with the reason, that their files are no longer needed."""
        for item, why in items:
            this = and_(EVIDENCE.c.host == item.host, EVIDENCE.c.sha256 == item.kept.sha256)
            self._connection.execute(update(EVIDENCE).where(this).values(removed_at=at, removed_why=why))

    def flagged_hosts(self) -> frozenset[str]:
        """Hosts with evidence that are flagged now."""
        query = select(SITE.c.host).join(LOOKALIKE, LOOKALIKE.c.site_id == SITE.c.id).where(LOOKALIKE.c.flagged)
        return frozenset(self._connection.execute(query.distinct()).scalars())

    def unpictured(self, limit: int) -> tuple[EvidenceItem, ...]:
        """The newest WARCs of flagged hosts that are newer than the host's last screenshot, oldest first."""
        newest = _newest(EvidenceKind.WARC, EVIDENCE.c.outlets_json != "[]").subquery()
        pictured = _newest(EvidenceKind.SCREENSHOT).subquery()
        query = (
            select(EVIDENCE)
            .join(newest, and_(newest.c.host == EVIDENCE.c.host, newest.c.at == EVIDENCE.c.taken_at))
            .outerjoin(pictured, pictured.c.host == EVIDENCE.c.host)
            .where(EVIDENCE.c.kind == EvidenceKind.WARC, (pictured.c.at.is_(None)) | (pictured.c.at < newest.c.at))
            .order_by(EVIDENCE.c.taken_at, EVIDENCE.c.id)
        )
        return tuple(_item(row) for row in self._connection.execute(query.limit(limit)))


def _newest(kind: EvidenceKind, *more: ColumnElement[bool]) -> Any:
    """When each host's newest item of a kind was taken."""
    newest = func.max(EVIDENCE.c.taken_at).label("at")
    return select(EVIDENCE.c.host, newest).where(EVIDENCE.c.kind == kind, *more).group_by(EVIDENCE.c.host)


def _conditions(query: EvidenceQuery) -> Iterator[ColumnElement[bool]]:
    for name in ("host", "sha256", "kind"):
        value = getattr(query, name)
        if value is not None:
            yield EVIDENCE.c[name] == value
    for column, first, end in (
        (EVIDENCE.c.added_at, query.added_from, query.added_before),
        (EVIDENCE.c.removed_at, query.let_go_from, query.let_go_before),
    ):
        if first is not None:
            yield column >= first
        if end is not None:
            yield column < end
    if query.live is not None:
        yield EVIDENCE.c.removed_at.is_(None) if query.live else EVIDENCE.c.removed_at.is_not(None)


def _columns(item: EvidenceItem, at: datetime) -> dict[str, Any]:
    return {
        "sha256": item.kept.sha256,
        "kind": item.kept.kind,
        "bytes": item.kept.bytes,
        "host": item.host,
        "taken_at": item.taken_at,
        "added_at": at,
        "url": storable(item.url),
        "profile": item.profile,
        "outlets_json": dumps(tuple[str, ...], item.outlets),
        "marks_json": dumps(Marks, dict(item.marks)),
        "dhash": item.dhash,
        "removed_why": "",
    }


def _item(row: Row[Any]) -> EvidenceItem:
    return EvidenceItem(
        kept=Kept(kind=member(EvidenceKind, row.kind), sha256=row.sha256, bytes=row.bytes),
        host=row.host,
        taken_at=row.taken_at,
        url=row.url,
        profile=row.profile,
        outlets=load_any(tuple[str, ...], row.outlets_json),
        marks=load_any(Marks, row.marks_json),
        dhash=row.dhash,
        added_at=row.added_at,
        removed_at=row.removed_at,
        removed_why=row.removed_why,
    )
