"""The tables, as SQLModel shapes. They hold what is stored and check nothing (``table=True`` does not validate).

Whatever rows are filtered or sorted by is a column; facts that are only carried along are JSON text in the codec's
form (columns that end in ``_json``), because no JSON operator means the same in SQLite and PostgreSQL. Enums are text
for the same reason. Words are those of ``core/model``. Text sorts differently between databases, so lists that are
paged are in the order of time and id.

The rows modules write SQL with the plain tables at the end of this file: an examined site is one UPDATE, not a graph of
objects.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, Index, Integer, LargeBinary, MetaData, Table, Text, UniqueConstraint
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


def _text(**options: Any) -> Any:
    """A column of plain ASCII text: names, enum values, ids, JSON."""
    return Field(sa_type=Text, **options)


def _prose(**options: Any) -> Any:
    """A column of text that others may have written."""
    return Field(sa_type=Prose, **options)


def _row_id() -> Any:
    """A number that the database gives."""
    return Field(default=None, primary_key=True, sa_type=BigId)


def _number(**options: Any) -> Any:
    """A 64-bit number that is ours to give."""
    return Field(sa_type=BigInteger, **options)


class OutletRow(Base, table=True):
    """The watch list."""

    __tablename__ = "outlet"

    id: str = _text(primary_key=True)
    name: str = _prose()
    domain: str = _text()
    own_domains_json: str = _text()
    labels_json: str = _text()
    country: str | None = _text(default=None)
    languages_json: str = _text()
    added_at: datetime
    changed_at: datetime


class BaselineRow(Base, table=True):
    """What outlets' real sites look like, old versions included. No foreign key: rows stay when an outlet leaves.

    Rows are never deleted: ``state`` says whether pages are judged by one, ``decided_by`` and ``note`` who said so.
    """

    __tablename__ = "baseline"
    __table_args__ = (UniqueConstraint("outlet", "url", "digest"),)

    id: int | None = _row_id()
    outlet: str = _text()
    url: str = _prose()
    kind: str = _text()
    taken_at: datetime
    digest: str = _text()
    favicon_sha256: str = _text()
    favicon_dhash: str = _text()
    page: bytes = Field(sa_type=LargeBinary)
    state: str = _text()
    seen_at: datetime
    decided_by: str = _prose()
    note: str = _prose()
    certificate_json: str | None = _text(default=None)
    nameservers_json: str = _text()


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

    id: int | None = _row_id()
    host: str = _text(unique=True)
    domain: str = _text(index=True)
    suffix: str = _text(index=True)
    source: str = _prose()
    version: int = _number()
    admitted_at: datetime
    absent_at: datetime | None = None
    listed_at: datetime | None = None
    due_at: datetime
    urgency: int = 0
    availability: str = _text()
    availability_since: datetime | None = None
    availability_reason: str = _prose()
    looked_at: datetime | None = None
    active_at: datetime | None = None
    pages_fetched_at: datetime | None = None
    failures_json: str | None = _text(default=None)
    registration_asked_at: datetime | None = None
    registration_status: str | None = _text(default=None)
    registered_at: datetime | None = Field(default=None, index=True)
    registrar: str | None = _prose(default=None)
    registration_json: str | None = _text(default=None)
    dns_json: str | None = _text(default=None)
    observations: int = _number()


class LookalikeRow(Base, table=True):
    """The pair (site, outlet). ``flagged`` follows from the verdict and is what lists are filtered by."""

    __tablename__ = "lookalike"
    __table_args__ = (
        UniqueConstraint("site_id", "outlet"),
        Index(None, "discovered_at", "id"),
        Index(None, "outlet", "discovered_at", "id"),
        Index(None, "flagged", "discovered_at", "id"),
    )

    id: int | None = _row_id()
    site_id: int = _number(foreign_key="site.id")
    outlet: str = _text()
    technique: str = _text()
    name_score: float
    distance: int
    discovered_at: datetime
    verdict: str = _text()
    flagged: bool
    score: float
    reason: str = _prose()
    signals_json: str = _text()
    first_seen_as: str = _text()
    flagged_at: datetime | None = None
    analyst_json: str | None = _text(default=None)
    announced: bool
    predecessor: str = _text()
    flag_events_json: str | None = _text(default=None)


class VerdictRow(Base, table=True):
    """Every verdict that a lookalike ever had, with what it was decided from. Rows are never changed."""

    __tablename__ = "verdict"

    id: int | None = _row_id()
    lookalike_id: int = _number(foreign_key="lookalike.id", index=True)
    at: datetime
    verdict: str = _text()
    score: float
    reason: str = _prose()
    signals_json: str = _text()
    analyst_json: str | None = _text(default=None)


class EpisodeRow(Base, table=True):
    """Unbroken spans in which a lookalike served the impersonation."""

    __tablename__ = "episode"

    lookalike_id: int = _number(foreign_key="lookalike.id", primary_key=True)
    number: int = Field(primary_key=True)
    began_at: datetime
    last_seen_at: datetime
    ended_at: datetime | None = None
    cause: str | None = _text(default=None)
    censored: bool
    url: str = _prose()
    profile: str = _prose()


class ObservationRow(Base, table=True):
    """Equal looks in a row. Numbered from 1 per site; only the last one of a site still grows."""

    __tablename__ = "observation"

    site_id: int = _number(foreign_key="site.id", primary_key=True)
    number: int = _number(primary_key=True)
    digest: str = _text()
    first_at: datetime
    last_at: datetime
    count: int = _number()
    consensus: str = _text()
    summary_json: str = _text()


class BlockRow(Base, table=True):
    """Actions against one site. ``action`` is no foreign key: a block may be known before the act that covers it."""

    __tablename__ = "block"
    __table_args__ = (UniqueConstraint("site_id", "id"),)

    row: int | None = _row_id()
    site_id: int = _number(foreign_key="site.id")
    id: str = _text()
    place: str = _text()
    effective_from: datetime
    known_from: datetime
    reported: bool
    lifted_at: datetime | None = None
    reference: str = _prose()
    action: str | None = _text(default=None, index=True)


class ActionRow(Base, table=True):
    """Enforcement acts that cover many blocks."""

    __tablename__ = "action"

    id: str = _text(primary_key=True)
    authority: str = _prose()
    place: str = _text()
    effective: datetime
    reference: str = _prose()


class TargetRow(Base, table=True):
    """URLs on a site that are worth looking at."""

    __tablename__ = "target"
    __table_args__ = (UniqueConstraint("site_id", "url"),)

    id: int | None = _row_id()
    site_id: int = _number(foreign_key="site.id")
    url: str = _prose()
    source: str = _prose()


class TraitRow(Base, table=True):
    """What looks showed of a site that others may have too."""

    __tablename__ = "trait"
    __table_args__ = (UniqueConstraint("site_id", "kind", "value"), Index(None, "kind", "value"))

    id: int | None = _row_id()
    site_id: int = _number(foreign_key="site.id")
    kind: str = _text()
    value: str = _prose()
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

    id: int | None = _row_id()
    sha256: str = _text()
    kind: str = _text()
    bytes: int = _number()
    host: str = _text()
    taken_at: datetime
    added_at: datetime
    url: str = _prose()
    profile: str = _text()
    outlets_json: str = _text()
    marks_json: str = _text()
    dhash: str = _text()
    removed_at: datetime | None = None
    removed_why: str = _text()


class UnlinkedRow(Base, table=True):
    """Sites with traits that were not yet compared with others'."""

    __tablename__ = "unlinked"

    site_id: int = _number(foreign_key="site.id", primary_key=True)


