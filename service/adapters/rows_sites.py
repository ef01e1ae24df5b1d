"""Sites and the due list (``ports.SiteRows``)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, func, insert, select, update

from service.adapters import site_saving
from service.adapters.site_loading import load_host, load_ids
from service.adapters.tables import LOOKALIKE, SITE, TARGET
from service.adapters.tables_base import storable
from service.core.errors import Conflict
from service.core.model import Lookalike
from service.core.states import Availability, Technique, Urgency

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from service.adapters.recall import Recall
    from service.adapters.rows_outbox import SqlOutbox
    from service.adapters.site_loading import Stored
    from service.core.model import Admission, Event, NameMatch, Site, Target

MAX_TARGETS = 50
"""Targets kept of one site. Later ones are refused, so that nobody pushes the first reports out by reporting more."""

MAX_URL = 2048
"""Longest target kept, in characters; PostgreSQL's indexes take no more than 2,704 bytes a row."""


_PATIENT_SHARE = 5
"""One of so many places of a claim goes to what waits longest."""

MAX_CLAIM = 1000
"""Sites in one claim; a caller with room for more claims again."""

# Built once: building a statement takes longer than running it.
_KNOWN = select(SITE.c.id, SITE.c.due_at, SITE.c.version).where(SITE.c.host == bindparam("host"))
_OUTLETS = select(LOOKALIKE.c.id, LOOKALIKE.c.outlet, LOOKALIKE.c.technique).where(
    LOOKALIKE.c.site_id == bindparam("site")
)
_URLS = select(TARGET.c.url).where(TARGET.c.site_id == bindparam("site"))
_URGENT = (
    select(SITE.c.id)
    .where(SITE.c.urgency == bindparam("urgency"), SITE.c.due_at <= bindparam("now"))
    .order_by(SITE.c.due_at, SITE.c.id)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True)
)
_DUE = (
    select(SITE.c.id)
    .where(SITE.c.due_at <= bindparam("now"))
    .order_by(SITE.c.due_at, SITE.c.id)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True)
)
_INSERT = insert(SITE)


