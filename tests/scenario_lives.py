"""Scenarios made in code, in which every kind of event happens to outlets that no shipped scenario has.

Between them they hold every key of the format that tells what a site does (``tests/unit/test_replay_table.py``).

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
DAYS = 24
SUFFIXES = ("live", "ltd", "today", "top", "icu", "click", "space", "site", "online", "press", "vip", "cam")
"""Of the names that stories take as they come; stories that say themselves what their names are take others."""


@dataclass
class Truth:
    """What a perfect monitor would count, as ``spoofwatch replay --json`` counts it."""

    blocks: int = 0
    down_after_block: set[str] = field(default_factory=set)
    down: dict[str, str] = field(default_factory=dict)
    """Sites that went down with no block to thank for it, each with the cause."""
    resurfaced: dict[str, int] = field(default_factory=dict)
    reregistered: set[str] = field(default_factory=set)
    moved: set[str] = field(default_factory=set)
    successors: dict[str, str] = field(default_factory=dict)
    days_to_first_successor: int | None = None


@dataclass
class Made:
    """A scenario file and its truth."""

    text: str
    truth: Truth
    begin: date

    def day(self, days: int) -> date:
        """The scenario's day of this number."""
        return self.begin + timedelta(days=days)


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

    def named(self, suffix: str, outlet: int = 0) -> str:
        """The name of a site that repeats it in its lines."""
        return f"{self.outlets[outlet].label}.{suffix}"

    def site(
        self, days: int, *lines: str, name: str | None = None, outlet: int | None = 0, truth: str = "impersonation"
    ) -> str:
        """A site that is registered on a day of the scenario and serves a clone unless ``lines`` say so; its name."""
        host = name or next(self._names)
        if name is None and self.outlets[1].label in host:
            outlet = 1
        told = [f'name = "{host}"', f'truth = "{truth}"', f"registered = {self.day(days)}", *lines]
        if outlet is not None:
            told.append(f'outlet = "{self.outlets[outlet].id}"')
        if not any(line.startswith("serves") for line in lines):
            told.append('serves = "clone"')
        self.parts.append("\n".join(["[[site]]", *told, ""]))
        return host

    def event(self, days: int, kind: str, *lines: str, at: str = "") -> None:
        """Something that happens on a day, at midnight or ``at`` a time of day."""
        on = f"{self.day(days)}T{at}Z" if at else self.day(days)
        self.parts.append("\n".join(["[[site.event]]", f"on = {on}", f'kind = "{kind}"', *lines, ""]))

    def blocked(self, days: int, place: str, *lines: str, at: str = "") -> None:
        self.event(days, "block", f'place = "{place}"', *lines, at=at)
        self.truth.blocks += 1

    def lifted(self, days: int, place: str, *lines: str, at: str = "") -> None:
        self.event(days, "lifted", f'place = "{place}"', *lines, at=at)

    def succeeds(self, successor: str, before: str, delay: int) -> None:
        """It takes over ``delay`` days after the other's first block."""
        self.truth.successors[successor] = before
        days = self.truth.days_to_first_successor
        self.truth.days_to_first_successor = delay if days is None else min(days, delay)

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
            '[[action]]\nid = "act-2"\nauthority = "A court"\nplace = "seizure"\n'
            f"effective = {self.day(8)}T00:00:00Z\n"
        )

    def _free_names(self) -> Iterator[str]:
        suffixes = SUFFIXES[self.number :] + SUFFIXES[: self.number]
        for suffix in suffixes:
            for outlet in self.outlets:
                yield f"{outlet.label}.{suffix}"


Story = Callable[[Writer], None]


# --- blocks at each place, observed or entered, lifted, and made again ------------------------------------------------


def held_by_registrar_and_no_more(w: Writer) -> None:
    name = w.site(1)
    w.blocked(8, "registrar")
    w.truth.down_after_block.add(name)


def held_by_registry_and_let_go(w: Writer) -> None:
    name = w.site(1)
    w.blocked(7, "registry", at="13:37:00")
    w.lifted(13, "registry", at="19:05:00")
    w.truth.down_after_block.add(name)
    w.truth.resurfaced[name] = 1


def held_let_go_and_held_again(w: Writer) -> None:
    name = w.site(1)
    w.blocked(6, "registrar", "recorded = true")
    w.lifted(10, "registrar", "recorded = true")
    w.blocked(15, "registrar")
    w.truth.down_after_block.add(name)
    w.truth.resurfaced[name] = 1


def shut_off_by_its_host_then_held_by_its_registrar(w: Writer) -> None:
    name = w.site(1)
    w.blocked(7, "host")
    w.blocked(12, "registrar", "recorded = true")
    w.truth.down_after_block.add(name)


