"""What the web server of an outlet or a site holds, by path, before anything happens to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from service.core.names.name import host_of_url
from service.lab.address_plan import parker_of
from service.lab.newsroom import NEW, OLD, Masthead
from service.lab.pages_clone import Story, cloned_article, cloned_home, story_path, with_icon, with_trackers
from service.lab.pages_innocent import innocent_site
from service.lab.pages_outlet import paper
from service.lab.pages_plain import default_page, parking_page
from service.lab.pictures import icon_ico, icon_png
from service.lab.prose import dice
from service.lab.replies import EMPTY, FORBIDDEN, NOT_FOUND, file_reply, html_reply, redirect_reply
from service.lab.scenario_model import CLONES, ScenarioOutlet, Serves
from service.lab.world import Reply

if TYPE_CHECKING:
    from collections.abc import Iterable

    from service.lab.scenario_model import Pages, ScenarioSite

STORIES = 2
"""Planted stories of a clone that the scenario names no reported URLs of."""

_OLD_DAYS = 400
"""How long before the scenario's first day the old layout was printed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Content:
    """``replies`` by path; another path gets ``missing``. ``static``: what the host ``static.<name>`` has, if any."""

    replies: Mapping[str, Reply] = field(default_factory=dict)
    missing: Reply = NOT_FOUND
    static: Mapping[str, Reply] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Original:
    """An outlet's pages as they are copied: the home page, and the articles by path."""

    outlet: ScenarioOutlet
    home: str
    articles: Mapping[str, str]

    @property
    def language(self) -> str:
        """The outlet's first language."""
        return self.outlet.languages[0] if self.outlet.languages else "en"

    def url(self, path: str) -> str:
        """Where the real page is."""
        return f"https://{self.outlet.domain}{path}"


def masthead_of(outlet: ScenarioOutlet, printed: date, layout: str = NEW) -> Masthead:
    """What the lab's own pages of an outlet follow from."""
    return Masthead(
        id=outlet.id,
        name=outlet.name,
        domain=outlet.domain,
        languages=outlet.languages,
        printed=printed if layout == NEW else printed - timedelta(days=_OLD_DAYS),
        layout=layout,
    )


def original(outlet: ScenarioOutlet, printed: date, layout: str = NEW) -> Original:
    """An outlet's pages in one layout: the scenario's where it brings some, else the lab's own."""
    pages = outlet.pages if layout == NEW else outlet.old_pages
    if pages is None:
        written = paper(masthead_of(outlet, printed, layout))
        return Original(outlet=outlet, home=written.home, articles=written.articles)
    home, *others = ((path, body.decode("utf-8", "surrogateescape")) for path, body in pages)
    return Original(outlet=outlet, home=home[1], articles=dict(others))


def outlet_content(outlet: ScenarioOutlet, printed: date) -> Content:
    """The real site of an outlet."""
    if outlet.pages is None:
        written = paper(masthead_of(outlet, printed))
        return Content(replies=written.replies, static=written.static)
    files = {
        "/favicon.ico": file_reply(icon_ico(outlet.id), "image/x-icon"),
        "/robots.txt": file_reply("User-agent: *\nAllow: /\n", "text/plain"),
    }
    return Content(replies={**files, **_by_path(outlet.pages)})


@lru_cache(maxsize=4096)
def site_content(site: ScenarioSite, outlet: ScenarioOutlet | None, serves: Serves, printed: date) -> Content:
    """What a site serves that serves this kind. ``printed``: the scenario's first day."""
    if serves in CLONES and outlet is not None:
        return Content(replies=_clone(site, outlet, serves, printed))
    match serves:
        case Serves.OWN if outlet is not None:
            content = Content(missing=redirect_reply(f"https://{outlet.domain}/", 301))
        case Serves.PARKED:
            content = Content(missing=html_reply(parking_page(site.name, parker_of(site.name))))
        case Serves.EMPTY:
            content = Content(missing=EMPTY)
        case Serves.DEFAULT:
            content = Content(replies={"/": html_reply(default_page(site.name))})
        case Serves.INNOCENT:
            content = _innocent(site, outlet, printed)
        case _:
            content = Content()
    return content


def reported_paths(site: ScenarioSite) -> tuple[str, ...]:
    """The paths of the reported URLs that are on the site itself (or below its name), as servers see them."""
    urls = (url for url in site.reported if _on(site, url))
    paths = (unquote(urlsplit(url).path) or "/" for url in urls)
    return tuple(dict.fromkeys(path for path in paths if path != "/"))


