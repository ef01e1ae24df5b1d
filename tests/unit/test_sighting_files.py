"""Files of sightings: what each format reports, what is refused and why, and files that mean no good."""

from __future__ import annotations

import gzip
import io
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.core.errors import InvalidInput
from service.core.names.watchlist import WatchList
from service.core.sightings.access_log import is_search_engine
from service.core.sightings.sighting import Entry, Reported, Unreadable
from service.feeds.sighting_files import FileFormat, SightingFile
from tests.fakes_api import SPIEGEL

IS_OWN = WatchList((SPIEGEL,)).is_own
AMBER = "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82"


def opened(content: bytes, most: int | None = None) -> tuple[SightingFile, list[Entry]]:
    file = SightingFile(io.BytesIO(content), IS_OWN, most)
    return file, list(file.entries())


def urls(entries: list[Entry]) -> list[str]:
    return [entry.url for entry in entries if isinstance(entry, Reported)]


def refused(entries: list[Entry]) -> dict[str, str]:
    return {entry.entry: entry.reason for entry in entries if isinstance(entry, Unreadable)}


BUNDLE = {
    "type": "bundle",
    "objects": [
        {"type": "url", "id": "url--1", "value": "https://a.example/x", "object_marking_refs": [AMBER]},
        {"type": "domain-name", "id": "domain-name--1", "value": "b.example"},
        {
            "type": "indicator",
            "id": "indicator--1",
            "valid_from": "2022-06-01T00:00:00Z",
            "pattern": "[url:value = 'https://c.example/\\'q' OR domain-name:value='d.example']",
        },
        {"type": "indicator", "id": "indicator--2", "pattern": "[file:name = 'x']"},
        {"type": "indicator", "id": "indicator--3", "pattern": "[url:value = 'https://e.example/']", "revoked": True},
        {"type": "observed-data", "id": "observed-data--1", "objects": {"0": {"type": "url", "value": "f.example"}}},
        "nonsense",
    ],
}
EVENT = {
    "Event": {
        "Tag": [{"name": "tlp:red"}],
        "Attribute": [
            {"type": "url", "uuid": "u1", "value": "https://a.example/", "timestamp": "1654041600"},
            {"type": "md5", "value": "00"},
            {"type": "hostname", "uuid": "u2", "value": "b.example", "deleted": True},
        ],
        "Object": [
            {"Attribute": [{"type": "domain|ip", "value": "c.example|192.0.2.1", "Tag": [{"name": "tlp:green"}]}]}
        ],
    }
}


@pytest.mark.parametrize("packed", [bytes, gzip.compress], ids=["plain", "gzip"])
@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"# seen today\nhxxps://a[.]example/x\r\n\nb.example\n", FileFormat.TEXT),
        (b"\xef\xbb\xbfurl\nhxxps://a[.]example/x\nb.example", FileFormat.TEXT),
        (b'date,url\n2022-06-01,"hxxps://a[.]example/x"\n2022-06-02,b.example\n', FileFormat.CSV),
        (b"hxxps://a[.]example/x;somebody\nb.example;else\n", FileFormat.CSV),
        (b'{"url": "hxxps://a[.]example/x"}\n{"domain": "b.example"}\n', FileFormat.NDJSON),
    ],
)
def test_a_list_says_by_its_first_line_what_it_is(content: bytes, kind: FileFormat, packed: type[bytes]) -> None:
    file, entries = opened(packed(content))
    assert (file.format, urls(entries), refused(entries)) == (kind, ["hxxps://a[.]example/x", "b.example"], {})


def test_a_line_has_its_time_marking_note_and_chain() -> None:
    line = {"url": "a.example", "seen_at": "2022-06-01T02:00:00+02:00", "tlp": "TLP:WHITE", "note": "x"}
    _, (entry,) = opened(json.dumps(line | {"chain": ["t.co"]}).encode())
    assert entry == Reported(
        entry="line 1",
        url="a.example",
        seen_at=datetime(2022, 6, 1, tzinfo=UTC),
        tlp="clear",
        chain=("t.co",),
        note="x",
    )


def test_each_line_that_cannot_be_read_says_where_it_stands_and_why() -> None:
    _, entries = opened(
        b'url,date,tlp\n,2022-06-01,\na.example,yesterday,\nb.example,,purple\n"c.example\nd.example,,\n'
    )
    assert urls(entries) == ["d.example"]
    assert refused(entries) == {
        "line 2": "there is no address in it",
        "line 3": "'yesterday' is no time, as in 2022-09-27 or 2022-09-27T12:00:00Z",
        "line 4": "'purple' is no marking: clear, green, amber, amber+strict, red",
        "line 5": "unexpected end of data",
    }


@pytest.mark.parametrize("text", [json.dumps(BUNDLE), json.dumps(BUNDLE, indent=2), "\ufeff" + json.dumps(BUNDLE)])
def test_a_stix_bundle_reports_its_observables_and_indicators(text: str) -> None:
    file, entries = opened(text.encode())
    assert file.format is FileFormat.STIX
    assert urls(entries) == ["https://a.example/x", "b.example", "https://c.example/'q", "d.example", "f.example"]
    assert refused(entries) == {
        "indicator--2": "its pattern compares neither a name nor a URL",
        "indicator--3": "the indicator is revoked",
    }
    assert [entry.tlp for entry in entries if isinstance(entry, Reported)] == ["amber", "", "", "", ""]


