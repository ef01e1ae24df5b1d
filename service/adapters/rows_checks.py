"""Checks that were asked for (``ports_requests.CheckRows``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, or_, select, update

from service.adapters.codec import dumps, load_any
from service.adapters.tables_checks import CHECK
from service.core.checks import Check

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection, Row

Words = frozenset[str]


class SqlChecks:
    """``CheckRows`` over one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, check: Check) -> None:
        """Keep a new one."""
        row = {
            "id": check.id,
            "target": check.target,
            "by": check.by,
            "outlets_json": dumps(Words, check.outlets),
            "asked_at": check.asked_at,
        }
        self._connection.execute(insert(CHECK), {**row, "tries": check.tries, **_came(check)})

    def get(self, check_id: str) -> Check | None:
        """One check."""
        row = self._connection.execute(select(CHECK).where(CHECK.c.id == check_id)).first()
        return None if row is None else _check(row)

    def asked(self, by: str, since: datetime) -> tuple[datetime, ...]:
        """When a token asked for checks since then, oldest first."""
        query = select(CHECK.c.asked_at).where(CHECK.c.by == by, CHECK.c.asked_at > since)
        return tuple(self._connection.execute(query.order_by(CHECK.c.asked_at)).scalars())

    def claim(self, now: datetime, until: datetime) -> Check | None:
        """The oldest that nobody is making, begun once more and leased until a time; None where there is none."""
        is_free = or_(CHECK.c.leased_until.is_(None), CHECK.c.leased_until <= now)
        query = select(CHECK.c.id).where(CHECK.c.done_at.is_(None), is_free).order_by(CHECK.c.asked_at, CHECK.c.id)
        found = self._connection.execute(query.limit(1)).scalar_one_or_none()
        if found is None:
            return None
        begun = {"leased_until": until, "tries": CHECK.c.tries + 1}
        self._connection.execute(update(CHECK).where(CHECK.c.id == found).values(begun))
        return self.get(found)

    def finish(self, check: Check) -> bool:
        """Store what came of a claimed one; False, and nothing, where it was claimed anew or is done."""
        ours = (CHECK.c.id == check.id, CHECK.c.tries == check.tries, CHECK.c.done_at.is_(None))
        return bool(self._connection.execute(update(CHECK).where(*ours).values(_came(check))).rowcount)


def _came(check: Check) -> dict[str, Any]:
    return {
        "leased_until": check.leased_until,
        "done_at": check.done_at,
        "report_json": None if check.report is None else dumps(Any, dict(check.report)),
        "error": check.error,
    }


def _check(row: Row[Any]) -> Check:
    return Check(
        id=row.id,
        target=row.target,
        by=row.by,
        outlets=load_any(Words, row.outlets_json),
        asked_at=row.asked_at,
        tries=row.tries,
        leased_until=row.leased_until,
        done_at=row.done_at,
        report=None if row.report_json is None else load_any(Any, row.report_json),
        error=row.error,
    )