def _on(site: ScenarioSite, url: str) -> bool:
    host = host_of_url(url)
    return host == site.name or host.endswith(f".{site.name}")


def _innocent(site: ScenarioSite, outlet: ScenarioOutlet | None, printed: date) -> Content:
    if site.pages is not None:
        return Content(replies=_by_path(site.pages, site))
    written = innocent_site(site.name, outlet.languages if outlet else (), printed)
    return Content(
        replies={path: _finished(reply, site) for path, reply in written.replies.items()} | _icons(site),
        static=written.static,
    )


def _clone(site: ScenarioSite, outlet: ScenarioOutlet, serves: Serves, printed: date) -> dict[str, Reply]:
    if site.pages is None:
        pages = _copied(site, original(outlet, printed, OLD if serves is Serves.OLD_CLONE else NEW))
    else:
        pages = _by_path(site.pages)
        told = [reply for path, reply in pages.items() if path != "/"] or [pages["/"]]
        pages = {path: told[at % len(told)] for at, path in enumerate(reported_paths(site))} | pages
    pages = {path: _finished(reply, site) for path, reply in pages.items()}
    if serves is Serves.CLONE_WITHOUT_HOME:
        pages["/"] = dice("no-home", site.name).choice((NOT_FOUND, FORBIDDEN))
    elif serves is Serves.CLONE_REDIRECT_ROOT:
        pages["/"] = redirect_reply(f"https://{outlet.domain}/")
    copied = {} if site.favicon == "none" else {"/favicon.ico": file_reply(icon_ico(outlet.id), "image/x-icon")}
    return {**copied, **pages, **_icons(site)}


def _copied(site: ScenarioSite, source: Original) -> dict[str, Reply]:
    """The clone's pages: the home page with links to the first stories, and every story in a copied article."""
    drawn = (story_path(source.language, site.name, number) for number in range(STORIES))
    paths = tuple(dict.fromkeys((*reported_paths(site), *drawn)))
    templates = list(source.articles.items()) or [("/", source.home)]
    pages, links = {}, []
    for number, path in enumerate(paths):
        real, html = templates[number % len(templates)]
        story = Story(source.language, site.name, str(number))
        pages[path] = html_reply(cloned_article(html, source.url(real), story, source.outlet.name))
        links.append((source.url(real), path, story.headline))
    home = cloned_home(source.home, source.url("/"), links[:STORIES])
    return {"/": html_reply(home), **pages}


def _by_path(pages: Pages, site: ScenarioSite | None = None) -> dict[str, Reply]:
    """A folder's pages: each under its file's name, with and without ``.html``."""
    found = {}
    for path, body in pages:
        reply = html_reply(body.decode("utf-8", "surrogateescape"))
        for name in (path, path.removesuffix(".html")):
            found[name] = _finished(reply, site) if site else reply
    return found


def _finished(reply: Reply, site: ScenarioSite) -> Reply:
    """A page with the site's own icon and trackers in it."""
    word = site.favicon
    if (not site.trackers and word in (None, "copied")) or not _is_page(reply):
        return reply
    html = reply.body.decode("utf-8", "surrogateescape")
    if word not in (None, "copied"):
        html = with_icon(html, None if word == "none" else _icon_path(word))
    return html_reply(with_trackers(html, site.trackers), reply.status)


def _is_page(reply: Reply) -> bool:
    return any(name == "Content-Type" and value.startswith("text/html") for name, value in reply.headers)


def _icons(site: ScenarioSite) -> dict[str, Reply]:
    """The icon that a site shares with all that have the same word."""
    word = site.favicon
    if word in (None, "copied", "none"):
        return {}
    return {
        _icon_path(word): file_reply(icon_png(f"word.{word}"), "image/png"),
        "/favicon.ico": file_reply(icon_ico(f"word.{word}"), "image/x-icon"),
    }


def _icon_path(word: str) -> str:
    return f"/icon-{sha256(word.encode()).hexdigest()[:8]}.png"


def outlets_with_old_clones(sites: Iterable[ScenarioSite]) -> frozenset[str]:
    """The ids of outlets whose old layout somebody copies."""
    return frozenset(
        site.outlet
        for site in sites
        if site.outlet and Serves.OLD_CLONE in (site.serves, *(event.to for event in site.events))
    )
