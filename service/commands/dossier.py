"""``spoofwatch dossier``: what is known of a site as a ZIP, for a registrar, a host or a court."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from service.bootstrap import open_app
from service.core.errors import InvalidInput
from service.core.names import name as names
from service.pipeline.dossier import dossier, lookalike_of
from service.settings import Settings


def write(settings: Settings, given: str, outlet: str | None, file: Path) -> int:
    """Write the dossier of a host to a file that only its owner can read. Nothing is sent to anybody."""
    host = names.parse(given)

    async def make() -> bytes:
        async with open_app(settings) as app:
            row = await lookalike_of(app.store, host, outlet)
            return await dossier(app.store, app.evidence, row["id"], app.clock.now())

    content = asyncio.run(make())
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
            out.write(content)
    except OSError as error:
        raise InvalidInput(f"{file}: {error.strerror}") from error
    print(f"{file}: {len(content)} bytes; the letters in it are drafts, and nothing was sent")
    return 0
