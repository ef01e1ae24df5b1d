"""``spoofwatch run``: the daemon. Only this command holds the instance lock."""

from __future__ import annotations

import asyncio
import fcntl
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from service.api.app import create_app
from service.app import App
from service.bootstrap import open_parts
from service.core.errors import Conflict
from service.core.tokens import new_token
from service.daemon.supervisor import listen, serve
from service.ports import UnitOfWork
from service.settings import Settings

log = logging.getLogger("spoofwatch")


def run(settings: Settings) -> int:
    """Run until a signal; 0 after an orderly stop."""
    configure_log(settings.service.log.level)
    with instance_lock(settings.database_url):
        asyncio.run(_run(settings))
    return 0


async def _run(settings: Settings) -> None:
    listener = listen(settings.service.api.host, settings.service.api.port)
    async with open_parts(settings) as parts:
        await first_token(parts.app)
        await serve(create_app(parts.app), parts.ticks, parts.followers, parts.health, listener)


async def first_token(app: App) -> None:
    """Make an administrator's token where there is none yet, and print it once to standard output."""
    made = new_token(app.token_bytes)

    def step(uow: UnitOfWork) -> bool:
        if uow.tokens.count():
            return False
        uow.tokens.add(made.id, made.digest, ["admin", "read", "write"], "made at the first start", app.clock.now())
        return True

    if await app.store.write(step):
        print(f"API token, shown once (more by `spoofwatch token create`): {made.plain}", flush=True)


def configure_log(level: str) -> None:
    """One line an entry on standard error."""
    logging.basicConfig(
        level=level.upper(), stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s", force=True
    )
    for chatty in ("httpx", "httpcore", "alembic", "uvicorn"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


@contextmanager
def instance_lock(database_url: str) -> Iterator[None]:
    """Hold ``<database>.lock`` so that two daemons never work on one database; Conflict where another one does.

    The kernel gives the lock back however the process ends.
    """
    prefix = "sqlite:///"
    if not database_url.startswith(prefix):
        yield
        return
    path = Path(database_url.removeprefix(prefix) + ".lock")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Conflict(f"another daemon runs on {path.with_suffix('')}; stop it first") from None
        yield
