"""The rows of the store that the flow reads and writes: a part of ``ports.py``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime
    from typing import Any

    from service.core.alerts.deliveries import Attempt, Delivery, Endpoint
    from service.core.feed import FeedState, Listed
    from service.core.model import (
        Action,
        Admission,
        Baseline,
        BaselineVersion,
        Event,
        Outlet,
        Site,
        Sweep,
    )
    from service.core.repeats import Repeatable
    from service.core.states import BaselineState, Tier
    from service.core.tokens import Token


class OutletRows(Protocol):
    """The watch list, and what the real sites look like."""

    def all(self) -> tuple[Outlet, ...]:
        """Every outlet, ordered by id."""

    def put(self, outlet: Outlet, at: datetime) -> bool:
        """Insert or change one; True where it is new."""

    def remove(self, outlet_id: str) -> None:
        """Take one off the list; its lookalikes stay. NotFound where there is none."""

    def baselines(self) -> tuple[Baseline, ...]:
        """Every baseline in use of every outlet, oldest first."""

    def baseline_marks(self) -> tuple[tuple[str, str, str], ...]:
        """Outlet, URL and digest of every baseline in use: whether any is new or gone, without reading them all."""

    def add_baseline(self, baseline: Baseline, state: BaselineState = ...) -> bool:
        """Keep one, in use by default; False where one with this outlet, URL and digest is kept already."""


class BaselineRows(Protocol):
    """Versions of the outlets' baselines, in use or not; none is ever deleted."""

    def of(self, outlet_id: str) -> tuple[BaselineVersion, ...]:
        """Every version of one outlet, whatever its state, oldest first."""

    def seen(self, ids: Iterable[str], at: datetime) -> None:
        """The outlet's site was seen to look so again."""

    def put_state(self, ids: Iterable[str], state: BaselineState, by: str = "", note: str = "") -> None:
        """Take versions into use, hold them back or revoke them; NotFound for an id that there is not."""


class SiteRows(Protocol):
    """Sites and their due list, the only truth about what is to be done."""

    def admit(self, admission: Admission, at: datetime) -> bool:
        """Insert a site due now, or add what is new (lookalikes, targets) to a known one and make it due.

        True if anything was new.
        """

    def claim(self, now: datetime, until: datetime, limit: int) -> tuple[tuple[Site, int], ...]:
        """The most overdue sites with their row versions.

        Their due time moves to ``until``, so that a crash brings them back.
        """

    def get(self, host: str) -> tuple[Site, int] | None:
        """One site with its row version."""

    def save(self, site: Site, version: int, events: Sequence[Event], at: datetime) -> bool:
        """Store the site, append its events and their deliveries, all or nothing. False where the version has moved on.

        A site's ``observation`` extends the last row where digest and ``first_at`` are equal, and is a new row
        otherwise.
        """

    def next_due(self) -> datetime | None:
        """When the earliest site falls due."""


class SweepRows(Protocol):
    """Coverage, and requests for sweeps."""

    def last(self, outlet_id: str, tier: Tier) -> Sweep | None:
        """The newest sweep of this kind, finished or not."""

    def newest(self) -> dict[tuple[str, Tier], Sweep]:
        """The newest of each outlet and tier, finished or not."""

    def begin(self, outlet_id: str, tier: Tier, generator: str, vantage: str, at: datetime, *, total: int = 0) -> Sweep:
        """A new one."""

    def advance(self, sweep: Sweep, unanswered: Sequence[str] = ()) -> None:
        """Store how far it got, in the transaction that admits what it found, and names that stayed unanswered.

        A sweep that is complete makes the unanswered names of those before it forgotten; their number stays.
        """

    def finished_before(self, outlet_id: str, tier: Tier, at: datetime) -> Sweep | None:
        """The newest complete sweep that began before ``at``: what proves that a name was absent then."""

    def unanswered_among(self, sweep_id: int, names: Iterable[str]) -> frozenset[str]:
        """Those of ``names`` that stayed unanswered in a sweep: of these alone it says nothing."""


class CoverageRows(Protocol):
    """Sweeps as people read them."""

    def page(self, where: Mapping[str, Any], cursor: str | None, limit: int) -> tuple[list[dict[str, Any]], str | None]:
        """A page of sweeps, the newest begun first, and the cursor of the next."""

    def sweep(self, sweep_id: int) -> dict[str, Any] | None:
        """One sweep."""

    def unanswered(self, sweep_id: int, after: str, limit: int) -> list[str]:
        """Names that stayed unanswered, ordered by name, those after ``after``."""


