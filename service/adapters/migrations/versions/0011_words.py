"""An analyst's word has a closed reason, a note and a scope; a lookalike knows the events that told of its flag.

Follows 0010.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from alembic import op

if TYPE_CHECKING:
    from collections.abc import Callable

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    op.add_column("lookalike", sa.Column("flag_events_json", sa.Text(), nullable=True))
    _rewrite(_closed)


def downgrade() -> None:
    """Go back to the version before."""
    _rewrite(_free)
    op.drop_column("lookalike", "flag_events_json")


def _rewrite(change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    connection = op.get_bind()
    for name in ("lookalike", "verdict"):
        table = sa.table(name, sa.column("id", sa.BigInteger), sa.column("analyst_json", sa.Text))
        given = connection.execute(sa.select(table).where(table.c.analyst_json.is_not(None))).all()
        for row in given:
            text = json.dumps(change(json.loads(row.analyst_json)), separators=(",", ":"))
            connection.execute(sa.update(table).where(table.c.id == row.id).values(analyst_json=text))


def _closed(word: dict[str, Any]) -> dict[str, Any]:
    return word | {"reason": "other", "note": word["reason"]}


def _free(word: dict[str, Any]) -> dict[str, Any]:
    reason = word.pop("note", "") or word["reason"]
    word.pop("scope", None)
    return word | {"reason": reason}
