"""What robots.txt, sitemaps and feeds list: addresses of articles that no page of a site need link to.

A clone often has no home page and nothing that leads to its articles, but the software below it lists them by itself.
XML is read by expat without ever resolving anything: a document that declares entities ends at the declaration, so
neither nested entities nor files and addresses outside are read (CWE-776, CWE-611).
"""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass
from xml.parsers import expat

from service.core.errors import InvalidInput
from service.core.facts import charset, urls

MOST_LISTED = 200
"""Addresses kept of one listing: the newest stand first in feeds, and a look uses a few."""

_MOST_TEXT = urls.MAX_URL
_DEEPEST = 40
_ROBOTS = re.compile(r"^\s*sitemap\s*:\s*(\S+)", re.IGNORECASE | re.MULTILINE)
_ENCODING = re.compile(rb"<\?xml\s[^>]{0,100}?encoding\s*=\s*[\"']([A-Za-z0-9._:\-]{1,40})[\"']")
_ITEMS = frozenset({"url", "item", "entry"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Listing:
    """``pages`` and further ``sitemaps`` as absolute addresses, in their order, each once."""

    pages: tuple[str, ...] = ()
    sitemaps: tuple[str, ...] = ()


class _Ended(Exception):
    """The document does what no listing needs: it declares entities, or nests without end."""


def robots(body: bytes, url: str) -> Listing:
    """What the robots.txt at ``url`` names as sitemaps (RFC 9309 2.2.4); what it forbids is no concern of ours."""
    text = charset.decode(body, "text/plain")
    return Listing(sitemaps=_absolute(_ROBOTS.findall(text), url))


def listing(body: bytes, url: str) -> Listing:
    """What a sitemap, a sitemap index (sitemaps.org 0.9), RSS 2.0 or Atom (RFC 4287) at ``url`` lists.

    As far as it parses: what stands before a fault is kept.
    """
    walk = _Walk()
    # Told an encoding, expat looks for none in the document, where any of Python's codecs could be named.
    parser = expat.ParserCreate(encoding="utf-8", namespace_separator=" ")
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = walk.start, walk.end
    parser.CharacterDataHandler = walk.text
    parser.EntityDeclHandler = walk.entity
    with contextlib.suppress(expat.ExpatError, _Ended):
        parser.Parse(_text(body).encode("utf-8", "replace"), True)  # noqa: FBT003 - expat takes no keywords
    return Listing(pages=_absolute(walk.pages, url), sitemaps=_absolute(walk.sitemaps, url))


def _text(body: bytes) -> str:
    """The document in the encoding that it declares, if that is one of the web's (XML 1.0, 4.3.3), else as HTML."""
    declared = _ENCODING.match(body.lstrip()[:200])
    header = f"text/xml; charset={declared[1].decode('ascii')}" if declared else "text/xml"
    return charset.decode(body, header).lstrip()


class _Walk:
    """What the elements so far have listed."""

    def __init__(self) -> None:
        self.pages: list[str] = []
        self.sitemaps: list[str] = []
        self._open: list[str] = []
        self._text = ""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins; Atom has its address in an attribute."""
        local = name.rpartition(" ")[2].lower()
        inside = self._open[-1] if self._open else ""
        if len(self._open) >= _DEEPEST:
            raise _Ended
        self._open.append(local)
        self._text = ""
        if local == "link" and inside == "entry" and attributes.get("rel", "alternate") == "alternate":
            self._keep(self.pages, attributes.get("href", ""))

    def end(self, _: str) -> None:
        """An element ends; sitemaps and RSS have their address in its text."""
        local = self._open.pop()
        inside = self._open[-1] if self._open else ""
        if local == "loc" and inside == "sitemap":
            self._keep(self.sitemaps, self._text)
        elif local in ("loc", "link") and inside in _ITEMS:
            self._keep(self.pages, self._text)
        self._text = ""

    def text(self, data: str) -> None:
        """Characters of the element that is open."""
        if len(self._text) <= _MOST_TEXT:
            self._text += data

    def entity(self, *_: object) -> None:
        """A declaration of an entity."""
        raise _Ended

    def _keep(self, into: list[str], address: str) -> None:
        if address.strip() and len(into) < MOST_LISTED:
            into.append(address.strip())


def _absolute(references: list[str], url: str) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for reference in references[:MOST_LISTED]:
        try:
            found[urls.parse(reference, url).text] = None
        except InvalidInput:
            continue
    return tuple(found)