class SweepRow(Base, table=True):
    """Passes of generated names over DNS, kept as coverage."""

    __tablename__ = "sweep"
    __table_args__ = (Index(None, "outlet", "tier", "started_at"),)

    id: int | None = _row_id()
    outlet: str = _text()
    tier: str = _text()
    generator: str = _text()
    vantage: str = _prose()
    started_at: datetime
    position: int = _number()
    finished_at: datetime | None = None
    asked: int = _number()
    existing: int = _number()
    unanswered: int = _number()
    total: int = _number()
    first_suffix: str = _text()
    last_suffix: str = _text()
    requested_at: datetime | None = None


class UnansweredRow(Base, table=True):
    """Names that stayed unanswered in a sweep, kept until a later one of its kind is complete."""

    __tablename__ = "unanswered"

    sweep_id: int = _number(foreign_key="sweep.id", primary_key=True)
    name: str = _text(primary_key=True)


class EventRow(Base, table=True):
    """What people were told. ``sequence`` is gap-free in the order of commits. Rows are never changed."""

    __tablename__ = "event"
    __table_args__ = (Index(None, "host", "sequence"),)

    sequence: int = Field(primary_key=True, sa_type=BigId, sa_column_kwargs={"autoincrement": False})
    id: str = _text(unique=True)
    type: str = _text()
    at: datetime
    host: str | None = _text(default=None)
    outlet: str | None = _text(default=None)
    data_json: str = _text()
    committed_at: datetime


