"""The API is asked everything that its OpenAPI document allows, and much that it does not (schemathesis, all checks).

``make test ARGS="tests/unit/test_api_schema.py --schema-examples 200"`` asks each route more often.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from service.adapters.warc_upload import render_upload
from service.api.app import create_app, declare
from service.core.states import Verdict
from service.pipeline.export import Exporter, ExportPlan
from service.pipeline.uploads import CaptureDesk
from tests.builders import START
from tests.fakes import FakeEvidence
from tests.fakes_api import BILD, SPIEGEL, ApiUnderTest, api_under_test
from tests.fakes_fetching import InProcessParser

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of the tool's own parts
    import schemathesis
    from schemathesis import CheckContext, GenerationMode, Response
    from schemathesis.config import SchemathesisConfig

SEED = 20220609
"""Always the same, so that a check before each change always asks the same."""

CONFIG = SchemathesisConfig.from_dict(
    {
        "checks": {
            # What JSON Schema cannot say: that a name is below a public suffix, a cursor ours, a key not used before.
            # ``_a_refused_value_is_named`` asks such refusals for more than their status.
            "positive_data_acceptance": {"expected-statuses": ["2xx", "3xx", "401", "403", "404", "409", "412", "422"]},
            "negative_data_rejection": {"expected-statuses": ["400", "401", "403", "404", "409", "415", "422", "428"]},
            "missing_required_header": {"expected-statuses": ["400", "401", "404", "422", "428"]},
        }
    }
)

METHODS = ("get", "post", "put", "patch", "delete")
OPERATIONS = [
    (method.upper(), path)
    for path, methods in declare("0.0.0").openapi()["paths"].items()
    for method in METHODS
    if method in methods
]


@pytest.fixture(scope="module")
def api() -> Iterator[ApiUnderTest]:
    """One for all routes, which are always asked in the same order by the same process (``--dist=loadfile``)."""
    with api_under_test() as made:
        exporter = Exporter(clock=made.clock, store=made.store, watched=made.watched, plan=ExportPlan())
        captures = CaptureDesk(
            desk=made.app.sightings,
            evidence=FakeEvidence(START),
            parser=InProcessParser(),
            render=lambda upload: render_upload(upload, "spoofwatch/0"),
        )
        made.app = made.build(exporter=exporter, sightings=captures.desk, captures=captures)
        made.watch(SPIEGEL, BILD)
        made.admit("spiegel.ltd", "bild.pics")
        made.look("spiegel.ltd", "spiegel", Verdict.IMPERSONATION)
        made.post("/v1/webhooks", {"url": "https://hooks.example.org/"})
        yield made


@pytest.fixture(scope="module")
def document(api: ApiUnderTest) -> schemathesis.BaseSchema:
    return schemathesis.openapi.from_asgi("/openapi.json", create_app(api.app), config=CONFIG)


@pytest.fixture(scope="module")
def examples(request: pytest.FixtureRequest) -> int:
    """How often each route is asked, with what is right and with what is wrong."""
    found: int = request.config.getoption("--schema-examples")
    return found


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_every_answer_is_one_that_the_document_promises(
    method: str, path: str, document: schemathesis.BaseSchema, api: ApiUnderTest, examples: int
) -> None:
    operation = document[path][method]
    headers = {"Authorization": f"Bearer {api.all_scopes}"}

    def ask(mode: GenerationMode) -> None:
        @seed(SEED)
        @settings(
            max_examples=examples,
            deadline=None,
            database=None,
            phases=[Phase.generate],  # no shrinking: what changed something once may not do so again
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def asked(case: schemathesis.Case[Any]) -> None:
            case.call_and_validate(headers=headers, additional_checks=[_a_refused_value_is_named])

        asked()

    ask(GenerationMode.POSITIVE)
    if path.startswith("/v1/"):  # the others take nothing that could be wrong
        ask(GenerationMode.NEGATIVE)


def _a_refused_value_is_named(ctx: CheckContext, response: Response, case: schemathesis.Case[Any]) -> None:
    del ctx, case
    if response.status_code == HTTPStatus.UNPROCESSABLE_ENTITY:
        problem = response.json()
        assert problem["errors"], problem["detail"]
