"""What holds for every route: tokens, scopes, problems, limits, request ids, health, and no 500 for hostile input."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.api.app import create_app, declare
from service.api.guard import MAX_BODY
from service.core.errors import ConfigError, Conflict, InvalidInput, InvalidName, NotFound, StoreUnavailable
from service.core.states import Verdict
from service.core.tokens import Scope, new_token
from tests.fakes_api import SPIEGEL, ApiUnderTest, api_under_test

PUBLIC = ("/livez", "/readyz", "/metrics", "/openapi.json")
OPENAPI = declare("1").openapi()


@pytest.fixture(scope="module")
def api() -> Iterator[ApiUnderTest]:
    """For tests that change nothing."""
    with api_under_test() as made:
        yield made


@pytest.fixture
def fresh() -> Iterator[ApiUnderTest]:
    with api_under_test() as made:
        yield made


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    """Every (method, path, operation) of the OpenAPI document."""
    paths = OPENAPI["paths"].items()
    return [(method.upper(), path, what) for path, methods in paths for method, what in methods.items()]


def protected() -> list[tuple[str, str, dict[str, Any]]]:
    return [one for one in operations() if one[1] not in PUBLIC]


def concrete(path: str) -> str:
    return path.replace("{", "").replace("}", "")


class BrokenStore:
    """A store that answers every step with one error."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    async def read(self, _: Any) -> Any:
        raise self.error

    async def write(self, _: Any) -> Any:
        raise self.error


# --- tokens and scopes -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("method", "path", "operation"), protected(), ids=lambda value: str(value)[:40])
def test_no_protected_route_answers_without_a_token(
    api: ApiUnderTest, method: str, path: str, operation: dict[str, Any]
) -> None:
    answer = api.answer(method, concrete(path), token=None)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="spoofwatch"'
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(("method", "path", "operation"), protected(), ids=lambda value: str(value)[:40])
def test_a_token_without_the_scope_of_a_route_is_refused_and_told_which(
    api: ApiUnderTest, method: str, path: str, operation: dict[str, Any]
) -> None:
    ((needed,),) = (security["token"] for security in operation["security"])
    others = [scope for scope in Scope if scope != needed]
    answer = api.answer(method, concrete(path), token=api.token(*others), json={})
    assert answer.status_code == 403, answer.text
    assert f'scope="{needed}"' in answer.headers["WWW-Authenticate"]
    assert needed in answer.json()["detail"]


@pytest.mark.parametrize(
    "authorization",
    [
        "Basic dXNlcjpwYXNz",
        "Bearer",
        "Bearer nonsense",
        "Bearer " + new_token(bytes).plain,
        "Bearer sw_000000000000_" + "g" * 64,
        "Bearer " + "x" * 5_000,
    ],
)
def test_a_token_that_nobody_made_is_refused(api: ApiUnderTest, authorization: str) -> None:
    answer = api.answer("GET", "/v1/lookalikes", token=None, headers={"Authorization": authorization})
    assert answer.status_code == 401


def test_the_right_id_with_a_wrong_secret_is_refused(api: ApiUnderTest) -> None:
    prefix, _, secret = api.all_scopes.rpartition("_")
    forged = f"{prefix}_{secret[::-1]}"
    answer = api.answer("GET", "/v1/lookalikes", token=forged)
    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


def test_an_unknown_path_below_v1_is_not_told_from_a_known_one_without_a_token(api: ApiUnderTest) -> None:
    assert api.answer("GET", "/v1/nothing", token=None).status_code == 401
    assert api.answer("GET", "/v1/nothing").status_code == 404


def test_the_body_of_a_stranger_is_not_parsed(api: ApiUnderTest) -> None:
    assert api.answer("POST", "/v1/sightings", token=None, content=b"{").status_code == 401


@pytest.mark.parametrize("path", PUBLIC)
def test_health_and_the_openapi_document_need_no_token(api: ApiUnderTest, path: str) -> None:
    assert api.answer("GET", path, token=None).status_code == 200


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_pages_that_load_scripts_from_elsewhere_are_off(api: ApiUnderTest, path: str) -> None:
    assert api.answer("GET", path, token=None).status_code == 404


