"""What was true of each site of a scenario and what its replay found, side by side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from service.lab.fates import Fate, fates
from service.lab.scenario_model import Scenario
from service.ports import UnitOfWork
from service.replay.summary import blocks, site_of, times, told

_HEAD = ("site", "blocks", "down", "resurfaced", "takes over from")


def table(uow: UnitOfWork, scenario: Scenario) -> list[str]:
    """Lines for people; none where nothing happened. Sites to which nothing happened are left out."""
    return rendered(fates(scenario), found(told(uow), uow.views.blocks(None), scenario))


def found(
    events: Iterable[Mapping[str, Any]], rows: Iterable[Mapping[str, Any]], scenario: Scenario
) -> dict[str, Fate]:
    """What a replay's events and blocks say of each site.

    What is told of a host that the scenario does not name, such as one from a certificate, counts for the site above.
    """
    sites = {site.name for site in scenario.sites}
    blocked = blocks(rows, sites)
    happened = list(events)
    downs, returns = (times(kind, happened, sites) for kind in ("site.down", "site.resurfaced"))
    before = {
        site_of(event["site"], sites): site_of(event["data"]["detail"]["predecessor"], sites)
        for event in happened
        if event["type"] == "successor.found"
    }
    return {
        name: Fate(
            blocks=blocked.get(name, 0),
            downs=downs.get(name, 0),
            returns=returns.get(name, 0),
            successor_of=before.get(name),
        )
        for name in (*(site.name for site in scenario.sites), *(before.keys() - sites))
    }


def rendered(true: Mapping[str, Fate], seen: Mapping[str, Fate]) -> list[str]:
    """One line a site to which something happened: ``true`` where both agree, else ``found of true``, marked."""
    nothing = Fate()
    rows: list[Sequence[str]] = []
    for name in {**true, **seen}:
        was, is_ = true.get(name, nothing), seen.get(name, nothing)
        if was == is_ == nothing:
            continue
        numbers = zip((was.blocks, was.downs, was.returns), (is_.blocks, is_.downs, is_.returns), strict=True)
        cells = (str(a) if a == b else f"{b} of {a}" for a, b in numbers)
        after, said = was.successor_of or "", is_.successor_of or ""
        rows.append((name, *cells, after if after == said else f"{said or 'nobody'}, in truth {after or 'nobody'}"))
    if not rows:
        return []
    differing = sum(true.get(name, nothing) != seen.get(name, nothing) for name in {**true, **seen})
    widths = [max(len(row[column]) for row in (_HEAD, *rows)) for column in range(len(_HEAD))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in (_HEAD, *rows)]
    return [*(line.rstrip() for line in lines), f"found as it was: {len(rows) - differing} of {len(rows)} sites"]
