"""``spoofwatch run``: the daemon. Only this command holds the instance lock."""

from __future__ import annotations

import asyncio
import fcntl
import gc
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from service.adapters.database import failures_as_unavailable, file_of, on_server, parse_url, shown
from service.adapters.database_postgres import daemon_lock
from service.api.app import create_app
from service.app import App
from service.bootstrap import open_parts
from service.core.errors import ConfigError, Conflict
from service.core.tokens import Scope, Token, hash_token, id_of, new_token
from service.daemon.supervisor import listen, serve
from service.ports import UnitOfWork
from service.settings import Settings, read_secret

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
        await first_token(parts.app, given_token(settings))
        api = create_app(parts.app, requests_per_minute=settings.service.api.requests_per_minute)
        # What is there by now stays. To walk it in each full collection takes 0.15 s, in which nobody is answered.
        gc.freeze()
        await serve(api, parts.ticks, parts.followers, parts.health, listener)


def given_token(settings: Settings) -> str | None:
    """The administrator's token out of ``api.token_file``, None where there is no such setting."""
    file = settings.service.api.token_file
    if file is None:
        return None
    plain = read_secret(settings.path(file), "api.token_file", settings.folder / "service.toml")
    if id_of(plain) is None:
        raise ConfigError(
            file=str(settings.folder / "service.toml"),
            key="api.token_file",
            value=str(file),
            reason="holds no token",
            mend="a token reads sw_, 12 hexadecimal digits, _, 64 hexadecimal digits",
        )
    return plain


async def first_token(app: App, given: str | None = None) -> None:
    """Keep the administrator's token that was ``given``; else make one where there is none yet, and print it once."""
    plain = given or new_token(app.token_bytes).plain
    now = app.clock.real_now()
    token = Token(
        id=id_of(plain) or "",
        digest=hash_token(plain),
        scopes=frozenset(Scope),
        created_at=now,
        note="from api.token_file" if given else "made at the first start",
    )

    def step(uow: UnitOfWork) -> bool:
        known = uow.tokens.get(token.id)
        if (known and known.digest == token.digest) or (not given and uow.tokens.all()):
            return False
        uow.tokens.add(token)
        return True

    if await app.store.write(step) and not given:
        print(f"API token, shown once (more by `spoofwatch token create`): {plain}", flush=True)


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

    The kernel, or the database's server, gives the lock back however the process ends.
    """
    url = parse_url(database_url)
    if on_server(url):
        with failures_as_unavailable(url), daemon_lock(url) as ours:
            if not ours:
                raise Conflict(f"another daemon runs on {shown(url)}; stop it first")
            yield
        return
    file = file_of(url)
    if file is None:
        yield
        return
    path = file.with_name(f"{file.name}.lock")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Conflict(f"another daemon runs on {path.with_suffix('')}; stop it first") from None
        yield
