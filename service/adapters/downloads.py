"""Files of servers that names are taken from: one vetted connection that is kept, bodies decoded within bounds."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

import httpcore
import httpx

from service.adapters.decode import BodyLimits, BodyReader, TooLarge, Truncated, UnsupportedEncoding
from service.adapters.dialer import DEFAULT_BUDGET, user_agent
from service.adapters.transport import KeptTransport
from service.core.errors import AnswerTooLarge, FeedUnavailable
from service.core.feed import Download, SavedFile

if TYPE_CHECKING:
    from pathlib import Path

    from service.adapters.dialer import Dialer

MOST_HOPS = 5

_LONGEST_PATIENCE = 86_400.0
_RATIO = 1_000
"""Names of one certificate authority compress far better than pages do; the bound on size is what protects."""


class HttpDownloads:
    """``ports.Downloads`` over HTTP. ``timeout`` in seconds for each wait; ``contact`` is told to the server.

    ``authorization`` is that header's value where files are saved; ``budget`` in bytes for each answer.
    """

    def __init__(
        self,
        dialer: Dialer,
        *,
        timeout: float = 20.0,
        contact: str = "",
        authorization: str = "",
        budget: int = DEFAULT_BUDGET,
    ) -> None:
        self._authorization = authorization
        agent = f"{user_agent()} (+{contact})" if contact else user_agent()
        self._client = httpx.AsyncClient(
            transport=KeptTransport(dialer.transport("feeds", budget=budget), budget),
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

    async def save(self, url: str, path: Path, known: str) -> SavedFile:
        """Write what is at ``url`` to ``path``, whole and synced, unless it is the version ``known`` still.

        Redirects are followed, each to a vetted address; only the first server is told ``authorization``.
        FeedUnavailable where nothing whole comes, with the server's Retry-After where it gives one.
        """
        try:
            for hop in range(MOST_HOPS):
                async with self._client.stream("GET", url, headers=self._asking(known, first=hop == 0)) as response:
                    where = response.headers.get("location")
                    if response.is_redirect and where:
                        url = str(response.url.join(where))
                        continue
                    return await _saved(response, url, path)
        except (httpx.HTTPError, httpx.InvalidURL, httpcore.ConnectError) as error:
            raise FeedUnavailable(f"{url}: {_words(error)}") from error
        raise FeedUnavailable(f"{url}: more than {MOST_HOPS} redirects")

    def _asking(self, known: str, *, first: bool) -> dict[str, str]:
        """The validators of the known version (RFC 9110 13.1), and who asks; bodies as they are, not encoded again."""
        tag, _, modified = known.partition(" | ")
        headers = {"Accept-Encoding": "identity"}
        headers |= {"If-None-Match": tag} if tag else {}
        headers |= {"If-Modified-Since": modified} if modified else {}
        return headers | ({"Authorization": self._authorization} if self._authorization and first else {})

    async def close(self) -> None:
        """Close the connection."""
        await self._client.aclose()


async def _saved(response: httpx.Response, url: str, path: Path) -> SavedFile:
    """The body on disk, synced; a body shorter than its Content-Length is an error of httpcore's."""
    if response.status_code == HTTPStatus.NOT_MODIFIED:
        return SavedFile(new=False)
    if response.status_code != HTTPStatus.OK:
        wait = _seconds(response.headers.get("retry-after", ""))
        raise FeedUnavailable(f"{url}: the server answers {response.status_code}", wait)
    if response.headers.get("content-encoding", "identity") not in ("identity", ""):
        raise FeedUnavailable(f"{url}: the server encodes what was asked for as it is")
    with path.open("wb") as stream:
        async for chunk in response.aiter_raw():
            stream.write(chunk)
        stream.flush()
        os.fsync(stream.fileno())
    tag, modified = (response.headers.get(name, "") for name in ("etag", "last-modified"))
    version = f"{tag} | {modified}" if tag or modified else ""
    return SavedFile(new=True, version=version, modified_at=_moment(modified))


def _moment(text: str) -> datetime | None:
    """Last-Modified as a time (RFC 9110 5.6.7); None where it is none."""
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


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
