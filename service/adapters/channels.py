"""Alerts to people: each endpoint's deliveries to the sink of its kind (``ports.Sink``)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from service.adapters.chat_formats import FORMATS
from service.adapters.webhook import Poster, plain
from service.core.alerts.deliveries import Attempt
from service.core.alerts.messages import message
from service.core.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    import httpx

    from service.core.alerts.condition import Channel
    from service.core.alerts.deliveries import Delivery
    from service.ports import Sink


class Channels:
    """Sends by the endpoint's kind."""

    def __init__(self, sinks: Mapping[Channel, Sink]) -> None:
        self._sinks = sinks

    async def send(self, delivery: Delivery, at: datetime) -> Attempt:
        """What the kind's sink makes of it; a kind that is not set up fails, and can be mended."""
        sink = self._sinks.get(delivery.endpoint.kind)
        if sink is None:
            kind = delivery.endpoint.kind
            return Attempt(ok=False, status=None, detail=f"{kind} is not set up: see [mail] in service.toml")
        return await sink.send(delivery, at)


class ChatSink:
    """Posts to Slack, Mattermost, Discord and Teams. ``opened`` gives back the sealed address of the channel.

    ``client`` is the dialer's for webhooks; ``timeout`` in seconds for the whole attempt.
    """

    def __init__(self, client: httpx.AsyncClient, timeout: float, opened: Callable[[str], str]) -> None:
        self._poster, self._opened = Poster(client, timeout), opened

    async def send(self, delivery: Delivery, at: datetime) -> Attempt:
        """Post one message once."""
        shape = FORMATS[delivery.endpoint.kind]
        body = json.dumps(shape(message(delivery.event)), ensure_ascii=True).encode("ascii")
        try:
            url = self._opened(delivery.endpoint.secret)
        except ConfigError as error:
            return Attempt(ok=False, status=None, detail=plain(str(error)))
        return await self._poster.post(url, body, {"Content-Type": "application/json"}, at)


class AppriseSink:
    """Anything else that Apprise speaks (https://github.com/caronc/apprise), where the extra ``chat`` is installed.

    It opens connections of its own: its addresses are the operator's word.
    """

    def __init__(self, opened: Callable[[str], str]) -> None:
        self._opened = opened

    async def send(self, delivery: Delivery, at: datetime) -> Attempt:  # noqa: ARG002 - a sink's signature
        """Notify once. Apprise tells whether it worked, and no more."""
        try:
            import apprise  # noqa: PLC0415 - an extra: only who has such a channel needs it
        except ImportError:
            return Attempt(ok=False, status=None, detail='Apprise is missing: pip install "spoofwatch[chat]"')
        try:
            channel = apprise.Apprise()
            if not channel.add(self._opened(delivery.endpoint.secret)):
                return Attempt(ok=False, status=None, detail="Apprise does not know this kind of address")
            said = message(delivery.event)
            taken = await channel.async_notify(
                title=said.title, body=said.plain(), body_format=apprise.NotifyFormat.TEXT, interpret_escapes=False
            )
        except ConfigError as error:
            return Attempt(ok=False, status=None, detail=plain(str(error)))
        except Exception as error:  # noqa: BLE001 - a hundred plugins raise what their libraries raise
            return Attempt(ok=False, status=None, detail=plain(f"{type(error).__name__}: {error}"))
        return Attempt(ok=bool(taken), status=None, detail="" if taken else "Apprise could not send it")
