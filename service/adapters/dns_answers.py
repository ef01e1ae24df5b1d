"""What stands in DNS answers, as sorted tuples of plain text. Zone owners write these, so everything is bounded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dns.name
import dns.rdataclass
import dns.rdatatype

from service.core.facts.dns import DnsAnswers, DnsStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from service.adapters.dns_exchange import Answer

MOST_VALUES = 64
"""Records kept of one type; honest zones have a handful."""

LONGEST_TEXT = 512
"""Characters kept of one TXT or CAA record."""


def read_answers(vantage: str, host: Mapping[str, Answer], domain: Mapping[str, Answer]) -> DnsAnswers:
    """One vantage's answers: ``host`` by type (A, AAAA) for the host, ``domain`` by type for the registrable name."""
    addresses = _sorted(text for kind in ("A", "AAAA") for text in _texts(host.get(kind), kind, _address))
    return DnsAnswers(
        vantage=vantage,
        status=_status(host, addresses),
        addresses=addresses,
        cnames=_sorted(text for answer in host.values() for text in _texts(answer, "CNAME", _target)),
        nameservers=_sorted(_texts(domain.get("NS"), "NS", _target)),
        soa=next(_texts(domain.get("SOA"), "SOA", _soa), None),
        mx=_sorted(_texts(domain.get("MX"), "MX", _mx)),
        txt=_sorted(_texts(domain.get("TXT"), "TXT", _txt)),
        caa=_sorted(_texts(domain.get("CAA"), "CAA", _plain)),
    )


def addresses_in_order(host: Mapping[str, Answer]) -> tuple[str, ...]:
    """Addresses for dialling, IPv4 first, otherwise as the resolver ordered them."""
    found = dict.fromkeys(text for kind in ("A", "AAAA") for text in _texts(host.get(kind), kind, _address))
    return tuple(found)[:MOST_VALUES]


def _status(host: Mapping[str, Answer], addresses: tuple[str, ...]) -> DnsStatus:
    if addresses:
        return DnsStatus.ANSWERED
    # The question for A is asked first and decides; that for AAAA only adds addresses.
    status = host["A"].status
    return DnsStatus.NO_ADDRESS if status is DnsStatus.ANSWERED else status


def _sorted(texts: Iterator[str]) -> tuple[str, ...]:
    return tuple(sorted(set(texts))[:MOST_VALUES])


def _texts(answer: Answer | None, kind: str, show: Callable[[Any], str]) -> Iterator[str]:
    if answer is None or answer.message is None:
        return
    wanted = dns.rdatatype.from_text(kind)
    for rrset in answer.message.answer:
        if rrset.rdtype == wanted and rrset.rdclass == dns.rdataclass.IN:
            for rdata in rrset:
                yield show(rdata)


def _address(rdata: Any) -> str:
    return str(rdata.to_text())


def _target(rdata: Any) -> str:
    return _name(rdata.target)


def _soa(rdata: Any) -> str:
    """The primary server and the mailbox; the serial changes with every edit and says nothing of who runs the zone."""
    return f"{_name(rdata.mname)} {_name(rdata.rname)}"


def _mx(rdata: Any) -> str:
    return f"{rdata.preference} {_name(rdata.exchange)}"


def _txt(rdata: Any) -> str:
    text = b"".join(rdata.strings)[:LONGEST_TEXT].decode("utf-8", "backslashreplace")
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)


def _plain(rdata: Any) -> str:
    return str(rdata.to_text())[:LONGEST_TEXT]


def _name(name: dns.name.Name) -> str:
    return str(name.to_text(omit_final_dot=True)).lower()
