"""Lists of blocks that others hand over: what is read, and what is said of what cannot be."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.core.errors import InvalidInput
from service.core.persistence.block_lists import Defaults, ListedBlock, Unreadable, moment, read
from service.core.states import Place

NOW = datetime(2024, 10, 1, tzinfo=UTC)
SEIZED = Defaults(place=Place.SEIZURE, action="doj-2024-09", effective_from=datetime(2024, 9, 4, tzinfo=UTC))
NONE = Defaults()


def stix(*objects: dict[str, Any]) -> str:
    return json.dumps({"type": "bundle", "id": "bundle--1", "objects": list(objects)})


def indicator(pattern: str, **more: Any) -> dict[str, Any]:
    return {"type": "indicator", "id": "indicator--7", "valid_from": "2024-09-04T00:00:00Z", "pattern": pattern, **more}


def test_a_csv_line_is_a_block_with_everything_that_it_says() -> None:
    text = (
        "site;place;effective_from;known_from;lifted_at;reference;action\r\n"
        "hxxps://spiegel[.]ltd/artikel;Registrar;2022-07-27;2022-07-28T10:00:00+02:00;2022-09-01;ticket 4711;act-1\r\n"
    )
    assert read(text, NONE, NOW) == (
        ListedBlock(
            entry="line 2",
            site="spiegel.ltd",
            place=Place.REGISTRAR,
            effective_from=datetime(2022, 7, 27, tzinfo=UTC),
            known_from=datetime(2022, 7, 28, 8, tzinfo=UTC),
            lifted_at=datetime(2022, 9, 1, tzinfo=UTC),
            reference="ticket 4711",
            action="act-1",
        ),
    )


def test_defaults_fill_what_a_line_leaves_out_and_no_more() -> None:
    first, second = read("site,place\nbild.pics,\nwelt.ws,host\n", SEIZED, NOW)
    assert isinstance(first, ListedBlock)
    assert isinstance(second, ListedBlock)
    assert (first.place, first.action, first.effective_from) == (Place.SEIZURE, "doj-2024-09", SEIZED.effective_from)
    assert second.place is Place.HOST


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("bild.pics,moon,2022-07-27", "'moon' is no place"),
        ("bild.pics,host,yesterday", "is no date"),
        ("bild.pics,host,2022-07-27T10:00:00", "has no offset"),
        ("bild.pics,host,1900-01-01", "before there were names"),
        ("bild.pics,host,", "no effective_from"),
        ("192.0.2.1,host,2022-07-27", "no host name"),
        ("co.uk,host,2022-07-27", "no host name"),
        (",host,2022-07-27", "no site"),
        ("bild.pics,host,2022-07-27,more", "4 cells under 3 columns"),
    ],
)
def test_a_line_that_is_no_block_says_why_and_keeps_no_other_out(line: str, reason: str) -> None:
    wrong, good = read(f"site,place,effective_from\n{line}\nwelt.ws,host,2022-07-27\n", NONE, NOW)
    assert isinstance(wrong, Unreadable)
    assert wrong.entry == "line 2"
    assert reason in wrong.reason
    assert isinstance(good, ListedBlock)


@pytest.mark.parametrize(
    "text", ["", "site\n", "name,place\nx.com,host\n", "{", '{"type": "bundle"}', '{"objects": 3}', stix(), "\0\0"]
)
def test_what_is_no_list_at_all_is_refused_as_a_whole(text: str) -> None:
    with pytest.raises(InvalidInput):
        read(text, NONE, NOW)


def test_each_name_of_a_stix_pattern_is_a_block_with_the_indicators_dates_and_reference() -> None:
    pattern = "[domain-name:value = 'spiegel.ltd' OR url:value = 'https://bild.pics/x\\'y']"
    references = [{"source_name": "court"}, {"source_name": "doj", "url": "https://court.example/7"}]
    found = read(stix(indicator(pattern, external_references=references)), SEIZED, NOW)
    assert [(one.site, one.reference) for one in found if isinstance(one, ListedBlock)] == [
        ("spiegel.ltd", "https://court.example/7"),
        ("bild.pics", "https://court.example/7"),
    ]


@pytest.mark.parametrize(
    ("more", "lifted"),
    [
        ({"valid_until": "2024-09-20T00:00:00Z"}, datetime(2024, 9, 20, tzinfo=UTC)),
        ({"valid_until": "2034-09-20T00:00:00Z"}, None),
        ({"revoked": True, "modified": "2024-09-10T12:00:00Z"}, datetime(2024, 9, 10, 12, tzinfo=UTC)),
        ({}, None),
    ],
)
def test_an_indicator_that_is_over_is_a_lifted_block(more: dict[str, Any], lifted: datetime | None) -> None:
    (found,) = read(stix(indicator("[domain-name:value = 'spiegel.ltd']", **more)), SEIZED, NOW)
    assert isinstance(found, ListedBlock)
    assert found.lifted_at == lifted


def test_indicators_of_other_things_say_so_and_other_objects_are_passed_over() -> None:
    address = indicator("[ipv4-addr:value = '192.0.2.1']")
    found = read(stix({"type": "identity", "id": "identity--1"}, address), SEIZED, NOW)
    assert [one.reason for one in found if isinstance(one, Unreadable)] == ["its pattern compares no name"]


def test_a_day_is_its_first_moment_in_utc() -> None:
    assert moment(" 2022-09-27 ") == datetime(2022, 9, 27, tzinfo=UTC)


@settings(deadline=None)
@given(st.text(max_size=300) | st.text(max_size=200).map("site,place,effective_from\n".__add__))
def test_whatever_is_handed_over_is_read_or_refused(text: str) -> None:
    try:
        found = read(text, SEIZED, NOW)
    except InvalidInput:
        return
    assert all(isinstance(one, (ListedBlock, Unreadable)) for one in found)


@settings(deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.text(max_size=20),
        lambda x: st.lists(x) | st.dictionaries(st.text(max_size=8), x),
        max_leaves=8,
    )
)
def test_whatever_stands_in_a_bundle_is_read_or_refused(value: Any) -> None:
    made = {"type": "indicator", "pattern": value, "valid_from": value, "id": value, "external_references": value}
    for text in (stix(made), json.dumps({"type": "bundle", "objects": value})):
        try:
            read(text, SEIZED, NOW)
        except InvalidInput:
            continue
