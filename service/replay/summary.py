"""What a replay found, beside what was true."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

from service.core.names.name import registrable
from service.core.states import Place
from service.lab.scenario_model import Happening, Scenario, Truth
from service.lab.staging import SiteTruth, truth
from service.ports import UnitOfWork

FLAGS = ("lookalike.suspected", "impersonation.confirmed")
_TO_THE_NAME = (Place.REGISTRAR, Place.REGISTRY, Place.SEIZURE)
_BAD = (Truth.IMPERSONATION, Truth.SUSPECTED)

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, kw_only=True, slots=True)
class Summary:
    """The object that ``--json`` prints. Names are sorted; ``days_to_first_successor`` is None where there is none.

    ``flagged``, ``missed`` and ``false_flags`` count a flag that was withdrawn again. ``blocks`` counts each block
    once, entered or observed; ``down_after_block`` sites, ``resurfaced`` their returns: what several hosts of a site
    show is one. ``looks`` are examinations, ``queries`` names that
    sweeps asked DNS for. ``seconds`` (real time) and ``alerts_unverified`` are those of this process, where a replay
    was taken up again.
    """

    scenario: str
    flagged: tuple[str, ...]
    missed: tuple[str, ...]
    false_flags: tuple[str, ...]
    alerts_delivered: int
    alerts_undelivered: int
    alerts_unverified: int
    blocks: int
    down_after_block: int
    resurfaced: int
    successors: int
    days_to_first_successor: int | None
    seconds: float
    looks: int
    queries: int

    def as_json(self) -> dict[str, Any]:
        """As it is printed."""
        return {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()}


def summarise(uow: UnitOfWork, scenario: Scenario, *, seconds: float, unverified: int) -> Summary:
    """Count in the replay's database."""
    news = told(uow)
    flagged = {event["site"] for event in news if event["type"] in FLAGS}
    truths = truth(scenario)
    counts = uow.views.counts()
    delays = [event["data"]["detail"]["delay_days"] for event in news if event["type"] == "successor.found"]
    return Summary(
        scenario=scenario.name,
        flagged=tuple(sorted(flagged)),
        missed=_names(truths, lambda t: t.truth in _BAD and t.site not in flagged),
        false_flags=_names(truths, lambda t: t.truth not in _BAD and t.site in flagged),
        alerts_delivered=counts["deliveries_delivered"],
        alerts_undelivered=counts["deliveries_pending"] + counts["deliveries_dead"],
        alerts_unverified=unverified,
        blocks=sum(blocks(uow.views.blocks(None), truths).values()),
        down_after_block=len({site_of(host, truths) for host in _down_after_block(news)}),
        resurfaced=sum(times("site.resurfaced", news, truths).values()),
        successors=len({site_of(event["site"], truths) for event in news if event["type"] == "successor.found"}),
        days_to_first_successor=min(delays, default=None),
        seconds=round(seconds, 1),
        looks=counts["looks"],
        queries=counts["names_asked"],
    )


def blocks(rows: Iterable[Mapping[str, Any]], sites: Collection[str]) -> Mapping[str, int]:
    """How many blocks each site had; ``rows`` as views have them (site, place), ``sites`` the names of the scenario's.

    Where several hosts of a site are watched, such as one that only its certificate names, each shows the one block. So
    does a site of its own below a name, which what is done to the name befalls as well.
    """
    shown = Counter((row["site"], row["place"]) for row in rows)
    found: Counter[str] = Counter()
    for (site, _), number in _most(
        ((_blocked(host, place, shown, sites), place), number) for (host, place), number in shown.items()
    ).items():
        found[site] += number
    return found


def _blocked(host: str, place: str, shown: Collection[tuple[str, str]], sites: Collection[str]) -> str:
    """The scenario's site that a block was made against which a host shows."""
    if place in _TO_THE_NAME:
        name = registrable(host)
        beside = (site for site in sites if registrable(site) == name and (site, place) in shown)
        # The name's own site before those below it.
        return min(beside, key=lambda site: (site != name, site), default=site_of(host, sites))
    return site_of(host, sites)


def times(kind: str, news: Iterable[Mapping[str, Any]], sites: Collection[str]) -> Mapping[str, int]:
    """How often an event of this kind happened to each site, however many of its hosts and outlets it was told of."""
    told_of = Counter((event["site"], event["outlet"]) for event in news if event["type"] == kind)
    return _most((site_of(host, sites), number) for (host, _), number in told_of.items())


def site_of(host: str, sites: Collection[str]) -> str:
    """The scenario's site that a host belongs to, or the host itself."""
    name = host
    while name and name not in sites:
        name = name.partition(".")[2]
    return name or host


def _most(numbers: Iterable[tuple[K, int]]) -> dict[K, int]:
    """The largest number of each key."""
    found: dict[K, int] = {}
    for key, number in numbers:
        found[key] = max(number, found.get(key, 0))
    return found


def compared(summary: Summary, scenario: Scenario) -> list[str]:
    """The summary in words for people, beside the scenario's truth."""
    truths = truth(scenario)
    bad = sum(t.truth in _BAD for t in truths.values())
    successors = sum(t.successor_of is not None for t in truths.values())
    lines = [
        f"flagged     {bad - len(summary.missed)} of {bad} lookalikes, {len(summary.false_flags)} false flags",
        f"alerts      {_alerts(summary)}",
        f"blocks      {summary.blocks} of {_knowable(scenario)}; down after one: {summary.down_after_block} sites",
        f"resurfaced  {summary.resurfaced}",
        f"successors  {summary.successors} of {successors}{_first_successor(summary)}",
        f"work        {summary.looks} looks, {summary.queries} names asked for, {summary.seconds:.0f} seconds",
    ]
    if summary.missed:
        missed = Counter(truths[name].technique or "unnamed technique" for name in summary.missed)
        lines.append("missed      " + ", ".join(summary.missed))
        lines.append("            by technique: " + ", ".join(f"{kind} {n}" for kind, n in sorted(missed.items())))
    if summary.false_flags:
        lines.append("false flags " + ", ".join(summary.false_flags))
    return lines


def _alerts(summary: Summary) -> str:
    unverified, undelivered = summary.alerts_unverified, summary.alerts_undelivered
    verified = f"{unverified} of them with a wrong signature" if unverified else "every signature verified"
    return f"{summary.alerts_delivered} delivered, {verified}" + (f"; {undelivered} undelivered" if undelivered else "")


def _first_successor(summary: Summary) -> str:
    days = summary.days_to_first_successor
    return "" if days is None else f"; the first after {days} day{'' if days == 1 else 's'}"


def _knowable(scenario: Scenario) -> int:
    """The scenario's blocks, but for those at a platform that nobody reported: nothing shows them on the site."""
    events = (event for site in scenario.sites for event in site.events if event.kind is Happening.BLOCK)
    return sum(event.recorded or event.place is not Place.PLATFORM for event in events)


def _names(truths: Mapping[str, SiteTruth], wanted: Callable[[SiteTruth], bool]) -> tuple[str, ...]:
    return tuple(sorted(one.site for one in truths.values() if wanted(one)))


def told(uow: UnitOfWork) -> list[dict[str, Any]]:
    """Every event of a replay, in order."""
    found: list[dict[str, Any]] = []
    while page := uow.views.events(found[-1]["sequence"] if found else 0, 500):
        found += page
    return found


def _down_after_block(news: Sequence[dict[str, Any]]) -> set[str]:
    """Sites that went down while a block was in force on them."""
    return {event["site"] for event in news if event["type"] == "site.down" and event["data"]["detail"]["blocks"]}
