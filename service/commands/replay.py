"""``spoofwatch replay``: a recorded campaign through the whole loop, on a small internet on loopback."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import secrets
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import httpx

from service.adapters.clock import DrivenClock
from service.api.app import create_app
from service.app import App
from service.bootstrap import open_parts
from service.commands.daemon import configure_log, first_token
from service.core.model import Endpoint
from service.core.names.name import defang
from service.daemon.health import Health
from service.daemon.supervisor import listen, serve
from service.lab.scenario import load
from service.lab.scenario_model import Scenario
from service.lab.staging import archived_baselines
from service.ports import UnitOfWork
from service.replay.config import settings_for
from service.replay.driver import Driver, resume_time
from service.replay.lab_process import LabProcess
from service.replay.summary import Summary, compared, summarise
from service.settings import Settings

_SHOWN = ("lookalike.suspected", "impersonation.confirmed", "site.down", "site.resurfaced", "successor.found")


def run(settings: Settings, scenario: str, *, as_json: bool, state: Path | None, serve_after: bool) -> int:
    """Play the scenario to its end; with ``state`` in a folder of the caller's, where a killed replay goes on."""
    configure_log("error")
    with tempfile.TemporaryDirectory(prefix="spoofwatch-replay-") as temporary:
        folder = state or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        asyncio.run(_run(settings, scenario, folder, as_json=as_json, serve_after=serve_after))
    return 0


async def _run(base: Settings, name: str, folder: Path, *, as_json: bool, serve_after: bool) -> None:
    scenario = load(name)
    loop = asyncio.get_running_loop()
    began = loop.time()
    async with _stage(base, name, scenario, folder) as stage:
        progress = _Progress(scenario, stage.app, quiet=as_json)
        await Driver(stage.app, stage.clock, scenario, stage.lab, progress.tell).run()
        progress.finish()
        unverified = await _unverified(stage.lab.webhook_url)
        seconds = loop.time() - began
        summary = await stage.app.store.read(
            lambda uow: summarise(uow, scenario, seconds=seconds, unverified=unverified)
        )
        _show(summary, scenario, as_json=as_json)
        if serve_after:
            await _serve(base, stage)


@dataclass(frozen=True, kw_only=True)
class _Stage:
    app: App
    health: Health
    clock: DrivenClock
    lab: LabProcess


@asynccontextmanager
async def _stage(base: Settings, name: str, scenario: Scenario, folder: Path) -> AsyncIterator[_Stage]:
    """The lab and the App over it, at the time where the replay stands."""
    async with LabProcess(name, folder / "lab", scenario.begin) as lab:
        settings = settings_for(base, scenario, lab.settings, folder)
        clock = DrivenClock(scenario.begin)
        async with open_parts(settings, clock=clock, replayed=True) as parts:
            clock.move_to(await resume_time(parts.app, scenario))
            await lab.show(clock.now())
            await _endpoint(parts.app, lab)
            await _archives(parts.app, scenario)
            yield _Stage(app=parts.app, health=parts.health, clock=clock, lab=lab)


async def _endpoint(app: App, lab: LabProcess) -> None:
    """The receiver as a webhook's endpoint; its port is another one after a restart, its secret the same."""
    now = app.clock.now()
    fresh = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()

    def step(uow: UnitOfWork) -> Endpoint:
        known = next((one for one in uow.outbox.endpoints() if one.id == "receiver"), None)
        secret, since = (known.secret, known.created_at) if known else (fresh, now)
        endpoint = Endpoint(id="receiver", url=lab.webhook_url, secret=secret, created_at=since)
        uow.outbox.put_endpoint(endpoint)
        return endpoint

    await lab.trust((await app.store.write(step)).secret)


async def _archives(app: App, scenario: Scenario) -> None:
    outlets = {outlet.id: outlet for outlet in await app.store.read(lambda uow: uow.outlets.all())}
    for outlet_id, pages in archived_baselines(scenario).items():
        for page in pages:
            await app.baselines.add_archived(outlets[outlet_id], page.html, page.url, page.taken_at)
    await app.watched.refresh()


async def _unverified(webhook_url: str) -> int:
    """How many deliveries the receiver could not verify."""
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.get(webhook_url.rpartition("/")[0] + "/deliveries")
    return sum(not delivery["verified"] for delivery in answer.json())


class _Progress:
    """A line for each day on which something happened."""

    def __init__(self, scenario: Scenario, app: App, *, quiet: bool) -> None:
        self._app, self._quiet = app, quiet
        self._sequence = 0
        self._total = (scenario.end - scenario.begin).days
        self._begin = scenario.begin
        self._day = ""
        self._found: Counter[str] = Counter()
        self._names: list[str] = []

    async def tell(self, now: datetime) -> None:
        """Take in what the step told, and print the day before once a new one has begun."""
        day = f"{now:%Y-%m-%d}"
        if day != self._day:
            self.finish()
            self._day = day
        told = await self._app.store.read(lambda uow: uow.views.events(self._sequence, 500))
        for event in told:
            self._sequence = event["sequence"]
            if event["type"] in _SHOWN:
                self._found[event["type"]] += 1
                self._names.append(defang(event["site"]))

    def finish(self) -> None:
        """Print the day that was taken in."""
        if self._found and not self._quiet:
            kinds = ", ".join(f"{n} {kind}" for kind, n in sorted(self._found.items()))
            shown = list(dict.fromkeys(self._names))
            names = ", ".join(shown[:4]) + (f" and {len(shown) - 4} more" if len(shown) > 4 else "")  # noqa: PLR2004 - as many as are shown
            print(f"{self._day}  {kinds}: {names}", flush=True)
        elif not self._quiet and self._day and sys.stdout.isatty():
            print(f"{self._day}\r", end="", flush=True)
        self._found.clear()
        self._names.clear()


def _show(summary: Summary, scenario: Scenario, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(summary.as_json()), flush=True)
    else:
        print("\n" + "\n".join(compared(summary, scenario)), flush=True)


async def _serve(base: Settings, stage: _Stage) -> None:
    """Leave the API up on what was found, with nothing running behind it."""
    listener = listen(base.service.api.host, base.service.api.port)
    host, port = listener.getsockname()[:2]
    print(f"\nThe API is up on http://{host}:{port} until you stop it (Ctrl-C). Look at:")
    await first_token(stage.app)
    print(f'  curl -H "Authorization: Bearer $TOKEN" "http://{host}:{port}/v1/lookalikes?flagged=true&limit=5"')
    print(f'  curl -H "Authorization: Bearer $TOKEN" "http://{host}:{port}/v1/events?limit=5"', flush=True)
    logging.getLogger("spoofwatch").setLevel(logging.WARNING)
    await serve(create_app(stage.app), (), stage.health, listener)
