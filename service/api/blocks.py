"""/v1/blocks: actions against single sites, reported by somebody or observed by the service."""

from collections import Counter
from dataclasses import asdict, replace
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import Field

from service.api.answers import BlockAnswer, BlockList, ImportResults
from service.api.pages import Paging
from service.api.schemas import BlockImport, HostName, LiftedBlock, NewBlock
from service.api.wiring import Reader, Service, Writer, path_id, refusals
from service.core.alerts.events import rfc3339
from service.core.errors import Conflict, InvalidInput, NotFound
from service.core.model import Block
from service.core.persistence.block_lists import Defaults, ListedBlock, read
from service.core.persistence.inputs import BlockRecorded
from service.pipeline.blocks import Outcome
from service.ports import UnitOfWork

router = APIRouter(prefix="/blocks", tags=["blocks"])


class Filters(Paging):
    """Which blocks are asked for."""

    site: HostName | None = Field(None, description="Only those of this host name.", examples=["spiegel.ltd"])


@router.get("", summary="List blocks", response_model=BlockList, responses=refusals(), dependencies=[Reader])
async def list_blocks(service: Service, asked: Annotated[Filters, Query()]) -> dict[str, Any]:
    """The newest first, lifted ones included."""
    rows, following = await service.store.read(lambda uow: uow.site_views.blocks(asked.site, asked.cursor, asked.limit))
    return {"data": rows, "next_cursor": following}


@router.post(
    "",
    summary="Record a block",
    status_code=HTTPStatus.CREATED,
    response_model=BlockAnswer,
    responses={
        200: {"model": BlockAnswer, "description": "This very block was recorded before."},
        **refusals(HTTPStatus.CONFLICT, body=True),
    },
    dependencies=[Writer],
)
async def record_block(service: Service, given: NewBlock, response: Response) -> dict[str, Any]:
    """A site that is not known yet is taken in and watched: whether it stays down is what the service is for.

    Site, place, date and reference say which block it is, so a request may be sent twice.
    """
    listed = ListedBlock(entry="/", **given.model_dump())
    block, new = await service.blocks.record(listed)
    if not new:
        response.status_code = HTTPStatus.OK
    return shown(given.site, block)


@router.post(
    "/import",
    summary="Record a list of blocks",
    response_model=ImportResults,
    responses=refusals(body=True),
    dependencies=[Writer],
)
async def import_blocks(service: Service, given: BlockImport) -> dict[str, Any]:
    """CSV or STIX 2.1. Each entry is recorded or refused on its own, and the answer says which and why.

    Importing a list again changes nothing; an entry that now has an end lifts its block. Blocks of the past keep their
    dates: `known_from` says since when they are known.
    """
    defaults = Defaults(
        place=given.place, action=given.action, reference=given.reference, effective_from=given.effective_from
    )
    try:
        entries = read(given.list, defaults, service.clock.now())
    except InvalidInput as error:
        raise InvalidInput(str(error), "/list") from error
    results = await service.blocks.record_all(entries)
    count = Counter(result.outcome.value for result in results)
    return {
        **{outcome.value: count[outcome.value] for outcome in Outcome},
        "results": [asdict(result) for result in results],
    }


@router.post(
    "/{block_id}/lift",
    summary="Record that a block was lifted",
    response_model=BlockAnswer,
    responses=refusals(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, body=True),
    dependencies=[Writer],
)
async def lift_block(
    service: Service, block_id: Annotated[str, path_id("block", "blk_2f7c0d1a9b3e4c58")], given: LiftedBlock
) -> dict[str, Any]:
    """The site is looked at at once. Lifting a block again to the same time changes nothing."""
    now = service.clock.now()

    def step(uow: UnitOfWork) -> dict[str, Any]:
        host = next((row["site"] for row in uow.views.blocks(None) if row["id"] == block_id), None)
        if host is None:
            raise NotFound(f"there is no block {block_id}")
        block = next(one for one in _blocks_of(uow, host) if one.id == block_id)
        lifted = _lifted(block, given.lifted_at, now)
        if lifted != block:
            service.tracker.apply(uow, host, BlockRecorded(block=lifted))
        return shown(host, lifted)

    return await service.store.write(step)


def shown(host: str, block: Block) -> dict[str, Any]:
    """A block as ``BlockAnswer`` has it."""
    return {
        "id": block.id,
        "site": host,
        "place": block.place,
        "effective_from": rfc3339(block.effective_from),
        "known_from": rfc3339(block.known_from),
        "lifted_at": rfc3339(block.lifted_at),
        "reported": block.reported,
        "reference": block.reference,
        "action": block.action,
    }


def _lifted(block: Block, asked: datetime | None, now: datetime) -> Block:
    if block.lifted_at is not None and asked in (None, block.lifted_at):
        return block
    if block.lifted_at is not None:
        raise Conflict(f"{block.id} was lifted at {rfc3339(block.lifted_at)} already")
    at = asked or now
    if at < block.effective_from:
        raise InvalidInput(f"the block holds since {rfc3339(block.effective_from)} only", "/lifted_at")
    if at > now:
        raise InvalidInput("a block cannot have been lifted at a time to come", "/lifted_at")
    return replace(block, lifted_at=at)


def _blocks_of(uow: UnitOfWork, host: str) -> tuple[Block, ...]:
    found = uow.sites.get(host)
    return found[0].blocks if found is not None else ()
