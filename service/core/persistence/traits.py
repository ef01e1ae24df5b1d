"""What a look shows of a site that other sites may have too, and how much it says where they do. Pure.

A trait that a great many sites share says nothing (an address of a large host, name servers of a registrar); the fewer
share it, the more it says. What the outlet itself has (its icon, its trackers) is copied by every clone and is no
trait, and what everybody may use (``infrastructure.py``) is none either.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from math import log2
from typing import NamedTuple

from service.core.facts.page import FetchedPage, PageFacts
from service.core.facts.registration import Registration
from service.core.model import Baseline, Judgement, Look, Site
from service.core.names import name as names
from service.core.persistence.infrastructure import Infrastructure
from service.core.persistence.registration import better
from service.core.states import Technique

# How much one trait says that two sites alone share. A tracker's account has one owner, an address may have several;
# names of one label registered on one day come from one hand (75 of 153 dated names of the campaigns did); a label that
# is edited alike says little by itself, for two may think of the same edit.
STRENGTH = {
    "identifier": 0.9,
    "certificate": 0.9,
    "favicon": 0.8,
    "hop": 0.7,
    "content": 0.6,
    "nameservers": 0.6,
    "address": 0.6,
    "burst": 0.6,
    "batch": 0.3,
    "label": 0.2,
}
# Beyond this many sites a trait is infrastructure, not a tie (a shared host's address, a registrar's name servers).
COMMON = 12
# The same for what one owner puts on as many sites as they have: campaigns of 84 clones shared trackers and icons.
COMMON_OWNED = 200
_OWNED = frozenset({"identifier", "certificate", "favicon", "hop", "content", "burst", "batch", "label"})
# Shorter pages are error messages and placeholders, which are alike everywhere.
_LEAST_TEXT = 400
_EXACT = frozenset({Technique.TLD_SWAP, Technique.SLD_SUFFIX, Technique.UNRELATED})


class Trait(NamedTuple):
    """Something that a site has and others may have too."""

    kind: str
    value: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Copied:
    """What the outlets' own pages carry, and what everybody may use: a copy of it ties nothing."""

    identifiers: frozenset[str] = frozenset()
    favicons: frozenset[str] = frozenset()
    domains: frozenset[str] = frozenset()
    contents: frozenset[str] = frozenset()
    shared: Infrastructure = field(default_factory=Infrastructure)

    @classmethod
    def of(
        cls, baselines: Iterable[Baseline], domains: Collection[str], shared: Infrastructure | None = None
    ) -> Copied:
        """Everything that any kept baseline has."""
        kept = list(baselines)
        return cls(
            identifiers=frozenset(i for baseline in kept for i in baseline.page.identifiers),
            favicons=frozenset(baseline.favicon_sha256 for baseline in kept if baseline.favicon_sha256),
            domains=frozenset(domains),
            contents=frozenset(_content(baseline.page) for baseline in kept),
            shared=shared or Infrastructure(),
        )


def common(kind: str) -> int:
    """How many sites may share a trait of this kind before it ties nothing."""
    return COMMON_OWNED if kind in _OWNED else COMMON


def strength(kind: str, sites: int) -> float:
    """What one trait says, 0 to 1, the less the more sites share it, and nothing beyond ``common``.

    An address or name servers: halved with each doubling. What has one owner falls evenly to nothing.
    """
    if sites > common(kind):
        return 0.0
    doublings = log2(max(sites, 2) / 2)
    if kind in _OWNED:
        return STRENGTH.get(kind, 0.0) * max(0.0, 1 - doublings / log2(COMMON_OWNED / 2))
    return STRENGTH.get(kind, 0.0) / (1 + doublings)


def traits_of(site: Site, look: Look, copied: Copied, judgements: Iterable[Judgement] = ()) -> frozenset[Trait]:
    """Every trait that one look shows; of pages' content only where ``judgements`` say that it is an imitation's."""
    dns = look.dns.own
    found = {Trait("address", address) for address in dns.addresses if not copied.shared.shares_address(address)}
    if dns.nameservers and not copied.shared.shares_nameservers(dns.nameservers):
        found.add(Trait("nameservers", " ".join(dns.nameservers)))
    # Every site has its own name as a trait, so that another site's certificate or redirect that names it is a tie.
    found |= {Trait("certificate", site.host), Trait("hop", site.host)}
    found |= set(_of_registration(site, better(site.registration, look.registration)))
    shown = {judgement.content_at for judgement in judgements if judgement.shows_content}
    for page in look.pages:
        found |= set(_of_page(site, page, copied))
        if page.page is not None and (page.target, page.profile) in shown and len(page.page.text) >= _LEAST_TEXT:
            found |= {Trait("content", mark) for mark in [_content(page.page)] if mark not in copied.contents}
    return frozenset(found)


def _of_registration(site: Site, registration: Registration | None) -> Iterator[Trait]:
    """The label family, and what was registered along with it."""
    label = names.split(site.domain)[0]
    if any(lookalike.technique not in _EXACT for lookalike in site.lookalikes):
        yield Trait("label", label)
    if registration is None or registration.created_at is None:
        return
    day = f"{registration.created_at:%Y-%m-%d}"
    if site.lookalikes:
        yield Trait("burst", f"{label} {day}")
    if registration.registrar:
        yield from (Trait("batch", f"{la.outlet} {day} {registration.registrar}") for la in site.lookalikes)


def _of_page(site: Site, fetched: FetchedPage, copied: Copied) -> Iterator[Trait]:
    if fetched.tls is not None:
        named = (name.removeprefix("*.").removeprefix("www.") for name in fetched.tls.names)
        yield from (Trait("certificate", name) for name in named if not _within(name, copied.domains))
    for hop in fetched.hops[1:]:
        host = _host(hop.url)
        if host != site.host and not _within(host, copied.domains) and not copied.shared.shares_host(host):
            yield Trait("hop", host)
    if fetched.page is not None:
        yield from (Trait("identifier", i) for i in fetched.page.identifiers - copied.identifiers)
    if fetched.favicon_sha256 and fetched.favicon_sha256 not in copied.favicons:
        yield Trait("favicon", fetched.favicon_sha256)


def _content(page: PageFacts) -> str:
    """A name for what stands in a page to read."""
    return blake2b(
        f"{page.title}\n{' '.join(page.text.split())}".encode("utf-8", "replace"), digest_size=16
    ).hexdigest()


def _within(host: str, domains: Collection[str]) -> bool:
    return any(host == domain or host.endswith("." + domain) for domain in domains)


def _host(url: str) -> str:
    return url.split("://", 1)[-1].split("/", 1)[0].split(":", 1)[0].lower()
