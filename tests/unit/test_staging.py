"""What a scenario puts on the small internet at an instant: every kind of content, every block, every event."""

from __future__ import annotations

from dataclasses import replace

import pytest

from service.core.states import Place
from service.lab import address_plan as plan
from service.lab.scenario_model import Happening, Hidden, ScenarioSite, Serves, Visitor
from service.lab.staging import VANTAGES, appearances, archived_baselines, world_at
from service.lab.world import Channel, Name, VirtualHost
from tests.scenario_files import HOME, STORY
from tests.scenario_worlds import BEGIN, OUTLET, at, day, event, played, site_of


def shown(number: int, site: ScenarioSite) -> tuple[Name, VirtualHost]:
    world = at(number, site)
    return world.names[site.name], world.hosts[site.name]


def body(host: VirtualHost, path: str = "/") -> str:
    return host.replies.get(path, host.missing).body.decode()


def status(host: VirtualHost, path: str = "/") -> int:
    return host.replies.get(path, host.missing).status


def location(host: VirtualHost, path: str = "/") -> str:
    return dict(host.replies.get(path, host.missing).headers).get("Location", "")


# -- outlets -----------------------------------------------------------------------------------------------------------


def test_the_real_site_exists_before_anything_happens_and_its_own_domains_lead_to_it() -> None:
    world = at(1)
    assert body(world.hosts["blatt.de"]) == HOME
    assert body(world.hosts["www.blatt.de"], "/wahl") == body(world.hosts["blatt.de"], "/wahl.html") == STORY
    assert location(world.hosts["blatt.tv"], "/any") == "https://blatt.de/"
    assert (
        world.names["blatt.tv"].nameservers == world.names["blatt.de"].nameservers == ("ns1.blatt.de", "ns2.blatt.de")
    )
    assert world.hosts["blatt.tv"].certificate_names == ("blatt.tv", "blatt.de")


def test_without_pages_the_lab_writes_the_outlets_site_with_a_static_host() -> None:
    outlet = replace(OUTLET, pages=None)
    world = world_at(played(outlet=outlet), BEGIN)
    assert "Das Blatt" in body(world.hosts["blatt.de"])
    assert world.hosts["static.blatt.de"].replies
    assert "static.blatt.de" in world.names["blatt.de"].hosts


def test_an_outlet_below_a_registrable_name_is_a_host_of_that_name() -> None:
    outlet = replace(OUTLET, domain="news.sender.co.uk", own_domains=())
    world = world_at(played(outlet=outlet), BEGIN)
    assert "news.sender.co.uk" in world.names["sender.co.uk"].hosts
    assert body(world.hosts["news.sender.co.uk"]) == HOME


# -- what sites serve --------------------------------------------------------------------------------------------------


def test_a_clone_keeps_the_outlets_links_and_tells_another_story() -> None:
    _, host = shown(3, site_of())
    story = next(path for path in host.replies if path.endswith(".html"))
    assert f'href="{story}"' in body(host)
    assert "Die Wahl" not in body(host, story)
    assert "<article>" in body(host, story)


def test_a_clone_without_home_has_articles_only() -> None:
    _, host = shown(3, site_of(serves=Serves.CLONE_WITHOUT_HOME, reported=("https://blatt.ltd/a/x%20y.html?s=1",)))
    assert status(host) in (403, 404)
    assert "<article>" in body(host, "/a/x y.html"), "servers see paths decoded and without the query"


def test_a_redirecting_root_leads_to_the_outlet_and_the_articles_are_there() -> None:
    _, host = shown(3, site_of(serves=Serves.CLONE_REDIRECT_ROOT, reported=("https://blatt.ltd/x",)))
    assert (status(host), location(host)) == (302, "https://blatt.de/")
    assert "<article>" in body(host, "/x")


def test_an_old_clone_copies_the_old_layout_and_the_daemon_is_given_it() -> None:
    old = (("/", b"<html><body><table><tr><td><h1>Alt</h1></td></tr></table></body></html>"),)
    scenario = played(site_of(serves=Serves.OLD_CLONE), outlet=replace(OUTLET, old_pages=old))
    assert "<table>" in body(world_at(scenario, day(3)).hosts["blatt.ltd"])
    (page,) = archived_baselines(scenario)["blatt"]
    assert (page.url, page.kind, page.html) == ("https://blatt.de/", "home", old[0][1])
    assert page.taken_at < BEGIN


