"""What the API reads of persistence: blocked sites, campaigns, links and timelines (``ports.PersistenceViews``)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, exists, select

from service.adapters.rows_campaigns import SqlTies, traits_from
from service.adapters.site_loading import load_ids
from service.adapters.tables import BLOCK, LOOKALIKE, SITE
from service.adapters.tables_campaigns import CAMPAIGN, CAMPAIGN_CHANGE, MEMBERSHIP, SUCCESSION
from service.adapters.tables_deliveries import EVENT
from service.core.alerts.events import block_detail, episode_detail, rfc3339
from service.core.names.name import defang
from service.core.persistence.standing import in_force_at, standing

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import ColumnElement, Connection, Row

    from service.core.model import Site
    from service.core.persistence.links import Tie

_OTHER = SITE.alias("other_site")


class SqlPersistenceViews:
    """``PersistenceViews`` over one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def blocked(self, where: Mapping[str, str], after: int, limit: int) -> tuple[list[dict[str, Any]], int | None]:
        """A page of sites that were ever blocked, in the order in which they were taken in, and where the next begins.

        ``where`` may hold outlet, campaign, action and place.
        """
        conditions = [SITE.c.id > after, exists().where(BLOCK.c.site_id == SITE.c.id), *_conditions(where)]
        ids = self._connection.execute(
            select(SITE.c.id).where(*conditions).order_by(SITE.c.id).limit(limit + 1)
        ).scalars()
        found = list(ids)
        page = found[:limit]
        sites = [stored.site for stored in load_ids(self._connection, page)]
        following = page[-1] if len(found) > limit else None
        return self._blocked(sites), following

    def _blocked(self, sites: Sequence[Site]) -> list[dict[str, Any]]:
        hosts = [site.host for site in sites]
        campaigns = self._campaign_of(hosts)
        heirs = self._successions(_OTHER.c.host.in_(hosts))
        return [
            _blocked(site, campaigns.get(site.host), [row for row in heirs if row["predecessor"] == site.host])
            for site in sites
        ]

    def timeline(self, host: str) -> dict[str, Any] | None:
        """Everything dated that is known of one site, in the order of time; None for a site that was never admitted."""
        site_id = self._connection.execute(select(SITE.c.id).where(SITE.c.host == host)).scalar()
        if site_id is None:
            return None
        site = load_ids(self._connection, [site_id])[0].site
        query = select(EVENT).where(EVENT.c.host == host).order_by(EVENT.c.at, EVENT.c.sequence)
        entries = [
            {
                "at": rfc3339(row.at),
                "type": row.type,
                "outlet": row.outlet,
                "detail": json.loads(row.data_json)["detail"],
            }
            for row in self._connection.execute(query)
        ]
        (summary,) = self._blocked([site])
        return summary | {
            "predecessors": self._successions(SITE.c.host == host),
            "episodes": [
                {"outlet": lookalike.outlet} | episode_detail(episode)
                for lookalike in site.lookalikes
                for episode in lookalike.episodes
            ],
            "links": self.links(host),
            "timeline": entries,
        }

    def links(self, host: str) -> list[dict[str, Any]]:
        """The links of one site, surest first: those that no longer hold, and those that a person cut, included."""
        ties = SqlTies(self._connection).of([host])
        return [link_shown(tie) for tie in sorted(ties, key=lambda tie: (-tie.confidence, tie.hosts))]

    def campaigns(self, outlet: str | None, *, ended: bool) -> list[dict[str, Any]]:
        """Campaigns, those with most sites first; ``ended`` shows those that were merged or fell apart as well."""
        query = select(CAMPAIGN).order_by(CAMPAIGN.c.began_at, CAMPAIGN.c.id)
        if not ended:
            query = query.where(CAMPAIGN.c.ended_at.is_(None))
        members = self._members(query.subquery().c.id)
        shown = [_campaign(row, members.get(row.id, [])) for row in self._connection.execute(query)]
        wanted = [one for one in shown if outlet is None or outlet in one["outlets"]]
        return sorted(wanted, key=lambda one: (-one["sites_count"], one["began_at"], one["id"]))

    def campaign(self, campaign_id: str) -> dict[str, Any] | None:
        """One campaign with its sites, the links that join them, who took over from whom, and its history."""
        row = self._connection.execute(select(CAMPAIGN).where(CAMPAIGN.c.id == campaign_id)).first()
        if row is None:
            return None
        members = self._members(select(CAMPAIGN.c.id).where(CAMPAIGN.c.id == campaign_id).subquery().c.id)
        sites = members.get(campaign_id, [])
        hosts = {site.host for site in sites}
        ties = [tie for tie in SqlTies(self._connection).of(hosts) if tie.joins and set(tie.hosts) <= hosts]
        query = select(CAMPAIGN_CHANGE).where(CAMPAIGN_CHANGE.c.campaign == campaign_id).order_by(CAMPAIGN_CHANGE.c.id)
        return _campaign(row, sites) | {
            "sites": [_member(site) for site in sorted(sites, key=lambda site: (site.admitted_at, site.host))],
            "links": [link_shown(tie) for tie in sorted(ties, key=lambda tie: (-tie.confidence, tie.hosts))],
            "successions": [row for row in self._successions(SITE.c.host.in_(hosts)) if row["predecessor"] in hosts],
            "history": [_change(change) for change in self._connection.execute(query)],
        }

    def _members(self, campaigns: ColumnElement[str]) -> dict[str, list[Site]]:
        """The sites that belong to each of these campaigns now."""
        query = select(MEMBERSHIP.c.campaign, MEMBERSHIP.c.site_id).where(
            MEMBERSHIP.c.left_at.is_(None), MEMBERSHIP.c.campaign.in_(select(campaigns))
        )
        rows = self._connection.execute(query).all()
        sites = {stored.id: stored.site for stored in load_ids(self._connection, [row.site_id for row in rows])}
        found: dict[str, list[Site]] = {}
        for row in rows:
            found.setdefault(row.campaign, []).append(sites[row.site_id])
        return found

    def _campaign_of(self, hosts: Iterable[str]) -> dict[str, str]:
        query = (
            select(SITE.c.host, MEMBERSHIP.c.campaign)
            .join(MEMBERSHIP, and_(MEMBERSHIP.c.site_id == SITE.c.id, MEMBERSHIP.c.left_at.is_(None)))
            .where(SITE.c.host.in_(list(hosts)))
        )
        return {row.host: row.campaign for row in self._connection.execute(query)}

    def _successions(self, condition: ColumnElement[bool]) -> list[dict[str, Any]]:
        query = (
            select(SUCCESSION, SITE.c.host, _OTHER.c.host.label("predecessor"))
            .join(SITE, SITE.c.id == SUCCESSION.c.site_id)
            .join(_OTHER, _OTHER.c.id == SUCCESSION.c.predecessor_id)
            .where(condition)
            .order_by(SUCCESSION.c.began_at, SITE.c.host)
        )
        return [_succession(row) for row in self._connection.execute(query)]


