"""What resolvers say of a name: one answer set per vantage, and what follows from them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class DnsStatus(StrEnum):
    """The outcome of asking one vantage. ``failed`` is the vantage's fault (its controls failed too)."""

    ANSWERED = "answered"
    NO_ADDRESS = "no-address"
    NXDOMAIN = "nxdomain"
    SERVFAIL = "servfail"
    REFUSED = "refused"
    TIMEOUT = "timeout"
    VANTAGE_FAILED = "vantage-failed"


@dataclass(frozen=True, kw_only=True, slots=True)
class DnsAnswers:
    """Everything that one vantage answered for one host. All tuples are sorted; names are lower-case A-labels.

    ``nameservers``, ``soa``, ``mx``, ``txt`` and ``caa`` are those of the registrable name.
    """

    vantage: str
    status: DnsStatus
    addresses: tuple[str, ...] = ()
    cnames: tuple[str, ...] = ()
    nameservers: tuple[str, ...] = ()
    soa: str | None = None
    mx: tuple[str, ...] = ()
    txt: tuple[str, ...] = ()
    caa: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class DnsFacts:
    """All vantages' answers for one host, the service's own vantage first."""

    host: str
    answers: tuple[DnsAnswers, ...]

    @property
    def own(self) -> DnsAnswers:
        """The answer of the service's own resolver: the first vantage that did not fail, else the first."""
        working = (a for a in self.answers if a.status is not DnsStatus.VANTAGE_FAILED)
        return next(working, self.answers[0])


@dataclass(frozen=True, kw_only=True, slots=True)
class ProbeReport:
    """What became of a batch of names: each is exactly one of existing, absent, unanswered.

    ``existing`` and ``unanswered`` list the names; ``absent`` only counts them. ``vantage_failed``: a control name
    did not answer as it must, so nothing in here may be believed. ``queries`` counts datagrams sent, retries included;
    ``foreign`` those that came back without fitting a question: forged, late, or twice.
    """

    asked: int
    existing: tuple[str, ...]
    absent: int
    unanswered: tuple[str, ...]
    queries: int
    vantage_failed: bool = False
    detail: str = ""
    foreign: int = 0


def joined_reports(reports: Iterable[ProbeReport]) -> ProbeReport:
    """Several batches of one vantage as one report; it fails if any of them failed."""
    parts = tuple(reports)
    return ProbeReport(
        asked=sum(part.asked for part in parts),
        existing=tuple(name for part in parts for name in part.existing),
        absent=sum(part.absent for part in parts),
        unanswered=tuple(name for part in parts for name in part.unanswered),
        queries=sum(part.queries for part in parts),
        vantage_failed=any(part.vantage_failed for part in parts),
        detail="; ".join(dict.fromkeys(part.detail for part in parts if part.detail)),
        foreign=sum(part.foreign for part in parts),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class VantageHealth:
    """Whether a vantage can be believed right now, and why not in words."""

    vantage: str
    upstream: str
    ok: bool
    detail: str = ""
