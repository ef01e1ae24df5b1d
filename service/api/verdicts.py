"""Analysts' words: on one lookalike, and on many at once."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Response
from starlette.exceptions import HTTPException

from service.api.answers import LookalikeDetail
from service.api.answers_verdicts import VerdictResults
from service.api.auth import Caller
from service.api.lookalikes import PublicId, shown
from service.api.preconditions import NOT_MODIFIED, Optional, Precondition, etag_of, tagged
from service.api.schemas import NewVerdict
from service.api.schemas_verdicts import NewVerdicts, VerdictOf
from service.api.wiring import LimitedWriter, Service, refusals
from service.app import App
from service.core.errors import Conflict, InvalidInput, NotFound
from service.core.model import AnalystWord
from service.core.persistence.inputs import VerdictGiven
from service.core.persistence.words import ground
from service.core.states import WordScope
from service.ports import UnitOfWork

router = APIRouter(tags=["lookalikes"])


@router.post(
    "/lookalikes/{lookalike_id}/verdict",
    summary="Judge a lookalike",
    response_model=LookalikeDetail,
    responses={
        200: NOT_MODIFIED[200],
        **refusals(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED, body=True),
    },
)
async def give_verdict(
    service: Service, caller: LimitedWriter, lookalike_id: PublicId, given: NewVerdict, seen: Optional
) -> Response:
    """An analyst's word goes before the score.

    It rests on registration date, registrar and name servers of the site as they are now: when they change, it no
    longer stands, and the event `verdict.stale` says so. With If-Match it is taken only where the lookalike is still
    as it was when it was read.
    """

    def step(uow: UnitOfWork) -> dict[str, Any]:
        _give(service, uow, caller, _Word(lookalike_id, given, seen))
        return shown(uow, caller, lookalike_id)

    return tagged(await service.store.write(step))


@router.post(
    "/verdicts",
    summary="Judge many lookalikes",
    response_model=VerdictResults,
    responses=refusals(body=True),
)
async def give_verdicts(service: Service, caller: LimitedWriter, given: NewVerdicts) -> dict[str, Any]:
    """Each word is taken or refused on its own, in the order given, and the answer says which and why.

    What was taken stands although others were refused. Saying the same again does no harm.
    """
    results = [await _one(service, caller, word) for word in given.verdicts]
    taken = sum(result["status"] == "given" for result in results)
    return {"given": taken, "refused": len(results) - taken, "results": results}


async def _one(service: App, caller: Caller, word: VerdictOf) -> dict[str, Any]:
    said = NewVerdict(**word.model_dump(exclude={"lookalike", "if_match"}, exclude_unset=True))
    seen = Precondition(frozenset({word.if_match}) if word.if_match is not None else None)
    refused = {"lookalike": word.lookalike, "status": "refused", "verdict": None}
    try:
        await service.store.write(lambda uow: _give(service, uow, caller, _Word(word.lookalike, said, seen)))
    except (NotFound, Conflict, InvalidInput) as error:
        return refused | {"reason": str(error)}
    except HTTPException as error:
        return refused | {"reason": error.detail}
    return {"lookalike": word.lookalike, "status": "given", "verdict": said.verdict, "reason": None}


@dataclass(frozen=True, slots=True)
class _Word:
    """What is said of which lookalike, as it was seen by whom says it."""

    lookalike: str
    given: NewVerdict
    seen: Precondition


def _give(service: App, uow: UnitOfWork, caller: Caller, word: _Word) -> None:
    """Take a word inside a transaction. NotFound, or 412 where the lookalike is not what was seen any more."""
    before = shown(uow, caller, word.lookalike)
    word.seen.check(etag_of(before))
    found = uow.sites.get(before["site"])
    if found is None:
        raise NotFound(f"there is no lookalike {word.lookalike}")
    site, _ = found
    if word.given.scope is WordScope.NAME and not all(caller.sees(one.outlet) for one in site.lookalikes):
        raise InvalidInput("the scope `name` would speak of outlets that this token is not for", "/scope")
    fields = word.given.model_dump(exclude_unset=True)
    said = AnalystWord(**fields, by=f"token {caller.token_id}", at=service.clock.now(), **ground(site))
    service.tracker.apply(uow, site.host, VerdictGiven(outlet=before["outlet"], word=said))
