"""The lab's DNS answers as bytes: the plain path agrees with dnspython, and no bytes are too strange."""

from __future__ import annotations

import struct

import dns.edns
import dns.flags
import dns.message
import dns.opcode
import dns.rcode
import dns.rdatatype
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.lab.dns_packets import PAYLOAD, consider, plain_absence
from service.lab.world import DnsFault
from service.lab.zones import Zones
from tests.lab_worlds import clone, dead, faulty, named, outlet, world

ZONES = Zones(
    world(
        named(outlet(), txt=("v=spf1 -all",)),
        clone(),
        dead(),
        named(clone("slow.ltd"), delay=0.25),
        faulty("broken.ltd", DnsFault.SERVFAIL),
        faulty("refused.ltd", DnsFault.REFUSED),
        faulty("mute.ltd", DnsFault.SILENT),
        faulty("cut.ltd", DnsFault.TRUNCATED),
        wildcard_suffixes=frozenset({"ws"}),
    )
)
LABEL = st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_", min_size=1, max_size=20)
NAME = st.lists(LABEL, min_size=1, max_size=4).map(".".join)


def query(name: str, kind: str = "A", **more: object) -> bytes:
    return dns.message.make_query(name, kind, **more).to_wire()  # type: ignore[arg-type]  # spelled out by each caller


def considered(name: str, kind: str = "A", *, over_tcp: bool = False, **more: object) -> dns.message.Message:
    reply = consider(query(name, kind, **more), ZONES, "default", over_tcp=over_tcp).reply
    assert reply is not None
    return dns.message.from_wire(reply, ignore_trailing=False)


@settings(deadline=None)  # other tests share the cores
@given(NAME, st.sampled_from([{}, {"use_edns": 0}, {"want_dnssec": True}]), st.sampled_from(["A", "NS", "TXT"]))
def test_the_plain_path_says_what_dnspython_would_say(name: str, edns: dict[str, object], kind: str) -> None:
    packet = query(name, kind, **edns)
    plain = plain_absence(packet, ZONES)
    slow = consider(packet, ZONES, "default", over_tcp=False).reply
    assert slow is not None
    truth = dns.message.from_wire(slow)
    if truth.rcode() != dns.rcode.NXDOMAIN:
        assert plain is None
    elif plain is not None:
        parsed = dns.message.from_wire(plain)
        assert parsed == truth
        for field in ("id", "flags", "edns", "ednsflags", "payload"):
            assert getattr(parsed, field) == getattr(truth, field)
        assert parsed.authority[0].to_text().lower() == truth.authority[0].to_text().lower()


def test_an_absent_name_takes_the_plain_path() -> None:
    for name in ("nobody.ltd", "nobody.co.uk", "www.nobody.ltd", "NoBoDy.LtD", "spiegel.xn--p1ai"):
        plain = plain_absence(query(name), ZONES)
        assert plain is not None
        answer = dns.message.from_wire(plain)
        assert answer.rcode() == dns.rcode.NXDOMAIN
        assert answer.authority[0].rdtype == dns.rdatatype.SOA
        assert answer.flags & dns.flags.AA


@pytest.mark.parametrize(
    "name",
    ["morgenkurier.ltd", "MORGENKURIER.ltd", "deep.below.morgenkurier.ltd", "any.ws", "ws", "ltd", "lab.example"],
)
def test_what_is_not_plainly_absent_is_looked_at_closely(name: str) -> None:
    assert plain_absence(query(name), ZONES) is None


@settings(deadline=None)  # other tests share the cores
@given(st.integers(0, 2**17))
def test_the_case_of_the_question_comes_back_as_it_was(bits: int) -> None:
    for name in ("nobody-at-all.ltd", "morgenkurier.ltd"):
        mixed = "".join(letter.upper() if bits >> at & 1 else letter for at, letter in enumerate(name))
        packet = query(mixed)
        reply = plain_absence(packet, ZONES) or consider(packet, ZONES, "default", over_tcp=False).reply
        assert reply is not None
        assert reply[12 : len(packet)] == packet[12:]


def test_an_answer_rendered_before_fits_the_next_question_too() -> None:
    first, second = query("MorgenKurier.ltd"), query("morgenkurier.LTD")
    for packet in (first, second, first):
        reply = consider(packet, ZONES, "default", over_tcp=False).reply
        assert reply is not None
        message = dns.message.from_wire(reply)
        assert message.id == int.from_bytes(packet[:2])
        assert message.question[0].name.to_text() == dns.message.from_wire(packet).question[0].name.to_text()
        assert [str(rdata) for rdata in message.answer[0]] == ["127.0.1.2"]


@pytest.mark.parametrize(
    ("name", "rcode"), [("broken.ltd", "SERVFAIL"), ("www.broken.ltd", "SERVFAIL"), ("refused.ltd", "REFUSED")]
)
def test_faults_answer_with_their_code(name: str, rcode: str) -> None:
    answer = considered(name)
    assert dns.rcode.to_text(answer.rcode()) == rcode
    assert not answer.answer


