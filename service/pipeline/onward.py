"""Other hosts that a look at one leads to: where its links go on to, and what its certificate is for as well.

They come in through the same door as every name. Redirectors are throw-away names in front of a clone, and a clone's
further hosts (``video.spiegelr.today``) stand in certificates alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from service.core.errors import InvalidInput, InvalidName
from service.core.facts.page import FetchedPage
from service.core.model import Admission, Site
from service.core.names import name as names
from service.pipeline.admit import reported
from service.pipeline.fetch import OWN_WORDS
from service.pipeline.watched import Knowledge

MOST = 10
"""Hosts admitted from one look; a certificate can name hundreds."""


def onward(site: Site, pages: tuple[FetchedPage, ...], knowledge: Knowledge) -> tuple[Admission, ...]:
    """What to admit, each host once.

    A hop's host where it resembles an outlet by name, or where a reported link ended there. A certificate's name where
    it resembles an outlet or lies under the site's own registrable name, and only of a certificate that an authority
    vouches for: any other one names whom it likes.
    """
    found: dict[str, Admission] = {}
    # Pages of one look share hops and certificates, and most of them name nobody but the site: to match each once is
    # what keeps this cheap.
    for given, source in dict.fromkeys((*_hops(pages), *_certified(site, pages))):
        if _host(given) == site.host:
            continue
        try:
            admission = reported(given, source, knowledge)
        except (InvalidName, InvalidInput):
            continue
        related = admission.domain == site.domain or (source == "redirect" and _reported(site, pages, given))
        if admission.host != site.host and (admission.matches or related):
            found.setdefault(admission.host, admission)
    return tuple(found.values())[:MOST]


def _hops(pages: tuple[FetchedPage, ...]) -> Iterator[tuple[str, str]]:
    for page in pages:
        yield from ((hop.url, "redirect") for hop in page.hops[1:] if hop.status is not None)


def _reported(site: Site, pages: tuple[FetchedPage, ...], url: str) -> bool:
    """Whether somebody's link to the site ended at ``url``."""
    outside = {target.url for target in site.targets if target.source not in OWN_WORDS}
    return any(page.answered and page.final_url == url and page.target in outside for page in pages)


def _certified(site: Site, pages: tuple[FetchedPage, ...]) -> Iterator[tuple[str, str]]:
    for page in pages:
        for hop in page.hops:
            if hop.tls is not None and hop.tls.verified and _host(hop.url) == site.host:
                yield from ((name, "certificate") for name in hop.tls.names if not name.startswith(("*.", "www.")))


def _host(given: str) -> str:
    """The host of a URL, or a host as it stands; empty where it is none."""
    try:
        return names.host_of_url(given) if "://" in given else names.parse(given)
    except InvalidName:
        return ""
