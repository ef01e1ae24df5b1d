"""What logs say, read: tree heads, entries, names, the list of logs, certstream's messages; hostile bytes in each."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from service.core.facts.log_entries import (
    BadEntries,
    certificate_names,
    host_names,
    read_data_tile,
    read_get_entries,
    read_names_tile,
)
from service.core.facts.log_list import BadLogList, read_log_list
from service.core.facts.tree_head import BadTreeHead, Known, TreeHead, objection, read_checkpoint, read_sth
from service.feeds.certstream import read_message
from service.lab.authority import Authority
from service.lab.ct_log import CtLog, Logged, logged

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
HEAD = TreeHead(size=9, root=b"a" * 32, at=NOW)


@cache
def log() -> CtLog:
    """A log with two certificates, each as a precertificate and as it was issued."""
    made = CtLog("log.example/2026", static=True)
    with TemporaryDirectory() as folder:
        authority = Authority(Path(folder))
        for names in (("bild.example", "*.bild.example"), ("a.example",)):
            made.add(logged(authority, names, NOW))
    return made


# --- tree heads ------------------------------------------------------------------------------------------------------


def test_a_checkpoint_and_a_signed_tree_head_say_the_same() -> None:
    expected = TreeHead(size=4, root=log().root(4), at=NOW)
    assert read_checkpoint(log().checkpoint(4, NOW), log().log_id, log().key) == expected
    assert read_sth(log().sth(4, NOW), log().key) == expected


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda text: text.replace("\n4\n", "\n5\n"), "does not verify"),
        (lambda text: text.replace("\n4\n", "\n04x\n"), "not a number"),
        (lambda text: text.replace("\n4\n", "\n99999999999999\n"), "not a number"),
        (lambda text: text.replace("\n4\n", "\n4\n\u0663\n"), "three lines"),
        (lambda text: text.partition("\n\n")[0], "three lines"),
        (lambda text: text.partition("\n\n")[0] + "\n\n", "no signature by"),
        (lambda text: text.replace("\u2014 log.example", "\u2014 other.example"), "no signature by"),
        (lambda text: text.replace("\u2014 ", "- "), "no signature by"),
        (lambda _: "", "three lines"),
    ],
)
def test_a_checkpoint_that_was_changed_is_not_believed(spoil: Callable[[str], str], reason: str) -> None:
    with pytest.raises(BadTreeHead, match=reason):
        read_checkpoint(spoil(log().checkpoint(4, NOW)), log().log_id, log().key)


def test_signatures_by_others_on_a_checkpoint_are_passed_over() -> None:
    body, _, ours = log().checkpoint(4, NOW).partition("\n\n")
    witness = "\u2014 witness.example " + base64.b64encode(b"1234" + bytes(64)).decode()
    text = f"{body}\n\n{witness}\n\u2014 log.example/2026 !!\n{ours}"
    assert read_checkpoint(text, log().log_id, log().key).size == 4


@given(st.text() | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps))
@example("[" * 100_000)
@example(json.dumps({"tree_size": True, "timestamp": 1}))
@example(json.dumps({"tree_size": 1, "timestamp": 1, "sha256_root_hash": "AA==", "tree_head_signature": "AA=="}))
def test_no_tree_head_however_made_up_is_believed_or_stops_the_reading(text: str) -> None:
    with pytest.raises(BadTreeHead):
        read_sth(text, log().key)
    with pytest.raises(BadTreeHead):
        read_checkpoint(text, log().log_id, log().key)


def test_what_is_known_of_a_log_comes_back_out_of_a_cursor() -> None:
    known = Known(head=HEAD, proved=replace(HEAD, size=3), proved_at=NOW)
    assert Known.of_cursor(known.as_cursor()) == known
    assert Known.of_cursor("") is None


def test_an_older_and_smaller_head_is_only_stale() -> None:
    assert objection(HEAD, replace(HEAD, size=8, at=NOW - timedelta(seconds=1))) == ""
    assert objection(HEAD, replace(HEAD, size=8, at=NOW + timedelta(seconds=1))) == "shrank from 9 entries to 8"
    assert objection(HEAD, replace(HEAD, root=b"b" * 32)).startswith("forked: two roots for 9 entries")
    assert objection(HEAD, replace(HEAD, size=10, root=b"b" * 32)) == ""


# --- entries ---------------------------------------------------------------------------------------------------------


def get_entries(of: CtLog) -> bytes:
    encoded = [
        {
            "leaf_input": base64.b64encode(of.leaf(place)).decode(),
            "extra_data": base64.b64encode(of.extra_data(place)).decode(),
        }
        for place in range(of.size)
    ]
    return json.dumps({"entries": encoded}).encode()


def test_every_form_of_an_entry_gives_the_same_names_and_both_halves_are_one_certificate() -> None:
    tile = log().data_tile(0, 4)
    assert tile is not None
    entries = read_data_tile(tile)
    assert [entry.hosts for entry in entries] == [("bild.example",)] * 2 + [("a.example",)] * 2
    assert [entry.index for entry in entries] == [0, 1, 2, 3]
    assert [entry.at for entry in entries] == [NOW] * 4
    assert len({entry.certificate for entry in entries}) == 2
    older = read_get_entries(get_entries(log()))
    assert [(entry.hosts, entry.certificate, entry.at) for entry in older] == [
        (entry.hosts, entry.certificate, entry.at) for entry in entries
    ]
    names = log().names_tile(0, 4)
    assert names is not None
    assert [entry.hosts for entry in read_names_tile(names)] == [entry.hosts for entry in entries]


@given(st.binary(max_size=2000))
def test_no_bytes_stop_the_reading_of_a_certificate(der: bytes) -> None:
    made = CtLog("log.example", static=True)
    made.add([Logged(NOW, der, ()), Logged(NOW, der, (), tbs=der or b"x", issuer=bytes(32))])
    tile = made.data_tile(0, 2)
    assert tile is not None
    assert [entry.readable for entry in read_data_tile(tile)] == [False, False]
    assert [entry.readable for entry in read_get_entries(get_entries(made))] == [False, False]


@given(st.integers(0, 5000), st.binary(min_size=1, max_size=4))
def test_a_spoilt_certificate_gives_its_names_or_is_unreadable(place: int, spoilt: bytes) -> None:
    der = log().entries[1].certificate
    place %= len(der)
    try:
        hosts, _ = certificate_names(der[:place] + spoilt + der[place + len(spoilt) :])
    except ValueError:
        return
    assert all(host == host.lower() and "*" not in host for host in hosts)


@given(st.binary(max_size=300), st.integers(0, 300))
def test_a_tile_that_is_cut_or_made_up_is_refused_as_a_whole(junk: bytes, cut: int) -> None:
    tile = log().data_tile(0, 4)
    assert tile is not None
    for bad in (tile[: len(tile) - 1 - cut % 200], bytes(8) + b"\0\7" + junk):
        with pytest.raises(BadEntries):
            read_data_tile(bad)


@given(st.binary(max_size=100))
@example(b"[" * 100_000)
@example(b'{"DNS": ["a.example"]}')
@example(b'{"Timestamp": 1, "DNS": [1]}')
@example(b'{"entries": [{"leaf_input": "", "extra_data": 3}]}')
def test_answers_that_are_none_are_refused(text: bytes) -> None:
    with pytest.raises(BadEntries):
        read_get_entries(text)
    if text.strip(b"\n"):
        with pytest.raises(BadEntries):
            read_names_tile(text)


def test_names_that_are_no_hosts_are_left_out_and_punycode_is_checked() -> None:
    given_names = ["*.Bild.ltd", "bild.ltd", "192.0.2.1", "localhost", "a b.example", "xn--bld-rma.de", "xn--99999.de"]
    assert host_names([*given_names, "bïld.de", "", "*", "*.*.example"]) == (
        "bild.ltd",
        "xn--bld-rma.de",
        "xn--bld-zma.de",
    )


# --- the list of logs ------------------------------------------------------------------------------------------------

KEY = base64.b64encode(log().key).decode()
STATIC: dict[str, Any] = {
    "description": "Example '2026h2'",
    "log_id": base64.b64encode(log().log_id).decode(),
    "key": KEY,
    "mmd": 60,
    "submission_url": "https://log.example/2026h2/",
    "monitoring_url": "https://mon.log.example/2026h2/",
    "state": {"usable": {"timestamp": "2025-06-01T00:00:00Z"}},
    "temporal_interval": {"start_inclusive": "2026-07-01T00:00:00Z", "end_exclusive": "2027-01-01T00:00:00Z"},
}
OLDER: dict[str, Any] = {
    "description": "Old",
    "key": KEY,
    "mmd": 86400,
    "url": "https://ct.example/old/",
    "state": {"readonly": {"timestamp": "x", "final_tree_head": {"tree_size": 7, "sha256_root_hash": ""}}},
}


def listed(*, tiled: tuple[Any, ...] = (), logs: tuple[Any, ...] = ()) -> str:
    return json.dumps({"operators": [{"name": "Op", "tiled_logs": list(tiled), "logs": list(logs)}]})


def test_the_list_gives_what_decides_about_following_a_log() -> None:
    static, older = sorted(read_log_list(listed(tiled=(STATIC,), logs=(OLDER,))), key=lambda one: not one.static)
    assert (static.id, static.url, static.static) == ("mon.log.example-2026h2", "https://mon.log.example/2026h2/", True)
    assert (static.log_id, static.mmd) == (log().log_id, timedelta(minutes=1))
    assert (older.id, older.static, older.final_size, older.state) == ("ct.example-old", False, 7, "readonly")
    assert static.followed(NOW)
    assert not static.followed(datetime(2027, 1, 1, tzinfo=UTC)), "its certificates have all expired"
    assert older.followed(NOW)


@pytest.mark.parametrize("state", ["pending", "retired", "rejected"])
def test_logs_that_are_not_in_use_are_left_alone(state: str) -> None:
    (one,) = read_log_list(listed(tiled=({**STATIC, "state": {state: {}}},)))
    assert not one.followed(NOW)


@pytest.mark.parametrize(
    "spoilt", [{"key": "?"}, {"monitoring_url": "ftp://x/"}, {"state": 3}, {"mmd": "x"}, {"key": None}]
)
def test_a_log_that_cannot_be_read_never_takes_the_others_with_it(spoilt: dict[str, Any]) -> None:
    found = read_log_list(listed(tiled=({**STATIC, **spoilt}, "x", STATIC)))
    assert [one.id for one in found] == ["mon.log.example-2026h2"]


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"operators": []}', '{"operators": [3]}', "[" * 100_000])
def test_what_is_no_list_of_logs_is_refused(text: str) -> None:
    with pytest.raises(BadLogList):
        read_log_list(text)


# --- certstream ------------------------------------------------------------------------------------------------------


def message(serial: str = "04", **more: Any) -> str:
    leaf = {
        "all_domains": ["*.bild.ltd", "bild.ltd"],
        "subject": {"CN": "www.bild.ltd"},
        "issuer": {"aggregated": "/C=US/CN=R3"},
        "serial_number": serial,
    }
    data = {"leaf_cert": leaf, "seen": NOW.timestamp(), "update_type": "PrecertLogEntry", **more}
    return json.dumps({"message_type": "certificate_update", "data": data})


def test_a_message_gives_names_time_and_what_folds_it() -> None:
    entry = read_message(message(), NOW + timedelta(hours=1))
    assert entry is not None
    assert (entry.hosts, entry.at) == (("bild.ltd", "www.bild.ltd"), NOW)
    final = read_message(message(update_type="X509LogEntry"), NOW)
    other = read_message(message(serial="05"), NOW)
    assert final is not None
    assert other is not None
    assert entry.certificate == final.certificate != other.certificate


def test_names_alone_and_heartbeats_are_messages_too() -> None:
    entry = read_message(json.dumps({"message_type": "dns_entries", "data": ["a.example", "*.a.example"]}), NOW)
    assert entry is not None
    assert (entry.hosts, entry.at) == (("a.example",), NOW)
    assert read_message(json.dumps({"message_type": "heartbeat", "timestamp": 1}), NOW) is None


@given(st.text(max_size=50))
@example("[" * 100_000)
@example("[]")
@example('{"message_type": "certificate_update", "data": {"leaf_cert": {"all_domains": [1]}}}')
@example('{"message_type": "dns_entries", "data": [1, "a"]}')
@example('{"message_type": "certificate_update", "data": 3}')
def test_what_is_no_message_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - JSON's own errors are ValueErrors too
        read_message(text, NOW)
