"""The tables of what ties sites together (see ``tables_base.py``)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint

from service.adapters.tables_base import Base, big_number, row_id, table, text


class TieRow(Base, table=True):
    """Links between two sites, each pair once: ``first_id`` is the site whose host name comes first."""

    __tablename__ = "tie"
    __table_args__ = (UniqueConstraint("first_id", "second_id"),)

    id: int | None = row_id()
    first_id: int = big_number(foreign_key="site.id")
    second_id: int = big_number(foreign_key="site.id", index=True)
    confidence: float
    traits_json: str = text()
    found_at: datetime
    changed_at: datetime
    ruling: str | None = text(default=None)
    ruled_json: str | None = text(default=None)


class CampaignRow(Base, table=True):
    """Groups of sites that ties join. ``ended_at`` where it was merged or fell apart; ``merged_into`` is its heir."""

    __tablename__ = "campaign"

    id: str = text(primary_key=True)
    began_at: datetime
    ended_at: datetime | None = None
    merged_into: str | None = text(default=None)


class MembershipRow(Base, table=True):
    """Which site belonged to which campaign, from when to when. A site is in one campaign at a time."""

    __tablename__ = "membership"
    __table_args__ = (Index(None, "site_id", "left_at"),)

    id: int | None = row_id()
    campaign: str = text(foreign_key="campaign.id", index=True)
    site_id: int = big_number(foreign_key="site.id")
    joined_at: datetime
    left_at: datetime | None = None


class CampaignChangeRow(Base, table=True):
    """The history of campaigns. Rows are never changed."""

    __tablename__ = "campaign_change"

    id: int | None = row_id()
    campaign: str = text(foreign_key="campaign.id", index=True)
    at: datetime
    kind: str = text()
    hosts_json: str = text()
    other: str | None = text(default=None)


class SuccessionRow(Base, table=True):
    """Which site took over from which blocked one, for which outlet, and by which tie."""

    __tablename__ = "succession"
    __table_args__ = (UniqueConstraint("site_id", "outlet", "predecessor_id"),)

    id: int | None = row_id()
    site_id: int = big_number(foreign_key="site.id")
    outlet: str = text(index=True)
    predecessor_id: int = big_number(foreign_key="site.id", index=True)
    found_at: datetime
    blocked_since: datetime
    began_at: datetime
    confidence: float
    traits_json: str = text()
    expected_by_chance: float


class SiblingSweepRow(Base, table=True):
    """Requests to look for a confirmed name's siblings, one open at a time per outlet and label.

    ``position`` is how many names of it were asked for; ``found`` how many of these exist.
    """

    __tablename__ = "sibling_sweep"
    __table_args__ = (Index(None, "outlet", "label", "requested_at"), Index(None, "finished_at", "requested_at"))

    id: int | None = row_id()
    outlet: str = text()
    label: str = text()
    host: str = text()
    requested_at: datetime
    finished_at: datetime | None = None
    position: int = big_number()
    found: int = big_number()
    unanswered: int = big_number()


TIE = table(TieRow)
CAMPAIGN = table(CampaignRow)
MEMBERSHIP = table(MembershipRow)
CAMPAIGN_CHANGE = table(CampaignChangeRow)
SUCCESSION = table(SuccessionRow)
SIBLING_SWEEP = table(SiblingSweepRow)