# --- problems --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (InvalidName("no name"), 422),
        (InvalidInput("no input", "/query/cursor"), 422),
        (ConfigError(file="outlets.toml", key="domain", reason="wrong"), 422),
        (NotFound("not here"), 404),
        (Conflict("somebody was faster"), 409),
    ],
)
def test_each_error_of_ours_has_its_status_and_says_what_is_wrong(
    fresh: ApiUnderTest, error: Exception, status: int
) -> None:
    class Door:
        async def admit_url(self, _url: str, _source: str) -> str:
            raise error

    fresh.app = fresh.build(door=Door())
    body = {"site": "spiegel.ltd", "place": "host", "effective_from": "2022-06-01T00:00:00Z"}
    problem = fresh.answer("POST", "/v1/blocks", json=body)
    assert problem.status_code == (422 if isinstance(error, InvalidName) else status)
    assert str(error) in problem.json()["detail"]
    assert problem.json()["status"] == problem.status_code


def test_a_problem_has_the_members_of_rfc_9457_and_names_each_wrong_value(api: ApiUnderTest) -> None:
    answer = api.answer("GET", "/v1/lookalikes", params={"limit": 501, "limt": 5, "flagged": "perhaps"})
    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert set(problem) == {"type", "title", "status", "detail", "instance", "errors", "request_id"}
    assert {error["pointer"] for error in problem["errors"]} == {"/query/limit", "/query/limt", "/query/flagged"}
    assert problem["instance"] == "/v1/lookalikes"
    assert problem["request_id"] == answer.headers["X-Request-ID"]


def test_an_error_that_nobody_foresaw_is_logged_and_not_told(
    fresh: ApiUnderTest, caplog: pytest.LogCaptureFixture
) -> None:
    async def ready() -> Any:
        raise RuntimeError("postgres://user:secret@db")

    fresh.app = fresh.build(ready=ready)
    with caplog.at_level(logging.ERROR):
        answer = fresh.answer("GET", "/readyz", token=None)
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert answer.json()["request_id"] in caplog.text
    assert "RuntimeError" in caplog.text


@pytest.mark.parametrize("path", ["/v1/lookalikes", "/readyz"])
def test_a_database_that_does_not_answer_is_a_503_that_says_when_to_ask_again(fresh: ApiUnderTest, path: str) -> None:
    gone = StoreUnavailable("unable to open /var/lib/secret.db")

    async def ready() -> Any:
        raise gone

    fresh.app = fresh.build(store=BrokenStore(gone), ready=ready)
    answer = fresh.answer("GET", path)
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert "secret" not in answer.text


def test_a_method_that_a_path_does_not_take_is_answered_with_all_that_it_takes(api: ApiUnderTest) -> None:
    answer = api.answer("PUT", "/v1/blocks")
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, POST"


def test_a_slash_too_many_is_not_found_and_never_a_redirect_that_carries_the_token_on(api: ApiUnderTest) -> None:
    assert api.answer("GET", "/v1/lookalikes/").status_code == 404


# --- bodies ----------------------------------------------------------------------------------------------------------


def test_a_body_that_is_too_large_is_refused_by_its_declared_length(api: ApiUnderTest) -> None:
    answer = api.answer("POST", "/v1/sightings", content=b" " * (MAX_BODY + 1))
    assert answer.status_code == 413
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Connection"] == "close"


