"""Scenario files: what exists on the lab's small internet, and when.

``load`` reads one strictly: an unknown key, a wrong type or value, a reference to nothing or a date that makes no sense
is a ``ConfigError`` that says file, key, reason and mend. ``staging.py`` plays what it returns.
"""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from service.core.errors import ConfigError
from service.core.states import Place, Tier
from service.lab import scenario_reading as reading
from service.lab.scenario_checks import check
from service.lab.scenario_model import (
    Happening,
    Hidden,
    Scenario,
    ScenarioAction,
    ScenarioOutlet,
    ScenarioSite,
    Serves,
    SiteEvent,
    Truth,
    Visitor,
)
from service.lab.scenario_reading import Field, Table, each, one_of
from service.lab.world import Channel

if TYPE_CHECKING:
    from collections.abc import Callable
    from importlib.resources.abc import Traversable

T = TypeVar("T")

__all__ = [
    "Scenario",
    "ScenarioAction",
    "ScenarioOutlet",
    "ScenarioSite",
    "SiteEvent",
    "load",
    "shipped",
]

SWEEP_TIERS = (Tier.EXACT, Tier.EDITS)
"""What a replay sweeps where the file does not say."""


def shipped() -> tuple[str, ...]:
    """The names of the scenarios that come with the package, sorted."""
    entries = (entry.name for entry in _shipped_folder().iterdir())
    return tuple(sorted(entry.removesuffix(".toml") for entry in entries if entry.endswith(".toml")))


def load(name_or_path: str) -> Scenario:
    """Read a scenario: a shipped one by its name, any other by its path. Raises ConfigError for every mistake in it."""
    name = str(name_or_path)
    if name in shipped():
        return _read(_shipped_folder().joinpath(f"{name}.toml"), _shipped_folder(), f"{name}.toml")
    path = Path(name)
    if not path.is_file():
        known = f"a path to a .toml file, or one of {', '.join(shipped())}"
        raise ConfigError(file=name, key="scenario", reason="there is no such scenario", mend=known)
    return _read(path, path.parent, name)


def _shipped_folder() -> Traversable:
    return files(__package__).joinpath("scenarios")


