"""The tables of what ties sites together: a part of ``tables.py``, whose column shapes it shares."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint

from service.adapters.tables import Base, _number, _row_id, _text, table


class TieRow(Base, table=True):
    """Links between two sites, each pair once: ``first_id`` is the site whose host name comes first."""

    __tablename__ = "tie"
    __table_args__ = (UniqueConstraint("first_id", "second_id"),)

    id: int | None = _row_id()
    first_id: int = _number(foreign_key="site.id")
    second_id: int = _number(foreign_key="site.id", index=True)
    confidence: float
    traits_json: str = _text()
    found_at: datetime
    changed_at: datetime
    ruling: str | None = _text(default=None)
    ruled_json: str | None = _text(default=None)


class CampaignRow(Base, table=True):
    """Groups of sites that ties join. ``ended_at`` where it was merged or fell apart; ``merged_into`` is its heir."""

    __tablename__ = "campaign"

    id: str = _text(primary_key=True)
    began_at: datetime
    ended_at: datetime | None = None
    merged_into: str | None = _text(default=None)


class MembershipRow(Base, table=True):
    """Which site belonged to which campaign, from when to when. A site is in one campaign at a time."""

    __tablename__ = "membership"
    __table_args__ = (Index(None, "site_id", "left_at"),)

    id: int | None = _row_id()
    campaign: str = _text(foreign_key="campaign.id", index=True)
    site_id: int = _number(foreign_key="site.id")
    joined_at: datetime
    left_at: datetime | None = None


class CampaignChangeRow(Base, table=True):
    """The history of campaigns. Rows are never changed."""

    __tablename__ = "campaign_change"

    id: int | None = _row_id()
    campaign: str = _text(foreign_key="campaign.id", index=True)
    at: datetime
    kind: str = _text()
    hosts_json: str = _text()
    other: str | None = _text(default=None)


class SuccessionRow(Base, table=True):
    """Which site took over from which blocked one, for which outlet, and by which tie."""

    __tablename__ = "succession"
    __table_args__ = (UniqueConstraint("site_id", "outlet", "predecessor_id"),)

    id: int | None = _row_id()
    site_id: int = _number(foreign_key="site.id")
    outlet: str = _text(index=True)
    predecessor_id: int = _number(foreign_key="site.id", index=True)
    found_at: datetime
    blocked_since: datetime
    began_at: datetime
    confidence: float
    traits_json: str = _text()
    expected_by_chance: float


class SiblingSweepRow(Base, table=True):
    """Requests to look for a confirmed name's siblings, one open at a time per outlet and label.

    ``position`` is how many names of it were asked for; ``found`` how many of these exist.
    """

    __tablename__ = "sibling_sweep"
    __table_args__ = (Index(None, "outlet", "label", "requested_at"), Index(None, "finished_at", "requested_at"))

    id: int | None = _row_id()
    outlet: str = _text()
    label: str = _text()
    host: str = _text()
    requested_at: datetime
    finished_at: datetime | None = None
    position: int = _number()
    found: int = _number()
    unanswered: int = _number()


TIE = table(TieRow)
CAMPAIGN = table(CampaignRow)
MEMBERSHIP = table(MembershipRow)
CAMPAIGN_CHANGE = table(CampaignChangeRow)
SUCCESSION = table(SuccessionRow)
SIBLING_SWEEP = table(SiblingSweepRow)
