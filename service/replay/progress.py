"""What people see while a replay runs: a line for each day on which something happened."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from service.core.names.name import defang
from service.lab.scenario_model import Scenario

SHOWN = 3
"""Names that one line shows of a kind; the others are counted."""

_WORDS = {
    "impersonation.confirmed": "impersonation",
    "lookalike.suspected": "suspected",
    "flag.withdrawn": "withdrawn",
    "block.recorded": "blocked",
    "block.observed": "blocked",
    "block.lifted": "unblocked",
    "site.down": "down",
    "site.reregistered": "registered anew",
    "site.resurfaced": "back",
    "successor.found": "successor",
    "impersonation.changed": "moved",
    "monitor.degraded": "own resolver failed",
}
"""Events in the order in which a line tells them. Discoveries and registrations are told by what became of them."""

_RANK = {word: rank for rank, word in enumerate(dict.fromkeys(_WORDS.values()))}

_WIPE = "\r\x1b[K"  # back to the first column, and erase to the end of the line (ECMA-48 EL)


class Progress:
    """Lines for ``write``. ``live``: a terminal, where the day under way stands below the lines and is written over."""

    def __init__(self, scenario: Scenario, write: Callable[[str], None], *, live: bool) -> None:
        self._scenario, self._write, self._live = scenario, write, live
        self._day = ""
        self._events: list[Mapping[str, Any]] = []

    def begin(self, now: datetime) -> None:
        """Say what is going to be played, from which day."""
        days = days_of(self._scenario)
        outlets, sites = len(self._scenario.outlets), len(self._scenario.sites)
        title = f"{self._scenario.name}: {_many(outlets, 'outlet')}, {_many(sites, 'site')}, {_many(days, 'day')}"
        self._write(f"{title} from {now:%Y-%m-%d}\n")

    def take(self, now: datetime, events: Iterable[Mapping[str, Any]]) -> None:
        """Take in the events of one step; the lines of a day come once the next one has begun."""
        day = f"{now:%Y-%m-%d}"
        if day != self._day:
            self.finish()
            self._day = day
            if self._live:
                number = (now - self._scenario.begin).days + 1
                self._write(f"{_WIPE}{day}  day {number} of {days_of(self._scenario)}")
        self._events.extend(events)

    def finish(self) -> None:
        """Print the day that was taken in, where anything happened on it."""
        if self._live:
            self._write(_WIPE)
        told = "; ".join(phrases(self._events))
        if told:
            self._write(f"{self._day}  {told}\n")
        self._events.clear()


def days_of(scenario: Scenario) -> int:
    """How many days a scenario has, one that has begun included."""
    return -((scenario.begin - scenario.end) // timedelta(days=1))


def phrases(events: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """What a day's events come to: a phrase for each kind, with the names that it is about, each once."""
    shown = sorted(
        (event for event in events if event["type"] in _WORDS), key=lambda event: _RANK[_WORDS[event["type"]]]
    )
    confirmed = {event["site"] for event in shown if event["type"] == "impersonation.confirmed"}
    found: dict[str, dict[str, None]] = {}
    for event in shown:
        if event["type"] != "lookalike.suspected" or event["site"] not in confirmed:
            found.setdefault(_word(event), {})[_subject(event)] = None
    for word, subjects in found.items():
        more = len(subjects) - SHOWN
        names = ", ".join(list(subjects)[:SHOWN])
        yield f"{word} {len(subjects)}: {names} and {more} more" if more > 0 else f"{word}: {names}"


def _word(event: Mapping[str, Any]) -> str:
    word, block = _WORDS[event["type"]], event["data"]["detail"].get("block")
    return f"{word} ({block['place']})" if block else word


def _subject(event: Mapping[str, Any]) -> str:
    """The site's name, so that nobody follows it by accident; for a successor also whose."""
    detail = event["data"]["detail"]
    if event["site"] is None:
        return str(detail.get("detail", ""))
    name = defang(event["site"])
    return f"{name} of {defang(detail['predecessor'])}" if "predecessor" in detail else name


def _many(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
