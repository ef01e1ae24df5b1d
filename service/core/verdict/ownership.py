"""Who may speak for a site: evidence of innocence that neither the site nor a third party can write.

Everything a site serves or publishes in its own zone is its own word and proves nothing here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.core.facts.dns import DnsFacts
from service.core.verdict.lists import within

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from service.core.facts.page import FetchedPage, TlsFacts
    from service.core.facts.registration import Registration
    from service.core.model import Outlet

SHARED_CERTIFICATES = (
    "cloudflaressl.com",
    "incapsula.com",
    "imperva.com",
    "fastly.net",
    "akamai.net",
    "cloudfront.net",
)
"""Names in certificates that a delivery network shares among customers who have nothing to do with each other."""


def innocence(
    host: str,
    outlet: Outlet,
    *,
    dns: DnsFacts,
    registration: Registration | None,
    pages: Sequence[FetchedPage],
    sent_to_by_outlets: Collection[str],
) -> str | None:
    """Why ``host`` is the outlet's own, in words; None where nothing shows it.

    ``sent_to_by_outlets`` are hosts that outlets' own sites were seen to redirect to, over a verified chain.
    """
    own = outlet.confirmed_domains
    if within(host, own):
        return f"{host} is confirmed as {outlet.name}'s own"
    if host in sent_to_by_outlets:
        return f"{outlet.name}'s own site redirects to {host}"
    for shown in certificates(pages):
        covered = _covered(shown, host, own)
        if covered:
            return f"one certificate with a verified chain covers {host} and {covered}"
    servers = _own_nameservers(outlet, dns, registration)
    return f"its name servers {servers} are under {outlet.name}'s own domain" if servers else None


def certificates(pages: Sequence[FetchedPage]) -> list[TlsFacts]:
    """Every certificate that was shown on the way, redirecting hosts' included."""
    shown = (tls for fetched in pages for tls in (*(hop.tls for hop in fetched.hops), fetched.tls))
    return list(dict.fromkeys(tls for tls in shown if tls is not None))


def claims_name_servers(outlet: Outlet, dns: DnsFacts, registration: Registration | None) -> bool:
    """Whether the zone names only the outlet's own servers and no registry contradicts it.

    The zone's word alone: enough for a mere redirect to the outlet to be no suspicion, never against content.
    """
    own, published = outlet.confirmed_domains, dns.own.nameservers
    delegated = registration.nameservers if registration is not None else ()
    return bool(published) and all(within(server, own) for server in (*published, *delegated))


def _covered(tls: TlsFacts, host: str, own: Collection[str]) -> str | None:
    """The outlet's name in a certificate that also covers ``host``; names are matched as RFC 6125 6.4.3 says."""
    if not tls.verified or not any(_covers(name, host) for name in tls.names):
        return None
    if any(within(name.removeprefix("*."), SHARED_CERTIFICATES) for name in tls.names):
        return None
    return next((name for name in tls.names if within(name.removeprefix("*."), own)), None)


def _covers(name: str, host: str) -> bool:
    return name == host or (name.startswith("*.") and host.partition(".")[2] == name[2:])


def _own_nameservers(outlet: Outlet, dns: DnsFacts, registration: Registration | None) -> str | None:
    """The name servers where registry and zone both say that they are the outlet's.

    The zone alone would be the site's own word: whoever runs its real name servers can publish any NS record in it.
    """
    delegated = registration.nameservers if registration is not None else ()
    if not delegated or not claims_name_servers(outlet, dns, registration):
        return None
    return ", ".join(dns.own.nameservers)
