"""The settings of a replay: those of the operator, with the lab in place of the internet and the scenario's outlets."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from service.core.names.permutations import count
from service.core.names.watchlist import WatchList
from service.lab.scenario_model import Scenario
from service.settings import Service, Settings
from service.settings_outlets import WatchListFile


def database_url(folder: Path) -> str:
    """The replay's own database in its folder, which is absolute."""
    return f"sqlite:///{folder / 'replay.db'}"


def settings_for(base: Settings, scenario: Scenario, lab: dict[str, Any], folder: Path) -> Settings:
    """``base`` with database and internet replaced. ``lab`` is what the lab printed, ``folder`` the replay's own."""
    # The shipped file names every setting with its default: only what somebody changed is meant for replays as well.
    kept = base.service.model_dump(exclude_defaults=True)
    tables = {name: {**kept.get(name, {}), **lab.get(name, {})} for name in {*kept, *lab}}
    tables["dns"] = {"window": 1000, **tables["dns"]}
    # The lab's own pages are no evidence of anything, unless somebody wants to see what would be kept.
    tables["evidence"] = {"scope": "none", **kept.get("evidence", {}), "folder": folder / "evidence"}
    # An outlet's own pages hold still in a scenario, so what is kept of them needs no weekly refreshing.
    tables["baselines"] = {"every": timedelta(days=28), **kept.get("baselines", {})}
    tables["database"] = {"url": database_url(folder)}
    # Days pass in tenths of seconds: what bounds a day's queries on the internet would stop the replay here.
    tables["sweep"] = {
        **tables.get("sweep", {}),
        "tiers": tuple(tier.value for tier in scenario.sweep_tiers),
        "daily_queries": 0,
        "shard": 20_000,  # four times as many names between two saved positions: nearly twice the speed (measured)
        **_intervals(base, scenario),
    }
    return Settings(
        folder=folder,
        service=Service.model_validate(tables),
        outlets=WatchListFile(outlets=tuple(one.watched for one in scenario.outlets), allow=base.outlets.allow),
        scoring=base.scoring,
        feeds=type(base.feeds)(),
    )


def _intervals(base: Settings, scenario: Scenario) -> dict[str, timedelta]:
    """How often each tier is swept: daily, or as often as ``replay.names`` allows over all the scenario's days.

    Each tier gets half of the names, so that the wide one does not starve the one that finds most.
    """
    outlets = tuple(one.watched for one in scenario.outlets)
    watchlist = WatchList(outlets, allow=base.outlets.allow)
    days = max((scenario.end - scenario.begin).days, 1)
    half = base.service.replay.names / max(len(scenario.sweep_tiers), 1)
    campaign_suffixes = base.service.sweep.campaign_suffixes or None
    found = {}
    for tier in scenario.sweep_tiers:
        names = sum(count(outlet, tier, watchlist, campaign_suffixes) for outlet in outlets)
        sweeps = max(1, int(half // max(names, 1)))
        found[f"{tier.value}_every"] = timedelta(days=max(1, -(-days // sweeps)))
    return found
