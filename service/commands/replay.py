"""``spoofwatch replay``: a recorded campaign through the whole loop, on a small internet on loopback."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import secrets
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

import httpx

from service.adapters.clock import DrivenClock
from service.api.app import create_app
from service.app import App
from service.bootstrap import open_parts
from service.commands.daemon import configure_log, first_token, instance_lock
from service.core.alerts.deliveries import Endpoint
from service.core.errors import ConfigError
from service.daemon.health import Health
from service.daemon.supervisor import listen, serve
from service.lab.scenario import load
from service.lab.scenario_model import Scenario
from service.lab.staging import archived_baselines
from service.ports import UnitOfWork
from service.replay.bookmark import Bookmark, claim
from service.replay.config import database_url, settings_for
from service.replay.driver import Driver
from service.replay.lab_process import LabProcess
from service.replay.progress import Progress
from service.replay.summary import Summary, compared, summarise
from service.replay.table import table
from service.settings import Settings, defaults
from service.settings import load as load_settings

_PAGE = 500


def settings_from(folder: Path, names: int | None) -> Settings:
    """A replay needs no settings of its own: without a folder it runs on the defaults."""
    settings = load_settings(folder) if folder.is_dir() else defaults()
    return settings if names is None else settings.with_replay_names(names)


def run(settings: Settings, scenario: str, *, as_json: bool, state: Path | None, serve_after: bool) -> int:
    """Play the scenario to its end; with ``state`` in a folder of the caller's, where a killed replay goes on.

    SIGTERM ends it before, tidily: 143, as a shell says of a process that the signal ended.
    ConfigError for a mistake in the scenario, Conflict where the folder holds the replay of another one, or another
    process plays there.
    """
    configure_log("error")
    played = load(scenario)
    with _folder(state) as folder, instance_lock(database_url(folder)):
        try:
            asyncio.run(_run(settings, scenario, played, folder, as_json=as_json, serve_after=serve_after))
        except asyncio.CancelledError:
            return 128 + signal.SIGTERM
    return 0


@contextmanager
def _folder(state: Path | None) -> Iterator[Path]:
    """Where the database is kept, as an absolute path: the caller's, or one that goes with the replay."""
    if state is None:
        with tempfile.TemporaryDirectory(prefix="spoofwatch-replay-") as temporary:
            yield Path(temporary).resolve()
        return
    try:
        state.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = f"cannot be made: {error.strerror}"
        raise ConfigError(file=str(state), key="--state", reason=reason, mend="name a folder of your own") from None
    yield state.resolve()


async def _run(
    base: Settings, name: str, scenario: Scenario, folder: Path, *, as_json: bool, serve_after: bool
) -> None:
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    if task is not None:
        loop.add_signal_handler(signal.SIGTERM, task.cancel)
    began = loop.time()
    await claim(folder, scenario)
    async with _stage(base, name, scenario, folder) as stage:
        # The last line of --json is for programs: what people read meanwhile goes beside it.
        progress = _Following(scenario, stage.app, sys.stderr if as_json else sys.stdout)
        await progress.begin()
        suffixes = base.service.sweep.campaign_suffixes
        await Driver(stage.app, stage.clock, scenario, stage.lab, progress.tell, campaign_suffixes=suffixes).run()
        progress.finish()
        unverified = await _unverified(stage.lab.webhook_url)
        seconds = loop.time() - began
        summary = await stage.app.store.read(
            lambda uow: summarise(uow, scenario, seconds=seconds, unverified=unverified)
        )
        lines = await stage.app.store.read(lambda uow: table(uow, scenario))
        _show(summary, scenario, lines, as_json=as_json)
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
            clock.move_to(await Bookmark(parts.app.store).now() or scenario.begin)
            await lab.show(clock.now())
            await _endpoint(parts.app, lab)
            await _archives(parts.app, scenario)
            yield _Stage(app=parts.app, health=parts.health, clock=clock, lab=lab)


async def _endpoint(app: App, lab: LabProcess) -> None:
    """The receiver as a webhook's endpoint; its port and its secret are others after a restart."""
    now = app.clock.now()
    fresh = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
    sealed = app.seal(fresh)

    def step(uow: UnitOfWork) -> None:
        since = next((one.created_at for one in uow.outbox.endpoints("receiver")), now)
        uow.outbox.put_endpoint(Endpoint(id="receiver", url=lab.webhook_url, secret=sealed, created_at=since))

    await lab.trust(fresh)
    await app.store.write(step)


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


class _Following:
    """Reads what each step told, and prints it."""

    def __init__(self, scenario: Scenario, app: App, stream: TextIO) -> None:
        self._app = app
        self._sequence = 0
        self._stream = stream
        self._progress = Progress(scenario, self._write, live=stream.isatty())

    async def begin(self) -> None:
        """Leave out what a replay that is taken up again told before."""
        await self._news()
        self._progress.begin(self._app.clock.now())

    async def tell(self, now: datetime) -> None:
        """A step is done."""
        self._progress.take(now, await self._news())

    def finish(self) -> None:
        """So is the last one."""
        self._progress.finish()

    async def _news(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while page := await self._app.store.read(lambda uow: uow.views.events(self._sequence, _PAGE)):
            self._sequence = page[-1]["sequence"]
            found += page
        return found

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()


def _show(summary: Summary, scenario: Scenario, lines: list[str], *, as_json: bool) -> None:
    """The table of what was true and found, and the summary, which alone is on standard output for programs."""
    if lines:
        print("\n" + "\n".join(lines), file=sys.stderr if as_json else sys.stdout, flush=True)
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
    await serve(create_app(stage.app), (), (), stage.health, listener)
