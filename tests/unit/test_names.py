"""Host names: what may be one, what is registered of it, how it is shown."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.errors import InvalidName
from service.core.names import name


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("BILD.de", "bild.de"),
        (" bild.de.\n", "bild.de"),
        ("Bíld.de", "xn--bld-rma.de"),
        ("faß.de", "xn--fa-hia.de"),
        ("bild。de", "bild.de"),
        ("ＢＩＬＤ.de", "bild.de"),  # noqa: RUF001 -- look-alikes are what this is about
        ("_dmarc.bild.de", "_dmarc.bild.de"),
        ("XN--BLD-RMA.de", "xn--bld-rma.de"),
        ("i❤.ws", "xn--i-7iq.ws"),
        ("r3---sn-4g5e.example.com", "r3---sn-4g5e.example.com"),
        ("a" * 63 + ".de", "a" * 63 + ".de"),
        ("localhost", "localhost"),
    ],
)
def test_a_name_is_read_however_it_is_typed(text: str, host: str) -> None:
    assert name.parse(text) == host


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        (".", "empty"),
        ("bild..de", "empty label"),
        (".bild.de", "empty label"),
        ("bild.de..", "empty label"),
        ("bi ld.de", "letters, digits"),
        ("*.bild.de", "letters, digits"),
        ("-bild.de", "letters, digits"),
        ("bild-.de", "letters, digits"),
        ("bild.de/news", "letters, digits"),
        ("a" * 64 + ".de", "64 octets"),
        ("a." * 127 + "de", "256 octets"),
        ("é" * 60 + ".de", "octets"),
        ("x" * 5000, "5000 characters"),
        ("xn--.de", "letters, digits"),
        ("xn--999999999.de", "Punycode"),
        ("xn--bild-.de", "letters, digits"),
        ("xn--a-ecp.ru.xn--0", "Punycode"),
        ("\ud800.de", "not allowed"),
        ("\u0301a.de", "combining"),
        ("\x00.de", "letters, digits"),
    ],
)
def test_what_is_no_name_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(InvalidName, match=reason):
        name.parse(text)


@given(st.text(max_size=300))
def test_every_text_is_a_name_or_refused_and_a_name_parses_to_itself(text: str) -> None:
    try:
        host = name.parse(text)
    except InvalidName:
        return
    assert name.parse(host) == host
    assert host.isascii()
    assert len(host) <= name.MAX_NAME
    assert all(0 < len(label) <= name.MAX_LABEL for label in host.split("."))


@given(st.text(alphabet="xn-abzä.ß0_ ", max_size=80))
def test_texts_that_look_like_punycode_do_no_harm(text: str) -> None:
    with suppress(InvalidName):
        assert name.parse(name.parse(text)) == name.parse(text)


@pytest.mark.parametrize(
    ("host", "registered", "label", "suffix"),
    [
        ("bild.de", "bild.de", "bild", "de"),
        ("www.bild.de", "bild.de", "bild", "de"),
        ("spiegel.co.com", "spiegel.co.com", "spiegel", "co.com"),
        ("a.b.dailymail.co.uk", "dailymail.co.uk", "dailymail", "co.uk"),
        ("x.spiegel.github.io", "spiegel.github.io", "spiegel", "github.io"),
        ("a.b.ck", "a.b.ck", "a", "b.ck"),
        ("a.www.ck", "www.ck", "www", "ck"),
        ("lab.example", "lab.example", "lab", "example"),
    ],
)
def test_the_registrable_part_is_the_suffix_and_one_label(host: str, registered: str, label: str, suffix: str) -> None:
    assert name.registrable(host) == registered
    assert name.split(host) == (label, suffix)


@pytest.mark.parametrize("host", ["de", "co.uk", "co.com", "github.io", "b.ck", "localhost", "bild.nosuchtld"])
def test_a_bare_suffix_and_an_unknown_one_have_no_registrable_part(host: str) -> None:
    assert name.registrable(host) is None
    assert name.split(host) == ("", host)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://www.bild.de/a?b#c", "www.bild.de"),
        ("http://user:word@bild.ltd:8080/", "bild.ltd"),
        ("bild.ltd/x", "bild.ltd"),
        ("//bild.ltd", "bild.ltd"),
        ("hxxps://bild[.]ltd/x", "bild.ltd"),
        ("hXXp[:]//bild(.)ltd", "bild.ltd"),
        ("https://bíld.de/", "xn--bld-rma.de"),
    ],
)
def test_the_host_of_a_url_is_found_in_what_people_paste(url: str, host: str) -> None:
    assert name.host_of_url(url) == host


@pytest.mark.parametrize(
    "url", ["", "https://", "http:///x", "http://1.2.3.4/", "http://[::1]/", "http://[x", "http://0x7f.1"]
)
def test_a_url_without_a_host_name_is_refused(url: str) -> None:
    with pytest.raises(InvalidName):
        name.host_of_url(url)


@given(st.text(max_size=200))
def test_every_url_has_a_host_or_is_refused(url: str) -> None:
    try:
        host = name.host_of_url(url)
    except InvalidName:
        return
    assert name.parse(host) == host


@pytest.mark.parametrize("host", ["1.2.3.4", "127.1", "2130706433", "0x7f000001", "a.0x", "[::1]", "::1", "1.2.3.4."])
def test_what_a_browser_reads_as_an_address_is_number_like(host: str) -> None:
    assert name.is_number_like(host)


@pytest.mark.parametrize("host", ["1.2.3.de", "20minutes.fr", "x0.com", "de", "4.at"])
def test_names_with_digits_are_names(host: str) -> None:
    assert not name.is_number_like(host)


def test_a_defanged_name_is_no_link_and_comes_back() -> None:
    assert name.defang("www.bild.ltd") == "www[.]bild[.]ltd"
    assert name.refang("www[.]bild[.]ltd") == "www.bild.ltd"


@pytest.mark.parametrize(("label", "shown"), [("xn--bld-rma", "bíld"), ("bild", "bild"), ("xn--999999999", None)])
def test_punycode_is_decoded_for_the_reader(label: str, shown: str | None) -> None:
    assert name.decoded(label) == shown


@pytest.mark.parametrize("shown", ["bíld", "ѕріегеӏ", "süddeutsche", "bild"])  # noqa: RUF001 -- as above
def test_a_label_that_a_registry_could_hold_is_encoded(shown: str) -> None:
    label = name.encoded(shown)
    assert label is not None
    assert name.decoded(label) == shown


@pytest.mark.parametrize("shown", ["i❤", "-bild", "bild-", "", "a" * 64, "\u0301a", "bi ld"])
def test_a_label_that_no_registry_holds_is_not_encoded(shown: str) -> None:
    assert name.encoded(shown) is None
