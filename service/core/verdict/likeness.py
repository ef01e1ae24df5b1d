"""Measures between one page and what the outlets' real pages look like, each with its evidence in words.

A measure is a value from 0 to 1 that only rises with what the page holds. ``BaselineIndex`` is built once per change of
the baselines and then compares a page with every outlet at once.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median
from urllib.parse import urlsplit

from service.core.facts.page import FetchedPage, PageFacts
from service.core.facts.picture import UNLIKE, distance
from service.core.facts.shingles import hash64
from service.core.model import Baseline, Outlet
from service.core.verdict import asset_hosts, brand, marks
from service.core.verdict.features import FeatureIndex, Overlaps, hashes
from service.core.verdict.lists import within
from service.core.verdict.url_shape import url_shape

SHINGLE_CAP = 1000
"""Size at which the parser cuts sets of skeleton shingles."""

ENOUGH_FEATURES = 40
"""Features of a baseline under which its likeness counts in proportion: on tiny pages a few equal ones are chance."""

ENOUGH_TEXT = 60
"""Copied runs of five words that count in full: about two paragraphs."""

LINKS_SHARE = 0.4
"""Share of the links on the outlet's own pages from which links to it count in full; clones often keep nearly all."""

FEWEST_LINKS = 10
"""Fewest links to the outlet that count in full; a page that cites it has two or three."""

LEARNT_HOST = 0.4
"""What assets from such a host count beside those from the outlet's own domains: a whole group may use it."""

ALIKE_ICONS = 4
"""Bits out of 64 up to which two icons' difference hashes are one drawing: icons have less in them than pictures."""

REDRAWN = 0.4
"""What such an icon counts, below the bound of a tie: two letters in squares are alike as well."""

MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Measure:
    """How much of something the page shows, 0 to 1, and what was seen."""

    value: float
    evidence: str


Measures = Mapping[str, Measure]
"""Measures by the name of the weight that they count with; what was not seen is absent."""

NOTHING = Measure(0.0, "")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Shape:
    """What is compared of one outlet besides its rows of features."""

    outlet: Outlet
    brand: brand.Brand
    asset_hosts: frozenset[str]
    identifiers: frozenset[str]
    accounts: frozenset[str]
    favicons: frozenset[str]
    icon_hashes: frozenset[str]
    url_shapes: frozenset[str]
    usual_links: float


