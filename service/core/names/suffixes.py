"""Public suffixes: where a registrable name begins, and under which of them names are generated.

The Public Suffix List comes with the package ``publicsuffixlist``. Tables beside this module say what it does not:
``brand_tlds.txt`` (top-level domains that only their owner uses), ``registry_suffixes.txt`` (private suffixes run like
a registry), ``second_levels.txt`` (what is sold below country codes), ``campaign_suffixes.txt`` (what campaigns used).
Suffixes are A-labels in lower case.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import TYPE_CHECKING, Final

import idna

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SPECIAL_USE: Final = ("example", "test")
"""Top-level domains that nobody can register, used by documents and closed networks (RFC 2606 2, RFC 6761)."""

_CLOSED_TLDS: Final = frozenset(("arpa", "edu", "gov", "mil", "int", "aero", "coop", "museum", "post"))
"""Infrastructure (RFC 3172), and sponsored domains that only vetted members get."""

_CITY_COUNTRIES: Final = frozenset(("jp", "no", "it", "us"))
"""Country codes whose second level is mostly places, for residents and municipalities only."""

_SOLD_IN_CITY_COUNTRIES: Final = frozenset(("co", "or", "ne"))

_CITIES_OPEN: Final = frozenset(("ua", "pl", "vn"))
"""Country codes whose place names are sold to anybody, as com.ua is (kiev.ua was used in a campaign)."""

_RESTRICTED: Final = frozenset(("ac", "edu", "gmina", "gov", "health", "mil", "powiat"))


def _without_comments(lines: Iterable[str], mark: str) -> Iterator[str]:
    return (line.strip() for line in lines if line.strip() and not line.startswith(mark))


def _table(name: str) -> dict[str, str]:
    """A packaged table: a word and a note a line; comments begin with #."""
    lines = files(__package__).joinpath(name).read_text("utf-8").splitlines()
    rows = (line.partition(" ") for line in _without_comments(lines, "#"))
    return {word: note.strip() for word, _, note in rows}


REGISTRY_LIKE: Final = frozenset(_table("registry_suffixes.txt"))
"""Private suffixes under which anybody buys a name as from a registry; ``registry_suffixes.txt`` says from whom."""


@dataclass(frozen=True)
class _Rules:
    """One part of the list: names that are suffixes, parents whose every child is one, and the exceptions to those."""

    exact: frozenset[str]
    parents: frozenset[str]
    exceptions: frozenset[str]

    @cached_property
    def deep(self) -> frozenset[str]:
        """Last two labels of every rule that has two or more: a host that ends otherwise has a suffix of one."""
        rules = self.exact | self.parents | self.exceptions
        return frozenset(".".join(rule.rsplit(".", 2)[-2:]) for rule in rules if "." in rule)


def public_suffix(host: str) -> str | None:
    """Return the longest public suffix that ``host`` ends in, None where its top-level domain is not in the list.

    The rules are those of https://publicsuffix.org/list/ (longest match, ``*`` for any one label, ``!`` for exceptions)
    without the last one: an unknown top-level domain is not taken for a suffix.
    """
    rules = _known()
    dot = host.rfind(".")
    last = host[dot + 1 :]
    second = host.rfind(".", 0, max(dot, 0))
    if last not in rules.parents and host[second + 1 :] not in rules.deep:
        return last if last in rules.exact else None
    return _longest(host, rules)


def may_be_below_deep(tail: str) -> bool:
    """Whether a host that ends in ``tail``, two labels, may have a public suffix of more than one label."""
    rules = _known()
    return tail in rules.deep or tail[tail.find(".") + 1 :] in rules.parents


def _longest(host: str, rules: _Rules) -> str | None:
    tail = host
    while tail:
        rest = tail.partition(".")[2]
        if tail in rules.exact or rest in rules.parents:
            return rest if tail in rules.exceptions else tail
        tail = rest
    return None


def icann() -> frozenset[str]:
    """The suffixes of the list's ICANN part, wildcards' parents not among them."""
    return _parts()[0].exact


@cache
def sweepable() -> tuple[str, ...]:
    """Every suffix under which the public can register: the list's ICANN part, and private ones run like a registry.

    In a stable order, top-level domains first. Left out: brands' own, closed and restricted ones, places on the second
    level but where they are sold to anybody.
    """
    public, private = _parts()
    closed = _CLOSED_TLDS | _table("brand_tlds.txt").keys()
    taken = {suffix for suffix in public.exact if _is_open(suffix, closed)}
    return tuple(sorted(taken | (private.exact & REGISTRY_LIKE), key=lambda suffix: (suffix.count("."), suffix)))


@cache
def campaign() -> tuple[str, ...]:
    """Suffixes that published campaigns used, most used first; each has its source in ``campaign_suffixes.txt``."""
    return tuple(_table("campaign_suffixes.txt"))


def suffixes_below(suffix: str) -> frozenset[str]:
    """Return what stands before ``suffix`` in longer public suffixes (co for uk): nobody can register those."""
    return _below().get(suffix, frozenset())


def is_platform(suffix: str) -> bool:
    """Whether names under ``suffix`` are handed out by a hosting service rather than registered."""
    public, private = _parts()
    if suffix in public.exact or suffix in REGISTRY_LIKE:
        return False
    return suffix in private.exact or suffix.partition(".")[2] in private.parents


def digest_material() -> str:
    """Everything here that a sweep depends on, as text to be hashed into the generator's version."""
    return "\n".join((*sweepable(), "", *campaign()))


def _is_open(suffix: str, closed: frozenset[str]) -> bool:
    first, _, rest = suffix.partition(".")
    if not rest:
        return suffix not in closed
    if "." in rest or rest in closed:
        return False
    if rest in _CITY_COUNTRIES:
        return first in _SOLD_IN_CITY_COUNTRIES
    return first in _second_levels() or (rest in _CITIES_OPEN and first not in _RESTRICTED)


@cache
def _below() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for rule in _known().exact:
        first, _, rest = rule.partition(".")
        found.setdefault(rest, set()).add(first)
    return {suffix: frozenset(labels) for suffix, labels in found.items()}


@cache
def _second_levels() -> frozenset[str]:
    return frozenset(_table("second_levels.txt"))


@cache
def _known() -> _Rules:
    public, private = _parts()
    parents = public.parents | private.parents
    exact = public.exact | private.exact | parents | frozenset(SPECIAL_USE)
    return _Rules(exact, parents, public.exceptions | private.exceptions)


@cache
def _parts() -> tuple[_Rules, _Rules]:
    """The list's ICANN and private parts."""
    text = files("publicsuffixlist").joinpath("public_suffix_list.dat").read_text("utf-8")
    public, _, private = text.partition("===BEGIN PRIVATE DOMAINS===")
    return _rules(public.splitlines()), _rules(private.splitlines())


def _rules(lines: Iterable[str]) -> _Rules:
    rules = [line.split()[0] for line in _without_comments(lines, "//")]
    return _Rules(
        exact=frozenset(_ascii(rule) for rule in rules if not rule.startswith(("*.", "!"))),
        parents=frozenset(_ascii(rule[2:]) for rule in rules if rule.startswith("*.")),
        exceptions=frozenset(_ascii(rule[1:]) for rule in rules if rule.startswith("!")),
    )


def _ascii(rule: str) -> str:
    return rule if rule.isascii() else idna.encode(rule, uts46=True).decode("ascii")