class SqlSites:
    """``SiteRows`` over one transaction; ``outbox`` is the same transaction's.

    ``recall`` holds sites as earlier transactions committed them, so that what a version holds is read once. ``seen``
    collects what this transaction read, for when it is committed.
    """

    def __init__(self, connection: Connection, outbox: SqlOutbox, recall: Recall) -> None:
        self._connection = connection
        self._outbox = outbox
        self._recall = recall
        self.seen: dict[str, Stored] = {}

    def admit(self, admission: Admission, at: datetime) -> bool:
        """Insert a site due now, or add what is new to a known one and make it due. True if it is due for that.

        A known site's lookalike takes over a match's technique, distance and score only where it had been tied to the
        outlet by content alone. Targets beyond MAX_TARGETS, or longer than MAX_URL, are not kept.
        """
        matches = _best_by_outlet(admission.matches)
        known = self._connection.execute(_KNOWN, {"host": admission.host}).first()
        if known is None:
            self._insert(admission, matches, at)
            return True
        new_lookalikes = self._add_matches(known.id, matches, at)
        new_targets = self._add_targets(known.id, admission.targets)
        renewed = admission.again and known.due_at > at
        if not (new_lookalikes or new_targets or renewed):
            return False
        values = {"due_at": min(known.due_at, at), "urgency": Urgency.NOW, "version": known.version + 1}
        self._connection.execute(update(SITE).where(SITE.c.id == known.id).values(values))
        return True

    def _insert(self, admission: Admission, matches: dict[str, NameMatch], at: datetime) -> None:
        row = {
            "host": admission.host,
            "domain": admission.domain,
            "suffix": admission.domain.partition(".")[2],
            "source": admission.source,
            "version": 1,
            "admitted_at": at,
            "absent_at": admission.absent_at,
            "listed_at": admission.listed_at,
            "due_at": at,
            "urgency": Urgency.NOW,
            "availability": Availability.NOT_CHECKED,
            "availability_reason": "",
            "observations": 0,
        }
        site_id = site_saving.new_id(self._connection.execute(_INSERT, row))
        for match in matches.values():
            site_saving.insert_lookalike(self._connection, site_id, _discovered(match, at))
        site_saving.insert_targets(self._connection, site_id, _acceptable(admission.targets, known=frozenset()))

    def _add_matches(self, site_id: int, matches: dict[str, NameMatch], at: datetime) -> bool:
        if not matches:
            return False
        known = {row.outlet: row for row in self._connection.execute(_OUTLETS, {"site": site_id})}
        changed = False
        for outlet, match in matches.items():
            row = known.get(outlet)
            if row is None:
                site_saving.insert_lookalike(self._connection, site_id, _discovered(match, at))
            elif row.technique == Technique.UNRELATED != match.technique:
                values = {"technique": match.technique, "name_score": match.score, "distance": match.distance}
                self._connection.execute(update(LOOKALIKE).where(LOOKALIKE.c.id == row.id).values(values))
            else:
                continue
            changed = True
        return changed

    def _add_targets(self, site_id: int, targets: Sequence[Target]) -> bool:
        if not targets:
            return False
        known = frozenset(self._connection.execute(_URLS, {"site": site_id}).scalars())
        new = _acceptable(targets, known=known)
        site_saving.insert_targets(self._connection, site_id, new)
        return bool(new)

    def claim(self, now: datetime, until: datetime, limit: int) -> tuple[tuple[Site, int], ...]:
        """The most urgent due sites, at most MAX_CLAIM, with their row versions, their due time moved to ``until``.

        A fifth of the places goes to what is overdue longest, however urgent: a burst never waits behind dormant names,
        and these are never starved by a burst.

        The version stays: whoever saves first wins, and a claimer who is overtaken finds the version moved on.
        """
        ids = self._due(now, min(limit, MAX_CLAIM))
        if not ids:
            return ()
        self._connection.execute(update(SITE).where(SITE.c.id.in_(ids)).values(due_at=until))
        claimed = load_ids(self._connection, ids)
        self.seen.update((stored.site.host, stored) for stored in claimed)
        return tuple((stored.site, stored.version) for stored in claimed)

    def _due(self, now: datetime, limit: int) -> list[int]:
        oldest = self._connection.execute(_DUE, {"now": now, "limit": limit}).scalars().all()
        if len(oldest) < limit:
            return list(oldest)
        chosen: dict[int, None] = {}
        for urgency in Urgency:
            room = limit - limit // _PATIENT_SHARE - len(chosen)
            if room > 0:
                asked = {"urgency": urgency, "now": now, "limit": room}
                chosen |= dict.fromkeys(self._connection.execute(_URGENT, asked).scalars())
        return list(chosen | dict.fromkeys(oldest))[:limit]

    def get(self, host: str) -> tuple[Site, int] | None:
        """One site with its row version."""
        known = self._connection.execute(_KNOWN, {"host": host}).first()
        if known is None:
            return None
        stored = self._at_version(host, known.version)
        if stored is None:
            raise Conflict(f"{host} changed while it was being read")
        # A claim moves the due time and leaves the version.
        return replace(stored.site, due_at=known.due_at), known.version

    def _at_version(self, host: str, version: int) -> Stored | None:
        """What the site holds at this version, if that is the version it has."""
        for stored in (self.seen.get(host), self._recall.get(host)):
            if stored is not None and stored.version == version:
                return stored
        stored = load_host(self._connection, host)
        if stored is not None:
            self.seen[host] = stored
        return stored if stored is not None and stored.version == version else None

    def save(self, site: Site, version: int, events: Sequence[Event], at: datetime) -> bool:
        """Store the site, append its events and their deliveries. False, and nothing written, on a version moved on.

        Host, domain, source and time of admission never change. Lookalikes, episodes, blocks and targets are found by
        outlet, number, id and URL; those that ``site`` does not have stay as they are.
        """
        stored = self._at_version(site.host, version)
        if stored is None or not site_saving.save(self._connection, stored, site, at):
            return False
        self._outbox.publish_for(frozenset(one.outlet for one in site.lookalikes), events, at)
        return True

    def next_due(self) -> datetime | None:
        """When the earliest site falls due."""
        due: datetime | None = self._connection.execute(select(func.min(SITE.c.due_at))).scalar()
        return due


def _best_by_outlet(matches: Iterable[NameMatch]) -> dict[str, NameMatch]:
    """One match an outlet: a name may resemble it in several ways."""
    best: dict[str, NameMatch] = {}
    for match in matches:
        if match.outlet not in best or match.score > best[match.outlet].score:
            best[match.outlet] = match
    return best


def _discovered(match: NameMatch, at: datetime) -> Lookalike:
    return Lookalike(
        outlet=match.outlet,
        technique=match.technique,
        name_score=match.score,
        distance=match.distance,
        discovered_at=at,
    )


def _acceptable(targets: Iterable[Target], *, known: frozenset[str]) -> dict[str, str]:
    """Sources by URL of the targets that are new and still have room."""
    new: dict[str, str] = {}
    for target in targets:
        url = storable(target.url)
        if len(known) + len(new) < MAX_TARGETS and len(url) <= MAX_URL and url not in known:
            new.setdefault(url, target.source)
    return new
