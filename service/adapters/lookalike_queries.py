"""Pages of lookalikes by filters: the query that people and programs ask most.

Its statements are built once for each set of filters, with places for the values: SQLAlchemy takes longer to build one
than a database takes to run it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Integer, bindparam, exists, func, or_, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction

from service.adapters.tables import BLOCK, EPISODE, LOOKALIKE, SITE
from service.adapters.view_queries import Place, cursor_position, cut
from service.core.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy import BindParameter, Column, ColumnElement, Connection, Row, Select
    from sqlalchemy.sql.compiler import SQLCompiler

_EPISODES_OF = EPISODE.c.lookalike_id == LOOKALIKE.c.id

LOOKALIKES = select(
    LOOKALIKE.c.id,
    LOOKALIKE.c.outlet,
    LOOKALIKE.c.technique,
    LOOKALIKE.c.discovered_at,
    LOOKALIKE.c.verdict,
    LOOKALIKE.c.flagged,
    LOOKALIKE.c.flagged_at,
    LOOKALIKE.c.score,
    LOOKALIKE.c.reason,
    LOOKALIKE.c.first_seen_as,
    LOOKALIKE.c.predecessor,
    SITE.c.host,
    SITE.c.domain,
    SITE.c.availability,
    SITE.c.availability_since,
    SITE.c.registered_at,
    SITE.c.registration_status,
    SITE.c.registrar,
    SITE.c.looked_at,
    exists().where(BLOCK.c.site_id == SITE.c.id, BLOCK.c.lifted_at.is_(None)).label("blocked"),
    select(func.count()).select_from(EPISODE).where(_EPISODES_OF).scalar_subquery().label("episodes_count"),
    select(EPISODE.c.began_at)
    .where(_EPISODES_OF, EPISODE.c.ended_at.is_(None))
    .order_by(EPISODE.c.number.desc())
    .limit(1)
    .scalar_subquery()
    .label("open_since"),
).join(SITE, SITE.c.id == LOOKALIKE.c.site_id)
"""Lookalikes with what is shown of them and of their sites in a list."""

DETAILED = LOOKALIKES.add_columns(
    LOOKALIKE.c.site_id,
    LOOKALIKE.c.name_score,
    LOOKALIKE.c.distance,
    LOOKALIKE.c.signals_json,
    LOOKALIKE.c.analyst_json,
    SITE.c.availability_reason,
    SITE.c.registration_json,
    SITE.c.dns_json,
)
"""The same with what one of them is explained by."""

FEW = 2_000
"""Sites that are so few that it is faster to find them first and to sort them: the newest fifty of a filter that lets
through one site in fifty are found after two thousand and a half, on average, in the order that the list has."""


class Unindexed(GenericFunction[Any]):
    """A column that no index is used for: SQLite's unary plus. PostgreSQL's planner knows how much a page needs."""

    inherit_cache = True


@compiles(Unindexed, "sqlite")
def _plus(element: Unindexed, compiler: SQLCompiler, **more: Any) -> str:
    return f"+{compiler.process(element.clauses, **more)}"


@compiles(Unindexed, "postgresql")
def _plain(element: Unindexed, compiler: SQLCompiler, **more: Any) -> str:
    return compiler.process(element.clauses, **more)


def _given(name: str, column: Column[Any], **options: Any) -> BindParameter[Any]:
    """The place of a filter's value in a statement."""
    return bindparam(name, type_=column.type, **options)


def _unindexed(column: Column[Any]) -> Unindexed:
    return Unindexed(column, type_=column.type)


_FOUND, _FEW = "sites", "few"
_MOST = bindparam("most", type_=Integer())

_OF_LOOKALIKES: dict[str, ColumnElement[bool]] = {
    _FOUND: LOOKALIKE.c.site_id.in_(_given(_FOUND, LOOKALIKE.c.site_id, expanding=True)),
    "outlet": LOOKALIKE.c.outlet == _given("outlet", LOOKALIKE.c.outlet),
    "outlets": LOOKALIKE.c.outlet.in_(_given("outlets", LOOKALIKE.c.outlet, expanding=True)),
    "flagged": LOOKALIKE.c.flagged == _given("flagged", LOOKALIKE.c.flagged),
    "verdict": LOOKALIKE.c.verdict == _given("verdict", LOOKALIKE.c.verdict),
    "technique": LOOKALIKE.c.technique == _given("technique", LOOKALIKE.c.technique),
    "discovered_after": LOOKALIKE.c.discovered_at > _given("discovered_after", LOOKALIKE.c.discovered_at),
}


