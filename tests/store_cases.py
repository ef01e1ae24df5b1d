"""A store to test against, and the things to put into it."""

from __future__ import annotations

import asyncio
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, TypeVar

from service.adapters.schema import upgrade
from service.adapters.store import SqlStore, open_store
from service.core.alerts.deliveries import Endpoint
from service.core.facts.dns import DnsAnswers, DnsFacts, DnsStatus
from service.core.facts.registration import Registration, RegistrationStatus
from service.core.model import Admission, Episode, Event, NameMatch, Observation, Signal, Site, Target
from service.core.states import Availability, Technique, Verdict
from tests.postgres import empty_postgres

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from service.ports import UnitOfWork

T = TypeVar("T")

START = datetime(2022, 9, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
PLACES = ("file", "memory", "postgresql")


@dataclass(frozen=True)
class Opened:
    """A store whose steps are run from ordinary test functions."""

    store: SqlStore
    url: str

    def write(self, step: Callable[[UnitOfWork], T]) -> T:
        return asyncio.run(self.store.write(step))

    def read(self, step: Callable[[UnitOfWork], T]) -> T:
        return asyncio.run(self.store.read(step))

    def admit(self, *admissions: Admission, at: datetime = START) -> None:
        self.write(lambda unit: [unit.sites.admit(admission, at) for admission in admissions])

    def site(self, host: str) -> tuple[Site, int]:
        found = self.read(lambda unit: unit.sites.get(host))
        assert found is not None
        return found

    def save(self, site: Site, version: int, *events: Event, at: datetime = START) -> bool:
        return self.write(lambda unit: unit.sites.save(site, version, events, at))

    def put_endpoints(self, *endpoints: Endpoint) -> None:
        def step(unit: UnitOfWork) -> None:
            for one in endpoints:
                unit.outbox.put_endpoint(one)

        self.write(step)

    def publish(self, *events: Event, at: datetime = START) -> None:
        self.write(lambda unit: unit.outbox.publish(events, at))


@cache
def _upgraded() -> bytes:
    """An empty database file of this version, made once."""
    with TemporaryDirectory() as folder:
        upgrade(f"sqlite:///{folder}/empty.db")
        return (Path(folder) / "empty.db").read_bytes()


@contextmanager
def opened(place: str, folder: Path) -> Iterator[Opened]:
    """An empty store of this version's schema, in a file, in memory or on a server."""
    if place == "postgresql":
        url = empty_postgres()
        with closing(open_store(url)) as store:
            yield Opened(store, url)
        return
    url = "sqlite://"
    if place == "file":
        url = f"sqlite:///{folder / 'store.db'}"
        (folder / "store.db").write_bytes(_upgraded())
        (folder / "store.db").chmod(0o600)
    store = open_store(url)
    try:
        yield Opened(store, url)
    finally:
        store.close()


def match(
    host: str, outlet: str = "spiegel", technique: Technique = Technique.TLD_SWAP, score: float = 0.9
) -> NameMatch:
    return NameMatch(name=host, domain=host, outlet=outlet, technique=technique, distance=0, score=score)


def admission(host: str, *outlets: str, targets: tuple[str, ...] = ()) -> Admission:
    """A name that resembles the outlets, as a sweep finds it."""
    return Admission(
        host=host,
        domain=host,
        source="sweep",
        matches=tuple(match(host, outlet) for outlet in outlets),
        targets=tuple(Target(url=url, source="sighting") for url in targets),
    )


def seen(at: datetime, digest: str = "a", count: int = 1, first_at: datetime | None = None) -> Observation:
    return Observation(
        digest=digest,
        first_at=first_at or at,
        last_at=at,
        count=count,
        consensus=Availability.LIVE,
        summary={"consensus": "live", "pages": [{"title": "Ein Titel", "status": 200}]},
    )


def impersonating(site: Site, at: datetime) -> Site:
    """The site after a first look that found a clone."""
    return replace(
        site,
        due_at=at + HOUR,
        availability=Availability.LIVE,
        availability_since=at,
        availability_reason="serves pages",
        looked_at=at,
        active_at=at,
        registration_asked_at=at,
        pages_fetched_at=at,
        observation=seen(at),
        dns=DnsFacts(
            host=site.host,
            answers=(
                DnsAnswers(vantage="own", status=DnsStatus.ANSWERED, addresses=("192.0.2.7",), mx=("10 mx.example",)),
            ),
        ),
        registration=Registration(
            domain=site.domain,
            status=RegistrationStatus.FOUND_DATE,
            source="rdap",
            server="https://rdap.example/",
            asked_at=at,
            created_at=at - 24 * HOUR,
            registrar="Registrar Ltd",
        ),
        lookalikes=tuple(
            replace(
                lookalike,
                verdict=Verdict.IMPERSONATION,
                score=0.95,
                reason="serves the outlet's layout on a name of last week",
                signals=(Signal(name="structure", value=0.9, weight=3.0, evidence="0.93 of the home page's shingles"),),
                flagged_at=at,
                episodes=(
                    Episode(number=1, began_at=at, last_seen_at=at, url=f"https://{site.host}/", profile="desktop"),
                ),
                announced=True,
            )
            for lookalike in site.lookalikes
        ),
    )


def event(name: str, at: datetime = START, host: str | None = None, outlet: str | None = None) -> Event:
    return Event(id=f"evt_{name}", type="lookalike.suspected", at=at, data={"name": name}, host=host, outlet=outlet)


def endpoint(
    name: str, events: tuple[str, ...] = (), outlets: tuple[str, ...] = (), *, enabled: bool = True
) -> Endpoint:
    return Endpoint(
        id=name,
        url=f"https://{name}.example/hook",
        secret="whsec_c2VjcmV0",
        created_at=START,
        events=events,
        outlets=outlets,
        enabled=enabled,
    )


def write_many(url: str, name: str, rounds: int) -> None:
    """Admit and save ``rounds`` sites, each in transactions of its own: what one process does beside another."""
    store = open_store(url)
    try:
        one = Opened(store, url)
        for number in range(rounds):
            host = f"{name}{number}.example"
            one.admit(admission(host, "spiegel"))
            site, version = one.site(host)
            assert one.save(impersonating(site, START), version, event(f"{name}{number}", host=host))
    finally:
        store.close()
