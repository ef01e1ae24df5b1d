"""Which kinds of visitors a request comes from, told from its headers as a cloaking server tells them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

SOCIAL_HOSTS = ("facebook.com", "t.co", "x.com", "twitter.com")
SEARCH_BOTS = ("googlebot", "bingbot", "yandexbot", "duckduckbot", "baiduspider", "applebot")
PLAIN_AGENT = "spoofwatch"


def kinds_of_visitor(headers: Mapping[str, str]) -> frozenset[str]:
    """Kinds out of plain, search, mobile, desktop and social, from headers by lower-case name.

    Exactly the words of a scenario's ``visible_to``. A visitor may be several: from a social post on a phone is social
    and mobile. Desktop is whoever is neither plain, nor a search bot, nor on a phone.
    """
    agent = headers.get("user-agent", "").lower()
    kinds = set()
    if agent.startswith(PLAIN_AGENT):
        kinds.add("plain")
    if any(bot in agent for bot in SEARCH_BOTS):
        kinds.add("search")
    if "mobile" in agent:
        kinds.add("mobile")
    if not kinds:
        kinds.add("desktop")
    if _is_social(headers.get("referer", "")):
        kinds.add("social")
    return frozenset(kinds)


def _is_social(referer: str) -> bool:
    try:
        host = urlsplit(referer).hostname or ""
    except ValueError:
        return False
    return any(host == social or host.endswith(f".{social}") for social in SOCIAL_HOSTS)
