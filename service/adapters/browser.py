"""Pictures of hostile pages by the system's Chromium (``ports.Camera``): an extra that may be absent.

Each picture has a browser of its own: a fresh profile, a user that is not root, Chromium's own sandbox (which is never
turned off), the vetting proxy as the only way out, and an end by SIGKILL to the whole process group. Playwright drives
it from here over its debugging port.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import os
import pwd
import re
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from service.adapters.egress import EgressLimits, EgressProxy
from service.adapters.exchange import header_lines
from service.core.facts.shot import MOST_BYTES, Shot, View
from service.ports_evidence import CameraUnavailable

if TYPE_CHECKING:
    from service.adapters.dialer import Dialer
    from service.ports import Parser

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
"""What the browser is called, by distribution."""

FLAGS = (
    "--headless=new",
    "--no-first-run",
    "--no-default-browser-check",
    "--remote-debugging-port=0",
    "--proxy-bypass-list=<-loopback>",  # without it Chromium goes to loopback by itself, past the proxy
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",  # no name is resolved but by the proxy
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",  # no UDP past the proxy
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--disable-domain-reliability",
    "--disable-features=DnsOverHttps,OptimizationHints,MediaRouter,Translate",
    "--ignore-certificate-errors",  # a clone with a bad certificate is looked at all the same; nothing secret is sent
    "--js-flags=--max-old-space-size=512",
    "--mute-audio",
    "--hide-scrollbars",
)
_LISTENING = re.compile(rb"DevTools listening on (ws://127\.0\.0\.1:\d+/\S+)")
_START_SECONDS = 20.0
_SETTLE_MS = 1500
"""After loading, for what scripts add."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BrowserPlan:
    """``executable`` empty: found on PATH. ``user``: who the browser runs as where the service is root.

    ``seconds`` is how long a page may take to load; a page that is slower is pictured as far as it came.
    """

    executable: str = ""
    user: str = ""
    seconds: float = 15.0
    egress: EgressLimits = field(default_factory=EgressLimits)


class ChromiumCamera:
    """Takes one set of pictures at a time."""

    def __init__(
        self, dialer: Dialer, parser: Parser, token_bytes: Callable[[int], bytes], plan: BrowserPlan | None = None
    ) -> None:
        self._dialer, self._parser, self._token_bytes = dialer, parser, token_bytes
        self._plan = plan or BrowserPlan()
        self._turn = asyncio.Lock()

    def missing(self) -> str:
        """What pictures lack on this machine, in words; empty where nothing is missing."""
        return missing(self._plan)

    async def take(self, url: str, views: Sequence[View], languages: Sequence[str]) -> tuple[Shot, ...]:
        """A picture for each view, or why there is none. CameraUnavailable where the browser does not start."""
        if problem := self.missing():
            raise CameraUnavailable(problem)
        async with self._turn:
            return tuple([await self._one(url, view, languages) for view in views])

    async def _one(self, url: str, view: View, languages: Sequence[str]) -> Shot:
        secret = self._token_bytes(16).hex()
        async with EgressProxy(self._dialer, secret, self._plan.egress) as proxy:
            try:
                async with asyncio.timeout(_START_SECONDS + 2 * self._plan.seconds):
                    png = await self._picture(url, view, languages, proxy, secret)
            except TimeoutError:
                return Shot(view=view, failed="the browser took too long", refused=tuple(proxy.refused))
            except _NotShown as error:
                return Shot(view=view, failed=str(error), refused=tuple(proxy.refused))
        if len(png) > MOST_BYTES:
            return Shot(view=view, failed=f"a picture of {len(png)} bytes", refused=tuple(proxy.refused))
        return Shot(view=view, png=png, picture=await self._parser.picture(png), refused=tuple(proxy.refused))

    async def _picture(self, url: str, view: View, languages: Sequence[str], proxy: EgressProxy, secret: str) -> bytes:
        from playwright.async_api import async_playwright  # noqa: PLC0415 - an extra that may be absent

        async with _running(self._plan, proxy.url) as endpoint, async_playwright() as playwright:
            browser = await playwright.chromium.connect_over_cdp(endpoint)
            way_out: Any = {"server": proxy.url, "bypass": "<-loopback>", "username": "browser", "password": secret}
            context = await browser.new_context(**_context(view, languages), proxy=way_out)
            context.on("page", _close_others(context))
            page = await context.new_page()
            return await _shown(page, url, self._plan.seconds)


