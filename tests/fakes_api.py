"""The API over a real store in memory, a real door and a real tracker; everything else fails loudly when it is used."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from datetime import timedelta
from typing import Any, NoReturn

import httpx

from service.adapters.store import SqlStore, open_store
from service.api.app import Api, create_app
from service.app import App
from service.core.alerts.condition import Channel
from service.core.model import Outlet, Signal
from service.core.persistence.inputs import Looked
from service.core.persistence.lifecycle import Rules
from service.core.states import Verdict
from service.core.tokens import Scope, Token, new_token
from service.pipeline.admit import Door
from service.pipeline.baselines import BaselineKeeper, BaselinePlan
from service.pipeline.blocks import BlockBook
from service.pipeline.check_desk import CheckDesk
from service.pipeline.digest import Digester
from service.pipeline.forecast import Forecaster, ForecastPlan
from service.pipeline.link import Linker
from service.pipeline.onboard import Onboarder
from service.pipeline.persistence import Persister
from service.pipeline.report import Reporter
from service.pipeline.sightings import SightingDesk
from service.pipeline.sweep import Sweeper, SweepPlan
from service.pipeline.track import Tracker
from service.pipeline.watched import Watched
from tests.builders import START, dns, judgement, look, registration
from tests.fakes import FakeClock, FakeProber
from tests.fakes_fetching import DESKTOP, InProcessParser

SPIEGEL = Outlet(id="spiegel", name="Der Spiegel", domain="spiegel.de", country="DE", languages=("de",))
BILD = Outlet(id="bild", name="Bild", domain="bild.de", country="DE", languages=("de",))
SIGNAL = Signal(name="structure", value=0.97, weight=0.4, evidence="<b>97%</b> of the home page's shingles")


class Unused:
    """A part of the App that no route may touch."""

    def __getattr__(self, name: str) -> NoReturn:
        raise AssertionError(f"the API asked for {name}")


@dataclass
class Outside:
    """What the routes are told of the outside, for a test to change."""

    checks: dict[str, str] = field(default_factory=lambda: {"database": "ok", "resolver 192.0.2.53": "ok"})
    refused_urls: dict[str, str] = field(default_factory=dict)


class ApiUnderTest:
    """The ASGI application and a client of it. ``answer`` asks with a token of all scopes unless told otherwise."""

    def __init__(self, runner: asyncio.Runner, store: SqlStore) -> None:
        counter = itertools.count()
        self._built: Api | None = None
        self._runner = runner
        self.scopes = tuple(Scope)
        self._token_bytes: Callable[[int], bytes] = lambda n: next(counter).to_bytes(n, "big")
        self.clock, self.outside, self.store = FakeClock(START), Outside(), store
        self.tracker = Tracker(clock=self.clock, store=store, rules=Rules())
        self.watched = Watched(store)
        self.door = Door(clock=self.clock, store=store, watched=self.watched)
        self.reporter = Reporter(clock=self.clock, store=store, answer_within=timedelta(days=3))
        self._unused: Any = Unused()
        self.baselines = BaselineKeeper(
            clock=self.clock,
            store=store,
            resolver=self._unused,
            fetcher=self._unused,
            parser=InProcessParser(),
            watched=self.watched,
            plan=BaselinePlan(profile=DESKTOP),
        )
        self.app = self.build()
        self.all_scopes = self.token(*Scope)

    def build(self, **changes: Any) -> App:
        """An App of these parts, some of them replaced; no route may touch any other."""
        parts: dict[str, Any] = {part.name: Unused() for part in fields(App)} | {
            "version": "0.0.0",
            "clock": self.clock,
            "store": self.store,
            "watched": self.watched,
            "door": self.door,
            "tracker": self.tracker,
            "persister": Persister(clock=self.clock, store=self.store, minimum=5),
            "reporter": self.reporter,
            "forecaster": Forecaster(
                clock=self.clock,
                store=self.store,
                prober=FakeProber(),
                watched=self.watched,
                plan=ForecastPlan(size=50),
            ),
            "baselines": self.baselines,
            "blocks": BlockBook(
                clock=self.clock, store=self.store, door=changes.get("door", self.door), tracker=self.tracker
            ),
            "sightings": SightingDesk(
                clock=self.clock, store=self.store, watched=self.watched, token_bytes=self._token_bytes, daily=100_000
            ),
            "checks": CheckDesk(
                clock=self.clock, store=self.store, checker=self._unused, token_bytes=self._token_bytes
            ),
            "sweeper": Sweeper(
                clock=self.clock,
                store=self.store,
                prober=FakeProber(),
                watched=self.watched,
                plan=SweepPlan(every={}, shard=500),
            ),
            "digester": Digester(clock=self.clock, store=self.store, default=timedelta(hours=1)),
            "onboarder": Onboarder(clock=self.clock, store=self.store, tiers={}),
            "linker": Linker(clock=self.clock, store=self.store),
            "ready": self._ready,
            "full": lambda: "",
            "metrics": self._metrics,
            "vet_webhook": self._vet,
            "token_bytes": self._token_bytes,
            "seal": lambda secret: f"sealed {secret}",
        }
        return App(**(parts | changes))

    async def _ready(self) -> Mapping[str, str]:
        return self.outside.checks

    async def _metrics(self) -> bytes:
        return b"spoofwatch_due_sites 0.0\n"

    async def _vet(self, url: str, kind: Channel) -> str | None:
        return self.outside.refused_urls.get(url)

    def token(self, *scopes: Scope, **limits: Any) -> str:
        """A new token that the store knows."""
        made = new_token(self._token_bytes)
        token = Token(id=made.id, digest=made.digest, scopes=frozenset(scopes), created_at=START, **limits)
        self.run(self.store.write(lambda uow: uow.tokens.add(token)))
        return made.plain

    def run(self, waited: Any) -> Any:
        """Run one coroutine to its end."""
        return self._runner.run(waited)

    def answer(self, method: str, path: str, *, token: str | None = "", **request: Any) -> httpx.Response:
        """Ask; ``token`` None sends none."""
        headers = {"Authorization": f"Bearer {token or self.all_scopes}"} if token is not None else {}
        # What changes or removes things asks for If-Match; a test that cares says what it has seen.
        headers |= {"If-Match": "*"} if method in ("PUT", "PATCH", "DELETE") else {}
        headers |= request.pop("headers", {})

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self._asgi())
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
                return await client.request(method, path, headers=headers, **request)

        answer: httpx.Response = self.run(ask())
        return answer

    def serve(self, api: Api) -> None:
        """Ask this application from now on."""
        self._built = api

    async def inside(self, method: str, path: str, content: Any, headers: Mapping[str, str]) -> httpx.Response:
        """Ask while another request is under way."""
        transport = httpx.ASGITransport(self._asgi())
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            given = {"Authorization": f"Bearer {self.all_scopes}", **headers}
            return await client.request(method, path, headers=given, json=content)

    def _asgi(self) -> Api:
        if self._built is None or self._built.state.service is not self.app:
            self._built = create_app(self.app)
        return self._built

    def get(self, path: str, **request: Any) -> Any:
        """The content of a 200."""
        answer = self.answer("GET", path, **request)
        assert answer.status_code == httpx.codes.OK, answer.text
        return answer.json()

    def post(self, path: str, content: Any, status: int = 201, **request: Any) -> Any:
        """The content of an answer with this status."""
        answer = self.answer("POST", path, json=content, **request)
        assert answer.status_code == status, answer.text
        return answer.json()

    def watch(self, *outlets: Outlet) -> None:
        """Put outlets on the watch list."""
        self.run(self.store.write(lambda uow: [uow.outlets.put(outlet, START) for outlet in outlets]))
        self.run(self.watched.refresh())

    def admit(self, *hosts: str) -> None:
        """Admit names that a sweep found."""
        self.run(self.door.admit_names(hosts, "sweep:exact"))

    def look(self, host: str, outlet: str, verdict: Verdict, evidence: str = SIGNAL.evidence, **more: Any) -> None:
        """Commit a look that judged ``host`` so; each one a minute after the last."""
        self.clock.advance(timedelta(minutes=1))
        now = self.clock.now()
        seen = look(now, dns=dns(host=host), registration=registration(now - timedelta(days=2), domain=host), **more)
        shows = verdict is Verdict.IMPERSONATION
        judged = judgement(verdict, shows=shows, outlet=outlet, signals=(replace(SIGNAL, evidence=evidence),))
        self.run(self.tracker.commit(host, Looked(look=seen, judgements=(judged,))))


@contextmanager
def api_under_test() -> Iterator[ApiUnderTest]:
    """The API over an empty database in memory."""
    store = open_store("sqlite://")
    try:
        with asyncio.Runner() as runner:
            yield ApiUnderTest(runner, store)
    finally:
        store.close()
