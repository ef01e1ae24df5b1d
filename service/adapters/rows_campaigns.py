"""Ties, campaigns and successions (``ports.TieRows``, ``ports.CampaignRows``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, insert, or_, select, update

from service.adapters.codec import dumps, json_text, load_any, loads
from service.adapters.portions import portions
from service.adapters.tables import SITE
from service.adapters.tables_campaigns import CAMPAIGN, CAMPAIGN_CHANGE, MEMBERSHIP, SUCCESSION, TIE
from service.core.errors import NotFound
from service.core.persistence.campaigns import Campaign, ChangeKind
from service.core.persistence.links import RuledLink, Tie, pair
from service.core.persistence.traits import Trait

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import BindParameter, Connection, Row

    from service.core.persistence.campaigns import Change
    from service.core.persistence.links import Link
    from service.core.persistence.successors import Succession

Traits = tuple[tuple[str, str, float], ...]


# Built once: building a statement takes longer than running it.
_HOSTS: BindParameter[Sequence[str]] = bindparam("hosts", expanding=True)
_IDS: BindParameter[Sequence[int]] = bindparam("ids", expanding=True)
_FIRST, _SECOND = SITE.alias("first_site"), SITE.alias("second_site")
_SITES = select(SITE.c.host, SITE.c.id).where(SITE.c.host.in_(_HOSTS))
_TIES = (
    select(TIE, _FIRST.c.host.label("first_host"), _SECOND.c.host.label("second_host"))
    .join(_FIRST, _FIRST.c.id == TIE.c.first_id)
    .join(_SECOND, _SECOND.c.id == TIE.c.second_id)
    .where(or_(TIE.c.first_id.in_(_IDS), TIE.c.second_id.in_(_IDS)))
    .order_by(TIE.c.id)
)
_CAMPAIGNS_OF = (
    select(MEMBERSHIP.c.campaign).where(MEMBERSHIP.c.site_id.in_(_IDS), MEMBERSHIP.c.left_at.is_(None)).distinct()
)
_MEMBERS = (
    select(CAMPAIGN.c.id, CAMPAIGN.c.began_at, SITE.c.host)
    .join(MEMBERSHIP, and_(MEMBERSHIP.c.campaign == CAMPAIGN.c.id, MEMBERSHIP.c.left_at.is_(None)))
    .join(SITE, SITE.c.id == MEMBERSHIP.c.site_id)
    .where(CAMPAIGN.c.id.in_(_HOSTS))
)
_ENDING = (ChangeKind.ENDED, ChangeKind.MERGED)
_BEGINNING = (ChangeKind.BEGAN, ChangeKind.SPLIT)


class SqlTies:
    """``TieRows`` over one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of(self, hosts: Iterable[str]) -> tuple[Tie, ...]:
        """Every tie with one of ``hosts`` at an end, those that no longer hold and those that were cut included."""
        ids = sorted(ids_of(self._connection, hosts).values())
        found: dict[int, Tie] = {}
        for portion in portions(ids):
            for row in self._connection.execute(_TIES, {"ids": portion}):
                found[row.id] = _tie(row)
        return tuple(found.values())

    def keep(self, host: str, links: Iterable[Link], at: datetime) -> int:
        """Make these the evidence of a host's ties; how many changed. A tie without evidence any more stays, at 0."""
        known = {tie.other(host): tie for tie in self.of([host])}
        given = {link.host: link for link in links}
        changed = {
            other: link
            for other, link in given.items()
            if other not in known or (known[other].confidence, known[other].traits) != (link.confidence, link.traits)
        }
        gone = [other for other, tie in known.items() if other not in given and tie.confidence > 0]
        ids = ids_of(self._connection, [host, *changed, *gone])
        for other, link in changed.items():
            values = {"confidence": link.confidence, "traits_json": _traits_text(link.traits), "changed_at": at}
            if other in known:
                self._set(ids, host, other, values)
            else:
                self._connection.execute(insert(TIE).values(**_pair_ids(ids, host, other), found_at=at, **values))
        for other in gone:
            self._set(ids, host, other, {"confidence": 0.0, "changed_at": at})
        return len(changed) + len(gone)

    def rule(self, hosts: tuple[str, str], ruled: RuledLink) -> Tie:
        """Keep a person's word on the tie of two sites, which need no evidence. NotFound for an unknown site."""
        ids = ids_of(self._connection, hosts)
        for host in hosts:
            if host not in ids:
                raise NotFound(f"no site {host} was ever admitted")
        one, other = hosts
        values = {"ruling": ruled.ruling, "ruled_json": dumps(RuledLink, ruled)}
        if not self._set(ids, one, other, values):
            fresh = {"confidence": 0.0, "traits_json": _traits_text(()), "found_at": ruled.at, "changed_at": ruled.at}
            self._connection.execute(insert(TIE).values(**_pair_ids(ids, one, other), **fresh, **values))
        return next(tie for tie in self.of([one]) if tie.hosts == pair(one, other))

    def _set(self, ids: dict[str, int], one: str, other: str, values: dict[str, Any]) -> bool:
        these = _pair_ids(ids, one, other)
        where = (TIE.c.first_id == these["first_id"], TIE.c.second_id == these["second_id"])
        return self._connection.execute(update(TIE).where(*where).values(values)).rowcount > 0


