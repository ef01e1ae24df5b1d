"""The small internet of a scenario, as of one moment."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from service.core.errors import InvalidInput
from service.lab.internet import Internet
from service.lab.scenario_model import Scenario
from service.lab.staging import VANTAGES, moments, world_at
from service.lab.world import Channel


def internet(scenario: Scenario, now: datetime, *, secrets: Iterable[str] = (), folder: Path | None = None) -> Internet:
    """All servers on ``world_at(now)``. RDAP's list has every suffix of the scenario from the start, as IANA's has."""
    off_rdap = {_suffix(site.name) for site in scenario.sites if site.registration is Channel.WHOIS}
    suffixes = {_suffix(site.name) for site in scenario.sites} | {
        _suffix(domain) for outlet in scenario.outlets for domain in (outlet.domain, *outlet.own_domains)
    }
    return Internet(
        world_at(scenario, now),
        vantages=("system", *VANTAGES),
        rdap_suffixes=suffixes,
        off_rdap=off_rdap,
        secrets=secrets,
        folder=folder,
    )


def moment(text: str) -> datetime:
    """A UTC day or time as ISO 8601; InvalidInput where it is none."""
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        raise InvalidInput(f"{text!r} is no date, as in 2022-09-27 or 2022-09-27T12:00:00Z") from None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def next_moment(scenario: Scenario, now: datetime) -> datetime:
    """The next instant at which anything changes; ``now`` where nothing does any more."""
    return next((when for when in moments(scenario) if when > now), now)


def _suffix(name: str) -> str:
    """What RDAP's list is asked with: everything right of the first label, for each level up to the last."""
    return name.rpartition(".")[2]
