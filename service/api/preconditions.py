"""ETag, If-None-Match and If-Match (RFC 9110 8.8.3 and 13.1, RFC 6585 3): nobody overwrites what they have not seen."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends, Header
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

if TYPE_CHECKING:
    from service.api.wiring import Responses

ANY = "*"


def etag_of(content: Any) -> str:
    """The strong validator of an answer's content: equal content has an equal one, in whatever process it is made."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return f'"{hashlib.sha256(text.encode("ascii")).hexdigest()[:32]}"'


def tagged(content: dict[str, Any], if_none_match: str | None = None, *, etag: str | None = None) -> Response:
    """The content with its ETag, or 304 where the client has it already. ``etag``: where it covers less than that."""
    tag = etag or etag_of(content)
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    # For reading, weak validators are as good as strong ones (RFC 9110 13.1.2).
    if {one.removeprefix("W/") for one in _listed(if_none_match)} & {tag, ANY}:
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return JSONResponse(content, headers=headers)


@dataclass(frozen=True, slots=True)
class Precondition:
    """The ETags that the client knows; None where it named none and need not."""

    tags: frozenset[str] | None

    def check(self, etag: str) -> None:
        """Nothing, or 412 where what is there now is not what the client saw.

        To be called in the transaction that writes. Weak validators never match (RFC 9110 13.1.1).
        """
        if self.tags is not None and not self.tags & {etag, ANY}:
            detail = "It was changed since you read it. Read it again, and send its ETag as If-Match."
            raise HTTPException(status_code=HTTPStatus.PRECONDITION_FAILED, detail=detail)


_DESCRIPTION = "The ETag of what you read: 412 where it was changed since. `*` takes it as it is."
_EXAMPLES = ['"5f1b7c0d2a9e4d6683b0c1f75b1d7c0f"', ANY]
_Header = Annotated[str | None, Header(description=_DESCRIPTION, max_length=1_000, examples=_EXAMPLES)]


def _required(if_match: _Header = None) -> Precondition:
    if not _listed(if_match):
        detail = "This needs the header If-Match with the ETag that GET answered with, or * to take it as it is."
        raise HTTPException(status_code=HTTPStatus.PRECONDITION_REQUIRED, detail=detail)
    return Precondition(_listed(if_match))


def _optional(if_match: _Header = None) -> Precondition:
    return Precondition(_listed(if_match) or None)


Required = Annotated[Precondition, Depends(_required)]
"""For everything that changes or removes what is there: 428 without the header."""

Optional = Annotated[Precondition, Depends(_optional)]
"""For what is added to something that changes by itself: an analyst may say what they saw it as, and need not."""

IfNoneMatch = Annotated[
    str | None,
    Header(
        description="An ETag: 304 where nothing has changed since.",
        max_length=1_000,
        examples=['"5f1b7c0d2a9e4d6683b0c1f75b1d7c0f"'],
    ),
]

_ETAG = {"ETag": {"description": "Changes with the content.", "schema": {"type": "string"}}}
NOT_MODIFIED: Responses = {
    200: {"headers": _ETAG},
    304: {"description": "Nothing has changed since the answer with this ETag."},
}
"""What routes with ``tagged`` answers say of them."""


def _listed(header: str | None) -> frozenset[str]:
    return frozenset(one.strip() for one in (header or "").split(",") if one.strip())