def test_a_silent_name_is_never_answered() -> None:
    assert consider(query("mute.ltd"), ZONES, "default", over_tcp=False).reply is None
    assert consider(query("mute.ltd"), ZONES, "default", over_tcp=True).reply is None


def test_a_truncated_name_is_whole_over_tcp() -> None:
    over_udp, over_tcp = considered("cut.ltd"), considered("cut.ltd", over_tcp=True)
    assert over_udp.flags & dns.flags.TC
    assert not over_udp.answer
    assert not over_tcp.flags & dns.flags.TC
    assert over_tcp.answer


def test_a_slow_name_is_held_back() -> None:
    assert consider(query("slow.ltd"), ZONES, "default", over_tcp=False).delay == 0.25
    assert consider(query("slow.ltd"), ZONES, "default", over_tcp=False).delay == 0.25


def test_an_answer_beyond_the_asked_size_is_truncated() -> None:
    big = named(clone("big.ltd"), txt=tuple(f"{number}-{'x' * 200}" for number in range(20)))
    zones = Zones(world(big))
    for more, limit in (({}, 512), ({"use_edns": 0, "payload": 4096}, PAYLOAD)):
        reply = consider(query("big.ltd", "TXT", **more), zones, "default", over_tcp=False).reply
        assert reply is not None
        assert len(reply) <= limit
        assert dns.message.from_wire(reply).flags & dns.flags.TC
    whole = consider(query("big.ltd", "TXT"), zones, "default", over_tcp=True).reply
    assert whole is not None
    assert len(dns.message.from_wire(whole).answer[0]) == 20


def test_what_is_no_ordinary_question_is_refused_in_the_words_of_the_protocol() -> None:
    notify = dns.message.make_query("nobody.ltd", "A")
    notify.set_opcode(dns.opcode.NOTIFY)
    chaos = dns.message.make_query("version.bind", "TXT", "CH").to_wire()
    newer = dns.message.make_query("nobody.ltd", "A", use_edns=1).to_wire()
    two = struct.pack("!HHHHHH", 7, 0, 2, 0, 0, 0) + query("a.ltd")[12:] + query("b.ltd")[12:]
    expected = (
        (notify.to_wire(), "NOTIMP"),
        (chaos, "REFUSED"),
        (query("morgenkurier.ltd", "AXFR"), "REFUSED"),
        (newer, "BADVERS"),
        (two, "FORMERR"),
        (query("nobody.ltd")[:-3], "FORMERR"),
    )
    for packet, rcode in expected:
        assert plain_absence(packet, ZONES) is None
        reply = consider(packet, ZONES, "default", over_tcp=False).reply
        assert reply is not None
        assert dns.rcode.to_text(dns.message.from_wire(reply).rcode()) == rcode


def test_answers_are_never_answered() -> None:
    reply = consider(query("morgenkurier.ltd"), ZONES, "default", over_tcp=False).reply
    assert reply is not None
    assert plain_absence(reply, ZONES) is None
    assert consider(reply, ZONES, "default", over_tcp=False).reply is None


@settings(deadline=None)  # other tests share the cores
@given(st.binary(max_size=600))
def test_garbage_never_raises(packet: bytes) -> None:
    plain_absence(packet, ZONES)
    consider(packet, ZONES, "default", over_tcp=False)


@settings(deadline=None)  # other tests share the cores
@given(NAME, st.data())
def test_damaged_questions_never_raise(name: str, data: st.DataObject) -> None:
    packet = bytearray(query(name, use_edns=0))
    for _ in range(data.draw(st.integers(1, 6))):
        packet[data.draw(st.integers(2, len(packet) - 1))] = data.draw(st.integers(0, 255))
    damaged = bytes(packet[: data.draw(st.integers(0, len(packet)))])
    plain_absence(damaged, ZONES)
    consider(damaged, ZONES, "default", over_tcp=False)


@settings(deadline=None)  # other tests share the cores
@given(st.binary(min_size=1, max_size=300), st.sampled_from([b"\0", b"\xc0\x0c"]))
def test_a_name_that_is_not_well_formed_never_takes_the_plain_path(name: bytes, tail: bytes) -> None:
    packet = struct.pack("!HHHHHH", 1, 0x100, 1, 0, 0, 0) + name + tail + struct.pack("!HH", 1, 1)
    if plain_absence(packet, ZONES) is not None:
        assert dns.message.from_wire(packet).question[0].name.to_wire() == name + tail


def test_what_is_kept_of_a_zone_is_bounded() -> None:
    zones = Zones(world(named(clone("many.ltd"), wildcard=True)))
    for number in range(1500):
        consider(query(f"host-{number}.many.ltd"), zones, "default", over_tcp=False)
    zone = zones.zone_of(b"\x04many\x03ltd")
    assert zone is not None
    assert 0 < len(zone.rendered) <= 512


def test_options_of_the_client_are_taken_without_an_answer_to_them() -> None:
    cookie = dns.edns.GenericOption(dns.edns.OptionType.COOKIE, b"12345678")
    plain = plain_absence(query("nobody.ltd", use_edns=0, options=[cookie]), ZONES)
    assert plain is not None
    assert dns.message.from_wire(plain).edns == 0
