"""The lab's registration data: RDAP objects, bootstrap files, WHOIS texts."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from whois.exceptions import WhoisDomainNotFoundError
from whois.parser import WhoisEntry

from service.lab import rdap, whois
from service.lab.exchange import Request
from service.lab.loopback import CutOff
from service.lab.registrant import PERSONAL_DATA
from service.lab.whois_texts import LIMIT_EXCEEDED, absent_text, record_text
from service.lab.world import Channel, Name, RegistryRecord, Reply
from tests.lab_worlds import NOW, LabSite, clone, dead, named, outlet, registered, world

CREATED = datetime(2022, 6, 29, tzinfo=UTC)
RECORD = RegistryRecord(
    created_at=CREATED,
    updated_at=datetime(2022, 7, 2, tzinfo=UTC),
    expires_at=datetime(2023, 6, 29, tzinfo=UTC),
    registrar="Example Registrar",
    epp=("clientHold", "clientTransferProhibited"),
)


def on(channel: Channel, domain: str = "a.ltd") -> LabSite:
    return named(clone(domain), registry=registered(9, channel=channel))


def ask_rdap(path: str, *sites: LabSite, method: str = "GET") -> tuple[Reply, Any]:
    request = Request(method=method, path=path, query="", host="127.0.0.1", headers={})
    reply = rdap.answer(world(*sites), request)
    return reply, json.loads(reply.body)


def test_an_rdap_domain_has_its_dates_status_name_servers_and_registrar() -> None:
    reply, body = ask_rdap("/domain/MorgenKurier.LTD.", named(clone(), registry=RECORD))
    assert (reply.status, dict(reply.headers)["Content-Type"]) == (200, "application/rdap+json")
    assert (body["objectClassName"], body["ldhName"]) == ("domain", "morgenkurier.ltd")
    assert "rdap_level_0" in body["rdapConformance"]
    events = {event["eventAction"]: event["eventDate"] for event in body["events"]}
    assert events["registration"] == "2022-06-29T00:00:00Z"
    assert events["last changed"] == "2022-07-02T00:00:00Z"
    assert events["expiration"] == "2023-06-29T00:00:00Z"
    assert body["status"] == ["client hold", "client transfer prohibited"]
    assert [server["ldhName"] for server in body["nameservers"]] == ["ns1.lab.example", "ns2.lab.example"]
    registrar = next(entity for entity in body["entities"] if "registrar" in entity["roles"])
    assert ["fn", {}, "text", "Example Registrar"] in registrar["vcardArray"][1]
    abuse = registrar["entities"][0]
    assert abuse["roles"] == ["abuse"]
    assert ["email", {}, "text", "abuse@registrar.example"] in abuse["vcardArray"][1]


def test_registration_data_holds_a_person_that_clients_must_drop() -> None:
    reply, _ = ask_rdap("/domain/morgenkurier.ltd", clone())
    whois_text = record_text(clone().name, RECORD, NOW)
    for text in (reply.body.decode(), whois_text):
        assert all(personal in text for personal in PERSONAL_DATA)


def test_an_unpublished_date_is_left_out_and_the_name_is_still_found() -> None:
    reply, body = ask_rdap("/domain/a.ltd", on(Channel.NOT_PUBLISHED))
    assert reply.status == 200
    assert [event["eventAction"] for event in body["events"]] == [
        "last changed",
        "expiration",
        "last update of RDAP database",
    ]
    text = whois.answer(world(on(Channel.NOT_PUBLISHED)), b"a.ltd\r\n").decode()
    assert "Creation Date" not in text
    assert "Domain Name: a.ltd" in text


def test_a_rate_limited_name_asks_for_patience() -> None:
    reply, body = ask_rdap("/domain/a.ltd", on(Channel.RATE_LIMITED))
    assert (reply.status, body["errorCode"]) == (429, 429)
    assert dict(reply.headers)["Retry-After"] == str(rdap.RETRY_AFTER_SECONDS)
    assert whois.answer(world(on(Channel.RATE_LIMITED)), b"a.ltd\r\n").decode() == LIMIT_EXCEEDED


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/domain/nobody.ltd", 404),
        ("/domain/on-whois.ws", 404),
        ("/domain/on-nothing.gg", 404),
        ("/domain/", 400),
        ("/domain/a/b", 400),
        ("/domain/\ud800.ltd", 400),
        ("/nameserver/ns1.example", 400),
        ("/", 400),
    ],
)
def test_what_rdap_does_not_know_is_an_rdap_error(path: str, status: int) -> None:
    reply, body = ask_rdap(path, on(Channel.WHOIS, "on-whois.ws"), on(Channel.NONE, "on-nothing.gg"))
    assert (reply.status, body["errorCode"]) == (status, status)
    assert body["title"]
    assert body["description"]


def test_rdap_takes_unicode_names_and_shows_them() -> None:
    reply, body = ask_rdap("/domain/süddeutsche.ltd", clone("xn--sddeutsche-9db.ltd"))
    assert (reply.status, body["unicodeName"]) == (200, "süddeutsche.ltd")


def test_rdap_has_help_and_takes_nothing_but_get_and_head() -> None:
    assert ask_rdap("/help")[0].status == 200
    assert ask_rdap("/domain/a.ltd", method="POST")[0].status == 405


@pytest.mark.parametrize(
    ("epp", "words"),
    [("clientHold", "client hold"), ("ok", "active"), ("pendingDelete", "pending delete"), ("inactive", "inactive")],
)
def test_status_codes_are_in_the_words_of_rfc_8056(epp: str, words: str) -> None:
    assert rdap.rdap_status(epp) == words


def test_the_bootstrap_leads_suffixes_to_the_server_but_for_those_left_out() -> None:
    sites = (outlet(), clone(), clone("bild.co.com"), on(Channel.WHOIS, "bild.ws"), on(Channel.NONE, "bild.gg"))
    in_use, elsewhere = rdap.suffixes_in_use(world(*sites))
    assert in_use == {"de", "ltd", "co.com", "ws", "gg"}
    assert elsewhere == {"ws", "gg"}
    file = rdap.bootstrap("http://127.0.0.1:9/", in_use, without=elsewhere, publication=NOW)
    assert file["version"] == "1.0"
    assert file["publication"] == "2022-07-15T12:00:00Z"
    assert file["services"] == [[["co.com", "de", "ltd"], ["http://127.0.0.1:9/"]]]
    assert rdap.bootstrap("http://127.0.0.1:9/", (), publication=NOW)["services"] == []


COUNTRIES = ("ru", "su", "fr", "it", "uk", "be", "dk", "cn", "jp", "cz", "se", "nu", "ua", "pl")
GENERIC = ("org", "info", "io", "us", "co", "me", "mobi", "in", "site", "ca", "online", "bz", "com", "net")
WITHOUT_PARSER = ("ltd", "news", "top")
UNDATED = ("eu", "de", "at")


@pytest.mark.parametrize("tld", [*COUNTRIES, *GENERIC, *WITHOUT_PARSER])
def test_python_whois_reads_the_date_out_of_every_form(tld: str) -> None:
    entry = WhoisEntry.load(f"morgenkurier.{tld}", record_text(Name(domain=f"morgenkurier.{tld}"), RECORD, NOW))
    assert entry["creation_date"] == CREATED


@pytest.mark.parametrize("tld", ["com", "ltd", "org", "fr", "it", "uk", "cz", "se"])
def test_python_whois_reads_registrar_and_expiry(tld: str) -> None:
    entry = WhoisEntry.load(f"morgenkurier.{tld}", record_text(Name(domain=f"morgenkurier.{tld}"), RECORD, NOW))
    assert entry["registrar"] == "Example Registrar"
    assert entry["expiration_date"] == RECORD.expires_at


@pytest.mark.parametrize("tld", UNDATED)
def test_registries_without_published_dates_publish_none(tld: str) -> None:
    entry = WhoisEntry.load(f"morgenkurier.{tld}", record_text(Name(domain=f"morgenkurier.{tld}"), RECORD, NOW))
    assert entry.get("creation_date") is None
    assert entry["domain_name"] == f"morgenkurier.{tld}"


@pytest.mark.parametrize("tld", [*COUNTRIES, *GENERIC, *UNDATED])
def test_python_whois_takes_every_absence_for_absence(tld: str) -> None:
    with pytest.raises(WhoisDomainNotFoundError):
        WhoisEntry.load(f"nobody.{tld}", absent_text(f"nobody.{tld}"))


def test_a_suffix_that_python_whois_has_no_parser_for_says_no_match() -> None:
    assert absent_text("nobody.ltd") == 'No match for "nobody.ltd".\r\n'


def test_a_generic_record_ends_its_lines_as_the_protocol_says() -> None:
    text = record_text(Name(domain="a.ltd"), RECORD, NOW)
    assert text.count("\n") == text.count("\r\n")
    assert "Domain Status: clientHold https://icann.org/epp#clientHold\r\n" in text


def test_whois_ignores_flags_case_and_the_final_dot() -> None:
    here = world(named(clone(), registry=RECORD))
    plain = whois.answer(here, b"morgenkurier.ltd\r\n")
    assert b"Creation Date: 2022-06-29" in plain
    for query in (b"=MorgenKurier.LTD.\n"[1:], b"-T dn,ace morgenkurier.ltd\r\n", b"domain morgenkurier.ltd"):
        assert whois.answer(here, query) == plain


def test_whois_tells_of_names_on_hold_that_dns_does_not_have() -> None:
    assert b"clientHold" in whois.answer(world(dead()), b"morgenkurier.today\r\n")


def test_whois_survives_any_bytes() -> None:
    for query in (b"", b"\xff\xfe\r\n", b"\x00", b"{domain}\r\n", b" \r\n"):
        assert b"No match" in whois.answer(world(), query)


def test_a_registry_without_a_service_answers_nobody() -> None:
    with pytest.raises(CutOff):
        whois.answer(world(on(Channel.NONE)), b"a.ltd\r\n")
