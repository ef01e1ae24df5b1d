"""Lookalikes over time, for survival and for the effect of actions (``ports.LifetimeRows``)."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, func, select

from service.adapters.codec import member
from service.adapters.portions import portions
from service.adapters.rows_reports import SqlReports
from service.adapters.rows_sweeps import sweep_of
from service.adapters.site_loading import block, episode
from service.adapters.tables import BLOCK, EPISODE, LOOKALIKE, OBSERVATION, SITE, TRAIT, VERDICT
from service.adapters.tables_campaigns import MEMBERSHIP, SUCCESSION
from service.adapters.tables_deliveries import EVENT
from service.adapters.tables_sweeps import SWEEP
from service.adapters.views import PUBLIC_PREFIX
from service.core.model import Block
from service.core.names.name import split
from service.core.persistence.histories import History, Stretch
from service.core.states import Technique, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import BindParameter, Connection, Row

    from service.core.model import Sweep
    from service.core.persistence.reports import Report

_IDS: BindParameter[Sequence[int]] = bindparam("ids", expanding=True)
_HOSTS: BindParameter[Sequence[str]] = bindparam("hosts", expanding=True)
_EVER_FLAGGED = (
    select(VERDICT.c.lookalike_id)
    .where(VERDICT.c.verdict.in_([Verdict.SUSPECTED, Verdict.IMPERSONATION]))
    .distinct()
    .order_by(VERDICT.c.lookalike_id)
)
_LOOKALIKES = (
    select(
        LOOKALIKE,
        SITE.c.host,
        SITE.c.domain,
        SITE.c.admitted_at,
        SITE.c.absent_at,
        SITE.c.looked_at,
        SITE.c.registered_at,
        SITE.c.registrar,
    )
    .join(SITE, SITE.c.id == LOOKALIKE.c.site_id)
    .where(LOOKALIKE.c.id.in_(_IDS))
    .order_by(LOOKALIKE.c.id)
)
# The last look before an episode began lies at the end of an observation: what changed began a new one.
_UNSEEN = (
    select(func.max(OBSERVATION.c.last_at))
    .where(OBSERVATION.c.site_id == LOOKALIKE.c.site_id, OBSERVATION.c.last_at < EPISODE.c.began_at)
    .scalar_subquery()
)
_EPISODES = (
    select(EPISODE, _UNSEEN.label("unseen_at"))
    .join(LOOKALIKE, LOOKALIKE.c.id == EPISODE.c.lookalike_id)
    .where(EPISODE.c.lookalike_id.in_(_IDS))
    .order_by(EPISODE.c.lookalike_id, EPISODE.c.number)
)
_VERDICTS = select(VERDICT).where(VERDICT.c.lookalike_id.in_(_IDS)).order_by(VERDICT.c.id)
_BLOCKS = select(BLOCK).where(BLOCK.c.site_id.in_(_IDS)).order_by(BLOCK.c.row)
_ADDRESSES = select(TRAIT).where(TRAIT.c.site_id.in_(_IDS), TRAIT.c.kind == "address").order_by(TRAIT.c.id)
_MEMBERSHIPS = (
    select(MEMBERSHIP).where(MEMBERSHIP.c.site_id.in_(_IDS)).order_by(MEMBERSHIP.c.joined_at, MEMBERSHIP.c.id)
)
_SUCCESSIONS = (
    select(SUCCESSION.c.site_id, SUCCESSION.c.outlet, SUCCESSION.c.began_at)
    .where(SUCCESSION.c.site_id.in_(_IDS))
    .order_by(SUCCESSION.c.found_at, SUCCESSION.c.id)
)
_TOLD = (
    select(EVENT.c.host, EVENT.c.outlet, EVENT.c.type, EVENT.c.at, EVENT.c.data_json)
    .where(EVENT.c.host.in_(_HOSTS), EVENT.c.type.in_(["site.down", "successor.found"]))
    .order_by(EVENT.c.sequence)
)

_Key = tuple[str, str]


class SqlLifetimes:
    """``LifetimeRows`` over one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def all(self) -> tuple[History, ...]:
        """Every lookalike that was ever flagged, by row id."""
        ids = list(self._connection.execute(_EVER_FLAGGED).scalars())
        found: list[History] = []
        for portion in portions(ids):
            found += self._chunk(portion)
        return tuple(found)

    def sweeps(self) -> tuple[Sweep, ...]:
        """Every sweep, oldest first."""
        rows = self._connection.execute(select(SWEEP).order_by(SWEEP.c.started_at, SWEEP.c.id))
        return tuple(map(sweep_of, rows))

    def _chunk(self, ids: Sequence[int]) -> Iterable[History]:
        rows = self._connection.execute(_LOOKALIKES, {"ids": ids}).all()
        site_ids = list({row.site_id for row in rows})
        told = _Told(self._connection.execute(_TOLD, {"hosts": list({row.host for row in rows})}))
        stretches: defaultdict[int, list[Row[Any]]] = defaultdict(list)
        for one in self._connection.execute(_EPISODES, {"ids": ids}):
            stretches[one.lookalike_id].append(one)
        verdicts: defaultdict[int, list[tuple[datetime, Verdict]]] = defaultdict(list)
        for one in self._connection.execute(_VERDICTS, {"ids": ids}):
            verdicts[one.lookalike_id].append((one.at, member(Verdict, one.verdict)))
        blocks: defaultdict[int, list[Block]] = defaultdict(list)
        for one in self._connection.execute(_BLOCKS, {"ids": site_ids}):
            blocks[one.site_id].append(block(one))
        addresses: defaultdict[int, list[tuple[datetime, str]]] = defaultdict(list)
        for one in self._connection.execute(_ADDRESSES, {"ids": site_ids}):
            addresses[one.site_id].append((one.first_at, one.value))
        memberships: defaultdict[int, list[tuple[datetime, datetime | None, str]]] = defaultdict(list)
        for one in self._connection.execute(_MEMBERSHIPS, {"ids": site_ids}):
            memberships[one.site_id].append((one.joined_at, one.left_at, one.campaign))
        took_over: dict[tuple[int, str], datetime] = {}
        for one in self._connection.execute(_SUCCESSIONS, {"ids": site_ids}):
            took_over.setdefault((one.site_id, one.outlet), one.began_at)
        reports: defaultdict[str, list[Report]] = defaultdict(list)
        for report in SqlReports(self._connection).of_lookalikes(ids):
            reports[report.lookalike].append(report)
        for row in rows:
            yield History(
                **_facts(row),
                memberships=tuple(memberships[row.site_id]),
                addresses=tuple(addresses[row.site_id]),
                verdicts=tuple(verdicts[row.id]),
                stretches=tuple(_stretch(one, told, (row.host, row.outlet)) for one in stretches[row.id]),
                blocks=tuple(blocks[row.site_id]),
                reports=tuple(reports[f"{PUBLIC_PREFIX}{row.id}"]),
                predecessor=row.predecessor,
                succeeded_at=told.succeeded.get((row.host, row.outlet)),
                took_over_at=took_over.get((row.site_id, row.outlet)),
            )


