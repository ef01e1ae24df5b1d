"""Errors as RFC 9457 problems: the only place where an error becomes an HTTP status."""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.routing import Match

from service.core.errors import (
    ConfigError,
    Conflict,
    InvalidInput,
    InvalidName,
    NotFound,
    QuotaSpent,
    StoreUnavailable,
)

if TYPE_CHECKING:
    from starlette.requests import Request

MEDIA_TYPE = "application/problem+json"

_RETRY_AFTER = "5"  # seconds: a lock has passed by then, and a person still waits
_MAX_ERRORS = 20  # a body of a thousand wrong items needs no thousand sentences
_PYDANTIC_PREFIX = "Value error, "
_MAX_QUOTED = 200  # characters of a name that the client made up
_SAID: Mapping[int, str] = {
    HTTPStatus.BAD_REQUEST: "The body cannot be read as JSON.",
    HTTPStatus.NOT_FOUND: "There is no such route.",
    HTTPStatus.METHOD_NOT_ALLOWED: "This route does not take this method; the header Allow names those it takes.",
}
_STATUS: Mapping[type[Exception], int] = {
    InvalidName: HTTPStatus.UNPROCESSABLE_ENTITY,
    ConfigError: HTTPStatus.UNPROCESSABLE_ENTITY,
    NotFound: HTTPStatus.NOT_FOUND,
    Conflict: HTTPStatus.CONFLICT,
}

logger = logging.getLogger("spoofwatch.api")


class ProblemResponse(JSONResponse):
    """A problem document. Pure ASCII: a problem may quote what no UTF-8 can hold (lone surrogates)."""

    media_type = MEDIA_TYPE

    def render(self, content: Any) -> bytes:
        """The document as bytes."""
        return json.dumps(content).encode("ascii")


@dataclass(frozen=True, kw_only=True, slots=True)
class FieldError:
    """What is wrong with one value. ``pointer``: where it stands, such as ``/body/urls/3`` or ``/query/limit``."""

    pointer: str
    detail: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """A refusal. ``headers`` go out with it."""

    status: int
    detail: str
    errors: tuple[FieldError, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)

    def content(self, *, path: str, request_id: str) -> dict[str, Any]:
        """The members of the JSON document (RFC 9457 3.1, and our extensions errors and request_id)."""
        return {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            "instance": path,
            "errors": [{"pointer": error.pointer, "detail": error.detail} for error in self.errors],
            "request_id": request_id,
        }

    def response(self, *, path: str, request_id: str) -> ProblemResponse:
        """The answer that carries it."""
        content = self.content(path=path, request_id=request_id)
        return ProblemResponse(content, status_code=self.status, headers=dict(self.headers))


def problem_of(error: Exception) -> Problem:
    """What a client is told of an error. Of one that is not foreseen here it is told nothing but that it happened."""
    match error:
        case InvalidInput():
            return _of_input(error)
        case InvalidName() | ConfigError() | NotFound() | Conflict():
            status = next(status for kind, status in _STATUS.items() if isinstance(error, kind))
            return Problem(status=status, detail=str(error))
        case QuotaSpent():
            wait = {"Retry-After": str(max(1, math.ceil(error.retry_after)))}
            return Problem(status=HTTPStatus.TOO_MANY_REQUESTS, detail=str(error), headers=wait)
        case StoreUnavailable():
            detail = "The database does not answer or cannot be written. Ask again later."
            headers = {"Retry-After": _RETRY_AFTER}
            return Problem(status=HTTPStatus.SERVICE_UNAVAILABLE, detail=detail, headers=headers)
        case HTTPException():
            return _of_http(error)
        case _:
            detail = "The service failed at this. The request id finds the reason in its log."
            return Problem(status=HTTPStatus.INTERNAL_SERVER_ERROR, detail=detail)


def unsupported_media_type(given: str) -> Problem:
    """The answer to a body that is not declared as JSON, as by curl -d without a header."""
    detail = f"The body must be JSON, sent with Content-Type: application/json (not {given or 'without one'})."
    return Problem(status=HTTPStatus.UNSUPPORTED_MEDIA_TYPE, detail=detail)


