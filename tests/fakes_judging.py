"""Newspapers made of nothing: whole pages in layouts of their own, and the looks that see them.

A ``Press`` writes a home page and articles in one layout; two outlets with the same press share everything but their
names, as the papers of one publisher's group do.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from service.adapters.extract import extract
from service.core.facts.dns import DnsAnswers, DnsFacts, DnsStatus
from service.core.facts.page import FetchedPage, FetchOutcome, Hop, HopKind, PageFacts, TlsFacts
from service.core.facts.registration import Registration, RegistrationStatus
from service.core.model import Baseline, Judgement, Look, Lookalike, Outlet, Site
from service.core.states import Technique
from service.core.verdict.availability import consensus, grade
from service.core.verdict.judging import judge
from service.core.verdict.likeness import BaselineIndex
from service.core.verdict.lists import shipped_lists
from service.core.verdict.policy import ScoringPolicy

NOW = datetime(2024, 5, 1, 12, tzinfo=UTC)
LISTS = shipped_lists()
POLICY = ScoringPolicy()

BOTE = Outlet(id="bote", name="Der Nordbote", domain="nordbote.de", own_domains=("nordbote.tv",), languages=("de",))
BLICK = Outlet(id="blick", name="Abendblick", domain="abendblick.de", languages=("de",))
GAZETTE = Outlet(id="gazette", name="La Gazette du Port", domain="gazetteduport.fr", languages=("fr",))
OUTLETS = (BOTE, BLICK, GAZETTE)

_WORDS = {
    "de": ("der", "die", "das", "und", "mit", "stadt", "land", "wahl", "preis", "haus", "jahr", "tag", "strom", "neu"),
    "fr": ("le", "la", "les", "avec", "sur", "ville", "pays", "vote", "prix", "maison", "jour", "gens", "port", "rue"),
}
_BOXES = ("div", "section", "article", "aside", "figure", "ul", "nav", "main")


class Press:
    """Writes one outlet's pages. ``layout`` fixes the structure, class names and asset paths."""

    def __init__(self, outlet: Outlet, layout: str, tracker: str) -> None:
        self.outlet, self.layout, self.tracker = outlet, layout, tracker
        self.language = outlet.languages[0]

    def home(self, seed: int = 0) -> str:
        teasers = "".join(self.teaser(seed, number) for number in range(14))
        return self.page(f"Nachrichten aus aller Welt - {self.outlet.name}", "/", teasers)

    def article(self, seed: int = 1, paragraphs: int = 12) -> str:
        path = f"/politik/{self.slug(seed)}-a-{100000 + seed}.html"
        text = "".join(f"<p>{self.prose(seed, number, 40)}</p>" for number in range(paragraphs))
        headline = self.prose(seed, 99, 7)
        body = f"<h1>{headline}</h1>{self.box('story', text)}" + "".join(self.teaser(seed, n) for n in range(3))
        return self.page(f"{headline} - {self.outlet.name}", path, body)

    def page(self, title: str, path: str, body: str) -> str:
        root = f"https://www.{self.outlet.domain}"
        links = "".join(f'<li><a href="{root}/{word}/">{word}</a></li>' for word in _WORDS[self.language])
        styles = "".join(f'<link rel="stylesheet" href="{root}/{p}.css">' for p in self.names("css", 4))
        scripts = "".join(f'<script src="{root}/{p}.js"></script>' for p in self.names("js", 4))
        return (
            f'<!DOCTYPE html><html lang="{self.language}"><head><title>{title}</title>{styles}'
            f'<link rel="canonical" href="{root}{path}"><meta property="og:url" content="{root}{path}">'
            f'<meta property="og:site_name" content="{self.outlet.name}"><link rel="icon" href="{root}/icon.png">'
            f"{scripts}<script>gtag('config','{self.tracker}')</script></head><body>"
            f"{self.box('head', f'<ul>{links}</ul>')}{self.box('body', body)}{self.box('foot', f'<ul>{links}</ul>')}"
            "</body></html>"
        )

    def teaser(self, seed: int, number: int) -> str:
        root, slug = f"https://www.{self.outlet.domain}", self.slug(seed * 100 + number)
        inner = (
            f'<a href="{root}/politik/{slug}-a-{2000 + number}.html"><img src="{root}/img/{number}.jpg">'
            f"<h3>{self.prose(seed, number, 6)}</h3></a><p>{self.prose(seed, number + 50, 18)}</p>"
        )
        return self.box(f"teaser{number}", inner)

    def box(self, what: str, inner: str) -> str:
        chance = random.Random(f"{self.layout}/{what}")  # noqa: S311 - the same layout every time, no secret
        for depth in range(chance.randint(4, 7)):
            tag, name = chance.choice(_BOXES), f"{self.layout}-{chance.randrange(10**6):06d}"
            side = "".join(f'<{chance.choice(_BOXES)} class="{name}-{n}"></div>' for n in range(chance.randint(0, 3)))
            inner = f'<{tag} class="{name} depth-{depth}">{side}{inner}</{tag}>'
        return inner

    def names(self, what: str, count: int) -> list[str]:
        chance = random.Random(f"{self.layout}/{what}")  # noqa: S311 - as above
        return [f"assets/{self.layout}/{chance.randrange(10**6)}" for _ in range(count)]

    def prose(self, seed: int, part: int, words: int) -> str:
        chance = random.Random(f"{self.outlet.id}/{seed}/{part}")  # noqa: S311 - as above
        return " ".join(chance.choices(_WORDS[self.language], k=words))

    def slug(self, seed: int) -> str:
        return self.prose(seed, 7, 5).replace(" ", "-")


