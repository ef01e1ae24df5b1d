"""/v1/exports: what is flagged, in the formats that others load."""

import gzip
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from http import HTTPStatus
from typing import Annotated, Any, BinaryIO

import anyio
from fastapi import APIRouter, Header, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import StreamingResponse

from service.api.schemas import Instant, Text
from service.api.wiring import LimitedReader, Reader, Service, refusals
from service.core.exports.formats import FORMATS, Format
from service.pipeline.export import Chosen, Written

router = APIRouter(prefix="/exports", tags=["exports"])

_CHUNK = 1 << 16
_IN_MEMORY = 1 << 20
"""Bytes from which on an export lies on disk while it is sent."""

_FILE: dict[str, Any] = {"schema": {"type": "string"}}
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The export, gzip-compressed where the client accepts that.",
        "content": dict.fromkeys(sorted({one.media_type for one in FORMATS.values()}), _FILE),
        "headers": {"ETag": {"description": "Changes with the content.", "schema": {"type": "string"}}},
    },
    304: {"description": "Nothing has changed since the answer with this ETag."},
    **refusals(HTTPStatus.NOT_FOUND),
}
_FEED_ANSWERS = _ANSWERS | {
    200: _ANSWERS[200] | {"content": {"application/json": {"schema": {"type": "object"}}, "text/csv": _FILE}},
}

_Known = Annotated[str | None, Header(description="An ETag: 304 where nothing has changed since.")]
_Accepted = Annotated[str | None, Header(description="gzip, or anything else for plain bytes.")]


class ExportFormat(BaseModel):
    """One format."""

    format: str = Field(description="Its name in the path.", examples=["rpz"])
    media_type: str = Field(description="The type of its content.", examples=["text/dns"])
    blocking: bool = Field(description="Whether something blocks by it, so that it holds confirmed names only.")
    summary: str = Field(description="What it is.")


class ExportList(BaseModel):
    """All formats."""

    data: list[ExportFormat] = Field(description="In the order in which the guide explains them.")


class Filters(BaseModel):
    """Which entries are asked for."""

    model_config = ConfigDict(extra="forbid")

    outlet: list[Text] | None = Field(None, max_length=100, description="Only those that imitate one of these outlets.")
    changed_after: Instant | None = Field(None, description="Only those whose verdict changed later than this.")
    live: bool = Field(default=False, description="Only those that serve the impersonation, as far as was seen.")


@router.get("", summary="List formats", response_model=ExportList, responses=refusals(), dependencies=[Reader])
async def list_formats() -> dict[str, Any]:
    """Lists that something blocks by hold names that an analyst or two independent classes of evidence confirm.

    They never hold an outlet's own name, a public suffix, a popular name or a host that many share.
    """
    return {
        "data": [
            {"format": one.name, "media_type": one.media_type, "blocking": one.blocking, "summary": one.summary}
            for one in FORMATS.values()
        ]
    }


@router.get(
    "/misp-feed/{file}",
    summary="Download one file of the MISP feed",
    response_class=Response,
    responses=_FEED_ANSWERS,
    dependencies=[Reader],
)
async def download_feed_file(
    service: Service,
    file: Annotated[
        str,
        Path(
            description="manifest.json, hashes.csv, or an event that the manifest names, with .json behind it.",
            pattern=r"^[a-z0-9-]{1,64}\.(json|csv)$",
            examples=["manifest.json"],
        ),
    ],
    if_none_match: _Known = None,
    accept_encoding: _Accepted = None,
) -> Response:
    """Point a MISP instance's feed (format MISP Feed) at the folder, with the token as a header."""
    media_type = "text/csv" if file.endswith(".csv") else "application/json"

    async def write(to: BinaryIO) -> Written:
        return await service.exporter.write_feed_file(file, to)

    return await _sent(write, _Sending(file, media_type, if_none_match, accept_encoding))


@router.get(
    "/{format}",
    summary="Download an export",
    response_class=Response,
    responses=_ANSWERS,
)
async def download_export(
    *,
    service: Service,
    caller: LimitedReader,
    format: Annotated[  # noqa: A002 - the word that callers know it by
        str, Path(description="One of the formats that GET /v1/exports lists.", max_length=20, examples=["csv"])
    ],
    asked: Annotated[Filters, Query()],
    if_none_match: _Known = None,
    accept_encoding: _Accepted = None,
) -> Response:
    """Everything as of one moment, outlet by outlet. The same content is the same bytes, so its ETag is the same."""
    wanted = frozenset(asked.outlet) if asked.outlet else None
    if caller.outlets:
        wanted = caller.outlets if wanted is None else wanted & caller.outlets
    outlets = tuple(sorted(wanted)) if wanted is not None else None
    chosen = Chosen(outlets=outlets, changed_after=asked.changed_after, live=asked.live)

    async def write(to: BinaryIO) -> Written:
        return await service.exporter.write(format, chosen, to)

    known: Format | None = FORMATS.get(format)
    name = f"spoofwatch-{format}.{known.suffix}" if known else format
    return await _sent(
        write, _Sending(name, known.media_type if known else "text/plain", if_none_match, accept_encoding)
    )


class _Sending:
    """How an export goes out: under which name and type, and what the client has and takes."""

    def __init__(self, name: str, media_type: str, known: str | None, accepted: str | None) -> None:
        self.name, self.media_type = name, media_type
        self.known = {candidate.strip().removeprefix("W/") for candidate in (known or "").split(",")}
        self.zipped = any(
            word.partition(";")[0].strip() == "gzip" and "q=0" not in word.replace(" ", "").replace("q=0.", "")
            for word in (accepted or "").lower().split(",")
        )


async def _sent(write: Callable[[BinaryIO], Awaitable[Written]], sending: _Sending) -> Response:
    """Write to a file that is gone with the answer, then send it in pieces."""
    file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - closed when the answer is through
    try:
        written = await write(file)  # type: ignore[arg-type]  # it has all of BinaryIO but the name
        etag = f'"{written.digest[:32]}{"-gzip" if sending.zipped else ""}"'
        headers = {"ETag": etag, "Cache-Control": "private, no-cache", "Vary": "Accept-Encoding"}
        if sending.known & {etag, "*"}:
            file.close()
            return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
        if sending.zipped:
            file = await anyio.to_thread.run_sync(_zipped, file)
            headers["Content-Encoding"] = "gzip"
    except BaseException:
        file.close()
        raise
    headers["Content-Disposition"] = f'attachment; filename="{sending.name}"'
    return StreamingResponse(_pieces(file), media_type=sending.media_type, headers=headers)


def _zipped(file: Any) -> Any:
    """The same, compressed; without a time in its header, so that equal content stays equal bytes."""
    made = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - closed when the answer is through
    file.seek(0)
    with file, gzip.GzipFile(fileobj=made, mode="wb", compresslevel=6, mtime=0, filename="") as packer:
        shutil.copyfileobj(file, packer, _CHUNK)
    return made


async def _pieces(file: Any) -> AsyncIterator[bytes]:
    file.seek(0)
    with file:
        while piece := await anyio.to_thread.run_sync(file.read, _CHUNK):
            yield piece
