"""Versions of the outlets' baselines (``ports.BaselineRows``); what is judged by is in ``rows_outlets.py``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from service.adapters.codec import member
from service.adapters.rows_outlets import baseline_of
from service.adapters.tables import BASELINE
from service.core.errors import NotFound
from service.core.model import BaselineVersion
from service.core.states import BaselineState

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy import Connection

_PUBLIC_ID = re.compile(r"bl_([1-9][0-9]{0,17})\Z")  # 18 digits fit into 64 bits


class SqlBaselines:
    """``BaselineRows`` over one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of(self, outlet_id: str) -> tuple[BaselineVersion, ...]:
        """Every version of one outlet, whatever its state, oldest first."""
        query = select(BASELINE).where(BASELINE.c.outlet == outlet_id).order_by(BASELINE.c.taken_at, BASELINE.c.id)
        return tuple(
            BaselineVersion(
                id=f"bl_{row.id}",
                baseline=baseline_of(row),
                state=member(BaselineState, row.state),
                seen_at=row.seen_at,
                by=row.decided_by,
                note=row.note,
            )
            for row in self._connection.execute(query)
        )

    def seen(self, ids: Iterable[str], at: datetime) -> None:
        """The outlet's site was seen to look so again."""
        numbers = [_number(one) for one in ids]
        self._connection.execute(update(BASELINE).where(BASELINE.c.id.in_(numbers)).values(seen_at=at))

    def put_state(self, ids: Iterable[str], state: BaselineState, by: str = "", note: str = "") -> None:
        """Take versions into use, hold them back or revoke them; ``by`` and ``note`` where a person decided."""
        for one in ids:
            values = {"state": state, "decided_by": by, "note": note}
            if not self._connection.execute(
                update(BASELINE).where(BASELINE.c.id == _number(one)).values(values)
            ).rowcount:
                raise NotFound(f"there is no baseline {one}")


def _number(public_id: str) -> int:
    found = _PUBLIC_ID.match(public_id)
    if found is None:
        raise NotFound(f"there is no baseline {public_id}")
    return int(found[1])
