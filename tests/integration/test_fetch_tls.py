"""Bad TLS of every kind: looked at all the same, and told from good."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from service.adapters.dialer import Dialer
from service.adapters.exchange import ExchangeLimits
from service.adapters.http import FetchLimits, GuardedFetcher
from service.core.facts.page import FetchedPage, FetchOutcome
from service.lab.authority import Authority
from service.lab.hostile import HostileServer
from service.lab.loopback import CutOff
from service.lab.world import Certificate
from tests.fakes_fetching import DESKTOP, Names, TitleParser

HOST = "shop.example"
LIMITS = FetchLimits(total=10.0)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"), datetime.now(UTC))


def fetched(
    ca_file: Path,
    tls: ssl.SSLContext | None,
    *,
    verified: bool = False,
    url: str = f"https://{HOST}/",
    limits: FetchLimits = LIMITS,
) -> FetchedPage:
    async def run() -> FetchedPage:
        async with HostileServer(tls=tls) as server:
            out = Dialer(
                Names({HOST: ["127.0.0.1"]}),
                {"pages": ["127.0.0.0/8"]},
                port_map={80: server.port, 443: server.port},
                ca_file=str(ca_file),
            )
            fetcher = GuardedFetcher(out, TitleParser(), limits)
            ask = fetcher.fetch_verified if verified else fetcher.fetch
            page = await ask(url, DESKTOP, ())
            await fetcher.close()
            return page

    return asyncio.run(run())


def test_a_browsers_client_hints_are_sent_over_tls_alone(authority: Authority) -> None:
    browser = replace(DESKTOP, headers={"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Chrome/142.0.0.0 Safari/537.36"})

    async def hints(tls: ssl.SSLContext | None, scheme: str) -> set[str]:
        async with HostileServer(tls=tls) as server:
            ports = {80: server.port, 443: server.port}
            out = Dialer(Names({HOST: ["127.0.0.1"]}), {"pages": ["127.0.0.0/8"]}, port_map=ports)
            fetcher = GuardedFetcher(out, TitleParser(), LIMITS)
            await fetcher.fetch(f"{scheme}://{HOST}/", browser, ())
            await fetcher.close()
            return {name for name in server.seen[0].headers if name.startswith("sec-ch-ua")}

    expected = {"sec-ch-ua", "sec-ch-ua-mobile", "sec-ch-ua-platform"}
    assert asyncio.run(hints(authority.context((HOST,)), "https")) == expected
    assert asyncio.run(hints(None, "http")) == set()


def test_a_trusted_certificate_is_verified_and_read(authority: Authority) -> None:
    page = fetched(authority.ca_file, authority.context((HOST, "*.shop.example")))
    assert page.outcome is FetchOutcome.OK
    assert page.tls is not None
    assert page.tls.verified
    assert page.tls.error == ""
    assert page.tls.names == ("*.shop.example", HOST)
    assert page.tls.issuer == "CN=Spoofwatch lab authority"
    assert page.tls.subject == "CN=shop.example"
    assert (page.tls.protocol, page.tls.key) == ("TLSv1.3", "EC secp256r1")
    assert len(page.tls.spki_sha256) == 64
    assert page.tls.not_before is not None
    assert page.tls.not_after is not None
    assert page.tls.not_before < datetime.now(UTC) < page.tls.not_after
    assert len(page.tls.sha256) == 64


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        (Certificate.SELF_SIGNED, "self-signed"),
        (Certificate.EXPIRED, "expired"),
        (Certificate.OTHER_NAME, "not valid for 'shop.example'"),
    ],
)
def test_a_bad_certificate_is_looked_at_with_the_reason_kept(authority: Authority, kind: Certificate, why: str) -> None:
    page = fetched(authority.ca_file, authority.context((HOST,), kind))
    assert page.outcome is FetchOutcome.OK
    assert page.page is not None
    assert page.tls is not None
    assert not page.tls.verified
    assert why in page.tls.error
    assert page.tls.names


@pytest.mark.parametrize("kind", [Certificate.SELF_SIGNED, Certificate.EXPIRED, Certificate.OTHER_NAME])
def test_an_outlets_own_site_is_read_over_a_trusted_certificate_only(authority: Authority, kind: Certificate) -> None:
    page = fetched(authority.ca_file, authority.context((HOST,), kind), verified=True)
    assert page.outcome is FetchOutcome.TLS_ERROR
    assert page.page is None
    assert page.status is None
    assert page.tls is not None
    assert not page.tls.verified


def test_an_outlets_own_site_is_read_where_the_certificate_is_trusted(authority: Authority) -> None:
    page = fetched(authority.ca_file, authority.context((HOST,)), verified=True)
    assert page.outcome is FetchOutcome.OK
    assert page.page is not None


@pytest.mark.parametrize("url", [f"http://{HOST}/", f"https://{HOST}/to?http://{HOST}/"])
def test_an_outlets_own_site_is_never_read_in_the_clear(authority: Authority, url: str) -> None:
    page = fetched(authority.ca_file, authority.context((HOST,)), verified=True, url=url)
    assert page.outcome is FetchOutcome.TLS_ERROR
    assert "https" in page.detail
    assert page.page is None


def test_a_server_of_the_web_is_not_trusted_by_the_labs_authority_alone(authority: Authority, tmp_path: Path) -> None:
    stranger = Authority(tmp_path, datetime.now(UTC))
    page = fetched(authority.ca_file, stranger.context((HOST,)))
    assert page.tls is not None
    assert not page.tls.verified
    assert "issuer" in page.tls.error or "self-signed" in page.tls.error


def test_protocols_of_the_past_are_looked_at_without_trust(authority: Authority, tmp_path: Path) -> None:
    context = Authority(tmp_path, datetime.now(UTC)).context((HOST,))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    page = fetched(authority.ca_file, context)
    assert page.outcome is FetchOutcome.OK
    assert page.tls is not None
    assert not page.tls.verified
    assert page.tls.protocol == "TLSv1"


@contextmanager
def answering(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """A plain blocking server, which sends TLS alerts as real ones do (asyncio's just leaves); the port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.05)
        stop = threading.Event()

        def serve() -> None:
            while not stop.is_set():
                with contextlib.suppress(OSError):
                    connection, _ = listener.accept()
                    connection.settimeout(2.0)
                    with connection, contextlib.suppress(OSError):
                        answer(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield int(listener.getsockname()[1])
        finally:
            stop.set()
            thread.join()


def fetched_from(port: int) -> FetchedPage:
    async def run() -> FetchedPage:
        out = Dialer(Names({HOST: ["127.0.0.1"]}), {"pages": ["127.0.0.0/8"]}, port_map={443: port})
        fetcher = GuardedFetcher(out, TitleParser(), LIMITS)
        page = await fetcher.fetch(f"https://{HOST}/", DESKTOP, ())
        await fetcher.close()
        return page

    return asyncio.run(run())


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_server_that_wants_our_certificate_gets_none(tmp_path: Path, version: ssl.TLSVersion) -> None:
    authority = Authority(tmp_path, datetime.now(UTC))
    context = authority.context((HOST,))
    context.minimum_version = context.maximum_version = version
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(authority.ca_file)

    def answer(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as encrypted:
            encrypted.recv(1000)

    with answering(answer) as port:
        page = fetched_from(port)
    assert page.outcome is FetchOutcome.TLS_ERROR
    assert page.status is None


def test_a_server_is_told_the_name_and_may_refuse_it(authority: Authority) -> None:
    context, told = authority.context(("sni.example",)), []

    def refuse(_: ssl.SSLObject, name: str | None, __: ssl.SSLContext) -> ssl.AlertDescription:
        told.append(name)
        return ssl.AlertDescription.ALERT_DESCRIPTION_UNRECOGNIZED_NAME

    context.sni_callback = refuse

    def answer(connection: socket.socket) -> None:
        context.wrap_socket(connection, server_side=True)

    with answering(answer) as port:
        page = fetched_from(port)
    assert page.outcome is FetchOutcome.TLS_ERROR
    assert set(told) == {HOST}


def test_a_server_that_offers_http_2_is_spoken_to_in_http_1_1(tmp_path: Path) -> None:
    context, chosen = Authority(tmp_path, datetime.now(UTC)).context((HOST,)), []
    context.set_alpn_protocols(["h2", "http/1.1"])

    def answer(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as encrypted:
            chosen.append(encrypted.selected_alpn_protocol())
            encrypted.recv(1000)
            encrypted.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    with answering(answer) as port:
        page = fetched_from(port)
    assert page.status == 200
    assert set(chosen) == {"http/1.1"}


def test_a_server_without_tls_on_the_port_of_tls_is_an_error_of_tls() -> None:
    def answer(connection: socket.socket) -> None:
        connection.recv(1000)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with answering(answer) as port:
        page = fetched_from(port)
    assert page.outcome is FetchOutcome.TLS_ERROR
    assert page.tls is not None
    assert page.tls.error


class Unfinished(HostileServer):
    """Takes connections and does not shake hands: silent, or cut off where ``cuts``."""

    cuts = False

    async def _gate(self, _: object) -> ssl.SSLContext:
        if not self.cuts:
            await asyncio.sleep(3600)
        raise CutOff


@pytest.mark.parametrize(("cuts", "outcome"), [(True, FetchOutcome.UNREACHABLE), (False, FetchOutcome.TIMEOUT)])
def test_a_handshake_that_never_ends_has_an_outcome(authority: Authority, cuts: bool, outcome: FetchOutcome) -> None:  # noqa: FBT001 - a row of the table
    async def run() -> FetchedPage:
        Unfinished.cuts = cuts
        async with Unfinished(tls=authority.context((HOST,))) as server:
            out = Dialer(Names({HOST: ["127.0.0.1"]}), {"pages": ["127.0.0.0/8"]}, port_map={443: server.port})
            limits = FetchLimits(total=10.0, exchange=ExchangeLimits(connect=0.3))
            fetcher = GuardedFetcher(out, TitleParser(), limits)
            page = await fetcher.fetch(f"https://{HOST}/", DESKTOP, ())
            await fetcher.close()
            return page

    assert asyncio.run(run()).outcome is outcome


def test_bodies_come_through_tls_whole_and_within_their_limits(authority: Authority) -> None:
    page = fetched(authority.ca_file, authority.context((HOST,)), url=f"https://{HOST}/options")
    assert page.outcome is FetchOutcome.OK
    assert page.bytes == 72_030
    page = fetched(authority.ca_file, authority.context((HOST,)), url=f"https://{HOST}/endless")
    assert page.outcome is FetchOutcome.TOO_LARGE