class EndpointRow(Base, table=True):
    """Webhooks' receivers, and channels of people. Secrets are sealed (``vault.py``)."""

    __tablename__ = "endpoint"

    id: str = _text(primary_key=True)
    url: str = _prose()
    secret: str = _text()
    created_at: datetime
    events_json: str = _text()
    outlets_json: str = _text()
    enabled: bool
    note: str = _prose()
    kind: str = _text()
    severity: str = _text()
    old_secret: str = _text()
    old_secret_until: datetime | None = None
    every_seconds: int | None = _number(default=None)
    disabled_because: str = _prose()
    failures: int
    failing_since: datetime | None = None
    probe_at: datetime | None = None


class DeliveryRow(Base, table=True):
    """One event on its way to one endpoint: pending, delivered or dead. ``next_at`` is empty once it is done.

    ``forgiven`` of the tries do not count, since it was asked for anew.
    """

    __tablename__ = "delivery"
    __table_args__ = (UniqueConstraint("event", "endpoint"), Index(None, "endpoint", "state", "next_at", "id"))

    id: int | None = _row_id()
    event: int = _number(foreign_key="event.sequence")
    endpoint: str = _text(foreign_key="endpoint.id")
    state: str = _text()
    attempt: int
    next_at: datetime | None = None
    last_status: int | None = None
    last_detail: str = _prose()
    forgiven: int


class AttemptRow(Base, table=True):
    """Every try of every delivery, with the receiver's answer."""

    __tablename__ = "attempt"

    delivery_id: int = _number(foreign_key="delivery.id", primary_key=True)
    number: int = Field(primary_key=True)
    at: datetime
    ok: bool
    status: int | None = None
    detail: str = _prose()


class TokenRow(Base, table=True):
    """API tokens; only their hashes. Revoked ones stay: verdicts say by which token they came."""

    __tablename__ = "token"

    id: str = _text(primary_key=True)
    digest: str = _text()
    scopes_json: str = _text()
    outlets_json: str = _text()
    note: str = _prose()
    created_at: datetime
    expires_at: datetime | None = None
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None


class RepeatRow(Base, table=True):
    """Answers to requests that may be sent twice. ``status`` is empty while the first one is under way."""

    __tablename__ = "repeat"

    token: str = _text(primary_key=True)
    key: str = _text(primary_key=True)
    digest: str = _text()
    at: datetime = Field(index=True)
    status: int | None = None
    headers_json: str = _text()
    body: bytes = Field(sa_type=LargeBinary)


class StateRow(Base, table=True):
    """Single values that outlive the process."""

    __tablename__ = "state"

    key: str = _text(primary_key=True)
    value: str = _prose()


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
SWEEP = table(SweepRow)
UNANSWERED = table(UnansweredRow)
EVENT = table(EventRow)
ENDPOINT = table(EndpointRow)
DELIVERY = table(DeliveryRow)
ATTEMPT = table(AttemptRow)
TOKEN = table(TokenRow)
REPEAT = table(RepeatRow)
STATE = table(StateRow)