def _conditions(where: Mapping[str, str]) -> list[ColumnElement[bool]]:
    of_site = {
        "outlet": lambda value: exists().where(LOOKALIKE.c.site_id == SITE.c.id, LOOKALIKE.c.outlet == value),
        "action": lambda value: exists().where(BLOCK.c.site_id == SITE.c.id, BLOCK.c.action == value),
        "place": lambda value: exists().where(BLOCK.c.site_id == SITE.c.id, BLOCK.c.place == value),
        "campaign": lambda value: exists().where(
            MEMBERSHIP.c.site_id == SITE.c.id, MEMBERSHIP.c.left_at.is_(None), MEMBERSHIP.c.campaign == value
        ),
    }
    return [of_site[name](value) for name, value in where.items()]


def _blocked(site: Site, campaign: str | None, heirs: list[dict[str, Any]]) -> dict[str, Any]:
    found = standing(site)
    delays = [heir["delay_days"] for heir in heirs]
    return {
        "site": site.host,
        "defanged": defang(site.host),
        "outlets": sorted(lookalike.outlet for lookalike in site.lookalikes),
        "flagged": site.flagged,
        "campaign": campaign,
        "availability": site.availability.value,
        "availability_since": rfc3339(site.availability_since),
        "looked_at": rfc3339(site.looked_at),
        "aftermath": found.aftermath.value if found else None,
        "blocked_since": rfc3339(found.blocked_since) if found else None,
        "down_at": rfc3339(found.down_at) if found else None,
        "cause": found.cause.value if found and found.cause else None,
        "resurfaced_at": rfc3339(found.resurfaced_at) if found else None,
        "blocks": [
            block_detail(block)["block"] for block in sorted(site.blocks, key=lambda b: (b.effective_from, b.id))
        ],
        "in_force": sorted({b.place.value for b in in_force_at(site.blocks, site.looked_at or site.admitted_at)}),
        "successors": heirs,
        "days_to_first_successor": min(delays, default=None),
    }


