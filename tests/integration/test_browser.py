"""Pictures by the system's Chromium, where it is installed and a user other than root can run it."""

from __future__ import annotations

import asyncio
import os
import shutil
from typing import Any

import pytest

from service.adapters.browser import NAMES, BrowserPlan, ChromiumCamera, missing
from service.adapters.dialer import Dialer
from service.adapters.parser import ChildParser
from service.core.facts.shot import Shot, views_for
from service.core.model import Profile
from service.lab.hostile import HostileServer, page
from service.ports_evidence import CameraUnavailable
from tests.fakes_fetching import Names

DESKTOP = Profile(name="desktop", headers={"User-Agent": "Mozilla/5.0 (X11)"})
SOCIAL = Profile(name="social", headers={"User-Agent": "Mozilla/5.0 Mobile", "Referer": "https://l.facebook.com/"})
PLAN = BrowserPlan(user="nobody" if os.geteuid() == 0 else "", seconds=30.0)
HOSTILE = page(
    b"<title>x</title><body style='background:linear-gradient(90deg,white,black)'><h1>Hallo</h1>"
    b"<img src='http://169.254.169.254/latest/meta-data/'>"
    b"<script>new WebSocket('ws://10.0.0.1/');alert(1);window.open('/');"
    b"new RTCPeerConnection({iceServers:[{urls:'stun:10.0.0.2:3478'}]}).createDataChannel('x')</script>"
)


def test_what_is_missing_is_said_in_words() -> None:
    assert missing(BrowserPlan(executable="/nowhere/chromium")) == "no /nowhere/chromium is installed here"
    plan = BrowserPlan(executable="/nowhere/chromium")
    camera = ChromiumCamera(Dialer(Names({})), ChildParser(), os.urandom, plan)
    with pytest.raises(CameraUnavailable, match="/nowhere"):
        asyncio.run(camera.take("http://shown.example/", views_for(SOCIAL, (DESKTOP, SOCIAL)), ()))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can drop to another user")
@pytest.mark.parametrize(
    ("user", "said"), [("", "runs as root"), ("no-such-user", "no user 'no-such-user'"), ("root", "must not be")]
)
def test_root_never_runs_the_browser_itself(user: str, said: str) -> None:
    assert said in missing(BrowserPlan(executable="true", user=user))


@pytest.mark.skipif(not any(map(shutil.which, NAMES)), reason="no Chromium is installed here")
def test_a_page_is_pictured_for_a_desktop_and_a_telephone_and_reaches_nothing_inside() -> None:
    async def run() -> tuple[tuple[Shot, ...], list[dict[str, Any]]]:
        parser = ChildParser()
        try:
            async with HostileServer(more={"/shot": HOSTILE}) as server:
                dialer = Dialer(
                    Names({"shown.example": ["127.0.0.1"]}), {"pages": ["127.0.0.0/8"]}, port_map={80: server.port}
                )
                camera = ChromiumCamera(dialer, parser, os.urandom, PLAN)
                views = views_for(SOCIAL, (DESKTOP, SOCIAL))
                shots = await camera.take("http://shown.example/shot", views, ("de",))
                return shots, [request.headers for request in server.seen if request.path == "/shot"]
        finally:
            await parser.close()

    (wide, tall), seen = asyncio.run(run())
    assert (wide.failed, tall.failed) == ("", "")
    assert (wide.picture.format, wide.picture.width, wide.picture.height) == ("png", 1280, 800)
    assert (tall.picture.width, tall.picture.height, len(tall.picture.dhash)) == (390, 844, 16)
    assert any("169.254.169.254" in reason for reason in wide.refused)
    assert any("10.0.0.1" in reason for reason in wide.refused)
    assert [headers["user-agent"] for headers in seen] == ["Mozilla/5.0 (X11)", "Mozilla/5.0 Mobile"]
    assert {headers["referer"] for headers in seen} == {"https://l.facebook.com/"}
    assert {headers["accept-language"] for headers in seen} == {"de"}