def test_where_an_old_layout_is_copied_and_none_is_given_the_lab_has_one_of_its_own() -> None:
    scenario = played(site_of(serves=Serves.OLD_CLONE))
    pages = archived_baselines(scenario)["blatt"]
    assert [page.kind for page in pages] == ["home"] + ["article"] * 8
    assert pages[0].html.decode() not in (HOME, STORY)
    assert archived_baselines(played(site_of())) == {}


def test_a_parked_site_is_on_a_parkers_name_servers_and_shows_its_page_for_every_path() -> None:
    name, host = shown(3, site_of(serves=Serves.PARKED))
    parker = plan.parker_of("blatt.ltd")
    assert name.nameservers == (f"ns1.{parker}", f"ns2.{parker}")
    assert parker in body(host)
    assert body(host, "/any") == body(host)


@pytest.mark.parametrize(
    ("serves", "expected", "text"),
    [(Serves.EMPTY, 200, ""), (Serves.DEFAULT, 200, "<h1>"), (Serves.INNOCENT, 200, "<title>Blatt")],
)
def test_other_content_is_there_at_the_root(serves: Serves, expected: int, text: str) -> None:
    _, host = shown(3, site_of(serves=serves))
    assert status(host) == expected
    assert text in body(host)
    assert bool(body(host)) == bool(text)


def test_an_innocent_site_is_written_in_another_language_than_the_outlet() -> None:
    _, host = shown(3, site_of(name="blatt.at", serves=Serves.INNOCENT))
    assert '<html lang="de"' not in body(host)
    assert '<html lang="' in body(host)


def test_the_outlets_own_site_is_on_its_name_servers_and_certificate_and_redirects() -> None:
    name, host = shown(3, site_of(serves=Serves.OWN))
    real = at(3, site_of(serves=Serves.OWN)).names["blatt.de"]
    assert (name.nameservers, name.addresses) == (real.nameservers, real.addresses)
    assert location(host, "/any") == "https://blatt.de/"
    assert {"blatt.ltd", "blatt.de"} <= set(host.certificate_names)


def test_a_site_without_web_server_resolves_to_an_address_that_leads_to_no_virtual_host() -> None:
    world = at(3, site_of(serves=Serves.NONE), site_of(name="other.ltd"))
    assert world.names["blatt.ltd"].addresses == ("127.70.0.0",)
    assert "blatt.ltd" not in world.hosts
    assert all("127.70.0.0" not in name.addresses for key, name in world.names.items() if key != "blatt.ltd")


def test_a_registered_name_without_delegation_is_known_to_the_registry_only() -> None:
    world = at(3, site_of(serves=Serves.UNREGISTERED_DNS))
    name = world.names["blatt.ltd"]
    assert not name.delegated
    assert name.registry is not None
    assert "blatt.ltd" not in world.hosts


def test_pages_of_a_sites_own_folder_are_served_instead_of_the_labs_clone() -> None:
    own = (("/", b"<html><head></head><body>own</body></html>"), ("/x/y.html", b"<h1>y</h1>"))
    site = site_of(pages=own, trackers=("G-LAB0000001",), reported=("https://blatt.ltd/reported",))
    _, host = shown(3, site)
    assert "own" in body(host)
    assert "G-LAB0000001" in body(host)
    assert body(host, "/x/y.html") == body(host, "/x/y")
    assert "<h1>y</h1>" in body(host, "/reported"), "what was reported is there, whatever the file is called"
    _, homeless = shown(3, replace(site, serves=Serves.CLONE_WITHOUT_HOME))
    assert status(homeless) in (403, 404)


# -- keys of a site ----------------------------------------------------------------------------------------------------


def test_before_it_goes_live_a_site_is_parked() -> None:
    site = site_of(live_from=day(6), address="203.0.113.7", nameservers=("ns1.a.example", "ns2.a.example"))
    name, host = shown(5, site)
    parker = plan.parker_of("blatt.ltd")
    assert (name.addresses, name.nameservers) == ((plan.parking_address(parker),), plan.nameservers_under(parker))
    assert parker in body(host)
    name, host = shown(6, site)
    assert (name.addresses, name.nameservers) == (("127.20.113.7",), ("ns1.a.example", "ns2.a.example"))
    assert parker not in body(host)