def _read(source: Traversable, base: Traversable, file: str) -> Scenario:
    try:
        values = tomllib.loads(source.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(file=file, key="(file)", reason=f"is not TOML: {error}") from error
    except OSError as error:
        raise ConfigError(file=file, key="(file)", reason=f"cannot be read: {error.strerror}") from error
    top = Table(file, "", values)
    head = top.table("scenario")
    scenario = Scenario(
        name=head.need("name", reading.text),
        begin=head.need("begin", reading.moment),
        end=head.need("end", _end),
        sweep_tiers=head.get("sweep_tiers", each(_tier), SWEEP_TIERS),
        outlets=tuple(_outlet(number, table, base) for number, table in enumerate(top.tables("outlet"))),
        actions=tuple(_action(table) for table in top.tables("action")),
        sites=tuple(_site(number, table, base) for number, table in enumerate(top.tables("site"))),
    )
    head.close()
    top.close()
    check(file, scenario)
    return scenario


def _end(field: Field) -> datetime:
    end = reading.moment(field)
    return end + timedelta(days=1) if reading.names_day(field.value) else end


def _tier(field: Field) -> Tier:
    tier = one_of(Tier)(field)
    if tier is Tier.SIBLINGS:
        raise field.wrong("is no tier of its own: sibling sweeps follow confirmations", "one of exact, edits, full")
    return tier


def _outlet(number: int, table: Table, base: Traversable) -> ScenarioOutlet:
    pages = reading.folder_of_pages(base)
    outlet = ScenarioOutlet(
        number=number,
        id=table.need("id", reading.identifier),
        name=table.need("name", reading.text),
        domain=table.need("domain", reading.site_name),
        own_domains=table.get("own_domains", each(reading.site_name), ()),
        labels=table.get("labels", each(reading.label), ()),
        country=table.get("country", reading.country, None),
        languages=table.get("languages", each(reading.language), ()),
        pages=table.get("pages", pages, None),
        old_pages=table.get("old_pages", pages, None),
    )
    table.close()
    return outlet


def _action(table: Table) -> ScenarioAction:
    action = ScenarioAction(
        id=table.need("id", reading.identifier),
        authority=table.need("authority", reading.text),
        place=table.need("place", one_of(Place)),
        effective=table.need("effective", reading.moment),
        reference=table.get("reference", reading.text, ""),
    )
    table.close()
    return action


def _site(number: int, table: Table, base: Traversable) -> ScenarioSite:
    registered = table.need("registered", reading.moment)
    site = ScenarioSite(
        number=number,
        name=table.need("name", reading.site_name),
        outlet=table.get("outlet", reading.identifier, None),
        truth=table.need("truth", one_of(Truth)),
        technique=table.get("technique", reading.word, None),
        registered=registered,
        registration=table.get("registration", one_of(Channel), Channel.RDAP),
        registrar=table.get("registrar", reading.text, None),
        serves=table.need("serves", one_of(Serves)),
        live_from=table.get("live_from", reading.moment, registered),
        pages=table.get("pages", reading.folder_of_pages(base), None),
        address=table.get("address", reading.address, None),
        nameservers=table.get("nameservers", each(reading.host), ()),
        favicon=table.get("favicon", reading.word, None),
        trackers=table.get("trackers", each(reading.tracker), ()),
        certificate_names=table.get("certificate_names", each(reading.certificate_name), ()),
        visible_to=table.get("visible_to", each(one_of(Visitor)), ()),
        hidden=table.get("hidden", one_of(Hidden), Hidden.REDIRECT_TO_OUTLET),
        reported=table.get("reported", each(reading.url), ()),
        successor_of=table.get("successor_of", reading.site_name, None),
        events=_events(table.tables("event")),
    )
    table.close()
    return site


def _events(tables: list[Table]) -> tuple[SiteEvent, ...]:
    """Events in the file's order; a lift that does not say so is recorded as the block that it lifts was."""
    told: list[tuple[SiteEvent, bool | None]] = [_event(table) for table in tables]
    blocks: dict[Place | None, bool] = {}
    settled: dict[int, SiteEvent] = {}
    for at, (event, said) in sorted(enumerate(told), key=lambda entry: entry[1][0].on):
        lifted = event.kind is Happening.LIFTED
        usual = blocks.get(event.place, False) if lifted else event.place is Place.PLATFORM
        settled[at] = replace(event, recorded=usual if said is None else said)
        if event.kind is Happening.BLOCK:
            blocks[event.place] = settled[at].recorded
    return tuple(settled[at] for at in range(len(told)))


def _event(table: Table) -> tuple[SiteEvent, bool | None]:
    """One event, and what the file says of its being recorded."""
    on = table.need("on", reading.moment)
    event = SiteEvent(on=on, kind=table.need("kind", one_of(Happening)))
    recorded: bool | None = None
    match event.kind:
        case Happening.BLOCK | Happening.LIFTED:
            place = table.need("place", one_of(Place))
            event = replace(event, place=place, action=table.get("action", reading.identifier, None))
            recorded = table.get("recorded", reading.flag, None)
        case Happening.MOVED:
            event = replace(event, address=table.need("address", reading.address))
        case Happening.REGISTERED_AGAIN:
            event = replace(event, registrar=table.get("registrar", reading.text, None))
        case Happening.SERVES:
            event = replace(event, to=table.need("to", one_of(Serves)))
        case Happening.NAMESERVERS:
            event = replace(event, nameservers=_either(table, "nameservers", each(reading.host)) or ())
        case Happening.HIDDEN:
            event = replace(event, hidden=_either(table, "hidden", one_of(Hidden)))
            event = replace(event, visible_to=table.get("visible_to", each(one_of(Visitor)), None))
        case _:
            pass
    table.close()
    return event, recorded


def _either(table: Table, key: str, convert: Callable[[Field], T]) -> T | None:
    """The value under its own key, or under ``to``, the word for what an event leads to."""
    to = table.get("to", convert, None)
    return table.get(key, convert, to)
