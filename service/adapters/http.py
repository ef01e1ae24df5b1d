"""Fetching pages of sites that may be hostile. What a site does is an outcome, never an exception.

http.py (limits, queues) -> chain.py (hops) -> dialer.py (vetting) -> exchange.py (one answer) -> decode.py (its body)
                                    └-> parser.py (its facts)
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import httpx

from service.adapters.chain import Asking, Chain, Means
from service.adapters.exchange import ExchangeLimits, Exchanger, header_lines
from service.adapters.turns import Turns
from service.core.facts.listings import Listing
from service.core.facts.page import FetchedPage, FetchOutcome
from service.core.facts.picture import Icon

if TYPE_CHECKING:
    from service.adapters.dialer import Dialer
    from service.core.model import Profile
    from service.ports import Parser

MOST_ICON = 1024 * 1024
"""Bytes of an icon; larger ones are no icons."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FetchLimits:
    """``total`` seconds for a whole chain (waiting for our own queues not counted), ``hops`` requests in it.

    ``per_address`` and ``per_domain`` bound how many requests run at one address and at one registrable domain,
    ``at_once`` how many chains in all; ``pause`` in seconds lies between two requests to one domain, times what
    ``stretch`` gives, so that they keep no beat.
    """

    total: float = 20.0
    hops: int = 10
    per_address: int = 2
    per_domain: int = 2
    pause: float = 0.0
    stretch: Callable[[], float] = lambda: 1.0
    at_once: int = 100
    exchange: ExchangeLimits = field(default_factory=ExchangeLimits)


class GuardedFetcher:
    """Fetches and reads pages (``ports.Fetcher``). Dialer and parser are closed by whoever made them."""

    def __init__(self, dialer: Dialer, parser: Parser, limits: FetchLimits | None = None) -> None:
        limits = limits or FetchLimits()
        self._at_once = asyncio.Semaphore(limits.at_once)
        self._means = Means(
            dialer=dialer,
            exchanger=Exchanger(dialer, limits.exchange),
            parser=parser,
            turns=Turns(limits.per_address, limits.per_domain, limits.pause, limits.stretch),
            total=limits.total,
            hops=limits.hops,
        )

    async def fetch(self, url: str, profile: Profile, languages: Sequence[str]) -> FetchedPage:
        """Follow the chain that begins at ``url`` and read its last page. Unverified TLS is looked at and marked."""
        return (await self._run(url, profile, languages, verified_only=False)).result(url, profile.name)

    async def fetch_verified(self, url: str, profile: Profile, languages: Sequence[str]) -> FetchedPage:
        """The same, but every hop is https with a trusted certificate; anything else is ``tls-error``."""
        return (await self._run(url, profile, languages, verified_only=True)).result(url, profile.name)

    async def favicon(self, url: str, profile: Profile, languages: Sequence[str] = ()) -> Icon | None:
        """The icon at ``url``, None where nothing came that could be one. It is decoded in the parser's process."""
        chain = await self._run(url, profile, languages, verified_only=False, read_pages=False)
        found = chain.result(url, profile.name)
        came = found.outcome is FetchOutcome.OK and found.status == httpx.codes.OK and 0 < found.bytes <= MOST_ICON
        if not came or found.content_type.lower().startswith("text/"):
            return None
        picture = await self._means.parser.picture(chain.body)
        return Icon.of(found.final_url, chain.body, picture, found.exchanges)

    async def listing(self, url: str, profile: Profile, languages: Sequence[str] = ()) -> Listing:
        """What the robots.txt, sitemap or feed at ``url`` lists; nothing where none came. Read as far as it came."""
        chain = await self._run(url, profile, languages, verified_only=False, read_pages=False)
        found = chain.result(url, profile.name)
        if found.status != httpx.codes.OK:
            return Listing()
        return await self._means.parser.listing(chain.body, found.final_url)

    async def close(self) -> None:
        """Nothing is held between fetches: every connection is closed with its answer."""

    async def _run(
        self, url: str, profile: Profile, languages: Sequence[str], *, verified_only: bool, read_pages: bool = True
    ) -> Chain:
        headers = header_lines(profile.headers.items(), languages)
        asking = Asking(headers=headers, egress=profile.egress, verified_only=verified_only, read_pages=read_pages)
        chain = Chain(self._means, asking)
        async with self._at_once:
            await chain.run(url)
        return chain