def shut_off_by_its_host_and_moved(w: Writer) -> None:
    name = w.site(2, f'address = "{w.address()}"')
    w.blocked(8, "host")
    w.event(13, "moved", f'address = "{w.address()}"')
    w.truth.down_after_block.add(name)
    w.truth.resurfaced[name] = 1


def entered_at_its_host(w: Writer) -> None:
    name = w.site(2)
    w.blocked(8, "host", "recorded = true")
    w.truth.down_after_block.add(name)


def seized_and_given_back(w: Writer) -> None:
    name = w.site(2)
    w.blocked(8, "seizure", 'action = "act-2"')
    w.lifted(14, "seizure")
    w.truth.down_after_block.add(name)
    w.truth.resurfaced[name] = 1


def blocked_at_a_resolver_for_a_while(w: Writer) -> None:
    w.site(3)
    w.blocked(8, "resolver")
    w.lifted(15, "resolver")


def named_by_a_platform_without_anybody_saying_so(w: Writer) -> None:
    w.site(3)
    w.event(9, "block", 'place = "platform"', "recorded = false")


def with_a_host_that_only_its_certificate_names(w: Writer) -> None:
    host = w.named("zone")
    w.site(2, f'certificate_names = ["{host}", "video.{host}"]', name=host)
    w.blocked(9, "seizure")
    w.lifted(15, "seizure")
    w.truth.down_after_block.add(host)
    w.truth.resurfaced[host] = 1


def somebody_elses_and_held(w: Writer) -> None:
    """Nobody is imitated, so nothing goes down; that the name is held is seen all the same."""
    w.site(-3000, 'serves = "parked"', name=w.named("fishing"), outlet=None, truth="nothing")
    w.blocked(9, "registrar")


# --- what sites do by themselves -------------------------------------------------------------------------------------


def content_taken_off_and_put_back(w: Writer) -> None:
    name = w.site(1, f'address = "{w.address()}"')
    w.event(8, "content-removed")
    w.event(14, "content-back")
    w.truth.down[name] = "abandoned"
    w.truth.resurfaced[name] = 1


def parked_for_good(w: Writer) -> None:
    name = w.site(1)
    w.event(10, "parked")
    w.truth.down[name] = "abandoned"


def parked_and_used_again_twice(w: Writer) -> None:
    name = w.site(1)
    for days in (6, 13):
        w.event(days, "parked")
        w.event(days + 4, "content-back")
    w.truth.down[name] = "abandoned"
    w.truth.resurfaced[name] = 2


def expired_and_taken_again(w: Writer) -> None:
    name = w.site(1)
    w.event(8, "expired")
    w.event(14, "registered-again", 'registrar = "Another Registrar"')
    w.event(15, "serves", 'to = "clone"')
    w.truth.down[name] = "expired"
    w.truth.resurfaced[name] = 1
    w.truth.reregistered.add(name)


def expired_and_taken_by_a_newspaper_of_that_name(w: Writer) -> None:
    name = w.site(1)
    w.event(8, "expired")
    w.event(13, "registered-again", 'registrar = "Another Registrar"')
    w.event(13, "serves", 'to = "innocent"')
    w.truth.down[name] = "expired"
    w.truth.reregistered.add(name)


def moved_about(w: Writer) -> None:
    name = w.site(2, f'address = "{w.address()}"')
    w.event(8, "moved", f'address = "{w.address()}"', at="06:30:00")
    w.event(12, "nameservers", 'nameservers = ["ns1.moved-dns.example", "ns2.moved-dns.example"]')
    w.truth.moved.add(name)


def hidden_from_everybody_and_shown_again(w: Writer) -> None:
    name = w.site(2, 'registration = "not-published"', 'hidden = "empty"')
    w.event(8, "hidden")
    w.event(14, "content-back")
    w.truth.down[name] = "abandoned"
    w.truth.resurfaced[name] = 1


# --- what is hard to see ---------------------------------------------------------------------------------------------


def shown_to_few(w: Writer) -> None:
    w.site(2, 'registration = "whois"', 'visible_to = ["mobile", "social"]', 'hidden = "error"')


def shown_to_fewer_later(w: Writer) -> None:
    w.site(3, 'registration = "rate-limited"')
    w.event(9, "hidden", 'hidden = "redirect-to-outlet"', 'visible_to = ["social"]')


def with_articles_alone(w: Writer) -> None:
    for suffix, serves in (("world", "clone-without-home"), ("agency", "clone-redirect-root")):
        host = w.named(suffix)
        reported = f'reported = ["https://{host}/a/der-winter-{w.number}.html"]'
        w.site(3, f"live_from = {w.day(5)}T10:00:00Z", f'serves = "{serves}"', reported, name=host)


def in_an_old_layout(w: Writer) -> None:
    w.site(5, 'registration = "none"', 'serves = "old-clone"', 'favicon = "none"', name=w.named("media"))


