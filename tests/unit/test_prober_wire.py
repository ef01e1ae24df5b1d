"""Packets of the prober: what may be called absent, and what may not."""

from __future__ import annotations

import struct

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.adapters.prober_wire import (
    Kind,
    Sort,
    encode_name,
    mix_case,
    read_packet,
    sort_packet,
    template,
)
from service.core.errors import InvalidName

NS = template("NS")
QUESTION = encode_name("spiegel.ltd") + NS.kind

LABEL = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True)
NAME = st.lists(LABEL, min_size=1, max_size=5).map(".".join)


def answer(
    rcode: str = "NOERROR", *records: tuple[str, str, str], truncated: bool = False, name: str = "spiegel.ltd"
) -> bytes:
    query = dns.message.make_query(name, "NS", use_edns=0, payload=1232)
    response = dns.message.make_response(query, recursion_available=True)
    response.set_rcode(dns.rcode.from_text(rcode))
    if truncated:
        response.flags |= dns.flags.TC
    for owner, kind, text in records:
        response.answer.append(dns.rrset.from_text(owner, 60, "IN", kind, text))
    return response.to_wire()


DELEGATED = answer("NOERROR", ("spiegel.ltd.", "NS", "ns1.example."))


@given(NAME)
def test_a_rendered_query_is_what_dnspython_would_ask(name: str) -> None:
    wire = b"\x12\x34" + NS.head + encode_name(name) + NS.kind + NS.tail
    message = dns.message.from_wire(wire)
    assert message.question[0].to_text() == f"{name}. IN NS"
    assert message.flags == dns.flags.RD
    assert message.payload == 1232


@pytest.mark.parametrize(
    "name",
    ["", ".", "a..b", "a.b.", "x" * 64 + ".de", ".".join(["a" * 60] * 5), "schön.de", "\udcff.de"],
    ids=["empty", "root", "empty label", "final dot", "long label", "long name", "not ASCII", "surrogate"],
)
def test_a_name_without_a_wire_form_is_refused(name: str) -> None:
    with pytest.raises(InvalidName):
        encode_name(name)


@given(NAME, st.binary(min_size=256, max_size=256))
def test_mixed_case_is_the_same_name_with_the_same_lengths(name: str, bits: bytes) -> None:
    wire = encode_name(name)
    mixed = mix_case(wire, bits[: len(wire)])
    assert mixed.lower() == wire
    assert len(mixed) == len(wire)


def test_a_plain_denial_is_told_from_the_bytes() -> None:
    assert sort_packet(answer("NXDOMAIN"), QUESTION) is Sort.ABSENT


@pytest.mark.parametrize(
    ("packet", "why"),
    [
        (answer("NXDOMAIN", name="spiegel.ltg"), "another name"),
        (answer("NXDOMAIN", name="Spiegel.ltd"), "another case: a forger who does not know how we wrote it"),
        (dns.message.make_query("spiegel.ltd", "NS").to_wire(), "a question, not an answer"),
        (b"", "nothing"),
        (answer("NXDOMAIN")[:20], "cut off within the question"),
    ],
    ids=["another name", "another case", "question", "nothing", "cut off"],  # the packets' own ids are random
)
def test_what_does_not_answer_exactly_our_question_is_foreign(packet: bytes, why: str) -> None:
    assert sort_packet(packet, QUESTION) is Sort.FOREIGN, why
    assert read_packet(packet, QUESTION).kind is Kind.TROUBLE


@pytest.mark.parametrize(
    ("packet", "kind"),
    [
        (DELEGATED, Kind.EXISTS),
        (answer(), Kind.EXISTS),
        (answer("NXDOMAIN"), Kind.ABSENT),
        (answer("NXDOMAIN", ("spiegel.ltd.", "CNAME", "gone.example.")), Kind.EXISTS),
        (answer("NXDOMAIN", ("other.example.", "NS", "ns.example.")), Kind.TROUBLE),
        (answer("SERVFAIL"), Kind.TROUBLE),
        (answer("REFUSED"), Kind.TROUBLE),
        (answer("FORMERR"), Kind.TROUBLE),
        (answer(truncated=True), Kind.TRUNCATED),
        (answer("NXDOMAIN", truncated=True), Kind.TRUNCATED),
        (DELEGATED[:-20], Kind.TROUBLE),
    ],
    ids=[
        "delegated",
        "exists without name servers",
        "denied",
        "an alias that leads nowhere is a name that exists",
        "a denial with somebody else's records",
        "servfail",
        "refused",
        "formerr",
        "truncated",
        "truncated denial",
        "cut off",
    ],
)
def test_every_answer_is_one_of_four_kinds(packet: bytes, kind: Kind) -> None:
    assert read_packet(packet, QUESTION).kind is kind


def test_values_are_those_of_the_asked_type_and_of_aliases() -> None:
    packet = answer(
        "NOERROR",
        ("spiegel.ltd.", "CNAME", "X.example."),
        ("x.example.", "NS", "NS1.example."),
        ("x.example.", "A", "1.2.3.4"),
    )
    assert read_packet(packet, QUESTION).values == {"CNAME x.example.", "NS ns1.example."}


def is_plain_denial(packet: bytes, question: bytes) -> bool:
    """The rule, read off RFC 1035 4.1.1 with other means than the code uses."""
    if len(packet) < 12:
        return False
    _, flags, questions, answers, _, _ = struct.unpack("!6H", packet[:12])
    is_answer, opcode, is_truncated, rcode = flags >> 15, flags >> 11 & 15, flags >> 9 & 1, flags & 15
    header_fits = is_answer == 1 and opcode == 0 and is_truncated == 0 and questions == 1
    return header_fits and rcode == 3 and answers == 0 and packet[12:].startswith(question)


@given(st.binary(max_size=200))
def test_random_bytes_never_raise_and_never_deny(packet: bytes) -> None:
    assert sort_packet(packet, QUESTION) is Sort.FOREIGN
    assert read_packet(packet, QUESTION).kind is Kind.TROUBLE


@given(st.binary(min_size=12, max_size=12), st.binary(max_size=120))
def test_random_bytes_around_our_question_deny_only_by_the_rule(header: bytes, rest: bytes) -> None:
    packet = header + QUESTION + rest
    assert (sort_packet(packet, QUESTION) is Sort.ABSENT) == is_plain_denial(packet, QUESTION)
    if read_packet(packet, QUESTION).kind is Kind.ABSENT:
        assert is_plain_denial(packet, QUESTION)


@given(
    st.sampled_from([DELEGATED, answer("SERVFAIL"), answer("REFUSED"), answer(truncated=True)]),
    st.lists(st.tuples(st.integers(0, 90), st.integers(1, 255)), min_size=1, max_size=6),
    st.integers(0, 100),
)
def test_a_damaged_answer_never_raises_and_denies_only_by_the_rule(
    packet: bytes, damage: list[tuple[int, int]], cut: int
) -> None:
    damaged = bytearray(packet)
    for at, bits in damage:
        damaged[at % len(damaged)] ^= bits
    received = bytes(damaged)[: len(damaged) - cut % 40]
    kind = read_packet(received, QUESTION).kind
    if kind is Kind.ABSENT or sort_packet(received, QUESTION) is Sort.ABSENT:
        assert is_plain_denial(received, QUESTION)
