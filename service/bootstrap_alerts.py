"""The composition root's part for alerts: who is told, over what, and what may be told where."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlsplit

import httpx

from service.adapters.channels import AppriseSink, Channels, ChatSink
from service.adapters.chat_formats import FORMATS
from service.adapters.dialer import Dialer, NoAddress, Refused
from service.adapters.heartbeat import Heartbeat
from service.adapters.mail import MailServer, MailSink, recipients
from service.adapters.vault import Vault
from service.adapters.webhook import WebhookSink
from service.core.alerts.condition import Channel
from service.core.states import Tier
from service.daemon.scheduler import Tick
from service.pipeline.onboard import Onboarder
from service.ports import Clock, Sink, Store, UnitOfWork
from service.settings import Settings, read_secret


def sinks(settings: Settings, client: httpx.AsyncClient, vault: Vault) -> Channels:
    """Where alerts go, by the kind of endpoint. ``client`` is the dialer's for webhooks."""
    timeout = settings.service.webhooks.timeout.total_seconds()
    chat = ChatSink(client, timeout, vault.open)
    by_kind: dict[Channel, Sink] = dict.fromkeys(FORMATS, chat)
    by_kind |= {Channel.WEBHOOK: WebhookSink(client, timeout, vault.open), Channel.APPRISE: AppriseSink(vault.open)}
    mail = settings.service.mail
    if mail.host:
        file = settings.folder / "service.toml"
        password = mail.password_file and read_secret(settings.path(mail.password_file), "mail.password_file", file)
        server = MailServer(
            host=mail.host,
            port=mail.port,
            security=mail.security,
            sender=mail.sender,
            user=mail.user,
            password=password or "",
            timeout=timeout,
        )
        by_kind[Channel.EMAIL] = MailSink(server)
    return Channels(by_kind)


def onboarder(
    settings: Settings, clock: Clock, store: Store, tiers: Mapping[Tier, timedelta], *, replayed: bool
) -> Onboarder:
    """Who puts outlets on the list. A replay's outlets were watched before its first day."""
    quiet = settings.service.alerts.quiet_onboarding and not replayed
    return Onboarder(clock=clock, store=store, tiers=tiers, quiet=quiet)


def heartbeat(
    settings: Settings, client: httpx.AsyncClient, ready: Callable[[], Awaitable[Mapping[str, str]]]
) -> tuple[Tick, ...]:
    """The tick that gives a sign of life, where an address is given."""
    given = settings.service.heartbeat
    if given.url_file is None:
        return ()
    url = read_secret(settings.path(given.url_file), "heartbeat.url_file", settings.folder / "service.toml")
    return (Tick(name="heartbeat", every=given.every, run=Heartbeat(client, url, ready).beat),)


async def seal_secrets(store: Store, vault: Vault) -> None:
    """Seal what was stored before secrets were, and under the newest key what an older one sealed."""

    def step(uow: UnitOfWork) -> None:
        for one in uow.outbox.endpoints():
            uow.outbox.put_endpoint(
                replace(one, secret=vault.renewed(one.secret), old_secret=vault.renewed(one.old_secret))
            )

    stored = await store.read(lambda uow: uow.outbox.endpoints())
    secrets_now = [secret for one in stored for secret in (one.secret, one.old_secret)]
    if any(vault.renewed(secret) != secret for secret in secrets_now):
        await store.write(step)


async def vet_endpoint(settings: Settings, dialer: Dialer, url: str, kind: Channel) -> str | None:
    """Why an endpoint's URL would be refused, None where it would not."""
    if kind is Channel.APPRISE:
        return None if "://" in url else "Apprise takes addresses such as ntfy://topic"
    if kind is Channel.EMAIL:
        return _vet_mail(settings, url)
    return await _vet_web(dialer, url)


def _vet_mail(settings: Settings, url: str) -> str | None:
    if not settings.service.mail.host:
        return "mail is not set up: [mail] in service.toml names no server"
    try:
        recipients(url)
    except ValueError as error:
        return str(error)
    return None


async def _vet_web(dialer: Dialer, url: str) -> str | None:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
        return "a webhook's URL is http or https, with a host and without a user name"
    try:
        await dialer.route("webhooks", parts.hostname, parts.port or (443 if parts.scheme == "https" else 80))
    except (Refused, NoAddress) as error:
        return str(error)
    except ValueError:
        return "the port is not a number"
    return None
