"""What a web server sent and what stands in the page: hostile bytes in, plain facts out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from service.core.facts.capture import Exchange


class FetchOutcome(StrEnum):
    """How a fetch ended. ``refused`` is our own guard's refusal.

    ``vantage_failed`` and ``proxy_error``, our own network's fault and a proxy's, say nothing of the site.
    """

    OK = "ok"
    NO_ADDRESS = "no-address"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    TLS_ERROR = "tls-error"
    PROTOCOL_ERROR = "protocol-error"
    TOO_LARGE = "too-large"
    TOO_MANY_REDIRECTS = "too-many-redirects"
    REDIRECT_LOOP = "redirect-loop"
    UNSUPPORTED_ENCODING = "unsupported-encoding"
    VANTAGE_FAILED = "vantage-failed"
    PROXY_ERROR = "proxy-error"


class HopKind(StrEnum):
    """How one URL led to the next. What a ``wrapper`` wraps stands in its own URL, so it is not asked for it."""

    START = "start"
    WRAPPER = "wrapper"
    HTTP = "http"
    META_REFRESH = "meta-refresh"
    SCRIPT = "script"


@dataclass(frozen=True, kw_only=True, slots=True)
class Hop:
    """One request of a chain. ``status`` is None where no answer came; ``address`` is the one that was dialled.

    A wrapper (``l.facebook.com/l.php?u=...``) is a hop without a request: neither status nor address.
    ``tls`` is what this host showed: a site that only redirects shows its own certificate here and nowhere else.
    """

    url: str
    kind: HopKind
    status: int | None = None
    address: str | None = None
    tls: TlsFacts | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class TlsFacts:
    """The certificate that a host showed. ``verified`` False keeps ``error`` in words.

    ``protocol`` is the version that was agreed on (``TLSv1.3``), ``key`` the kind and size of the leaf's key (``RSA
    2048``, ``EC secp256r1``). ``spki_sha256`` is the fingerprint of its SubjectPublicKeyInfo (RFC 7469 2.4, in
    hexadecimal): it stays where a certificate is renewed, or made for another name, with the key that one has.
    """

    verified: bool
    error: str = ""
    protocol: str = ""
    subject: str = ""
    issuer: str = ""
    names: tuple[str, ...] = ()
    not_before: datetime | None = None
    not_after: datetime | None = None
    sha256: str = ""
    key: str = ""
    spki_sha256: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class PageFacts:
    """What stands in one HTML page. All host names are lower-case A-labels.

    ``names`` are what the site's metadata calls it or its app, ``accounts`` those on networks and in
    app stores that it names as its own (``core/facts/accounts.py``).
    ``links`` and ``assets`` count occurrences by host ("" = the page's own), ``form_hosts`` where forms send what is
    typed in. ``identifiers`` are trackers' ids such as ``google:G-ABC``, and the marks by which owners show search
    engines that a site is theirs. ``paragraphs`` are the longer blocks of running text, cut. ``og`` holds Open Graph's
    fields, ``alternates`` the addresses of other languages by hreflang, ``structured`` what JSON-LD says
    (``core/facts/structured.py``). ``shingles`` are 64-bit hashes of tag-path windows, ``text_shingles`` of words'.
    ``unparseable`` says why a parser gave up, else "".
    """

    title: str = ""
    headings: tuple[str, ...] = ()
    text: str = ""
    paragraphs: tuple[str, ...] = ()
    language: str = ""
    canonical: str = ""
    og: Mapping[str, str] = field(default_factory=dict)
    alternates: Mapping[str, str] = field(default_factory=dict)
    structured: Mapping[str, str] = field(default_factory=dict)
    og_url: str = ""
    og_site_name: str = ""
    names: tuple[str, ...] = ()
    accounts: frozenset[str] = frozenset()
    generator: str = ""
    links: Mapping[str, int] = field(default_factory=dict)
    assets: Mapping[str, int] = field(default_factory=dict)
    asset_paths: frozenset[str] = frozenset()
    article_links: tuple[str, ...] = ()
    feeds: tuple[str, ...] = ()
    identifiers: frozenset[str] = frozenset()
    classes: frozenset[str] = frozenset()
    shingles: frozenset[int] = frozenset()
    text_shingles: frozenset[int] = frozenset()
    forms: int = 0
    form_hosts: Mapping[str, int] = field(default_factory=dict)
    passwords: int = 0
    iframes: tuple[str, ...] = ()
    favicon_url: str = ""
    refresh_url: str = ""
    script_location: str = ""
    unparseable: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class FetchedPage:
    """One target under one profile: the chain, the final answer, and the facts where it was HTML.

    ``egress`` is the way out that was taken: ``direct``, or the country of the proxy.
    ``body_sha256`` is that of the decoded body; ``bytes`` its length. ``final_url`` is where the chain ended.
    ``outcome`` other than ok carries ``detail`` in words; ``server`` is the Server header, cut. ``page`` can be there
    under another outcome too (too large, cut off, out of time): the facts of what came, for a site must not be able to
    hide behind a broken transfer. The ``favicon_`` fields are filled only where the icon was asked for: its SHA-256,
    the hash that Shodan prints, and its difference hash. ``exchanges`` are the requests of the chain and of the icon
    with their answers, byte for byte; they are evidence and nothing that two pages are compared by.
    """

    target: str
    profile: str
    outcome: FetchOutcome
    hops: tuple[Hop, ...]
    final_url: str
    status: int | None = None
    content_type: str = ""
    server: str = ""
    bytes: int = 0
    body_sha256: str = ""
    tls: TlsFacts | None = None
    page: PageFacts | None = None
    detail: str = ""
    favicon_sha256: str = ""
    egress: str = "direct"
    favicon_mmh3: int | None = None
    favicon_dhash: str = ""
    exchanges: tuple[Exchange, ...] = field(default=(), compare=False, repr=False)

    @property
    def answered(self) -> bool:
        """Whether the last host sent an HTTP answer at all, whole or not."""
        return self.status is not None


REDIRECTS = frozenset({301, 302, 303, 307, 308})
"""Status codes whose Location is followed (RFC 9110 15.4)."""

STUB_TEXT = 600
"""Characters of visible text up to which a page with a literal ``location = "..."`` is taken for a mere redirector.

A page with more to read is judged as it stands: there the statement is as a rule in a function that waits for a click.
"""


def onward(page: PageFacts) -> tuple[HopKind, str] | None:
    """Where a browser would go on from this page by itself, and by what means; None where it stays."""
    if page.refresh_url:
        return HopKind.META_REFRESH, page.refresh_url
    if page.script_location and len(page.text) <= STUB_TEXT:
        return HopKind.SCRIPT, page.script_location
    return None