def test_a_name_appears_when_it_comes_to_be_in_dns_and_again_when_it_was_gone() -> None:
    held_at_once = event(3, Happening.BLOCK, place=Place.REGISTRY)
    let_go, again = event(9, Happening.LIFTED, place=Place.REGISTRY), event(12, Happening.REGISTERED_AGAIN)
    found = appearances(
        played(
            site_of("blatt.ltd", live_from=day(5), events=(event(6, Happening.EXPIRED), replace(again, on=day(11)))),
            site_of("blatt.live", events=(held_at_once, let_go, again)),
            site_of("blatt.cab", Serves.UNREGISTERED_DNS),
            site_of("blatt.top", Serves.UNREGISTERED_DNS, events=(event(8, Happening.SERVES, to=Serves.CLONE),)),
        )
    )
    assert found == (
        (day(3), "blatt.ltd"),
        (day(8), "blatt.top"),
        (day(9), "blatt.live"),
        (day(11), "blatt.ltd"),
    )


def test_documentation_addresses_have_loopback_addresses_of_their_own() -> None:
    every = [f"{net}.{last}" for net in ("192.0.2", "198.51.100", "203.0.113") for last in range(256)]
    mapped = [plan.loopback_of(address) for address in every]
    assert len(set(mapped)) == len(every)
    assert all(address.startswith("127.20.") for address in mapped)


@pytest.mark.parametrize("channel", list(Channel))
def test_the_registry_answers_as_the_file_says(channel: Channel) -> None:
    name, _ = shown(3, site_of(registration=channel, registrar="Example Registrar"))
    assert name.registry is not None
    assert (name.registry.channel, name.registry.registrar) == (channel, "Example Registrar")
    assert name.registry.created_at == day(3)
    assert name.registry.expires_at is not None
    assert name.registry.expires_at > day(30)


def test_sites_with_the_same_word_share_their_icon_and_others_do_not() -> None:
    world = at(
        3,
        site_of(favicon="druck"),
        site_of(name="b.ltd", favicon="druck"),
        site_of(name="c.ltd", favicon="none"),
        site_of(name="d.ltd", favicon="copied"),
    )
    word, same, bare, copied = (world.hosts[name] for name in ("blatt.ltd", "b.ltd", "c.ltd", "d.ltd"))
    assert word.replies["/favicon.ico"] == same.replies["/favicon.ico"]
    assert copied.replies["/favicon.ico"] == world.hosts["blatt.de"].replies["/favicon.ico"]
    assert word.replies["/favicon.ico"] != copied.replies["/favicon.ico"]
    assert status(bare, "/favicon.ico") == 404
    assert 'rel="icon"' in body(word)
    assert 'rel="icon"' not in body(bare)


def test_trackers_stand_in_every_page_of_the_site() -> None:
    _, host = shown(3, site_of(trackers=("G-LAB0000001", "12345678")))
    pages = [reply.body.decode() for path, reply in host.replies.items() if path == "/" or path.endswith(".html")]
    assert len(pages) > 2
    assert all("G-LAB0000001" in page and "12345678" in page for page in pages)


def test_certificate_names_are_kept_and_hosts_below_the_site_resolve_and_serve() -> None:
    site = site_of(certificate_names=("blatt.ltd", "video.blatt.ltd", "*.blatt.ltd"))
    name, host = shown(3, site)
    assert host.certificate_names == site.certificate_names
    assert name.hosts == ("video.blatt.ltd",)
    assert name.wildcard
    assert at(3, site).hosts["video.blatt.ltd"].replies == host.replies


@pytest.mark.parametrize(
    ("hidden", "expected", "leads"),
    [(Hidden.REDIRECT_TO_OUTLET, 302, "https://blatt.de/"), (Hidden.EMPTY, 200, ""), (Hidden.ERROR, 404, "")],
)
def test_those_who_are_not_shown_the_site_get_what_hidden_says(hidden: Hidden, expected: int, leads: str) -> None:
    _, host = shown(3, site_of(visible_to=(Visitor.MOBILE, Visitor.SOCIAL), hidden=hidden))
    assert host.visible_to == {"mobile", "social"}
    assert host.hidden is not None
    assert (host.hidden.status, dict(host.hidden.headers).get("Location", "")) == (expected, leads)


