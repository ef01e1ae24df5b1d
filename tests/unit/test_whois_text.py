"""WHOIS answers: an explicit status for every text, and nothing personal in any."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from whois.parser import WhoisEntry

from service.core.facts.registration import Registration, RegistrationStatus
from service.core.facts.whois_text import LARGEST, LONGEST_LINE, bounded_text, read_whois

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
CREATED = datetime(2026, 5, 29, tzinfo=UTC)


def read(text: str, domain: str = "spiegel.su", fields: dict[str, object] | None = None) -> Registration:
    return read_whois(bounded_text(text.encode()), fields or {}, domain, "whois.example", NOW)


GTLD = """\
   Domain Name: SPIEGEL.SU
   Updated Date: 2026-05-30T00:00:00Z
   Creation Date: 2026-05-29T00:00:00Z
   Registry Expiry Date: 2027-05-29T00:00:00Z
   Registrar: Registrar, Inc.
   Registrar Abuse Contact Email: abuse@registrar.example
   Domain Status: clientHold https://icann.org/epp#clientHold
   Domain Status: clientTransferProhibited (https://icann.org/epp#clientTransferProhibited)
   Registrant Name: Erika Mustermann
   Registrant Email: erika@home.example
   Name Server: NS1.EXAMPLE
   Name Server: NS2.EXAMPLE
>>> Last update of whois database: 2026-06-01T00:00:00Z <<<
TERMS OF USE: excessive querying is not allowed; the query rate limit applies.
"""


def test_a_whole_record_is_read_and_people_are_left_out() -> None:
    found = read(GTLD)
    assert found == Registration(
        domain="spiegel.su",
        status=RegistrationStatus.FOUND_DATE,
        source="whois",
        server="whois.example",
        asked_at=NOW,
        created_at=CREATED,
        updated_at=datetime(2026, 5, 30, tzinfo=UTC),
        expires_at=datetime(2027, 5, 29, tzinfo=UTC),
        registrar="Registrar, Inc.",
        abuse_contact="abuse@registrar.example",
        nameservers=("ns1.example", "ns2.example"),
        epp=("clientHold", "clientTransferProhibited"),
    )
    assert found.held


@pytest.mark.parametrize(
    "line",
    [
        "created: 2026-05-29",
        "Registered:           2026-05-29",
        "Registered on: 29-May-2026",
        "registered:   29.05.2026 00:00:00",
        "created............: 29.5.2026 00:00:00",
        "Created on..............: 2026-May-29.",
        "Registered Date             : 2026. 05. 29.",
        "[登録年月日]                    2026/05/29",
        "[Created on]                    2026/05/29",
        "Registration Time: 2026-05-29 00:00:00",
        "Domain Name Commencement Date: 29-05-2026",
        "created:     20260529 #24567",
        "Creation Date: 29/05/2026 00:00:00",
        "Domain created: 2026-05-29 00:00:00 (GMT+0:00)",
        "record created: 2026-05-29",
    ],
)
def test_every_registrys_label_for_the_date_is_known(line: str) -> None:
    found = read(f"domain: spiegel.su\n{line}\n")
    assert found.status is RegistrationStatus.FOUND_DATE
    assert found.created_at == CREATED


def test_the_first_date_is_the_domains_and_not_a_contacts() -> None:
    found = read("domain: spiegel.su\ncreated: 2026-05-29\n\ncontact: X\nname: Erika\ncreated: 1999-01-01\n")
    assert found.created_at == CREATED


@pytest.mark.parametrize(
    "text",
    [
        'No match for "SPIEGEL.SU".\r\n>>> Last update of whois database: 2026-06-01T00:00:00Z <<<',
        "Domain not found.",
        "No Data Found\nTERMS OF USE: access may be limited",
        "NOT FOUND",
        "Not found: spiegel.su",
        "No entries found for the selected source(s).",
        "% No entries found.",
        "% ERROR: No entries found",
        "%ERROR:101: no entries found",
        "%ERROR:103: Domain is not registered",
        "%% NOT FOUND",
        "% nothing found",
        "No matching record.",
        "No match!!",
        'domain "spiegel.su" not found.',
        "No information available about domain name spiegel.su",
        "Domain: spiegel.su\nStatus: free",
        "Domain:             spiegel.su\nStatus:             AVAILABLE",
        "spiegel.su is free",
        "spiegel.su - No Match",
        "The queried object does not exist: DOMAIN NOT FOUND",
        "The requested domain was not found in the Registry's WHOIS Server.",
        "*** Nothing found for this query.",
        "Object does not exist",
        "Domain spiegel.su is available for registration",
        "Data not found. This domain is available for registration.",
        "The domain has not been registered.",
    ],
)
def test_a_registrys_own_words_for_a_free_name_are_absence(text: str) -> None:
    assert read(text).status is RegistrationStatus.NOT_FOUND


@pytest.mark.parametrize(
    "text",
    [
        "WHOIS LIMIT EXCEEDED - SEE WWW.PIR.ORG/WHOIS FOR DETAILS",
        "% Error: 55000000002 Connection refused; access control limit exceeded.",
        "Your connection limit exceeded. Please slow down and try again later.",
        "Number of allowed queries exceeded.\nquota exceeded",
        "Too many requests, please wait",
        "You have exceeded the maximum allowable number of whois lookups.",
        "%ERROR:201: access denied for 192.0.2.1",
        "Sorry, your address was blacklisted",
        "Excessive querying. Try again later.",
        "WHOIS LIMIT EXCEEDED\nDomain not found.",
    ],
)
def test_a_refusal_is_never_absence(text: str) -> None:
    assert read(text).status is RegistrationStatus.RATE_LIMITED


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "nothing"),
        ("\r\n\r\n", "blank lines"),
        ("Maintenance, see https://registry.example", "prose"),
        ("<html><title>404 Not Found</title></html>", "HTML"),
        ("Socket not responding: timed out", "an error in words"),
    ],
)
def test_what_says_neither_is_a_servers_error(text: str, why: str) -> None:
    assert read(text).status is RegistrationStatus.SERVER_ERROR, why


def test_a_suffix_without_a_server_is_unsupported() -> None:
    assert read("No whois server is known for this kind of object.").status is RegistrationStatus.UNSUPPORTED


def test_a_registrant_cannot_write_absence_or_refusal_into_a_record() -> None:
    text = GTLD.replace("Erika Mustermann", "x\nNo match for SPIEGEL.SU\nWHOIS LIMIT EXCEEDED\nStatus: free")
    assert read(text).status is RegistrationStatus.FOUND_DATE


@pytest.mark.parametrize(
    ("text", "domain", "status"),
    [
        ("Domain: bild.de\nNserver: ns1.example\nStatus: connect\nChanged: 2026-05-30", "bild.de", "not-published"),
        ("Domain: bild.eu\nStatus: NOT AVAILABLE\n\nRegistrant:\n  NOT DISCLOSED!", "bild.eu", "not-published"),
        ("domain: bild.lv\nstatus: active", "bild.lv", "found-no-date"),
        ("domain: bild.lv\nregistrar: X\ncreated: soon", "bild.lv", "found-no-date"),
        ("domain: bild.lv\nregistrar: X\ncreated: 2077-01-01", "bild.lv", "found-no-date"),
    ],
)
def test_a_registered_name_without_a_date_says_why(text: str, domain: str, status: str) -> None:
    found = read(text, domain)
    assert found.status == status
    assert found.created_at is None


def test_the_librarys_dates_fill_in_and_may_come_as_a_list() -> None:
    several = [datetime(2026, 5, 30), datetime(2026, 5, 29, tzinfo=UTC), "garbage"]  # noqa: DTZ001  # the library's are naive
    assert read("odd words", fields={"creation_date": several}).created_at == CREATED


def test_the_library_may_name_registrar_servers_and_status() -> None:
    fields: dict[str, object] = {
        "registrar": ["A Registrar", "B"],
        "name_servers": ["NS1.Example 192.0.2.1", "spiegel.su", "not a host", ""],
        "status": "serverHold",
        "name": "Erika Mustermann",
        "emails": ["erika@home.example"],
    }
    found = read("odd words", fields=fields)
    assert (found.registrar, found.nameservers, found.epp) == ("A Registrar", ("ns1.example",), ("serverHold",))
    assert "erika" not in repr(found).lower()


HOSTILE = [
    "a." * (LARGEST // 2),
    "a@" * (LARGEST // 2),
    "Technical Contact:\n" * 4000,
    "Registrant:\n\tName: x\n" * 3000,
    "Creation Date: " + "9" * LARGEST,
    "\n" * LARGEST,
    "Domain Name: x\r" * 4000,
    "domain " * 8000 + "not",
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("domain", ["x.sg", "x.fr", "x.de", "x.uk", "x.su", "x.ltd"])
def test_hostile_text_is_read_in_a_moment_by_the_library_too(text: str, domain: str) -> None:
    """Without the bound on lines, the library's patterns for mail addresses took half a minute over the first one."""
    began = time.process_time()
    bounded = bounded_text(text.encode())
    try:
        fields = dict(WhoisEntry.load(domain, bounded))
    except Exception:  # noqa: BLE001  # the library raises what it likes
        fields = {}
    read_whois(bounded, fields, domain, "whois.example", NOW)
    assert time.process_time() - began < 3


@given(st.binary(max_size=2000))
def test_any_bytes_become_bounded_printable_lines(body: bytes) -> None:
    for line in bounded_text(body).split("\n"):
        assert len(line) <= LONGEST_LINE
        assert all(character.isprintable() or character == "\t" for character in line)


@given(st.text(max_size=300))
def test_no_text_is_absence_by_accident(text: str) -> None:
    found = read(text)
    assert found.status in {RegistrationStatus.SERVER_ERROR, RegistrationStatus.FOUND_NO_DATE}
