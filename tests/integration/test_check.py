"""``spoofwatch check`` on a clone that hides: everything that one look saw stands in its report."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from service.adapters.clock import DrivenClock
from service.bootstrap import open_app
from service.commands.check import as_text
from service.core.evidence.items import digest_of
from service.lab.internet import Internet
from service.lab.world import Reply, VirtualHost
from service.pipeline.evidence import verify_named
from service.ports import UnitOfWork
from service.settings import load
from tests.lab_worlds import ARTICLE, NOW, clone, outlet, redirect, world

HIDDEN = f"https://morgenkurier.ltd{ARTICLE}"
OTHER = "https://morgenkurier.life/politik/eine-lange-geschichte-ueber-etwas"
POST = "https://l.facebook.com/l.php?u=https%3A%2F%2Fmorgenkurier.ltd%2Fgo%3Fid%3D7&h=AT0"
SITEMAP = f"<urlset><url><loc>{HIDDEN}</loc></url></urlset>".encode()


def internet(folder: Path) -> Internet:
    """A clone for visitors from social posts alone, with a redirector, a sitemap and a sibling in its certificate."""
    site = clone(visible_to=frozenset({"social"}), hidden=redirect("https://morgenkurier.de/"))
    host = site.hosts[0]
    names = ("morgenkurier.ltd", "video.morgenkurier.ltd")
    replies = {**host.replies, "/go": redirect(ARTICLE), "/robots.txt": Reply(), "/sitemap.xml": Reply(body=SITEMAP)}
    replies[ARTICLE] = replace(replies[ARTICLE], body=replies[ARTICLE].body + f"<a href='{OTHER}'>x</a>".encode())
    host = replace(host, replies=replies, certificate_names=names)
    sibling = clone("morgenkurier.life", "127.0.1.5")
    moved = VirtualHost(host="morgenkurier.life", replies={"/": redirect("https://morgenkurier.today/x")})
    return Internet(world(outlet(), replace(site, hosts=(host,)), replace(sibling, hosts=(moved,))), folder=folder)


def admitted(uow: UnitOfWork) -> list[str]:
    rows = [uow.sites.get(host) for host in ("video.morgenkurier.ltd", "morgenkurier.today")]
    return [row[0].source for row in rows if row is not None]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], dict[str, Any], list[str]]:
    """The report on the post's link, the one on the sibling, and hosts that both led to."""
    folder = tmp_path_factory.mktemp("check")

    async def run() -> tuple[dict[str, Any], dict[str, Any], list[str]]:
        async with internet(folder) as lab:
            config = folder / "config"
            config.mkdir()
            (config / "service.toml").write_text(lab.settings_toml({"database": {"url": "sqlite:///x.db"}}))
            (config / "outlets.toml").write_text(
                '[[outlet]]\nid = "mk"\nname = "Morgenkurier"\ndomain = "morgenkurier.de"\nlanguages = ["de"]\n'
            )
            async with open_app(load(config), clock=DrivenClock(NOW)) as app:
                await app.baselines.take_due()
                check = app.checks.checker.check
                first, second = await check(POST), await check("morgenkurier.life")
                digests = [digest_of(one) or "" for one in first["evidence"]]
                assert digests, "what it rests on was kept"
                assert (await verify_named(app.store, app.evidence, digests)).findings == ()
                asked = await app.checks.ask(POST, "a token")
                await app.checks.make_due()
                made = await app.store.read(lambda uow: uow.checks.get(asked.id))
                assert made is not None
                again = dict(made.report or {})
                assert again.keys() == first.keys(), "the API's report is the command's"
                assert again["evidence"][-1] in first["evidence"], "nothing new was seen"
                found = await app.store.read(admitted)
                return first, second, found

    return asyncio.run(run())


def test_every_hop_profile_certificate_and_identifier_is_reported(report: Any) -> None:
    found = report[0]
    assert (found["name"], found["verdict"]) == ("morgenkurier.ltd", "impersonation")
    assert {page["profile"] for page in found["pages"]} == {"desktop", "mobile", "social", "search", "plain"}
    shown = next(page for page in found["pages"] if page["url"].endswith("/go?id=7") and page["profile"] == "social")
    assert [(hop["url"], hop["by"], hop["status"]) for hop in shown["hops"]] == [
        ("https://morgenkurier.ltd/go?id=7", "start", 302),
        (HIDDEN, "http", 200),
    ]
    assert shown["hops"][0]["address"] == "127.0.1.2"
    assert shown["identifiers"] == ["google:G-LAB0000001"]
    assert shown["egress"] == "direct"
    certificate = shown["certificate"]
    assert certificate["verified"]
    assert certificate["names"] == ["morgenkurier.ltd", "video.morgenkurier.ltd"]
    assert len(certificate["sha256"]) == 64


def test_cloaking_is_reported_with_what_differs(report: Any) -> None:
    cloaking = report[0]["cloaking"]
    assert cloaking["grade"] == 1.0
    assert "social" in cloaking["profiles"]
    assert any("morgenkurier.de" in difference for difference in cloaking["differences"])
    assert report[1]["cloaking"] is None


def test_hosts_that_a_look_leads_to_come_through_the_door(report: Any) -> None:
    assert report[2] == ["certificate"]


def test_the_report_for_people_has_no_links_and_no_control_characters(report: Any) -> None:
    text = as_text(report[0])
    assert "morgenkurier[.]ltd" in text
    assert "https://morgenkurier.ltd" not in text
    assert "are shown different things" in text
    assert text.isprintable() or set(text) - {"\n"} == {c for c in text if c.isprintable()}
