"""Worlds for tests: an invented outlet, a clone of it, a parked name, an innocent one, a dead one.

Each builder gives a ``LabSite``; ``world(...)`` puts sites together. The outlet and all texts are invented.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from service.lab.world import DnsFault, Name, RegistryRecord, Reply, VirtualHost, World

NOW = datetime(2022, 7, 15, 12, tzinfo=UTC)
OUTLET = "morgenkurier.de"
ARTICLE = "/politik/artikel-4711.html"
PARKING_SERVERS = ("ns1.parkingcrew.net", "ns2.parkingcrew.net")


@dataclass(frozen=True, kw_only=True)
class LabSite:
    """One name with the virtual hosts that its addresses serve."""

    name: Name
    hosts: tuple[VirtualHost, ...] = ()


def world(*sites: LabSite, now: datetime = NOW, **more: Any) -> World:
    """These sites and nothing else; ``more`` are further fields of ``World``."""
    return World(
        now=now,
        names={site.name.domain: site.name for site in sites},
        hosts={host.host: host for site in sites for host in site.hosts},
        **more,
    )


def named(site: LabSite, **changes: Any) -> LabSite:
    """The same site with fields of its ``Name`` changed."""
    return replace(site, name=replace(site.name, **changes))


def registered(days_ago: float, **more: Any) -> RegistryRecord:
    """A registration of a year, so many days before ``NOW``."""
    created = NOW - timedelta(days=days_ago)
    return RegistryRecord(
        **{"created_at": created, "updated_at": created, "expires_at": created + timedelta(days=365), **more}
    )


def outlet(domain: str = OUTLET, address: str = "127.0.1.1") -> LabSite:
    """A newspaper's real site, decades old: home page and article, ``www`` redirecting to the name."""
    replies = {"/": page(_home(domain)), ARTICLE: page(_article(domain, "Stadtrat berät über die neue Brücke"))}
    www = VirtualHost(host=f"www.{domain}", replies={"/": redirect(f"https://{domain}/")})
    name = Name(
        domain=domain,
        addresses=(address,),
        nameservers=(f"ns1.{domain}", f"ns2.{domain}"),
        hosts=(f"ns1.{domain}", f"ns2.{domain}"),
        mx=(f"10 mail.{domain}",),
        registry=registered(9000, registrar="Alte Registratur GmbH"),
    )
    return LabSite(name=name, hosts=(VirtualHost(host=domain, replies=replies), www))


def clone(domain: str = "morgenkurier.ltd", address: str = "127.0.1.2", *, of: str = OUTLET, **host: Any) -> LabSite:
    """A fresh copy of the outlet: links still lead to the real one, the article is replaced, a tracker is added.

    ``host`` changes the virtual host (``visible_to``, ``hidden``, ``refuses``, ``certificate`` ...).
    """
    added = '<script src="https://www.googletagmanager.com/gtag/js?id=G-LAB0000001"></script>'
    replies = {
        "/": page(_home(of), added),
        ARTICLE: page(_article(of, "Sanktionen treffen nur die eigenen Bürger"), added),
    }
    name = Name(domain=domain, addresses=(address,), registry=registered(16))
    return LabSite(name=name, hosts=(VirtualHost(**{"host": domain, "replies": replies, **host}),))


def parked(domain: str = "morgenkurier.life", address: str = "127.0.1.3") -> LabSite:
    """A name for sale on parking name servers."""
    sale = f"<h1>{domain} is for sale</h1><p>Buy this domain.</p>"
    body = f"<html><head><title>{domain}</title></head><body>{sale}</body></html>"
    name = Name(domain=domain, addresses=(address,), nameservers=PARKING_SERVERS, registry=registered(3))
    return LabSite(name=name, hosts=(VirtualHost(host=domain, replies={"/": page(body)}),))


def innocent(domain: str = "morgenkurier.shop", address: str = "127.0.1.4") -> LabSite:
    """A bicycle courier of the same name, years old."""
    body = (
        "<html lang='de'><head><title>Morgenkurier Fahrradboten</title></head><body><h1>Fahrradkurier in Bremen</h1>"
        "<p>Wir bringen Pakete und Blumen, werktags ab sechs Uhr.</p><a href='/preise'>Preise</a></body></html>"
    )
    name = Name(domain=domain, addresses=(address,), registry=registered(2500, registrar="Radweg Hosting"))
    return LabSite(name=name, hosts=(VirtualHost(host=domain, replies={"/": page(body)}),))


def dead(domain: str = "morgenkurier.today") -> LabSite:
    """Registered and on hold: the registry knows it, DNS does not."""
    return LabSite(name=Name(domain=domain, delegated=False, registry=registered(40, epp=("clientHold",))))


def faulty(domain: str, fault: DnsFault) -> LabSite:
    """A name that misbehaves in DNS."""
    return LabSite(name=Name(domain=domain, addresses=("127.0.1.9",), fault=fault, registry=registered(5)))


def page(html: str, added: str = "") -> Reply:
    """An HTML page; ``added`` goes to the end of its head."""
    return Reply(body=html.replace("</head>", f"{added}</head>").encode())


def redirect(url: str, status: int = 302) -> Reply:
    """A redirect without a body."""
    return Reply(status=status, headers=(("Location", url),))


def _home(domain: str) -> str:
    teasers = "".join(
        f'<article class="mk-teaser"><h2 class="mk-teaser__head"><a href="https://{domain}{ARTICLE}">{headline}</a></h2>'
        f'<p class="mk-teaser__text">{text}</p></article>'
        for headline, text in (
            ("Stadtrat berät über die neue Brücke", "Die Kosten sind höher als gedacht."),
            ("Ernte fällt besser aus als im Vorjahr", "Die Bauern sind zufrieden."),
            ("Museum zeigt Bilder der Flussschiffer", "Die Schau ist bis zum Herbst zu sehen."),
        )
    )
    return _frame(domain, "Der Morgenkurier: Nachrichten aus der Region", "/", teasers)


def _article(domain: str, headline: str) -> str:
    text = "".join(f'<p class="mk-article__p">{headline}. Absatz {number} des Berichts.</p>' for number in range(1, 6))
    inner = f'<article class="mk-article"><h1 class="mk-article__head">{headline}</h1>{text}</article>'
    return _frame(domain, f"{headline} - Der Morgenkurier", ARTICLE, inner)


def _frame(domain: str, title: str, path: str, inner: str) -> str:
    sections = "".join(
        f'<li class="mk-nav__item"><a href="https://{domain}/{s}">{s}</a></li>' for s in ("politik", "sport", "kultur")
    )
    return (
        f'<!doctype html><html lang="de"><head><meta charset="utf-8"><title>{title}</title>'
        f'<link rel="canonical" href="https://{domain}{path}"><meta property="og:site_name" content="Der Morgenkurier">'
        f'<link rel="icon" href="https://{domain}/favicon.ico">'
        f'<link rel="stylesheet" href="https://{domain}/assets/mk.css">'
        f'</head><body class="mk-body"><header class="mk-head"><a class="mk-head__logo" href="https://{domain}/">'
        f'Der Morgenkurier</a><nav class="mk-nav"><ul>{sections}</ul></nav></header>'
        f'<main class="mk-main">{inner}</main>'
        f'<footer class="mk-foot"><a href="https://{domain}/impressum">Impressum</a></footer></body></html>'
    )
