"""A page's build, drawn by lot: how an outlet nests its elements and names its classes.

Real newsrooms differ in exactly this, and a clone copies it. So a ``Skin`` is drawn once per seed and then used for
every page of that outlet: two seeds give clearly different trees and class names, one seed gives the same for ever.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from service.lab.prose import dice

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping, Sequence

_SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "teaser": ("teaser", "card", "item", "story", "entry", "promo", "tile", "snippet"),
    "headline": ("headline", "title", "hed", "heading", "name", "head"),
    "kicker": ("kicker", "topline", "overline", "eyebrow", "tag", "label"),
    "summary": ("summary", "text", "dek", "intro", "standfirst", "excerpt", "lead"),
    "byline": ("byline", "author", "writer", "credit", "source"),
    "time": ("time", "date", "stamp", "published", "when"),
    "image": ("image", "media", "picture", "figure", "thumb", "visual"),
    "box": ("box", "wrap", "inner", "group", "row", "stack", "cell", "holder"),
    "region": ("region", "section", "module", "block", "zone", "band", "panel"),
    "grid": ("grid", "list", "stream", "columns", "rail", "deck"),
    "nav": ("nav", "navigation", "menu", "topics", "ressorts", "channels"),
    "header": ("header", "masthead", "top", "banner", "bar"),
    "footer": ("footer", "bottom", "base", "closing", "end"),
    "button": ("button", "btn", "action", "cta", "trigger"),
    "form": ("form", "signup", "subscribe", "mailing", "letterbox"),
    "body": ("body", "content", "copy", "textblock", "article-text", "prose"),
    "logo": ("logo", "brand", "wordmark", "home-link"),
    "ad": ("ad", "adslot", "sponsor", "promo-slot", "commercial"),
}
_UTILITIES = (
    *("flex", "grid", "mt-4", "px-2", "gap-8", "w-full", "text-lg", "bold", "hidden-s", "rounded", "border-b"),
    *("ink-70", "pb-16", "col-span-2", "block", "inline", "z-10", "shadow", "sticky", "truncate", "leading-6"),
)
_CONTAINERS = ("div", "section", "div", "span", "div", "figure", "hgroup", "dl", "ul", "aside", "header", "fieldset")
_LISTS = (("ul", "li"), ("ol", "li"), ("div", "div"), ("div", "span"), ("section", "p"), ("dl", "dd"), ("menu", "li"))
_ENDS = ("0", "1", "2", "3", "5", "8", "a", "c", "e", "k", "m", "q", "r", "t", "x", "z")
_DEEPEST = 3

_LEAF_TAGS: Mapping[str, tuple[str, ...]] = {
    "headline": ("h2", "h3", "h4", "strong", "div"),
    "image": ("figure", "picture", "div", "span"),
    "summary": ("p", "div", "blockquote", "span"),
    "kicker": ("span", "b", "em", "small", "mark"),
    "byline": ("span", "address", "cite", "i"),
    "time": ("time",),
}


class Skin:
    """One outlet's hand: what it returns follows from the seed and from what is asked for, in whatever order."""

    def __init__(self, *seed: str) -> None:
        self._seed = seed
        drawn = self._drawn("skin")
        self.prefix = "".join(drawn.choice("abcdefghijklmnoprstuvwz") for _ in range(drawn.randint(1, 4)))
        self.scheme = drawn.randrange(5)
        self._containers = tuple(drawn.sample(_CONTAINERS, 5))
        self._classes: dict[str, str] = {}
        self._components: dict[str, str] = {}

    def classes(self, part: str) -> str:
        """The value of the class attribute of a part; the same part always has the same classes."""
        if part not in self._classes:
            self._classes[part] = self._named(part)
        return self._classes[part]

    def opened(self, part: str, *tags: str) -> tuple[str, str]:
        """The start and end tag of a part, its element one of ``tags`` (default: the skin's own containers)."""
        tag = self._drawn("tag", part).choice(tags or self._containers)
        return f'<{tag} class="{self.classes(part)}">', f"</{tag}>"

    def boxed(self, part: str, pieces: Sequence[str]) -> str:
        """Pieces of markup, in their order, in a tree of containers drawn for this part."""
        return self._tree(part, list(pieces), 0, self._drawn("tree", part))

    def listed(self, part: str, entries: Sequence[str]) -> str:
        """A list of entries: which elements make it, and how deep each entry stands, is drawn for this part."""
        drawn = self._drawn("list", part)
        outer, inner = drawn.choice(_LISTS)
        depth, extra = drawn.randint(0, 2), drawn.choice(self._containers)
        before = f'<{inner} class="{self.classes(f"{part}.entry")}">' + f"<{extra}>" * depth
        after = f"</{extra}>" * depth + f"</{inner}>"
        lines = "\n".join(f"{before}{entry}{after}" for entry in entries)
        return f'<{outer} class="{self.classes(part)}">{lines}</{outer}>'

    def component(self, name: str, slots: Sequence[str]) -> str:
        """A template with ``{slot}`` in it for every slot's markup, their order and nesting drawn for this name."""
        if name not in self._components:
            drawn = self._drawn("component", name)
            leaves = [self._leaf(name, slot, drawn) for slot in drawn.sample(slots, len(slots))]
            start, end = self.opened(f"teaser.{name}", "div", "article", "li", "section", "div")
            self._components[name] = f"{start}{self._tree(name, leaves, 0, drawn)}{end}"
        return self._components[name]

    def _drawn(self, *what: str) -> random.Random:
        return dice("skin", *self._seed, *what)

    def _tree(self, part: str, pieces: list[str], depth: int, drawn: random.Random) -> str:
        if len(pieces) > 1 and depth < _DEEPEST:
            cut = drawn.randint(1, len(pieces) - 1)
            inner = "\n".join(self._tree(part, half, depth + 1, drawn) for half in (pieces[:cut], pieces[cut:]))
        else:
            inner = "\n".join(pieces)
        for level in range(drawn.choice((0, 1, 1, 2))):
            tag = drawn.choice(self._containers)
            inner = f'<{tag} class="{self.classes(f"box.{part}{depth}{level}")}">{inner}</{tag}>'
        return inner

    def _leaf(self, name: str, slot: str, drawn: random.Random) -> str:
        tag, css = drawn.choice(_LEAF_TAGS.get(slot, ("div",))), self.classes(f"{slot}.{name}")
        match slot:
            case "headline":
                link = '<a href="{url}">{headline}</a>'
                inner = drawn.choice((link, f"<span>{link}</span>", '<a href="{url}"><span>{headline}</span></a>'))
            case "image":
                inner = '<img src="{image}" alt="{alt}" loading="lazy" width="640" height="360">'
                inner = drawn.choice((inner, f"<div>{inner}</div>", '<a href="{url}">' + inner + "</a>"))
            case "time":
                return f'<time class="{css}" datetime="{{time}}">{{time}}</time>'
            case _:
                inner = f"{{{slot}}}"
        return f'<{tag} class="{css}">{inner}</{tag}>'

    def _named(self, part: str) -> str:
        drawn = self._drawn("class", part)
        word, _, rest = part.partition(".")
        name = drawn.choice(_SYNONYMS.get(word, (word,)))
        tail = "".join(drawn.choice(_ENDS) for _ in range(5))
        match self.scheme:
            case 0:
                own = f"{self.prefix}-{name}"
                return f"{own}__{rest}" if rest else f"{own} {own}--{tail[:2]}"
            case 1:
                return f"{name}_{tail}"
            case 2:
                return " ".join(f"{self.prefix}:{utility}" for utility in drawn.sample(_UTILITIES, drawn.randint(2, 4)))
            case 3:
                return f"{self.prefix}{name.title().replace('-', '')}{rest.title()}"
            case _:
                return f"css-{tail}{self.prefix} {self.prefix}{name}"


def filled(template: str, values: Mapping[str, str]) -> str:
    """A component's template with its slots filled; values are text and are escaped here."""
    return template.format_map({key: escape(value) for key, value in values.items()})