class _Told:
    """When the end of an episode and a predecessor were found out: as events told it."""

    def __init__(self, rows: Iterable[Row[Any]]) -> None:
        self.down: dict[tuple[_Key, int], datetime] = {}
        self.succeeded: dict[_Key, datetime] = {}
        for row in rows:
            about = (row.host, row.outlet)
            if row.type == "site.down":
                self.down[about, json.loads(row.data_json)["detail"]["episode"]] = row.at
            else:
                self.succeeded.setdefault(about, row.at)


def _facts(row: Row[Any]) -> dict[str, Any]:
    created: datetime | None = row.registered_at
    return {
        "id": f"{PUBLIC_PREFIX}{row.id}",
        "host": row.host,
        "outlet": row.outlet,
        "suffix": split(row.domain)[1],
        "technique": member(Technique, row.technique),
        "discovered_at": row.discovered_at,
        "appeared_at": row.admitted_at if created is None else min(created, row.admitted_at),
        "absent_at": row.absent_at,
        "looked_at": row.looked_at,
        "registrar": row.registrar,
    }


def _stretch(row: Row[Any], told: _Told, about: _Key) -> Stretch:
    kept = episode(row)
    return Stretch(
        number=kept.number,
        began_at=kept.began_at,
        last_seen_at=kept.last_seen_at,
        unseen_at=row.unseen_at,
        ended_at=kept.ended_at,
        known_at=told.down.get((about, kept.number)),
        cause=kept.cause,
        censored=kept.censored,
    )
