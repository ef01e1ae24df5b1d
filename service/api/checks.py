"""/v1/checks: one name or URL, looked at now."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Response
from pydantic import AfterValidator, Field

from service.api.answers import sendable
from service.api.answers_checks import CheckAnswer
from service.api.schemas import MAX_URL, Strict, examples, sane
from service.api.wiring import LOCATED, LimitedWriter, Service, path_id, refusals
from service.core.alerts.events import rfc3339
from service.core.checks import Check
from service.core.errors import NotFound

router = APIRouter(prefix="/checks", tags=["checks"])


class NewCheck(Strict):
    """What is to be looked at."""

    model_config = examples({"target": "https://spiegel.ltd/politik"})

    target: Annotated[str, AfterValidator(sane)] = Field(
        min_length=1,
        max_length=MAX_URL,
        description="A name or a URL; defanged ones are read too. A URL is looked at beside the site's own pages.",
        examples=["https://spiegel.ltd/politik"],
    )


@router.post(
    "",
    summary="Check a name or URL now",
    status_code=HTTPStatus.ACCEPTED,
    response_model=CheckAnswer,
    responses={202: LOCATED, **refusals(body=True)},
)
async def ask_for_check(service: Service, caller: LimitedWriter, given: NewCheck, response: Response) -> dict[str, Any]:
    """`Location` is where the result is to be had, mostly within a minute; a restart does not lose it.

    It is what `spoofwatch check --json` prints: what was seen, the verdict, and the explanation. A name that exists is
    taken in and watched from then on.
    """
    check = await service.checks.ask(given.target, caller.token_id, caller.outlets)
    response.headers["Location"] = f"/v1/checks/{check.id}"
    return _shown(service, check)


@router.get(
    "/{check_id}",
    summary="Show a check of your own",
    response_model=CheckAnswer,
    responses=refusals(HTTPStatus.NOT_FOUND),
)
async def show_check(
    service: Service, caller: LimitedWriter, check_id: Annotated[str, path_id("check", "chk_6f0c2d4a9b8e7f10")]
) -> dict[str, Any]:
    """Where it stands, and its report when it is done. A token sees the checks that it asked for itself."""
    check = await service.store.read(lambda uow: uow.checks.get(check_id))
    if check is None or check.by != caller.token_id:
        raise NotFound(f"this token asked for no check {check_id}")
    return _shown(service, check)


def _shown(service: Service, check: Check) -> dict[str, Any]:
    shown: dict[str, Any] = sendable(
        {
            "id": check.id,
            "target": check.target,
            "state": check.state(service.clock.now()),
            "asked_at": rfc3339(check.asked_at),
            "done_at": rfc3339(check.done_at),
            "error": check.error or None,
            "report": check.report,
        }
    )
    return shown
