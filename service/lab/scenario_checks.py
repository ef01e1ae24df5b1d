"""What must hold between the parts of a scenario: references, duplicates, and the order of dates.

A site may be registered, live and changed before the scenario begins, which then finds it as it is; nothing may be
dated after the end, when it could never happen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from service.core.errors import ConfigError
from service.core.names.name import host_of_url
from service.lab.scenario_model import Happening, Hidden

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from service.core.states import Place
    from service.lab.scenario_model import Scenario, ScenarioSite, SiteEvent


def check(file: str, scenario: Scenario) -> None:
    """Raise ConfigError for the first thing in the scenario that cannot be so."""
    _Check(file, scenario).all()


class _Check:
    def __init__(self, file: str, scenario: Scenario) -> None:
        self.file, self.scenario = file, scenario
        self.outlets = {outlet.id for outlet in scenario.outlets}
        self.actions = {action.id for action in scenario.actions}
        self.sites = {site.name for site in scenario.sites}
        self.domains = {outlet.domain for outlet in scenario.outlets}

    def all(self) -> None:
        scenario = self.scenario
        if scenario.end <= scenario.begin:
            self._wrong("scenario.end", scenario.end, "is before the beginning", "the last day, not before begin")
        self._once("outlet[{}].id", [outlet.id for outlet in scenario.outlets])
        self._once("action[{}].id", [action.id for action in scenario.actions])
        self._once("site[{}].name", [site.name for site in scenario.sites])
        self._domains()
        for number, action in enumerate(scenario.actions):
            self._in_time(f"action[{number}].effective", action.effective)
        for site in scenario.sites:
            self._site(f"site[{site.number}]", site)

    def _domains(self) -> None:
        seen: set[str] = set()
        for outlet in self.scenario.outlets:
            key = f"outlet[{outlet.number}]"
            for at, domain in enumerate((outlet.domain, *outlet.own_domains)):
                if domain in seen:
                    where = f"{key}.own_domains[{at - 1}]" if at else f"{key}.domain"
                    self._wrong(where, domain, "belongs to an outlet already")
                seen.add(domain)

    def _site(self, key: str, site: ScenarioSite) -> None:
        if site.name in self.domains:
            self._wrong(f"{key}.name", site.name, "is an outlet's own site, which exists without being named")
        self._known(f"{key}.outlet", site.outlet, self.outlets, "outlet")
        self._known(f"{key}.successor_of", site.successor_of, self.sites, "site")
        if site.successor_of == site.name:
            self._wrong(f"{key}.successor_of", site.name, "is the site itself")
        self._in_time(f"{key}.registered", site.registered)
        self._in_time(f"{key}.live_from", site.live_from)
        if site.live_from < site.registered:
            self._wrong(f"{key}.live_from", site.live_from, "is before the name is registered")
        self._served(key, site)
        self._reported(key, site)
        self._events(key, site)

    def _served(self, key: str, site: ScenarioSite) -> None:
        """What copies or redirects to an outlet needs one."""
        if site.outlet is not None:
            return
        hides = bool(site.visible_to) or any(event.kind is Happening.HIDDEN for event in site.events)
        if site.serves.of_an_outlet:
            self._wrong(f"{key}.serves", site.serves.value, "is an outlet's, and the site has none", "add outlet = ...")
        for at, event in enumerate(site.events):
            if event.to is not None and event.to.of_an_outlet:
                self._wrong(f"{key}.event[{at}].to", event.to.value, "is an outlet's, and the site has none")
        if hides and site.hidden is Hidden.REDIRECT_TO_OUTLET:
            reason = "redirects to an outlet, and the site has none"
            self._wrong(f"{key}.hidden", site.hidden.value, reason, "empty or error, or add outlet = ...")

    def _reported(self, key: str, site: ScenarioSite) -> None:
        for at, url in enumerate(site.reported):
            host = host_of_url(url)
            if host not in self.sites and not _below(host, site.name):
                self._wrong(f"{key}.reported[{at}]", url, "is a URL of no site of the scenario")

    def _events(self, key: str, site: ScenarioSite) -> None:
        states = _Standing()
        for at, event in sorted(enumerate(site.events), key=lambda entry: entry[1].on):
            where = f"{key}.event[{at}]"
            if event.on < site.registered:
                self._wrong(f"{where}.on", event.on, "is before the name is registered")
            self._in_time(f"{where}.on", event.on)
            self._known(f"{where}.action", event.action, self.actions, "action")
            if event.kind is Happening.NAMESERVERS and not event.nameservers:
                self._wrong(f"{where}.nameservers", None, "is missing", "add nameservers = [...]")
            reason = states.refused(event)
            if reason:
                self._wrong(f"{where}.kind", event.kind.value, reason)
            states.passed(event)

    def _in_time(self, key: str, at: datetime) -> None:
        if at >= self.scenario.end:
            self._wrong(key, at, "is after the scenario's end")

    def _known(self, key: str, reference: str | None, known: Iterable[str], what: str) -> None:
        if reference is not None and reference not in known:
            shown = ", ".join(sorted(known)[:10]) or "there are none"
            self._wrong(key, reference, f"there is no such {what}", f"known: {shown}")

    def _once(self, key: str, values: Sequence[str]) -> None:
        for number, value in enumerate(values):
            if value in values[:number]:
                self._wrong(key.format(number), value, "stands there twice")

    def _wrong(self, key: str, value: object, reason: str, mend: str = "") -> NoReturn:
        shown = value.isoformat() if hasattr(value, "isoformat") else value
        raise ConfigError(file=self.file, key=key, value=shown, reason=reason, mend=mend)


class _Standing:
    """What holds of one site as its events go by, so far as it decides whether the next one makes sense."""

    def __init__(self) -> None:
        self.expired = False
        self.gone = False
        self.blocks: set[Place | None] = set()

    def refused(self, event: SiteEvent) -> str:
        """Why this event cannot happen now, or ""."""
        if event.kind is Happening.LIFTED and event.place not in self.blocks:
            return "lifts a block that is not in force"
        if event.kind is Happening.CONTENT_BACK and not self.gone:
            return "brings back content that was not gone"
        if self.expired and event.kind not in _WITHOUT_REGISTRATION:
            return "happens to a name that has expired: say registered-again first"
        return ""

    def passed(self, event: SiteEvent) -> None:
        """The event has happened."""
        match event.kind:
            case Happening.EXPIRED:
                self.expired = True
            case Happening.REGISTERED_AGAIN:
                self.expired = self.gone = False
            case Happening.CONTENT_REMOVED | Happening.PARKED | Happening.HIDDEN:
                self.gone = True
            case Happening.CONTENT_BACK | Happening.SERVES:
                self.gone = False
            case Happening.BLOCK:
                self.blocks.add(event.place)
            case Happening.LIFTED:
                self.blocks.discard(event.place)
            case _:
                pass


_WITHOUT_REGISTRATION = (Happening.REGISTERED_AGAIN, Happening.BLOCK, Happening.LIFTED)
"""What can happen after a name has expired: lists keep it, and somebody may take it."""


def _below(host: str, site: str) -> bool:
    return host == site or host.endswith(f".{site}")
