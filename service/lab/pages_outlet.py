"""A news outlet's own site, whole: home page, articles, feed, robots.txt, sitemap, styles, scripts and pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING

from service.lab.newsroom import planned
from service.lab.pages_body import article_body, document, home_body
from service.lab.pages_head import article_head, home_head, inline_style
from service.lab.pictures import icon_ico, icon_png, photograph
from service.lab.replies import file_reply, html_reply
from service.lab.world import Reply

if TYPE_CHECKING:
    from service.lab.newsroom import Edition, Masthead


@dataclass(frozen=True, kw_only=True, slots=True)
class Paper:
    """A site to read and to copy. ``articles`` are pages by path, in order; ``files`` are the site's other paths.

    ``static`` are the paths of the static host, which is empty where the site has none.
    """

    language: str
    home: str
    articles: Mapping[str, str]
    files: Mapping[str, Reply]
    static: Mapping[str, Reply]

    @property
    def replies(self) -> dict[str, Reply]:
        """Everything that the site itself serves, by path."""
        pages = {path: html_reply(html) for path, html in self.articles.items()}
        return {**self.files, "/": html_reply(self.home), **pages}


@lru_cache(maxsize=1024)
def paper(masthead: Masthead) -> Paper:
    """Write the whole site of an outlet in one layout; the same masthead always gives the same bytes."""
    edition = planned(masthead)
    home = document(edition, home_head(edition), home_body(edition))
    articles = {
        article.path: document(edition, article_head(edition, article), article_body(edition, article))
        for article in edition.articles
    }
    return Paper(
        language=masthead.language,
        home=home,
        articles=articles,
        files=_files(edition, home),
        static=_static(edition),
    )


def _files(edition: Edition, home: str) -> dict[str, Reply]:
    masthead, assets = edition.masthead, edition.assets
    robots = f"User-agent: *\nDisallow: /suche/\nSitemap: {masthead.url}/sitemap.xml\n"
    front = html_reply(home)
    return {
        **{edition.section_path(number): front for number in range(len(edition.sections))},
        "/feed.xml": file_reply(_feed(edition), "application/rss+xml; charset=utf-8"),
        "/robots.txt": file_reply(robots, "text/plain"),
        "/sitemap.xml": file_reply(_sitemap(edition), "application/xml"),
        "/favicon.ico": file_reply(icon_ico(masthead.id), "image/x-icon"),
        assets.scripts[0]: file_reply("document.documentElement.dataset.ready='1';\n", "text/javascript"),
    }


def _static(edition: Edition) -> dict[str, Reply]:
    assets = edition.assets
    picture = file_reply(photograph(), "image/png")
    script = file_reply(f"window.{edition.skin.prefix}Ready=true;\n", "text/javascript")
    return {
        **dict.fromkeys(assets.styles, file_reply(inline_style(edition), "text/css")),
        **dict.fromkeys(assets.scripts, script),
        **dict.fromkeys((*assets.images, assets.logo), picture),
        assets.icon: file_reply(icon_png(edition.masthead.id), "image/png"),
    }


def _feed(edition: Edition) -> str:
    name, home = escape(edition.masthead.name), edition.masthead.url
    items = "".join(
        f"<item><title>{escape(article.headline)}</title><link>{home}{article.path}</link>"
        f"<description>{escape(article.summary)}</description></item>"
        for article in edition.articles
    )
    channel = f"<title>{name}</title><link>{home}/</link><description>{name}</description>{items}"
    return f'<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0"><channel>{channel}</channel></rss>\n'


def _sitemap(edition: Edition) -> str:
    paths = ("/", *(article.path for article in edition.articles))
    urls = "".join(f"<url><loc>{edition.masthead.url}{path}</loc></url>" for path in paths)
    namespace = "http://www.sitemaps.org/schemas/sitemap/0.9"
    return f'<?xml version="1.0" encoding="utf-8"?>\n<urlset xmlns="{namespace}">{urls}</urlset>\n'
