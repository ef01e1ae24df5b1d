"""/v1/outlets/{outlet_id}/baselines: what an outlet's real site looks like, in versions."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Response

from service.api.answers import BaselineAnswer, BaselineList, sendable
from service.api.auth import Caller
from service.api.preconditions import NOT_MODIFIED, IfNoneMatch, Required, etag_of, tagged
from service.api.schemas import BaselineDecision, NewBaseline
from service.api.wiring import Admin, Reader, Service, path_id, refusals
from service.app import App
from service.core.alerts.events import rfc3339
from service.core.errors import NotFound
from service.core.model import BaselineVersion

router = APIRouter(prefix="/outlets/{outlet_id}/baselines", tags=["outlets"])

OutletId = Annotated[str, path_id("outlet", "spiegel.de")]
BaselineId = Annotated[str, path_id("baseline", "bl_17")]


@router.get(
    "",
    summary="List an outlet's baselines",
    response_model=BaselineList,
    responses=refusals(HTTPStatus.NOT_FOUND),
    dependencies=[Reader],
)
async def list_baselines(service: Service, outlet_id: OutletId) -> dict[str, Any]:
    """Every version, oldest first: in use, held back until it was seen on two days, superseded, revoked."""
    return {"data": sendable([shown(version) for version in await service.baselines.versions(outlet_id)])}


@router.post(
    "",
    summary="Add an archived page as a baseline",
    status_code=HTTPStatus.CREATED,
    response_model=BaselineList,
    responses={
        200: {"model": BaselineList, "description": "This very page was kept before."},
        **refusals(HTTPStatus.NOT_FOUND, body=True),
    },
    dependencies=[Admin],
)
async def add_baseline(service: Service, outlet_id: OutletId, given: NewBaseline, response: Response) -> dict[str, Any]:
    """An older layout of the outlet's, so that copies of it are known. Answers with all versions."""
    outlet = (await service.watched.refresh()).outlets.get(outlet_id)
    if outlet is None:
        raise NotFound(f"no outlet {outlet_id!r} on the watch list")
    if not await service.baselines.add_archived(outlet, given.html.encode(), given.source, given.taken_at):
        response.status_code = HTTPStatus.OK
    return await list_baselines(service, outlet_id)


@router.get(
    "/{baseline_id}",
    summary="Show one baseline",
    response_model=BaselineAnswer,
    responses={**NOT_MODIFIED, **refusals(HTTPStatus.NOT_FOUND)},
    dependencies=[Reader],
)
async def get_baseline(
    service: Service, outlet_id: OutletId, baseline_id: BaselineId, if_none_match: IfNoneMatch = None
) -> Response:
    """Without the page itself. Its ETag is what deciding on it asks for."""
    return tagged(await _one(service, outlet_id, baseline_id), if_none_match)


@router.patch(
    "/{baseline_id}",
    summary="Revoke a baseline, or take it into use",
    response_model=BaselineAnswer,
    responses={200: NOT_MODIFIED[200], **refusals(body=True, matched=True)},
)
async def decide_baseline(
    *,
    service: Service,
    caller: Annotated[Caller, Admin],
    outlet_id: OutletId,
    baseline_id: BaselineId,
    given: BaselineDecision,
    seen: Required,
) -> Response:
    """What is revoked is no longer judged by, is never taken over again by itself, and stays in the list."""
    # Between this and the decision another one may come: both are words of people, and the later one stands.
    seen.check(etag_of(await _one(service, outlet_id, baseline_id)))
    (changed,) = await service.baselines.put_state(
        outlet_id, (baseline_id,), given.state, by=f"token {caller.token_id}", note=given.note
    )
    return tagged(sendable(shown(changed)))


async def _one(service: App, outlet_id: str, baseline_id: str) -> dict[str, Any]:
    versions = await service.baselines.versions(outlet_id)
    found = next((version for version in versions if version.id == baseline_id), None)
    if found is None:
        raise NotFound(f"there is no baseline {baseline_id} of {outlet_id}")
    answer: dict[str, Any] = sendable(shown(found))
    return answer


def shown(version: BaselineVersion) -> dict[str, Any]:
    """A version for people and programs, without the page itself."""
    baseline, page = version.baseline, version.baseline.page
    return {
        "id": version.id,
        "outlet": baseline.outlet,
        "kind": baseline.kind,
        "url": baseline.url,
        "state": version.state.value,
        "taken_at": rfc3339(baseline.taken_at),
        "seen_at": rfc3339(version.seen_at),
        "digest": baseline.digest,
        "title": page.title,
        "language": page.language,
        "windows": len(page.shingles),
        "classes": len(page.classes),
        "identifiers": sorted(page.identifiers),
        "favicon_sha256": baseline.favicon_sha256 or None,
        "certificate_sha256": baseline.certificate.sha256 if baseline.certificate else None,
        "certificate_names": list(baseline.certificate.names) if baseline.certificate else [],
        "nameservers": list(baseline.nameservers),
        "by": version.by,
        "note": version.note,
    }
