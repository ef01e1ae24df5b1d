"""The API as one ASGI application, built from an ``App`` and nothing else."""

from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from service.api import (
    actions,
    blocks,
    events,
    feeds,
    forecasts,
    health,
    lookalikes,
    outlets,
    persistence,
    reports,
    sightings,
    sweeps,
    verdicts,
    webhooks,
)
from service.api.auth import PROTECTED, Authentication
from service.api.guard import Guard
from service.api.problems import on_error, on_invalid
from service.api.wiring import ProblemDocument
from service.app import App
from service.core.errors import SpoofwatchError

_DESCRIPTION = """
Watches for websites that impersonate news outlets, and keeps watching after they are blocked.

Everything below `/v1` needs a token: `Authorization: Bearer sw_<id>_<secret>`, made with `spoofwatch token create`.
Scopes are `read`, `write` and `admin`; each route names the one it needs.

Times are RFC 3339 in UTC. Refusals are problem documents (RFC 9457). Lists go on with `cursor` or `after`.
Strings that come from watched sites are hostile: show them as text.
"""

_TAGS = [
    {"name": "lookalikes", "description": "Sites that resemble an outlet, what they were judged to be, and why."},
    {"name": "blocks", "description": "Actions against single sites."},
    {"name": "actions", "description": "Enforcement acts that cover many blocks."},
    {"name": "persistence", "description": "What happened after blocks, in figures."},
    {"name": "reports", "description": "Reports to registrars, hosts, registries and platforms."},
    {"name": "forecasts", "description": "Names that are likely to be taken next."},
    {"name": "sightings", "description": "URLs that somebody saw."},
    {"name": "outlets", "description": "The watch list."},
    {"name": "sweeps", "description": "What was asked of DNS, and what stayed unanswered."},
    {"name": "feeds", "description": "Where names come from besides the sweeps."},
    {"name": "webhooks", "description": "Who is told of events."},
    {"name": "events", "description": "What was told, in order."},
    {"name": "health", "description": "For supervisors; no token needed."},
]


class Api(FastAPI):
    """FastAPI, whose OpenAPI document also holds the shape of refusals."""

    def openapi(self) -> dict[str, Any]:
        """The OpenAPI 3.1 document; built once."""
        document = super().openapi()
        shape = ProblemDocument.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas = document["components"]["schemas"]
        schemas |= shape.pop("$defs")
        schemas["ProblemDocument"] = shape
        return document


def create_app(service: App) -> Api:
    """Build the ASGI application over a running service."""
    api = declare(service.version)
    api.state.service = service
    # The last one added is the first one passed.
    api.add_middleware(Authentication, store=service.store)
    api.add_middleware(Guard, token_bytes=service.token_bytes)
    return api


def declare(version: str) -> Api:
    """The routes without a service behind them: enough to describe them, not to call them."""
    api = Api(
        title="Spoofwatch",
        summary="Websites that impersonate news outlets",
        description=_DESCRIPTION.strip(),
        version=version,
        openapi_tags=_TAGS,
        # FastAPI's pages load their scripts from a content network; what they show is in docs/api.md.
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=_operation_id,
    )
    api.add_exception_handler(SpoofwatchError, on_error)
    api.add_exception_handler(HTTPException, on_error)
    api.add_exception_handler(RequestValidationError, on_invalid)
    protected = APIRouter(prefix=PROTECTED)
    for resource in (
        lookalikes,
        verdicts,
        blocks,
        actions,
        persistence,
        reports,
        forecasts,
        sightings,
        outlets,
        sweeps,
        feeds,
        webhooks,
        events,
    ):
        protected.include_router(resource.router)
    api.include_router(protected)
    api.include_router(health.router)
    return api


def _operation_id(route: APIRoute) -> str:
    return route.name
