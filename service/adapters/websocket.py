"""A websocket to a server that streams messages, over a vetted connection (``ports.MessageStream``)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpcore
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from service.adapters.dialer import user_agent
from service.core.errors import FeedUnavailable

if TYPE_CHECKING:
    from service.adapters.dialer import Dialer

_MOST_BYTES = 4 << 20
"""Of one message: a certificate with its chain and all its names."""

_MOST_WAITING = 64
"""Messages that wait for us; beyond these nothing is read from the connection, so that the server feels it."""

_PORTS = {"ws": 80, "wss": 443}


class WebSocketStream:
    """One websocket at a time."""

    def __init__(self, dialer: Dialer, url: str, *, timeout: float = 20.0) -> None:
        self._dialer, self._url, self._timeout = dialer, url, timeout
        self._connection: ClientConnection | None = None

    async def open(self) -> None:
        """Connect; FeedUnavailable where that fails."""
        await self.close()
        parts = urlsplit(self._url)
        secure = parts.scheme == "wss"
        try:
            host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
            sock = await self._dialer.socket("feeds", host, port)
            self._connection = await connect(
                self._url,
                sock=sock,
                ssl=self._dialer.verifying if secure else None,
                server_hostname=host if secure else None,
                proxy=None,
                user_agent_header=user_agent(),
                open_timeout=self._timeout,
                close_timeout=1,
                max_size=_MOST_BYTES,
                max_queue=_MOST_WAITING,
            )
        except (OSError, WebSocketException, httpcore.NetworkError, httpcore.TimeoutException, ValueError) as error:
            raise FeedUnavailable(f"{self._url}: {str(error) or type(error).__name__}") from error

    async def receive(self, seconds: float) -> str | None:
        """The next message, None where none came in time; FeedUnavailable where the stream ended."""
        if self._connection is None:
            raise FeedUnavailable(f"{self._url}: not connected")
        try:
            async with asyncio.timeout(seconds):
                message = await self._connection.recv()
        except TimeoutError:
            return None
        except (OSError, WebSocketException) as error:
            raise FeedUnavailable(f"{self._url}: {error}") from error
        return message if isinstance(message, str) else message.decode("utf-8", "replace")

    async def close(self) -> None:
        """Close it."""
        if self._connection is not None:
            await self._connection.close()
            self._connection = None