def test_a_body_without_a_declared_length_is_counted_as_it_comes(api: ApiUnderTest) -> None:
    async def chunks() -> Any:
        for _ in range(20):
            yield b" " * (MAX_BODY // 10)

    answer = api.answer("POST", "/v1/sightings", content=chunks(), headers={"Content-Type": "application/json"})
    assert answer.status_code == 413
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("content", "media_type", "status"),
    [
        (b"{", "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b'{"url": "https://spiegel.ltd"}', "text/plain", 415),
        (b"url=https://spiegel.ltd", "application/x-www-form-urlencoded", 415),
        (b"", "application/json", 422),
        (b"null", "application/json", 422),
        (b'{"url": "\\ud800"}', "application/json", 202),
        (b'{"\\ud800": 1}', "application/json", 422),
        (b'{"' + b"x" * 100_000 + b'": 1}', "application/json", 422),
    ],
)
def test_a_body_that_is_not_what_it_should_be_is_a_problem(
    api: ApiUnderTest, content: bytes, media_type: str, status: int
) -> None:
    answer = api.answer("POST", "/v1/sightings", content=content, headers={"Content-Type": media_type})
    assert answer.status_code == status, answer.text
    assert len(answer.content) < 2_000


HOSTILE = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(), max_size=40)
    | st.lists(st.text(max_size=5), max_size=3)
    | st.dictionaries(st.text(max_size=5), st.integers(), max_size=2)
    | st.sampled_from(
        ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2022-02-30T00:00:00Z", "x\0y", "\ud800"]
    )
)


@st.composite
def spoilt(draw: st.DrawFn, body: dict[str, Any]) -> Any:
    """A good body with some of its values replaced, left out or added; or something else altogether."""
    if draw(st.integers(0, 9)) == 0:
        return draw(HOSTILE)
    changed = draw(st.dictionaries(st.sampled_from([*body, "more"]), HOSTILE, min_size=1, max_size=2))
    left_out = draw(st.sets(st.sampled_from([*body]), max_size=1))
    return {name: value for name, value in (body | changed).items() if name not in left_out}


def example_body(operation: dict[str, Any]) -> dict[str, Any]:
    reference = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    examples = OPENAPI["components"]["schemas"][reference.rpartition("/")[2]]["examples"]
    return {name: value for example in reversed(examples) for name, value in example.items()}


def delivered(api: ApiUnderTest, webhook: str) -> str:
    """The id of a delivery to a webhook."""
    api.post(f"/v1/webhooks/{webhook}/test", None, 202)
    return str(api.get(f"/v1/deliveries?webhook={webhook}")["data"][0]["id"])


def filled(api: ApiUnderTest) -> dict[str, str]:
    """Fill the database; an id for each path parameter."""
    api.watch(SPIEGEL)
    api.admit("spiegel.ltd")
    api.look("spiegel.ltd", "spiegel", Verdict.IMPERSONATION)
    block = {"site": "spiegel.ltd", "place": "host", "effective_from": "2022-05-01T00:00:00Z"}
    page = {"source": "a", "taken_at": "2022-05-01T00:00:00Z", "html": "<title>x</title><p>An older layout</p>"}
    return {
        "outlet_id": "spiegel",
        "baseline_id": api.post("/v1/outlets/spiegel/baselines", page)["data"][0]["id"],
        "lookalike_id": "lka_1",
        "block_id": api.post("/v1/blocks", block)["id"],
        "report_id": api.post("/v1/reports", {"lookalike": "lka_1", "role": "host", "recipient": "abuse@h.example"})[
            "id"
        ],
        "webhook_id": (hook := api.post("/v1/webhooks", {"url": "https://hooks.example.org/"})["id"]),
        "delivery_id": delivered(api, hook),
    }


FILES = {"import_sightings", "upload_capture"}
"""Operations that take files as they are; their own tests spoil these."""

WITH_BODY = [one for one in operations() if "requestBody" in one[2] and one[2]["operationId"] not in FILES]


@pytest.mark.parametrize(("method", "path", "operation"), WITH_BODY, ids=[one[1] for one in WITH_BODY])
def test_no_body_whatever_ends_in_a_500(method: str, path: str, operation: dict[str, Any]) -> None:
    with api_under_test() as api:
        url = path.format(**filled(api))

        @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
        @given(body=spoilt(example_body(operation)))
        def holds(body: Any) -> None:
            content = json.dumps(body).encode()
            answer = api.answer(method, url, content=content, headers={"Content-Type": "application/json"})
            assert answer.status_code < 500, answer.text

        holds()


