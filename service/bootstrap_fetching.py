"""The part of the composition root that fetches: the one dialer, limits, profiles and the second way out."""

from __future__ import annotations

import logging
from dataclasses import replace
from functools import partial
from random import Random

from service.adapters.dialer import Dialer, user_agent
from service.adapters.dns import DnsResolver
from service.adapters.http import FetchLimits, GuardedFetcher
from service.adapters.parser import ChildParser
from service.core.model import DIRECT, Profile
from service.pipeline.fetch import SecondEgress
from service.settings import Settings

log = logging.getLogger("spoofwatch")

_LONGEST_STRETCH = 1.5
"""How many times ``fetch.pause`` lies between two requests at most: who keeps a beat is told from a reader."""


def dialer(settings: Settings, resolver: DnsResolver, source: str | None = None) -> Dialer:
    """The one way out, from the local address ``source`` where it is given. Networks that are allowed are warned of."""
    fetch = settings.service.fetch
    by_networks: dict[tuple[str, ...], list[str]] = {}
    for purpose, networks in fetch.allow_networks.items():
        by_networks.setdefault(networks, []).append(purpose)
    for networks, purposes in by_networks.items():
        log.warning(
            "fetch.allow_networks lets %s reach %s, refused otherwise", ", ".join(purposes), ", ".join(networks)
        )
    return Dialer(
        resolver.addresses,
        {str(purpose): networks for purpose, networks in fetch.allow_networks.items()},
        page_ports=fetch.ports,
        port_map=fetch.port_map,
        refuse=fetch.refuse_networks,
        deny_hosts=fetch.deny_hosts,
        ca_file=str(settings.path(fetch.ca_file)) if fetch.ca_file else None,
        proxy_by_country=settings.proxies,
        agent=user_agent(fetch.contact),
        source=source,
    )


def second(
    settings: Settings, resolver: DnsResolver, parser: ChildParser, fetcher: GuardedFetcher
) -> SecondEgress | None:
    """Who asks again for content that is gone: from another address, else by a proxy; nobody where there is neither."""
    source = settings.service.fetch.second_source
    if source is not None:
        way = dialer(settings, resolver, source=source)
        return SecondEgress(fetcher=GuardedFetcher(way, parser, limits(settings)))
    country = next(iter(sorted(settings.proxies)), None)
    return None if country is None else SecondEgress(fetcher=fetcher, egress=country)


def limits(settings: Settings) -> FetchLimits:
    """What bounds fetches, with chance in their pauses."""
    fetch = settings.service.fetch
    return FetchLimits(
        total=fetch.timeout.total_seconds(),
        per_address=fetch.per_address,
        per_domain=fetch.per_domain,
        pause=fetch.pause.total_seconds(),
        stretch=partial(Random().uniform, 1.0, _LONGEST_STRETCH),  # noqa: S311 - spreads requests, keeps no secret
    )


def profiles(settings: Settings) -> tuple[Profile, ...]:
    """Every profile in its order; one that goes out through countries once for each country that has a proxy."""
    fetch = settings.service.fetch
    agent = user_agent(fetch.contact)
    found = []
    for given in fetch.profile:
        headers = {name: value.replace("{agent}", agent) for name, value in given.headers.items()}
        made = Profile(name=given.name, headers=headers, turn=given.turn, articles=given.articles)
        if given.egress == DIRECT:
            found.append(made)
        else:
            countries = sorted(proxy.country for proxy in fetch.proxy)
            found += [replace(made, name=f"{made.name}-{country.lower()}", egress=country) for country in countries]
    return tuple(found)
