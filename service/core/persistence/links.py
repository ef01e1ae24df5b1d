"""What ties sites together, weighted by how rare it is, and which site took over from a blocked one. Pure.

A trait that a great many sites share says nothing (an address of a large host, name servers of a registrar); the
fewer share it, the more it says. What the outlet itself has (its icon, its trackers) is copied by every clone and is
no trait.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import log2, prod
from typing import NamedTuple

from service.core.facts.page import FetchedPage
from service.core.model import Baseline, Look, Site

# How much one trait says that two sites alone share: a tracker's account has one owner, an address may have several.
STRENGTH = {"identifier": 0.9, "certificate": 0.9, "favicon": 0.8, "hop": 0.7, "nameservers": 0.6, "address": 0.6}
# Beyond this many sites a trait is infrastructure, not a tie (a shared host's address, a registrar's name servers).
COMMON = 12
# Below this the tie may be chance: one address shared by five sites stays below it, an identifier by as many does not.
ENOUGH = 0.25


class Trait(NamedTuple):
    """Something that a site has and others may have too."""

    kind: str
    value: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Shared:
    """A trait in common with ``host``; ``sites`` counts all that have it, both included."""

    host: str
    trait: Trait
    sites: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Link:
    """Two sites belong together, with which confidence (0 to 1), and why: traits with what each says, most first."""

    host: str
    confidence: float
    traits: tuple[tuple[Trait, float], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Copied:
    """What the outlets' own pages carry, so that a copy of it ties nothing."""

    identifiers: frozenset[str] = frozenset()
    favicons: frozenset[str] = frozenset()
    domains: frozenset[str] = frozenset()

    @classmethod
    def of(cls, baselines: Iterable[Baseline], domains: Collection[str]) -> Copied:
        """Everything that any kept baseline has."""
        kept = list(baselines)
        return cls(
            identifiers=frozenset(i for baseline in kept for i in baseline.page.identifiers),
            favicons=frozenset(baseline.favicon_sha256 for baseline in kept if baseline.favicon_sha256),
            domains=frozenset(domains),
        )


def traits_of(site: Site, look: Look, copied: Copied) -> frozenset[Trait]:
    """Every trait that one look shows."""
    dns = look.dns.own
    found = {Trait("address", address) for address in dns.addresses}
    if dns.nameservers:
        found.add(Trait("nameservers", " ".join(dns.nameservers)))
    # Every site has its own name as a trait, so that another site's certificate that names it is a tie.
    found.add(Trait("certificate", site.host))
    for page in look.pages:
        found |= set(_of_page(site, page, copied))
    return frozenset(found)


def _of_page(site: Site, fetched: FetchedPage, copied: Copied) -> Iterator[Trait]:
    if fetched.tls is not None:
        names = (name.removeprefix("*.").removeprefix("www.") for name in fetched.tls.names)
        yield from (Trait("certificate", name) for name in names if not _within(name, copied.domains))
    for hop in fetched.hops[1:]:
        host = _host(hop.url)
        if host != site.host and not _within(host, copied.domains):
            yield Trait("hop", host)
    if fetched.page is not None:
        yield from (Trait("identifier", i) for i in fetched.page.identifiers - copied.identifiers)
    if fetched.favicon_sha256 and fetched.favicon_sha256 not in copied.favicons:
        yield Trait("favicon", fetched.favicon_sha256)


def links(shared: Iterable[Shared]) -> tuple[Link, ...]:
    """The sites that belong to one, strongest first. Several traits add up as independent evidence does."""
    by_host: dict[str, list[Shared]] = {}
    for one in shared:
        by_host.setdefault(one.host, []).append(one)
    found = (
        Link(
            host=host,
            confidence=1 - prod(1 - strength(one.trait.kind, one.sites) for one in traits),
            traits=_weighed(traits),
        )
        for host, traits in by_host.items()
    )
    return tuple(
        sorted((link for link in found if link.confidence >= ENOUGH), key=lambda link: (-link.confidence, link.host))
    )


def _weighed(shared: Iterable[Shared]) -> tuple[tuple[Trait, float], ...]:
    weighed = ((one.trait, strength(one.trait.kind, one.sites)) for one in shared)
    return tuple(sorted((pair for pair in weighed if pair[1] > 0), key=lambda pair: (-pair[1], pair[0])))


def strength(kind: str, sites: int) -> float:
    """What one trait says, 0 to 1: halved with each doubling of the sites that share it, nothing beyond ``COMMON``."""
    if sites > COMMON:
        return 0.0
    return STRENGTH.get(kind, 0.0) / (1 + log2(max(sites, 2) / 2))


@dataclass(frozen=True, kw_only=True, slots=True)
class Blocked:
    """A site that could have been taken over from: blocked or down since ``since``, for ``outlets``."""

    host: str
    since: datetime
    outlets: frozenset[str]


def blocked(site: Site) -> Blocked | None:
    """Whether and since when a site that imitated outlets is blocked: the earliest block or end of an episode."""
    outlets = frozenset(lookalike.outlet for lookalike in site.lookalikes if lookalike.verdict.flagged)
    ends = [
        episode.ended_at
        for lookalike in site.lookalikes
        for episode in lookalike.episodes
        if episode.ended_at is not None and not episode.censored
    ]
    moments = [block.effective_from for block in site.blocks] + ends
    return Blocked(host=site.host, since=min(moments), outlets=outlets) if moments and outlets else None


def appeared(site: Site) -> datetime:
    """When a site came into being as far as is known: its registration, else its admission."""
    created = site.registration.created_at if site.registration is not None else None
    return min(created, site.admitted_at) if created is not None else site.admitted_at


def predecessor(
    site: Site, outlet: str, ties: Sequence[Link], candidates: Iterable[Blocked]
) -> tuple[Blocked, Link] | None:
    """The blocked site that ``site`` took over from for an outlet: tied, and blocked before it appeared.

    Of several the strongest tie counts, then the latest block. Closeness in time alone makes nobody a successor.
    """
    tied = {link.host: link for link in ties}
    born = appeared(site)
    found = [
        (one, tied[one.host])
        for one in candidates
        if one.host in tied and outlet in one.outlets and one.since < born and one.host != site.host
    ]
    return max(found, key=lambda pair: (pair[1].confidence, pair[0].since, pair[0].host), default=None)


def _within(host: str, domains: Collection[str]) -> bool:
    return any(host == domain or host.endswith("." + domain) for domain in domains)


def _host(url: str) -> str:
    return url.split("://", 1)[-1].split("/", 1)[0].split(":", 1)[0].lower()
