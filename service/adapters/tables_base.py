"""What the shapes of all tables share. They hold what is stored and check nothing (``table=True`` does not validate).

Whatever rows are filtered or sorted by is a column; facts that are only carried along are JSON text in the codec's
form (columns that end in ``_json``), because no JSON operator means the same in SQLite and PostgreSQL. Enums are text
for the same reason. Words are those of ``core/model``. Text sorts differently between databases, so lists that are
paged are in the order of time and id.

The rows modules write SQL with the plain tables at the end of each part: an examined site is one UPDATE, not a graph of
objects.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, Integer, MetaData, Table, Text
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect

BigId = BigInteger().with_variant(Integer(), "sqlite")
"""64-bit row ids. SQLite numbers a row by itself only under the exact word INTEGER."""


class Prose(TypeDecorator[str]):
    """Text that others may have written. Lone surrogates and NUL, which no database takes, become U+FFFD."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's signature
        """What is stored."""
        return None if value is None else storable(value)


def storable(text: str) -> str:
    """``text`` as every database can keep it."""
    if "\0" in text:
        text = text.replace("\0", "\ufffd")
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


class Base(SQLModel):
    """All tables share one catalogue; constraints have names, so that a migration can drop them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


def table(shape: type[SQLModel]) -> Table:
    """The plain table of a shape."""
    return Base.metadata.tables[str(shape.__tablename__)]


def text(**options: Any) -> Any:
    """A column of plain ASCII text: names, enum values, ids, JSON."""
    return Field(sa_type=Text, **options)


def prose(**options: Any) -> Any:
    """A column of text that others may have written."""
    return Field(sa_type=Prose, **options)


def row_id() -> Any:
    """A number that the database gives."""
    return Field(default=None, primary_key=True, sa_type=BigId)


def big_number(**options: Any) -> Any:
    """A 64-bit number that is ours to give."""
    return Field(sa_type=BigInteger, **options)