class OutboxRows(Protocol):
    """Events, endpoints and deliveries."""

    def publish(self, events: Sequence[Event], at: datetime, only: str | None = None) -> None:
        """Append events that belong to no site, with their deliveries, to the endpoint ``only`` where it is given.

        An event whose id is there already is left alone.
        """

    def due(self, now: datetime, limit: int, endpoint: str | None = None) -> tuple[Delivery, ...]:
        """Deliveries to make, of one endpoint or of all: each endpoint's oldest first, endpoints in turn.

        One whose circuit is open has one at a time, and none before its next probe.
        """

    def record(self, delivery: Delivery, attempt: Attempt, next_at: datetime | None, at: datetime) -> None:
        """Store what came of a try; ``next_at`` None means done (delivered, or dead where it failed)."""

    def endpoints(self, only: str | None = None) -> tuple[Endpoint, ...]:
        """Every endpoint, ordered by id; or the one of this id, where there is one."""

    def put_endpoint(self, endpoint: Endpoint) -> None:
        """Insert or change one. What waits for one that the service disabled becomes dead letters."""


class DeliveryRows(Protocol):
    """Deliveries as people read them, and ask for them anew."""

    def page(self, where: Mapping[str, Any], before: int | None, limit: int) -> list[dict[str, Any]]:
        """Deliveries, the newest first, those with a smaller number than ``before``."""

    def get(self, number: int) -> dict[str, Any] | None:
        """One delivery with every try."""

    def retry(self, number: int, at: datetime) -> None:
        """Make one due at ``at``, whatever became of it. NotFound where there is none."""

    def replay(self, endpoint: Endpoint, since: datetime, at: datetime, *, delivered: bool = False) -> int:
        """Make due what an endpoint missed since, or all of it where ``delivered``; how many events that is."""

    def forget(self, endpoint_id: str) -> None:
        """Remove an endpoint with its deliveries. NotFound where there is none."""


class ActionRows(Protocol):
    """Enforcement acts, and single settings of the running service."""

    def put(self, action: Action) -> None:
        """Insert or change one."""

    def all(self) -> tuple[Action, ...]:
        """Every action, oldest first."""

    def get_state(self, key: str) -> str | None:
        """A value that outlives the process (when a tick last ran)."""

    def set_state(self, key: str, value: str) -> None:
        """Keep it."""


class FeedRows(Protocol):
    """Sources of names, and how far each was taken in."""

    def get(self, feed_id: str) -> FeedState | None:
        """One feed with its gaps."""

    def all(self) -> tuple[FeedState, ...]:
        """Every feed, ordered by id."""

    def save(self, state: FeedState) -> None:
        """Insert or change one, gaps included."""

    def forget(self, feed_id: str) -> None:
        """Drop one that is followed no more; NotFound where there is none."""

    def sites_under(self, domains: Collection[str]) -> Mapping[str, tuple[str, ...]]:
        """The hosts that are sites already, by those of these registrable names that have any."""


class ListingRows(Protocol):
    """Dated facts about known sites from lists of names, and the sites for such lists to be compared with."""

    def add(self, fact: Listed) -> bool:
        """Keep one; False where it is kept already."""

    def of(self, host: str) -> tuple[Listed, ...]:
        """What lists said of a host, oldest first."""

    def hosts(self, after: str, limit: int) -> tuple[str, ...]:
        """Hosts of known sites beyond ``after``, in the order of the database; fewer than ``limit`` at the end."""


class TokenRows(Protocol):
    """API tokens; only hashes are kept."""

    def add(self, token: Token) -> None:
        """Keep one. Conflict where the id is taken."""

    def get(self, token_id: str) -> Token | None:
        """One by its id, revoked and expired ones too."""

    def all(self) -> tuple[Token, ...]:
        """Every token that was ever made, oldest first."""

    def revoke(self, token_id: str, at: datetime) -> None:
        """It is not taken from now on; once revoked it stays so. NotFound where there is none."""

    def used(self, token_id: str, at: datetime) -> None:
        """Note its last use."""


class RepeatRows(Protocol):
    """Answers to requests that may be sent twice."""

    def begin(self, asked: Repeatable) -> Repeatable | None:
        """The request that holds this key already, else None: then it is ``asked`` that holds it from now on."""

    def keep(self, answered: Repeatable) -> None:
        """Keep a request with its answer."""

    def forget(self, token_id: str, key: str) -> None:
        """The key is free again."""
