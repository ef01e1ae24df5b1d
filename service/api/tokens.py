"""/v1/tokens: who may ask this service, and for what."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from service.api.answers_tokens import CreatedToken, TokenAnswer, TokenList
from service.api.pages import Paging, page
from service.api.preconditions import NOT_MODIFIED, Required, etag_of, tagged
from service.api.schemas_tokens import NewToken
from service.api.wiring import Admin, Service, path_id, refusals
from service.app import App
from service.core.alerts.events import rfc3339
from service.core.errors import InvalidInput, NotFound
from service.core.tokens import Scope, Token, new_token
from service.ports import UnitOfWork

router = APIRouter(prefix="/tokens", tags=["tokens"])

TokenId = Annotated[str, path_id("token", "0c6b1f5e2d3a")]


@router.get("", summary="List tokens", response_model=TokenList, responses=refusals(), dependencies=[Admin])
async def list_tokens(service: Service, asked: Annotated[Paging, Query()]) -> dict[str, Any]:
    """The oldest first, revoked and expired ones too: verdicts name the token that they came by."""
    tokens = await service.store.read(lambda uow: uow.tokens.all())
    rows, following = page(tokens, asked, lambda token: (token.created_at.isoformat(), token.id))
    return {"data": [shown(token) for token in rows], "next_cursor": following}


@router.get(
    "/{token_id}",
    summary="Show one token",
    response_model=TokenAnswer,
    responses={200: NOT_MODIFIED[200], **refusals(HTTPStatus.NOT_FOUND)},
    dependencies=[Admin],
)
async def get_token(service: Service, token_id: TokenId) -> Response:
    """Without its secret. Its ETag, which revoking asks for, does not change by its being used."""
    token = await service.store.read(lambda uow: _found(uow, token_id))
    return tagged(shown(token), etag=_etag(token))


@router.post(
    "",
    summary="Make a token",
    status_code=HTTPStatus.CREATED,
    response_model=CreatedToken,
    responses=refusals(body=True),
    dependencies=[Admin],
)
async def create_token(service: Service, given: NewToken) -> dict[str, Any]:
    """The answer holds the token; it is shown this once, and only its hash is kept."""
    return await make(service, given)


@router.delete(
    "/{token_id}",
    summary="Revoke a token",
    status_code=HTTPStatus.NO_CONTENT,
    responses=refusals(matched=True),
    dependencies=[Admin],
)
async def revoke_token(service: Service, token_id: TokenId, seen: Required) -> None:
    """It is refused from the next request on, and stays in the list. Revoking it again changes nothing."""
    at = service.clock.real_now()

    def step(uow: UnitOfWork) -> None:
        seen.check(_etag(_found(uow, token_id)))
        uow.tokens.revoke(token_id, at)

    await service.store.write(step)


async def make(service: App, given: NewToken) -> dict[str, Any]:
    """Make and keep a token; as ``CreatedToken`` has it. InvalidInput where it could never be used as it is meant."""
    now = service.clock.real_now()
    if given.expires_at is not None and given.expires_at <= now:
        raise InvalidInput("a token cannot end before it begins", "/expires_at")
    if given.outlets and Scope.ADMIN in given.scopes:
        raise InvalidInput("a token that administers cannot be limited to outlets", "/outlets")
    made = new_token(service.token_bytes)
    token = Token(
        id=made.id,
        digest=made.digest,
        scopes=frozenset(given.scopes),
        created_at=now,
        note=given.note,
        outlets=frozenset(given.outlets),
        expires_at=given.expires_at,
    )

    def step(uow: UnitOfWork) -> None:
        unknown = sorted(token.outlets - {outlet.id for outlet in uow.outlets.all()})
        if unknown:
            raise InvalidInput(f"there is no outlet {unknown[0]} on the watch list", "/outlets")
        uow.tokens.add(token)

    await service.store.write(step)
    return shown(token) | {"token": made.plain}


def shown(token: Token) -> dict[str, Any]:
    """A token as ``TokenAnswer`` has it: without its hash."""
    return {
        "id": token.id,
        "scopes": sorted(token.scopes),
        "outlets": sorted(token.outlets),
        "note": token.note,
        "created_at": rfc3339(token.created_at),
        "expires_at": rfc3339(token.expires_at),
        "last_used_at": rfc3339(token.last_used_at),
        "revoked_at": rfc3339(token.revoked_at),
    }


def _found(uow: UnitOfWork, token_id: str) -> Token:
    token = uow.tokens.get(token_id)
    if token is None:
        raise NotFound(f"there is no token {token_id}")
    return token


def _etag(token: Token) -> str:
    return etag_of(shown(token) | {"last_used_at": None})