def test_a_site_below_another_name_is_a_zone_of_its_own() -> None:
    below = site_of(name="video.blatt.ltd", address="203.0.113.9")
    world = at(3, below)
    assert world.names["video.blatt.ltd"].addresses == ("127.20.113.9",)
    assert world.names["video.blatt.ltd"].registry is None
    assert world.names["blatt.ltd"].addresses == ()
    assert world.names["blatt.ltd"].registry is not None


def test_a_site_below_another_is_gone_while_that_one_is_not_delegated() -> None:
    above = site_of(events=(event(5, Happening.BLOCK, place=Place.REGISTRY), event(7, Happening.EXPIRED)))
    below = site_of(name="video.blatt.ltd")
    present = ["video.blatt.ltd" in at(number, above, below).hosts for number in (4, 5, 6, 7)]
    assert present == [True, False, False, False]


def test_a_site_below_another_resolves_only_while_it_is_registered_itself() -> None:
    above = site_of(certificate_names=("blatt.ltd", "video.blatt.ltd"), reported=("https://video.blatt.ltd/x",))
    below = site_of(name="video.blatt.ltd", registered=day(5), live_from=day(5))
    before, after = at(4, above, below), at(5, above, below)
    assert "video.blatt.ltd" not in before.hosts
    assert before.names["blatt.ltd"].hosts == ()
    assert "video.blatt.ltd" in after.hosts


# -- blocks and events -------------------------------------------------------------------------------------------------


def blocked(place: Place, **more: object) -> ScenarioSite:
    lifted = event(8, Happening.LIFTED, place=place)
    return site_of(events=(event(5, Happening.BLOCK, place=place, **more), lifted))


def test_a_platforms_block_changes_nothing_on_the_site() -> None:
    assert shown(5, blocked(Place.PLATFORM)) == shown(4, blocked(Place.PLATFORM))


@pytest.mark.parametrize(("place", "code"), [(Place.REGISTRAR, "clientHold"), (Place.REGISTRY, "serverHold")])
def test_a_hold_takes_the_name_out_of_dns(place: Place, code: str) -> None:
    name, _ = shown(5, blocked(place))
    assert not name.delegated
    assert name.registry is not None
    assert code in name.registry.epp
    assert name.registry.updated_at == day(5)


def test_a_hosts_block_that_nobody_enters_can_be_observed() -> None:
    for name in ("a.ltd", "b.ltd", "c.ltd", "d.ltd", "e.ltd"):
        assert "suspended" in body(shown(5, replace(blocked(Place.HOST), name=name))[1], "/any")


def test_a_host_refuses_or_shows_a_suspended_page_and_the_name_stays() -> None:
    answers = set()
    for name in ("a.ltd", "b.ltd", "c.ltd", "d.ltd", "e.ltd"):
        site = replace(blocked(Place.HOST, recorded=True), name=name)
        zone, host = shown(5, site)
        assert zone == shown(4, site)[0]
        answers.add("refuses" if host.refuses else body(host, "/any"))
    assert "refuses" in answers
    assert any("suspended" in answer for answer in answers)


def test_a_resolvers_block_is_seen_at_its_vantage_only() -> None:
    name, host = shown(5, blocked(Place.RESOLVER))
    before, same = shown(4, blocked(Place.RESOLVER))
    assert VANTAGES == ("isp",)
    assert name.views == {"isp": (plan.BLOCK_PAGE,)}
    assert (replace(name, views={}), host) == (before, same)
    assert "gesperrt" in at(5, blocked(Place.RESOLVER)).catch_all[plan.BLOCK_PAGE].missing.body.decode()


def test_a_seizure_changes_name_servers_address_and_every_page() -> None:
    name, host = shown(5, blocked(Place.SEIZURE, action="act"))
    assert (name.nameservers, name.addresses) == (plan.SEIZURE_NAMESERVERS, (plan.SEIZED,))
    assert "The Court of Weiler" in body(host)
    assert body(host, "/any") == body(host)
    _, unnamed = shown(5, blocked(Place.SEIZURE))
    assert "has been seized by law enforcement" in body(unnamed)