def with_nothing_on_it_yet(w: Writer) -> None:
    for suffix, serves in (("cyou", "parked"), ("store", "none"), ("work", "empty"), ("pics", "default")):
        w.site(4, f'serves = "{serves}"', name=w.named(suffix, 1), outlet=1, truth="suspected")


def of_others(w: Writer) -> None:
    w.site(-4000, 'registration = "none"', 'serves = "innocent"', name=w.named("house"), truth="innocent")
    w.site(-900, 'serves = "own"', name=w.named("berlin"), truth="innocent")
    w.site(3, 'serves = "unregistered-dns"', name=w.named("cab")[1:], outlet=None, truth="nothing")


# --- who takes over from whom, by each kind of tie --------------------------------------------------------------------


def _replaced(w: Writer, *ties: str, suffix: str) -> None:
    """The predecessor is named by a platform; the successor comes later, parked for a day."""
    first = w.site(1, *ties)
    outlet = int(w.outlets[1].label in first)
    w.blocked(6, "platform", 'action = "act-1"')
    delay = 7 + len(w.truth.successors)
    later = w.named(suffix, outlet)
    live = f"live_from = {w.day(7 + delay)}"
    w.site(6 + delay, *ties, live, f'successor_of = "{first}"', name=later, outlet=outlet)
    w.succeeds(later, first, delay)


def tied_by_a_tracker(w: Writer) -> None:
    _replaced(w, f'trackers = ["G-MADE0{w.number}TR01"]', suffix="fun")


def tied_by_an_icon(w: Writer) -> None:
    _replaced(w, f'favicon = "zeichen-{w.number}"', suffix="lol")


def tied_by_an_address(w: Writer) -> None:
    _replaced(w, f'address = "203.0.113.{70 + w.number}"', suffix="beauty")


def tied_by_name_servers(w: Writer) -> None:
    servers = f'nameservers = ["ns1.own{w.number}-dns.example", "ns2.own{w.number}-dns.example"]'
    _replaced(w, servers, suffix="quest")


def held_in_reserve_until_the_first_is_held(w: Writer) -> None:
    """Registered soon after the first one and parked; it goes live nine days after the first one's block."""
    tie = f'trackers = ["G-MADE0{w.number}TR02"]'
    first = w.site(1, tie, 'registrar = "A Registrar of Many"')
    w.blocked(9, "registrar")
    w.truth.down_after_block.add(first)
    outlet = int(w.outlets[1].label in first)
    reserve = w.named("rest", outlet)
    w.site(3, tie, f"live_from = {w.day(18)}", f'successor_of = "{first}"', name=reserve, outlet=outlet)
    w.succeeds(reserve, first, 9)


def named_in_the_certificate_of_the_one_before(w: Writer) -> None:
    """Its name says nothing; nobody reports it before it goes live."""
    name = f"wolkenhaus-{w.number}.pro"
    first = w.named("guru")
    w.site(1, f'certificate_names = ["{first}", "{name}"]', name=first)
    w.blocked(7, "platform", 'action = "act-1"')
    reported = f'reported = ["https://{name}/a/das-brot-{w.number}.html"]'
    w.site(14, reported, f'successor_of = "{first}"', name=name)
    w.succeeds(name, first, 7)


STORIES: tuple[tuple[Story, ...], ...] = (
    (
        held_by_registrar_and_no_more,
        shut_off_by_its_host_and_moved,
        content_taken_off_and_put_back,
        tied_by_a_tracker,
        seized_and_given_back,
        with_articles_alone,
        expired_and_taken_by_a_newspaper_of_that_name,
        held_in_reserve_until_the_first_is_held,
        of_others,
        shown_to_few,
    ),
    (
        held_let_go_and_held_again,
        with_a_host_that_only_its_certificate_names,
        parked_and_used_again_twice,
        tied_by_name_servers,
        entered_at_its_host,
        named_by_a_platform_without_anybody_saying_so,
        expired_and_taken_again,
        with_nothing_on_it_yet,
        tied_by_an_icon,
        shown_to_fewer_later,
    ),
    (
        shut_off_by_its_host_then_held_by_its_registrar,
        held_by_registry_and_let_go,
        blocked_at_a_resolver_for_a_while,
        moved_about,
        hidden_from_everybody_and_shown_again,
        tied_by_an_address,
        parked_for_good,
        somebody_elses_and_held,
        in_an_old_layout,
        named_in_the_certificate_of_the_one_before,
    ),
)


def lives(number: int) -> Made:
    """One of three scenarios: each with other stories, outlets, names, days and years."""
    writer = Writer(number)
    for story in STORIES[number]:
        story(writer)
    return Made(text="\n".join(writer.parts), truth=writer.truth, begin=writer.begin)
