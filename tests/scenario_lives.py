"""Scenarios made in code, in which every kind of event happens to outlets that no shipped scenario has.

``lives(number)`` is the file and what is true of it, as anybody would work it out from the file alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count


@dataclass(frozen=True)
class Outlet:
    """An outlet of a made scenario, with the label that its spoofs use."""

    id: str
    name: str
    domain: str
    country: str
    language: str

    @property
    def label(self) -> str:
        return self.domain.split(".", 1)[0]


WATCHED = (
    (
        Outlet("morgenlicht", "Morgenlicht am Sonntag", "morgenlicht.de", "DE", "de"),
        Outlet("lagazzella", "La Gazzella", "lagazzella.it", "IT", "it"),
    ),
    (
        Outlet("northernledger", "The Northern Ledger", "northernledger.co.uk", "GB", "en"),
        Outlet("levigneron", "Le Vigneron", "levigneron.fr", "FR", "fr"),
    ),
    (
        Outlet("donauwacht", "Donauwacht", "donauwacht.at", "AT", "de"),
        Outlet("elfaronuevo", "El Faro Nuevo", "elfaronuevo.es", "ES", "es"),
    ),
)
BEGINS = (date(2021, 3, 1), date(2024, 2, 20), date(2019, 10, 20))
DAYS = 34
SUFFIXES = ("live", "ltd", "today", "top", "icu", "click", "space", "site", "online", "press", "vip", "cam")


@dataclass
class Truth:
    """What a perfect monitor would count, as ``spoofwatch replay --json`` counts it."""

    blocks: int = 0
    down_after_block: set[str] = field(default_factory=set)
    down: set[str] = field(default_factory=set)
    resurfaced: set[str] = field(default_factory=set)
    reregistered: set[str] = field(default_factory=set)
    moved: set[str] = field(default_factory=set)
    successors: dict[str, str] = field(default_factory=dict)
    days_to_first_successor: int | None = None


@dataclass
class Made:
    """A scenario file and its truth."""

    text: str
    truth: Truth


class Writer:
    """Writes sites one after the other; names and days differ from scenario to scenario."""

    def __init__(self, number: int) -> None:
        self.number, self.truth = number, Truth()
        self.outlets, self.begin = WATCHED[number], BEGINS[number]
        self.end = self.begin + timedelta(days=DAYS)
        self.parts = [self._head()]
        self._names = self._free_names()
        self._networks = count(10)

    def day(self, days: int) -> date:
        return self.begin + timedelta(days=days)

    def address(self) -> str:
        return f"198.51.100.{next(self._networks)}"

    def site(self, days: int, *lines: str, serves: str = "clone", name: str | None = None, outlet: int = 0) -> str:
        """A site that is registered on a day of the scenario; its name."""
        host = name or next(self._names)
        who = self.outlets[1 if name is None and self.outlets[1].label in host else outlet]
        self.parts.append(
            f'[[site]]\nname = "{host}"\noutlet = "{who.id}"\ntruth = "impersonation"\nregistered = {self.day(days)}\n'
            f'serves = "{serves}"\n' + "".join(f"{line}\n" for line in lines)
        )
        return host

    def event(self, days: int, kind: str, *lines: str) -> None:
        self.parts.append(
            f'[[site.event]]\non = {self.day(days)}\nkind = "{kind}"\n' + "".join(f"{x}\n" for x in lines)
        )

    def _head(self) -> str:
        head = f'[scenario]\nname = "lives-{self.number}"\nbegin = {self.begin}\nend = {self.end}\n'
        head += 'sweep_tiers = ["exact"]\n'
        for outlet in self.outlets:
            head += (
                f'[[outlet]]\nid = "{outlet.id}"\nname = "{outlet.name}"\ndomain = "{outlet.domain}"\n'
                f'country = "{outlet.country}"\nlanguages = ["{outlet.language}"]\n'
            )
        return head + (
            '[[action]]\nid = "act-1"\nauthority = "A network of posts"\nplace = "platform"\n'
            f'effective = {self.day(6)}\nreference = "https://reports.example/{self.number}"\n'
        )

    def _free_names(self) -> Iterator[str]:
        suffixes = SUFFIXES[self.number :] + SUFFIXES[: self.number]
        for suffix in suffixes:
            for outlet in self.outlets:
                yield f"{outlet.label}.{suffix}"


Story = Callable[[Writer], None]


def held_by_registrar(w: Writer) -> None:
    name = w.site(1)
    w.event(8, "block", 'place = "registrar"')
    w.truth.blocks += 1
    w.truth.down_after_block.add(name)


def held_by_registry_and_let_go(w: Writer) -> None:
    name = w.site(1)
    w.event(8, "block", 'place = "registry"')
    w.event(15, "lifted", 'place = "registry"')
    w.truth.blocks += 1
    w.truth.down_after_block.add(name)
    w.truth.resurfaced.add(name)


def shut_off_by_its_host_and_moved(w: Writer) -> None:
    name = w.site(2, f'address = "{w.address()}"')
    w.event(9, "block", 'place = "host"')
    w.event(14, "moved", f'address = "{w.address()}"')
    w.truth.blocks += 1
    w.truth.down_after_block.add(name)
    w.truth.resurfaced.add(name)


def entered_at_its_host(w: Writer) -> None:
    name = w.site(2)
    w.event(9, "block", 'place = "host"', "recorded = true")
    w.truth.blocks += 1
    w.truth.down_after_block.add(name)


def seized_and_given_back(w: Writer) -> None:
    name = w.site(2)
    w.event(10, "block", 'place = "seizure"', 'action = "act-1"')
    w.event(18, "lifted", 'place = "seizure"')
    w.truth.blocks += 1
    w.truth.down_after_block.add(name)
    w.truth.resurfaced.add(name)


def blocked_at_a_resolver(w: Writer) -> None:
    w.site(3)
    w.event(9, "block", 'place = "resolver"')
    w.event(19, "lifted", 'place = "resolver"')
    w.truth.blocks += 1


def content_taken_off_and_put_back(w: Writer) -> None:
    name = w.site(1, f'address = "{w.address()}"')
    w.event(10, "content-removed")
    w.event(16, "content-back")
    w.truth.down.add(name)
    w.truth.resurfaced.add(name)


def parked_for_good(w: Writer) -> None:
    name = w.site(1)
    w.event(12, "parked")
    w.truth.down.add(name)


def expired_and_taken_again(w: Writer) -> None:
    name = w.site(1)
    w.event(10, "expired")
    w.event(17, "registered-again", 'registrar = "Another Registrar"')
    w.event(18, "serves", 'to = "clone"')
    w.truth.down.add(name)
    w.truth.resurfaced.add(name)
    w.truth.reregistered.add(name)


def moved_about(w: Writer) -> None:
    name = w.site(2, f'address = "{w.address()}"')
    w.event(9, "moved", f'address = "{w.address()}"')
    w.event(13, "nameservers", 'nameservers = ["ns1.moved-dns.example", "ns2.moved-dns.example"]')
    w.truth.moved.add(name)


def named_by_a_platform_and_replaced(w: Writer, *ties: str) -> None:
    """By each kind of tie: the predecessor is blocked, the successor comes later."""
    first = w.site(1, *ties)
    w.event(6, "block", 'place = "platform"', 'action = "act-1"')
    outlet = 1 if w.outlets[1].label in first else 0
    following = f"{w.outlets[outlet].label}.{('fun', 'lol', 'beauty', 'quest', 'rest')[len(w.truth.successors)]}"
    delay = 11 + len(w.truth.successors)
    second = w.site(6 + delay, *ties, f'successor_of = "{first}"', name=following, outlet=outlet)
    w.truth.blocks += 1
    w.truth.successors[second] = first
    days = w.truth.days_to_first_successor
    w.truth.days_to_first_successor = delay if days is None else min(days, delay)


def tied_by_a_tracker(w: Writer) -> None:
    named_by_a_platform_and_replaced(w, f'trackers = ["G-MADE0{w.number}TR01"]')


def tied_by_an_icon(w: Writer) -> None:
    named_by_a_platform_and_replaced(w, f'favicon = "zeichen-{w.number}"')


def tied_by_an_address(w: Writer) -> None:
    named_by_a_platform_and_replaced(w, f'address = "203.0.113.{70 + w.number}"')


def tied_by_name_servers(w: Writer) -> None:
    servers = f'nameservers = ["ns1.own{w.number}-dns.example", "ns2.own{w.number}-dns.example"]'
    named_by_a_platform_and_replaced(w, servers)


STORIES: tuple[Story, ...] = (
    held_by_registrar,
    held_by_registry_and_let_go,
    shut_off_by_its_host_and_moved,
    entered_at_its_host,
    seized_and_given_back,
    blocked_at_a_resolver,
    content_taken_off_and_put_back,
    parked_for_good,
    expired_and_taken_again,
    moved_about,
    tied_by_a_tracker,
    tied_by_an_icon,
    tied_by_an_address,
    tied_by_name_servers,
)


def lives(number: int) -> Made:
    """One of three scenarios: the same stories under other names, in another order, on other days of other years."""
    writer = Writer(number)
    turned = STORIES[number * 3 :] + STORIES[: number * 3]
    for story in turned:
        story(writer)
    return Made(text="\n".join(writer.parts), truth=writer.truth)
