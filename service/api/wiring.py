"""What every route shares: the running service, who may call, and the refusals as OpenAPI shows them."""

from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends, Path, Request, Security
from fastapi.dependencies.models import Dependant
from pydantic import BaseModel, Field

from service.api.auth import Caller, authorise, authorise_limited
from service.api.problems import MEDIA_TYPE
from service.api.schemas import MAX_ID
from service.app import App
from service.core.errors import InvalidInput
from service.core.tokens import Scope

if TYPE_CHECKING:
    from fastapi._compat import ModelField

_MAX_QUOTED = 100  # characters of a parameter that the client made up

Responses = dict[int | str, dict[str, Any]]


async def _service(request: Request) -> App:
    app: App = request.app.state.service
    return app


async def known_query(request: Request) -> None:
    """Refuse query parameters that the route does not know: a mistyped filter must not be a silent default."""
    taken = _query_of(request.scope["route"].dependant)
    if any(hasattr(one.field_info.annotation, "model_fields") for one in taken):
        return  # a model of parameters refuses what it does not know itself, beside whatever else is wrong
    unknown = next((name for name in request.query_params if name not in {one.alias for one in taken}), None)
    if unknown is not None:
        shown = unknown.encode("ascii", "replace").decode()[:_MAX_QUOTED]
        raise InvalidInput("there is no such parameter", f"/query/{shown.replace('~', '~0').replace('/', '~1')}")


def _query_of(dependant: Dependant) -> "list[ModelField]":
    """The query parameters of a route and of what it depends on."""
    return [*dependant.query_params, *(one for further in dependant.dependencies for one in _query_of(further))]


Service = Annotated[App, Depends(_service)]
Reader = Security(authorise, scopes=[Scope.READ])
Writer = Security(authorise, scopes=[Scope.WRITE])
Admin = Security(authorise, scopes=[Scope.ADMIN])
WritingCaller = Annotated[Caller, Writer]
LimitedReader = Annotated[Caller, Security(authorise_limited, scopes=[Scope.READ])]
"""For routes that show no more than ``Caller.outlets`` allows; every other one refuses limited tokens."""

LimitedWriter = Annotated[Caller, Security(authorise_limited, scopes=[Scope.WRITE])]
LimitedReporter = Annotated[Caller, Security(authorise_limited, scopes=[Scope.REPORT])]


def path_id(what: str, example: str) -> Any:
    """A path parameter that holds an id."""
    return Path(
        description=f"The id of the {what}.", pattern=r"^[^\x00-\x1f\x7f]+$", max_length=MAX_ID, examples=[example]
    )


class ProblemField(BaseModel):
    """What is wrong with one value."""

    pointer: str = Field(description="Where it stands: a JSON Pointer below /path, /query, /header or /body.")
    detail: str = Field(description="What is wrong with it.")


class ProblemDocument(BaseModel):
    """A refusal (RFC 9457)."""

    type: str = Field(description="about:blank: the status says what kind of refusal it is.")
    title: str = Field(description="The status in words.")
    status: int = Field(description="The HTTP status.")
    detail: str = Field(description="What is wrong here, and what to do.")
    instance: str = Field(description="The path that was asked for.")
    errors: list[ProblemField] = Field(description="Every value that is wrong, where the fault lies in values.")
    request_id: str = Field(description="The request's id, as in the header X-Request-ID and in the service's log.")


_REASONS = {
    HTTPStatus.BAD_REQUEST: "The body is not JSON.",
    HTTPStatus.UNAUTHORIZED: "There is no token, or it is not known.",
    HTTPStatus.FORBIDDEN: "The token lacks the scope that this route needs, or is limited to other outlets.",
    HTTPStatus.NOT_FOUND: "There is nothing with this id.",
    HTTPStatus.PRECONDITION_FAILED: "It was changed since the answer whose ETag If-Match names.",
    HTTPStatus.PRECONDITION_REQUIRED: "There is no If-Match.",
    HTTPStatus.CONFLICT: "It is there already and differs, or somebody else changed it first.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body is larger than 1 MiB.",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "The body is not declared as JSON.",
    HTTPStatus.UNPROCESSABLE_ENTITY: "A value is wrong; errors says which.",
    HTTPStatus.SERVICE_UNAVAILABLE: "The database does not answer or cannot be written; see Retry-After.",
}
_ALWAYS = (
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.UNPROCESSABLE_ENTITY,
    HTTPStatus.SERVICE_UNAVAILABLE,
)
_WITH_BODY = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
)


_MATCHED = (HTTPStatus.NOT_FOUND, HTTPStatus.PRECONDITION_FAILED, HTTPStatus.PRECONDITION_REQUIRED)


LOCATED: dict[str, Any] = {
    "headers": {"Location": {"description": "Where it stands how far it is.", "schema": {"type": "string"}}}
}
"""What routes say of the answer 202."""


def refusals(*statuses: HTTPStatus, body: bool = False, matched: bool = False) -> Responses:
    """The refusals that a route can answer with, beside those of every route.

    ``body``: it takes one; ``matched``: it asks for If-Match.
    """
    return {
        int(status): {
            "description": _REASONS[status],
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}},
        }
        for status in sorted({*_ALWAYS, *statuses, *(_WITH_BODY if body else ()), *(_MATCHED if matched else ())})
    }