BOTE_PRESS = Press(BOTE, "nord", "G-NORDB0TE1")
OLD_BOTE_PRESS = Press(BOTE, "alt", "G-NORDB0TE1")
BLICK_PRESS = Press(BLICK, "nord2", "G-ABENDBL1K")
GAZETTE_PRESS = Press(GAZETTE, "port", "G-GAZETTE01")
OTHER = Outlet(id="other", name="Tagespost Oberland", domain="tagespost.example", languages=("de",))
OTHER_PRESS = Press(OTHER, "ober", "G-TAGESP0ST")


def page(source: str, url: str) -> PageFacts:
    return extract(source, url)


def baseline(press: Press, source: str, kind: str = "article", days_ago: int = 30, favicon: str = "") -> Baseline:
    url = f"https://www.{press.outlet.domain}/politik/etwas-neues-heute-a-4711.html"
    return Baseline(
        outlet=press.outlet.id,
        url=url,
        kind=kind,
        taken_at=NOW - timedelta(days=days_ago),
        page=page(source, url),
        digest=f"{press.layout}{kind}{days_ago}",
        favicon_sha256=favicon,
    )


def baselines(*presses: Press) -> list[Baseline]:
    return [
        made
        for press in presses
        for made in (
            baseline(press, press.home(50), "home", 20, favicon=f"icon of {press.outlet.id}"),
            baseline(press, press.article(51), days_ago=21),
            baseline(press, press.article(52), days_ago=22),
        )
    ]


INDEX = BaselineIndex.build(OUTLETS, baselines(BOTE_PRESS, BLICK_PRESS, GAZETTE_PRESS))


def fetched(source: str | None, url: str, **more: Any) -> FetchedPage:
    """A page that was served; ``source`` None: an answer without HTML."""
    start = Hop(url=more.get("target", url), kind=HopKind.START, status=more.get("status", 200))
    ordinary: dict[str, Any] = {
        "target": url,
        "profile": "desktop",
        "outcome": FetchOutcome.OK,
        "hops": (start,),
        "final_url": url,
        "status": 200,
        "content_type": "text/html",
        "bytes": len(source or ""),
        "page": None if source is None else page(source, url),
    }
    return FetchedPage(**{**ordinary, **more})


