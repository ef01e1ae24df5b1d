"""Real sites of other people, which just have a name like an outlet's: a newspaper, a shop, a company, a blog."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING

from service.core.names.name import decoded
from service.lab.markup import Skin
from service.lab.newsroom import Masthead
from service.lab.pages_outlet import paper
from service.lab.pictures import icon_ico, photograph
from service.lab.prose import Prose, dice, languages, slug, words_of
from service.lab.replies import file_reply, html_reply
from service.lab.world import Reply

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

_OF_SUFFIX = {
    **dict.fromkeys(("de", "at", "ch", "li"), "de"),
    **dict.fromkeys(("fr", "be", "sn"), "fr"),
    **dict.fromkeys(("es", "ar", "mx", "cl", "co"), "es"),
    **dict.fromkeys(("it", "sm"), "it"),
    **dict.fromkeys(("uk", "ie", "ng", "au", "in", "za", "us"), "en"),
    "ua": "uk",
    "lv": "lv",
    "pl": "pl",
}
"""What people under a country's domain mostly write, as far as the lab has words for it."""


@dataclass(frozen=True, slots=True)
class InnocentSite:
    """What such a site serves by path, and what its host for styles and pictures does, where it has one."""

    replies: Mapping[str, Reply]
    static: Mapping[str, Reply] = field(default_factory=dict)


def language_of(name: str, besides: Sequence[str] = ()) -> str:
    """The language of a site that nobody prescribes one: its country's, else by lot, but none of ``besides``."""
    wanted = _OF_SUFFIX.get(name.rpartition(".")[2])
    if wanted and wanted not in besides:
        return wanted
    free = [language for language in languages() if language not in besides] or ["en"]
    return dice("language", name).choice(free)


def innocent_site(name: str, besides: Sequence[str], printed: date) -> InnocentSite:
    """The site of this name; of which kind it is follows from the name.

    ``besides`` are languages that it is not written in (those of the outlet whose name it shares).
    """
    kinds: tuple[Callable[[_Owner], InnocentSite], ...] = (_newspaper, _shop, _company, _blog)
    owner = _Owner(name, language_of(name, besides), printed)
    return dice("innocent", name).choice(kinds)(owner)


class _Owner:
    """Whose site it is: what every page of it needs."""

    def __init__(self, name: str, language: str, printed: date) -> None:
        self.name, self.language, self.printed = name, language, printed
        label = name.partition(".")[0]
        self.brand = (decoded(label) or label).replace("-", " ").title()
        self.words = words_of(language)
        self.skin, self.prose = Skin("innocent", name), Prose(language, "innocent", name)

    def page(self, title: str, body: str) -> str:
        """A page with the header and footer that a small site has around everything; ``title`` is text."""
        css, ui, brand = self.skin.classes, self.words.ui, escape(self.brand)
        head = f'<header class="{css("header.page")}"><a href="/">{brand}</a> <span>{escape(title)}</span></header>'
        links = f'<a href="/contact">{ui["contact"]}</a> <a href="/privacy">{ui["privacy"]}</a>'
        foot = f'<footer class="{css("footer.page")}">&copy; {self.printed.year} {brand} {links}</footer>'
        links = f'<link rel="canonical" href="https://{self.name}/"><link rel="icon" href="/favicon.ico">'
        basics = f'<meta charset="utf-8"><title>{brand} - {escape(title)}</title>{links}'
        main = f'<main class="{css("region.main")}">{body}</main>'
        start = f'<!DOCTYPE html>\n<html lang="{self.language}">\n<head>{basics}</head>'
        return f"{start}\n<body>{head}{main}{foot}</body>\n</html>\n"

    def site(self, pages: Mapping[str, str]) -> InnocentSite:
        """The pages with the pictures and the icon that they show."""
        picture = file_reply(photograph(), "image/png")
        icon = file_reply(icon_ico(f"innocent.{self.name}"), "image/x-icon")
        pictures = {f"/img/{number}.png": picture for number in range(6)}
        return InnocentSite(
            {path: html_reply(html) for path, html in pages.items()} | pictures | {"/favicon.ico": icon}
        )


def _newspaper(owner: _Owner) -> InnocentSite:
    masthead = Masthead(
        id=f"innocent.{owner.name}",
        name=f"{owner.brand} {owner.prose.town()}",
        domain=owner.name,
        languages=(owner.language,),
        printed=owner.printed,
    )
    written = paper(masthead)
    return InnocentSite(written.replies, written.static)


def _shop(owner: _Owner) -> InnocentSite:
    drawn, words, css = dice("shop", owner.name), owner.words.shop, owner.skin.classes
    delivery, button = words["delivery"].format(n=drawn.randint(2, 5)), f"<button>{words['cart']}</button>"
    goods = {f"/p/{slug(thing) or number}": thing for number, thing in enumerate(drawn.sample(words["products"], 6))}
    cards = "".join(
        f'<li class="{css("teaser.product")}"><a href="{path}"><img src="/img/{number}.png" alt="{escape(thing)}"></a>'
        f"<h3>{escape(thing)}</h3><b>{drawn.randint(9, 240)},90</b>{button}<small>{delivery}</small></li>"
        for number, (path, thing) in enumerate(goods.items())
    )
    pages = {"/": owner.page(words["slogan"], f'<ul class="{css("grid.products")}">{cards}</ul>')}
    for path, thing in goods.items():
        pages[path] = owner.page(thing, f"<h1>{escape(thing)}</h1><p>{delivery}</p>{button}")
    return owner.site(pages)


def _company(owner: _Owner) -> InnocentSite:
    words, css, prose = owner.words.company, owner.skin.classes, owner.prose
    services = "".join(f"<dt>{escape(term)}</dt><dd>{prose.town()}, {prose.town()}</dd>" for term in words["services"])
    people = "".join(f'<div class="{css("teaser.person")}"><b>{prose.person()}</b></div>' for _ in range(4))
    about = f'<p>{words["about"]}</p><dl class="{css("grid.services")}">{services}</dl>'
    address = f"<h1>{owner.words.ui['contact']}</h1><address>{prose.town()}, {prose.number()}</address>"
    return owner.site(
        {
            "/": owner.page(words["slogan"], f"{about}<h2>{words['team']}</h2>{people}"),
            "/contact": owner.page(owner.words.ui["contact"], address),
        }
    )


def _blog(owner: _Owner) -> InnocentSite:
    prose, css = owner.prose, owner.skin.classes("teaser.post")
    posts = {f"/post/{number}": (escape(prose.headline()), escape(prose.paragraph(9))) for number in range(5)}
    entries = "".join(
        f'<div class="{css}"><h2><a href="{path}">{title}</a></h2><p>{text}</p></div>'
        for path, (title, text) in posts.items()
    )
    pages = {"/": owner.page(prose.person(), entries)}
    for path, (title, text) in posts.items():
        pages[path] = owner.page(prose.person(), f"<h1>{title}</h1><p>{text}</p>")
    return owner.site(pages)