class _NotShown(Exception):
    """The browser showed no page; the message says why."""


async def _shown(page: Any, url: str, seconds: float) -> bytes:
    from playwright.async_api import Error  # noqa: PLC0415 - an extra that may be absent
    from playwright.async_api import TimeoutError as Late  # noqa: PLC0415 - as above

    limit = seconds * 1000
    try:
        await page.goto(url, timeout=limit, wait_until="load")
        await page.wait_for_timeout(_SETTLE_MS)
    except Late:
        pass  # pictured as far as it came
    except Error as error:
        raise _NotShown(_first_line(error)) from None
    try:
        png: bytes = await page.screenshot(timeout=limit, animations="disabled", caret="hide")
    except Error as error:
        raise _NotShown(_first_line(error)) from None
    return png


def missing(plan: BrowserPlan) -> str:
    """What pictures lack on this machine, in words; empty where nothing is missing."""
    if importlib.util.find_spec("playwright") is None:
        return "the extra is not installed (pip install 'spoofwatch[screenshots]')"
    if _executable(plan) is None:
        return f"no {plan.executable or 'Chromium'} is installed here"
    if os.geteuid() != 0:
        return ""
    if not plan.user:
        return "the service runs as root, and screenshots.user names nobody else for the browser"
    try:
        found = pwd.getpwnam(plan.user)
    except KeyError:
        return f"there is no user {plan.user!r} (screenshots.user)"
    return "screenshots.user is root, which the browser must not be" if found.pw_uid == 0 else ""


def _executable(plan: BrowserPlan) -> str | None:
    return next(filter(None, map(shutil.which, [plan.executable] if plan.executable else NAMES)), None)


@asynccontextmanager
async def _running(plan: BrowserPlan, proxy_url: str) -> AsyncIterator[str]:
    """A browser of its own; where it listens. Nothing of it is left on leaving."""
    home = Path(tempfile.mkdtemp(prefix="spoofwatch-browser-"))
    who: dict[str, Any] = {}
    if os.geteuid() == 0:
        entry = pwd.getpwnam(plan.user)
        os.chown(home, entry.pw_uid, entry.pw_gid)
        who = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    process = await asyncio.create_subprocess_exec(
        _executable(plan) or "",
        *FLAGS,
        f"--user-data-dir={home / 'profile'}",
        f"--proxy-server={proxy_url}",
        "about:blank",
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        env={"HOME": str(home), "PATH": os.defpath, "TMPDIR": str(home)},
        cwd=home,
        start_new_session=True,
        **who,
    )
    try:
        yield await _endpoint(process)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.communicate()
        await asyncio.to_thread(shutil.rmtree, home, ignore_errors=True)


async def _endpoint(process: asyncio.subprocess.Process) -> str:
    """Where the browser's debugging port is, as it says on standard error."""
    said: list[bytes] = []
    if process.stderr is None:
        raise TypeError("the browser was started without a pipe")
    try:
        async with asyncio.timeout(_START_SECONDS):
            while line := await process.stderr.readline():
                if found := _LISTENING.search(line):
                    return found[1].decode("ascii")
                said.append(line)
    except TimeoutError:
        raise CameraUnavailable("Chromium does not start in time") from None
    last = b" ".join(line.strip() for line in said[-3:]).decode("utf-8", "replace")
    raise CameraUnavailable(f"Chromium does not start: {last[-300:]}")


def _context(view: View, languages: Sequence[str]) -> dict[str, Any]:
    headers = dict(header_lines(view.profile.headers.items(), languages))
    agent = next((value for name, value in headers.items() if name.lower() == "user-agent"), None)
    left_to_browser = {"user-agent", "accept", "accept-encoding", "accept-language"}
    return {
        "viewport": {"width": view.width, "height": view.height},
        "is_mobile": view.touch,
        "has_touch": view.touch,
        "user_agent": agent,
        "locale": (list(languages) or ["en"])[0],
        "extra_http_headers": {name: value for name, value in headers.items() if name.lower() not in left_to_browser},
        "accept_downloads": False,
        "service_workers": "block",
        "ignore_https_errors": True,
    }


def _close_others(context: Any) -> Callable[[Any], Any]:
    """Windows that a page opens are closed: one is enough for a picture."""

    async def close(page: Any) -> None:
        if len(context.pages) > 1:
            await page.close()

    return close


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
