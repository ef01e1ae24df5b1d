"""Which loopback address stands for which kind of server on the small internet. Different servers never share one.

127.20.x.y   documentation addresses: x is the network's third byte, y the address's last
127.30.0.y   shared hosting: where sites are that no address is given
127.40.x.y   outlets, by their number in the scenario
127.50.0.y   parking services
127.60.0.1   the access provider's block page
127.70.x.y   addresses without a web server, by the site's number
127.80.0.1   the authority that seizes names
"""

from __future__ import annotations

import ipaddress

from service.lab.prose import dice

PARKERS = ("sedoparking.com", "bodis.com", "parkingcrew.net")
"""Parking services as they are; sites parked there have their name servers."""

BLOCK_PAGE = "127.60.0.1"
SEIZED = "127.80.0.1"

SEIZURE_NAMESERVERS = ("ns1.fbi.seized.gov", "ns2.fbi.seized.gov")
"""Where names that United States authorities took over are delegated to."""

_SHARED_HOSTS = 4
SHARED_NETWORKS = ("127.30.0.0/16", "127.50.0.0/16", "127.60.0.0/16", "127.80.0.0/16")
"""Mass hosting, parking, block pages and seizures: addresses that no two sites have in common by being one hand's."""

BULK_DNS = ("mainhost.example", "easyzone.example", "quickdns.example")
"""Companies whose name servers sites have if nothing says otherwise."""


def loopback_of(documentation: str) -> str:
    """The loopback address of a documentation address (RFC 5737), one to one."""
    _, _, network, last = ipaddress.IPv4Address(documentation).packed
    return f"127.20.{network}.{last}"


def shared_hosting(name: str) -> str:
    """Where a site is hosted if nothing says otherwise: one of a few addresses that many share."""
    return f"127.30.0.{dice('hosting', name).randint(1, _SHARED_HOSTS)}"


def bulk_nameservers(name: str) -> tuple[str, str]:
    """The name servers of a site if nothing says otherwise: one of a few pairs that many share."""
    return nameservers_under(dice("nameservers", name).choice(BULK_DNS))


def outlet_address(number: int) -> str:
    """The address of an outlet's real site."""
    return f"127.40.{number // 256}.{number % 256}"


def unserved_address(number: int) -> str:
    """An address of a site's own where no web server listens."""
    return f"127.70.{number // 256}.{number % 256}"


def parker_of(name: str) -> str:
    """The parking service that a name is parked with."""
    return dice("parker", name).choice(PARKERS)


def parking_address(parker: str) -> str:
    """The address of a parking service."""
    return f"127.50.0.{PARKERS.index(parker) + 1}"


def nameservers_under(domain: str) -> tuple[str, str]:
    """The usual two name servers of a company."""
    return (f"ns1.{domain}", f"ns2.{domain}")
