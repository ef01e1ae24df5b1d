"""One chain of requests: from a URL over redirects, meta refreshes and literal script locations to where it ends."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from hashlib import sha256

import httpx

from service.adapters.dialer import EGRESS, Dialer, NoAddress, Purpose, Refused
from service.adapters.exchange import Answer, Exchanger, Headers
from service.adapters.turns import Turns, Waiting
from service.core.errors import InvalidInput
from service.core.facts import html, urls, wrappers
from service.core.facts.capture import Exchange
from service.core.facts.client_hints import client_hints
from service.core.facts.cookies import Cookies
from service.core.facts.page import REDIRECTS, FetchedPage, FetchOutcome, Hop, HopKind, PageFacts, onward
from service.core.facts.urls import WebUrl
from service.core.model import DIRECT
from service.ports import Parser

_SHOWN = 300


@dataclass(frozen=True, kw_only=True, slots=True)
class Means:
    """What a chain works with. ``total`` in seconds without waiting for our own queues, ``hops`` requests at most."""

    dialer: Dialer
    exchanger: Exchanger
    parser: Parser
    turns: Turns
    total: float
    hops: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Asking:
    """How a chain asks: headers of every request, and the way out.

    ``verified_only``: https with a trusted certificate on every hop. Without ``read_pages`` no body is parsed, so that
    only HTTP's own redirects are followed.
    """

    headers: Headers
    egress: str = DIRECT
    verified_only: bool = False
    read_pages: bool = True


@dataclass(slots=True)
class _Step:
    """One request. ``url`` is None where ``text`` is nothing that can be asked for."""

    text: str
    kind: HopKind
    url: WebUrl | None = None
    answer: Answer = field(default_factory=Answer)


class Chain:
    """Follows one chain, once."""

    def __init__(self, means: Means, asking: Asking) -> None:
        self._means, self._asking = means, asking
        self._steps: list[_Step] = []
        self._seen: set[tuple[str, str]] = set()
        self._cookies = Cookies()
        self._outside = False
        self._page: PageFacts | None = None
        agent = next((value for name, value in asking.headers if name.lower() == "user-agent"), "")
        given = {name.lower() for name, _ in asking.headers}
        self._hints = [hint for hint in client_hints(agent) if hint[0] not in given]

    async def run(self, target: str) -> None:
        """Follow from ``target`` to the end, or until the time is over."""
        try:
            async with asyncio.timeout(self._means.total) as deadline:
                await self._follow(target, deadline)
        except TimeoutError:
            await self._read_page(self._steps[-1])

    def result(self, target: str, profile: str) -> FetchedPage:
        """What became of it."""
        last = self._steps[-1]
        answer = last.answer
        return FetchedPage(
            target=target,
            profile=profile,
            outcome=answer.outcome,
            hops=tuple(
                Hop(url=s.text, kind=s.kind, status=s.answer.status, address=s.answer.address, tls=s.answer.tls)
                for s in self._steps
            ),
            final_url=last.text,
            status=answer.status,
            content_type=answer.header("content-type")[:_SHOWN],
            server=answer.header("server")[:_SHOWN],
            bytes=len(answer.body),
            body_sha256=sha256(answer.body).hexdigest() if answer.status is not None else "",
            tls=answer.tls,
            page=self._page,
            detail=answer.detail,
            egress=self._asking.egress,
            exchanges=tuple(_exchange(step) for step in self._steps if step.answer.tape.sent),
        )

    @property
    def body(self) -> bytes:
        """The decoded body of the last answer."""
        return bytes(self._steps[-1].answer.body)

    async def _follow(self, target: str, deadline: asyncio.Timeout) -> None:
        step = self._begin(target, HopKind.START)
        while step is not None and step.url is not None:
            going_on = await self._go(step, step.url, deadline)
            step = self._begin(going_on[1], going_on[0], step) if going_on else None

    async def _go(self, step: _Step, url: WebUrl, deadline: asyncio.Timeout) -> tuple[HopKind, str] | None:
        """Where this URL leads, itself or by its answer; None where the chain ends with it."""
        inner = wrappers.unwrapped(url)
        if inner is not None:
            return HopKind.WRAPPER, inner
        if not await self._ask(step, url, deadline):
            return None
        async with Waiting(deadline):
            return await self._onward(step, url)

    def _begin(self, reference: str, kind: HopKind, before: _Step | None = None) -> _Step | None:
        """The next request; None where the chain has to end with the one before."""
        if before is not None and len(self._steps) >= self._means.hops:
            before.answer.ended(FetchOutcome.TOO_MANY_REDIRECTS, f"more than {self._means.hops} requests in one chain")
            return None
        step = _Step(reference[:_SHOWN], kind)
        try:
            step.url = urls.parse(reference, before.text if before is not None else None)
            step.text = step.url.text
        except InvalidInput as error:
            step.answer.ended(FetchOutcome.REFUSED, str(error))
        if step.url is not None and self._asking.verified_only and step.url.scheme != "https":
            step.url = None
            step.answer.ended(FetchOutcome.TLS_ERROR, "not https, where only a verified certificate will do")
        self._steps.append(step)
        return step

    async def _ask(self, step: _Step, url: WebUrl, deadline: asyncio.Timeout) -> bool:
        """Whether an answer came that may lead on."""
        request = self._request(step, url)
        state = (url.text, request.headers.get("cookie", ""))
        if state in self._seen:
            step.answer.ended(FetchOutcome.REDIRECT_LOOP, "the chain comes back to where it was")
            return False
        self._seen.add(state)
        try:
            route = await self._means.dialer.route(Purpose.PAGES, url.host, url.port, outside=self._outside)
        except Refused as error:
            step.answer.ended(FetchOutcome.REFUSED, str(error))
            return False
        except NoAddress as error:
            step.answer.ended(FetchOutcome.NO_ADDRESS, str(error))
            return False
        self._outside = self._outside or route.outside
        async with self._means.turns.at(url.host, route.address, Waiting(deadline), ours=not route.outside):
            await self._means.exchanger.ask(request, route, step.answer, verified_only=self._asking.verified_only)
        self._cookies.keep(url, step.answer.headers.get_list("set-cookie"))
        return step.answer.status is not None

    def _request(self, step: _Step, url: WebUrl) -> httpx.Request:
        headers = [*(self._hints if url.scheme == "https" else ()), *self._asking.headers]
        if step.kind in (HopKind.META_REFRESH, HopKind.SCRIPT):
            # Browsers then send the page that led on, cut to its origin; over HTTP redirects the first referrer stays.
            origin = urls.parse(self._steps[-2].text).origin + "/"
            headers = [(name, value) for name, value in headers if name.lower() != "referer"] + [("Referer", origin)]
        cookies = self._cookies.header(url)
        headers += [("Cookie", cookies)] if cookies else []
        return httpx.Request("GET", url.text, headers=headers, extensions={EGRESS: self._asking.egress})

    async def _onward(self, step: _Step, url: WebUrl) -> tuple[HopKind, str] | None:
        """Where the answer leads; reads its page on the way."""
        location = step.answer.header("location")
        if step.answer.status in REDIRECTS and location:
            return HopKind.HTTP, location
        page = await self._read_page(step)
        going_on = onward(page) if page is not None and step.answer.outcome is FetchOutcome.OK else None
        if going_on is None:
            return None
        try:
            return None if urls.parse(going_on[1], url.text) == url else going_on
        except InvalidInput:
            return going_on

    async def _read_page(self, step: _Step) -> PageFacts | None:
        """The page's facts, where it is one; those of a page before are kept where it is not."""
        answer = step.answer
        content_type = answer.header("content-type")
        if answer.status is None or not self._asking.read_pages or not html.is_page(content_type, answer.body):
            return None
        self._page = await self._means.parser.parse(bytes(answer.body), content_type, step.text)
        return self._page


def _exchange(step: _Step) -> Exchange:
    tape = step.answer.tape
    return Exchange(
        url=step.text,
        address=step.answer.address,
        sent=bytes(tape.sent),
        received=bytes(tape.received),
        cut=tape.cut,
    )
