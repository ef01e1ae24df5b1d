"""From a page's text to its facts, over the tree that browsers would build (lexbor). Runs in the child process.

One walk over the elements in document order collects everything; each kind of element has one method. Every collection
is bounded, because the page decides what is in it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping

from selectolax.lexbor import LexborHTMLParser, LexborNode

from service.core.errors import InvalidInput
from service.core.facts import urls
from service.core.facts.accounts import accounts
from service.core.facts.html import squeezed
from service.core.facts.identifiers import MOST as MOST_IDENTIFIERS
from service.core.facts.identifiers import identifiers
from service.core.facts.page import PageFacts
from service.core.facts.references import Reference, looks_like_article, refresh_target, resolve, script_target
from service.core.facts.shingles import skeleton_shingles, text_shingles
from service.core.facts.structured import MOST_SCRIPTS, structured

MOST_ELEMENTS = 60_000
"""Elements looked at; the richest of our collected news pages have a tenth of that."""

MOST_TEXT = 20_000
MOST_HASHES = 1000
_MOST_HOSTS, _MOST_PATHS, _MOST_CLASSES, _MOST_HEADINGS, _MOST_FRAMES, _MOST_FEEDS, _MOST_ARTICLES = (
    500,
    400,
    1500,
    40,
    20,
    10,
    20,
)
_LONG, _SHORT = 500, 200
_MOST_FIELDS, _MOST_PARAGRAPHS, _SHORTEST_PARAGRAPH = 40, 30, 60
_OPEN_GRAPH = ("og:", "article:", "fb:", "twitter:")
_MARKS = {
    "google-site-verification": "google-site",
    "yandex-verification": "yandex-site",
    "msvalidate.01": "bing-site",
    "facebook-domain-verification": "meta-site",
    "p:domain_verify": "pinterest-site",
    "baidu-site-verification": "baidu-site",
    "fb:app_id": "meta-app",
}
"""By which owners show search engines and networks that a site is theirs; one owner's sites share the account."""
_NAMING = frozenset({"application-name", "apple-mobile-web-app-title", "al:ios:app_name", "al:android:app_name"})
"""Metadata that names the site or its app; part of a template, it comes along when that is copied."""
_MOST_NAMES, _MOST_ACCOUNTS = 8, 60
_SCRIPT_LOOKED_AT = 5000

_UNSEEN = ["script", "style", "noscript", "template", "svg", "head", "iframe", "object"]
_INLINE = frozenset(
    {"b", "i", "em", "strong", "u", "s", "br", "span", "font", "small", "sub", "sup", "mark", "wbr", "abbr", "cite"}
    | {"code", "q", "time"}
)
"""Elements of running text, left out of the skeleton: they belong to the article, not to the layout."""
_NO_LAYOUT = _INLINE | frozenset(
    {"script", "style", "noscript", "link", "meta", "template", "title"}
    | {"svg", "path", "g", "use", "defs", "circle", "rect", "polygon"}
)
_ASSET_LINKS = frozenset(
    {"stylesheet", "icon", "preload", "modulepreload", "apple-touch-icon", "mask-icon", "manifest"}
)
_WHOLES = frozenset({"noscript", "template", "svg", "math"})
"""Elements whose content is not looked at: not shown to visitors with scripts, or a drawing."""
_FEED_TYPES = frozenset({"application/rss+xml", "application/atom+xml", "application/feed+json"})

Attributes = Mapping[str, str | None]


def extract(source: str, url: str) -> PageFacts:
    """The facts of the page whose text is ``source`` and that was found at ``url``."""
    tree = LexborHTMLParser(source)
    walk = _Walk(url)
    walk.over(tree)
    tree.strip_tags(_UNSEEN)
    text = squeezed(tree.body.text(deep=True, separator=" ", strip=True), MOST_TEXT * 5) if tree.body else ""
    return PageFacts(
        title=walk.title,
        headings=tuple(walk.headings),
        text=text[:MOST_TEXT],
        paragraphs=tuple(walk.paragraphs),
        language=walk.language,
        canonical=walk.canonical,
        og=walk.og,
        alternates=walk.alternates,
        structured=structured(walk.linked_data),
        og_url=walk.absolute(walk.meta.get("og:url", "")),
        og_site_name=squeezed(walk.meta.get("og:site_name", ""), _SHORT),
        names=tuple(walk.names),
        accounts=frozenset(walk.accounts),
        generator=squeezed(walk.meta.get("generator", ""), _SHORT),
        links=dict(walk.links.most_common(_MOST_HOSTS)),
        assets=dict(walk.assets.most_common(_MOST_HOSTS)),
        asset_paths=frozenset(walk.asset_paths),
        article_links=tuple(walk.article_links),
        feeds=tuple(walk.feeds),
        identifiers=frozenset(sorted(walk.marks | identifiers(source))[:MOST_IDENTIFIERS]),
        classes=frozenset(walk.classes),
        shingles=skeleton_shingles(walk.skeleton, MOST_HASHES),
        text_shingles=text_shingles(text, MOST_HASHES),
        forms=walk.forms,
        form_hosts=dict(walk.form_hosts.most_common(_MOST_FRAMES)),
        passwords=walk.passwords,
        iframes=tuple(walk.iframes),
        favicon_url=walk.favicon_url,
        refresh_url=walk.refresh_url,
        script_location=walk.script_location,
    )


