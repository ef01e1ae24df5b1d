"""What can be said of an HTML body without parsing it."""

from __future__ import annotations

import html
import re

from service.core.facts import charset

_PAGE_TYPES = frozenset({"text/html", "application/xhtml+xml"})
_UNSURE_TYPES = frozenset({"", "unknown/unknown", "application/unknown", "*/*", "text/xml", "application/xml"})
"""Types for which browsers look at the bytes (WHATWG MIME Sniffing 7), and XML, which may be XHTML."""

_LOOKS_LIKE_A_PAGE = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml\b[^>]{0,200}>\s*)?<(?:!--|!doctype html|html|head|body|script|title|meta)",
    re.IGNORECASE,
)
_SNIFFED = 1445
"""Bytes of a body that decide on its type (WHATWG MIME Sniffing 5.2)."""

_TITLE = re.compile(r"<title\b[^<>]{0,200}>([^<]{0,1000})", re.IGNORECASE)
_TITLE_WITHIN = 100_000


def is_page(content_type: str, body: bytes | bytearray) -> bool:
    """Whether a browser would show this body as an HTML page. An HTML type is enough, whatever the body."""
    essence = content_type.partition(";")[0].strip().lower()
    if essence in _PAGE_TYPES:
        return True
    return essence in _UNSURE_TYPES and _LOOKS_LIKE_A_PAGE.match(bytes(body[:_SNIFFED])) is not None


def title(body: bytes, content_type: str) -> str:
    """The title by a regular expression, for bodies that no parser came through with; empty where there is none."""
    found = _TITLE.search(charset.decode(body[:_TITLE_WITHIN], content_type))
    return squeezed(html.unescape(found[1]), 500) if found else ""


def squeezed(text: str, most: int) -> str:
    """Text with every run of white space as one blank, at most ``most`` characters."""
    return " ".join(text.split())[:most]
