"""First step of a look: what every vantage says of the name."""

from __future__ import annotations

from service.core.facts.dns import DnsFacts, DnsStatus
from service.core.model import Site
from service.ports import Resolver

_PASSING = frozenset({DnsStatus.SERVFAIL, DnsStatus.REFUSED, DnsStatus.TIMEOUT, DnsStatus.VANTAGE_FAILED})


async def resolve(resolver: Resolver, site: Site) -> DnsFacts:
    """Ask all vantages; failures are statuses in the facts."""
    return await resolver.facts(site.host, site.domain)


def changed(before: DnsFacts | None, after: DnsFacts) -> bool:
    """Whether the name began or ceased to exist, moved, or changed its name servers since the last look.

    A resolver's bad moment (SERVFAIL, silence) is no change: registries and pages are not asked because of it.
    """
    if before is None:
        return True
    old, new = before.own, after.own
    if new.status in _PASSING:
        return False
    return (old.status, old.addresses, old.nameservers) != (new.status, new.addresses, new.nameservers)
