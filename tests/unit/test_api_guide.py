"""Every ``curl`` of the API's guide does what it says: each is run over the API, beside what it is written for."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.core.model import Outlet, Tier, Verdict
from tests.builders import START
from tests.fakes_api import ApiUnderTest, api_under_test

GUIDE = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
ELSEWHERE = re.compile(r"/v1/(?:evidence|campaigns/|exports|deliveries)|/dossier|/baselines|/captures")
"""Files, groups of sites, deliveries: their own tests make what these routes need (evidence, ties) and ask for it."""

EXAMPLES = [one for one in re.findall(r"^curl (?:.*\\\n)*.*$", GUIDE, re.MULTILINE) if not ELSEWHERE.search(one)]
SPIEGEL = Outlet(id="spiegel.de", name="Der Spiegel", domain="spiegel.de", country="DE", languages=("de",))
SITE = "spiegel.ltd"
NEW = {
    "blk_": ("/v1/blocks", {"site": SITE, "place": "registrar", "effective_from": "2022-05-01T00:00:00Z"}),
    "rep_": (
        "/v1/reports",
        {"lookalike": "lka_1", "role": "host", "recipient": "x@y.example", "sent_at": "2022-05-01T00:00:00Z"},
    ),
    "fct_": ("/v1/forecasts", {"outlet": "spiegel.de"}),
    "whk_": ("/v1/webhooks", {"url": "https://hooks.example.org/"}),
    "sgr_": ("/v1/sightings", {"url": "https://bild.pics/"}),
    "chk_": ("/v1/checks", {"target": "https://spiegel.ltd/politik"}),
    "tokens/": ("/v1/tokens", {"scopes": ["read"]}),
}
"""How that is made whose id an example names."""

FILES = {"@sightings.csv": "url,note\nhttps://bild.pics/politik,seen on Facebook\n"}
"""What stands in the files that examples send."""

ACTION = {
    "id": "doj-2024-09",
    "authority": "US Department of Justice",
    "place": "seizure",
    "effective": "2022-05-02T00:00:00Z",
}


@pytest.mark.parametrize("example", EXAMPLES, ids=[" ".join(one.split())[:90] for one in EXAMPLES])
def test_the_example_is_answered_as_the_guide_says(api: ApiUnderTest, example: str) -> None:
    api.watch(SPIEGEL)  # another example takes it off the list
    answer = run(api, example)
    assert answer.status_code in {200, 201, 202, 204}, answer.text


@pytest.fixture(scope="module")
def api() -> Iterator[ApiUnderTest]:
    """The outlet, the lookalike and the sweep that the guide speaks of, as the first of their kinds."""
    with api_under_test() as made:
        made.watch(SPIEGEL)
        made.admit(SITE)
        made.look(SITE, SPIEGEL.id, Verdict.IMPERSONATION)
        made.post("/v1/sightings", {"url": "https://bild.pics/"}, 202)
        begun = made.store.write(lambda uow: uow.sweeps.begin(SPIEGEL.id, Tier.EXACT, "1", "system", START, total=9))
        made.run(begun)
        yield made


def run(api: ApiUnderTest, example: str) -> httpx.Response:
    """What the API answers to a command of the guide. Times of the guide lie before the test's clock."""
    if "/v1/actions/" in example:
        api.answer("POST", "/v1/actions", json=ACTION)
    given = shlex.split(example.replace("\\\n", " ").replace("$SPOOFWATCH", "").replace("$ETAG", "{etag}"))
    method, path, headers, body = "GET", "", dict[str, str](), None
    words = iter(given[1:])
    for word in words:
        match word:
            case "-X":
                method = next(words)
            case "-d":
                body = next(words)
            case "--data-binary":
                body = FILES[next(words)]
            case "-H":
                name, _, value = next(words).partition(": ")
                headers[name] = value
            case _:
                path = word
    assert path.startswith("/"), example
    path, body = real(api, path), real(api, body or "") or None
    protected = path.startswith("/v1")
    assert (headers.pop("Authorization", None) == "Bearer $TOKEN") == protected
    if "{etag}" in headers.get("If-Match", ""):
        headers["If-Match"] = api.answer("GET", path).headers["ETag"]
    return api.answer(method, path, token="" if protected else None, headers=headers, content=body)


def real(api: ApiUnderTest, text: str) -> str:
    """The text with ids that there are, and with times and sweeps of this test's world."""
    for prefix, (route, content) in NEW.items():
        if found := re.search(rf"{prefix}[0-9a-f]{{12,16}}", text):
            made: dict[str, Any] = api.answer("POST", route, json=content).json()
            identity = str(made["report"] if prefix == "sgr_" else made["id"])
            text = text.replace(found[0], prefix * prefix.endswith("/") + identity)
    text = text.replace("lka_17", "lka_1").replace("/sweeps/12", "/sweeps/1")
    return re.sub(r"20(?:22-0[6-9]|24-\d\d|27-\d\d)-(\d\dT)", r"2022-05-\1", text)
