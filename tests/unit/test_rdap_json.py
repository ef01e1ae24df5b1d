"""RDAP answers: what is read, what is left behind, and that no server can hurt the reader."""

from __future__ import annotations

import contextlib
import json
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.facts.rdap_json import DEEPEST, LARGEST, UnreadableAnswer, decode, read_domain
from service.core.facts.registration import Registration, RegistrationStatus

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def card(name: str, *properties: list[Any]) -> list[Any]:
    return ["vcard", [["version", {}, "text", "4.0"], ["fn", {}, "text", name], *properties]]


def document(**changes: Any) -> dict[str, Any]:
    """An answer in the shape of RFC 9083 appendix, as gTLD registries send it."""
    abuse = {"roles": ["abuse"], "vcardArray": card("", ["email", {}, "text", "abuse@registrar.example"])}
    base = {
        "objectClassName": "domain",
        "ldhName": "SPIEGEL.LTD",
        "status": ["client transfer prohibited", "active", "something new"],
        "events": [
            {"eventAction": "registration", "eventDate": "2026-05-29T07:31:05Z"},
            {"eventAction": "expiration", "eventDate": "2027-05-29T07:31:05Z"},
            {"eventAction": "last changed", "eventDate": "2026-05-30T00:00:00.123+02:00"},
        ],
        "nameservers": [{"ldhName": "NS2.Example."}, {"ldhName": "ns1.example"}, {"unicodeName": "x"}],
        "entities": [
            {
                "roles": ["registrant"],
                "vcardArray": card("Erika Mustermann", ["email", {}, "text", "erika@home.example"]),
            },
            {"roles": ["registrar"], "handle": "1234", "vcardArray": card("Registrar, Inc."), "entities": [abuse]},
        ],
    }
    return base | changes


def read(**changes: Any) -> Registration:
    return read_domain(decode(json.dumps(document(**changes)).encode()), "spiegel.ltd", "rdap.example", NOW)


def events(**dates: str) -> list[dict[str, str]]:
    return [{"eventAction": action.replace("_", " "), "eventDate": date} for action, date in dates.items()]


def test_dates_registrar_servers_and_status_codes_are_read() -> None:
    assert read() == Registration(
        domain="spiegel.ltd",
        status=RegistrationStatus.FOUND_DATE,
        source="rdap",
        server="rdap.example",
        asked_at=NOW,
        created_at=datetime(2026, 5, 29, 7, 31, 5, tzinfo=UTC),
        updated_at=datetime(2026, 5, 29, 22, 0, 0, 123000, tzinfo=UTC),
        expires_at=datetime(2027, 5, 29, 7, 31, 5, tzinfo=UTC),
        registrar="Registrar, Inc.",
        abuse_contact="abuse@registrar.example",
        nameservers=("ns1.example", "ns2.example"),
        epp=("clientTransferProhibited", "ok"),
    )


def test_nothing_of_the_registrant_is_kept() -> None:
    assert "erika" not in repr(read()).lower()


def test_holds_are_seen() -> None:
    assert read(status=["client hold"]).held
    assert read(status=["server hold"]).held
    assert not read(status=["active"]).held


def test_an_answer_without_a_date_is_found_without_a_date() -> None:
    assert read(events=[]).status is RegistrationStatus.FOUND_NO_DATE


def test_a_registry_that_keeps_dates_back_is_not_the_same_as_one_that_forgot() -> None:
    answer = document(ldhName="bild.de", events=events(last_changed="2018-03-12T21:44:25+01:00"))
    found = read_domain(answer, "bild.de", "rdap.denic.de", NOW)
    assert found.status is RegistrationStatus.NOT_PUBLISHED
    assert found.updated_at == datetime(2018, 3, 12, 20, 44, 25, tzinfo=UTC)


def test_a_registration_anew_begins_a_new_period() -> None:
    found = read(events=events(registration="2015-01-01T00:00:00Z", reregistration="2026-05-01T00:00:00Z"))
    assert found.created_at == datetime(2026, 5, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "date", ["1970-01-01T00:00:00Z", "2026-06-03T00:00:00Z", "soon", "", "9999-99-99", "0001-01-01T00:00:00+23:59"]
)
def test_an_incredible_date_is_no_date(date: str) -> None:
    assert read(events=events(registration=date)).created_at is None


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"ldhName": "other.ltd"}, "another name"),
        ({"ldhName": None, "objectClassName": "error"}, "no name at all"),
        ({"ldhName": None, "objectClassName": "nameserver"}, "another kind of object"),
    ],
)
def test_an_answer_about_something_else_is_a_servers_error(changes: dict[str, Any], why: str) -> None:
    found = read(**changes)
    assert found.status is RegistrationStatus.SERVER_ERROR, why
    assert found.created_at is None


def test_an_abuse_address_at_the_top_is_found_and_a_false_one_is_not_kept() -> None:
    top = {"roles": ["abuse"], "vcardArray": card("", ["email", {}, "text", "mailto:abuse@registry.example"])}
    assert read(entities=[top]).abuse_contact == "abuse@registry.example"
    false = {"roles": ["abuse"], "vcardArray": card("", ["email", {}, "text", "<script>@x"])}
    assert read(entities=[false]).abuse_contact is None


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"<!DOCTYPE html><title>Maintenance</title>", "HTML"),
        (b"", "nothing"),
        (b"[1, 2]", "not an object"),
        (b'{"a": ' + b"9" * 5000 + b"}", "a number that takes long to convert"),
        (b"{" + b" " * LARGEST + b"}", "too long"),
        (b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "a depth bomb"),
        (b'{"a":' + b'{"a":' * (DEEPEST + 1) + b"1" + b"}" * (DEEPEST + 2), "just too deep"),
        (b'"' + b'\\"' * 100_000, "a string without end"),
        (b'{"ldhName": "\xff\xfe"}', "not UTF-8"),
    ],
    ids=["html", "empty", "list", "number", "long", "bomb", "deep", "string", "bytes"],
)
def test_what_is_not_an_answer_is_refused_quickly(body: bytes, why: str) -> None:
    began = time.process_time()
    with pytest.raises(UnreadableAnswer):
        decode(body)
    assert time.process_time() - began < 1, why


def test_brackets_in_strings_are_no_depth() -> None:
    assert decode(json.dumps({"a": "[" * 1000 + '"' + "\\"}).encode()) == {"a": "[" * 1000 + '"' + "\\"}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


@given(
    st.dictionaries(
        st.sampled_from(["status", "events", "nameservers", "entities", "ldhName", "objectClassName"]), JSON
    )
)
def test_any_json_in_any_place_is_read_without_an_exception(changes: dict[str, Any]) -> None:
    found = read_domain(document(**changes), "spiegel.ltd", "rdap.example", NOW)
    assert found.status in RegistrationStatus


@given(st.binary(max_size=300))
def test_any_bytes_are_an_object_or_refused(body: bytes) -> None:
    with contextlib.suppress(UnreadableAnswer):
        assert isinstance(decode(body), dict)
