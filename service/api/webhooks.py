"""/v1/webhooks: who is told of events (Standard Webhooks 1.0)."""

from dataclasses import replace
from datetime import timedelta
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from service.api.answers_webhooks import CreatedWebhook, Replayed, TestSent, WebhookAnswer, WebhookList
from service.api.pages import Paging, page
from service.api.preconditions import NOT_MODIFIED, Required, etag_of, tagged
from service.api.schemas_webhooks import ChangedWebhook, NewWebhook, Replay, Rotation
from service.api.wiring import Admin, Service, path_id, refusals
from service.app import App
from service.core.alerts import events
from service.core.alerts.condition import WELL, Channel
from service.core.alerts.deliveries import Endpoint
from service.core.alerts.signature import new_secret
from service.core.errors import Conflict, InvalidInput, NotFound
from service.ports import UnitOfWork

router = APIRouter(prefix="/webhooks", tags=["webhooks"])

_SECRET_BYTES = 32  # Standard Webhooks asks for 24 to 64
_ID_BYTES = 6
_OVERLAP = timedelta(hours=24)
"""How long the secret before a rotation signs along: a day is enough to change it at the receiver."""

WebhookId = Annotated[str, path_id("webhook", "whk_0c6b1f5e2d3a")]


@router.get("", summary="List webhooks", response_model=WebhookList, responses=refusals(), dependencies=[Admin])
async def list_webhooks(service: Service, asked: Annotated[Paging, Query()]) -> dict[str, Any]:
    """By id, without their secrets. A URL may itself be a secret, so this needs the scope admin."""
    endpoints = await service.store.read(lambda uow: uow.outbox.endpoints())
    rows, following = page(endpoints, asked, lambda endpoint: (endpoint.id,))
    return {"data": [shown(endpoint) for endpoint in rows], "next_cursor": following}


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
    refused = await service.vet_webhook(given.url, given.kind)
    if refused is not None:
        raise InvalidInput(refused, "/url")
    if given.kind is not Channel.WEBHOOK and given.secret is not None:
        raise InvalidInput(f"nothing is signed for {given.kind}", "/secret")
    secret = given.secret or new_secret(service.token_bytes(_SECRET_BYTES))
    signs = given.kind is Channel.WEBHOOK
    endpoint = Endpoint(
        id=f"whk_{service.token_bytes(_ID_BYTES).hex()}",
        url=_public(given.url, given.kind),
        secret=service.seal(secret if signs else given.url),
        kind=given.kind,
        created_at=service.clock.now(),
        events=given.events,
        outlets=given.outlets,
        severity=given.severity,
        every=_every(service, given),
        note=given.note,
    )

    def step(uow: UnitOfWork) -> None:
        _check_outlets(uow, given.outlets)
        uow.outbox.put_endpoint(endpoint)

    await service.store.write(step)
    return shown(endpoint) | {"secret": secret if signs else None}


@router.get(
    "/{webhook_id}",
    summary="Show a webhook",
    response_model=WebhookAnswer,
    responses={200: NOT_MODIFIED[200], **refusals(HTTPStatus.NOT_FOUND)},
    dependencies=[Admin],
)
async def show_webhook(service: Service, webhook_id: WebhookId) -> Response:
    """With how it fares: failures in a row, when it is probed next, and why it was disabled.

    Its ETag, which changing and removing it ask for, is that of its settings: how it fares changes by itself.
    """
    return _tagged(await service.store.read(lambda uow: _endpoint(uow, webhook_id)))


@router.patch(
    "/{webhook_id}",
    summary="Change a webhook",
    response_model=WebhookAnswer,
    responses={200: NOT_MODIFIED[200], **refusals(body=True, matched=True)},
    dependencies=[Admin],
)
async def change_webhook(service: Service, webhook_id: WebhookId, given: ChangedWebhook, seen: Required) -> Response:
    """What is left out stays. Filters hold for later events; what is queued already is sent once it is not paused."""
    changes: dict[str, Any] = {name: value for name, value in given.model_dump().items() if value is not None}
    if (minutes := changes.pop("digest_minutes", None)) is not None:
        changes["every"] = _span(minutes)
    if given.enabled:
        changes |= {"disabled_because": "", "condition": WELL}

    def step(uow: UnitOfWork) -> Endpoint:
        _check_outlets(uow, given.outlets or ())
        known = _endpoint(uow, webhook_id)
        seen.check(_etag(known))
        changed = replace(known, **changes)
        uow.outbox.put_endpoint(changed)
        return changed

    return _tagged(await service.store.write(step))


@router.delete(
    "/{webhook_id}",
    summary="Remove a webhook",
    status_code=HTTPStatus.NO_CONTENT,
    responses=refusals(matched=True),
    dependencies=[Admin],
)
async def remove_webhook(service: Service, webhook_id: WebhookId, seen: Required) -> None:
    """With the log of its deliveries. The events stay."""

    def step(uow: UnitOfWork) -> None:
        seen.check(_etag(_endpoint(uow, webhook_id)))
        uow.deliveries.forget(webhook_id)

    await service.store.write(step)


