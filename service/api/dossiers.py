"""/v1/lookalikes/{id}/dossier: what is known of one lookalike, to hand on."""

from http import HTTPStatus

from fastapi import APIRouter, Response

from service.api.evidence import SANDBOX
from service.api.lookalikes import PublicId
from service.api.wiring import Reader, Service, refusals
from service.pipeline.dossier import dossier

router = APIRouter(prefix="/lookalikes", tags=["lookalikes"])


@router.get(
    "/{lookalike_id}/dossier",
    summary="Download a dossier",
    response_class=Response,
    responses={
        200: {"description": "A ZIP, as an attachment.", "content": {"application/zip": {}}},
        **refusals(HTTPStatus.NOT_FOUND),
    },
    dependencies=[Reader],
)
async def get_dossier(service: Service, lookalike_id: PublicId) -> Response:
    """Evidence, registration, redirect chain, verdict with reasons, timeline, digests, and two draft letters.

    Nothing is sent to anybody: who asks for it reads it, completes it and sends it.
    """
    content = await dossier(service.store, service.evidence, lookalike_id, service.clock.now())
    headers = {**SANDBOX, "Content-Disposition": f'attachment; filename="dossier-{lookalike_id}.zip"'}
    return Response(content, media_type="application/zip", headers=headers)
