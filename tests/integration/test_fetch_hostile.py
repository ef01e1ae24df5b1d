"""Hostile sites, one behaviour a case: every one ends in an outcome, and what came of a page is kept."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

import pytest

from service.adapters import streams
from service.adapters.decode import BodyLimits
from service.adapters.dialer import Dialer
from service.adapters.exchange import ExchangeLimits
from service.adapters.http import FetchLimits, GuardedFetcher
from service.adapters.parser import ChildParser, ParserLimits
from service.core.facts.capture import final_answer
from service.core.facts.listings import Listing
from service.core.facts.page import FetchedPage, FetchOutcome, HopKind
from service.core.facts.picture import Icon
from service.core.model import DIRECT
from service.lab.hostile import METADATA_URL, PAGES_THAT_KILL, Behaviour, HostileServer
from service.lab.hostile import page as answering
from tests.fakes_fetching import DESKTOP, InProcessParser, Names, TitleParser

HOST = "hostile.example"


def page_of(body: bytes, content_type: bytes) -> Behaviour:
    return answering(body, b"Content-Type: " + content_type + b"\r\n")


LIMITS = FetchLimits(total=10.0, exchange=ExchangeLimits(body=BodyLimits(wire=300_000, decoded=400_000)))
IMPATIENT = replace(LIMITS, total=0.4)
ENDLESS = {"/drip", "/slow-headers", "/silence"}
"""Cases that only the deadline ends."""


def with_server(
    scenario: Callable[[GuardedFetcher, HostileServer], Coroutine[Any, Any, Any]], limits: FetchLimits = LIMITS
) -> Any:
    """Run a scenario against the hostile server on port 80 of hostile.example."""

    async def run() -> Any:
        async with HostileServer() as server:
            out = Dialer(Names({HOST: ["127.0.0.1"]}), {"pages": ["127.0.0.0/8"]}, port_map={80: server.port})
            fetcher = GuardedFetcher(out, TitleParser(), limits)
            try:
                return await scenario(fetcher, server)
            finally:
                await fetcher.close()

    return asyncio.run(run())


def fetched(path: str, limits: FetchLimits = LIMITS) -> FetchedPage:
    async def scenario(fetcher: GuardedFetcher, _: HostileServer) -> FetchedPage:
        return await fetcher.fetch(f"http://{HOST}{path}", DESKTOP, ("de", "en"))

    found: FetchedPage = with_server(scenario, limits)
    return found


def title(page: FetchedPage) -> str | None:
    return page.page.title if page.page is not None else None


def test_a_plain_page_is_read_with_everything_around_it() -> None:
    page = fetched("/")
    assert page.outcome is FetchOutcome.OK
    assert (page.status, page.content_type, page.bytes) == (200, "text/html; charset=utf-8", 120)
    assert len(page.body_sha256) == 64
    assert page.final_url == page.target == f"http://{HOST}/"
    assert [(hop.url, hop.kind, hop.status, hop.address) for hop in page.hops] == [
        (f"http://{HOST}/", HopKind.START, 200, "127.0.0.1")
    ]
    assert page.tls is None
    assert title(page) == "Plain page"


@pytest.mark.parametrize(
    ("path", "outcome", "detail", "shown"),
    [
        ("/gzip", FetchOutcome.OK, "", "Plain page"),
        ("/deflate", FetchOutcome.OK, "", "Plain page"),
        ("/raw-deflate", FetchOutcome.OK, "", "Plain page"),
        ("/gzip-bomb", FetchOutcome.TOO_LARGE, "400000 bytes of body", ""),
        ("/gzip-truncated", FetchOutcome.PROTOCOL_ERROR, "breaks off", "Plain page"),
        ("/gzip-damaged", FetchOutcome.PROTOCOL_ERROR, "damaged", ""),
        ("/gzip-nested", FetchOutcome.UNSUPPORTED_ENCODING, "gzip, gzip", ""),
        ("/br", FetchOutcome.UNSUPPORTED_ENCODING, "br", ""),
        ("/zstd", FetchOutcome.UNSUPPORTED_ENCODING, "zstd", ""),
        ("/endless", FetchOutcome.TOO_LARGE, "on the wire", "Plain page"),
        ("/drip", FetchOutcome.TIMEOUT, "whole fetch", "Plain page"),
        ("/crumbs", FetchOutcome.PROTOCOL_ERROR, "chunks", ""),
        ("/slow-headers", FetchOutcome.TIMEOUT, "whole fetch", None),
        ("/silence", FetchOutcome.TIMEOUT, "whole fetch", None),
        ("/many-headers", FetchOutcome.TOO_LARGE, "400 lines", None),
        ("/rather-many-headers", FetchOutcome.TOO_LARGE, "252 headers", None),
        ("/long-header", FetchOutcome.PROTOCOL_ERROR, "too long", None),
        ("/endless-interim", FetchOutcome.TOO_LARGE, "400 lines", None),
        ("/interim", FetchOutcome.OK, "", "Plain page"),
        ("/many-lines", FetchOutcome.OK, "", "many lines"),
        ("/lone-newlines", FetchOutcome.OK, "", "Plain page"),
        ("/garbage", FetchOutcome.PROTOCOL_ERROR, "status line", None),
        ("/switching", FetchOutcome.PROTOCOL_ERROR, "", None),
        ("/close", FetchOutcome.UNREACHABLE, "without sending", None),
        ("/reset", FetchOutcome.PROTOCOL_ERROR, "reset", "Plain page"),
        ("/promises-more", FetchOutcome.PROTOCOL_ERROR, "complete message body", "Plain page"),
        ("/promises-less", FetchOutcome.OK, "", ""),
        ("/empty", FetchOutcome.OK, "", ""),
        ("/no-type", FetchOutcome.OK, "", "Plain page"),
        ("/json", FetchOutcome.OK, "", None),
        ("/icon.png", FetchOutcome.OK, "", None),
        ("/absent", FetchOutcome.OK, "", "404"),
        ("/charset-utf-7", FetchOutcome.OK, "", "Zürich +ADw-b+AD4-"),
        ("/charset-zlib", FetchOutcome.OK, "", "Zürich"),
        ("/charset-idna", FetchOutcome.OK, "", "Zürich"),
        ("/charset-unknown", FetchOutcome.OK, "", "Zürich"),
        ("/charset-cyrillic", FetchOutcome.OK, "", "Новости"),
    ],
)
def test_every_behaviour_has_its_outcome(path: str, outcome: FetchOutcome, detail: str, shown: str | None) -> None:
    page = fetched(path, IMPATIENT if path in ENDLESS else LIMITS)
    assert page.outcome is outcome
    assert detail in page.detail
    assert title(page) == shown
    assert page.bytes <= LIMITS.exchange.body.decoded


@pytest.mark.parametrize(
    ("path", "last", "detail"),
    [
        ("/to-metadata", METADATA_URL, "link-local"),
        ("/to-mapped", "http://[::ffff:a9fe:a9fe]/", "link-local"),
        ("/to-number", "http://2852039166/", "number"),
        ("/to-file", "file:///etc/passwd", "scheme"),
        ("/to-user", "http://good.example@169.254.169.254/", "user name"),
        ("/to-nonsense", "//[::1]:99999/ä", "not a URL"),
        ("/to-ssh", "http://127.0.0.1:22/", "port 22"),
        ("/script-to-metadata", METADATA_URL, "link-local"),
    ],
)
def test_a_redirect_to_where_nobody_may_go_is_refused_and_kept(path: str, last: str, detail: str) -> None:
    page = with_html_parser(path) if path.startswith("/script") else fetched(path)
    assert page.outcome is FetchOutcome.REFUSED
    assert detail in page.detail
    assert page.final_url == page.hops[-1].url == last
    assert page.hops[-1].status is None
    assert len(page.hops) == 2


def with_html_parser(path: str) -> FetchedPage:
    """With the real reading of pages, in this process: these cases are about what pages say."""

    async def run() -> FetchedPage:
        async with HostileServer() as server:
            out = Dialer(Names({HOST: ["127.0.0.1"]}), {"pages": ["127.0.0.0/8"]}, port_map={80: server.port})
            fetcher = GuardedFetcher(out, InProcessParser(), LIMITS)
            try:
                return await fetcher.fetch(f"http://{HOST}{path}", DESKTOP, ())
            finally:
                await fetcher.close()

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("path", "kinds", "final", "shown"),
    [
        ("/hops?3", [HopKind.START, HopKind.HTTP, HopKind.HTTP, HopKind.HTTP], "/hops?0", "Plain page"),
        ("/refresh", [HopKind.START, HopKind.META_REFRESH], "/?from-refresh", "Plain page"),
        ("/script", [HopKind.START, HopKind.SCRIPT], "/?from-script", "Plain page"),
        ("/refresh-slowly", [HopKind.START], "/refresh-slowly", "staying"),
        ("/refresh-itself", [HopKind.START], "/refresh-itself", "staying"),
        ("/script-in-article", [HopKind.START], "/script-in-article", "staying"),
        ("/cookie-wall", [HopKind.START, HopKind.HTTP], "/cookie-wall", "Plain page"),
        ("/to?/hops?1", [HopKind.START, HopKind.HTTP, HopKind.HTTP], "/hops?0", "Plain page"),
    ],
)
def test_chains_are_followed_by_every_means_that_browsers_follow(
    path: str, kinds: list[HopKind], final: str, shown: str
) -> None:
    page = with_html_parser(path)
    assert page.outcome is FetchOutcome.OK
    assert [hop.kind for hop in page.hops] == kinds
    assert page.final_url == f"http://{HOST}{final}"
    assert title(page) == shown


def test_a_wrapper_is_a_hop_that_nobody_is_asked_for() -> None:
    async def scenario(fetcher: GuardedFetcher, server: HostileServer) -> tuple[FetchedPage, int]:
        url = f"https://l.facebook.com/l.php?u=http%3A%2F%2F{HOST}%2F%3Fa%3D1%2526b&h=AT0"
        page = await fetcher.fetch(url, DESKTOP, ())
        assert [request.target for request in server.seen] == ["/?a=1%26b"]
        return page, len(server.seen)

    page, _ = with_server(scenario)
    assert page.outcome is FetchOutcome.OK
    assert [(hop.kind, hop.status) for hop in page.hops] == [(HopKind.START, None), (HopKind.WRAPPER, 200)]
    assert page.hops[0].address is None
    assert page.final_url == f"http://{HOST}/?a=1%26b"


def test_wrappers_count_as_hops_too() -> None:
    page = with_server(
        lambda fetcher, _: fetcher.fetch("https://l.facebook.com/l.php?u=" * 12 + f"http://{HOST}/", DESKTOP, ())
    )
    assert page.outcome is FetchOutcome.TOO_MANY_REDIRECTS
    assert len(page.hops) == 10


def test_a_loop_is_found_and_kept() -> None:
    page = fetched("/loop")
    assert page.outcome is FetchOutcome.REDIRECT_LOOP
    assert [hop.url.rpartition("/")[2] for hop in page.hops] == ["loop", "loop-back", "loop"]
    assert [hop.status for hop in page.hops] == [302, 302, None]


def test_a_chain_has_ten_requests_at_most() -> None:
    assert fetched("/hops?9").outcome is FetchOutcome.OK
    page = fetched("/hops?30")
    assert page.outcome is FetchOutcome.TOO_MANY_REDIRECTS
    assert len(page.hops) == 10
    assert page.status == 302


def test_what_a_page_showed_before_it_led_into_nothing_is_kept() -> None:
    page = with_html_parser("/refresh-into-nothing")
    assert page.outcome is FetchOutcome.UNREACHABLE
    assert title(page) == "before nothing"


def test_profile_and_languages_are_sent_as_they_are() -> None:
    async def scenario(fetcher: GuardedFetcher, server: HostileServer) -> dict[str, str]:
        await fetcher.fetch(f"http://{HOST}/echo?a=%20b|c", DESKTOP, ("de-DE", "de", "en"))
        assert server.seen[0].target == "/echo?a=%20b|c"
        return server.seen[0].headers

    assert with_server(scenario) == {
        "host": HOST,
        "user-agent": "Test",
        "accept-language": "de-DE,de;q=0.9,en;q=0.8",
        "referer": "https://t.co/",
        "accept-encoding": "identity",
    }


def test_cookies_live_for_one_chain_and_traps_of_many_are_not_kept_at_all() -> None:
    async def scenario(fetcher: GuardedFetcher, server: HostileServer) -> None:
        for path in ("/cookie-wall", "/echo", "/cookies", "/cookies"):
            await fetcher.fetch(f"http://{HOST}{path}", DESKTOP, ())
        assert [request.headers.get("cookie") for request in server.seen] == [None, "seen=1", None, None, None]

    with_server(scenario)


def test_a_name_whose_address_changes_after_the_vetting_is_dialled_where_it_was_vetted() -> None:
    async def run() -> tuple[FetchedPage, FetchedPage, Names]:
        async with HostileServer() as server:
            names = Names({"rebind.example": [("127.0.0.1",), ("10.0.0.1",)]})
            fetcher = GuardedFetcher(
                Dialer(names, {"pages": ["127.0.0.0/8"]}, port_map={80: server.port}), TitleParser(), LIMITS
            )
            first = await fetcher.fetch("http://rebind.example/", DESKTOP, ())
            second = await fetcher.fetch("http://rebind.example/", DESKTOP, ())
            await fetcher.close()
            return first, second, names

    first, second, names = asyncio.run(run())
    assert first.outcome is FetchOutcome.OK
    assert second.outcome is FetchOutcome.REFUSED
    assert len(names.asked) == 2


def test_a_name_without_an_address_and_a_closed_port_have_outcomes_of_their_own() -> None:
    async def run() -> list[FetchOutcome]:
        async with HostileServer() as server:
            port = server.port
        names = Names({"gone.example": [], "closed.example": ["127.0.0.1"]})
        fetcher = GuardedFetcher(Dialer(names, {"pages": ["127.0.0.0/8"]}, port_map={80: port}), TitleParser(), LIMITS)
        pages = [await fetcher.fetch(f"http://{host}/", DESKTOP, ()) for host in ("gone.example", "closed.example")]
        await fetcher.close()
        return [page.outcome for page in pages]

    assert asyncio.run(run()) == [FetchOutcome.NO_ADDRESS, FetchOutcome.UNREACHABLE]


def test_one_registrable_domain_is_talked_to_by_few_whatever_its_hosts() -> None:
    async def most_at_once(*hosts: str) -> int:
        async with HostileServer() as server:
            names = Names({host: ["127.0.0.1"] for host in hosts})
            out = Dialer(names, {"pages": ["127.0.0.0/8"]}, port_map={80: server.port})
            fetcher = GuardedFetcher(out, TitleParser(), replace(LIMITS, per_domain=1, per_address=9))
            pages = await asyncio.gather(*(fetcher.fetch(f"http://{host}/pause", DESKTOP, ()) for host in hosts))
            assert {page.outcome for page in pages} == {FetchOutcome.OK}
            await fetcher.close()
            return server.at_most

    assert asyncio.run(most_at_once("a.hostile.co.uk", "b.hostile.co.uk", "hostile.co.uk")) == 1
    assert asyncio.run(most_at_once("hostile.co.uk", "other.co.uk")) == 2


LISTINGS = {
    "/robots.txt": page_of(b"Sitemap: /s.xml.gz", b"text/plain"),
    "/s.xml.gz": page_of(gzip.compress(b"<urlset><url><loc>/a</loc></url></urlset>"), b"application/gzip"),
    "/bomb.xml.gz": page_of(gzip.compress(b"<urlset>" + bytes(64 * 1024 * 1024)), b"application/gzip"),
    "/laughs.xml": page_of(b'<!DOCTYPE x [<!ENTITY a "b">]><urlset><url><loc>/&a;</loc></url></urlset>', b"text/xml"),
}


def test_listings_are_read_in_the_process_that_can_be_killed() -> None:
    async def run() -> list[Listing]:
        async with HostileServer(more=LISTINGS) as server:
            parser = ChildParser()
            out = Dialer(Names({HOST: ["127.0.0.1"]}), {"pages": ["127.0.0.0/8"]}, port_map={80: server.port})
            fetcher = GuardedFetcher(out, parser, LIMITS)
            try:
                paths = (*LISTINGS, "/absent", "/close", "/")
                return [await fetcher.listing(f"http://{HOST}{path}", DESKTOP) for path in paths]
            finally:
                await fetcher.close()
                await parser.close()

    robots, sitemap, *others = asyncio.run(run())
    assert robots.sitemaps == (f"http://{HOST}/s.xml.gz",)
    assert sitemap.pages == (f"http://{HOST}/a",)
    assert others == [Listing()] * 5


def test_pages_that_kill_a_parser_end_with_their_outcome_and_title() -> None:
    async def run() -> list[FetchedPage]:
        async with HostileServer() as server:
            parser = ChildParser(ParserLimits(seconds=0.5))
            out = Dialer(Names({HOST: ["127.0.0.1"]}), {"pages": ["127.0.0.0/8"]}, port_map={80: server.port})
            fetcher = GuardedFetcher(out, parser, FetchLimits())
            try:
                return [await fetcher.fetch(f"http://{HOST}/{case}", DESKTOP, ()) for case in PAGES_THAT_KILL]
            finally:
                await fetcher.close()
                await parser.close()

    for case, page in zip(PAGES_THAT_KILL, asyncio.run(run()), strict=True):
        assert page.outcome is FetchOutcome.OK
        assert page.page is not None
        assert page.page.title == case
        assert page.page.unparseable


def test_one_address_is_talked_to_by_few_at_a_time_and_waiting_is_not_the_sites_fault() -> None:
    async def scenario(fetcher: GuardedFetcher, server: HostileServer) -> list[FetchedPage]:
        pages = await asyncio.gather(*(fetcher.fetch(f"http://{HOST}/pause?{i}", DESKTOP, ()) for i in range(36)))
        assert server.at_most <= 2
        return pages

    pages = with_server(scenario, FetchLimits(total=0.8, per_address=2))
    assert {page.outcome for page in pages} == {FetchOutcome.OK}


def test_an_icon_is_its_hash_and_a_page_is_no_icon() -> None:
    async def scenario(fetcher: GuardedFetcher, _: HostileServer) -> list[Icon | None]:
        paths = ("/icon.png", "/to?/icon.png", "/", "/absent", "/empty", "/close")
        return [await fetcher.favicon(f"http://{HOST}{path}", DESKTOP) for path in paths]

    icon, moved, *others = with_server(scenario)
    assert (len(icon.sha256), icon.url) == (64, f"http://{HOST}/icon.png")
    assert (moved.sha256, moved.mmh3) == (icon.sha256, icon.mmh3)
    assert others == [None, None, None, None]


def test_a_page_carries_its_exchange_byte_for_byte() -> None:
    page = fetched("/to?/gzip")
    first, last = page.exchanges
    assert first.sent.startswith(b"GET /to?/gzip HTTP/1.1\r\nHost: hostile.example\r\n")
    assert first.received.startswith(b"HTTP/1.1 302 Found\r\n")
    assert (last.url, last.address, last.cut) == (f"http://{HOST}/gzip", "127.0.0.1", False)
    head, body = final_answer(last.received)
    assert b"Content-Encoding: gzip" in head
    assert gzip.decompress(body)[:15].lower() == b"<!doctype html>"


def test_interim_answers_are_on_the_tape_and_not_in_the_final_answer() -> None:
    (exchange,) = fetched("/early-hints").exchanges
    assert exchange.received.startswith(b"HTTP/1.1 103")
    assert final_answer(exchange.received)[0].startswith(b"HTTP/1.1 200")


def test_what_breaks_off_is_kept_as_far_as_it_came() -> None:
    (exchange,) = fetched("/reset").exchanges
    assert exchange.received.startswith(b"HTTP/1.1 200 OK")


@pytest.mark.parametrize(
    "url", ["", "x", "http://", "file:///etc/passwd", "http://127.1/", "http://a b/", "http://\x00/"]
)
def test_a_target_that_is_none_is_refused_without_a_request(url: str) -> None:
    async def scenario(fetcher: GuardedFetcher, server: HostileServer) -> FetchedPage:
        page = await fetcher.fetch(url, DESKTOP, ())
        assert server.seen == []
        return page

    page = with_server(scenario)
    assert page.outcome is FetchOutcome.REFUSED
    assert page.detail
    assert len(page.hops) == 1


class DialsInsideForOutside(Dialer):
    """Public addresses are reached at the lab's server, so that a chain can begin outside on loopback."""

    lab_port = 0

    async def stream(self, route: Any, budget: int, patience: float | None, egress: str = DIRECT) -> Any:
        return await streams.connected(
            "127.0.0.1", self.lab_port if route.outside else route.endpoints[0][1], patience, budget
        )


