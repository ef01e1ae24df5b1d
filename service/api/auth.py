"""Who asks, and what they may: bearer tokens (RFC 6750) with scopes.

Authentication happens before a request's body is read, so that strangers cost no parsing; the scope is asked for by
each route.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from fastapi import Request, Security
from fastapi.security import HTTPBearer, SecurityScopes
from fastapi.security.http import HTTPAuthorizationCredentials
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as AsgiScope

from service.api.problems import Problem
from service.core.tokens import hash_token, id_of
from service.ports import Store

PROTECTED = "/v1"
"""Everything below this path needs a token."""

_REALM = 'Bearer realm="spoofwatch"'
_scheme = HTTPBearer(
    auto_error=False, scheme_name="token", bearerFormat="sw_<id>_<secret>", description="`spoofwatch token create`"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Caller:
    """The token that a request came with."""

    token_id: str
    scopes: frozenset[str]


class Authentication:
    """ASGI middleware: nothing below ``PROTECTED`` is reached without a token that the store knows."""

    def __init__(self, app: ASGIApp, *, store: Store) -> None:
        self._app = app
        self._store = store

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
        await self._app(scope, receive, send)

    async def _caller(self, authorization: str) -> Caller | Problem:
        scheme, _, given = authorization.partition(" ")
        if scheme.lower() != "bearer":
            return _unauthorised("This needs a token: Authorization: Bearer sw_...", {})
        plain = given.strip()
        identity = id_of(plain)
        if identity is None:
            return _unauthorised("This is not a token; one reads sw_<id>_<secret>.", {"error": "invalid_token"})
        digest = hash_token(plain)
        scopes = await self._store.read(lambda uow: uow.tokens.scopes(identity, digest))
        if scopes is None:
            return _unauthorised("This token is not known here.", {"error": "invalid_token"})
        return Caller(token_id=identity, scopes=scopes)


def authorise(
    needed: SecurityScopes,
    request: Request,
    _: Annotated[HTTPAuthorizationCredentials | None, Security(_scheme)] = None,
) -> Caller:
    """Dependency of every route below ``PROTECTED``: 403 where the token lacks a scope that the route asks for."""
    caller: Caller = request.state.caller
    missing = [scope for scope in needed.scopes if scope not in caller.scopes]
    if missing:
        challenge = f'{_REALM}, error="insufficient_scope", scope="{missing[0]}"'
        raise HTTPException(
            status_code=HTTPStatus.FORBIDDEN,
            detail=f"This needs a token with the scope {missing[0]}.",
            headers={"WWW-Authenticate": challenge},
        )
    return caller


def _unauthorised(detail: str, parameters: Mapping[str, str]) -> Problem:
    challenge = ", ".join((_REALM, *(f'{name}="{value}"' for name, value in parameters.items())))
    return Problem(status=HTTPStatus.UNAUTHORIZED, detail=detail, headers={"WWW-Authenticate": challenge})
