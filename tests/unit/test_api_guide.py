"""Every ``curl`` of the documentation does what it says: each is run over the API, beside what it is written for."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.adapters.warc_upload import render_upload
from service.core.evidence.items import EvidenceItem, EvidenceKind
from service.core.model import Outlet
from service.core.states import Tier, Verdict
from service.lab.pictures import icon_png
from service.pipeline.export import Exporter, ExportPlan
from service.pipeline.uploads import CaptureDesk
from tests.builders import START
from tests.fakes import FakeEvidence
from tests.fakes_api import ApiUnderTest, api_under_test
from tests.fakes_fetching import InProcessParser

ROOT = Path(__file__).parents[2]
SHELL = [
    block
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
    for block in re.findall(r"```sh\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
]
EXAMPLES = [one for block in SHELL for one in re.findall(r"^curl (?:.*\\\n)*.*$", block, re.MULTILINE)]
ETAG = [one for block in SHELL for one in re.findall(r"^ETAG=\$\((.*)\)$", block, re.MULTILINE)]
SPIEGEL = Outlet(id="spiegel.de", name="Der Spiegel", domain="spiegel.de", country="DE", languages=("de",))
SITE, OTHER = "spiegel.ltd", "spiegel.fun"
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
    "bl_": (
        "/v1/outlets/spiegel.de/baselines",
        {"source": "2021.html", "taken_at": "2021-04-01T00:00:00Z", "html": "<title>Alt</title><p class=x>Text</p>"},
    ),
    "tokens/": ("/v1/tokens", {"scopes": ["read"]}),
}
"""How that is made whose id an example names."""

FILES = {
    "@sightings.csv": b"url,note\nhttps://bild.pics/politik,seen on Facebook\n",
    "@page.html": b"<title>DER SPIEGEL</title><p>Ausland</p>",
    "@page.png": icon_png("a"),
}
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


def test_no_curl_of_the_documentation_is_left_out() -> None:
    assert sum(len(re.findall(r"\bcurl ", block)) for block in SHELL) == len(EXAMPLES) + len(ETAG)


def test_the_etag_comes_out_of_the_headers_as_the_guide_says(api: ApiUnderTest) -> None:
    api.watch(SPIEGEL)
    (command,) = ETAG
    curl, _, behind = command.partition(" | ")
    answer = api.answer("GET", re.findall(r'"\$SPOOFWATCH([^"]*)"', curl)[0])
    head = "".join(f"{name}: {value}\r\n" for name, value in answer.headers.items())
    found = subprocess.run(["/bin/sh", "-c", behind], input=head.encode(), capture_output=True, check=True)
    assert found.stdout.decode().strip() == answer.headers["ETag"]


@pytest.fixture(scope="module")
def api() -> Iterator[ApiUnderTest]:
    """The outlet, the lookalike and the sweep that the guide speaks of, as the first of their kinds."""
    with api_under_test() as made:
        files = FakeEvidence(START)
        captures = CaptureDesk(
            desk=made.app.sightings,
            evidence=files,
            parser=InProcessParser(),
            render=lambda upload: render_upload(upload, "spoofwatch/0"),
        )
        exporter = Exporter(clock=made.clock, store=made.store, watched=made.watched, plan=ExportPlan())
        made.app = made.build(exporter=exporter, captures=captures, sightings=captures.desk, evidence=files)
        made.watch(SPIEGEL)
        made.post("/v1/webhooks", {"url": "https://first.example.org/"})
        made.admit(SITE, OTHER)
        for host in (SITE, OTHER):
            made.look(host, SPIEGEL.id, Verdict.IMPERSONATION)
        made.post("/v1/links/rulings", {"sites": [SITE, OTHER], "ruling": "confirmed", "reason": "one owner"}, 200)
        kept = made.run(files.keep(EvidenceKind.WARC, lambda: b"WARC/1.1"))
        item = EvidenceItem(
            kept=kept, host=SITE, taken_at=START, url=f"https://{SITE}/", profile="social", outlets=(SPIEGEL.id,)
        )
        made.run(made.store.write(lambda uow: uow.evidence.add([item], START)))
        made.post("/v1/sightings", {"url": "https://bild.pics/"}, 202)
        begun = made.store.write(lambda uow: uow.sweeps.begin(SPIEGEL.id, Tier.EXACT, "1", "system", START, total=9))
        made.run(begun)
        yield made


def run(api: ApiUnderTest, example: str) -> httpx.Response:
    """What the API answers to a command of the documentation. Its times lie before the test's clock."""
    if "/v1/actions/" in example:
        api.answer("POST", "/v1/actions", json=ACTION)
    method, path, headers, sent = parsed(example)
    assert path.startswith("/"), example
    path = real(api, path)
    if isinstance(sent.get("content"), str):
        sent["content"] = real(api, sent["content"])
    for name, (file, content) in sent.get("files", {}).items():
        sent["files"][name] = (file, content if file else real(api, content.decode()).encode())
    protected = path.startswith("/v1")
    assert (headers.pop("Authorization", None) == "Bearer $TOKEN") == protected
    if "{etag}" in headers.get("If-Match", ""):
        headers["If-Match"] = api.answer("GET", path).headers["ETag"]
    return api.answer(method, path, token="" if protected else None, headers=headers, **sent)


def parsed(example: str) -> tuple[str, str, dict[str, str], dict[str, Any]]:
    """Method, path and headers of a command, and what it sends."""
    for shown, stands in (("\\\n", " "), ("$SPOOFWATCH", ""), ("http://127.0.0.1:8080", ""), ("$ETAG", "{etag}")):
        example = example.replace(shown, stands)
    method, path, headers, sent = "GET", "", dict[str, str](), dict[str, Any]()
    words = iter(shlex.split(example)[1:])
    for word in words:
        match word:
            case "-X":
                method = next(words)
            case "-d":
                sent["content"] = next(words)
            case "--data-binary":
                sent["content"] = FILES[next(words)]
            case "-F":
                name, _, value = next(words).partition("=")
                part = (value[1:], FILES[value]) if value in FILES else (None, value.encode())
                sent.setdefault("files", {})[name] = part
            case "-H":
                name, _, value = next(words).partition(": ")
                headers[name] = value
            case "-OJ":
                continue
            case _:
                path = word
    return method, path, headers, sent


def real(api: ApiUnderTest, text: str) -> str:
    """The text with ids that there are, and with times and sweeps of this test's world."""
    for prefix, (route, content) in NEW.items():
        if found := re.search(rf"{prefix}(?:[0-9a-f]{{12,16}}|17)", text):
            made: dict[str, Any] = api.answer("POST", route, json=content).json()
            made = made["data"][0] if prefix == "bl_" else made
            identity = str(made["report"] if prefix == "sgr_" else made["id"])
            text = text.replace(found[0], prefix * prefix.endswith("/") + identity)
    if "/campaigns/cmp_" in text:
        text = re.sub(r"cmp_[0-9a-f]+", api.get("/v1/campaigns")["data"][0]["id"], text)
    if "/evidence/evd_" in text:
        text = re.sub(r"evd_[0-9a-f]+", api.get("/v1/lookalikes/lka_1")["evidence"][0]["id"], text)
    text = text.replace("lka_17", "lka_1").replace("/sweeps/12", "/sweeps/1")
    return re.sub(r"20(?:22-0[6-9]|24-\d\d|27-\d\d)-(\d\dT)", r"2022-05-\1", text)
