"""Which servers an outlet's pages load their parts from, and how much it says that another page does so, too. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from service.core.verdict.lists import within

if TYPE_CHECKING:
    from service.core.facts.page import PageFacts

ENOUGH_ASSETS = 6
"""Images, scripts and styles from the outlet's servers that count in full; a page that quotes it embeds one or two."""

HOST_SHARE = 0.25
"""Share of a baseline's assets from which a foreign host counts as the outlet's own server."""

EVERYBODYS_HOSTS = (
    "ajax.googleapis.com", "bootstrapcdn.com", "cdnjs.cloudflare.com", "doubleclick.net", "facebook.net",
    "fontawesome.com", "fonts.googleapis.com", "google-analytics.com", "googletagmanager.com",
    "gravatar.com", "gstatic.com", "jquery.com",
    "jsdelivr.net", "twimg.com", "typekit.net", "unpkg.com", "wp.com", "youtube.com", "ytimg.com",
)  # fmt: skip
"""Hosts that serve parts of millions of sites."""


def of(pages: Sequence[PageFacts]) -> frozenset[str]:
    """Hosts outside the outlet's domains that serve a good part of its pages: its own content delivery."""
    found = set()
    for page in pages:
        total = sum(page.assets.values())
        least = max(ENOUGH_ASSETS, HOST_SHARE * total)
        found |= {host for host, count in page.assets.items() if count >= least and not _everybodys(host)}
    return frozenset(found)


def enough(hosts: Mapping[str, int]) -> float:
    """How much so many images, scripts and styles count, 0 to 1; ``hosts`` has the number of those from each."""
    return min(1.0, sum(hosts.values()) / ENOUGH_ASSETS)


def _everybodys(host: str) -> bool:
    return not host or within(host, EVERYBODYS_HOSTS) is not None
