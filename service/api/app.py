"""The API as one ASGI application, built from an ``App`` and nothing else."""

from typing import Any

from fastapi import APIRouter, Depends, FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from service.api import (
    actions,
    aftermath,
    alert_groups,
    baselines,
    blocks,
    campaigns,
    captures,
    checks,
    deliveries,
    dossiers,
    events,
    evidence,
    exports,
    feeds,
    forecasts,
    health,
    lookalikes,
    metrics,
    outlets,
    persistence,
    reports,
    sightings,
    sites,
    sweeps,
    tokens,
    verdicts,
    webhooks,
)
from service.api.auth import PROTECTED, Authentication
from service.api.examples import illustrate
from service.api.guard import Guard
from service.api.limits import RateLimit
from service.api.problems import MEDIA_TYPE, on_error, on_invalid
from service.api.read_only import ReadOnly
from service.api.repeats import HEADER, Repeats
from service.api.wiring import ProblemDocument, known_query
from service.app import App
from service.core.errors import SpoofwatchError

_DESCRIPTION = """
Watches for websites that impersonate news outlets, and keeps watching after they are blocked.

Everything below `/v1` needs a token: `Authorization: Bearer sw_<id>_<secret>`, made with `spoofwatch token create`.
Scopes are `read`, `write`, `report` and `admin`; each route names the one it needs. A token may be limited to outlets.

Times are RFC 3339 in UTC. Refusals are problem documents (RFC 9457). Lists go on with `cursor` or `after`.
Strings that come from watched sites are hostile: show them as text.
"""

_TAGS = [
    {"name": "lookalikes", "description": "Sites that resemble an outlet, what they were judged to be, and why."},
    {"name": "sites", "description": "Every host name that is watched."},
    {"name": "blocks", "description": "Actions against single sites."},
    {"name": "actions", "description": "Enforcement acts that cover many blocks."},
    {"name": "persistence", "description": "What happened after blocks, in figures."},
    {"name": "reports", "description": "Reports to registrars, hosts, registries and platforms."},
    {"name": "forecasts", "description": "Names that are likely to be taken next."},
    {"name": "campaigns", "description": "Which sites belong together, and why."},
    {"name": "sightings", "description": "URLs that somebody saw."},
    {"name": "checks", "description": "One name or URL, looked at now."},
    {"name": "outlets", "description": "The watch list."},
    {"name": "sweeps", "description": "What was asked of DNS, and what stayed unanswered."},
    {"name": "feeds", "description": "Where names come from besides the sweeps."},
    {"name": "webhooks", "description": "Who is told of events."},
    {"name": "alert groups", "description": "What alerts are about, and whether somebody has it in hand."},
    {"name": "evidence", "description": "What was kept of sites: WARC files and screenshots."},
    {"name": "exports", "description": "What is flagged, in the formats that others load."},
    {"name": "deliveries", "description": "What was sent to webhooks, and what they answered."},
    {"name": "events", "description": "What was told, in order."},
    {"name": "tokens", "description": "Who may ask, and for what."},
    {"name": "health", "description": "For supervisors; no token needed."},
]

_RETRY_AFTER = {
    "description": "Seconds until asking again makes sense.",
    "required": True,
    "schema": {"type": "integer", "minimum": 1},
}
_LATER = {"Retry-After": {"$ref": "#/components/headers/RetryAfter"}}
_TOO_MANY = {
    "description": "The token has asked too often; see Retry-After and RateLimit-Reset.",
    "headers": _LATER,
    "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}},
}
_FULL = {
    "description": "The disk is full, so that nothing can be written; reading goes on.",
    "headers": _LATER,
    "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}},
}
_KEY = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "description": "A key of your choice: the same request with it gets the first one's answer for 24 hours.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    "example": "0f0e2a8c-7f0b-4a55-9f0d-1c7f7a0e6b2d",
}
_TAGS_GIVEN = {"type": "string", "minLength": 1, "maxLength": 1_000, "pattern": "[^,\\s]"}
"""A header If-Match that holds something."""

_RESOURCES = (
    lookalikes,
    verdicts,
    sites,
    blocks,
    actions,
    persistence,
    aftermath,
    campaigns,
    reports,
    forecasts,
    checks,
    captures,
    sightings,
    outlets,
    baselines,
    sweeps,
    webhooks,
    alert_groups,
    deliveries,
    events,
    tokens,
    feeds,
    evidence,
    dossiers,
    exports,
)
"""What is served below ``PROTECTED``, in the order of the OpenAPI document."""


class Api(FastAPI):
    """FastAPI, whose OpenAPI document also holds the shape of refusals."""

    def openapi(self) -> dict[str, Any]:
        """The OpenAPI 3.1 document; built once."""
        document = super().openapi()
        shape = ProblemDocument.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas = document["components"]["schemas"]
        schemas |= shape.pop("$defs")
        schemas["ProblemDocument"] = shape
        document["components"]["headers"] = {"RetryAfter": _RETRY_AFTER}
        for path, methods in document["paths"].items():
            if path.startswith(PROTECTED):
                _share(methods)
        illustrate(document)
        return document


def _share(methods: dict[str, Any]) -> None:
    """Describe what the middlewares do: rate limits, a full disk, and the key of requests that may be repeated."""
    for method, operation in methods.items():
        operation["responses"]["429"] = _TOO_MANY
        operation["responses"]["503"] |= {"headers": _LATER}
        if method != "get":
            operation["responses"]["507"] = _FULL
        for parameter in operation.get("parameters", ()):
            # FastAPI takes it as optional, so that its lack is 428 and not 422 (RFC 6585 3).
            if parameter["name"] == "if-match" and "428" in operation["responses"]:
                said = {name: parameter["schema"][name] for name in ("description", "examples")}
                parameter |= {"required": True, "schema": _TAGS_GIVEN | said}
    if "post" in methods and _KEY not in methods["post"].setdefault("parameters", []):
        methods["post"]["parameters"].append(_KEY)


def create_app(service: App, *, requests_per_minute: int = 0) -> Api:
    """Build the ASGI application over a running service; 0 requests a minute of one token is without limit."""
    api = declare(service.version)
    api.state.service = service
    # The last one added is the first one passed.
    api.add_middleware(Repeats, store=service.store, clock=service.clock)
    api.add_middleware(ReadOnly, full=service.full)
    api.add_middleware(RateLimit, clock=service.clock, limit=requests_per_minute)
    api.add_middleware(Authentication, store=service.store, clock=service.clock)
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
    protected = APIRouter(prefix=PROTECTED, dependencies=[Depends(known_query)])
    for resource in _RESOURCES:
        protected.include_router(resource.router)
    api.include_router(protected)
    api.include_router(health.router)
    api.include_router(metrics.router)
    return api


def _operation_id(route: APIRoute) -> str:
    return route.name
