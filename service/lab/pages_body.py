"""What stands in the body of a news page: header, teasers in several builds, the story, lists, newsletter, footer.

Which parts a page has, in which order and in which elements, is drawn by the outlet's skin.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from service.lab.markup import filled
from service.lab.newsroom import ARTICLES
from service.lab.prose import Prose

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from service.lab.newsroom import Article, Edition

_LEAD = ("image", "kicker", "headline", "summary", "byline")
_GRID = ("kicker", "image", "headline", "summary", "time")
_BRIEF = ("headline", "summary", "byline")
_PHOTO = ("image", "headline", "time")
_PARAGRAPHS = 9
_EXTRAS_OF_A_STORY = 4


def home_body(edition: Edition) -> str:
    """The whole body of the home page: the lead first, everything else in the outlet's own order."""
    regions = [
        _teasers(edition, "grid", _GRID, (1, 2, 3, 4, 5, 6)),
        _teasers(edition, "brief", _BRIEF, (7, 3, 0, 5, 2, 6)),
        _teasers(edition, "photo", _PHOTO, (6, 1, 4, 2)),
        _ranking(edition),
        _newsletter(edition),
        _advertisement(edition),
        *(_section(edition, number) for number in range(3)),
    ]
    edition.masthead.dice("regions").shuffle(regions)
    start, end = edition.skin.opened("region.main", "main", "div", "main")
    lead = _teasers(edition, "lead", _LEAD, (0,))
    page = edition.skin.boxed("home", [lead, *regions])
    return "\n".join((_header(edition), start, page, end, _footer(edition)))


def article_body(edition: Edition, article: Article) -> str:
    """The whole body of an article's page."""
    others = tuple((article.number + step) % ARTICLES for step in (1, 3, 5))
    around = [
        f"<h3>{edition.ui['more']}</h3>{_teasers(edition, 'brief', _BRIEF, others)}",
        _teasers(edition, "photo", _PHOTO, others),
        _ranking(edition),
        _newsletter(edition),
        _advertisement(edition),
        _comments(edition),
    ]
    picked = edition.masthead.dice("around").sample(around, _EXTRAS_OF_A_STORY)
    start, end = edition.skin.opened("region.story", "main", "div", "main")
    page = edition.skin.boxed("page", [_story(edition, article), *picked])
    return "\n".join((_header(edition), start, page, end, _footer(edition)))


def document(edition: Edition, head: str, body: str) -> str:
    """A whole HTML document."""
    css = edition.skin.classes("region.body")
    start = f'<!DOCTYPE html>\n<html lang="{edition.masthead.language}">\n<head>\n{head}\n</head>'
    return f'{start}\n<body class="{css}">\n{body}\n</body>\n</html>\n'


def _story(edition: Edition, article: Article) -> str:
    css, headline = edition.skin.classes, escape(article.headline)
    kicker = f'<span class="{css("kicker.story")}">{escape(article.kicker)}</span>'
    heading = f'<span class="{css("headline.inner")}">{headline}</span>'
    titles = (f"{kicker} {headline}", heading, headline, f"{kicker}<br>{heading}")
    drawn = edition.masthead.dice("story")
    top = f'<h1 class="{css("headline.story")}">{drawn.choice(titles)}</h1>'
    pieces: list[Callable[[Edition, Article], str]] = [_standfirst, _signature, _photograph, _sharing, _tags]
    before = [piece(edition, article) for piece in drawn.sample(pieces, 3)]
    after = [piece(edition, article) for piece in drawn.sample(pieces[3:], drawn.randint(0, 2))]
    inner = edition.skin.boxed("story", [top, *before, _text(edition, article), *after])
    return f'<article class="{css("region.article")}">{inner}</article>'


def _standfirst(edition: Edition, article: Article) -> str:
    return f'<p class="{edition.skin.classes("summary.story")}">{escape(article.summary)}</p>'


def _signature(edition: Edition, article: Article) -> str:
    pieces = [
        f"<span>{edition.ui['by']}</span>",
        f'<a class="{edition.skin.classes("byline.name")}" rel="author">{escape(article.author)}</a>',
        f'<time datetime="{article.at}">{article.at[:10]}</time>',
    ]
    return edition.skin.boxed("byline", pieces)


def _photograph(edition: Edition, article: Article) -> str:
    picture = f'<img src="{article.image}" alt="{escape(article.headline)}">'
    caption = f"<figcaption>{escape(article.kicker)}</figcaption>"
    start, end = edition.skin.opened("image.story", "figure", "div", "picture")
    return f"{start}{edition.skin.boxed('photograph', [picture, caption])}{end}"


def _sharing(edition: Edition, _article: Article) -> str:
    names = ("post", "mail", "link", "chat")[: edition.masthead.dice("sharing").randint(2, 4)]
    buttons = [f'<button data-to="{name}">{edition.ui["share"]}</button>' for name in names]
    return edition.skin.listed("button.share", buttons)


def _tags(edition: Edition, _article: Article) -> str:
    return edition.skin.listed("nav.tags", _section_links(edition)[:3])


def _comments(edition: Edition) -> str:
    field = f'<textarea name="text" rows="3"></textarea><button>{edition.ui["comments"]}</button>'
    rules = f"<small>{edition.ui['terms']}</small>"
    start, end = edition.skin.opened("form.comments", "form", "section", "div")
    return f"{start}{edition.skin.boxed('comments', [field, rules])}{end}"


