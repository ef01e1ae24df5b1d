"""Who asks, and what they may: bearer tokens (RFC 6750) with scopes, some of them limited to outlets.

Authentication happens before a request's body is read, so that strangers cost no parsing; the scope is asked for by
each route. A token that is limited to outlets is refused by every route but those that ask with ``authorise_limited``:
a route that knows nothing of the limit cannot show what it should not.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated

from fastapi import Request, Security
from fastapi.security import HTTPBearer, SecurityScopes
from fastapi.security.http import HTTPAuthorizationCredentials
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Send
from starlette.types import Scope as AsgiScope

from service.api.problems import Problem
from service.core.errors import StoreUnavailable
from service.core.tokens import Token, hash_token, id_of, why_refused
from service.ports import Clock, Store

PROTECTED = "/v1"
"""Everything below this path needs a token."""

TRUSTED_FOR = timedelta(seconds=1)
"""How long a token is not asked for anew: a page that loads twenty things reads it once. What this process revokes ends
at once, what another one revokes (the command line, another machine) ends within this time."""

_MOST_KNOWN = 1_000  # tokens remembered; a list that is full is begun anew

_REALM = 'Bearer realm="spoofwatch"'
_scheme = HTTPBearer(
    auto_error=False, scheme_name="token", bearerFormat="sw_<id>_<secret>", description="`spoofwatch token create`"
)
_log = logging.getLogger("spoofwatch.api")


@dataclass(frozen=True, kw_only=True, slots=True)
class Caller:
    """The token that a request came with. ``outlets`` empty: it sees what concerns any outlet, or none."""

    token_id: str
    scopes: frozenset[str]
    outlets: frozenset[str]

    def sees(self, outlet: str | None) -> bool:
        """Whether it may see what concerns this outlet (None: nobody's)."""
        return not self.outlets or outlet in self.outlets

    def within(self, outlet: str | None) -> frozenset[str] | None:
        """The outlets to answer about where ``outlet`` was asked for (None: any); None stands for all."""
        if outlet is not None:
            return frozenset({outlet}) if self.sees(outlet) else frozenset()
        return self.outlets or None


class Authentication:
    """ASGI middleware: nothing below ``PROTECTED`` is reached without a token that the store knows and that is good.

    Expiry follows real time: a replay that plays the year 2022 lends no token more life.
    """

    def __init__(self, app: ASGIApp, *, store: Store, clock: Clock) -> None:
        self._app = app
        self._store, self._clock = store, clock
        self._known: dict[str, tuple[Token, datetime]] = {}

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        """Answer 401, or pass the request on with its ``Caller``."""
        path = scope.get("path", "")
        if scope["type"] != "http" or not (path == PROTECTED or path.startswith(PROTECTED + "/")):
            await self._app(scope, receive, send)
            return
        found = await self._caller(Headers(scope=scope).get("authorization", ""))
        if isinstance(found, Problem):
            await found.response(path=path, request_id=scope["state"]["request_id"])(scope, receive, send)
            return
        scope["state"]["caller"] = found
        if scope["method"] not in ("GET", "HEAD") and path.startswith(PROTECTED + "/tokens"):
            send = self._forgetting(send)
        await self._app(scope, receive, send)

    def _forgetting(self, send: Send) -> Send:
        """The way back to the client; whoever hears that a token was revoked finds it revoked."""

        async def answered(message: Message) -> None:
            self._known = {}
            await send(message)

        return answered

    async def _caller(self, authorization: str) -> Caller | Problem:
        scheme, _, given = authorization.partition(" ")
        if scheme.lower() != "bearer":
            return _unauthorised("This needs a token: Authorization: Bearer sw_...", {})
        plain = given.strip()
        identity = id_of(plain)
        if identity is None:
            return _unauthorised("This is not a token; one reads sw_<id>_<secret>.", {"error": "invalid_token"})
        token = await self._token(identity)
        refused = why_refused(token, hash_token(plain), self._clock.real_now())
        if token is None or refused is not None:
            return _unauthorised(refused or "", {"error": "invalid_token"})
        await self._note_use(token)
        return Caller(token_id=token.id, scopes=token.scopes, outlets=token.outlets)

    async def _token(self, identity: str) -> Token | None:
        """The token with this id, as it is or was ``TRUSTED_FOR`` ago."""
        now = self._clock.real_now()
        known, at = self._known.get(identity, (None, now))
        if known is not None and timedelta(0) <= now - at < TRUSTED_FOR:
            return known
        # One that was read before a revocation is kept in a list that is looked at no more.
        kept = self._known
        token = await self._store.read(lambda uow: uow.tokens.get(identity))
        if token is not None:
            if len(kept) >= _MOST_KNOWN:
                kept.clear()
            kept[identity] = token, now
        return token

    async def _note_use(self, token: Token) -> None:
        now = self._clock.real_now()
        if not token.use_is_news(now):
            return
        self._known.pop(token.id, None)  # the next one to ask reads that this use was noted
        try:
            await self._store.write(lambda uow: uow.tokens.used(token.id, now))
        except StoreUnavailable as error:
            # Who only reads goes on reading while the disk is full.
            _log.warning("the last use of token %s could not be noted: %s", token.id, error)


async def authorise_limited(
    needed: SecurityScopes,
    request: Request,
    _: Annotated[HTTPAuthorizationCredentials | None, Security(_scheme)] = None,
) -> Caller:
    """Dependency of routes that keep to ``Caller.outlets``: 403 where the token lacks a scope that the route asks for.

    Whoever depends on it must use the ``Caller``.
    """
    return _allowed(needed, request)


def _allowed(needed: SecurityScopes, request: Request) -> Caller:
    caller: Caller = request.state.caller
    missing = [scope for scope in needed.scopes if scope not in caller.scopes]
    if missing:
        raise _forbidden(f"This needs a token with the scope {missing[0]}.", missing[0])
    return caller


async def authorise(
    needed: SecurityScopes,
    request: Request,
    _: Annotated[HTTPAuthorizationCredentials | None, Security(_scheme)] = None,
) -> Caller:
    """Dependency of every other route below ``PROTECTED``: 403 for tokens that are limited to outlets, too."""
    caller = _allowed(needed, request)
    if caller.outlets:
        raise _forbidden("This shows or decides what concerns all outlets; your token is limited to some.", None)
    return caller


def _forbidden(detail: str, scope: str | None) -> HTTPException:
    parameters = {"error": "insufficient_scope"} | ({"scope": scope} if scope else {})
    return HTTPException(
        status_code=HTTPStatus.FORBIDDEN, detail=detail, headers={"WWW-Authenticate": _challenge(parameters)}
    )


def _unauthorised(detail: str, parameters: Mapping[str, str]) -> Problem:
    headers = {"WWW-Authenticate": _challenge(parameters)}
    return Problem(status=HTTPStatus.UNAUTHORIZED, detail=detail, headers=headers)


def _challenge(parameters: Mapping[str, str]) -> str:
    """The header WWW-Authenticate (RFC 6750 3)."""
    return ", ".join((_REALM, *(f'{name}="{value}"' for name, value in parameters.items())))
