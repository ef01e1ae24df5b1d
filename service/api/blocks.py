"""/v1/blocks: actions against single sites, reported by somebody or observed by the service."""

from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from service.api.answers import BlockAnswer, BlockList
from service.api.schemas import HostName, LiftedBlock, NewBlock
from service.api.wiring import Reader, Service, Writer, path_id, refusals
from service.app import App
from service.core.alerts.events import rfc3339
from service.core.errors import Conflict, InvalidInput, InvalidName, NotFound
from service.core.model import Block
from service.core.persistence.inputs import BlockRecorded
from service.ports import UnitOfWork

router = APIRouter(prefix="/blocks", tags=["blocks"])

SOURCE = "block"
"""Where a site came from that was first heard of by its block."""


@router.get("", summary="List blocks", response_model=BlockList, responses=refusals(), dependencies=[Reader])
async def list_blocks(
    service: Service,
    site: Annotated[HostName | None, Query(description="Only those of this host name.")] = None,
) -> dict[str, Any]:
    """The newest first, lifted ones included."""
    return {"data": await service.store.read(lambda uow: uow.views.blocks(site))}


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
    now = service.clock.now()
    block = _block(given, now)
    if await service.store.read(lambda uow: uow.sites.get(given.site)) is None:
        await _admit(service, given.site)

    def step(uow: UnitOfWork) -> Block:
        _check_action(uow, given.action)
        known = next((one for one in _blocks_of(uow, given.site) if one.id == block.id), None)
        if known is None:
            service.tracker.apply(uow, given.site, BlockRecorded(block=block))
        elif known.action != block.action:
            raise Conflict(f"{block.id} is recorded already, as part of the action {known.action}")
        return known or block

    kept = await service.store.write(step)
    if kept is not block:
        response.status_code = HTTPStatus.OK
    return shown(given.site, kept)


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


async def _admit(service: App, host: str) -> None:
    try:
        await service.door.admit_url(host, SOURCE)
    except (InvalidName, InvalidInput) as error:
        raise InvalidInput(str(error), "/site") from error


def _block(given: NewBlock, now: datetime) -> Block:
    known_from = given.known_from or now
    if known_from > now:
        raise InvalidInput("a block cannot be known from a time to come", "/known_from")
    parts = (given.site, given.place.value, given.effective_from.isoformat(), given.reference)
    return Block(
        id="blk_" + sha256("\x1f".join(parts).encode()).hexdigest()[:16],
        place=given.place,
        effective_from=given.effective_from,
        known_from=known_from,
        reported=True,
        reference=given.reference,
        action=given.action,
    )


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


def _check_action(uow: UnitOfWork, action: str | None) -> None:
    if action is not None and all(one.id != action for one in uow.actions.all()):
        raise InvalidInput(f"there is no action {action}; record it first with POST /v1/actions", "/action")
