"""Pages that reporters upload: how a form is read, what is kept, and how little it may change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator

from service.adapters.warc_upload import render_upload
from service.core.errors import InvalidInput
from service.core.facts.age import Age
from service.core.facts.page import TlsFacts
from service.core.model import AnalystWord, Judgement
from service.core.persistence.inputs import Looked
from service.core.persistence.lifecycle import Rules, step
from service.core.sightings.capture import Capture, Upload
from service.core.sightings.forms import read_form
from service.core.states import Availability, Technique, Verdict, WordReason
from service.core.tokens import Scope
from service.core.verdict.judging import judge
from service.pipeline.uploads import CaptureDesk, Judging, raised
from tests.builders import START
from tests.fakes import FakeEvidence
from tests.fakes_api import SPIEGEL, ApiUnderTest, api_under_test
from tests.fakes_fetching import InProcessParser
from tests.fakes_judging import (
    BOTE_PRESS,
    INDEX,
    NOW,
    OUTLETS,
    POLICY,
    fetched,
    look,
    lookalike,
    page,
    registered,
    site,
)

URL = "https://nordbote.ltd/politik/a-1.html"


# --- forms -----------------------------------------------------------------------------------------------------------


def form(*parts: tuple[str, bytes]) -> bytes:
    made = [b'--b\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (n.encode(), c) for n, c in parts]
    return b"".join(made) + b"--b--\r\n"


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_a_file_comes_out_of_a_form_octet_by_octet(content: bytes) -> None:
    if b"\r\n--b" in b"\r\n" + content:
        return
    parts = read_form(form(("url", b"x"), ("html", content)), "multipart/form-data; boundary=b")
    assert (parts["url"].text, parts["html"].content) == ("x", content)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=120), st.text(max_size=40))
def test_whatever_a_form_holds_it_is_read_or_refused(body: bytes, kind: str) -> None:
    for content_type in (kind, "multipart/form-data; boundary=b"):
        for sent in (body, b"--b\r\n" + body + b"\r\n--b--"):
            try:
                read_form(sent, content_type)
            except InvalidInput:
                continue


@pytest.mark.parametrize(
    ("body", "kind", "said"),
    [
        (form(("url", b"x")), "application/json", "multipart/form-data with a boundary"),
        (form(("url", b"x")), "multipart/form-data", "with a boundary"),
        (form(("url", b"x"))[:-8], "multipart/form-data; boundary=b", "does not end"),
        (form(*[("url", b"x")] * 21), "multipart/form-data; boundary=b", "more than 20 parts"),
        (form(("url", b"x"), ("url", b"y")), "multipart/form-data; boundary=b", "there twice"),
        (b"--b\r\nX: y\r\n\r\nz\r\n--b--", "multipart/form-data; boundary=b", "has no name"),
        (b"--b\r\nz\r\n--b--", "multipart/form-data; boundary=b", "has no head"),
    ],
)
def test_what_is_no_form_says_why(body: bytes, kind: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        read_form(body, kind)


# --- what is kept ----------------------------------------------------------------------------------------------------

UPLOAD = Upload(
    host="nordbote.ltd",
    url=URL,
    captured_at=NOW - timedelta(hours=1),
    received_at=NOW,
    by="0123456789ab",
    html=b"<title>Der Nordbote</title>\x00\xff",
    picture=b"\x89PNG...",
    note="call me at home",
)


def test_an_upload_is_kept_as_resource_records_that_say_whose_word_they_are() -> None:
    warc = render_upload(UPLOAD, "spoofwatch/0")
    assert warc == render_upload(UPLOAD, "spoofwatch/0")
    records = [(record.rec_headers, record.content_stream().read()) for record in ArchiveIterator(BytesIO(warc))]
    kinds = [(headers["WARC-Type"], headers["WARC-Target-URI"], headers["WARC-Date"]) for headers, _ in records]
    assert kinds[1:] == [
        ("resource", URL, "2024-05-01T11:00:00Z"),
        ("metadata", URL, "2024-05-01T12:00:00Z"),
        ("resource", f"screenshot:{URL}", "2024-05-01T11:00:00Z"),
        ("metadata", f"screenshot:{URL}", "2024-05-01T12:00:00Z"),
    ]
    assert (records[1][1], records[3][1]) == (UPLOAD.html, UPLOAD.picture)
    assert b"supplied-by: a reporter; the service itself did not fetch it" in records[2][1]
    assert all(UPLOAD.by.encode() not in content and b"at home" not in content for _, content in records)


@pytest.fixture
def files() -> FakeEvidence:
    return FakeEvidence(START)


@pytest.fixture
def api(files: FakeEvidence) -> Iterator[ApiUnderTest]:
    with api_under_test() as made:
        made.watch(SPIEGEL)
        desk = CaptureDesk(
            desk=made.app.sightings,
            evidence=files,
            parser=InProcessParser(),
            render=lambda upload: render_upload(upload, "spoofwatch/0"),
            room=lambda: files.free_bytes > 0,
        )
        made.app = made.build(captures=desk, sightings=desk.desk)
        yield made


FIELDS = {"url": "hxxps://spiegel[.]ltd/a", "captured_at": "2022-05-01T00:00:00Z", "tlp": "amber", "note": "seen"}
HTML = {"html": ("a.html", b"<title>Spiegel</title>", "text/html; charset=utf-8")}


def upload(api: ApiUnderTest, fields: dict[str, str], parts: Any = None, **more: Any) -> httpx.Response:
    return api.answer("POST", "/v1/sightings/captures", data=fields, files=parts or HTML, **more)


def test_an_uploaded_page_is_evidence_a_sighting_and_a_reason_to_look(api: ApiUnderTest, files: FakeEvidence) -> None:
    api.admit("spiegel.ltd")
    api.look("spiegel.ltd", "spiegel", Verdict.UNKNOWN)
    answer = upload(api, FIELDS, token=api.token(Scope.REPORT))
    assert answer.status_code == 202, answer.text
    seen = answer.json()
    assert (seen["site"], seen["tlp"], seen["note"], seen["seen_at"]) == (
        "spiegel.ltd",
        "amber",
        "seen",
        FIELDS["captured_at"],
    )
    (capture,) = seen["captures"]
    assert (capture["url"], capture["has_page"]) == ("https://spiegel.ltd/a", True)
    assert [name.partition(".")[0] for name in files.files] == [capture["evidence"].removeprefix("evd_")]
    (kept,) = api.run(api.store.read(lambda uow: uow.captures.of("spiegel.ltd", START)))
    assert kept.page is not None
    assert kept.page.title == "Spiegel"
    assert api.run(api.store.read(lambda uow: uow.sites.get("spiegel.ltd")))[0].due_at <= api.clock.now()
    (again,) = api.get(f"/v1/sightings/{seen['id']}")["captures"]
    assert again == capture
    assert api.get("/v1/sites/spiegel.ltd")["availability"] == "live"


@pytest.mark.parametrize(
    ("fields", "parts", "pointer"),
    [
        (FIELDS | {"url": "https://www.spiegel.de/"}, HTML, "/body/url"),
        ({"url": FIELDS["url"]}, HTML, "/body/captured_at"),
        (FIELDS | {"captured_at": "yesterday"}, HTML, "/body/captured_at"),
        (FIELDS | {"captured_at": "2199-01-01T00:00:00Z"}, HTML, "/body/captured_at"),
        (FIELDS | {"tlp": "purple"}, HTML, "/body/tlp"),
        (FIELDS | {"more": "x"}, HTML, "/body/more"),
        (FIELDS, {"html": ("a.html", b"", "text/html")}, "/body/html"),
    ],
)
def test_an_upload_that_is_none_is_refused_and_nothing_kept(
    api: ApiUnderTest, files: FakeEvidence, fields: dict[str, str], parts: Any, pointer: str
) -> None:
    answer = upload(api, fields, parts)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer), answer.text
    assert (files.files, api.get("/v1/sightings")["data"]) == ({}, [])


@pytest.mark.parametrize("full", ["full", "nearly"])
def test_nothing_is_taken_that_the_disk_does_not_take(api: ApiUnderTest, files: FakeEvidence, full: str) -> None:
    files.full, files.free_bytes = full == "full", 0 if full == "nearly" else 1
    assert upload(api, FIELDS).status_code == 503
    assert api.get("/v1/sightings")["data"] == []


# --- what it may change ----------------------------------------------------------------------------------------------

CAPTURE = Capture(
    sighting=1,
    host="nordbote.ltd",
    url=URL,
    captured_at=NOW,
    received_at=NOW,
    evidence="evd_" + "3f9a" * 16,
    page=page(BOTE_PRESS.article(77), URL),
)
JUDGING = Judging(outlets={one.id: one for one in OUTLETS}, index=INDEX, policy=POLICY, age=Age(reason="not asked"))
NOTHING = fetched("<title>Willkommen</title><p>" + "Hier entsteht etwas Neues. " * 40, URL)


def seen(*pages: Any, of: Any = None, **more: Any) -> tuple[Any, Any, tuple[Judgement, ...], tuple[Judgement, ...]]:
    """Site, look, and the judgements without and with the upload."""
    place, made = of or site(), look(pages or (NOTHING,), registration=registered(900), **more)
    own = judge(site=place, look=made, outlets=OUTLETS, index=INDEX, policy=POLICY, age=JUDGING.age)
    return place, made, own, raised(place, made, own, [replace(CAPTURE, host=place.host)], JUDGING)


def test_an_uploaded_clone_makes_a_name_suspected_and_says_that_it_was_uploaded() -> None:
    place, made, own, (found, *_) = seen()
    assert own[0].verdict is Verdict.UNKNOWN
    assert (found.verdict, found.shows_content, found.content_at) == (Verdict.SUSPECTED, False, None)
    assert found.reason.startswith("uploaded by a reporter: ")
    told = found.signals[-1]
    assert told.name == "uploaded"
    assert "evd_3f9a3f9a" in told.evidence
    assert found.score == pytest.approx(own[0].score + told.weight, abs=1e-3)
    after = step(place, Looked(look=made, judgements=(found,)), NOW, Rules())
    assert [event.type for event in after.events if "confirmed" in event.type] == []
    assert (after.site.availability, after.site.lookalikes[0].episodes) == (Availability.LIVE, ())


def test_an_uploaded_clone_on_a_name_that_resembles_nothing_is_judged_by_its_content() -> None:
    place = site("jiraboom.pro", ())
    shown = replace(CAPTURE, host=place.host, url="https://jiraboom.pro/a")
    _, made, own, _ = seen(of=place)
    assert own == ()
    (found,) = raised(place, made, own, [shown], JUDGING)
    assert (found.outlet, found.technique, found.verdict) == ("bote", Technique.UNRELATED, Verdict.SUSPECTED)
    assert [signal.name for signal in found.signals] == ["uploaded"]


def test_an_upload_lowers_nothing_and_adds_nothing_to_what_is_flagged() -> None:
    clone = fetched(BOTE_PRESS.article(77), URL)
    _, _, own, found = seen(clone)
    assert own[0].verdict is Verdict.IMPERSONATION
    assert found == own
    place, made, unknown, _ = seen()
    empty = replace(CAPTURE, page=page("<title>sold</title>", URL))
    assert raised(place, made, unknown, [empty], JUDGING) == unknown


def test_an_upload_counts_nothing_against_innocence_and_an_analysts_word() -> None:
    tls = TlsFacts(verified=True, names=("nordbote.ltd", "nordbote.de"))
    _, _, own, found = seen(replace(NOTHING, tls=tls))
    assert (own[0].verdict, found) == (Verdict.INNOCENT, own)
    word = AnalystWord(verdict=Verdict.INNOCENT, reason=WordReason.PARODY, by="x", at=NOW)
    _, _, own, found = seen(of=site(lookalikes=(lookalike(analyst=word, verdict=Verdict.INNOCENT),)))
    assert (own[0].verdict, found) == (Verdict.INNOCENT, own)
