"""What a sighting is: an address that somebody saw, what came of it, and the report that it stood in.

A report says where to look and nothing else: none of this ever changes a score.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

SOURCE = "sighting"
"""Where a site came from that was reported."""

MAX_URL = 4_096
"""Characters of a reported address; longer ones are not served by common hosts and proxies."""

MOST_HOPS = 20
"""Addresses of a reported chain that are kept."""


class Outcome(StrEnum):
    """What came of one line of a report. ``waiting``: it was taken and is not admitted yet."""

    WAITING = "waiting"
    ADMITTED = "admitted"
    KNOWN = "known"
    REFUSED = "refused"


class State(StrEnum):
    """What was done about a sighting since it came. ``looked``: asked for, and no page came. ``judged``: pages came."""

    PENDING = "pending"
    LOOKED = "looked"
    JUDGED = "judged"


@dataclass(frozen=True, kw_only=True, slots=True)
class Reported:
    """One address as a report has it. ``entry`` says where it stands there: ``line 3``, or an object's id.

    ``chain``: addresses that led to it, as the reporter saw them, the first one first. ``tlp`` is one of
    ``core.tlp.LEVELS``, empty where nothing was said.
    """

    entry: str
    url: str
    seen_at: datetime | None = None
    tlp: str = ""
    chain: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Unreadable:
    """One entry that holds no address, and why."""

    entry: str
    given: str
    reason: str


Entry = Reported | Unreadable


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """Sightings that came together. ``by``: the token's id, or who else brought them. ``count``: entries of it.

    ``passed_over`` counts lines of a log that report nothing, by why (``the outlet's own page``).
    """

    id: str
    by: str
    at: datetime
    format: str
    count: int = 0
    tlp: str = ""
    passed_over: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Sighting:
    """One line of a report and what came of it. ``site`` is the host that is looked at, empty where there is none.

    ``id`` is given by the store.
    """

    report: str
    reported: Reported
    outcome: Outcome
    at: datetime
    site: str = ""
    reason: str = ""
    id: int = 0