def failed(url: str, outcome: FetchOutcome = FetchOutcome.UNREACHABLE, **more: Any) -> FetchedPage:
    hops = (Hop(url=url, kind=HopKind.START),)
    ordinary: dict[str, Any] = {"target": url, "profile": "desktop", "hops": hops, "final_url": url}
    return FetchedPage(**{**ordinary, "outcome": outcome, **more})


def redirected(url: str, to: str, profile: str = "desktop", tls: TlsFacts | None = None) -> FetchedPage:
    hops = (Hop(url=url, kind=HopKind.START, status=302), Hop(url=to, kind=HopKind.HTTP, status=200))
    return FetchedPage(
        target=url,
        profile=profile,
        outcome=FetchOutcome.OK,
        hops=hops,
        final_url=to,
        status=200,
        page=page(BOTE_PRESS.home(3), to),
        tls=tls,
    )


def answers(
    vantage: str = "system",
    status: DnsStatus = DnsStatus.ANSWERED,
    addresses: Sequence[str] = ("8.8.4.4",),
    nameservers: Sequence[str] = ("ns1.hoster.example", "ns2.hoster.example"),
) -> DnsAnswers:
    found = status is DnsStatus.ANSWERED
    return DnsAnswers(
        vantage=vantage,
        status=status,
        addresses=tuple(addresses) if found else (),
        nameservers=tuple(nameservers) if found else (),
    )


def dns(*given: DnsAnswers, host: str = "nordbote.ltd") -> DnsFacts:
    return DnsFacts(host=host, answers=given or (answers(),))


def registered(days_ago: int | None, **more: Any) -> Registration:
    status = RegistrationStatus.FOUND_DATE if days_ago is not None else RegistrationStatus.NOT_PUBLISHED
    ordinary: dict[str, Any] = {
        "domain": "nordbote.ltd",
        "status": status,
        "source": "rdap",
        "server": "rdap.example",
        "asked_at": NOW,
        "created_at": None if days_ago is None else NOW - timedelta(days=days_ago),
    }
    return Registration(**{**ordinary, **more})


def lookalike(outlet: str = "bote", technique: Technique = Technique.TLD_SWAP, **more: Any) -> Lookalike:
    ordinary: dict[str, Any] = {"name_score": 0.9, "distance": 0, "discovered_at": NOW - timedelta(days=5)}
    return Lookalike(**{"outlet": outlet, "technique": technique, **ordinary, **more})


def site(host: str = "nordbote.ltd", lookalikes: Sequence[Lookalike] | None = None, **more: Any) -> Site:
    ordinary: dict[str, Any] = {
        "domain": host.removeprefix("www."),
        "source": "sweep:exact",
        "admitted_at": NOW,
        "due_at": NOW,
        "lookalikes": (lookalike(),) if lookalikes is None else tuple(lookalikes),
    }
    return Site(**{"host": host, **ordinary, **more})


def look(
    pages: Sequence[FetchedPage] = (), facts: DnsFacts | None = None, registration: Registration | None = None
) -> Look:
    """A look as the service would make it of these answers."""
    known = dns() if facts is None else facts
    survey = grade(known, pages, [domain for outlet in OUTLETS for domain in outlet.confirmed_domains], LISTS)
    agreed, reason = consensus(survey)
    return Look(
        at=NOW,
        dns=known,
        registration=registration,
        pages=tuple(pages),
        availability=survey.availability,
        consensus=agreed,
        consensus_reason=reason,
        suspended=survey.suspended,
    )


def judged(
    pages: Sequence[FetchedPage] = (),
    *,
    days_ago: int | None = 6,
    of: Site | None = None,
    outlets: Sequence[Outlet] = OUTLETS,
    index: BaselineIndex = INDEX,
    facts: DnsFacts | None = None,
    **more: Any,
) -> Mapping[str, Judgement]:
    """Judgements by outlet of a site that was registered so many days ago (None: nobody knows)."""
    seen = look(pages, facts, more.pop("registration", registered(days_ago)))
    found = judge(site=of or site(), look=seen, outlets=outlets, index=index, policy=POLICY, **more)
    return {judgement.outlet: judgement for judgement in found}
