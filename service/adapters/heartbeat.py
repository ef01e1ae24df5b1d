"""A sign of life to an address of the operator's, so that silence is noticed (healthchecks.io takes such)."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

log = logging.getLogger("spoofwatch.heartbeat")


class Heartbeat:
    """Asks for ``url`` while the service can do its work.

    Nothing of it is in the database. ``ready`` maps each check to "ok" or to what is wrong: where the database does not
    answer nothing is sent, and that is the alarm.
    """

    def __init__(self, client: httpx.AsyncClient, url: str, ready: Callable[[], Awaitable[Mapping[str, str]]]) -> None:
        self._client, self._url, self._ready = client, url, ready

    async def beat(self) -> bool:
        """Ask once; whether it was answered with 2xx. The address, which is a secret, is never logged."""
        checks = await self._ready()
        if checks.get("database") != "ok":
            log.warning("no heartbeat: the database does not answer")
            return False
        try:
            response = await self._client.get(self._url)
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            log.warning("the heartbeat was not taken: %s", type(error).__name__)
            return False
        if not response.is_success:
            log.warning("the heartbeat was answered with %s", response.status_code)
        return response.is_success
