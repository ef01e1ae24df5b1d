"""Evidence: what is worth keeping anew, how long, and the chain of manifests."""

from __future__ import annotations

from datetime import date, timedelta
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator

from service.adapters.warc import render
from service.core.errors import InvalidInput
from service.core.evidence import manifest
from service.core.evidence.items import (
    EvidenceItem,
    EvidenceKind,
    Kept,
    Recording,
    changed,
    digest,
    digest_of,
    marks,
)
from service.core.evidence.retention import Retention, to_let_go
from service.core.facts.capture import Exchange
from service.core.facts.page import FetchedPage, FetchOutcome, Hop, HopKind, PageFacts, TlsFacts
from tests.builders import START, at

ASKED = b"GET / HTTP/1.1\r\nHost: spiegel.ltd\r\n\r\n"
ANSWER = (
    b"HTTP/1.1 200 OK\r\ncontent-TYPE:text/html\r\nX:  two  \r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
)


def page(
    text: str = "Text", *, target: str = "https://spiegel.ltd/", profile: str = "social", **more: Any
) -> FetchedPage:
    exchange = Exchange(url=target, address="192.0.2.1", sent=ASKED, received=ANSWER)
    ordinary: dict[str, Any] = {
        "outcome": FetchOutcome.OK,
        "hops": (Hop(url=target, kind=HopKind.START, status=200, address="192.0.2.1"),),
        "final_url": target,
        "status": 200,
        "page": PageFacts(title="Spiegel", text=text),
        "exchanges": (exchange,),
    }
    return FetchedPage(**{"target": target, "profile": profile, **ordinary, **more})


def item(name: str = "a", hours: float = 0, **more: Any) -> EvidenceItem:
    kind, size = more.pop("kind", EvidenceKind.WARC), more.pop("size", 100)
    ordinary = {"host": "spiegel.ltd", "taken_at": at(hours), "url": "https://spiegel.ltd/", "profile": "social"}
    kept = Kept(kind=kind, sha256=digest(name.encode()), bytes=size)
    return EvidenceItem(kept=kept, **{"added_at": at(hours), **ordinary, **more})


def kept_of(*pages: FetchedPage, hours: float = 0) -> EvidenceItem:
    return item(repr(pages), hours, marks=marks(pages))


# --- what is worth keeping -------------------------------------------------------------------------------------------


def test_the_first_look_is_kept_and_an_equal_one_is_not() -> None:
    assert changed([page()], [])
    assert not changed([page()], [kept_of(page())])


def test_numbers_in_a_text_are_no_news_and_words_are() -> None:
    before = [kept_of(page("Vor 5 Minuten, 1024 Leser"))]
    assert not changed([page("Vor 17 Minuten, 2 Leser")], before)
    assert changed([page("Vor 5 Minuten, 1024 Leserinnen")], before)


@pytest.mark.parametrize(
    "more",
    [
        {"status": 403},
        {"final_url": "https://spiegel.de/"},
        {"outcome": FetchOutcome.TIMEOUT},
        {"page": PageFacts(title="Seized", text="Text")},
        {"page": PageFacts(title="Spiegel", text="Text", identifiers=frozenset({"google:G-1"}))},
    ],
)
def test_another_status_destination_title_or_tracker_is_news(more: dict[str, Any]) -> None:
    assert changed([page(**more)], [kept_of(page())])


def test_looks_that_take_turns_in_what_they_ask_for_are_no_news() -> None:
    root, article = page(), page("Artikel", target="https://spiegel.ltd/a.html")
    before = [kept_of(root, hours=2), kept_of(root, article, hours=1)]
    assert not changed([article], before)
    assert not changed([page(profile="desktop")], before)
    assert changed([page("blank", profile="desktop")], before)


def test_content_that_comes_back_is_news() -> None:
    shown, blank = page(), page("Diese Seite wurde gesperrt")
    assert changed([shown], [kept_of(blank, hours=2), kept_of(shown, hours=1)])


# --- how long --------------------------------------------------------------------------------------------------------


def test_what_a_flag_rests_on_outlives_everything_else() -> None:
    rules = Retention(flagged=timedelta(days=100), other=timedelta(days=10))
    plain, flagged = item("plain"), item("flagged", outlets=("spiegel",))
    earlier_of_flagged = item("earlier", host="bild.ltd")
    gone = to_let_go([plain, flagged, earlier_of_flagged], {"bild.ltd"}, at(days=50), rules)
    assert gone == [(plain, "older than 10 days")]
    assert len(to_let_go([plain, flagged, earlier_of_flagged], {"bild.ltd"}, at(days=101), rules)) == 3


def test_over_the_quota_the_unflagged_and_the_pictures_go_first_and_the_last_word_stays() -> None:
    rules = Retention(quota=250)
    old = item("old", 0, outlets=("spiegel",))
    picture = item("picture", 1, outlets=("spiegel",), kind=EvidenceKind.SCREENSHOT)
    newest = item("newest", 2, outlets=("spiegel",))
    plain = item("plain", 3, host="other.ltd")
    everything = [old, picture, newest, plain]
    assert [one for one, _ in to_let_go(everything, {"spiegel.ltd"}, at(4), rules)] == [plain, picture]
    least = to_let_go(everything, {"spiegel.ltd"}, at(4), Retention(quota=1))
    assert newest not in [one for one, _ in least]
    assert to_let_go(everything, {"spiegel.ltd"}, at(4), Retention(quota=400)) == []


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 400), st.booleans(), st.sampled_from("abc"), st.integers(1, 100)), max_size=20),
    st.integers(0, 1000),
)
def test_the_newest_warc_of_a_flagged_host_never_goes_for_want_of_room(rows: list[Any], quota: int) -> None:
    items = [
        item(str(n), hours, host=host, size=size, outlets=("spiegel",) if flagged else ())
        for n, (hours, flagged, host, size) in enumerate(rows)
    ]
    gone = [one for one, _ in to_let_go(items, {"a"}, at(400), Retention(quota=quota))]
    left = [one for one in items if one not in gone]
    assert sum(one.kept.bytes for one in left) <= quota or {one.host for one in left} == {"a"}
    of_a = [one for one in items if one.host == "a"]
    assert not of_a or any(one.taken_at == max(o.taken_at for o in of_a) for one in left if one.host == "a")