@pytest.mark.parametrize("place", list(Place))
def test_a_lifted_block_leaves_the_site_as_it_was(place: Place) -> None:
    (name, host), (before, same) = shown(8, blocked(place)), shown(4, blocked(place))
    assert name.registry is not None
    assert (replace(name, registry=None), host) == (replace(before, registry=None), same)
    assert "Hold" not in "".join(name.registry.epp)


def test_removed_content_leaves_the_server_with_404_for_every_page() -> None:
    site = site_of(events=(event(5, Happening.CONTENT_REMOVED), event(8, Happening.CONTENT_BACK)))
    (before, same), (name, host) = shown(4, site), shown(5, site)
    assert name == before
    assert {status(host, path) for path in (*same.replies, "/any")} == {404}
    assert shown(8, site) == (before, same)


def test_a_move_gives_a_new_address_and_leaves_the_old_hosts_block_behind() -> None:
    told = (event(5, Happening.BLOCK, place=Place.HOST), event(8, Happening.MOVED, address="203.0.113.9"))
    site = site_of(events=told)
    name, host = shown(8, site)
    assert name.addresses == ("127.20.113.9",)
    assert host == shown(4, site)[1]


def test_a_site_can_be_parked_again_and_come_back_as_another_kind() -> None:
    site = site_of(events=(event(5, Happening.PARKED), event(8, Happening.SERVES, to=Serves.EMPTY)))
    name, host = shown(5, site)
    parker = plan.parker_of("blatt.ltd")
    assert name.nameservers == plan.nameservers_under(parker)
    assert parker in body(host)
    assert (status(shown(8, site)[1]), body(shown(8, site)[1])) == (200, "")


def test_new_name_servers_are_new_and_nothing_else_is() -> None:
    site = site_of(events=(event(5, Happening.NAMESERVERS, nameservers=("ns1.z.example", "ns2.z.example")),))
    (before, same), (name, host) = shown(4, site), shown(5, site)
    assert name.nameservers == ("ns1.z.example", "ns2.z.example")
    assert (name.addresses, host) == (before.addresses, same)


def test_hidden_alone_hides_the_site_from_everybody_and_content_back_shows_it() -> None:
    site = site_of(events=(event(5, Happening.HIDDEN), event(8, Happening.CONTENT_BACK)))
    _, host = shown(5, site)
    assert location(host, next(iter(shown(4, site)[1].replies))) == "https://blatt.de/"
    assert shown(8, site) == shown(4, site)


def test_hidden_can_say_who_still_sees_the_site_or_what_the_others_get() -> None:
    few = site_of(events=(event(5, Happening.HIDDEN, hidden=Hidden.ERROR, visible_to=(Visitor.SEARCH,)),))
    _, host = shown(5, few)
    assert host.visible_to == {"search"}
    assert host.hidden is not None
    assert host.hidden.status == 404
    other = site_of(visible_to=(Visitor.MOBILE,), events=(event(5, Happening.HIDDEN, hidden=Hidden.EMPTY),))
    _, host = shown(5, other)
    assert host.visible_to == {"mobile"}
    assert host.hidden is not None
    assert host.hidden.body == b""


def test_an_expired_name_is_gone_and_a_new_registration_starts_afresh() -> None:
    told = (
        event(5, Happening.BLOCK, place=Place.REGISTRAR),
        event(6, Happening.CONTENT_REMOVED),
        event(7, Happening.EXPIRED),
        event(9, Happening.REGISTERED_AGAIN, registrar="Another"),
    )
    site = site_of(events=told)
    gone = at(8, site)
    assert "blatt.ltd" not in gone.names
    assert "blatt.ltd" not in gone.hosts
    name, host = shown(9, site)
    assert name.delegated
    assert name.registry is not None
    assert (name.registry.created_at, name.registry.registrar) == (day(9), "Another")
    assert host == shown(4, site)[1], "it serves what it served last"
    before = shown(4, site)[0].registry
    assert before is not None
    assert before.expires_at == day(7)
