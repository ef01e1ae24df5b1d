"""How long absences are remembered: never longer than the SOA says, never for another name."""

from __future__ import annotations

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.adapters.prober_absences import LONGEST, Absences, absence_seconds
from service.adapters.prober_wire import HEADER, encode_name, template

NS = template("NS")
NAME = "spiegel.co.uk"
END = HEADER + len(encode_name(NAME) + NS.kind)


def denial(
    owner: str | None = "co.uk.", ttl: int = 900, minimum: int = 3600, kind: str = "SOA", name: str = NAME
) -> bytes:
    response = dns.message.make_response(dns.message.make_query(name, "NS", use_edns=0), recursion_available=True)
    response.set_rcode(dns.rcode.NXDOMAIN)
    if owner is not None:
        text = f"ns.example. root.example. 1 3600 600 86400 {minimum}" if kind == "SOA" else "ns.example."
        response.authority.append(dns.rrset.from_text(owner, ttl, "IN", kind, text))
    return response.to_wire()


@pytest.mark.parametrize(
    ("packet", "seconds"),
    [
        (denial(), 900),
        (denial(ttl=3600, minimum=60), 60),
        (denial(minimum=0), 0),
        (denial(ttl=0), 0),
        (denial(ttl=604_800, minimum=604_800), LONGEST),
        (denial("uk."), 900),
        (denial("."), 900),
        (denial("spiegel.co.uk."), 900),
        (denial("example."), 0),
        (denial("iegel.co.uk."), 0),
        (denial(kind="NS"), 0),
        (denial(None), 0),
    ],
    ids=[
        "the record's own TTL",
        "the minimum field",
        "a minimum of none",
        "a TTL of none",
        "a week",
        "of what is above the suffix",
        "of the root",
        "of the name itself",
        "of another name",
        "of no label's beginning",
        "no SOA",
        "nothing",
    ],
)
def test_a_denial_holds_as_long_as_its_soa_says(packet: bytes, seconds: int) -> None:
    assert absence_seconds(packet, END) == seconds


def test_an_owner_that_is_written_out_is_read_in_any_case() -> None:
    compressed = denial()
    written = compressed[:END] + b"\x02Co\x02uK\x00" + compressed[END + 2 :]
    assert absence_seconds(written, END) == 900
    foreign = compressed[:END] + b"\x02co\x02us\x00" + compressed[END + 2 :]
    assert absence_seconds(foreign, END) == 0


def test_a_ttl_with_its_highest_bit_set_counts_as_zero() -> None:
    packet = denial()
    assert absence_seconds(packet[: END + 6] + b"\x80\x00\x00\x00" + packet[END + 10 :], END) == 0


def by_dnspython(packet: bytes) -> int:
    """The same by a full parse; the first authority record alone, as the order on the wire has it."""
    message = dns.message.from_wire(packet, ignore_trailing=True, one_rr_per_rrset=True)
    first = message.authority[0]
    above = message.question[0].name.is_subdomain(first.name)
    return min(first.ttl, first[0].minimum, LONGEST) if first.rdtype == dns.rdatatype.SOA and above else 0


@given(st.lists(st.tuples(st.integers(END, 90), st.integers(0, 255)), max_size=4), st.integers(0, 90))
def test_a_damaged_denial_never_raises_and_never_holds_longer_than_a_full_parse_says(
    damage: list[tuple[int, int]], cut: int
) -> None:
    packet = bytearray(denial())
    for at, octet in damage:
        if at < len(packet):
            packet[at] = octet
    wire = bytes(packet[: len(packet) - cut] if cut < len(packet) - END else packet)
    seconds = absence_seconds(wire, END)
    assert 0 <= seconds <= LONGEST
    try:
        whole = by_dnspython(wire)
    except (dns.exception.DNSException, ValueError, IndexError):
        return
    assert seconds in {0, whole}


@given(st.binary(max_size=80))
def test_random_bytes_behind_the_question_never_raise(rest: bytes) -> None:
    assert 0 <= absence_seconds(denial(None)[:END] + rest, END) <= LONGEST


NAMES = [f"name{number}.ltd" for number in range(12)]
STEP = st.one_of(
    st.tuples(st.just("keep"), st.sampled_from(NAMES), st.integers(1, 50)),
    st.tuples(st.just("wait"), st.just(""), st.integers(1, 30)),
)


@given(st.lists(STEP, max_size=30))
def test_only_what_was_denied_is_absent_and_only_while_it_holds(steps: list[tuple[str, str, int]]) -> None:
    time = 1_000.5
    absences = Absences(lambda: time, slots=8)
    until: dict[str, int] = {}
    for what, name, number in steps:
        if what == "wait":
            time += number
            continue
        absences.keep([(name, number)], absences.now())
        until[name] = absences.now() + number
        assert name not in absences.unknown(NAMES)
    held = set(NAMES) - set(absences.unknown(NAMES))
    assert held <= {name for name, end in until.items() if end > absences.now()}


def test_what_is_not_known_keeps_its_order_and_repetitions() -> None:
    absences = Absences(lambda: 0.0)
    absences.keep([("b.ltd", 5)], 0)
    assert absences.unknown(["c.ltd", "b.ltd", "a.ltd", "c.ltd"]) == ["c.ltd", "a.ltd", "c.ltd"]