# --- manifests -------------------------------------------------------------------------------------------------------


def test_a_manifest_reads_back_and_names_the_one_before_it() -> None:
    removed = item("b", -48, removed_at=at(3), removed_why="older than 1 days")
    content = manifest.render(date(2022, 6, 1), "f" * 64, [item("a", 2), removed, item("c", -24)])
    found = manifest.read(content)
    assert (found.day, found.previous, found.sha256) == (date(2022, 6, 1), "f" * 64, digest(content))
    assert found.kept == (item("a").kept,)
    assert found.let_go == (removed.kept.sha256,)
    assert content == manifest.render(date(2022, 6, 1), "f" * 64, [item("c", -24), removed, item("a", 2)])


@pytest.mark.parametrize("content", [b"", b"{}", b"[]\n", b"\xff", b'{"format": "x"}\n', b"null\n"])
def test_what_is_no_manifest_says_so(content: bytes) -> None:
    with pytest.raises(InvalidInput):
        manifest.read(content)


def test_a_manifest_that_lost_a_line_is_not_whole() -> None:
    content = manifest.render(date(2022, 6, 1), "", [item("a", 2), item("b", 3)])
    with pytest.raises(InvalidInput, match="2 entries are promised, 1 are there"):
        manifest.read(b"\n".join(content.splitlines()[:-1]))


def test_an_id_names_the_content_and_nothing_else() -> None:
    assert digest_of(item("a").id) == digest(b"a")
    assert [digest_of(text) for text in ("", "evd_", "evd_../../etc", "evd_" + "A" * 64, "lka_1")] == [None] * 5


# --- the file --------------------------------------------------------------------------------------------------------


def records(content: bytes) -> list[tuple[str, dict[str, str], bytes]]:
    """Every record as warcio reads it, its block untouched."""
    whole = ArchiveIterator(BytesIO(content), no_record_parse=True)
    return [(record.rec_type, dict(record.rec_headers.headers), record.raw_stream.read()) for record in whole]


def checked(content: bytes) -> int:
    """How many records there are whose digests of block and payload hold."""
    return sum(
        1 for record in ArchiveIterator(BytesIO(content), check_digests="raise") if record.raw_stream.read() or True
    )


def test_a_warc_holds_the_bytes_as_they_went_over_the_wire() -> None:
    made = Recording(host="spiegel.ltd", at=START, pages=(page(),), software="spoofwatch/test", vantage="direct")
    kinds = [kind for kind, _, _ in records(render(made))]
    assert kinds == ["warcinfo", "response", "request", "metadata"]
    assert checked(render(made)) == 4
    _, answer, asked, about = records(render(made))
    assert answer[2] == ANSWER
    assert asked[2] == ASKED
    assert answer[1]["WARC-Target-URI"] == "https://spiegel.ltd/"
    assert answer[1]["WARC-IP-Address"] == "192.0.2.1"
    assert answer[1]["WARC-Date"] == "2022-06-01T00:00:00Z"
    assert answer[1]["WARC-Payload-Digest"].startswith("sha256:")
    assert asked[1]["WARC-Concurrent-To"] == answer[1]["WARC-Record-ID"] == about[1]["WARC-Concurrent-To"]
    assert b"profile: social\r\nvantage: direct\r\noutcome: ok\r\n" in about[2]


def test_the_same_recording_gives_the_same_bytes() -> None:
    made = Recording(host="spiegel.ltd", at=START, pages=(page(), page(profile="desktop")), software="s")
    assert render(made) == render(made)


def test_an_answer_that_never_came_leaves_its_request_and_one_that_was_cut_says_so() -> None:
    silent = Exchange(url="https://a.ltd/", address="192.0.2.1", sent=ASKED, received=b"")
    long = Exchange(url="https://a.ltd/", address="192.0.2.1", sent=ASKED, received=ANSWER, cut=True)
    made = Recording(host="a.ltd", at=START, pages=(page(exchanges=(silent, long)),), software="s")
    _, first, answer, *_ = records(render(made))
    assert first[0] == "request"
    assert answer[1]["WARC-Truncated"] == "length"


def test_nothing_a_site_writes_forges_a_field() -> None:
    hostile = page(
        server="nginx\r\nprofile: forged",
        tls=TlsFacts(verified=False, issuer="CN=x\nvantage: forged", names=("a\r\nb: c",)),
    )
    made = Recording(host="a.ltd", at=START, pages=(hostile,), software="s")
    about = records(render(made))[-1][2]
    fields = [line.partition(b":")[0] for line in about.splitlines()]
    assert fields.count(b"profile") == fields.count(b"vantage") == 1
    assert b"b" not in fields


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300))
def test_whatever_came_is_in_the_file_byte_for_byte(received: bytes) -> None:
    exchange = Exchange(url="https://a.ltd/", address=None, sent=ASKED, received=b"HTTP/1.1 200 OK\r\n" + received)
    made = Recording(host="a.ltd", at=START, pages=(page(exchanges=(exchange,)),), software="s")
    (answer,) = [body for kind, _, body in records(render(made)) if kind == "response"]
    assert answer == exchange.received