@router.post(
    "/{webhook_id}/rotate",
    summary="Give a webhook a new secret",
    response_model=CreatedWebhook,
    responses=refusals(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, body=True),
    dependencies=[Admin],
)
async def rotate_secret(service: Service, webhook_id: WebhookId, given: Rotation) -> dict[str, Any]:
    """For 24 hours everything is signed with the new secret and with the one before; a receiver may know either.

    Rotating again within that time takes back the oldest one at once.
    """
    secret = given.secret or new_secret(service.token_bytes(_SECRET_BYTES))
    sealed, until = service.seal(secret), service.clock.real_now() + _OVERLAP

    def step(uow: UnitOfWork) -> Endpoint:
        before = _endpoint(uow, webhook_id)
        if before.kind is not Channel.WEBHOOK:
            raise Conflict(f"nothing is signed for {before.kind}; add it anew where its address has changed")
        after = replace(before, secret=sealed, old_secret=before.secret, old_secret_until=until)
        uow.outbox.put_endpoint(after)
        return after

    return shown(await service.store.write(step)) | {"secret": secret}


@router.post(
    "/{webhook_id}/replay",
    summary="Send events again",
    status_code=HTTPStatus.ACCEPTED,
    response_model=Replayed,
    responses=refusals(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, body=True),
    dependencies=[Admin],
)
async def replay_events(service: Service, webhook_id: WebhookId, given: Replay) -> dict[str, Any]:
    """What it missed since a time: dead letters, and events from when it was paused or not there yet.

    Its filters hold. Each event has the id that it always had, so a receiver that has seen one knows it again.
    """
    at = service.clock.now()

    def step(uow: UnitOfWork) -> int:
        endpoint = _enabled(uow, webhook_id)
        return uow.deliveries.replay(endpoint, given.since, at, delivered=given.delivered)

    return {"queued": await service.store.write(step)}


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
        _enabled(uow, webhook_id)
        uow.outbox.publish((event,), at, only=webhook_id)

    await service.store.write(step)
    return {"event": event.id}


def _every(service: App, given: NewWebhook) -> timedelta | None:
    """How long what can wait is collected: programs take each event, people a digest, unless something else is said."""
    if given.digest_minutes is None:
        return None if given.kind is Channel.WEBHOOK else service.digester.default
    return _span(given.digest_minutes)


def _span(minutes: int) -> timedelta | None:
    return timedelta(minutes=minutes) if minutes else None


def _public(url: str, kind: Channel) -> str:
    """An address as it is shown: whoever has the whole one of a chat can post there."""
    if kind in (Channel.WEBHOOK, Channel.EMAIL):
        return url
    scheme, _, rest = url.partition("://")
    host = rest.partition("/")[0].rpartition("@")[2] if kind is not Channel.APPRISE else ""
    return f"{scheme}://{host}/\N{HORIZONTAL ELLIPSIS}"


def shown(endpoint: Endpoint) -> dict[str, Any]:
    """A webhook as ``WebhookAnswer`` has it: without its secret."""
    return {
        "id": endpoint.id,
        "kind": endpoint.kind,
        "url": endpoint.url,
        "events": endpoint.events,
        "outlets": endpoint.outlets,
        "severity": endpoint.severity,
        "digest_minutes": 0 if endpoint.every is None else int(endpoint.every.total_seconds()) // 60,
        "enabled": endpoint.enabled,
        "disabled_because": endpoint.disabled_because,
        "failures": endpoint.condition.failures,
        "failing_since": events.rfc3339(endpoint.condition.failing_since),
        "next_probe_at": events.rfc3339(endpoint.condition.probe_at),
        "old_secret_until": events.rfc3339(endpoint.old_secret_until),
        "note": endpoint.note,
        "created_at": events.rfc3339(endpoint.created_at),
    }


def _tagged(endpoint: Endpoint) -> Response:
    return tagged(shown(endpoint), etag=_etag(endpoint))


def _etag(endpoint: Endpoint) -> str:
    settings = (endpoint.id, endpoint.url, endpoint.events, endpoint.outlets, endpoint.enabled, endpoint.note)
    return etag_of((*settings, str(endpoint.severity), str(endpoint.every)))


def _endpoint(uow: UnitOfWork, webhook_id: str) -> Endpoint:
    found = uow.outbox.endpoints(webhook_id)
    if not found:
        raise NotFound(f"there is no webhook {webhook_id}")
    return found[0]


def _enabled(uow: UnitOfWork, webhook_id: str) -> Endpoint:
    endpoint = _endpoint(uow, webhook_id)
    if not endpoint.enabled:
        raise Conflict(f"{webhook_id} is paused or disabled; enable it first")
    return endpoint


def _check_outlets(uow: UnitOfWork, asked: tuple[str, ...]) -> None:
    unknown = sorted(set(asked) - {outlet.id for outlet in uow.outlets.all()})
    if unknown:
        raise InvalidInput(f"there is no outlet {unknown[0]} on the watch list", "/outlets")
