"""Clones: an outlet's pages copied whole, links kept to the real outlet, the article replaced by a planted one.

This works on any HTML, the lab's own and that of a scenario's folders alike. It changes what the published clones
changed and nothing else: the story's headline and text, the title, and the links on the home page that lead there.
"""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from service.lab.pages_head import tracker_script
from service.lab.prose import Prose, dice, slug

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_LINK = re.compile(
    r"""(\s(?:href|src|action|poster)=)(["'])(?!#|data:|mailto:|javascript:|https?:)([^"']*)\2""", re.IGNORECASE
)
_TITLE = re.compile(r"(<title[^>]*>)(.*?)(</title>)", re.IGNORECASE | re.DOTALL)
_SHARED_TITLE = re.compile(r'(<meta property="og:title" content=")([^"]*)(">)')
_H1 = re.compile(r"(<h1\b[^>]*>)(.*?)(</h1>)", re.IGNORECASE | re.DOTALL)
_PARAGRAPH = re.compile(r"(<p\b[^>]*>)([^<]{40,})(</p>)", re.IGNORECASE)
_BODY = re.compile(r"<body\b[^>]*>", re.IGNORECASE)
_STORY_ENDS = ("</article>", "</main>", "</body>")
_ICON = re.compile(r'\n?<link rel="[^"]*icon[^"]*"[^>]*>', re.IGNORECASE)


class Story:
    """A planted story: one headline, and text for as many paragraphs as the page has room for."""

    def __init__(self, language: str, *seed: str) -> None:
        self._prose = Prose(language, "planted", *seed)
        self.headline = self._prose.fake_headline()

    def paragraph(self) -> str:
        """The next paragraph."""
        return self._prose.fake_paragraph(4)


def story_path(language: str, site: str, number: int) -> str:
    """Where a clone puts its story if nothing else says so."""
    headline = slug(Story(language, site, str(number)).headline) or "artikel"
    return f"/{dice('story-path', site, str(number)).choice(('artikel', 'a', 'news', 'story'))}/{headline}.html"


def cloned_home(html: str, source: str, stories: Sequence[tuple[str, str, str]]) -> str:
    """A copied home page. ``source`` is the URL that it was copied from.

    ``stories`` are (the real article's URL, the planted one's path, its headline): the links to the real article now
    lead to the planted one. Where the page has no such link, the headline is put in front of everything else.
    """
    copied = _absolute(html, source)
    for real, path, headline in stories:
        link = re.compile(rf"""(<a\b[^>]*\bhref=["']){re.escape(real)}(["'][^>]*>)([^<]*)""")
        copied, found = link.subn(_relinked(path, headline), copied)
        if not found:
            body = _BODY.search(copied)
            at = body.end() if body else 0
            copied = f'{copied[:at]}<p><a href="{escape(path)}">{escape(headline)}</a></p>{copied[at:]}'
    return copied


def cloned_article(html: str, source: str, story: Story, name: str) -> str:
    """A copied article with the planted story in it; ``name`` is the outlet's, for the title."""
    copied = _absolute(html, source)
    title = escape(f"{story.headline} - {name}")
    copied = _TITLE.sub(lambda match: match[1] + title + match[3], copied, count=1)
    copied = _SHARED_TITLE.sub(lambda match: match[1] + title + match[3], copied, count=1)
    begin, end = _story_span(copied)
    told = _PARAGRAPH.sub(lambda match: match[1] + escape(story.paragraph()) + match[3], copied[begin:end])
    told = _H1.sub(lambda match: match[1] + _retold(match[2], story.headline) + match[3], told, count=1)
    return copied[:begin] + told + copied[end:]


def with_icon(html: str, path: str | None) -> str:
    """``html`` with its icon links replaced by one to ``path``, or without any where that is None."""
    bare = _ICON.sub("", html)
    return bare if path is None else _in_head(bare, f'<link rel="icon" type="image/png" href="{escape(path)}">')


def with_trackers(html: str, identifiers: Sequence[str]) -> str:
    """``html`` with the snippets of further trackers at the end of its head."""
    return _in_head(html, "\n".join(tracker_script(identifier) for identifier in identifiers)) if identifiers else html


def _relinked(path: str, headline: str) -> Callable[[re.Match[str]], str]:
    def put(match: re.Match[str]) -> str:
        text = escape(headline) if match[3].strip() else match[3]
        return f"{match[1]}{escape(path)}{match[2]}{text}"

    return put


def _retold(headline: str, planted: str) -> str:
    """A headline's markup with the longest of its texts replaced."""
    pieces = re.split(r"(<[^>]*>)", headline)
    longest = max(range(0, len(pieces), 2), key=lambda at: len(pieces[at].strip()))
    pieces[longest] = escape(planted)
    return "".join(pieces)


def _absolute(html: str, source: str) -> str:
    return _LINK.sub(lambda match: f"{match[1]}{match[2]}{urljoin(source, match[3])}{match[2]}", html)


def _story_span(html: str) -> tuple[int, int]:
    """From the headline to the end of the element that holds the story; the whole page where it has no headline."""
    found = _H1.search(html)
    begin = found.start() if found else 0
    ends = (html.lower().find(mark, begin) for mark in _STORY_ENDS)
    return begin, next((end for end in ends if end >= 0), len(html))


def _in_head(html: str, markup: str) -> str:
    at = html.lower().find("</head>")
    return f"{markup}\n{html}" if at < 0 else f"{html[:at]}{markup}\n{html[at:]}"
