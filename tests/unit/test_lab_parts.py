"""The lab's small parts: visitors, ClientHellos, HTTP requests, certificates, addresses, TOML, the loopback gate."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import tomllib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from hypothesis import given, settings
from hypothesis import strategies as st

from service.core.errors import ConfigError
from service.lab.addresses import web_addresses
from service.lab.authority import OTHER_NAME, Authority
from service.lab.client_hello import is_whole, server_name
from service.lab.exchange import BadRequest, exchange, host_name, parse_head, read_request, render, text_reply
from service.lab.loopback import loopback_address
from service.lab.toml_text import toml_text
from service.lab.visitors import kinds_of_visitor
from service.lab.world import Certificate, Reply, VirtualHost
from tests.lab_worlds import LabSite, clone, dead, named, outlet, world

if TYPE_CHECKING:
    from pathlib import Path

    from service.lab.exchange import Request

DESKTOP = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/142.0.0.0 Safari/537.36"
MOBILE = "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/142.0.0.0 Mobile Safari/537.36"


@pytest.mark.parametrize(
    ("agent", "referer", "kinds"),
    [
        (DESKTOP, "", {"desktop"}),
        (MOBILE, "", {"mobile"}),
        (MOBILE, "https://l.facebook.com/", {"mobile", "social"}),
        (DESKTOP, "https://t.co/abc", {"desktop", "social"}),
        (DESKTOP, "https://x.com/", {"desktop", "social"}),
        (DESKTOP, "https://notx.com/", {"desktop"}),
        (DESKTOP, "https://x.com.evil.example/", {"desktop"}),
        (DESKTOP, "http://[", {"desktop"}),
        ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "", {"search"}),
        ("Mozilla/5.0 (Linux; Android 6) Mobile Safari/537.36 (compatible; Googlebot/2.1)", "", {"search", "mobile"}),
        ("Spoofwatch/1.0 (+https://operator.example)", "", {"plain"}),
        ("", "", {"desktop"}),
    ],
)
def test_visitors_are_told_apart_by_their_headers(agent: str, referer: str, kinds: set[str]) -> None:
    assert kinds_of_visitor({"user-agent": agent, "referer": referer}) == kinds


def client_hello(host: str | None) -> bytes:
    sent = ssl.MemoryBIO()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    client = context.wrap_bio(ssl.MemoryBIO(), sent, server_hostname=host)
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    return sent.read()


def test_the_server_name_of_a_real_client_is_read() -> None:
    assert server_name(client_hello("Morgenkurier.LTD")) == "morgenkurier.ltd"
    assert server_name(client_hello(None)) is None


def test_a_hello_is_whole_only_with_its_last_byte() -> None:
    hello = client_hello("morgenkurier.ltd")
    assert is_whole(hello)
    assert not any(is_whole(hello[:size]) for size in range(len(hello)))
    assert is_whole(b"GET / HTTP/1.1\r\n")


@settings(deadline=None)
@given(st.binary(max_size=400), st.integers(0, 400))
def test_no_bytes_break_the_reading_of_a_hello(data: bytes, cut: int) -> None:
    hello = client_hello("morgenkurier.ltd")
    for hostile in (data, hello[:cut], hello[:cut] + data, b"\x16\x03\x01\x00\x30\x01" + data):
        server_name(hostile)
        is_whole(hostile)


@pytest.mark.parametrize(
    ("head", "host", "path", "query"),
    [
        (b"GET /a/b.html?x=1&y=2 HTTP/1.1\r\nHost: Bild.LTD:8080\r\n\r\n", "bild.ltd", "/a/b.html", "x=1&y=2"),
        (b"HEAD http://bild.ltd/?q HTTP/1.1\r\nHost: other.example\r\n\r\n", "bild.ltd", "/", "q"),
        (b"GET //two HTTP/1.1\r\nHost: bild.ltd.\r\n\r\n", "bild.ltd", "//two", ""),
        (b"GET /%C3%BCber HTTP/1.0\r\n\r\n", "", "/über", ""),
    ],
)
def test_requests_are_read(head: bytes, host: str, path: str, query: str) -> None:
    request = parse_head(head)
    assert (request.host, request.path, request.query) == (host, path, query)


@pytest.mark.parametrize(
    "head",
    [
        b"\r\n\r\n",
        b"GET /\r\n\r\n",
        b"GET / FTP/1\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET http://[ HTTP/1.1\r\n\r\n",
    ],
)
def test_what_is_no_request_is_refused(head: bytes) -> None:
    with pytest.raises(BadRequest):
        parse_head(head)


def test_repeated_headers_are_joined_and_brackets_are_no_ports() -> None:
    request = parse_head(b"GET / HTTP/1.1\r\nAccept: a\r\naccept: b\r\n\r\n")
    assert request.headers["accept"] == "a, b"
    assert host_name("[::1]:80") == "::1"


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_break_the_reading_of_a_request(data: bytes) -> None:
    async def read() -> Request | None:
        reader = asyncio.StreamReader(limit=200)
        reader.feed_data(data + b"\r\n\r\n")
        reader.feed_eof()
        return await read_request(reader, body_limit=100)

    with contextlib.suppress(BadRequest):
        asyncio.run(read())


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"POST / HTTP/1.1\r\nContent-Length: 101\r\n\r\n", b"413"),
        (b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n", b"413"),
        (b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nshort", b"400"),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"411"),
        (b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n", b"431"),
    ],
)
def test_bodies_and_heads_beyond_the_limits_are_refused(sent: bytes, status: bytes) -> None:
    class Writer:
        def __init__(self) -> None:
            self.data = b""

        def write(self, data: bytes) -> None:
            self.data += data

        async def drain(self) -> None:
            pass

    async def never(request: Request) -> Reply:
        raise AssertionError(request)

    async def refuse() -> bytes:
        reader, writer = asyncio.StreamReader(), Writer()
        reader.feed_data(sent)
        reader.feed_eof()
        await exchange(reader, writer, never, body_limit=100)  # type: ignore[arg-type]  # writes into memory
        return writer.data

    assert asyncio.run(refuse()).startswith(b"HTTP/1.1 " + status)


def test_answers_carry_their_length_unless_they_say_otherwise() -> None:
    assert render(text_reply(200, "hello")).endswith(b"Content-Length: 6\r\nConnection: close\r\n\r\nhello\n")
    assert render(text_reply(200, "hello"), head_only=True).endswith(b"Content-Length: 6\r\nConnection: close\r\n\r\n")
    assert b"Content-Length" not in render(Reply(status=204, body=b"x"))
    assert render(Reply(status=799, headers=())).startswith(b"HTTP/1.1 799 \r\n")
    lying = Reply(body=b"x", headers=(("Content-Length", "5000"),))
    assert render(lying).count(b"Content-Length") == 1


def test_certificates_are_good_for_their_names_and_kept(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    assert authority.context(("a.ltd",)) is authority.context(("a.ltd",))
    assert authority.context(("a.ltd",)) is not authority.context(("b.ltd",))
    assert [path.name for path in tmp_path.iterdir()] == ["ca.pem"]
    long = "x" * 60 + ".morgenkurier.ltd"
    certificate, _ = authority.issue((long, "*.morgenkurier.ltd"), Certificate.TRUSTED)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == [long, "*.morgenkurier.ltd"]
    certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(authority.ca_file.read_bytes()))


def test_bad_certificates_are_bad_in_the_way_that_was_asked(tmp_path: Path) -> None:
    now = datetime(2026, 11, 23, tzinfo=UTC)
    authority = Authority(tmp_path, now)
    expired, _ = authority.issue(("a.ltd",), Certificate.EXPIRED)
    assert expired.not_valid_after_utc < now
    own, _ = authority.issue(("a.ltd",), Certificate.SELF_SIGNED)
    assert own.issuer == own.subject
    assert own.not_valid_before_utc < now < own.not_valid_after_utc - timedelta(days=80)
    other, _ = authority.issue(("a.ltd",), Certificate.OTHER_NAME)
    names = other.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == [OTHER_NAME]


def test_web_servers_are_needed_where_virtual_hosts_lead() -> None:
    here = world(
        outlet(),
        clone(),
        dead(),
        named(clone("alias.ltd", "127.0.8.1"), cname="morgenkurier.de"),
        named(clone("viewed.ltd", "203.0.113.7"), views={"isp": ("127.0.8.2",)}),
        named(clone("circle.ltd", "127.0.8.3"), cname="circle.ltd"),
        wildcard_suffixes=frozenset({"ws"}),
    )
    assert web_addresses(here) == ("127.0.1.1", "127.0.1.2", "127.0.8.1", "127.0.8.2", "127.0.8.3")
    suffix: dict[str, Any] = {"wildcard_suffixes": frozenset({"ws"}), "wildcard_addresses": ("127.0.8.9",)}
    assert web_addresses(world(**suffix)) == ()
    assert web_addresses(world(catch_all={"127.60.0.1": outlet().hosts[0]})) == ("127.60.0.1",)
    parking = LabSite(name=outlet().name, hosts=(VirtualHost(host="nobody.ws", replies={}),))
    assert web_addresses(world(parking, **suffix)) == ("127.0.8.9",)


def test_the_lab_listens_on_loopback_only() -> None:
    assert loopback_address("127.200.3.4") == "127.200.3.4"
    assert loopback_address("::1") == "::1"
    for address in ("0.0.0.0", "192.0.2.1", "::", "localhost", "", "10.0.0.1"):  # noqa: S104 - refused is what it is
        with pytest.raises(ConfigError, match="loopback only"):
            loopback_address(address)


VALUE = st.recursive(
    st.booleans() | st.integers(-(2**60), 2**60) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@settings(deadline=None)
@given(st.dictionaries(st.text(max_size=8), st.dictionaries(st.text(max_size=8), VALUE, max_size=3), max_size=3))
def test_toml_text_reads_back_as_what_it_was(tables: dict[str, dict[str, object]]) -> None:
    assert tomllib.loads(toml_text(tables)) == tables


def test_toml_has_no_null() -> None:
    with pytest.raises(TypeError, match="TOML has no value"):
        toml_text({"a": {"b": None}})