class SqlCampaigns:
    """``CampaignRows`` over one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of(self, hosts: Iterable[str]) -> tuple[Campaign, ...]:
        """The campaigns that any of ``hosts`` belongs to now, with all their members, ordered by id."""
        ids = sorted(ids_of(self._connection, hosts).values())
        names: set[str] = set()
        for portion in portions(ids):
            names.update(self._connection.execute(_CAMPAIGNS_OF, {"ids": portion}).scalars())
        members: dict[tuple[str, datetime], set[str]] = {}
        for row in self._connection.execute(_MEMBERS, {"hosts": sorted(names)}):
            members.setdefault((row.id, row.began_at), set()).add(row.host)
        return tuple(
            Campaign(id=one, began_at=began, members=frozenset(found))
            for (one, began), found in sorted(members.items())
        )

    def record(self, changes: Iterable[Change], at: datetime) -> None:
        """Write changes in their order: campaigns, memberships and the history."""
        for change in changes:
            if change.kind in _BEGINNING:
                self._connection.execute(insert(CAMPAIGN).values(id=change.campaign, began_at=at))
            if change.kind in _ENDING:
                values = {"ended_at": at, "merged_into": change.other or None}
                self._connection.execute(update(CAMPAIGN).where(CAMPAIGN.c.id == change.campaign).values(values))
            if change.hosts:
                self._move(change, at)
            entry = {"campaign": change.campaign, "at": at, "kind": change.kind, "other": change.other or None}
            self._connection.execute(insert(CAMPAIGN_CHANGE).values(hosts_json=json_text(list(change.hosts)), **entry))

    def _move(self, change: Change, at: datetime) -> None:
        ids = ids_of(self._connection, change.hosts)
        if change.kind is ChangeKind.LEFT:
            leaving = (MEMBERSHIP.c.campaign == change.campaign, MEMBERSHIP.c.left_at.is_(None))
            gone = update(MEMBERSHIP).where(*leaving, MEMBERSHIP.c.site_id.in_(ids.values())).values(left_at=at)
            self._connection.execute(gone)
        else:
            rows = [{"campaign": change.campaign, "site_id": ids[host], "joined_at": at} for host in change.hosts]
            self._connection.execute(insert(MEMBERSHIP), rows)

    def succeed(self, succession: Succession) -> bool:
        """Keep who took over from whom; False where that is kept already."""
        ids = ids_of(self._connection, [succession.host, succession.predecessor])
        key = {
            "site_id": ids[succession.host],
            "outlet": succession.outlet,
            "predecessor_id": ids[succession.predecessor],
        }
        where = (SUCCESSION.c[name] == value for name, value in key.items())
        if self._connection.execute(select(SUCCESSION.c.id).where(*where)).first() is not None:
            return False
        row = {
            "found_at": succession.found_at,
            "blocked_since": succession.blocked_since,
            "began_at": succession.began_at,
            "confidence": succession.link.confidence,
            "traits_json": _traits_text(succession.link.traits),
            "expected_by_chance": succession.expected_by_chance,
        }
        self._connection.execute(insert(SUCCESSION).values(**key, **row))
        return True


def ids_of(connection: Connection, hosts: Iterable[str]) -> dict[str, int]:
    """Row ids of sites by host; unknown ones are left out."""
    wanted = sorted(set(hosts))
    found: dict[str, int] = {}
    for portion in portions(wanted):
        rows = connection.execute(_SITES, {"hosts": portion})
        found.update((row.host, row.id) for row in rows)
    return found


def traits_from(text: str) -> tuple[tuple[Trait, float], ...]:
    """Traits with what each says, as they were stored."""
    return tuple((Trait(kind, value), weight) for kind, value, weight in load_any(Traits, text))


def _traits_text(traits: Iterable[tuple[Trait, float]]) -> str:
    return json_text([[trait.kind, trait.value, weight] for trait, weight in traits])


def _pair_ids(ids: dict[str, int], one: str, other: str) -> dict[str, int]:
    first, second = pair(one, other)
    return {"first_id": ids[first], "second_id": ids[second]}


def _tie(row: Row[Any]) -> Tie:
    return Tie(
        hosts=(row.first_host, row.second_host),
        confidence=row.confidence,
        traits=traits_from(row.traits_json),
        found_at=row.found_at,
        changed_at=row.changed_at,
        ruled=None if row.ruled_json is None else loads(RuledLink, row.ruled_json),
    )
