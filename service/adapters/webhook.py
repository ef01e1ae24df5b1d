"""Alerts to webhooks: signed, posted once, and the answer turned into what the outbox does next."""

from __future__ import annotations

import asyncio
import json
import math
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import httpx

from service.core.alerts.deliveries import Attempt
from service.core.alerts.events import rfc3339
from service.core.alerts.signature import sign
from service.core.errors import ConfigError, InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable

    from service.core.alerts.deliveries import Delivery
    from service.core.model import Event

KEPT = 1024
"""Bytes of an answer that are kept for the endpoint's log."""

LONGEST_WAIT = 7 * 86_400.0
"""Seconds: a receiver that asks for more patience is asked again after a week."""

_THROTTLED = frozenset({httpx.codes.TOO_MANY_REQUESTS, httpx.codes.SERVICE_UNAVAILABLE})
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")


class WebhookSink:
    """Sends events as Standard Webhooks (``ports.Sink``).

    ``client`` is the dialer's for webhooks, so private targets are refused unless the operator allowed them, and a
    redirect is an answer like any other: a failure. ``timeout`` in seconds for the whole attempt. ``opened`` gives back
    a secret that was sealed.
    """

    def __init__(
        self, client: httpx.AsyncClient, timeout: float = 15.0, opened: Callable[[str], str] = lambda secret: secret
    ) -> None:
        self._poster, self._opened = Poster(client, timeout), opened

    async def send(self, delivery: Delivery, at: datetime) -> Attempt:
        """Sign and post the event once. Only 410, and an endpoint that cannot be posted to at all, are permanent."""
        timestamp = int(at.timestamp())
        try:
            body = payload(delivery.event)
            secrets = " ".join(self._opened(secret) for secret in delivery.endpoint.secrets(at))
            signature = sign(secrets, delivery.event.id, timestamp, body)
            headers = {
                "Content-Type": "application/json",
                "webhook-id": delivery.event.id,
                "webhook-timestamp": str(timestamp),
                "webhook-signature": signature,
            }
        except InvalidInput as error:
            return Attempt(ok=False, status=None, detail=plain(str(error)), permanent=True)
        except ConfigError as error:  # the key: mended by the operator, so it is tried again
            return Attempt(ok=False, status=None, detail=plain(str(error)))
        return await self._poster.post(delivery.endpoint.url, body, headers, at)


class Poster:
    """Posts through ``client``, the dialer's for webhooks. ``seconds`` for the whole of one post."""

    def __init__(self, client: httpx.AsyncClient, seconds: float) -> None:
        self._client, self._seconds = client, seconds

    async def post(self, url: str, body: bytes, headers: dict[str, str], at: datetime) -> Attempt:
        """Post once, and what came of it. ``at`` is the real time."""
        try:
            async with (
                asyncio.timeout(self._seconds),
                self._client.stream("POST", url, content=body, headers=headers) as response,
            ):
                return Attempt(
                    ok=response.is_success,
                    status=response.status_code,
                    detail=plain(await _beginning(response)),
                    permanent=response.status_code == httpx.codes.GONE,
                    retry_after=retry_after(response.headers.get("retry-after", ""), at)
                    if response.status_code in _THROTTLED
                    else None,
                )
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            return Attempt(ok=False, status=None, detail=plain(str(error)), permanent=True)
        except TimeoutError:
            return Attempt(ok=False, status=None, detail=f"no answer within {self._seconds:g} s")
        except (httpx.HTTPError, OSError) as error:
            return Attempt(ok=False, status=None, detail=plain(f"{type(error).__name__}: {error}"))


def payload(event: Event) -> bytes:
    """The body: compact JSON of ``type``, ``timestamp`` (RFC 3339, UTC, whole seconds) and ``data``.

    Lone surrogates, which hostile pages have and UTF-8 has not, become question marks. Raises InvalidInput where the
    data are no JSON values.
    """
    content = {"type": event.type, "timestamp": rfc3339(event.at), "data": dict(event.data)}
    try:
        text = json.dumps(content, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise InvalidInput(f"the event's data are no JSON: {error}") from error
    return text.encode("utf-8", "replace")


def retry_after(value: str, now: datetime) -> float | None:
    """Seconds that a Retry-After header asks for, from 0 to a week; None where it says nothing (RFC 9110 10.2.3)."""
    text = value.strip()
    if text.isascii() and text.isdigit():
        return min(float(text), LONGEST_WAIT)
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    seconds = (moment - now).total_seconds()
    return min(max(0.0, seconds), LONGEST_WAIT) if math.isfinite(seconds) else None


async def _beginning(response: httpx.Response) -> str:
    """The first kilobyte of the body, read raw: an answer to a webhook has no business being long, or encoded."""
    kept = bytearray()
    async for chunk in response.aiter_raw():
        kept += chunk[: KEPT - len(kept)]
        if len(kept) >= KEPT:
            break
    return kept.decode("utf-8", "replace")


def plain(text: str) -> str:
    """Text without control and direction characters, for logs and pages."""
    return _CONTROL.sub(" ", text).strip()[:KEPT]