def test_requests_to_one_domain_of_others_lie_a_pause_apart_which_is_not_the_sites_fault() -> None:
    stretched: list[float] = []

    def stretch() -> float:
        stretched.append(2.0)
        return 2.0

    async def run(host: str) -> tuple[float, set[FetchOutcome]]:
        async with HostileServer() as server:
            names = Names({"outside.example": ["93.184.216.34"], "inside.example": ["127.0.0.1"]})
            out = DialsInsideForOutside(names, {"pages": ["127.0.0.0/8"]}, port_map={80: server.port})
            out.lab_port = server.port
            limits = replace(LIMITS, pause=0.6, stretch=stretch, total=1.0)
            fetcher = GuardedFetcher(out, TitleParser(), limits)
            began = asyncio.get_running_loop().time()
            pages = [await fetcher.fetch(f"http://{host}/?{i}", DESKTOP, ()) for i in range(2)]
            await fetcher.close()
            return asyncio.get_running_loop().time() - began, {page.outcome for page in pages}

    assert asyncio.run(run("inside.example"))[1] == {FetchOutcome.OK}
    assert stretched == [], "nobody needs a pause in a network of the operator's"
    took, outcomes = asyncio.run(run("outside.example"))
    assert outcomes == {FetchOutcome.OK}
    assert took >= 1.2
    assert stretched == [2.0, 2.0]