def link_shown(tie: Tie) -> dict[str, Any]:
    """A tie as ``LinkAnswer`` has it."""
    ruled = tie.ruled
    return {
        "sites": list(tie.hosts),
        "confidence": round(tie.confidence, 3),
        "holds": tie.holds,
        "found_at": rfc3339(tie.found_at),
        "changed_at": rfc3339(tie.changed_at),
        "evidence": [
            {"kind": trait.kind, "value": trait.value, "weight": round(weight, 3)} for trait, weight in tie.traits
        ],
        "ruling": None
        if ruled is None
        else {"ruling": ruled.ruling.value, "by": ruled.by, "reason": ruled.reason, "at": rfc3339(ruled.at)},
    }


def _campaign(row: Row[Any], sites: Sequence[Site]) -> dict[str, Any]:
    outlets = {lookalike.outlet for site in sites for lookalike in site.lookalikes if lookalike.verdict.flagged}
    serving = sum(any(lookalike.open_episode for lookalike in site.lookalikes) for site in sites)
    return {
        "id": row.id,
        "began_at": rfc3339(row.began_at),
        "ended_at": rfc3339(row.ended_at),
        "merged_into": row.merged_into,
        "outlets": sorted(outlets),
        "sites_count": len(sites),
        "serving_count": serving,
        "blocked_count": sum(bool(site.blocks) for site in sites),
        "first_admitted_at": rfc3339(min((site.admitted_at for site in sites), default=None)),
        "last_admitted_at": rfc3339(max((site.admitted_at for site in sites), default=None)),
    }


def _member(site: Site) -> dict[str, Any]:
    return {
        "site": site.host,
        "defanged": defang(site.host),
        "outlets": sorted(lookalike.outlet for lookalike in site.lookalikes),
        "availability": site.availability.value,
        "registered_at": rfc3339(site.registration.created_at) if site.registration else None,
        "admitted_at": rfc3339(site.admitted_at),
        "blocked": bool(site.blocks_in_force),
        "serving": any(lookalike.open_episode for lookalike in site.lookalikes),
    }


def _change(row: Row[Any]) -> dict[str, Any]:
    return {"at": rfc3339(row.at), "kind": row.kind, "sites": json.loads(row.hosts_json), "other": row.other}


def _succession(row: Row[Any]) -> dict[str, Any]:
    return {
        "site": row.host,
        "defanged": defang(row.host),
        "outlet": row.outlet,
        "predecessor": row.predecessor,
        "blocked_since": rfc3339(row.blocked_since),
        "began_at": rfc3339(row.began_at),
        "found_at": rfc3339(row.found_at),
        "delay_days": (row.began_at - row.blocked_since).days,
        "confidence": round(row.confidence, 3),
        "expected_by_chance": row.expected_by_chance,
        "evidence": [
            {"kind": trait.kind, "value": trait.value, "weight": round(weight, 3)}
            for trait, weight in traits_from(row.traits_json)
        ],
    }
