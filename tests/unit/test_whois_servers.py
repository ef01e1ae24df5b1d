"""Which WHOIS server is asked, and how."""

from __future__ import annotations

import pytest

from service.adapters.whois_servers import configured_server, known_server, parse_servers, question, referral
from service.core.errors import InvalidInput


def test_the_operators_table_goes_by_the_longest_suffix_then_by_the_star() -> None:
    servers = parse_servers({"uk": "127.0.0.1:4301", "co.uk": "127.0.0.1:4302", "*": "whois.example"})
    assert configured_server(servers, "bild.co.uk") == ("127.0.0.1", 4302)
    assert configured_server(servers, "bild.uk") == ("127.0.0.1", 4301)
    assert configured_server(servers, "bild.ltd") == ("whois.example", 43)
    assert configured_server({}, "bild.ltd") is None


@pytest.mark.parametrize("text", ["", "host:", "host:0", "host:99999", ":43", "host:abc"])
def test_what_is_no_server_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_servers({"de": text})


@pytest.mark.parametrize(
    ("domain", "host"),
    [
        ("bild.de", "whois.denic.de"),
        ("bild.ru", "whois.tcinet.ru"),
        ("bild.id", "whois.pandi.or.id"),
        ("bild.madrid", None),
        ("bild.eu", None),
        ("localhost", None),
    ],
)
def test_the_librarys_table_is_asked_without_a_connection(domain: str, host: str | None) -> None:
    known = known_server(domain)
    assert known == (None if host is None else (host, 43))


def test_iana_refers_to_the_registry() -> None:
    assert referral("domain:  EU\n\nwhois:        whois.eu\n\nstatus: ACTIVE\n") == ("whois.eu", 43)
    assert referral("domain:  GR\n\nwhois:\n\nstatus: ACTIVE\n") is None
    assert referral("whois: <script>\n") is None


def test_some_registries_want_flags() -> None:
    assert question("whois.denic.de", "bild.de") == b"-T dn,ace bild.de\r\n"
    assert question("whois.jprs.jp", "bild.jp") == b"bild.jp/e\r\n"
    assert question("whois.example", "bild.ltd") == b"bild.ltd\r\n"
