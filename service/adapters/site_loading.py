"""Sites out of their tables: as many as asked for in five queries, however many they are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, select

from service.adapters.codec import load_any, loads, member
from service.adapters.portions import portions
from service.adapters.tables import BLOCK, EPISODE, LOOKALIKE, OBSERVATION, SITE, TARGET
from service.core.facts.dns import DnsFacts
from service.core.facts.registration import Registration
from service.core.model import AnalystWord, Block, Episode, Failures, Lookalike, Observation, Signal, Site, Target
from service.core.states import Availability, Cause, FirstSeenAs, Place, Technique, Urgency, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy import BindParameter, Connection, Row

Signals = tuple[Signal, ...]
Summary = Mapping[str, Any]
Ids = tuple[str, ...]


_IDS: BindParameter[Sequence[int]] = bindparam("ids", expanding=True)

# Built once: building a statement takes longer than running it.
_ID_OF_HOST = select(SITE.c.id).where(SITE.c.host == bindparam("host"))
_SITES = (
    select(
        SITE,
        OBSERVATION.c.number.label("o_number"),
        OBSERVATION.c.digest.label("o_digest"),
        OBSERVATION.c.first_at.label("o_first_at"),
        OBSERVATION.c.last_at.label("o_last_at"),
        OBSERVATION.c.count.label("o_count"),
        OBSERVATION.c.consensus.label("o_consensus"),
        OBSERVATION.c.summary_json.label("o_summary_json"),
    )
    .outerjoin(OBSERVATION, and_(OBSERVATION.c.site_id == SITE.c.id, OBSERVATION.c.number == SITE.c.observations))
    .where(SITE.c.id.in_(_IDS))
)
_LOOKALIKES = select(LOOKALIKE).where(LOOKALIKE.c.site_id.in_(_IDS)).order_by(LOOKALIKE.c.id)
_EPISODES = (
    select(EPISODE)
    .join(LOOKALIKE, LOOKALIKE.c.id == EPISODE.c.lookalike_id)
    .where(LOOKALIKE.c.site_id.in_(_IDS))
    .order_by(EPISODE.c.number)
)
_BLOCKS = select(BLOCK).where(BLOCK.c.site_id.in_(_IDS)).order_by(BLOCK.c.row)
_TARGETS = select(TARGET).where(TARGET.c.site_id.in_(_IDS)).order_by(TARGET.c.id)


@dataclass(frozen=True, kw_only=True, slots=True)
class Stored:
    """A site as it stands in the tables, with what only the tables know. ``lookalike_ids`` by outlet."""

    id: int
    version: int
    observations: int
    lookalike_ids: Mapping[str, int]
    site: Site


def load_host(connection: Connection, host: str) -> Stored | None:
    """One site by its host name."""
    site_id = connection.execute(_ID_OF_HOST, {"host": host}).scalar()
    return None if site_id is None else next(iter(load_ids(connection, [site_id])), None)


def load_ids(connection: Connection, ids: Sequence[int]) -> list[Stored]:
    """Sites by their ids, in the order given; ids that are not there are left out."""
    found: dict[int, Stored] = {}
    for portion in portions(ids):
        found.update(_load_chunk(connection, portion))
    return [found[site_id] for site_id in ids if site_id in found]


def _load_chunk(connection: Connection, ids: Sequence[int]) -> Iterator[tuple[int, Stored]]:
    these = {"ids": ids}
    rows = connection.execute(_SITES, these).all()
    lookalikes = _by_site(connection.execute(_LOOKALIKES, these))
    episodes: defaultdict[int, list[Episode]] = defaultdict(list)
    for row in connection.execute(_EPISODES, these):
        episodes[row.lookalike_id].append(episode(row))
    blocks = _by_site(connection.execute(_BLOCKS, these))
    targets = _by_site(connection.execute(_TARGETS, these))
    for row in rows:
        resembling = lookalikes[row.id]
        yield (
            row.id,
            Stored(
                id=row.id,
                version=row.version,
                observations=row.observations,
                lookalike_ids={one.outlet: one.id for one in resembling},
                site=_site(
                    row,
                    tuple(_lookalike(one, episodes[one.id]) for one in resembling),
                    tuple(block(one) for one in blocks[row.id]),
                    tuple(Target(url=one.url, source=one.source) for one in targets[row.id]),
                ),
            ),
        )


def _by_site(rows: Iterable[Row[Any]]) -> defaultdict[int, list[Row[Any]]]:
    grouped: defaultdict[int, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        grouped[row.site_id].append(row)
    return grouped


def _site(
    row: Row[Any], lookalikes: tuple[Lookalike, ...], blocks: tuple[Block, ...], targets: tuple[Target, ...]
) -> Site:
    return Site(
        host=row.host,
        domain=row.domain,
        source=row.source,
        admitted_at=row.admitted_at,
        absent_at=row.absent_at,
        listed_at=row.listed_at,
        due_at=row.due_at,
        urgency=Urgency(row.urgency),
        availability=member(Availability, row.availability),
        availability_since=row.availability_since,
        availability_reason=row.availability_reason,
        looked_at=row.looked_at,
        active_at=row.active_at,
        failures=None if row.failures_json is None else loads(Failures, row.failures_json),
        registration=None if row.registration_json is None else loads(Registration, row.registration_json),
        registration_asked_at=row.registration_asked_at,
        pages_fetched_at=row.pages_fetched_at,
        dns=None if row.dns_json is None else loads(DnsFacts, row.dns_json),
        observation=None if row.o_number is None else _observation(row),
        lookalikes=lookalikes,
        blocks=blocks,
        targets=targets,
    )


def _observation(row: Row[Any]) -> Observation:
    return Observation(
        digest=row.o_digest,
        first_at=row.o_first_at,
        last_at=row.o_last_at,
        count=row.o_count,
        consensus=member(Availability, row.o_consensus),
        summary=load_any(Summary, row.o_summary_json),
    )


def _lookalike(row: Row[Any], episodes: Iterable[Episode]) -> Lookalike:
    return Lookalike(
        outlet=row.outlet,
        technique=member(Technique, row.technique),
        name_score=row.name_score,
        distance=row.distance,
        discovered_at=row.discovered_at,
        verdict=member(Verdict, row.verdict),
        score=row.score,
        reason=row.reason,
        signals=load_any(Signals, row.signals_json),
        first_seen_as=member(FirstSeenAs, row.first_seen_as),
        flagged_at=row.flagged_at,
        analyst=None if row.analyst_json is None else loads(AnalystWord, row.analyst_json),
        episodes=tuple(episodes),
        announced=row.announced,
        predecessor=row.predecessor,
        flag_events=() if row.flag_events_json is None else load_any(Ids, row.flag_events_json),
    )


def episode(row: Row[Any]) -> Episode:
    """An episode out of its row."""
    return Episode(
        number=row.number,
        began_at=row.began_at,
        last_seen_at=row.last_seen_at,
        ended_at=row.ended_at,
        cause=None if row.cause is None else member(Cause, row.cause),
        censored=row.censored,
        url=row.url,
        profile=row.profile,
    )


def block(row: Row[Any]) -> Block:
    """A block out of its row."""
    return Block(
        id=row.id,
        place=member(Place, row.place),
        effective_from=row.effective_from,
        known_from=row.known_from,
        reported=row.reported,
        lifted_at=row.lifted_at,
        reference=row.reference,
        action=row.action,
    )