def _of_sites(seen: Callable[[Column[Any]], ColumnElement[Any]]) -> dict[str, ColumnElement[bool]]:
    return {
        "availability": seen(SITE.c.availability) == _given("availability", SITE.c.availability),
        "suffix": seen(SITE.c.suffix) == _given("suffix", SITE.c.suffix),
        "registered_after": seen(SITE.c.registered_at) > _given("registered_after", SITE.c.registered_at),
        "q": Place(seen(SITE.c.host), _given("q", SITE.c.host)) > 0,
        "host": seen(SITE.c.host) == _given("host", SITE.c.host),
    }


_OF_SITES = _of_sites(lambda column: column)
_OF_SITES_CHECKED = _of_sites(_unindexed)
"""The same for sites that are found through their lookalikes."""

_KEPT = 512  # statements


def page_rows(
    connection: Connection, where: Mapping[str, Any], cursor: str | None, limit: int, *, few: int = FEW
) -> tuple[Sequence[Row[Any]], str | None]:
    """A page of ``LOOKALIKES``, newest discovered first, and the cursor of the next (None on the last page).

    ``where``: values of filters; one that is None, or no outlets at all, is not set. InvalidInput for a filter that
    does not exist, and for a cursor that is none of ours.

    Where the filters of sites let through no more than ``few``, theirs are found first and sorted; else the list is
    read in its order until the page is full. Planners do not know which is faster: SQLite's would sort a quarter of
    all for a common suffix, and read through all of them for a rare one.
    """
    values = _values(where)
    names = frozenset(values)
    of_sites = {name: value for name, value in values.items() if name in _OF_SITES}
    if "q" in of_sites:
        # To look for it takes longer than all else, so what was found is not looked for again.
        sites = connection.execute(_sites(frozenset(of_sites)), of_sites | {"most": few + 1}).scalars().all()
        if len(sites) <= few:
            values = {name: value for name, value in values.items() if name not in of_sites} | {_FOUND: sites}
            names = frozenset(values)
    elif of_sites:
        number = connection.execute(_count(frozenset(of_sites)), of_sites | {"most": few + 1}).scalar_one()
        names |= {_FEW} if number <= few else set()
    if cursor is not None:
        values["last_at"], values["last_id"] = cursor_position(cursor)
    asked = _page(names, continued=cursor is not None)
    rows = connection.execute(asked, values | {"most": limit + 1}).all()
    return cut(rows, limit, "discovered_at", "id")


def _values(where: Mapping[str, Any]) -> dict[str, Any]:
    """The filters that are set."""
    known = [name for name in (*_OF_LOOKALIKES, *_OF_SITES) if name != _FOUND]
    for name in where:
        if name not in known:
            raise InvalidInput(f"there is no filter {name!r}; there are {', '.join(known)}", pointer=f"/query/{name}")
    values = {name: value for name, value in where.items() if value is not None}
    if "q" in values:
        values["q"] = str(values["q"]).lower()
    if not values.get("outlets"):
        values.pop("outlets", None)
    return values


def _conditions(names: frozenset[str], of: Mapping[str, ColumnElement[bool]]) -> list[ColumnElement[bool]]:
    return [of[name] for name in sorted(names) if name in of]


@lru_cache(_KEPT)
def _sites(names: frozenset[str]) -> Select[Any]:
    """Ids of sites that these filters let through, ``most`` at most."""
    return select(SITE.c.id).where(*_conditions(names, _OF_SITES)).limit(_MOST)


@lru_cache(_KEPT)
def _count(names: frozenset[str]) -> Select[Any]:
    """How many these are."""
    return select(func.count()).select_from(_sites(names).subquery())


@lru_cache(_KEPT)
def _page(names: frozenset[str], *, continued: bool) -> Select[Any]:
    """``most`` lookalikes that these filters let through, behind a cursor where it is ``continued``.

    First their ids alone, so that what has to be sorted is small, and what is shown is read for one page only.
    """
    at, number = LOOKALIKE.c.discovered_at, LOOKALIKE.c.id
    found = select(number, at).where(*_conditions(names, _OF_LOOKALIKES))
    checked = _conditions(names, _OF_SITES_CHECKED)
    if _FEW in names:
        found = found.where(LOOKALIKE.c.site_id.in_(select(SITE.c.id).where(*_conditions(names, _OF_SITES))))
    elif checked:
        found = found.join(SITE, SITE.c.id == LOOKALIKE.c.site_id).where(*checked)
    if continued:
        last_at, last = _given("last_at", at), _given("last_id", number)
        # The first condition follows from the second; it lets the database begin at that place in the index.
        found = found.where(at <= last_at, or_(at < last_at, number < last))
    order = _unindexed(at) if names & {_FOUND, _FEW} else at
    page = found.order_by(order.desc(), number.desc()).limit(_MOST).cte("found").prefix_with("MATERIALIZED")
    return LOOKALIKES.join(page, page.c.id == number).order_by(page.c.discovered_at.desc(), page.c.id.desc())
