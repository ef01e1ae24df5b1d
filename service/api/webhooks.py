"""/v1/webhooks: who is told of events (Standard Webhooks 1.0)."""

import base64
from dataclasses import replace
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter

from service.api.answers import CreatedWebhook, TestSent, WebhookAnswer, WebhookList
from service.api.schemas import ChangedWebhook, NewWebhook
from service.api.wiring import Admin, Service, path_id, refusals
from service.core.alerts import events
from service.core.errors import Conflict, InvalidInput, NotFound
from service.core.model import Endpoint
from service.ports import UnitOfWork

router = APIRouter(prefix="/webhooks", tags=["webhooks"])

_SECRET_BYTES = 32  # Standard Webhooks asks for 24 to 64
_ID_BYTES = 6

WebhookId = Annotated[str, path_id("webhook", "whk_0c6b1f5e2d3a")]


@router.get("", summary="List webhooks", response_model=WebhookList, responses=refusals(), dependencies=[Admin])
async def list_webhooks(service: Service) -> dict[str, Any]:
    """Without their secrets. A URL may itself be a secret, so this needs the scope admin."""
    endpoints = await service.store.read(lambda uow: uow.outbox.endpoints())
    return {"data": [shown(endpoint) for endpoint in endpoints]}


@router.post(
    "",
    summary="Add a webhook",
    status_code=HTTPStatus.CREATED,
    response_model=CreatedWebhook,
    responses=refusals(body=True),
    dependencies=[Admin],
)
async def add_webhook(service: Service, given: NewWebhook) -> dict[str, Any]:
    """The answer holds the secret that signs what is sent; it is shown this once. Events from now on are sent."""
    refused = await service.vet_webhook(given.url)
    if refused is not None:
        raise InvalidInput(refused, "/url")
    secret = given.secret or "whsec_" + base64.b64encode(service.token_bytes(_SECRET_BYTES)).decode()
    endpoint = Endpoint(
        id=f"whk_{service.token_bytes(_ID_BYTES).hex()}",
        url=given.url,
        secret=secret,
        created_at=service.clock.now(),
        events=given.events,
        outlets=given.outlets,
        note=given.note,
    )

    def step(uow: UnitOfWork) -> None:
        _check_outlets(uow, given.outlets)
        uow.outbox.put_endpoint(endpoint)

    await service.store.write(step)
    return shown(endpoint) | {"secret": secret}


@router.patch(
    "/{webhook_id}",
    summary="Change a webhook",
    response_model=WebhookAnswer,
    responses=refusals(HTTPStatus.NOT_FOUND, body=True),
    dependencies=[Admin],
)
async def change_webhook(service: Service, webhook_id: WebhookId, given: ChangedWebhook) -> dict[str, Any]:
    """What is left out stays. Filters hold for later events; what is queued already is sent."""
    changes = {name: value for name, value in given.model_dump().items() if value is not None}

    def step(uow: UnitOfWork) -> Endpoint:
        _check_outlets(uow, given.outlets or ())
        changed = replace(_endpoint(uow, webhook_id), **changes)
        uow.outbox.put_endpoint(changed)
        return changed

    return shown(await service.store.write(step))


@router.post(
    "/{webhook_id}/test",
    summary="Send a test event",
    status_code=HTTPStatus.ACCEPTED,
    response_model=TestSent,
    responses=refusals(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
    dependencies=[Admin],
)
async def test_webhook(service: Service, webhook_id: WebhookId) -> dict[str, Any]:
    """Queues `webhook.test` for this webhook and no other, whatever its filters."""
    at = service.clock.now()
    detail = {"note": f"sent by POST /v1/webhooks/{webhook_id}/test"}
    event = events.about_service("webhook.test", at, key=service.token_bytes(_ID_BYTES).hex(), detail=detail)

    def step(uow: UnitOfWork) -> None:
        endpoint = _endpoint(uow, webhook_id)
        if not endpoint.enabled:
            raise Conflict(f"{webhook_id} is paused; enable it first")
        uow.outbox.publish((event,), at, only=webhook_id)

    await service.store.write(step)
    return {"event": event.id}


def shown(endpoint: Endpoint) -> dict[str, Any]:
    """A webhook as ``WebhookAnswer`` has it: without its secret."""
    return {
        "id": endpoint.id,
        "url": endpoint.url,
        "events": endpoint.events,
        "outlets": endpoint.outlets,
        "enabled": endpoint.enabled,
        "note": endpoint.note,
        "created_at": events.rfc3339(endpoint.created_at),
    }


def _endpoint(uow: UnitOfWork, webhook_id: str) -> Endpoint:
    found = next((endpoint for endpoint in uow.outbox.endpoints() if endpoint.id == webhook_id), None)
    if found is None:
        raise NotFound(f"there is no webhook {webhook_id}")
    return found


def _check_outlets(uow: UnitOfWork, asked: tuple[str, ...]) -> None:
    unknown = sorted(set(asked) - {outlet.id for outlet in uow.outlets.all()})
    if unknown:
        raise InvalidInput(f"there is no outlet {unknown[0]} on the watch list", "/outlets")
