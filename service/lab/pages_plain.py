"""Pages without an owner's content: parking, a web server's default, suspended accounts, seizure and block banners."""

from __future__ import annotations

from html import escape

from service.lab.pages_innocent import language_of
from service.lab.prose import dice, slug, words_of


def plain_document(language: str, title: str, body: str, head: str = "") -> str:
    """A whole HTML document with nothing in it but these. All of them are markup and go in as they are."""
    basics = f'<meta charset="utf-8"><title>{title}</title>{head}'
    return f'<!DOCTYPE html>\n<html lang="{language}">\n<head>{basics}</head>\n<body>\n{body}\n</body>\n</html>\n'


def parking_page(name: str, parker: str) -> str:
    """The page of a parking service (its domain) for a name: for sale, with links that are paid for."""
    drawn = dice("parking", name)
    words = words_of(drawn.choice(("en", "en", language_of(name))))
    text, shown, search = words.parking, escape(name), f"https://{parker}/search?d={escape(name)}&amp;q="
    terms = drawn.sample(text["searches"], 5)
    links = "".join(f'<li><a href="{search}{slug(term)}">{escape(term)}</a></li>' for term in terms)
    offer = f'<a class="offer" href="https://{parker}/offer?domain={shown}">{text["offer"]}</a>'
    sale, related = text["sale"], text["related"]
    tops = (
        f'<div id="sale"><h1>{shown}</h1><p>{sale}</p>{offer}</div>',
        f'<div class="header"><b>{sale}: {shown}</b> {offer}</div>',
        f"<table><tr><td><h2>{shown}</h2></td><td>{offer}</td></tr></table>",
    )
    lists = (
        f'<div id="ads"><h2>{related}</h2><ul>{links}</ul></div>',
        f'<div class="rs"><h3>{related}</h3><ol>{links}</ol></div>',
        f'<h4>{related}</h4><ul class="kw">{links}</ul>',
    )
    body = f'{drawn.choice(tops)}{drawn.choice(lists)}<p class="disclaimer">{text["lead"]}</p>'
    script = f'<script src="https://img.{parker}/js/caf.js"></script>'
    return plain_document(words.language, f"{shown} - {sale}", body, script)


def default_page(name: str) -> str:
    """What one of two web servers shows before anybody set it up."""
    if dice("default", name).choice((True, False)):
        text = "<p>The web server is installed and works. It awaits its configuration.</p>"
        link = '<p>Documentation is at <a href="http://nginx.org/">nginx.org</a>.</p>'
        return plain_document("en", "Welcome to nginx!", f"<h1>Welcome to nginx!</h1>{text}{link}")
    text = "<p>It works! This page shows that the server is installed.</p>"
    link = "<p>Replace <code>/var/www/html/index.html</code> before you go on.</p>"
    return plain_document("en", "Apache2 Default Page: It works", f"<h1>Apache2 Default Page</h1>{text}{link}")


def suspended_page(name: str) -> str:
    """What a hosting company shows for a customer whom it shut off."""
    text = f"<h1>Account Suspended</h1><p>This account has been suspended. {escape(name)} is not available.</p>"
    return plain_document(
        "en", "Account Suspended", f"{text}<p>Contact your hosting provider for more information.</p>"
    )


def seizure_page(name: str, authority: str) -> str:
    """The banner of an authority that took a name over."""
    told = f"<p>{escape(name)} has been seized by {escape(authority)} under a court order.</p>"
    banner = "<h1>THIS DOMAIN HAS BEEN SEIZED</h1><h2>Diese Domain wurde beschlagnahmt</h2>"
    return plain_document("en", "This domain has been seized", banner + told)


def block_page(provider: str) -> str:
    """Where an access provider's resolver sends those who ask for a name that it was ordered to block."""
    who = escape(provider)
    text = "<p>Der Zugang zu dieser Seite ist auf Anordnung gesperrt. Access to this website is blocked by order.</p>"
    return plain_document("de", f"Seite gesperrt - {who}", f"<h1>Diese Seite ist gesperrt</h1>{text}<p>{who}</p>")
