"""What the API reads (``ports.ViewRows``): plain dictionaries of JSON values, shaped for people."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, or_, select

from service.adapters import tables, tables_access, tables_deliveries, tables_sweeps
from service.adapters.codec import load_any, loads
from service.adapters.lookalike_queries import DETAILED, page_rows
from service.adapters.rows_evidence import SqlEvidence
from service.adapters.site_loading import Signals
from service.adapters.tables import BLOCK, EPISODE, LOOKALIKE, OBSERVATION, SITE, VERDICT
from service.adapters.tables_deliveries import DELIVERY, EVENT
from service.core.alerts.deliveries import DeliveryState
from service.core.alerts.events import rfc3339
from service.core.evidence.items import EvidenceQuery
from service.core.facts.dns import DnsFacts
from service.core.facts.registration import Registration
from service.core.model import AnalystWord
from service.core.names.name import defang
from service.core.plain import shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection, Row, Select

PUBLIC_PREFIX = "lka_"

_PUBLIC_ID = re.compile(PUBLIC_PREFIX + r"([1-9][0-9]{0,17})\Z")  # 18 digits fit into 64 bits

MAX_OBSERVATIONS = 100
"""Observations in one detail: a site that changes with every look would fill pages."""

MAX_EVIDENCE = 100
"""Pieces of evidence in one detail; `spoofwatch evidence list` has them all."""

_COUNTED = {
    "outlets": tables.OUTLET,
    "baselines": tables.BASELINE,
    "sites": tables.SITE,
    "lookalikes": tables.LOOKALIKE,
    "episodes": tables.EPISODE,
    "blocks": tables.BLOCK,
    "actions": tables.ACTION,
    "observations": tables.OBSERVATION,
    "evidence": tables.EVIDENCE,
    "sweeps": tables_sweeps.SWEEP,
    "events": tables_deliveries.EVENT,
    "endpoints": tables_deliveries.ENDPOINT,
    "tokens": tables_access.TOKEN,
}


class SqlViews:
    """``ViewRows`` over one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def lookalikes(
        self, where: Mapping[str, Any], cursor: str | None, limit: int
    ) -> tuple[list[dict[str, Any]], str | None]:
        """A page of lookalikes, newest discovered first, and the cursor of the next (None on the last page).

        ``where`` may hold outlet, outlets, flagged, verdict, technique, availability, suffix, registered_after,
        discovered_after, q (part of the host name) and host. Rows that are added while somebody pages never move the
        rows that follow. InvalidInput for an unknown filter and for a cursor that is none of ours.
        """
        page, following = page_rows(self._connection, where, cursor, limit)
        return [_item(row) for row in page], following

    def lookalike(self, public_id: str) -> dict[str, Any] | None:
        """One with explanation, observations (newest first), verdicts, episodes, blocks and timeline."""
        number = _row_id(public_id)
        if number is None:
            return None
        row = self._connection.execute(DETAILED.where(LOOKALIKE.c.id == number)).first()
        if row is None:
            return None
        return _item(row) | {
            "explanation": _explanation(row),
            "observations": self.observations(row.site_id),
            "verdicts": self._verdicts(row.id),
            "episodes": [_episode(one) for one in self._episodes(row.id)],
            "blocks": self.blocks(row.host),
            "timeline": self._timeline(row.host, row.outlet),
            "evidence": self._evidence(row.host),
            "registration": None
            if row.registration_json is None
            else shown(loads(Registration, row.registration_json)),
            "dns": None if row.dns_json is None else shown(loads(DnsFacts, row.dns_json)),
        }

    def blocks(self, host: str | None) -> list[dict[str, Any]]:
        """Blocks of one site or of all, newest first."""
        query = select(BLOCK, SITE.c.host).join(SITE, SITE.c.id == BLOCK.c.site_id)
        if host is not None:
            query = query.where(SITE.c.host == host)
        rows = self._connection.execute(query.order_by(BLOCK.c.effective_from.desc(), BLOCK.c.row.desc()))
        return [block_item(row) for row in rows]

    def events(self, after: int, limit: int, outlets: frozenset[str] = frozenset()) -> list[dict[str, Any]]:
        """Committed events by sequence, those after ``after``.

        Where ``outlets`` are given: those about their lookalikes, and about sites as a whole that have one.
        """
        query = select(EVENT).where(EVENT.c.sequence > after).order_by(EVENT.c.sequence).limit(limit)
        if outlets:
            sites = select(SITE.c.host).join(LOOKALIKE).where(LOOKALIKE.c.outlet.in_(outlets))
            query = query.where(
                or_(EVENT.c.outlet.in_(outlets), and_(EVENT.c.outlet.is_(None), EVENT.c.host.in_(sites)))
            )
        return [_event(row) for row in self._connection.execute(query)]

    def counts(self) -> dict[str, int]:
        """Rows by kind; flagged lookalikes; deliveries by state; looks made; names that sweeps asked for."""
        counts = {kind: self._count(select(func.count()).select_from(one)) for kind, one in _COUNTED.items()}
        counts["flagged"] = self._count(select(func.count()).select_from(LOOKALIKE).where(LOOKALIKE.c.flagged))
        counts["looks"] = self._count(select(func.coalesce(func.sum(tables.OBSERVATION.c.count), 0)))
        counts["names_asked"] = self._count(select(func.coalesce(func.sum(tables_sweeps.SWEEP.c.asked), 0)))
        by_state = self._connection.execute(select(DELIVERY.c.state, func.count()).group_by(DELIVERY.c.state))
        states = {row[0]: int(row[1]) for row in by_state}
        return counts | {f"deliveries_{state.value}": states.get(state.value, 0) for state in DeliveryState}

    def _count(self, query: Select[Any]) -> int:
        return int(self._connection.execute(query).scalar_one())

    def _episodes(self, lookalike_id: int) -> list[Row[Any]]:
        query = select(EPISODE).where(EPISODE.c.lookalike_id == lookalike_id).order_by(EPISODE.c.number)
        return list(self._connection.execute(query))

    def observations(self, site_id: int) -> list[dict[str, Any]]:
        """What was seen of a site, newest first, up to ``MAX_OBSERVATIONS``."""
        newest_first = select(OBSERVATION).where(OBSERVATION.c.site_id == site_id).order_by(OBSERVATION.c.number.desc())
        return [_observation(row) for row in self._connection.execute(newest_first.limit(MAX_OBSERVATIONS))]

    def _verdicts(self, lookalike_id: int) -> list[dict[str, Any]]:
        query = select(VERDICT).where(VERDICT.c.lookalike_id == lookalike_id).order_by(VERDICT.c.id)
        return [
            {
                "at": rfc3339(row.at),
                "verdict": row.verdict,
                "score": row.score,
                "reason": row.reason,
                "analyst": _analyst(row),
            }
            for row in self._connection.execute(query)
        ]

    def _evidence(self, host: str) -> list[dict[str, Any]]:
        found = SqlEvidence(self._connection).find(EvidenceQuery(host=host, limit=MAX_EVIDENCE))
        return [
            {
                "id": item.id,
                "kind": item.kept.kind.value,
                "taken_at": rfc3339(item.taken_at),
                "bytes": item.kept.bytes,
                "url": item.url,
                "profile": item.profile,
                "outlets": list(item.outlets),
                "dhash": item.dhash,
                "removed_at": rfc3339(item.removed_at),
                "removed_why": item.removed_why,
            }
            for item in found
        ]

    def _timeline(self, host: str, outlet: str) -> list[dict[str, Any]]:
        """What was told of the site as a whole and of this outlet's lookalike on it, in order."""
        query = select(EVENT).where(EVENT.c.host == host, or_(EVENT.c.outlet == outlet, EVENT.c.outlet.is_(None)))
        return [_event(row) for row in self._connection.execute(query.order_by(EVENT.c.sequence))]


