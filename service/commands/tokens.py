"""``spoofwatch token``: who may ask the API, and for what."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from service.api.schemas_tokens import NewToken
from service.api.tokens import make, shown
from service.bootstrap import open_app
from service.core.tokens import Scope
from service.settings import Settings

_COLUMNS = ("id", "scopes", "outlets", "created_at", "last_used_at", "ends", "note")


def create(
    settings: Settings, scopes: Sequence[str], outlets: Sequence[str], lasts: timedelta | None, note: str
) -> int:
    """Make an API token and print it, once."""

    async def keep() -> str:
        async with open_app(settings) as app:
            wanted = NewToken.model_construct(
                scopes=tuple(Scope(scope) for scope in scopes),
                outlets=tuple(outlets),
                expires_at=None if lasts is None else app.clock.real_now() + lasts,
                note=note,
            )
            made = await make(app, wanted)
            return str(made["token"])

    print(asyncio.run(keep()))
    return 0


def show(settings: Settings, *, as_json: bool) -> int:
    """List every token without its secret, the oldest first."""

    async def read() -> list[dict[str, Any]]:
        async with open_app(settings) as app:
            return [shown(token) for token in await app.store.read(lambda uow: uow.tokens.all())]

    tokens = asyncio.run(read())
    if as_json:
        for token in tokens:
            print(json.dumps(token))
        return 0
    rows = [_COLUMNS, *(_row(token) for token in tokens)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_COLUMNS))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    return 0


def revoke(settings: Settings, token_id: str) -> int:
    """Refuse a token from now on."""

    async def step() -> None:
        async with open_app(settings) as app:
            now = app.clock.real_now()
            await app.store.write(lambda uow: uow.tokens.revoke(token_id, now))

    asyncio.run(step())
    print(f"{token_id}: revoked")
    return 0


def _row(token: dict[str, Any]) -> tuple[str, ...]:
    ends = f"revoked {token['revoked_at']}" if token["revoked_at"] else token["expires_at"] or "never"
    return (
        token["id"],
        ",".join(token["scopes"]),
        ",".join(token["outlets"]) or "all",
        token["created_at"],
        token["last_used_at"] or "never",
        ends,
        token["note"],
    )
