"""The lab's web servers, visited by httpx with and without trust in the lab's authority."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from service.core.errors import ConfigError
from service.lab.authority import OTHER_NAME, Authority
from service.lab.web import WebServer
from service.lab.world import Certificate, Reply, VirtualHost, World
from tests.lab_worlds import ARTICLE, clone, outlet, redirect, world

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

HOME = "127.0.0.1"
MOBILE = "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/142.0.0.0 Mobile Safari/537.36"


class Visitor:
    """A browser that dials one address, whatever the host is called."""

    def __init__(self, server: WebServer, ca_file: Path, address: str) -> None:
        self.server, self.address = server, address
        self.trusting = ssl.create_default_context(cafile=str(ca_file))

    async def get(self, url: str, method: str = "GET", **headers: str) -> httpx.Response:
        asked = httpx.URL(url)
        port = self.server.https_port if asked.scheme == "https" else self.server.http_port
        dialled = asked.copy_with(host=self.address, port=port)
        async with httpx.AsyncClient(verify=self.trusting, trust_env=False) as client:
            more = {"sni_hostname": asked.host} if asked.scheme == "https" else {}
            return await client.request(method, dialled, headers={"Host": asked.host, **headers}, extensions=more)


@contextlib.asynccontextmanager
async def serving(shown: World, folder: Path, address: str) -> AsyncIterator[Visitor]:
    authority = Authority(folder)
    server = WebServer(shown, authority)
    try:
        server.listen_on(address)
        yield Visitor(server, authority.ca_file, address)
    finally:
        await server.close()


def visiting(shown: World, folder: Path, test: Callable[[Visitor], Awaitable[None]], address: str = HOME) -> None:
    async def run() -> None:
        async with serving(shown, folder, address) as visitor:
            await test(visitor)

    asyncio.run(run())


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_each_host_serves_its_own_pages(scheme: str, tmp_path: Path) -> None:
    async def test(visitor: Visitor) -> None:
        home = await visitor.get(f"{scheme}://morgenkurier.de/")
        assert home.status_code == 200
        assert "Der Morgenkurier" in home.text
        assert home.headers["content-type"] == "text/html; charset=utf-8"
        article = await visitor.get(f"{scheme}://morgenkurier.ltd{ARTICLE}?fbclid=1")
        assert "Sanktionen" in article.text
        assert (await visitor.get(f"{scheme}://morgenkurier.ltd/nothing")).status_code == 404
        away = await visitor.get(f"{scheme}://www.morgenkurier.de/")
        assert (away.status_code, away.headers["location"]) == (302, "https://morgenkurier.de/")
        assert visitor.server.requests == 4
        assert [visit.host for visit in visitor.server.visits][:2] == ["morgenkurier.de", "morgenkurier.ltd"]

    visiting(world(outlet(), clone()), tmp_path, test)


def test_head_is_answered_with_the_length_and_no_body(tmp_path: Path) -> None:
    async def test(visitor: Visitor) -> None:
        head = await visitor.get("http://morgenkurier.de/", "HEAD")
        whole = await visitor.get("http://morgenkurier.de/")
        assert head.content == b""
        assert int(head.headers["content-length"]) == len(whole.content)
        assert (await visitor.get("http://morgenkurier.de/", "POST")).status_code == 405

    visiting(world(outlet()), tmp_path, test)


def test_only_the_visitors_that_it_wants_see_the_clone(tmp_path: Path) -> None:
    hidden = redirect("https://morgenkurier.de/")
    shown = world(
        clone(visible_to=frozenset({"social"}), hidden=hidden), clone("b.ltd", visible_to=frozenset({"mobile"}))
    )

    async def test(visitor: Visitor) -> None:
        url = f"https://morgenkurier.ltd{ARTICLE}"
        assert (await visitor.get(url)).status_code == 302
        assert (await visitor.get(url, **{"User-Agent": MOBILE})).status_code == 302
        from_social = await visitor.get(url, **{"User-Agent": MOBILE, "Referer": "https://l.facebook.com/"})
        assert from_social.status_code == 200
        assert (await visitor.get("http://b.ltd/")).status_code == 404
        assert (await visitor.get("http://b.ltd/", **{"User-Agent": MOBILE})).status_code == 200
        assert [visit.shown for visit in visitor.server.visits] == [False, False, True, False, True]

    visiting(shown, tmp_path, test)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_host_that_refuses_and_one_that_nobody_serves_cut_the_connection(scheme: str, tmp_path: Path) -> None:
    async def test(visitor: Visitor) -> None:
        for host in ("morgenkurier.ltd", "nobody.ltd"):
            with pytest.raises((httpx.ReadError, httpx.ConnectError, httpx.RemoteProtocolError)):
                await visitor.get(f"{scheme}://{host}/")
        assert (await visitor.get(f"{scheme}://morgenkurier.de/")).status_code == 200

    visiting(world(outlet(), clone(refuses=True)), tmp_path, test)


@pytest.mark.parametrize(
    ("kind", "complaint"),
    [
        (Certificate.SELF_SIGNED, "self-signed"),
        (Certificate.EXPIRED, "expired"),
        (Certificate.OTHER_NAME, "Hostname mismatch"),
    ],
)
def test_bad_certificates_fail_for_their_own_reason(kind: Certificate, complaint: str, tmp_path: Path) -> None:
    async def test(visitor: Visitor) -> None:
        with pytest.raises(httpx.ConnectError, match=complaint):
            await visitor.get("https://morgenkurier.ltd/")
        visitor.trusting.check_hostname = False
        visitor.trusting.verify_mode = ssl.CERT_NONE
        assert (await visitor.get("https://morgenkurier.ltd/")).status_code == 200

    visiting(world(clone(certificate=kind)), tmp_path, test)


async def certificate_names(visitor: Visitor, host: str | None) -> list[str]:
    context = visitor.trusting
    if host is None:
        context = ssl.create_default_context(cadata=None)
        context.load_verify_locations(visitor.server._authority.ca_file)
        context.check_hostname = False
    _, writer = await asyncio.open_connection(
        visitor.address, visitor.server.https_port, ssl=context, server_hostname=host or ""
    )
    shown: dict[str, Any] = writer.get_extra_info("peercert")
    writer.close()
    await writer.wait_closed()
    return [name for _, name in shown["subjectAltName"]]


def test_a_certificate_covers_the_names_that_the_host_says(tmp_path: Path) -> None:
    names = ("morgenkurier.ltd", "video.morgenkurier.ltd")

    async def test(visitor: Visitor) -> None:
        assert await certificate_names(visitor, "morgenkurier.ltd") == list(names)
        assert await certificate_names(visitor, "morgenkurier.de") == ["morgenkurier.de"]
        assert await certificate_names(visitor, None) == ["lab.example"]
        assert OTHER_NAME not in names

    visiting(world(outlet(), clone(certificate_names=names)), tmp_path, test)


def test_an_address_that_catches_all_shows_its_page_for_every_host(tmp_path: Path) -> None:
    blocked = VirtualHost(host="sperre.example", replies={}, missing=Reply(body=b"<title>Gesperrt</title>"))

    async def test(visitor: Visitor) -> None:
        for url in ("http://morgenkurier.de/", "http://nobody.ltd/deep/link.html"):
            assert (await visitor.get(url)).content == b"<title>Gesperrt</title>"
        with pytest.raises(httpx.ConnectError, match="Hostname mismatch"):
            await visitor.get("https://morgenkurier.de/")
        visitor.server.listen_on("127.0.1.1")
        visitor.address = "127.0.1.1"
        assert "Der Morgenkurier" in (await visitor.get("https://morgenkurier.de/")).text

    visiting(world(outlet(), catch_all={"127.60.0.1": blocked}), tmp_path, test, address="127.60.0.1")


def test_all_addresses_share_the_two_ports_and_more_may_be_added(tmp_path: Path) -> None:
    async def test(visitor: Visitor) -> None:
        ports = (visitor.server.http_port, visitor.server.https_port)
        for address in ("127.0.3.1", "127.200.0.9", "127.0.3.1"):
            visitor.server.listen_on(address)
            visitor.address = address
            assert (await visitor.get("https://morgenkurier.de/")).status_code == 200
        assert (visitor.server.http_port, visitor.server.https_port) == ports
        with pytest.raises(ConfigError, match="loopback only"):
            visitor.server.listen_on("192.0.2.1")
        visitor.address = "127.0.3.250"
        with pytest.raises(httpx.ConnectError):
            await visitor.get("http://morgenkurier.de/")

    visiting(world(outlet()), tmp_path, test, address="127.0.3.2")


def test_a_new_world_is_served_from_the_next_request_on(tmp_path: Path) -> None:
    async def test(visitor: Visitor) -> None:
        assert (await visitor.get("https://morgenkurier.ltd/")).status_code == 200
        visitor.server.show(world(outlet()))
        with pytest.raises(httpx.TransportError):
            await visitor.get("https://morgenkurier.ltd/")
        assert (await visitor.get("https://morgenkurier.de/")).status_code == 200

    visiting(world(clone()), tmp_path, test)


def test_a_reply_may_lie_about_its_length(tmp_path: Path) -> None:
    lying = Reply(body=b"short", headers=(("Content-Length", "5000"),))

    async def test(visitor: Visitor) -> None:
        with pytest.raises(httpx.RemoteProtocolError):
            await visitor.get("http://morgenkurier.ltd/")

    visiting(world(clone(replies={"/": lying})), tmp_path, test)


def test_bytes_that_are_no_request_and_no_hello_stop_nothing(tmp_path: Path) -> None:
    async def test(visitor: Visitor) -> None:
        for port in (visitor.server.http_port, visitor.server.https_port):
            for sent in (b"", b"\r\n\r\n", b"\x16\x03\x01\x00\x05\x01", b"\x80\x2e\x01\x03", b"GET / HTTP/1.1\r\n\r\n"):
                reader, writer = await asyncio.open_connection(HOME, port)
                writer.write(sent)
                writer.write_eof()
                with contextlib.suppress(ConnectionResetError):
                    await reader.read()
                writer.close()
                with contextlib.suppress(ConnectionResetError):
                    await writer.wait_closed()
        assert (await visitor.get("https://morgenkurier.de/")).status_code == 200

    visiting(world(outlet()), tmp_path, test)


def test_a_hello_in_pieces_is_waited_for(tmp_path: Path) -> None:
    async def test(visitor: Visitor) -> None:
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        client = visitor.trusting.wrap_bio(incoming, outgoing, server_hostname="morgenkurier.de")
        with pytest.raises(ssl.SSLWantReadError):
            client.do_handshake()
        hello = outgoing.read()
        reader, writer = await asyncio.open_connection(HOME, visitor.server.https_port)
        for at in range(0, len(hello), 100):
            writer.write(hello[at : at + 100])
            await writer.drain()
            await asyncio.sleep(0.002)
        incoming.write(await reader.read(65_536))
        with contextlib.suppress(ssl.SSLWantReadError):
            client.do_handshake()
        assert client.getpeercert()
        writer.close()
        await writer.wait_closed()

    visiting(world(outlet()), tmp_path, test)


def test_closing_ends_connections_that_say_nothing(tmp_path: Path) -> None:
    async def run() -> None:
        async with serving(world(outlet()), tmp_path, HOME) as visitor:
            pairs = [
                await asyncio.open_connection(HOME, port)
                for port in (visitor.server.http_port, visitor.server.https_port) * 3
            ]
        for reader, writer in pairs:
            with contextlib.suppress(ConnectionResetError):
                assert await reader.read() == b""
            writer.close()

    asyncio.run(run())
