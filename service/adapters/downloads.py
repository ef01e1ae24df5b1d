"""Files of servers that names are taken from: one vetted connection that is kept, bodies decoded within bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpcore
import httpx

from service.adapters.decode import BodyLimits, BodyReader, TooLarge, Truncated, UnsupportedEncoding
from service.adapters.dialer import user_agent
from service.adapters.transport import KeptTransport
from service.core.errors import AnswerTooLarge, FeedUnavailable
from service.core.feed import Download

if TYPE_CHECKING:
    from service.adapters.dialer import Dialer

_LONGEST_PATIENCE = 86_400.0
_RATIO = 1_000
"""Names of one certificate authority compress far better than pages do; the bound on size is what protects."""


class HttpDownloads:
    """``ports.Downloads`` over HTTP. ``timeout`` in seconds for each wait; ``contact`` is told to the server."""

    def __init__(self, dialer: Dialer, *, timeout: float = 20.0, contact: str = "") -> None:
        agent = f"{user_agent()} (+{contact})" if contact else user_agent()
        self._client = httpx.AsyncClient(
            transport=KeptTransport(dialer.transport("feeds")),
            trust_env=False,
            follow_redirects=False,
            timeout=timeout,
            headers={"User-Agent": agent, "Accept-Encoding": "gzip, identity"},
        )

    async def get(self, url: str, most: int) -> Download:
        """What the server answers; FeedUnavailable where nothing whole comes, AnswerTooLarge beyond ``most`` bytes."""
        try:
            async with self._client.stream("GET", url) as response:
                return Download(
                    status=response.status_code,
                    body=await _body(response, most),
                    retry_after=_seconds(response.headers.get("retry-after", "")),
                )
        except TooLarge as error:
            raise AnswerTooLarge(f"{url}: {error}") from error
        except (Truncated, UnsupportedEncoding) as error:
            raise FeedUnavailable(f"{url}: {error}") from error
        except (httpx.HTTPError, httpx.InvalidURL, httpcore.ConnectError) as error:
            raise FeedUnavailable(f"{url}: {_words(error)}") from error

    async def close(self) -> None:
        """Close the connection."""
        await self._client.aclose()


async def _body(response: httpx.Response, most: int) -> bytes:
    limits = BodyLimits(wire=most, decoded=most, ratio=_RATIO)
    reader = BodyReader(response.headers.get("content-encoding", ""), limits)
    async for chunk in response.aiter_raw():
        reader.feed(chunk)
    reader.finish()
    return bytes(reader.body)


def _seconds(retry_after: str) -> float | None:
    """Retry-After in seconds (RFC 9110 10.2.3); a date in it is left to the caller's own patience."""
    if not (retry_after.isascii() and retry_after.isdecimal()):
        return None
    return min(float(retry_after), _LONGEST_PATIENCE)


def _words(error: Exception) -> str:
    if isinstance(error, httpx.TimeoutException):
        return "no answer in time"
    return str(error) or type(error).__name__