@pytest.mark.parametrize("document", [EVENT, [EVENT], {"response": [EVENT]}])
def test_a_misp_event_reports_its_names_with_their_markings(document: object) -> None:
    file, entries = opened(json.dumps(document).encode())
    assert file.format is FileFormat.MISP
    assert [(one.url, one.tlp, one.seen_at) for one in entries if isinstance(one, Reported)] == [
        ("https://a.example/", "red", datetime(2022, 6, 1, tzinfo=UTC)),
        ("c.example", "green", None),
    ]
    assert refused(entries) == {"u2": "the attribute is deleted"}


def visit(referrer: str) -> str:
    return (
        f'192.0.2.1 - - [01/Jun/2022:02:00:00 +0200] "GET /a\\"b HTTP/1.1" 200 5 "{referrer}" "Mozilla/5.0 (\\"x\\")"\n'
    )


def test_a_log_reports_each_page_once_that_readers_came_from() -> None:
    came = ["-", "", "https://www.spiegel.de/x", "https://www.google.co.uk/", "https://spiegel.ltd/a?x=1#top"]
    came += ["https://spiegel.ltd/a?x=1", "http://spiegel.ltd/\\x22\\\\", "https://google.ltd/"]
    file, entries = opened(("".join(map(visit, came)) + "what is this\n").encode())
    assert file.format is FileFormat.LOG
    assert urls(entries) == ["https://spiegel.ltd/a?x=1", 'http://spiegel.ltd/"\\', "https://google.ltd/"]
    assert isinstance(entries[0], Reported)
    assert entries[0].seen_at == datetime(2022, 6, 1, tzinfo=UTC)
    assert refused(entries) == {"line 9": "this is no line of a combined log"}
    assert file.passed_over == {
        "no referrer": 2,
        "the outlet's own page": 1,
        "a search engine": 1,
        "the same referrer again": 1,
    }


@pytest.mark.parametrize(
    ("host", "answer"),
    [("www.google.com", "yes"), ("news.google.de", "yes"), ("google.ltd", "no"), ("duckduckgo.com.evil.example", "no")],
)
def test_what_merely_resembles_a_search_engine_is_none(host: str, answer: str) -> None:
    assert is_search_engine(host) is (answer == "yes")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"[" * 100_000, "this is no JSON: maximum recursion depth"),
        (b'{"type": "bundle", "objects": [', "this is no JSON"),
        (b'{"type": "bundle", "objects": [\n"' + b"x" * (17 << 20) + b'"]}', "more than 16 MiB"),
        (b'{"hello":\n 1}', "neither a STIX bundle"),
        (b'{"type": "bundle",\n "objects": ["\xff"]}', "not UTF-8 (byte 33)"),
        ("https://a.example/\n".encode("utf-16"), "the file is UTF-16"),
        (b"PK\3\4", "the file is a ZIP"),
        (b"\x7fELF\2\1\1\0\0\0\n", "the file is no text"),
        (b"a.example\n" * 100_001, "more than 100,000 entries"),
        (gzip.compress(json.dumps(BUNDLE, indent=1).encode(), mtime=0)[:-9], "the gzip stream is cut short"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_a_file_that_cannot_be_read_as_a_whole_says_why(content: bytes, said: str) -> None:
    with pytest.raises(InvalidInput, match=said.replace("(", r"\(").replace(")", r"\)")):
        opened(content, 64 << 20)


def test_a_bomb_is_left_after_what_was_allowed_and_a_line_without_end_is_not_kept() -> None:
    _, entries = opened(gzip.compress(b"a.example\n" + b"\0" * (64 << 20)), 1 << 20)
    assert urls(entries) == ["a.example"]
    assert refused(entries) == {
        "the file": "there is more than 1,048,576 octets of it; the rest was not read",
        "line 2": "the line is too long",
    }


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.binary(max_size=300), st.text(max_size=200).map(str.encode)))
def test_whatever_a_file_holds_it_is_read_or_refused(content: bytes) -> None:
    try:
        _, entries = opened(content, 1 << 16)
    except InvalidInput:
        return
    assert all(isinstance(entry, Reported | Unreadable) for entry in entries)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["type", "objects", "Event", "Attribute", "Object", "Tag", "value", "pattern", "name", "url"]
            ),
            inner | st.sampled_from(["bundle", "url", "indicator", "observed-data", "domain"]),
            max_size=5,
        )
    ),
    max_leaves=20,
)


@settings(max_examples=150, deadline=None)
@given(VALUES)
def test_whatever_a_document_holds_it_is_read_or_refused(value: object) -> None:
    try:
        _, entries = opened(json.dumps(value).encode())
    except InvalidInput:
        return
    assert all(isinstance(entry, Reported | Unreadable) for entry in entries)
