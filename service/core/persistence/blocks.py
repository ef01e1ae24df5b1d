"""Blocks that the service sees by itself: hold codes, seizures, sinkholes, resolvers that answer otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from service.core.facts.registration import RegistrationStatus
from service.core.model import Availability, Block, Look, Place, Site


def observed_blocks(site: Site, look: Look) -> Iterator[Block]:
    """Blocks that this look shows for the first time, and own observations that it shows lifted.

    A block that somebody reported for the same place is the same block: it is not observed a second time.
    """
    signs = dict(_signs(look))
    in_force = {(block.place, _vantage(block)): block for block in site.blocks_in_force}
    reported_places = {block.place for block in site.blocks_in_force if block.reported}
    for (place, vantage), reference in signs.items():
        if (place, vantage) in in_force or place in reported_places:
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
    for (place, vantage), block in in_force.items():
        if not block.reported and (place, vantage) not in signs and _gone(place, vantage, look):
            yield replace(block, lifted_at=look.at)


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


def _gone(place: Place, vantage: str, look: Look) -> bool:
    """Whether this look positively shows that the block is over; not having looked shows nothing."""
    if place in (Place.REGISTRAR, Place.REGISTRY):
        registration = look.registration
        found = (RegistrationStatus.FOUND_DATE, RegistrationStatus.FOUND_NO_DATE)
        return registration is not None and registration.status in found and not registration.held
    if place is Place.RESOLVER:
        return look.availability.get(vantage, Availability.VANTAGE_FAILED) is Availability.LIVE
    if place is Place.SEIZURE:
        return look.consensus in (Availability.LIVE, Availability.PARKED)
    return look.consensus is Availability.LIVE and not look.suspended
