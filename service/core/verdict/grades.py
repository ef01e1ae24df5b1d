"""What kind of page an answer is, told apart by what stands in it: content, or one of the many kinds of nothing.

Markers are phrases that the services themselves print (parking services, control panels, web servers, bot walls,
authorities). A marker decides only on a page with little else on it, so that a newspaper's article about seized
domains stays an article.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from service.core.facts.page import FetchedPage, FetchOutcome, PageFacts

if TYPE_CHECKING:
    from service.core.verdict.lists import Markers


class PageKind(StrEnum):
    """Kinds of answers. Only ``content`` has something that could imitate an outlet."""

    CONTENT = "content"
    PARKED = "parked"
    SEIZED = "seized"
    SUSPENDED = "suspended"
    CHALLENGE = "challenge"
    DEFAULT = "default page"
    EMPTY = "empty"
    PLACEHOLDER = "placeholder"
    ERROR = "error"
    NOT_HTML = "not a page"


@dataclass(frozen=True, slots=True)
class Told:
    """A kind, and by what it was told."""

    kind: PageKind
    by: str


LITTLE_TEXT = 1500
"""Characters up to which a marker may decide: the longest parking, seizure and suspension pages stay below it."""

FEW_WORDS = 20
"""Words under which a page has nothing to read: "coming soon" pages and shells that wait for scripts."""

FEW_CHARACTERS = 200
"""The same for scripts that put no blanks between words."""

FEW_LINKS = 5
"""Links under which such a page is not a front page of pictures either."""

ERRORS = 400
"""Where status codes of errors begin (RFC 9110 15)."""

WALLS = frozenset({401, 403, 405, 429, 503})
"""Statuses under which bot walls answer."""

GUARDS = (
    "cloudflare",
    "akamai",
    "ddos-guard",
    "sucuri",
    "imperva",
    "incapsula",
    "qrator",
    "stackpath",
    "cloudfront",
)
"""Names in the Server header of services that stand before a site and turn visitors away for it."""


def page_kind(fetched: FetchedPage, markers: Markers) -> Told:
    """The kind of one answer (``fetched.answered`` must hold) and what told it, in words."""
    page = fetched.page
    if page is None:
        return _without_facts(fetched, markers)
    little = len(page.text) <= LITTLE_TEXT
    told = _by_marker(fetched, page, markers) if little else None
    if told is not None:
        return told
    if _is_error(fetched, page, little=little):
        return Told(PageKind.ERROR, f"status {fetched.status}")
    return _by_size(page)


def _without_facts(fetched: FetchedPage, markers: Markers) -> Told:
    if fetched.status is not None and fetched.status >= ERRORS:
        return _wall(fetched, "", markers) or Told(PageKind.ERROR, f"status {fetched.status}")
    if fetched.outcome is FetchOutcome.OK and fetched.bytes == 0:
        return Told(PageKind.EMPTY, "an answer without a body")
    return Told(PageKind.NOT_HTML, f"content type {fetched.content_type or 'not given'}")


def _by_marker(fetched: FetchedPage, page: PageFacts, markers: Markers) -> Told | None:
    seen = _as_written(f"{page.title}\n{' '.join(page.headings)}\n{page.text}")
    seized = _first(markers.seized, seen)
    authorities = [authority for authority in markers.authorities if authority in seen]
    if seized and len(authorities) > 1:
        return Told(PageKind.SEIZED, f"the page says “{seized}” and names {', '.join(authorities[:3])}")
    wall = _wall(fetched, seen, markers)
    if wall:
        return wall
    for kind, phrases in (
        (PageKind.SUSPENDED, markers.suspended),
        (PageKind.PARKED, markers.parked),
        (PageKind.DEFAULT, markers.defaults),
    ):
        phrase = _first(phrases, seen)
        if phrase:
            return Told(kind, f"the page says “{phrase}”")
    return None


def _wall(fetched: FetchedPage, seen: str, markers: Markers) -> Told | None:
    waits = next((title for title in markers.challenge_titles if seen.startswith(title)), None)
    phrase = waits or _first(markers.challenges, seen)
    behind = fetched.status in WALLS
    if phrase and (behind or len(seen) < LITTLE_TEXT // 2):
        return Told(PageKind.CHALLENGE, f"the page says “{phrase}” (status {fetched.status})")
    refused = not seen.strip() or _first(markers.forbidden, seen)
    if behind and refused and any(guard in fetched.server.casefold() for guard in GUARDS):
        return Told(PageKind.CHALLENGE, f"{fetched.server} answers with status {fetched.status}")
    return None


def _is_error(fetched: FetchedPage, page: PageFacts, *, little: bool) -> bool:
    """An error status with a page's worth of text and links is a page: a clone can be sent with any status."""
    failed = fetched.status is not None and fetched.status >= ERRORS
    return failed and (little or sum(page.links.values()) < FEW_LINKS)


def _by_size(page: PageFacts) -> Told:
    words = len(page.text.split())
    links = sum(page.links.values())
    if page.iframes:
        return Told(PageKind.CONTENT, f"{words} words and {len(page.iframes)} frames")
    if words == 0 and not page.title and links == 0:
        return Told(PageKind.EMPTY, "no text, no title, no links")
    if words < FEW_WORDS and len(page.text) < FEW_CHARACTERS and links < FEW_LINKS:
        return Told(PageKind.PLACEHOLDER, f"{words} words and {links} links")
    return Told(PageKind.CONTENT, f"{words} words and {links} links")


def _as_written(text: str) -> str:
    """Text in the form of the phrases: case folded, composed, typewriter's apostrophes, one blank between words."""
    plain = unicodedata.normalize("NFKC", text).casefold().replace("\u2019", "'")
    return "\n".join(" ".join(line.split()) for line in plain.splitlines())


def _first(phrases: tuple[str, ...], seen: str) -> str | None:
    return next((phrase for phrase in phrases if phrase in seen), None)
