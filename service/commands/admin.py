"""``spoofwatch db``, ``config`` and ``webhook``: what an operator does now and then."""

from __future__ import annotations

import asyncio
import base64
import secrets
from pathlib import Path

from service.adapters.backup import backup
from service.adapters.browser import BrowserPlan, missing
from service.adapters.database import parse_url, shown
from service.adapters.schema import upgrade
from service.bootstrap import open_app
from service.core.alerts import events
from service.core.alerts.condition import Channel
from service.core.alerts.deliveries import Delivery, Endpoint
from service.core.errors import InvalidInput
from service.settings import Settings, load, read_secret


def check_config(folder: Path) -> int:
    """Read everything as the daemon would; ConfigError says what is wrong."""
    settings = load(folder)
    outlets = settings.outlets.outlets
    lacking = missing(
        BrowserPlan(executable=settings.service.screenshots.executable, user=settings.service.screenshots.user)
    )
    if settings.service.screenshots.enabled and lacking:
        print(f"screenshots are off: {lacking}")
    counted = f"outlets: {len(outlets)}, feeds: {len(settings.feeds.ids)}"
    print(f"{folder}: good; {counted}, database: {_database(settings)}")
    return 0


def upgrade_database(settings: Settings) -> int:
    """Bring the schema to this version."""
    upgrade(settings.database_url)
    print(f"{_database(settings)}: at this version's schema")
    return 0


def backup_database(settings: Settings, file: Path) -> int:
    """Write a consistent copy, also beside a running daemon."""
    print(f"{file}: {backup(settings.database_url, file)} bytes")
    return 0


def test_webhook(settings: Settings, url: str, secret_file: Path | None) -> int:
    """Send one signed ``webhook.test`` and show the answer; 1 where it was not taken."""
    if secret_file is not None:
        secret = read_secret(secret_file, "--secret-file", Path("the command line"))
    else:
        secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
        print(f"secret for this test: {secret}")

    async def send() -> bool:
        async with open_app(settings) as app:
            now = app.clock.now()
            refused = await app.vet_webhook(url, Channel.WEBHOOK)
            if refused is not None:
                raise InvalidInput(f"{url}: {refused}")
            endpoint = Endpoint(id="test", url=url, secret=secret, created_at=now)
            event = events.about_service(
                "webhook.test", now, key=url, detail={"note": "sent by spoofwatch webhook test"}
            )
            attempt = await app.courier.send(Delivery(id=0, endpoint=endpoint, event=event, attempt=0, next_at=now))
            print(f"{'taken' if attempt.ok else 'not taken'}: {attempt.status or ''} {attempt.detail}".rstrip())
            return attempt.ok

    return 0 if asyncio.run(send()) else 1


def _database(settings: Settings) -> str:
    """Which database it is, without its password."""
    return shown(parse_url(settings.database_url))