def test_no_query_whatever_ends_in_a_500() -> None:
    names = [
        "outlet",
        "flagged",
        "verdict",
        "registered_after",
        "availability",
        "q",
        "cursor",
        "limit",
        "after",
        "site",
    ]
    with api_under_test() as api:

        @settings(max_examples=60, deadline=None)
        @given(
            path=st.sampled_from(["/v1/lookalikes", "/v1/events", "/v1/blocks"]),
            query=st.dictionaries(st.sampled_from(names), st.text(max_size=30) | st.integers().map(str), max_size=3),
        )
        def holds(path: str, query: dict[str, str]) -> None:
            encodable = {name: value.encode(errors="replace").decode() for name, value in query.items()}
            assert api.answer("GET", path, params=encodable).status_code < 500

        holds()


# --- request ids and headers -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("given_id", "kept"), [("deploy-7.2:a_b", True), ("two words", False), ("x" * 65, False)])
def test_a_sane_request_id_is_kept_and_another_replaced(api: ApiUnderTest, given_id: str, *, kept: bool) -> None:
    answer = api.answer("GET", "/livez", headers={"X-Request-ID": given_id})
    assert (answer.headers["X-Request-ID"] == given_id) is kept


def test_every_answer_forbids_sniffing_and_caching(api: ApiUnderTest) -> None:
    for path in ("/livez", "/v1/lookalikes", "/v1/nothing"):
        answer = api.answer("GET", path)
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"


# --- health ----------------------------------------------------------------------------------------------------------


def test_readyz_tells_each_check_and_is_a_503_where_one_is_not_ok(fresh: ApiUnderTest) -> None:
    assert fresh.get("/readyz") == {"status": "ok", "checks": fresh.outside.checks}
    fresh.outside.checks["resolver 192.0.2.53"] = "does not answer"
    answer = fresh.answer("GET", "/readyz", token=None)
    assert answer.status_code == 503
    assert answer.json()["status"] == "degraded"
    assert answer.json()["checks"]["resolver 192.0.2.53"] == "does not answer"


def test_livez_answers_while_the_database_is_gone(fresh: ApiUnderTest) -> None:
    fresh.app = fresh.build(store=BrokenStore(StoreUnavailable("gone")))
    assert fresh.answer("GET", "/livez", token=None).json() == {"status": "ok"}


# --- description -----------------------------------------------------------------------------------------------------


def test_every_route_has_a_summary_a_description_and_its_scope() -> None:
    for method, path, operation in operations():
        assert operation["summary"], (method, path)
        assert operation["description"], (method, path)
        if path not in PUBLIC:
            ((scope,),) = (security["token"] for security in operation["security"])
            assert scope in set(Scope)


def test_every_field_and_parameter_has_a_description() -> None:
    for name, schema in OPENAPI["components"]["schemas"].items():
        for field, shape in schema.get("properties", {}).items():
            assert shape.get("description"), f"{name}.{field}"
    for method, path, operation in operations():
        for parameter in operation.get("parameters", ()):
            assert parameter.get("description"), (method, path, parameter["name"])


def test_every_body_has_an_example() -> None:
    schemas = OPENAPI["components"]["schemas"]
    for method, path, operation in WITH_BODY:
        reference = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
        assert schemas[reference.rpartition("/")[2]]["examples"], (method, path)


def test_the_document_is_openapi_3_1_and_all_its_references_resolve() -> None:
    assert OPENAPI["openapi"].startswith("3.1")
    text = json.dumps(OPENAPI)
    for reference in {part.partition('"')[0] for part in text.split('"$ref": "')[1:]}:
        root, components, kind, name = reference.split("/")
        assert (root, components) == ("#", "components")
        assert name in OPENAPI["components"][kind], reference
    assert "HTTPValidationError" not in text


def test_two_applications_share_nothing() -> None:
    with api_under_test() as first, api_under_test() as second:
        one, other = create_app(first.app), create_app(second.app)
        assert one.state.service is first.app
        assert other.state.service is second.app
        assert first.answer("GET", "/v1/outlets", token=first.all_scopes).status_code == httpx.codes.OK
