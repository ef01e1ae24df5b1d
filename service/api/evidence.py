"""/v1/evidence: what was kept of sites, as files that no browser shows."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Response

from service.api.wiring import Reader, Service, path_id, refusals
from service.app import App
from service.core.errors import Conflict, NotFound
from service.core.evidence.items import EvidenceItem, EvidenceQuery, digest, digest_of

router = APIRouter(prefix="/evidence", tags=["evidence"])

EvidenceId = Annotated[str, path_id("piece of evidence", "evd_" + "3f9a" * 16)]
SANDBOX = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, no-store",
}
"""What hostile bytes are sent with: to be saved, never to be shown."""


@router.get(
    "/{evidence_id}",
    summary="Download one piece of evidence",
    response_class=Response,
    responses={
        200: {"description": "The file, as an attachment.", "content": {"application/octet-stream": {}}},
        **refusals(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
    },
    dependencies=[Reader],
)
async def get_evidence(service: Service, evidence_id: EvidenceId) -> Response:
    """A WARC (gzip) or a PNG. Its SHA-256 is the id; 409 where the file no longer holds what the id says."""
    item, content = await evidence_of(service, evidence_id)
    headers = {**SANDBOX, "Content-Disposition": f'attachment; filename="{item.kept.name}"'}
    return Response(content, media_type="application/octet-stream", headers=headers)


async def evidence_of(service: App, evidence_id: str) -> tuple[EvidenceItem, bytes]:
    """One item with its content. NotFound where there is none, or where its file was let go or is missing."""
    sha256 = digest_of(evidence_id)
    query = EvidenceQuery(sha256=sha256 or "")
    found = await service.store.read(lambda uow: uow.evidence.find(query))
    if not found:
        raise NotFound(f"there is no evidence {evidence_id}")
    # Several hosts may have shown the same: one that still needs the file is enough.
    item = next((one for one in found if one.removed_at is None), found[0])
    content = None if item.removed_at is not None else await service.evidence.read(item.kept)
    if content is None:
        why = item.removed_why or "its file is missing; `spoofwatch evidence verify` lists all that are"
        raise NotFound(f"{evidence_id} is no longer kept: {why}")
    if digest(content) != item.kept.sha256:
        raise Conflict(f"the file of {evidence_id} was altered: it no longer holds what its id says")
    return item, content