def test_a_chain_from_outside_does_not_enter_an_allowed_network() -> None:
    async def run() -> FetchedPage:
        async with HostileServer() as server:
            names = Names({"outside.example": ["93.184.216.34"], "inside.example": ["127.0.0.1"]})
            out = DialsInsideForOutside(names, {"pages": ["127.0.0.0/8"]}, port_map={80: server.port})
            out.lab_port = server.port
            fetcher = GuardedFetcher(out, TitleParser(), LIMITS)
            inside = await fetcher.fetch("http://inside.example/", DESKTOP, ())
            assert inside.outcome is FetchOutcome.OK
            page = await fetcher.fetch("http://outside.example/to?http://inside.example/", DESKTOP, ())
            await fetcher.close()
            return page

    page = asyncio.run(run())
    assert page.outcome is FetchOutcome.REFUSED
    assert [hop.status for hop in page.hops] == [302, None]


def test_a_page_full_of_forms_scripts_and_pictures_is_one_request() -> None:
    body = (
        b"<title>full</title><link rel=stylesheet href=/a.css><link rel=icon href=/i.png><script src=/a.js></script>"
        b"<img src=/a.png><iframe src=/frame></iframe><form action=/login method=post><input type=password></form>"
        b"<script>document.forms[0].submit(); fetch('/x')</script><body onload='location.reload()'>"
    )

    async def run() -> list[str]:
        async with HostileServer(more={"/full": answering(body)}) as server:
            out = Dialer(Names({HOST: ["127.0.0.1"]}), {"pages": ["127.0.0.0/8"]}, port_map={80: server.port})
            fetcher = GuardedFetcher(out, InProcessParser(), LIMITS)
            page = await fetcher.fetch(f"http://{HOST}/full", DESKTOP, ())
            assert page.page is not None
            assert (page.page.forms, page.page.passwords) == (1, 1)
            await fetcher.close()
            return [request.target for request in server.seen]

    assert asyncio.run(run()) == ["/full"]


def test_a_cancelled_fetch_leaves_nothing_behind() -> None:
    async def scenario(fetcher: GuardedFetcher, _: HostileServer) -> FetchedPage:
        task = asyncio.create_task(fetcher.fetch(f"http://{HOST}/silence", DESKTOP, ()))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return await fetcher.fetch(f"http://{HOST}/", DESKTOP, ())

    assert with_server(scenario, replace(LIMITS, per_address=1)).outcome is FetchOutcome.OK
