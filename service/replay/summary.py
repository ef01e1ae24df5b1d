"""What a replay found, beside what was true."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from service.lab.scenario_model import Scenario, Truth
from service.lab.staging import SiteTruth, truth
from service.ports import UnitOfWork

FLAGS = ("lookalike.suspected", "impersonation.confirmed")
_BAD = (Truth.IMPERSONATION, Truth.SUSPECTED)


@dataclass(frozen=True, kw_only=True, slots=True)
class Summary:
    """The object that ``--json`` prints. Names are sorted; ``days_to_first_successor`` is None where there is none.

    ``looks`` counts examinations, ``queries`` names that sweeps asked DNS for, ``seconds`` real time.
    """

    scenario: str
    flagged: tuple[str, ...]
    missed: tuple[str, ...]
    false_flags: tuple[str, ...]
    alerts_delivered: int
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
    told = _events(uow)
    flagged = {event["site"] for event in told if event["type"] in FLAGS}
    truths = truth(scenario)
    counts = uow.views.counts()
    delays = [event["data"]["detail"]["delay_days"] for event in told if event["type"] == "successor.found"]
    return Summary(
        scenario=scenario.name,
        flagged=tuple(sorted(flagged)),
        missed=_names(truths, lambda t: t.truth in _BAD and t.site not in flagged),
        false_flags=_names(truths, lambda t: t.truth not in _BAD and t.site in flagged),
        alerts_delivered=counts["deliveries_delivered"],
        alerts_unverified=unverified,
        blocks=counts["blocks"],
        down_after_block=len(_down_after_block(told)),
        resurfaced=sum(event["type"] == "site.resurfaced" for event in told),
        successors=len({event["site"] for event in told if event["type"] == "successor.found"}),
        days_to_first_successor=min(delays, default=None),
        seconds=round(seconds, 1),
        looks=counts["looks"],
        queries=counts["names_asked"],
    )


def compared(summary: Summary, scenario: Scenario) -> list[str]:
    """The summary in words for people, beside the scenario's truth."""
    truths = truth(scenario)
    expected = [t for t in truths.values() if t.truth in _BAD]
    successors = sum(t.successor_of is not None for t in truths.values())
    found = len(expected) - len(summary.missed)
    missed = Counter(truths[name].technique or "unnamed technique" for name in summary.missed)
    lines = [
        f"{summary.scenario}: {found} of {len(expected)} lookalikes flagged, {len(summary.false_flags)} false flags",
        f"alerts delivered {summary.alerts_delivered}, of which {summary.alerts_unverified} failed verification",
        f"{summary.blocks} blocks; down after a block {summary.down_after_block}; resurfaced {summary.resurfaced}",
        f"successors {summary.successors} of {successors}; days to the first: {summary.days_to_first_successor}",
        f"{summary.looks} looks, {summary.queries} names asked for, {summary.seconds:.0f} seconds",
    ]
    if summary.missed:
        lines.append("missed: " + ", ".join(summary.missed))
        lines.append("missed by technique: " + ", ".join(f"{kind} {n}" for kind, n in sorted(missed.items())))
    if summary.false_flags:
        lines.append("false flags: " + ", ".join(summary.false_flags))
    return lines


def _names(truths: Mapping[str, SiteTruth], wanted: Callable[[SiteTruth], bool]) -> tuple[str, ...]:
    return tuple(sorted(one.site for one in truths.values() if wanted(one)))


def _events(uow: UnitOfWork) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while page := uow.views.events(found[-1]["sequence"] if found else 0, 500):
        found += page
    return found


def _down_after_block(told: Sequence[dict[str, Any]]) -> set[str]:
    """Sites that went down while a block was in force on them."""
    return {event["site"] for event in told if event["type"] == "site.down" and event["data"]["detail"]["blocks"]}
