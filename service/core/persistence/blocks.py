"""Blocks that the service sees by itself: hold codes, seizures, sinkholes, resolvers that answer otherwise.

That one is over is seen too, of reported blocks as well where an earlier look had shown them: a report alone may speak
of something that no look can see.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from service.core.facts.dns import DnsStatus
from service.core.facts.registration import RegistrationStatus
from service.core.model import Block, Look, Site
from service.core.states import Availability, Place

_FOUND = (RegistrationStatus.FOUND_DATE, RegistrationStatus.FOUND_NO_DATE)
_AT_THE_NAME = frozenset({Place.REGISTRAR, Place.REGISTRY})
# What a new registration leaves behind: holds, seizures and hosting ended with the old one.
_OF_A_REGISTRATION = frozenset({*_AT_THE_NAME, Place.SEIZURE, Place.HOST})
# What a site answers that is up, whatever it serves.
_ANSWERS = frozenset(
    {Availability.LIVE, Availability.PARKED, Availability.REDIRECTS_TO_OUTLET, Availability.CHALLENGED}
)


def observed_blocks(before: Site, site: Site, look: Look) -> Iterator[Block]:
    """Blocks that this look shows for the first time, and those that it shows lifted.

    ``before`` is the site as it was, ``site`` as the look left it. A block that somebody reported for the same place is
    the same block: it is not observed a second time.
    """
    signs = dict(_signs(look))
    observed = {(block.place, _vantage(block)) for block in site.blocks_in_force}
    reported = {block.place for block in site.blocks_in_force if block.reported}
    for (place, vantage), reference in signs.items():
        if (place, vantage) in observed or place in reported:
            continue
        number = 1 + sum(1 for block in site.blocks if not block.reported)
        yield Block(
            id=f"blk_{site.host}_{place.value}{'_' + vantage if vantage else ''}_{number}",
            place=place,
            effective_from=look.at,
            known_from=look.at,
            reported=False,
            reference=reference,
        )
    for block in site.blocks_in_force:
        shown = any(place is block.place and _vantage(block) in ("", vantage) for place, vantage in signs)
        known = not block.reported or _was_seen(block.place, before)
        if known and not shown and block.effective_from < look.at and _gone(block, before, look):
            yield replace(block, lifted_at=look.at)


def ended_with_registration(site: Site, created: datetime, at: datetime) -> Iterator[Block]:
    """Blocks that a new registration of the name, ``created`` then, leaves behind."""
    for block in site.blocks_in_force:
        if block.place in _OF_A_REGISTRATION and block.effective_from < created:
            yield replace(block, lifted_at=min(created, at))


def _signs(look: Look) -> Iterator[tuple[tuple[Place, str], str]]:
    registration = look.registration
    if registration is not None:
        codes = {code.lower().replace(" ", "") for code in registration.epp}
        if "clienthold" in codes:
            yield (Place.REGISTRAR, ""), f"clientHold ({registration.source}, {registration.server})"
        if "serverhold" in codes:
            yield (Place.REGISTRY, ""), f"serverHold ({registration.source}, {registration.server})"
    if look.consensus is Availability.SEIZED:
        yield (Place.SEIZURE, ""), look.consensus_reason
    if look.consensus is Availability.SINKHOLED:
        yield (Place.REGISTRY, ""), look.consensus_reason
    if look.suspended:
        yield (Place.HOST, ""), look.suspended
    for vantage, grade in look.availability.items():
        if grade is Availability.RESOLVER_BLOCKED:
            yield (Place.RESOLVER, vantage), f"resolver {vantage} answers otherwise than the others"


def _vantage(block: Block) -> str:
    if block.place is not Place.RESOLVER or block.reported:
        return ""
    words = block.reference.split()
    return words[1] if len(words) > 1 else ""


def _was_seen(place: Place, before: Site) -> bool:
    """Whether what the site last showed is what a block at this place does to it."""
    if place in _AT_THE_NAME:
        held = before.registration is not None and before.registration.held
        return held or before.availability in (Availability.NXDOMAIN, Availability.SINKHOLED)
    if place is Place.SEIZURE:
        return before.availability is Availability.SEIZED
    if place is Place.HOST:
        return before.failures is not None
    if place is Place.RESOLVER and before.observation is not None:
        return Availability.RESOLVER_BLOCKED.value in before.observation.summary.get("availability", {}).values()
    return False


def _gone(block: Block, before: Site, look: Look) -> bool:
    """Whether this look positively shows that the block is over; not having looked shows nothing."""
    if block.place in _AT_THE_NAME:
        registration = look.registration
        if registration is not None and registration.status in _FOUND:
            return not registration.held
        # Where the registry does not say, the name itself does: a name that is held does not resolve.
        told = before.registration is not None and before.registration.status in _FOUND
        return not told and look.dns.own.status is DnsStatus.ANSWERED and look.consensus in _ANSWERS
    if block.place is Place.RESOLVER:
        vantages = (_vantage(block),) if _vantage(block) else tuple(answers.vantage for answers in look.dns.answers)
        return any(
            answers.status is DnsStatus.ANSWERED and answers.vantage in vantages for answers in look.dns.answers
        ) and not any(look.availability.get(vantage) is Availability.VANTAGE_FAILED for vantage in vantages)
    if block.place is Place.HOST:
        moved = block.reported and before.dns is not None and before.dns.own.addresses != look.dns.own.addresses
        return look.consensus in _ANSWERS and not look.suspended and not moved
    return look.consensus in _ANSWERS


def with_block(blocks: tuple[Block, ...], block: Block) -> tuple[Block, ...]:
    """A block that is known already keeps its place, as its row does: a site reads the same after it was stored."""
    if all(known.id != block.id for known in blocks):
        return (*blocks, block)
    return tuple(block if known.id == block.id else known for known in blocks)