def _text(edition: Edition, article: Article) -> str:
    """The paragraphs, with headings, quotes and advertisements where the outlet puts them."""
    masthead, css = edition.masthead, edition.skin.classes
    prose = Prose(masthead.language, masthead.id, masthead.layout, str(article.number))
    texts = [f'<p class="{css("body.paragraph")}">{escape(prose.paragraph(4))}</p>' for _ in range(_PARAGRAPHS)]
    drawn = masthead.dice("text")
    extras = [
        f'<h2 class="{css("body.heading")}">{escape(prose.headline())}</h2>',
        f'<blockquote class="{css("body.quote")}"><em>{escape(article.kicker)}</em></blockquote>',
        _advertisement(edition),
        f'<ul class="{css("body.list")}"><li>{escape(article.kicker)}</li></ul>',
        f'<hr class="{css("body.rule")}">',
    ]
    for extra in drawn.sample(extras, drawn.randint(2, 4)):
        texts.insert(drawn.randint(1, len(texts) - 1), extra)
    start, end = edition.skin.opened("body.text", "div", "section", "div")
    return f"{start}{edition.skin.boxed('text', texts)}{end}"


def _header(edition: Edition) -> str:
    css, ui, home = edition.skin.classes, edition.ui, edition.masthead.url
    name = escape(edition.masthead.name)
    picture = f'<img src="{edition.static_url(edition.assets.logo)}" alt="{name}" width="240" height="48">'
    field = f'<input name="q" placeholder="{ui["search"]}"><button>{ui["search"]}</button>'
    pieces = [
        f'<a class="{css("logo.page")}" href="{home}/" title="{name}">{picture}</a>',
        f'<form action="{home}/suche/" class="{css("form.search")}">{field}</form>',
        f'<a class="{css("button.page")}" href="{home}/login/">{ui["login"]}</a>',
        f'<a class="{css("button.abo")}" href="{home}/abo/">{ui["subscribe"]}</a>',
        f'<nav aria-label="{ui["menu"]}">{edition.skin.listed("nav.page", _section_links(edition))}</nav>',
    ]
    edition.masthead.dice("header").shuffle(pieces)
    return f'<header class="{css("header.page")}">{edition.skin.boxed("header", pieces)}</header>'


def _section_links(edition: Edition) -> list[str]:
    return [
        f'<a href="{edition.section_url(number)}">{escape(section)}</a>'
        for number, section in enumerate(edition.sections)
    ]


def _teasers(edition: Edition, kind: str, slots: Sequence[str], numbers: Sequence[int]) -> str:
    template = edition.skin.component(kind, slots)
    start, end = edition.skin.opened(f"grid.{kind}", "div", "section", "aside", "div")
    lines = (filled(template, _values(edition, edition.articles[number])) for number in numbers)
    return "\n".join((start, *lines, end))


def _values(edition: Edition, article: Article) -> dict[str, str]:
    return {
        "url": f"{edition.masthead.url}{article.path}",
        "headline": article.headline,
        "alt": article.headline,
        "kicker": article.kicker,
        "summary": article.summary,
        "byline": f"{edition.ui['by']} {article.author}",
        "time": article.at,
        "image": article.image,
    }


def _section(edition: Edition, number: int) -> str:
    title = f'<h2 class="{edition.skin.classes("headline.section")}">{escape(edition.sections[number])}</h2>'
    picked = tuple((number * 3 + step) % ARTICLES for step in range(4))
    return edition.skin.boxed("section", [title, _teasers(edition, f"section{number % 2}", _GRID, picked)])


def _ranking(edition: Edition) -> str:
    links = [
        f'<a href="{edition.masthead.url}{article.path}">{escape(article.headline)}</a>'
        for article in sorted(edition.articles, key=lambda article: article.path)
    ]
    title = f'<h3 class="{edition.skin.classes("headline.ranking")}">{edition.ui["most_read"]}</h3>'
    start, end = edition.skin.opened("region.ranking", "aside", "div", "section")
    return f"{start}{edition.skin.boxed('ranking', [title, edition.skin.listed('grid.ranking', links)])}{end}"


def _newsletter(edition: Edition) -> str:
    ui, css = edition.ui, edition.skin.classes
    pieces = [
        f"<h3>{ui['newsletter']}</h3>",
        f'<p class="{css("summary.newsletter")}">{escape(edition.invitation)}</p>',
        f'<label class="{css("form.field")}"><input type="email" name="mail"></label>',
        f"<button>{ui['subscribe']}</button>",
    ]
    edition.masthead.dice("newsletter").shuffle(pieces)
    inner = edition.skin.boxed("newsletter", pieces)
    return f'<form class="{css("form.page")}" action="{edition.masthead.url}/newsletter/" method="post">{inner}</form>'


def _advertisement(edition: Edition) -> str:
    place = f"{edition.skin.prefix}{edition.skin.scheme}"
    label = f"<small>{edition.ui['advertising']}</small>"
    slot = f'<div id="{place}-slot" data-slot="{place}">{label}</div>'
    start, end = edition.skin.opened("ad.page", "div", "aside", "section", "ins")
    return f"{start}{edition.skin.boxed('ad', [slot])}{end}"


def _footer(edition: Edition) -> str:
    ui, css, home = edition.ui, edition.skin.classes, edition.masthead.url
    keys = ("imprint", "privacy", "contact", "jobs", "terms", "advertising")
    legal = [f'<a href="{home}/{key}/">{ui[key]}</a>' for key in keys]
    pieces = [
        edition.skin.listed("nav.footer", legal),
        edition.skin.listed("nav.sections", _section_links(edition)),
        f"<p>&copy; {edition.masthead.printed.year} {escape(edition.masthead.name)}</p>",
        f'<button class="{css("box.consent")}">{ui["cookies"]}</button>',
    ]
    drawn = edition.masthead.dice("footer")
    picked = drawn.sample(pieces, drawn.randint(3, 4))
    return f'<footer class="{css("footer.page")}">{edition.skin.boxed("footer", picked)}</footer>'