class _Walk:
    """What one walk over the elements has collected so far."""

    def __init__(self, url: str) -> None:
        self._page = urls.parse(url)
        self._base = self._page
        self._base_found = False
        self._references: dict[str, Reference | None] = {}
        self.headings: list[str] = []
        self.title = self.language = self.canonical = self.favicon_url = self.refresh_url = self.script_location = ""
        self.meta: dict[str, str] = {}
        self.names: dict[str, None] = {}
        self.accounts: set[str] = set()
        self.links: Counter[str] = Counter()
        self.assets: Counter[str] = Counter()
        self.asset_paths: set[str] = set()
        self.article_links: dict[str, None] = {}
        self.feeds: dict[str, None] = {}
        self.iframes: list[str] = []
        self.classes: set[str] = set()
        self.skeleton: list[str] = []
        self.forms = self.passwords = 0
        self.form_hosts: Counter[str] = Counter()
        self.paragraphs: list[str] = []
        self.og: dict[str, str] = {}
        self.alternates: dict[str, str] = {}
        self.linked_data: list[str] = []
        self.marks: set[str] = set()
        self._methods: Mapping[str, Callable[[LexborNode, Attributes], None]] = {
            "html": self._html,
            "base": self._base_element,
            "meta": self._meta,
            "link": self._link,
            "script": self._script,
            "form": self._form,
            "title": self._title,
            "input": self._input,
            "p": self._paragraph,
            **dict.fromkeys(("a", "area"), self._anchor),
            **dict.fromkeys(("img", "source", "video", "audio", "embed"), self._media),
            **dict.fromkeys(("iframe", "frame"), self._iframe),
            **dict.fromkeys(("h1", "h2", "h3"), self._heading),
        }

    def over(self, tree: LexborHTMLParser) -> None:
        """Look at every element, the first sixty thousand at most."""
        root = tree.root
        if root is None:
            return
        depths: dict[int, int] = {}
        passed_over: set[int] = set()
        before = 0
        for count, node in enumerate(root.traverse(include_text=False)):
            if count >= MOST_ELEMENTS:
                return
            tag, own = node.tag or "", node.mem_id
            parent = node.parent
            above = parent.mem_id if parent is not None else 0
            depths[own] = depth = depths.get(above, 0) + 1
            if above in passed_over:
                passed_over.add(own)
                continue
            if tag in _WHOLES:
                passed_over.add(own)
            attributes = node.attributes
            self._add_classes(attributes)
            if tag not in _NO_LAYOUT:
                self.skeleton.append(tag + ("+" if depth > before else "-" if depth < before else "="))
                before = depth
            method = self._methods.get(tag)
            if method is not None:
                method(node, attributes)

    def absolute(self, reference: str) -> str:
        """The web address that ``reference`` stands for on this page, empty where it is none."""
        if not reference:
            return ""
        try:
            return urls.parse(reference, self._base.text).text
        except InvalidInput:
            return ""

    def _add_classes(self, attributes: Attributes) -> None:
        names = attributes.get("class")
        if names and len(self.classes) < _MOST_CLASSES:
            self.classes.update(name[:_SHORT] for name in names.split()[:_MOST_CLASSES])

    def _html(self, _: LexborNode, attributes: Attributes) -> None:
        self.language = (attributes.get("lang") or "").strip().lower()[:35]

    def _base_element(self, _: LexborNode, attributes: Attributes) -> None:
        """The first base counts (HTML Standard, 4.2.3)."""
        base = self.absolute(attributes.get("href") or "")
        if base and not self._base_found:
            self._base, self._base_found = urls.parse(base), True
            self._references.clear()

    def _meta(self, _: LexborNode, attributes: Attributes) -> None:
        content = attributes.get("content") or ""
        if (attributes.get("http-equiv") or "").lower() == "refresh":
            self.refresh_url = self.refresh_url or refresh_target(content)
        key = (attributes.get("property") or attributes.get("name") or "").lower()
        if key in ("og:url", "og:site_name", "generator"):
            self.meta.setdefault(key, content[: urls.MAX_URL])
        if key.startswith(_OPEN_GRAPH) and len(self.og) < _MOST_FIELDS:
            self.og.setdefault(key[:_SHORT], squeezed(content, _LONG))
        if key in _MARKS and content and len(self.marks) < _MOST_FIELDS:
            self.marks.add(f"{_MARKS[key]}:{squeezed(content, _SHORT)}")
        if len(self.accounts) < _MOST_ACCOUNTS:
            self.accounts.update(accounts(key, content[:_LONG])[:_MOST_ACCOUNTS])
        if key in _NAMING and content.strip() and len(self.names) < _MOST_NAMES:
            self.names[squeezed(content, _SHORT)] = None

    def _link(self, _: LexborNode, attributes: Attributes) -> None:
        relations = set((attributes.get("rel") or "").lower().split())
        reference = attributes.get("href") or ""
        if "canonical" in relations:
            self.canonical = self.canonical or self.absolute(reference)
        if "icon" in relations:
            self.favicon_url = self.favicon_url or self.absolute(reference)
        if (
            "alternate" in relations
            and (attributes.get("type") or "").lower() in _FEED_TYPES
            and len(self.feeds) < _MOST_FEEDS
        ):
            self.feeds.update(dict.fromkeys(filter(None, [self.absolute(reference)])))
        language = (attributes.get("hreflang") or "").strip().lower()[:35]
        if "alternate" in relations and language and len(self.alternates) < _MOST_FIELDS:
            self.alternates.setdefault(language, self.absolute(reference)[:_LONG])
        if relations & _ASSET_LINKS:
            self._add_asset(reference)

    def _anchor(self, _: LexborNode, attributes: Attributes) -> None:
        reference = (attributes.get("href") or "").strip()
        found = self._resolved(reference)
        if found is None:
            return
        self.links[found.host] += 1
        if not found.host and len(self.article_links) < _MOST_ARTICLES and looks_like_article(found.path):
            self.article_links.update(dict.fromkeys(filter(None, [self.absolute(reference)])))

    def _media(self, _: LexborNode, attributes: Attributes) -> None:
        source = attributes.get("src") or ""
        if not source or source.startswith("data:"):
            source = attributes.get("data-src") or ""
        self._add_asset(source)

    def _script(self, node: LexborNode, attributes: Attributes) -> None:
        source = attributes.get("src") or ""
        if source:
            self._add_asset(source)
        elif (attributes.get("type") or "").strip().lower() == "application/ld+json":
            if len(self.linked_data) < MOST_SCRIPTS:
                self.linked_data.append(node.text())
        elif not self.script_location:
            self.script_location = script_target(node.text()[:_SCRIPT_LOOKED_AT])

    def _iframe(self, _: LexborNode, attributes: Attributes) -> None:
        address = self.absolute(attributes.get("src") or "")
        if address and len(self.iframes) < _MOST_FRAMES:
            self.iframes.append(address[:_LONG])

    def _title(self, node: LexborNode, _: Attributes) -> None:
        self.title = self.title or squeezed(node.text(), _LONG)

    def _form(self, _: LexborNode, attributes: Attributes) -> None:
        self.forms += 1
        found = self._resolved((attributes.get("action") or "").strip())
        self.form_hosts[found.host if found is not None else ""] += 1

    def _input(self, _: LexborNode, attributes: Attributes) -> None:
        self.passwords += (attributes.get("type") or "").strip().lower() == "password"

    def _paragraph(self, node: LexborNode, _: Attributes) -> None:
        if len(self.paragraphs) < _MOST_PARAGRAPHS:
            text = squeezed(node.text(deep=True, separator=" "), _LONG)
            self.paragraphs.extend([text] if len(text) >= _SHORTEST_PARAGRAPH else [])

    def _heading(self, node: LexborNode, _: Attributes) -> None:
        if len(self.headings) < _MOST_HEADINGS:
            text = squeezed(node.text(deep=True, separator=" "), _LONG)
            self.headings.extend([text] if text else [])

    def _add_asset(self, reference: str) -> None:
        found = self._resolved(reference.strip())
        if found is None:
            return
        self.assets[found.host] += 1
        if len(self.asset_paths) < _MOST_PATHS:
            self.asset_paths.add(found.path[:_SHORT])

    def _resolved(self, reference: str) -> Reference | None:
        if reference not in self._references:
            self._references[reference] = resolve(reference, self._base, self._page.host)
        return self._references[reference]
