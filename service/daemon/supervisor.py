"""Start the ticks and the API, wait for a signal, stop them in the order in which nothing is lost."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from service.core.errors import ConfigError
from service.daemon.followers import Follower, Followers
from service.daemon.health import Health
from service.daemon.scheduler import Tick, Ticker

log = logging.getLogger("spoofwatch")

_DRAIN_SECONDS = 10


class _ApiServer(uvicorn.Server):
    """uvicorn without its signal handlers: the supervisor decides what stops first."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def listen(host: str, port: int) -> socket.socket:
    """The API's listening socket, bound before anything else starts; ConfigError where the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named because asyncio turns Nagle's algorithm off only where it is: without that, an answer's body
    # waits up to 40 ms for the client to acknowledge its head (RFC 896 against RFC 1122, 4.2.3.2).
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise ConfigError(
            file="service.toml",
            key="api.port",
            value=f"{host}:{port}",
            reason=f"cannot listen there: {error.strerror}",
            mend="stop the other program or choose another port; 0 takes a free one",
        ) from None
    return listener


async def serve(
    api: FastAPI, ticks: Sequence[Tick], followers: Sequence[Follower], health: Health, listener: socket.socket
) -> None:
    """Run until SIGTERM or SIGINT. Stopping: followers, no new ticks, running ones get ten seconds, the API too.

    A tick that is cut off loses nothing: what it had claimed comes back to the due list.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    # Without a limit, one client that never sends its request's body would hold the process for ever.
    config = uvicorn.Config(api, log_config=None, access_log=False, server_header=False, lifespan="off")
    config.timeout_graceful_shutdown = _DRAIN_SECONDS
    server = _ApiServer(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]), name="api")
    stopping = asyncio.create_task(stop.wait(), name="signals")
    ticker, following = Ticker(ticks, health), Followers(followers, health)
    log.info("API on http://%s:%s", *listener.getsockname()[:2])
    ticker.start()
    following.start()
    try:
        await asyncio.wait([serving, stopping], return_when=asyncio.FIRST_COMPLETED)
        log.info("stopping")
        await following.stop()
        await ticker.stop(_DRAIN_SECONDS)
    finally:
        stopping.cancel()
        server.should_exit = True
        await serving