def too_large(limit: int) -> Problem:
    """The answer to a body above ``limit`` bytes; the rest of it is not read, so the connection ends."""
    detail = f"The body is larger than {limit} bytes."
    return Problem(status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail=detail, headers={"Connection": "close"})


async def on_error(request: Request, error: Exception) -> ProblemResponse:
    """Exception handler for SpoofwatchError and HTTPException."""
    problem = problem_of(error)
    if isinstance(error, StoreUnavailable):
        logger.warning("request %s: the store is unavailable: %s", request.state.request_id, error)
    if problem.status == HTTPStatus.METHOD_NOT_ALLOWED:
        problem = replace(problem, headers={"Allow": _allowed(request)})
    if problem.status == HTTPStatus.UNPROCESSABLE_ENTITY and not problem.errors:
        # What cannot be said of one value is said of all that was sent.
        where = "/path" if request.method in ("GET", "HEAD") else "/body"
        problem = replace(problem, errors=(FieldError(pointer=where, detail=problem.detail),))
    return _respond(request, problem)


async def on_invalid(request: Request, error: Exception) -> ProblemResponse:
    """Exception handler for what FastAPI found wrong in path, query or body."""
    found: Sequence[Any] = error.errors() if isinstance(error, RequestValidationError) else ()
    if any(item["type"] == "json_invalid" for item in found):
        where = found[0]["loc"][-1]
        detail = f"The body is not JSON: {found[0]['ctx']['error']} at character {where}."
        return _respond(request, Problem(status=HTTPStatus.BAD_REQUEST, detail=detail))
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if any(item["loc"] == ("body",) and item["type"] != "missing" for item in found) and not _is_json(media_type):
        return _respond(request, unsupported_media_type(media_type))
    return _respond(request, _of_fields(found))


def _respond(request: Request, problem: Problem) -> ProblemResponse:
    return problem.response(path=request.url.path, request_id=request.state.request_id)


def _allowed(request: Request) -> str:
    """The methods that this path takes. Starlette's own answer names those of the first route with that path only."""
    asked = [dict(request.scope) | {"method": method} for method in ("GET", "POST", "PUT", "PATCH", "DELETE")]
    routes = request.app.routes
    return ", ".join(
        scope["method"] for scope in asked if any(route.matches(scope)[0] is Match.FULL for route in routes)
    )


def _is_json(media_type: str) -> bool:
    return media_type == "application/json" or (media_type.startswith("application/") and media_type.endswith("+json"))


def _of_input(error: InvalidInput) -> Problem:
    in_body = not error.pointer.startswith(("/query", "/path", "/header"))
    pointer = f"/body{error.pointer}" if in_body else error.pointer
    errors = (FieldError(pointer=pointer, detail=str(error)),) if error.pointer else ()
    return Problem(status=HTTPStatus.UNPROCESSABLE_ENTITY, detail=str(error), errors=errors)


def _of_http(error: HTTPException) -> Problem:
    said = _SAID.get(error.status_code, error.detail)
    return Problem(status=error.status_code, detail=said, headers=dict(error.headers or {}))


def _of_fields(found: Sequence[Any]) -> Problem:
    errors = tuple(FieldError(pointer=_pointer(item["loc"]), detail=_sentence(item)) for item in found[:_MAX_ERRORS])
    more = f", and {len(found) - _MAX_ERRORS} more" if len(found) > _MAX_ERRORS else ""
    first = f"{errors[0].pointer}: {errors[0].detail}" if errors else "The request is not valid."
    detail = first if len(found) == 1 else f"{len(errors)} values are wrong{more}; the first: {first}"
    return Problem(status=HTTPStatus.UNPROCESSABLE_ENTITY, detail=detail, errors=errors)


def _pointer(location: Sequence[str | int]) -> str:
    """Where a value stands: a JSON Pointer (RFC 6901 3) below /path, /query, /header or /body."""
    return "".join("/" + str(part)[:_MAX_QUOTED].replace("~", "~0").replace("/", "~1") for part in location)


def _sentence(item: Mapping[str, Any]) -> str:
    if item["type"] == "extra_forbidden":
        return "there is no such field"
    if item["type"] == "missing":
        return "is required"
    text = str(item["msg"]).removeprefix(_PYDANTIC_PREFIX)
    return text[:1].lower() + text[1:]
