"""Generates the names that a lookalike of an outlet could have: lazily, in an order that can be cut and resumed."""

from __future__ import annotations

import hashlib
from functools import cache, partial
from importlib.resources import files
from itertools import chain, repeat
from typing import TYPE_CHECKING, Final, NamedTuple

from service.core.names import name as names
from service.core.names import suffixes
from service.core.names.permutations import variants
from service.core.names.readings import Seen
from service.core.names.resemblance import whole_name
from service.core.states import Technique, Tier

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from service.core.model import Outlet
    from service.core.names.permutations.variants import Variant
    from service.core.names.watchlist import WatchList


class Candidate(NamedTuple):
    """A name worth asking DNS for. ``label`` and ``suffix`` are its parts; a label with dots is a host below a name.

    ``technique`` is how it resembles the label of the outlet that it was made from. The matcher weighs all labels and
    names another one for about one candidate in five hundred (theguardian-24 is 24 beside guardian).
    """

    name: str
    technique: Technique
    label: str
    suffix: str


def suffixes_of(outlet: Outlet, tier: Tier, campaign_suffixes: Sequence[str] | None = None) -> tuple[str, ...]:
    """Return the suffixes that a tier covers for an outlet, in the order in which ``candidates`` goes through them.

    ``campaign_suffixes`` replaces the packaged list in the tier ``edits``; the outlet's own suffixes come first there.
    """
    if tier is not Tier.EDITS:
        return suffixes.sweepable()
    own = (names.split(domain)[1] for domain in outlet.confirmed_domains)
    return tuple(dict.fromkeys((*own, *(suffixes.campaign() if campaign_suffixes is None else campaign_suffixes))))


def candidates(
    outlet: Outlet,
    tier: Tier,
    watchlist: WatchList,
    campaign_suffixes: Sequence[str] | None = None,
    *,
    start: int = 0,
    stop: int | None = None,
) -> Iterator[Candidate]:
    """Yield the names of a tier, each once, suffix by suffix; ``start`` and ``stop`` are positions in ``suffixes_of``.

    ``exact`` has every label of the outlet; ``edits`` and ``full`` also what every family makes of its main ones. Own
    names of any outlet and allowed ones are left out. ``siblings`` has a function of its own. The outlet need not be on
    the list.
    """
    watchlist = watchlist.including(outlet)
    made = _variants(outlet, tier, watchlist)
    own_suffixes = frozenset(names.split(domain)[1] for domain in outlet.confirmed_domains)
    by_kind = {(own, deep): _under(made, own=own, deep=deep) for own in (False, True) for deep in (False, True)}
    parts = frozenset(part for variant in made for part in _text_and_parents(variant.text))
    for suffix in suffixes_of(outlet, tier, campaign_suffixes)[start:stop]:
        if not watchlist.is_allowed(suffix):
            texts, techniques = by_kind[suffix in own_suffixes, "." in suffix]
            barred = parts & (watchlist.innocent_under(suffix) | suffixes.suffixes_below(suffix))
            if barred:
                kept = [place for place, text in enumerate(texts) if barred.isdisjoint(_text_and_parents(text))]
                texts, techniques = [texts[place] for place in kept], [techniques[place] for place in kept]
            tail = f".{suffix}"
            yield from map(_candidate, zip([text + tail for text in texts], techniques, texts, repeat(suffix)))


def count(outlet: Outlet, tier: Tier, watchlist: WatchList, campaign_suffixes: Sequence[str] | None = None) -> int:
    """Return about how many names ``candidates`` yields, for progress: what it leaves out is counted too."""
    made = _variants(outlet, tier, watchlist)
    own_suffixes = {names.split(domain)[1] for domain in outlet.confirmed_domains}
    covered = suffixes_of(outlet, tier, campaign_suffixes)
    own = sum(suffix in own_suffixes for suffix in covered)
    return own * sum(v.own is not None for v in made) + (len(covered) - own) * sum(v.foreign is not None for v in made)


def coverage_version(
    outlet: Outlet, tier: Tier, watchlist: WatchList, campaign_suffixes: Sequence[str] | None = None
) -> str:
    """Return ``generator_version`` with a hash of what ``candidates`` would make of these inputs.

    Sweeps of equal versions ask for the same names in the same order: only then is a position good in the other, and
    a name that was not found in the one was absent. A label, suffix, own or allowed name more or less changes it.
    """
    watchlist = watchlist.including(outlet)
    made = _variants(outlet, tier, watchlist)
    parts = frozenset(part for variant in made for part in _text_and_parents(variant.text))
    digest = hashlib.sha256(repr([(v.text, v.own, v.foreign) for v in made]).encode())
    for suffix in suffixes_of(outlet, tier, campaign_suffixes):
        barred = parts & watchlist.innocent_under(suffix)
        digest.update(f"{suffix} {watchlist.is_allowed(suffix)} {sorted(barred)}\n".encode())
    return f"{generator_version()}-{digest.hexdigest()[:12]}"


def siblings(label: str, outlet: Outlet, watchlist: WatchList) -> Iterator[Candidate]:
    """Yield one label, that of a confirmed impersonation of ``outlet``, under every suffix.

    The technique is ``unrelated`` where the label itself does not resemble the outlet (it was found by its content).
    """
    watchlist = watchlist.including(outlet)
    own_labels = watchlist.labels_for(outlet)
    seen = Seen.of(label)
    for suffix in suffixes.sweepable():
        name = f"{label}.{suffix}"
        if not watchlist.is_innocent(name) and label not in suffixes.suffixes_below(suffix):
            found = [match for match in (whole_name(own, seen, suffix) for own in own_labels) if match is not None]
            best = max(found, key=lambda match: match.score, default=None)
            yield Candidate(name, best.technique if best else Technique.UNRELATED, label, suffix)


@cache
def generator_version() -> str:
    """Return a short hash over rules and tables: sweeps of different versions may cover different names."""
    digest = hashlib.sha256(suffixes.digest_material().encode())
    for folder in _RULES:
        for entry in sorted(files(folder).iterdir(), key=lambda entry: entry.name):
            if entry.name.endswith((".py", ".txt")):
                digest.update(entry.read_bytes())
    return digest.hexdigest()[:12]


_RULES: Final = ("service.core.names", "service.core.names.permutations")


def _variants(outlet: Outlet, tier: Tier, watchlist: WatchList) -> list[Variant]:
    if tier is Tier.SIBLINGS:
        raise ValueError("siblings are generated from a label: call siblings()")
    labels = watchlist.labels_for(outlet)
    wide = [label for label in labels if not label.derived] if tier is not Tier.EXACT else []
    made = chain(map(variants.exact, labels), (variants.all_of(outlet, label) for label in wide))
    found: dict[str, Variant] = {}
    for variant in chain.from_iterable(made):
        found.setdefault(variant.text, variant)
    return list(found.values())


def _under(made: list[Variant], *, own: bool, deep: bool) -> tuple[list[str], list[Technique]]:
    """Return the texts for suffixes that are the outlet's own or not, deep or not, and their techniques."""
    swap = Technique.SLD_SUFFIX if deep else Technique.TLD_SWAP
    texts, techniques = [], []
    for variant in made:
        technique = variant.own if own else variant.foreign
        if technique is not None:
            texts.append(variant.text)
            techniques.append(swap if technique is Technique.TLD_SWAP else technique)
    return texts, techniques


def _text_and_parents(text: str) -> Iterator[str]:
    while text:
        yield text
        text = text.partition(".")[2]


_candidate: Final = partial(tuple.__new__, Candidate)
"""Candidate's own constructor is written in Python and takes twice as long; millions are made."""
