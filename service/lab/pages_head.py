"""What stands in the head of a news page: canonical and Open Graph, structured data, feed, icons, styles, trackers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from service.lab.newsroom import identifiers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from service.lab.newsroom import Article, Edition

_PIXEL_DIGITS = 14
"""Facebook's pixel ids have 15 or 16 digits, Yandex Metrica's counters 5 to 9."""

_STYLED = ("header.page", "nav.page", "region.lead", "grid.lead", "footer.page", "button.page", "form.page", "ad.page")


@dataclass(frozen=True, slots=True)
class _About:
    title: str
    url: str
    kind: str
    description: str
    image: str


def home_head(edition: Edition) -> str:
    """The head of the home page, from charset to structured data."""
    masthead, first = edition.masthead, edition.articles[0]
    title = f"{masthead.name} - {', '.join(edition.sections[:3])}"
    about = _About(title, f"{masthead.url}/", "website", first.summary, first.image)
    organisation = {
        "@context": "https://schema.org",
        "@type": "NewsMediaOrganization",
        "name": masthead.name,
        "url": f"{masthead.url}/",
        "logo": edition.static_url(edition.assets.logo),
        "sameAs": [f"https://social.example/@{masthead.id}"],
    }
    return _head(edition, [*_common(edition, about), _alternates(edition), _json_ld(organisation)], "home")


def article_head(edition: Edition, article: Article) -> str:
    """The head of an article's page."""
    masthead, url = edition.masthead, f"{edition.masthead.url}{article.path}"
    about = _About(f"{article.headline} - {masthead.name}", url, "article", article.summary, article.image)
    news = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": article.headline,
        "datePublished": article.at,
        "author": {"@type": "Person", "name": article.author},
        "publisher": {"@type": "NewsMediaOrganization", "name": masthead.name, "url": f"{masthead.url}/"},
        "mainEntityOfPage": url,
    }
    return _head(edition, [*_common(edition, about), _json_ld(news)], "article")


def tracker_script(identifier: str) -> str:
    """The usual snippet that carries an identifier; which tracker it is for follows from its form."""
    name, tags = escape(identifier), "https://www.googletagmanager.com"
    if identifier.startswith("GTM-"):
        start = f"(function(w,d,s,l,i){{w[l]=w[l]||[];}})(window,document,'script','dataLayer','{name}');"
        return f'<script>{start}</script>\n<script async src="{tags}/gtm.js?id={name}"></script>'
    if identifier.startswith(("G-", "UA-", "AW-")):
        start = f"window.dataLayer=[];function gtag(){{dataLayer.push(arguments);}}gtag('config','{name}');"
        return f'<script async src="{tags}/gtag/js?id={name}"></script>\n<script>{start}</script>'
    if identifier.startswith("ca-pub-"):
        source = f"https://pagead2.googlesyndication.com/pagead/js/adsbygoogle.js?client={name}"
        return f'<script async src="{source}"></script>'
    if identifier.isdigit() and len(identifier) >= _PIXEL_DIGITS:
        start = "!function(f){f.fbq=f.fbq||function(){};}(window);"
        return f"<script>{start}fbq('init','{name}');fbq('track','PageView');</script>"
    if identifier.isdigit():
        start = f"(function(m){{m.ym=m.ym||function(){{}};}})(window);ym({name},'init',{{clickmap:true}});"
        return f'<script>{start}</script>\n<noscript><img src="https://mc.yandex.ru/watch/{name}" alt=""></noscript>'
    return f"<script>var _paq=window._paq=window._paq||[];_paq.push(['setSiteId','{name}']);</script>"


def inline_style(edition: Edition) -> str:
    """A few rules for the build's own class names."""
    drawn, rules = edition.masthead.dice("style"), []
    for part in _STYLED:
        name = edition.skin.classes(part).split()[0].replace(":", "\\:")
        space, inner, width = drawn.randint(0, 24), drawn.randint(0, 32), drawn.randint(60, 90)
        ink = f"#{drawn.randint(0, 4095):03x}"
        rules.append(f".{name}{{margin:{space}px auto;padding:{inner}px;max-width:{width}rem;color:{ink}}}")
    return "".join(rules)


def _head(edition: Edition, blocks: list[str], page: str) -> str:
    edition.masthead.dice("head").shuffle(blocks)
    state = f'window.{edition.skin.prefix}State={{"page":"{page}","build":"{edition.assets.build}"}};'
    return "\n".join(
        (
            '<meta charset="utf-8">\n<meta name="viewport" content="width=device-width, initial-scale=1">',
            *blocks,
            f"<style>{inline_style(edition)}</style>",
            f"<script>{state}</script>",
        )
    )


def _common(edition: Edition, about: _About) -> list[str]:
    masthead = edition.masthead
    feed = f'title="{escape(masthead.name)}" href="{masthead.url}/feed.xml"'
    icon = edition.static_url(edition.assets.icon)
    return [
        f'<title>{escape(about.title)}</title>\n<meta name="description" content="{escape(about.description)}">',
        f'<link rel="canonical" href="{escape(about.url)}">',
        _open_graph(edition, about),
        f'<link rel="icon" type="image/png" href="{icon}">\n<link rel="apple-touch-icon" href="{icon}">',
        f'<link rel="alternate" type="application/rss+xml" {feed}>',
        _styles_and_scripts(edition),
        "\n".join(tracker_script(identifier) for identifier in identifiers(masthead.id)),
    ]


def _open_graph(edition: Edition, about: _About) -> str:
    properties = {
        "title": about.title,
        "type": about.kind,
        "url": about.url,
        "site_name": edition.masthead.name,
        "image": about.image,
        "description": about.description,
    }
    lines = [f'<meta property="og:{key}" content="{escape(value)}">' for key, value in properties.items()]
    return "\n".join((*lines, '<meta name="twitter:card" content="summary_large_image">'))


def _alternates(edition: Edition) -> str:
    home = f"{edition.masthead.url}/"
    first, *others = edition.masthead.languages or ("en",)
    links = [(first, home), *((tag, f"{home}{tag}/") for tag in others), ("x-default", home)]
    return "\n".join(f'<link rel="alternate" hreflang="{tag}" href="{url}">' for tag, url in links)


def _styles_and_scripts(edition: Edition) -> str:
    own, *far = edition.assets.scripts
    styles = [f'<link rel="stylesheet" href="{edition.static_url(path)}">' for path in edition.assets.styles]
    urls = (f"{edition.masthead.url}{own}", *(edition.static_url(path) for path in far))
    return "\n".join((*styles, *(f'<script src="{url}" defer></script>' for url in urls)))


def _json_ld(value: Mapping[str, object]) -> str:
    text = json.dumps(value, ensure_ascii=False).replace("</", "<\\/")
    return f'<script type="application/ld+json">{text}</script>'
