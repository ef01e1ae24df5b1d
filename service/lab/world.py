"""What exists on the lab's small internet at one moment, as plain frozen data.

The servers (``dns.py``, ``rdap.py``, ``whois.py``, ``web.py``) only read a ``World``; a scenario (``staging.py``) or
a test makes the next one and swaps it in whole. Everything that no name here covers is NXDOMAIN, unregistered, and
serves nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Channel(StrEnum):
    """How a registry answers for one name."""

    RDAP = "rdap"
    WHOIS = "whois"
    NOT_PUBLISHED = "not-published"
    RATE_LIMITED = "rate-limited"
    NONE = "none"


class Certificate(StrEnum):
    """What a virtual host shows in TLS. All but ``trusted`` fail verification, each for its own reason."""

    TRUSTED = "trusted"
    SELF_SIGNED = "self-signed"
    EXPIRED = "expired"
    OTHER_NAME = "other-name"


class DnsFault(StrEnum):
    """How a name misbehaves in DNS. ``truncated`` answers whole over TCP only."""

    SERVFAIL = "servfail"
    REFUSED = "refused"
    SILENT = "silent"
    TRUNCATED = "truncated"


@dataclass(frozen=True, kw_only=True, slots=True)
class RegistryRecord:
    """What the registry knows of a name. ``epp`` are EPP status codes (clientHold ...)."""

    created_at: datetime
    updated_at: datetime | None = None
    expires_at: datetime | None = None
    registrar: str = "Lab Registrar Ltd"
    abuse_contact: str = "abuse@registrar.example"
    epp: tuple[str, ...] = ()
    channel: Channel = Channel.RDAP


@dataclass(frozen=True, kw_only=True, slots=True)
class Name:
    """One registered name. Undelegated names are NXDOMAIN in DNS and still known to the registry.

    ``addresses`` answer for the name, for ``www`` and for every host in ``hosts`` (whole host names below ``domain``);
    ``wildcard`` makes them answer for every other host below it. ``cname`` stands before the addresses of all these
    hosts and is followed inside this world; NS, SOA, MX, TXT and CAA stay the name's own. ``mx`` is ``10 host`` or
    ``host``. ``views`` maps a vantage of the lab (``isp``) to the addresses that it answers instead, an empty tuple
    being NXDOMAIN there. ``fault`` and ``delay`` (seconds) say how DNS misbehaves, at every vantage. ``registry``
    None: no registry has ever heard of it (RDAP 404).
    """

    domain: str
    addresses: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    nameservers: tuple[str, ...] = ("ns1.lab.example", "ns2.lab.example")
    mx: tuple[str, ...] = ()
    txt: tuple[str, ...] = ()
    caa: tuple[str, ...] = ()
    cname: str | None = None
    delegated: bool = True
    wildcard: bool = False
    fault: DnsFault | None = None
    delay: float = 0.0
    views: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    registry: RegistryRecord | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """One HTTP answer, whole."""

    status: int = 200
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "text/html; charset=utf-8"),)


@dataclass(frozen=True, kw_only=True, slots=True)
class VirtualHost:
    """What one host name serves, over HTTP and HTTPS alike.

    ``replies`` by path; another path gets ``missing``. ``visible_to``: kinds of visitors (desktop, mobile, social,
    search, plain) that see ``replies``, empty for all; the others get ``hidden``, or ``missing`` where that is None.
    ``certificate_names`` empty: for the host itself. ``certificate`` says whether it verifies.
    ``refuses``: the address takes no connections for this host (the TLS handshake or request is cut off), as for a
    host that no virtual host covers. For a refused connection give the name an address without a listener.
    """

    host: str
    replies: Mapping[str, Reply]
    missing: Reply = field(default_factory=lambda: Reply(status=404, body=b"<title>404</title><h1>Not Found</h1>"))
    visible_to: frozenset[str] = frozenset()
    hidden: Reply | None = None
    certificate_names: tuple[str, ...] = ()
    refuses: bool = False
    certificate: Certificate = Certificate.TRUSTED


@dataclass(frozen=True, kw_only=True, slots=True)
class World:
    """Everything at one moment. ``names`` by registrable name, ``hosts`` by host name.

    ``wildcard_suffixes`` answer for all, with ``wildcard_addresses``. ``vantage_faults`` break a vantage for every
    name; ``hijacks`` are the addresses that a vantage answers where the truth is NXDOMAIN, as some providers do.
    A host below a registrable name that has an entry of its own in ``names`` is a zone of its own: the longest entry
    answers for it. ``catch_all`` by address: what is served there for every host name, whatever ``hosts`` says (the
    page that a provider's resolver sends people to).
    """

    now: datetime
    names: Mapping[str, Name] = field(default_factory=dict)
    hosts: Mapping[str, VirtualHost] = field(default_factory=dict)
    wildcard_suffixes: frozenset[str] = frozenset()
    wildcard_addresses: tuple[str, ...] = ("127.0.0.99",)
    vantage_faults: Mapping[str, DnsFault] = field(default_factory=dict)
    hijacks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    catch_all: Mapping[str, VirtualHost] = field(default_factory=dict)
