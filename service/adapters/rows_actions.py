"""Enforcement acts and single values (``ports.ActionRows``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import insert, select, update

from service.adapters.codec import member
from service.adapters.tables import ACTION, STATE
from service.core.model import Action
from service.core.states import Place

if TYPE_CHECKING:
    from sqlalchemy import Connection


class SqlActions:
    """``ActionRows`` over one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, action: Action) -> None:
        """Insert or change one."""
        values = {
            "authority": action.authority,
            "place": action.place,
            "effective": action.effective,
            "reference": action.reference,
        }
        known = update(ACTION).where(ACTION.c.id == action.id).values(values)
        if not self._connection.execute(known).rowcount:
            self._connection.execute(insert(ACTION).values({"id": action.id, **values}))

    def all(self) -> tuple[Action, ...]:
        """Every action, oldest first."""
        rows = self._connection.execute(select(ACTION).order_by(ACTION.c.effective, ACTION.c.id))
        return tuple(
            Action(
                id=row.id,
                authority=row.authority,
                place=member(Place, row.place),
                effective=row.effective,
                reference=row.reference,
            )
            for row in rows
        )

    def get_state(self, key: str) -> str | None:
        """A value that outlives the process."""
        value: str | None = self._connection.execute(select(STATE.c.value).where(STATE.c.key == key)).scalar()
        return value

    def set_state(self, key: str, value: str) -> None:
        """Keep it."""
        if not self._connection.execute(update(STATE).where(STATE.c.key == key).values(value=value)).rowcount:
            self._connection.execute(insert(STATE).values(key=key, value=value))