def _row_id(public_id: str) -> int | None:
    """The row's number in a public id (``lka_17``); None for what cannot be one."""
    found = _PUBLIC_ID.match(public_id)
    return int(found[1]) if found else None


def _item(row: Row[Any]) -> dict[str, Any]:
    return {
        "id": f"{PUBLIC_PREFIX}{row.id}",
        "site": row.host,
        "defanged": defang(row.host),
        "domain": row.domain,
        "outlet": row.outlet,
        "technique": row.technique,
        "verdict": row.verdict,
        "flagged": row.flagged,
        "score": row.score,
        "reason": row.reason,
        "availability": row.availability,
        "availability_since": rfc3339(row.availability_since),
        "registered_at": rfc3339(row.registered_at),
        "registration_status": row.registration_status,
        "registrar": row.registrar,
        "discovered_at": rfc3339(row.discovered_at),
        "flagged_at": rfc3339(row.flagged_at),
        "looked_at": rfc3339(row.looked_at),
        "first_seen_as": row.first_seen_as,
        "predecessor": row.predecessor or None,
        "blocked": bool(row.blocked),
        "episodes_count": row.episodes_count,
        "open_episode_since": rfc3339(row.open_since),
    }


def _explanation(row: Row[Any]) -> dict[str, Any]:
    """Why it was judged so: every signal with value, weight and evidence, and an analyst's word where there is one."""
    return {
        "verdict": row.verdict,
        "score": row.score,
        "reason": row.reason,
        "name_score": row.name_score,
        "distance": row.distance,
        "availability_reason": row.availability_reason,
        "signals": shown(load_any(Signals, row.signals_json)),
        "analyst": _analyst(row),
    }


def _observation(row: Row[Any]) -> dict[str, Any]:
    return {
        "first_at": rfc3339(row.first_at),
        "last_at": rfc3339(row.last_at),
        "count": row.count,
        "availability": row.consensus,
        "summary": json.loads(row.summary_json),
    }


def _episode(row: Row[Any]) -> dict[str, Any]:
    return {
        "number": row.number,
        "began_at": rfc3339(row.began_at),
        "last_seen_at": rfc3339(row.last_seen_at),
        "ended_at": rfc3339(row.ended_at),
        "cause": row.cause,
        "censored": row.censored,
        "url": row.url,
        "profile": row.profile,
    }


def block_item(row: Row[Any]) -> dict[str, Any]:
    """A block as it is shown; ``row`` has the site's host, too."""
    return {
        "id": row.id,
        "site": row.host,
        "place": row.place,
        "effective_from": rfc3339(row.effective_from),
        "known_from": rfc3339(row.known_from),
        "lifted_at": rfc3339(row.lifted_at),
        "reported": row.reported,
        "reference": row.reference,
        "action": row.action,
    }


def _event(row: Row[Any]) -> dict[str, Any]:
    return {
        "sequence": row.sequence,
        "id": row.id,
        "type": row.type,
        "timestamp": rfc3339(row.at),
        "site": row.host,
        "outlet": row.outlet,
        "data": json.loads(row.data_json),
    }


def _analyst(row: Row[Any]) -> Any:
    return None if row.analyst_json is None else shown(loads(AnalystWord, row.analyst_json))