class BaselineIndex:
    """All outlets' baselines, ready to be compared with a page. Build with ``BaselineIndex.build``."""

    def __init__(self, outlets: Sequence[Outlet], baselines: Sequence[Baseline]) -> None:
        number = {outlet.id: i for i, outlet in enumerate(outlets)}
        self.outlets = {outlet.id: outlet for outlet in outlets}
        self._number = number
        self._own = {domain: outlet.id for outlet in outlets for domain in outlet.confirmed_domains}
        self._baselines = tuple(baseline for baseline in baselines if baseline.outlet in number)
        owners = [number[baseline.outlet] for baseline in self._baselines]
        pages = [baseline.page for baseline in self._baselines]
        self._rows_of: dict[str, list[int]] = defaultdict(list)
        for row, baseline in enumerate(self._baselines):
            self._rows_of[baseline.outlet].append(row)
        self.structure = FeatureIndex([page.shingles for page in pages], owners, SHINGLE_CAP)
        self.classes = FeatureIndex([_strings(_telling(page.classes)) for page in pages], owners, 0)
        self.paths = FeatureIndex([_strings(page.asset_paths) for page in pages], owners, 0)
        texts: list[set[int]] = [set() for _ in outlets]
        for owner, page in zip(owners, pages, strict=True):
            texts[owner] |= page.text_shingles
        self._texts = FeatureIndex(texts, range(len(outlets)), 0)
        everybodys = brand.shared_names([pages[row] for row in self.rows_of(outlet.id)] for outlet in outlets)
        self._shapes = {outlet.id: self._shape(outlet, everybodys) for outlet in outlets}
        self._keep_rare()
        self._by_name: dict[str, list[str]] = defaultdict(list)
        self._by_identifier: dict[str, str] = {}
        for name, shape in self._shapes.items():
            self._by_identifier.update(dict.fromkeys(shape.identifiers | shape.accounts, name))
            for whole in shape.brand.whole | shape.brand.labels:
                self._by_name[whole].append(name)

    @classmethod
    def build(cls, outlets: Sequence[Outlet], baselines: Sequence[Baseline]) -> BaselineIndex:
        """An index of these; baselines of outlets that are not given are left out."""
        return cls(tuple(outlets), tuple(baselines))

    def compare(self, fetched: FetchedPage, page: PageFacts) -> Comparison:
        """The page's overlap with every baseline, from which ``Comparison.measures`` are read per outlet."""
        return Comparison(
            index=self,
            fetched=fetched,
            page=page,
            led=self._led(page),
            structure=self.structure.overlaps(hashes(page.shingles)),
            classes=self.classes.overlaps(hashes(_strings(_telling(page.classes)))),
            paths=self.paths.overlaps(hashes(_strings(page.asset_paths))),
            texts=self._texts.overlaps(hashes(page.text_shingles)),
        )

    def form_of_owners(self, structure: Overlaps, classes: Overlaps) -> list[float]:
        """By outlet's number: how much of its nearest baselines' structure and class names there is, 0 to 2."""
        count = len(self.outlets)
        both = self.structure.best_of_owners(structure, count) + self.classes.best_of_owners(classes, count)
        return [float(value) for value in both]

    def named_by(self, page: PageFacts) -> list[str]:
        """Outlets that the page names, by addresses, masthead or identifiers; one that it names twice, twice."""
        urls = filter(None, (self._owner_of(_host(url)) for url in (page.canonical, page.og_url)))
        names = (outlet for name in brand.mastheads(page) for outlet in self._by_name.get(name, ()))
        carried = filter(None, map(self._by_identifier.get, page.identifiers | page.accounts))
        return [*urls, *names, *carried]

    def rows_of(self, outlet: str) -> Sequence[int]:
        """Numbers of the outlet's baselines among all."""
        return self._rows_of.get(outlet, ())

    def number_of(self, outlet: str) -> int:
        """The outlet's number among all."""
        return self._number[outlet]

    def baseline(self, row: int) -> Baseline:
        """One baseline."""
        return self._baselines[row]

    def shape_of(self, outlet: str) -> _Shape:
        """What is compared of one outlet besides its rows."""
        return self._shapes[outlet]

    def _shape(self, outlet: Outlet, everybodys: frozenset[str]) -> _Shape:
        own = [self._baselines[row] for row in self.rows_of(outlet.id)]
        pages = [baseline.page for baseline in own]
        urls = [url for baseline in own for url in (baseline.url, *baseline.page.article_links)]
        return _Shape(
            outlet=outlet,
            brand=brand.brand_of(outlet, pages, everybodys),
            asset_hosts=asset_hosts.of(pages),
            identifiers=frozenset().union(*(page.identifiers for page in pages)),
            accounts=frozenset().union(*(page.accounts for page in pages)),
            favicons=frozenset(baseline.favicon_sha256 for baseline in own if baseline.favicon_sha256),
            icon_hashes=frozenset(baseline.favicon_dhash for baseline in own if baseline.favicon_dhash),
            url_shapes=frozenset(filter(None, map(url_shape, urls))),
            usual_links=median([_own_links(page, outlet) for page in pages]) if pages else 0.0,
        )

    def _led(self, page: PageFacts) -> Counter[str]:
        """How many links lead to each outlet's own domains."""
        led: Counter[str] = Counter()
        for host, count in page.links.items():
            outlet = self._owner_of(host)
            if outlet is not None:
                led[outlet] += count
        return led

    def _owner_of(self, host: str) -> str | None:
        """The outlet that a host belongs to: its domain or one above it is confirmed."""
        labels = host.split(".")
        parents = (".".join(labels[i:]) for i in range(len(labels)))
        return next((self._own[parent] for parent in parents if parent in self._own), None)

    def _keep_rare(self) -> None:
        """Drop identifiers, accounts, icons and asset hosts of several outlets: they tie a page to none of them."""
        shapes = self._shapes.values()
        identifiers = _only_once(shape.identifiers for shape in shapes)
        accounts = _only_once(shape.accounts for shape in shapes)
        favicons = _only_once(shape.favicons for shape in shapes)
        icon_hashes = _only_once(shape.icon_hashes for shape in shapes)
        hosts = _only_once(shape.asset_hosts for shape in shapes)
        for outlet, shape in self._shapes.items():
            self._shapes[outlet] = replace(
                shape,
                identifiers=shape.identifiers & identifiers,
                accounts=shape.accounts & accounts,
                favicons=shape.favicons & favicons,
                icon_hashes=shape.icon_hashes & icon_hashes,
                asset_hosts=shape.asset_hosts & hosts,
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """One page beside all baselines."""

    index: BaselineIndex
    fetched: FetchedPage
    page: PageFacts
    led: Mapping[str, int]
    structure: Overlaps
    classes: Overlaps
    paths: Overlaps
    texts: Overlaps

    def nearest(self, most: int) -> list[str]:
        """Ids of the outlets that this page could be a copy of by content alone, nearest first, at most ``most``."""
        votes = self.index.form_of_owners(self.structure, self.classes)
        for outlet, count in self.led.items():
            votes[self.index.number_of(outlet)] += self._links_value(self.index.shape_of(outlet), count)
        for outlet in self.index.named_by(self.page):
            votes[self.index.number_of(outlet)] += 1.0
        near = sorted(self.index.outlets, key=lambda outlet: -votes[self.index.number_of(outlet)])[:most]
        return [outlet for outlet in near if votes[self.index.number_of(outlet)] > 0]

    def measures(self, outlet: str) -> Measures:
        """Everything measured between the page and one outlet; what was not seen is left out."""
        shape = self.index.shape_of(outlet)
        found = {
            "structure": self._form(outlet, self.index.structure, self.structure, "structural features"),
            "classes": self._form(outlet, self.index.classes, self.classes, "class names"),
            "asset_paths": self._form(outlet, self.index.paths, self.paths, "paths of images, scripts and styles"),
            "text": self._text(outlet),
            "links": self._links(shape),
            "asset_hosts": self._assets(shape),
            "canonical": _canonical(self.page, shape),
            "brand": Measure(*brand.likeness(self.page, shape.brand)),
            "favicon": _favicon(self.fetched, self.page, shape),
            "identifiers": Measure(*marks.copied(self.page, shape.outlet, shape.identifiers, shape.accounts)),
            "foreign_identifiers": Measure(*marks.foreign(self.page, shape.identifiers)),
            "frame": _frame(self.page, shape),
            "language": _language(self.page, shape.outlet),
            "url_shape": _url_shape(self.fetched, shape),
        }
        return {name: measure for name, measure in found.items() if measure.value > 0}

    def _form(self, outlet: str, features: FeatureIndex, overlaps: Overlaps, what: str) -> Measure:
        rows = self.index.rows_of(outlet)
        best = max(rows, key=lambda row: (overlaps.share[row], self.index.baseline(row).taken_at), default=None)
        if best is None or overlaps.share[best] <= 0:
            return NOTHING
        size, share = int(overlaps.size[best]), float(overlaps.share[best])
        value = share * min(1.0, features.size(best) / ENOUGH_FEATURES)
        said = _baseline_words(self.index.baseline(best), self.index.outlets[outlet])
        counts = f"{int(overlaps.common[best])} of {size}"
        return Measure(value, f"{counts} {what} of {said} are in this page ({share:.0%} when weighted by rarity)")

    def _text(self, outlet: str) -> Measure:
        number = self.index.number_of(outlet)
        copied, weighted = int(self.texts.common[number]), float(self.texts.weighted[number])
        if not copied:
            return NOTHING
        total = len(self.page.text_shingles)
        shown = f"{copied} of the page's {total} runs of five words stand in the outlet's own pages"
        return Measure(min(1.0, weighted / ENOUGH_TEXT), shown)

    def _links(self, shape: _Shape) -> Measure:
        led = self.led.get(shape.outlet.id, 0)
        if not led:
            return NOTHING
        total = sum(self.page.links.values())
        return Measure(self._links_value(shape, led), f"{led} of {total} links lead to {shape.outlet.domain}")

    def _links_value(self, shape: _Shape, led: int) -> float:
        return min(1.0, led / max(FEWEST_LINKS, LINKS_SHARE * shape.usual_links))

    def _assets(self, shape: _Shape) -> Measure:
        own = shape.outlet.confirmed_domains
        loaded = {host: n for host, n in self.page.assets.items() if host and within(host, own)}
        learnt = {host: n for host, n in self.page.assets.items() if host in shape.asset_hosts and host not in loaded}
        if not loaded and not learnt:
            return NOTHING
        value = max(asset_hosts.enough(loaded), LEARNT_HOST * asset_hosts.enough(learnt))
        hosts = ", ".join(sorted(loaded | learnt)[:3])
        return Measure(value, f"{sum((loaded | learnt).values())} images, scripts or styles come from {hosts}")


def _only_once(sets: Iterable[frozenset[str]]) -> frozenset[str]:
    owned = Counter(value for values in sets for value in values)
    return frozenset(value for value, owners in owned.items() if owners == 1)


def _strings(texts: Iterable[str]) -> list[int]:
    return [hash64(text) for text in texts]


def _telling(classes: Iterable[str]) -> list[str]:
    """Class names long enough to be somebody's own; ``p-4`` and ``row`` are everybody's."""
    shortest = 5
    return [name for name in classes if len(name) >= shortest]


def _own_links(page: PageFacts, outlet: Outlet) -> int:
    return sum(n for host, n in page.links.items() if not host or within(host, outlet.confirmed_domains))


def _canonical(page: PageFacts, shape: _Shape) -> Measure:
    for field, url, value in (("canonical address", page.canonical, 1.0), ("og:url", page.og_url, 0.8)):
        if within(_host(url), shape.outlet.confirmed_domains):
            return Measure(value, f"its {field} is {_cut(url)}")
    return NOTHING


def _favicon(fetched: FetchedPage, page: PageFacts, shape: _Shape) -> Measure:
    if fetched.favicon_sha256 and fetched.favicon_sha256 in shape.favicons:
        return Measure(1.0, f"its icon is that of {shape.outlet.domain}, byte for byte")
    host = _host(page.favicon_url)
    own = within(host, shape.outlet.confirmed_domains)
    if own or host in shape.asset_hosts:
        return Measure(1.0 if own else LEARNT_HOST, f"its icon is loaded from {host}")
    drawn = (distance(fetched.favicon_dhash, kept) for kept in shape.icon_hashes if fetched.favicon_dhash)
    if min(drawn, default=UNLIKE) > ALIKE_ICONS:
        return NOTHING
    return Measure(REDRAWN, f"its icon is that of {shape.outlet.domain} in another size or format")


def _frame(page: PageFacts, shape: _Shape) -> Measure:
    framed = next((f for f in page.iframes if within(_host(f) or f, shape.outlet.confirmed_domains)), None)
    return Measure(1.0, f"it shows {_cut(framed)} in a frame") if framed else NOTHING


def _language(page: PageFacts, outlet: Outlet) -> Measure:
    spoken = page.language.casefold().partition("-")[0]
    if not spoken or spoken not in {language.casefold().partition("-")[0] for language in outlet.languages}:
        return NOTHING
    return Measure(1.0, f"its language is the outlet's ({spoken})")


def _url_shape(fetched: FetchedPage, shape: _Shape) -> Measure:
    if url_shape(fetched.final_url) not in shape.url_shapes:
        return NOTHING
    return Measure(1.0, f"its address {_cut(fetched.final_url)} is formed as those of the outlet's articles")


def _baseline_words(baseline: Baseline, outlet: Outlet) -> str:
    kinds = {"home": "home page", "article": "article page", "archived": "archived page"}
    taken = f"{baseline.taken_at.day} {MONTHS[baseline.taken_at.month - 1]} {baseline.taken_at.year}"
    return f"{outlet.domain}'s {kinds.get(baseline.kind, 'page')} of {taken}"


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return ""


def _cut(text: str, longest: int = 80) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"
