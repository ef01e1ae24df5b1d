"""The codec: what is written reads back the same, and what does not fit is refused on both ways."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta, timezone
from enum import Enum, StrEnum
from typing import Any, get_type_hints

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.adapters.codec import CodecError, dumps, json_text, load_any, loads, member, moment, plan
from service.core.facts.dns import DnsAnswers, DnsFacts, DnsStatus
from service.core.facts.page import FetchedPage, PageFacts
from service.core.facts.registration import Registration, RegistrationStatus
from service.core.model import AnalystWord, Failures, Look, Signal, Site
from service.core.states import Availability, Technique
from tests.model_strategies import HOSTILE, values_of

KINDS = (DnsFacts, Registration, PageFacts, FetchedPage, Failures, AnalystWord, Signal, Site, Look)
AT = datetime(2022, 9, 1, 12, 0, 0, 5, tzinfo=UTC)
ANSWERS = DnsAnswers(vantage="own", status=DnsStatus.ANSWERED, addresses=("192.0.2.1",))
FACTS = DnsFacts(host="spiegel.ltd", answers=(ANSWERS,))
REGISTRATION = Registration(
    domain="spiegel.ltd", status=RegistrationStatus.FOUND_DATE, source="rdap", server="s", asked_at=AT
)


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Level(Enum):
    LOW = 1
    HIGH = 2


@dataclass(frozen=True, kw_only=True)
class Box:
    pair: tuple[str, float] = ("", 0.0)
    colours: frozenset[Colour] = frozenset()
    numbers: frozenset[int] = frozenset()
    level: Level = Level.LOW
    named: Mapping[str, Colour | None] | None = None
    anything: Any = None
    ratio: float = 0.0
    count: int = 0
    flag: bool = False


# --- there and back --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_every_fact_of_the_model_reads_back_as_it_was_written(kind: type[Any]) -> None:
    # Hypothesis minds how long a draw takes, which on a busy machine says nothing about the codec.
    @settings(suppress_health_check=[HealthCheck.too_slow])
    @given(values_of(kind))
    def check(value: Any) -> None:
        text = dumps(kind, value)
        assert text.isascii()
        assert loads(kind, text) == value

    check()


@given(values_of(Box))
def test_shapes_that_the_model_does_not_have_yet_read_back_too(box: Box) -> None:
    assert loads(Box, dumps(Box, box)) == box


@given(st.frozensets(st.integers()))
def test_every_set_of_numbers_reads_back_whether_it_can_be_packed_or_not(numbers: frozenset[int]) -> None:
    assert loads(Box, dumps(Box, Box(numbers=numbers))).numbers == numbers


@given(st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=50, unique=True))
def test_hashes_take_eleven_characters_each_and_their_order_does_not_matter(numbers: list[int]) -> None:
    text = dumps(frozenset[int], frozenset(numbers))
    assert text == dumps(frozenset[int], frozenset(reversed(numbers)))
    assert len(text) <= len(numbers) * 32 / 3 + 2 + 4


@given(HOSTILE)
def test_any_text_is_written_as_ascii_and_reads_back(text: str) -> None:
    assert loads(str, dumps(str, text)) == text


def test_times_keep_their_instant_whatever_zone_they_come_in() -> None:
    elsewhere = AT.astimezone(timezone(timedelta(hours=5, minutes=45)))
    assert moment(elsewhere) == "2022-09-01T12:00:00.000005Z"
    assert loads(datetime, dumps(datetime, elsewhere)) == AT
    assert loads(datetime, dumps(datetime, elsewhere)).tzinfo is UTC
    assert moment(AT.replace(microsecond=0)) == "2022-09-01T12:00:00Z"


# --- compact ---------------------------------------------------------------------------------------------------------


def test_fields_at_their_default_are_left_out() -> None:
    assert json.loads(dumps(DnsFacts, FACTS)) == {
        "host": "spiegel.ltd",
        "answers": [{"vantage": "own", "status": "answered", "addresses": ["192.0.2.1"]}],
    }
    assert dumps(Box, Box()) == "{}"


def test_a_value_of_another_type_is_not_taken_for_the_default() -> None:
    assert loads(Box, dumps(Box, Box(ratio=0))) == Box()
    not_a_flag: Any = 0
    with pytest.raises(CodecError, match="flag"):
        dumps(Box, Box(flag=not_a_flag))


def test_a_mapping_keeps_its_order() -> None:
    data = {"z": 1, "a": {"y": 2, "b": 3}}
    assert dumps(Mapping[str, Any], data) == '{"z":1,"a":{"y":2,"b":3}}'


# --- what does not fit -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        (replace(REGISTRATION, registrar=["a", "b"]), "registrar"),  # type: ignore[arg-type]  # what python-whois gives
        (replace(REGISTRATION, nameservers=["ns1.example"]), "nameservers"),  # type: ignore[arg-type]  # a list
        (replace(REGISTRATION, nameservers=("ns1.example", None)), r"nameservers\[1\]"),  # type: ignore[arg-type]  # a gap
        (replace(REGISTRATION, status="found-date"), "status"),  # type: ignore[arg-type]  # text for an enum
        (replace(REGISTRATION, created_at=AT.replace(tzinfo=None)), "created_at"),
        (replace(REGISTRATION, created_at="2022-09-01"), "created_at"),  # type: ignore[arg-type]  # text for a time
        (replace(REGISTRATION, retry_after=True), "retry_after"),
        (replace(REGISTRATION, domain=None), "domain"),  # type: ignore[arg-type]  # nothing
        (FACTS, "DnsFacts"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_when_it_is_written(wrong: Any, path: str) -> None:
    with pytest.raises(CodecError, match=path):
        dumps(Registration, wrong)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), b"bytes", {1, 2}, AT, object(), {(1,): 2}])
def test_what_json_cannot_hold_is_refused(value: Any) -> None:
    with pytest.raises(CodecError, match="not a JSON value"):
        dumps(Mapping[str, Any], {"x": value})


def test_a_value_that_contains_itself_is_refused() -> None:
    loop: list[Any] = []
    loop.append(loop)
    with pytest.raises(CodecError, match="not a JSON value"):
        json_text(loop)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", "is not a dict"),
        ("null", "is not a dict"),
        ("{}", "DnsFacts without answers, host"),
        ('{"host":"a"}', "DnsFacts without answers"),
        ('{"host":"a","answers":[],"more":1}', "DnsFacts has no field 'more'"),
        ('{"host":1,"answers":[]}', "host: 1 is not of type str"),
        ('{"host":"a","answers":{}}', "answers: {} is not a list"),
        ('{"host":"a","answers":[{"vantage":"own","status":"maybe"}]}', r"answers\[0\]\.status: 'maybe' is not one of"),
        ('{"host":"a","answers":[{"vantage":"own","status":[]}]}', r"answers\[0\]\.status: \[\] is not one of"),
        ('{"host":"a","answers":[{"vantage":"own","status":"answered","mx":["a",1]}]}', r"answers\[0\]\.mx\[1\]"),
    ],
)
def test_text_that_the_codec_did_not_write_is_refused_with_the_place(text: str, reason: str) -> None:
    with pytest.raises(CodecError, match=reason):
        loads(DnsFacts, text)


@pytest.mark.parametrize(
    "text",
    [
        '{"pair":["a"]}',
        '{"pair":["a",1,2]}',
        '{"colours":["red","red"]}',
        '{"numbers":"AAA"}',
        '{"numbers":"!!!!"}',
        '{"numbers":"AAAA"}',
        '{"numbers":[1.5]}',
        '{"numbers":"\\u00e4"}',
        '{"level":3}',
        '{"level":true}',
        '{"named":{"a":"green"}}',
        '{"count":1.0}',
        '{"count":true}',
        '{"flag":0}',
        '{"ratio":"1"}',
    ],
)
def test_each_shape_refuses_what_is_not_its_own(text: str) -> None:
    with pytest.raises(CodecError):
        loads(Box, text)


@pytest.mark.parametrize("text", ['"2022-09-01"', '"2022-09-01T12:00:00"', '"yesterday"', "1662033600", "null"])
def test_a_time_without_a_zone_is_none(text: str) -> None:
    with pytest.raises(CodecError):
        loads(datetime, text)


@given(st.text())
def test_whatever_text_there_is_it_is_read_or_refused(text: str) -> None:
    for kind in (DnsFacts, Box, datetime, tuple[str, ...]):
        try:
            load_any(kind, text)
        except CodecError:
            continue


@given(values_of(Any))
def test_whatever_json_there_is_it_is_read_or_refused(value: Any) -> None:
    for kind in (DnsFacts, Box, tuple[tuple[str, str], ...]):
        try:
            read = load_any(kind, json.dumps(value))
        except CodecError:
            continue
        assert load_any(kind, dumps(kind, read)) == read


def test_a_member_is_found_by_its_value() -> None:
    assert member(Technique, "tld-swap") is Technique.TLD_SWAP
    assert member(Level, 2) is Level.HIGH  # type: ignore[arg-type]  # values of plain enums may be anything
    with pytest.raises(CodecError, match="'up' is not one of"):
        member(Availability, "up")


@pytest.mark.parametrize("kind", [bytes, list[str], dict[str, str], set[str], str | int, tuple[()], object])
def test_an_annotation_that_has_no_one_reading_is_a_programming_error(kind: Any) -> None:
    with pytest.raises(TypeError):
        plan(kind)


def test_an_error_s_sentence_stays_short() -> None:
    with pytest.raises(CodecError) as caught:
        dumps(int, "x" * 1_000_000)
    assert len(str(caught.value)) < 200


def test_every_stored_fact_has_a_plan() -> None:
    for kind in KINDS:
        hints = get_type_hints(kind)
        assert all(plan(hints[field.name]) for field in fields(kind) if field.compare)
