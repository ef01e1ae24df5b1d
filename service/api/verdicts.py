"""/v1/lookalikes/{lookalike_id}/verdict: an analyst's word."""

from http import HTTPStatus
from typing import Any

from fastapi import APIRouter

from service.api.answers import LookalikeDetail
from service.api.lookalikes import PublicId, detail
from service.api.schemas import NewVerdict
from service.api.wiring import LimitedWriter, Service, refusals
from service.core.errors import InvalidInput, NotFound
from service.core.model import AnalystWord, WordScope
from service.core.persistence.inputs import VerdictGiven
from service.core.persistence.words import ground
from service.ports import UnitOfWork

router = APIRouter(prefix="/lookalikes", tags=["lookalikes"])


@router.post(
    "/{lookalike_id}/verdict",
    summary="Judge a lookalike",
    response_model=LookalikeDetail,
    responses=refusals(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, body=True),
)
async def give_verdict(
    service: Service, caller: LimitedWriter, lookalike_id: PublicId, given: NewVerdict
) -> dict[str, Any]:
    """An analyst's word goes before the score.

    It rests on registration date, registrar and name servers of the site as they are now: when they change, it no
    longer stands, and the event `verdict.stale` says so.
    """
    at = service.clock.now()
    by = f"token {caller.token_id}"

    def step(uow: UnitOfWork) -> None:
        row = uow.views.lookalike(lookalike_id)
        found = uow.sites.get(row["site"]) if row is not None else None
        if row is None or found is None or not caller.sees(row["outlet"]):
            raise NotFound(f"there is no lookalike {lookalike_id}")
        site, _ = found
        if given.scope is WordScope.NAME and not all(caller.sees(one.outlet) for one in site.lookalikes):
            raise InvalidInput("the scope `name` would speak of outlets that this token is not for")
        said = given.model_dump(exclude_unset=True)
        word = AnalystWord(**said, by=by, at=at, **ground(site))
        service.tracker.apply(uow, site.host, VerdictGiven(outlet=row["outlet"], word=word))

    await service.store.write(step)
    return await detail(service, caller, lookalike_id)
