"""What an outlet is about to print: who prints, in which build, which articles under which paths.

An ``Edition`` is the plan that the writers of heads (``pages_head.py``) and bodies (``pages_body.py``) share. It
follows from the masthead alone, so that the site is the same on every day and every machine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from service.lab.markup import Skin
from service.lab.prose import Prose, dice, slug

if TYPE_CHECKING:
    import random

ARTICLES = 8
"""Articles that an outlet has online; its home page links to no others."""

NEW, OLD = "new", "old"
"""The layouts of an outlet: as it is, and as it was before the relaunch."""

_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"


@dataclass(frozen=True, kw_only=True, slots=True)
class Masthead:
    """Who prints. ``printed`` dates the articles; ``layout`` is NEW or OLD."""

    id: str
    name: str
    domain: str
    languages: tuple[str, ...]
    printed: date
    layout: str = NEW

    @property
    def language(self) -> str:
        """The language that the site says it is written in."""
        return self.languages[0] if self.languages else "en"

    @property
    def url(self) -> str:
        """The site's origin."""
        return f"https://{self.domain}"

    @property
    def static(self) -> str:
        """The host that serves styles, scripts and pictures."""
        return f"static.{self.domain}"

    def dice(self, *what: str) -> random.Random:
        """Choices for one thing about this site, the same whenever they are asked for."""
        return dice(self.id, self.layout, *what)


@dataclass(frozen=True, kw_only=True, slots=True)
class Article:
    """One article. ``path`` begins with a slash, ``at`` is ISO 8601 in UTC, ``image`` a URL."""

    number: int
    path: str
    headline: str
    kicker: str
    summary: str
    author: str
    at: str
    image: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Assets:
    """Paths of what a page loads, all below /static/<outlet>/."""

    build: str
    styles: tuple[str, ...]
    scripts: tuple[str, ...]
    images: tuple[str, ...]
    logo: str
    icon: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Edition:
    """A site as planned. ``ui`` labels the parts of a page in its language, ``invitation`` is the newsletter's."""

    masthead: Masthead
    skin: Skin
    ui: Mapping[str, str]
    invitation: str
    sections: tuple[str, ...]
    assets: Assets
    articles: tuple[Article, ...]

    def section_url(self, number: int) -> str:
        """Where the front page of a section is."""
        return f"{self.masthead.url}{self.section_path(number)}"

    def section_path(self, number: int) -> str:
        """The path of a section's front page."""
        return f"/{slug(self.sections[number]) or f'rubrik-{number}'}/"

    def static_url(self, path: str) -> str:
        """Where the static host serves ``path``."""
        return f"https://{self.masthead.static}{path}"


def planned(masthead: Masthead) -> Edition:
    """Plan a site: draw its build, its sections and its articles."""
    skin = Skin(masthead.id, masthead.layout)
    prose = Prose(masthead.language, masthead.id, masthead.layout)
    assets = _assets(masthead, skin)
    sections = tuple(prose.dice.sample(prose.material.words["sections"], 7))
    return Edition(
        masthead=masthead,
        skin=skin,
        ui=prose.material.ui,
        invitation=prose.sentence(),
        sections=sections,
        assets=assets,
        articles=tuple(_article(masthead, prose, sections, assets, number) for number in range(ARTICLES)),
    )


def identifiers(outlet_id: str) -> tuple[str, ...]:
    """The outlet's own identifiers at trackers: those that clones copy along."""
    drawn = dice("identifiers", outlet_id)
    measured = "G-" + "".join(drawn.choice(_LETTERS) for _ in range(10))
    container = "GTM-" + "".join(drawn.choice(_LETTERS) for _ in range(7))
    pixel = str(drawn.randint(10**14, 10**15 - 1))
    return (measured, drawn.choice((container, pixel)))


def _article(masthead: Masthead, prose: Prose, sections: tuple[str, ...], assets: Assets, number: int) -> Article:
    headline = prose.headline()
    day = masthead.printed - timedelta(days=number + prose.dice.randint(1, 3))
    return Article(
        number=number,
        path=article_path(masthead, prose.dice.choice(sections), headline, day),
        headline=headline,
        kicker=prose.dice.choice(prose.material.words["kickers"]),
        summary=prose.paragraph(2),
        author=prose.person(),
        at=f"{day}T{prose.dice.randint(5, 21):02}:{prose.dice.randint(0, 59):02}:00Z",
        image=f"https://{masthead.static}{assets.images[number]}",
    )


def article_path(masthead: Masthead, section: str, headline: str, day: date) -> str:
    """The path of an article in the outlet's own manner."""
    key = 4_200_000 + dice("key", masthead.id, headline).randrange(700_000)
    folder, name = slug(section) or "news", slug(headline) or "article"
    manners = (f"/{folder}/{name}-{key}.html", f"/{day:%Y/%m/%d}/{name}-{key}/", f"/{folder}/article{key}/{name}.html")
    return masthead.dice("paths").choice(manners)


def _assets(masthead: Masthead, skin: Skin) -> Assets:
    drawn = masthead.dice("assets")
    build = f"{drawn.randrange(16**10):010x}"
    folder = drawn.choice(("assets", "build", "dist", "bundle", "v4/res", "public", "theme"))
    root = f"/static/{masthead.id}/{folder}"
    words = ("main", "app", "layout", "core", "fonts", "print", "home", "vendor", "player", "consent")
    names = drawn.sample(words, 6)
    return Assets(
        build=build,
        styles=tuple(f"{root}/css/{name}.{build[:6]}.css" for name in names[:3]),
        scripts=tuple(f"{root}/js/{name}-{build[-5:]}.js" for name in names[3:]),
        images=tuple(f"{root}/img/{skin.prefix}{drawn.randint(10_000, 99_999)}-w640.png" for _ in range(ARTICLES)),
        logo=f"{root}/img/logo-{masthead.id}.png",
        icon=f"{root}/img/icon-{build[:4]}.png",
    )
