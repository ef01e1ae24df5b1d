"""/v1/sightings/captures: a page, a picture or both, as somebody saw them at an address."""

import asyncio
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import Field, ValidationError

from service.api.answers import sendable
from service.api.answers_sightings import SightingDetail
from service.api.schemas import Instant, Strict, Text
from service.api.schemas_sightings import TLP, Marking
from service.api.wiring import LimitedReporter, Service, refusals
from service.core.errors import InvalidInput
from service.core.sightings.capture import Upload
from service.core.sightings.forms import Part, read_form
from service.core.sightings.sighting import MAX_URL

router = APIRouter(prefix="/sightings", tags=["sightings"])

_FILES = ("html", "screenshot")


class CaptureFields(Strict):
    """What a form says beside its files."""

    url: Annotated[str, Field(min_length=1, max_length=MAX_URL)] = Field(description="Where it was captured.")
    captured_at: Instant = Field(description="When it was captured.")
    tlp: Marking = Field("", description=TLP)
    note: Text = Field("", description="In the reporter's words.")


def _form() -> dict[str, Any]:
    shape = CaptureFields.model_json_schema()
    binary = {"type": "string", "format": "binary"}
    files = {
        "html": binary | {"description": "The page as it was saved: one file of HTML, which is judged."},
        "screenshot": binary | {"description": "A picture of it, PNG."},
    }
    schema = shape | {"properties": shape["properties"] | files}
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}}


@router.post(
    "/captures",
    summary="Upload a page or a picture",
    status_code=HTTPStatus.ACCEPTED,
    response_model=SightingDetail,
    responses=refusals(HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    openapi_extra=_form(),
)
async def upload_capture(
    service: Service, caller: LimitedReporter, request: Request, response: Response
) -> dict[str, Any]:
    """Kept as evidence that a reporter supplied; its site is looked at now.

    The page is judged beside what the service itself sees: it can make a name suspected, and no more. It never lowers a
    score, and says nothing of whether a site is up or down.
    """
    form = await asyncio.to_thread(read_form, await request.body(), request.headers.get("content-type", ""))
    given = _fields(form)
    html, picture = (form.get(name, Part(name=name, content=b"")) for name in _FILES)
    upload = Upload(
        host="",
        url=given.url,
        captured_at=given.captured_at,
        received_at=service.clock.now(),
        by=caller.token_id,
        html=html.content,
        picture=picture.content,
        note=given.note,
    )
    sighting = await service.captures.take(upload, html.content_type, given.tlp)
    response.headers["Location"] = f"/v1/sightings/reports/{sighting.report}"
    found = await service.store.read(lambda uow: uow.sighting_views.sighting(f"sgt_{sighting.id}"))
    # What a site was judged to be is for those who may read.
    shown: dict[str, Any] = sendable({**(found or {}), "lookalikes": []})
    return shown


def _fields(form: dict[str, Part]) -> CaptureFields:
    try:
        return CaptureFields.model_validate({name: part.text for name, part in form.items() if name not in _FILES})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = "/".join(str(part) for part in first["loc"])
        said = {"missing": "is required", "extra_forbidden": "there is no such field"}.get(first["type"], first["msg"])
        raise InvalidInput(f"{name[:100]}: {said.removeprefix('Value error, ')}", f"/{name[:100]}") from None
