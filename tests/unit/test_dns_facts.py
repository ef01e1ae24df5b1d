"""Reports of the prober put together, and what the answers' reader makes of records."""

from __future__ import annotations

import dns.message
import dns.rrset
from hypothesis import given
from hypothesis import strategies as st

from service.adapters.dns_answers import LONGEST_TEXT, MOST_VALUES, addresses_in_order, read_answers
from service.adapters.dns_exchange import Answer, read_message
from service.core.facts.dns import DnsStatus, ProbeReport, joined_reports


def answered(*records: tuple[str, str, str]) -> Answer:
    message = dns.message.QueryMessage()
    for owner, kind, text in records:
        message.answer.append(dns.rrset.from_text(owner, 60, "IN", kind, *text.split("|")))
    return Answer(DnsStatus.ANSWERED, message)


def test_joined_reports_add_up_and_fail_together() -> None:
    good = ProbeReport(asked=3, existing=("a.de",), absent=1, unanswered=("b.de",), queries=5, foreign=2)
    bad = ProbeReport(
        asked=1, existing=(), absent=0, unanswered=("c.de",), queries=1, vantage_failed=True, detail="down"
    )
    joined = joined_reports([good, bad, bad])
    assert joined == ProbeReport(
        asked=5,
        existing=("a.de",),
        absent=1,
        unanswered=("b.de", "c.de", "c.de"),
        queries=7,
        vantage_failed=True,
        detail="down",
        foreign=2,
    )


def test_no_report_is_an_empty_report() -> None:
    assert joined_reports([]) == ProbeReport(asked=0, existing=(), absent=0, unanswered=(), queries=0)


def test_records_become_sorted_plain_texts() -> None:
    host = {
        "A": answered(("www.x.de.", "CNAME", "X.de."), ("x.de.", "A", "192.0.2.2|192.0.2.1")),
        "AAAA": answered(("www.x.de.", "CNAME", "x.de."), ("x.de.", "AAAA", "2001:db8::1")),
    }
    domain = {
        "NS": answered(("x.de.", "NS", "NS2.example.|ns1.example.")),
        "SOA": answered(("x.de.", "SOA", "ns1.example. host.example. 2026010101 1 2 3 4")),
        "MX": answered(("x.de.", "MX", "20 mx2.example.|10 mx1.example.")),
        "TXT": answered(("x.de.", "TXT", '"v=spf1 " "-all"')),
        "CAA": answered(("x.de.", "CAA", '0 issue "ca.example"')),
    }
    answers = read_answers("own", host, domain)
    assert answers.status is DnsStatus.ANSWERED
    assert answers.addresses == ("192.0.2.1", "192.0.2.2", "2001:db8::1")
    assert answers.cnames == ("x.de",)
    assert answers.nameservers == ("ns1.example", "ns2.example")
    assert answers.soa == "ns1.example host.example"
    assert answers.mx == ("10 mx1.example", "20 mx2.example")
    assert answers.txt == ("v=spf1 -all",)
    assert answers.caa == ('0 issue "ca.example"',)


def test_a_zone_cannot_fill_our_memory_or_our_terminal() -> None:
    many = "|".join(f"198.18.{i // 250}.{i % 250}" for i in range(500))
    host = {"A": answered(("x.de.", "A", many))}
    hostile = '"\\027[2J' + "a" * 200 + '" ' + '"b" ' * 20 + " ".join(f'"{"c" * 250}"' for _ in range(4))
    answers = read_answers("own", host, {"TXT": answered(("x.de.", "TXT", hostile))})
    assert len(answers.addresses) == MOST_VALUES
    assert len(answers.txt[0]) <= LONGEST_TEXT
    assert answers.txt[0].isprintable()


def test_an_alias_that_leads_nowhere_is_a_name_without_address() -> None:
    answers = read_answers("own", {"A": answered(("x.de.", "CNAME", "gone.example."))}, {})
    assert answers.status is DnsStatus.NO_ADDRESS
    assert answers.cnames == ("gone.example",)


def test_addresses_for_dialling_keep_the_resolvers_order_ipv4_first() -> None:
    host = {
        "AAAA": answered(("x.de.", "AAAA", "2001:db8::1")),
        "A": answered(("x.de.", "A", "192.0.2.9|192.0.2.1")),
    }
    assert addresses_in_order(host) == ("192.0.2.9", "192.0.2.1", "2001:db8::1")


def packet_of_everything() -> bytes:
    message = dns.message.make_response(dns.message.make_query("x.de", "A"))
    for kind, text in {
        "CNAME": "y.de.",
        "A": "192.0.2.1",
        "AAAA": "2001:db8::1",
        "NS": "ns.example.",
        "SOA": "ns.example. root.example. 1 2 3 4 5",
        "MX": "10 mx.example.",
        "TXT": '"text"',
        "CAA": '0 issue "ca.example"',
    }.items():
        message.answer.append(dns.rrset.from_text("x.de.", 60, "IN", kind, text))
    return message.to_wire()


EVERYTHING = packet_of_everything()


@given(st.lists(st.tuples(st.integers(0, len(EVERYTHING) - 1), st.integers(0, 255)), max_size=8), st.integers(0, 60))
def test_a_damaged_answer_is_read_or_fails_and_never_raises(damage: list[tuple[int, int]], cut: int) -> None:
    packet = bytearray(EVERYTHING)
    for at, octet in damage:
        packet[at] = octet
    answer = read_message(bytes(packet[: len(packet) - cut]))
    kinds = ("NS", "SOA", "MX", "TXT", "CAA")
    found = read_answers("own", {"A": answer, "AAAA": answer}, dict.fromkeys(kinds, answer))
    assert found.status in DnsStatus


def test_an_undamaged_answer_of_everything_is_read_whole() -> None:
    answer = read_message(EVERYTHING)
    found = read_answers("own", {"A": answer}, {"NS": answer, "SOA": answer})
    assert (found.addresses, found.cnames, found.nameservers) == (("192.0.2.1",), ("y.de",), ("ns.example",))
