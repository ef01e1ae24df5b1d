"""The tables of outlets, of sites and lookalikes, and of what was seen and done about them (see ``tables_base.py``)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, LargeBinary, UniqueConstraint
from sqlmodel import Field

from service.adapters.tables_base import Base, big_number, prose, row_id, table, text


class OutletRow(Base, table=True):
    """The watch list."""

    __tablename__ = "outlet"

    id: str = text(primary_key=True)
    name: str = prose()
    domain: str = text()
    own_domains_json: str = text()
    labels_json: str = text()
    country: str | None = text(default=None)
    languages_json: str = text()
    added_at: datetime
    changed_at: datetime


class BaselineRow(Base, table=True):
    """What outlets' real sites look like, old versions included. No foreign key: rows stay when an outlet leaves.

    Rows are never deleted: ``state`` says whether pages are judged by one, ``decided_by`` and ``note`` who said so.
    """

    __tablename__ = "baseline"
    __table_args__ = (UniqueConstraint("outlet", "url", "digest"),)

    id: int | None = row_id()
    outlet: str = text()
    url: str = prose()
    kind: str = text()
    taken_at: datetime
    digest: str = text()
    favicon_sha256: str = text()
    favicon_dhash: str = text()
    page: bytes = Field(sa_type=LargeBinary)
    state: str = text()
    seen_at: datetime
    decided_by: str = prose()
    note: str = prose()
    certificate_json: str | None = text(default=None)
    nameservers_json: str = text()


class SiteRow(Base, table=True):
    """One host name that exists. ``version`` counts its changes, ``observations`` its rows of that table.

    ``suffix`` is the public suffix: what is right of the registrable name's first dot.
    """

    __tablename__ = "site"
    __table_args__ = (
        Index(None, "due_at", "id"),
        Index(None, "availability", "id"),
        Index(None, "urgency", "due_at", "id"),
    )

    id: int | None = row_id()
    host: str = text(unique=True)
    domain: str = text(index=True)
    suffix: str = text(index=True)
    source: str = prose()
    version: int = big_number()
    admitted_at: datetime
    absent_at: datetime | None = None
    listed_at: datetime | None = None
    due_at: datetime
    urgency: int = 0
    availability: str = text()
    availability_since: datetime | None = None
    availability_reason: str = prose()
    looked_at: datetime | None = None
    active_at: datetime | None = None
    pages_fetched_at: datetime | None = None
    failures_json: str | None = text(default=None)
    registration_asked_at: datetime | None = None
    registration_status: str | None = text(default=None)
    registered_at: datetime | None = Field(default=None, index=True)
    registrar: str | None = prose(default=None)
    registration_json: str | None = text(default=None)
    dns_json: str | None = text(default=None)
    observations: int = big_number()


class LookalikeRow(Base, table=True):
    """The pair (site, outlet). ``flagged`` follows from the verdict and is what lists are filtered by."""

    __tablename__ = "lookalike"
    __table_args__ = (
        UniqueConstraint("site_id", "outlet"),
        Index(None, "discovered_at", "id"),
        Index(None, "outlet", "discovered_at", "id"),
        Index(None, "flagged", "discovered_at", "id"),
    )

    id: int | None = row_id()
    site_id: int = big_number(foreign_key="site.id")
    outlet: str = text()
    technique: str = text()
    name_score: float
    distance: int
    discovered_at: datetime
    verdict: str = text()
    flagged: bool
    score: float
    reason: str = prose()
    signals_json: str = text()
    first_seen_as: str = text()
    flagged_at: datetime | None = None
    analyst_json: str | None = text(default=None)
    announced: bool
    predecessor: str = text()
    flag_events_json: str | None = text(default=None)


class VerdictRow(Base, table=True):
    """Every verdict that a lookalike ever had, with what it was decided from. Rows are never changed."""

    __tablename__ = "verdict"

    id: int | None = row_id()
    lookalike_id: int = big_number(foreign_key="lookalike.id", index=True)
    at: datetime
    verdict: str = text()
    score: float
    reason: str = prose()
    signals_json: str = text()
    analyst_json: str | None = text(default=None)


class EpisodeRow(Base, table=True):
    """Unbroken spans in which a lookalike served the impersonation."""

    __tablename__ = "episode"

    lookalike_id: int = big_number(foreign_key="lookalike.id", primary_key=True)
    number: int = Field(primary_key=True)
    began_at: datetime
    last_seen_at: datetime
    ended_at: datetime | None = None
    cause: str | None = text(default=None)
    censored: bool
    url: str = prose()
    profile: str = prose()


class ObservationRow(Base, table=True):
    """Equal looks in a row. Numbered from 1 per site; only the last one of a site still grows."""

    __tablename__ = "observation"

    site_id: int = big_number(foreign_key="site.id", primary_key=True)
    number: int = big_number(primary_key=True)
    digest: str = text()
    first_at: datetime
    last_at: datetime
    count: int = big_number()
    consensus: str = text()
    summary_json: str = text()


class BlockRow(Base, table=True):
    """Actions against one site. ``action`` is no foreign key: a block may be known before the act that covers it."""

    __tablename__ = "block"
    __table_args__ = (UniqueConstraint("site_id", "id"),)

    row: int | None = row_id()
    site_id: int = big_number(foreign_key="site.id")
    id: str = text()
    place: str = text()
    effective_from: datetime
    known_from: datetime
    reported: bool
    lifted_at: datetime | None = None
    reference: str = prose()
    action: str | None = text(default=None, index=True)


class ActionRow(Base, table=True):
    """Enforcement acts that cover many blocks."""

    __tablename__ = "action"

    id: str = text(primary_key=True)
    authority: str = prose()
    place: str = text()
    effective: datetime
    reference: str = prose()


class TargetRow(Base, table=True):
    """URLs on a site that are worth looking at."""

    __tablename__ = "target"
    __table_args__ = (UniqueConstraint("site_id", "url"),)

    id: int | None = row_id()
    site_id: int = big_number(foreign_key="site.id")
    url: str = prose()
    source: str = prose()


class TraitRow(Base, table=True):
    """What looks showed of a site that others may have too."""

    __tablename__ = "trait"
    __table_args__ = (UniqueConstraint("site_id", "kind", "value"), Index(None, "kind", "value"))

    id: int | None = row_id()
    site_id: int = big_number(foreign_key="site.id")
    kind: str = text()
    value: str = prose()
    first_at: datetime


class EvidenceRow(Base, table=True):
    """Pieces of evidence, whose bytes are files. Rows stay when retention lets their files go."""

    __tablename__ = "evidence"
    __table_args__ = (
        UniqueConstraint("host", "sha256"),
        Index(None, "host", "taken_at"),
        Index(None, "sha256"),
        Index(None, "added_at"),
    )

    id: int | None = row_id()
    sha256: str = text()
    kind: str = text()
    bytes: int = big_number()
    host: str = text()
    taken_at: datetime
    added_at: datetime
    url: str = prose()
    profile: str = text()
    outlets_json: str = text()
    marks_json: str = text()
    dhash: str = text()
    removed_at: datetime | None = None
    removed_why: str = text()


class UnlinkedRow(Base, table=True):
    """Sites with traits that were not yet compared with others'."""

    __tablename__ = "unlinked"

    site_id: int = big_number(foreign_key="site.id", primary_key=True)


class StateRow(Base, table=True):
    """Single values that outlive the process."""

    __tablename__ = "state"

    key: str = text(primary_key=True)
    value: str = prose()


OUTLET = table(OutletRow)
BASELINE = table(BaselineRow)
SITE = table(SiteRow)
LOOKALIKE = table(LookalikeRow)
VERDICT = table(VerdictRow)
EPISODE = table(EpisodeRow)
OBSERVATION = table(ObservationRow)
BLOCK = table(BlockRow)
ACTION = table(ActionRow)
TARGET = table(TargetRow)
TRAIT = table(TraitRow)
EVIDENCE = table(EvidenceRow)
UNLINKED = table(UnlinkedRow)
STATE = table(StateRow)
