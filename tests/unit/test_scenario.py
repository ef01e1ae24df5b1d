"""Reading scenario files: every key arrives where it belongs, every mistake is named with file, key and reason."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from service.core.errors import ConfigError
from service.core.states import Place, Tier
from service.lab.scenario import load, shipped
from service.lab.scenario_model import Happening, Hidden, Serves, Truth, Visitor
from service.lab.world import Channel
from tests.scenario_files import HEAD, SITE, event, file_in, scenario_in

if TYPE_CHECKING:
    from pathlib import Path


def day(number: int, month: int = 6) -> datetime:
    return datetime(2022, month, number, tzinfo=UTC)


EVERY_SITE_KEY = """
[[site]]
name = "BLÄTT.ltd"
outlet = "blatt"
truth = "suspected"
technique = "tld-swap"
registered = 2022-06-03
registration = "whois"
registrar = "Example Registrar"
serves = "clone-without-home"
live_from = 2022-06-05T12:00:00Z
pages = "pages"
address = "203.0.113.7"
nameservers = ["NS1.example.", "ns2.example"]
favicon = "druck"
trackers = ["G-AAAA1111", "ca-pub-1234567890"]
certificate_names = ["blätt.ltd", "*.blätt.ltd", "video.blätt.ltd"]
visible_to = ["mobile", "social"]
hidden = "empty"
reported = ["https://blätt.ltd/artikel/x.html"]
successor_of = "blatt.ltd"
"""


def test_every_key_of_the_head_the_outlets_and_the_actions_arrives(tmp_path: Path) -> None:
    head = HEAD.replace(
        'own_domains = ["blatt.tv"]', 'own_domains = ["blatt.tv"]\nlabels = ["dasblatt"]\ncountry = "DE"'
    )
    head = head.replace("end = 2022-06-30", 'end = 2022-06-30\nsweep_tiers = ["exact", "full"]')
    scenario = scenario_in(tmp_path, head.replace('pages = "pages"', 'pages = "pages"\nold_pages = "pages"'))
    assert (scenario.name, scenario.begin, scenario.end) == ("a-week", day(1), day(1, 7))
    assert scenario.sweep_tiers == (Tier.EXACT, Tier.FULL)
    outlet = scenario.outlets[0]
    assert (outlet.id, outlet.name, outlet.domain) == ("blatt", "Das Blatt", "blatt.de")
    assert (outlet.own_domains, outlet.labels) == (("blatt.tv",), ("dasblatt",))
    assert (outlet.country, outlet.languages) == ("DE", ("de",))
    assert outlet.pages is not None
    assert [path for path, _ in outlet.pages] == ["/", "/wahl.html"]
    assert outlet.old_pages == outlet.pages
    assert outlet.watched.own_domains == ("blatt.tv",)
    action = scenario.actions[0]
    assert (action.id, action.authority, action.place) == ("act-1", "A court", Place.REGISTRAR)
    assert (action.effective, action.reference) == (day(10), "https://reports.example/1")


def test_every_key_of_a_site_arrives_and_names_become_a_labels(tmp_path: Path) -> None:
    site = scenario_in(tmp_path, HEAD + SITE + EVERY_SITE_KEY).sites[1]
    assert (site.name, site.outlet, site.truth) == ("xn--bltt-moa.ltd", "blatt", Truth.SUSPECTED)
    assert (site.technique, site.registrar) == ("tld-swap", "Example Registrar")
    assert (site.registered, site.live_from) == (day(3), datetime(2022, 6, 5, 12, tzinfo=UTC))
    assert (site.registration, site.serves) == (Channel.WHOIS, Serves.CLONE_WITHOUT_HOME)
    assert site.pages is not None
    assert (site.address, site.nameservers) == ("203.0.113.7", ("ns1.example", "ns2.example"))
    assert (site.favicon, site.trackers) == ("druck", ("G-AAAA1111", "ca-pub-1234567890"))
    assert site.certificate_names == ("xn--bltt-moa.ltd", "*.xn--bltt-moa.ltd", "video.xn--bltt-moa.ltd")
    assert (site.visible_to, site.hidden) == ((Visitor.MOBILE, Visitor.SOCIAL), Hidden.EMPTY)
    assert (site.reported, site.successor_of) == (("https://blätt.ltd/artikel/x.html",), "blatt.ltd")


def test_what_a_file_leaves_out_has_the_documented_default(tmp_path: Path) -> None:
    scenario = scenario_in(tmp_path, HEAD + SITE)
    site = scenario.sites[0]
    assert scenario.sweep_tiers == (Tier.EXACT, Tier.EDITS)
    assert (site.registration, site.live_from, site.hidden) == (
        Channel.RDAP,
        site.registered,
        Hidden.REDIRECT_TO_OUTLET,
    )
    assert (site.visible_to, site.favicon, site.trackers, site.events) == ((), None, (), ())


def test_every_kind_of_event_is_read_with_its_keys(tmp_path: Path) -> None:
    told = (
        event("2022-06-04", "block", place='"platform"', action='"act-1"'),
        event("2022-06-05", "block", place='"host"'),
        event("2022-06-06", "moved", address='"203.0.113.9"'),
        event("2022-06-07", "content-removed"),
        event("2022-06-08", "content-back"),
        event("2022-06-09", "nameservers", nameservers='["ns1.other.example"]'),
        event("2022-06-10", "hidden", hidden='"error"', visible_to='["mobile"]'),
        event("2022-06-11", "serves", to='"empty"'),
        event("2022-06-12", "parked"),
        event("2022-06-13", "expired"),
        event("2022-06-14", "registered-again", registrar='"Another"'),
        event("2022-06-15", "lifted", place='"platform"'),
        event("2022-06-16", "lifted", place='"host"', recorded="true"),
    )
    events = scenario_in(tmp_path, HEAD + SITE + "".join(told)).sites[0].events
    assert {found.kind for found in events} == set(Happening)
    assert (events[0].place, events[0].action) == (Place.PLATFORM, "act-1")
    assert events[2].address == "203.0.113.9"
    assert events[5].nameservers == ("ns1.other.example",)
    assert (events[6].hidden, events[6].visible_to) == (Hidden.ERROR, (Visitor.MOBILE,))
    assert events[7].to is Serves.EMPTY
    assert events[10].registrar == "Another"


@pytest.mark.parametrize(
    ("place", "said", "recorded"),
    [
        ("platform", {}, True),
        ("platform", {"recorded": "false"}, False),
        ("registrar", {}, False),
        ("seizure", {"recorded": "true"}, True),
    ],
)
def test_platform_blocks_are_recorded_and_others_observed_unless_the_file_says_so(
    tmp_path: Path, place: str, said: dict[str, str], *, recorded: bool
) -> None:
    told = event("2022-06-04", "block", place=f'"{place}"', **said) + event("2022-06-09", "lifted", place=f'"{place}"')
    block, lift = scenario_in(tmp_path, HEAD + SITE + told).sites[0].events
    assert (block.recorded, lift.recorded) == (recorded, recorded), "a lift follows its block"


def test_an_event_may_name_its_new_value_as_to(tmp_path: Path) -> None:
    told = event("2022-06-04", "nameservers", to='["ns1.other.example"]') + event("2022-06-05", "hidden", to='"empty"')
    servers, hidden = scenario_in(tmp_path, HEAD + SITE + told).sites[0].events
    assert (servers.nameservers, hidden.hidden) == (("ns1.other.example",), Hidden.EMPTY)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2022-06-04", day(4)),
        ("2022-06-04T06:30:00Z", datetime(2022, 6, 4, 6, 30, tzinfo=UTC)),
        ("2022-06-04T06:30:00", datetime(2022, 6, 4, 6, 30, tzinfo=UTC)),
        ("2022-06-04T06:30:00+02:00", datetime(2022, 6, 4, 4, 30, tzinfo=UTC)),
        ('"2022-06-04"', day(4)),
        ('"20220604"', day(4)),
        ('"2022-06-04T06:30:00Z"', datetime(2022, 6, 4, 6, 30, tzinfo=UTC)),
    ],
)
def test_a_date_is_a_utc_day_or_a_utc_time(tmp_path: Path, written: str, read: datetime) -> None:
    text = HEAD + SITE.replace("registered = 2022-06-03", f"registered = {written}")
    assert scenario_in(tmp_path, text).sites[0].registered == read


def test_a_file_without_sites_is_a_scenario(tmp_path: Path) -> None:
    assert scenario_in(tmp_path, HEAD).sites == ()


SECOND_ACTION = "[[action]]\nid = 'act-1'\nauthority = 'B'\nplace = 'host'\neffective = 2022-06-02\n"

MISTAKES = [
    # what is written instead of what, and the key and the reason that the error names
    ('name = "a-week"', "", "scenario.name", "is missing"),
    ('name = "a-week"', 'name = "a-week"\nnmae = "x"', "scenario.nmae", "did you mean name"),
    ("[scenario]", "[scene]", "scenario", "is missing (write [scenario])"),
    ("[scenario]", "scenario = 1\n[scene]", "scenario", "must be a table"),
    ("[[action]]", "[[acts]]", "acts", "unknown key"),
    ("[[action]]", "[action]", "action", "array of tables"),
    ("end = 2022-06-30", "end = 2022-05-30", "scenario.end", "before the beginning"),
    ("begin = 2022-06-01", 'begin = "last June"', "scenario.begin", "no day and no time"),
    ("begin = 2022-06-01", "begin = 12:00:00", "scenario.begin", "must be a day"),
    ("begin = 2022-06-01", "begin = 20220601", "scenario.begin", "must be a day"),
    ("end = 2022-06-30", 'end = 2022-06-30\nsweep_tiers = ["all"]', "scenario.sweep_tiers[0]", "none of the"),
    ("end = 2022-06-30", 'end = 2022-06-30\nsweep_tiers = ["siblings"]', "scenario.sweep_tiers[0]", "no tier"),
    ("end = 2022-06-30", 'end = 2022-06-30\nsweep_tiers = "exact"', "scenario.sweep_tiers", "must be a list"),
    ('id = "blatt"', 'id = "das blatt"', "outlet[0].id", "must be an id"),
    ('id = "blatt"', "id = 7", "outlet[0].id", "must be a text"),
    ('name = "Das Blatt"', 'name = " "', "outlet[0].name", "is empty"),
    ('domain = "blatt.de"', 'domain = "blatt"', "outlet[0].domain", "no host name with a suffix"),
    ('domain = "blatt.de"', 'domain = "bla tt.de"', "outlet[0].domain", "is no host name"),
    ('domain = "blatt.de"', 'domain = "192.0.2.1"', "outlet[0].domain", "is no host name"),
    ('own_domains = ["blatt.tv"]', 'own_domains = ["blatt.de"]', "outlet[0].own_domains[0]", "belongs to an outlet"),
    ('own_domains = ["blatt.tv"]', 'own_domains = ["a.tv", "A.tv"]', "outlet[0].own_domains[1]", "stands there twice"),
    ('own_domains = ["blatt.tv"]', 'labels = ["das.blatt"]', "outlet[0].labels[0]", "no single label"),
    ('languages = ["de"]', 'country = "Germany"', "outlet[0].country", "country code"),
    ('languages = ["de"]', 'languages = ["German"]', "outlet[0].languages[0]", "language tag"),
    ('pages = "pages"', 'pages = "pagen"', "outlet[0].pages", "is no folder"),
    ('pages = "pages"', 'old_pages = "bare"', "outlet[0].old_pages", "holds no .html"),
    ('authority = "A court"', "", "action[0].authority", "is missing"),
    ('place = "registrar"', 'place = "registry office"', "action[0].place", "none of the known words"),
    ("effective = 2022-06-10", "effective = 2022-07-10", "action[0].effective", "after the scenario's end"),
    ('name = "blatt.ltd"', "", "site[0].name", "is missing"),
    ('name = "blatt.ltd"', 'name = "co.com"', "site[0].name", "public suffix"),
    ('name = "blatt.ltd"', 'name = "blatt.nosuchtld"', "site[0].name", "no registrable part"),
    ('name = "blatt.ltd"', 'name = "blatt.de"', "site[0].name", "an outlet's own site"),
    ('name = "blatt.ltd"', 'name = "bl..att.ltd"', "site[0].name", "is no host name"),
    ('truth = "impersonation"', 'truth = "fake"', "site[0].truth", "none of the known words"),
    ('truth = "impersonation"', "", "site[0].truth", "is missing"),
    ('outlet = "blatt"', 'outlet = "bla"', "site[0].outlet", "no such outlet"),
    ('outlet = "blatt"', "", "site[0].serves", "is an outlet's, and the site has none"),
    ('serves = "clone"', 'serves = "klone"', "site[0].serves", "none of the known words"),
    ('serves = "clone"', 'serves = ["clone"]', "site[0].serves", "must be a text"),
    ("registered = 2022-06-03", "registered = 2022-07-01", "site[0].registered", "after the scenario's end"),
    ("registered = 2022-06-03", "registered = 2022-02-30", "(file)", "is not TOML"),
    ("registered = 2022-06-03", 'registered = "2022-02-30"', "site[0].registered", "no day and no time"),
    ("registered = 2022-06-03", "registered = true", "site[0].registered", "must be a day"),
    ("[[site]]", f"{SECOND_ACTION}[[site]]", "action[1].id", "twice"),
    ("[[site]]", "[[outlet]]\nid = 'blatt'\nname = 'B'\ndomain = 'b.de'\n[[site]]", "outlet[1].id", "twice"),
    ("[[site]]", "[[outlet]]\nid = 'b'\nname = 'B'\ndomain = 'blatt.tv'\n[[site]]", "outlet[1].domain", "belongs to"),
    ("[[site]]", f"{SITE}[[site]]", "site[1].name", "stands there twice"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "key", "reason"), MISTAKES, ids=[f"{row[2]}-{row[3]}" for row in MISTAKES])
def test_a_mistake_is_refused_with_file_key_and_reason(
    tmp_path: Path, old: str, new: str, key: str, reason: str
) -> None:
    assert old in HEAD + SITE
    (tmp_path / "bare").mkdir()
    file = file_in(tmp_path, (HEAD + SITE).replace(old, new, 1))
    with pytest.raises(ConfigError) as caught:
        load(str(file))
    error = caught.value
    assert (error.file, error.key) == (str(file), key)
    assert reason in str(error)
    assert str(error).startswith(f"{file}: {key}")


WRONG_KEYS = [
    # a line of the site, and the key and the reason that the error names
    ("live_from = 2022-06-02", "live_from", "before the name is registered"),
    ("live_from = 2022-07-02", "live_from", "after the scenario's end"),
    ('registration = "epp"', "registration", "none of the known words"),
    ('server = "x"', "server", "unknown key"),
    ('address = "8.8.8.8"', "address", "no documentation address"),
    ('address = "2001:db8::1"', "address", "no IPv4 address"),
    ('nameservers = ["ns1"]', "nameservers[0]", "no host name"),
    ('favicon = "a b"', "favicon", "one word"),
    ('trackers = ["<x>"]', "trackers[0]", "identifier at a tracker"),
    ("trackers = [11]", "trackers[0]", "must be a text"),
    ('certificate_names = ["*"]', "certificate_names[0]", "is no host name"),
    ('visible_to = ["phones"]', "visible_to[0]", "none of the known words"),
    ('hidden = "redirect"', "hidden", "none of the known words"),
    ('reported = ["blatt.ltd/x"]', "reported[0]", "no http or https URL"),
    ('reported = ["https://[x/"]', "reported[0]", "is no URL"),
    ('reported = ["https://a.ltd/x"]', "reported[0]", "no site of the scenario"),
    ('successor_of = "a.ltd"', "successor_of", "no such site"),
    ('successor_of = "blatt.ltd"', "successor_of", "the site itself"),
    ('pages = "nowhere"', "pages", "is no folder"),
    ('technique = ""', "technique", "one word"),
]


@pytest.mark.parametrize(("line", "key", "reason"), WRONG_KEYS, ids=[f"{row[1]}-{row[2]}" for row in WRONG_KEYS])
def test_a_wrong_key_of_a_site_is_refused_with_file_key_and_reason(
    tmp_path: Path, line: str, key: str, reason: str
) -> None:
    file = file_in(tmp_path, f"{HEAD}{SITE}{line}\n")
    with pytest.raises(ConfigError) as caught:
        load(str(file))
    assert (caught.value.file, caught.value.key) == (str(file), f"site[0].{key}")
    assert reason in str(caught.value)


WRONG_EVENTS = [
    (event("2022-06-02", "parked"), "on", "before the name is registered"),
    (event("2022-07-01", "parked"), "on", "after the scenario's end"),
    (event("2022-06-05", "explode"), "kind", "none of the known words"),
    (event("2022-06-05", "block"), "place", "is missing"),
    (event("2022-06-05", "block", place='"isp"'), "place", "none of the known words"),
    (event("2022-06-05", "block", place='"host"', action='"act-9"'), "action", "no such action"),
    (event("2022-06-05", "block", place='"host"', recorded='"yes"'), "recorded", "true or false"),
    (event("2022-06-05", "block", place='"host"', recorded="1"), "recorded", "true or false"),
    (event("2022-06-05", "block", place='"host"', address='"203.0.113.1"'), "address", "unknown key"),
    (event("2022-06-05", "lifted", place='"host"'), "kind", "not in force"),
    (event("2022-06-05", "moved"), "address", "is missing"),
    (event("2022-06-05", "moved", address='"10.0.0.1"'), "address", "no documentation address"),
    (event("2022-06-05", "serves"), "to", "is missing"),
    (event("2022-06-05", "serves", to='"news"'), "to", "none of the known words"),
    (event("2022-06-05", "nameservers"), "nameservers", "is missing"),
    (event("2022-06-05", "parked", to='"clone"'), "to", "unknown key"),
    (event("2022-06-05", "hidden", visible_to='["nobody"]'), "visible_to[0]", "none of the known words"),
    (event("2022-06-05", "content-back"), "kind", "was not gone"),
]


@pytest.mark.parametrize(("told", "key", "reason"), WRONG_EVENTS, ids=[f"{row[1]}-{row[2]}" for row in WRONG_EVENTS])
def test_a_wrong_event_is_refused_with_file_key_and_reason(tmp_path: Path, told: str, key: str, reason: str) -> None:
    earlier = event("2022-06-04", "nameservers", nameservers='["ns1.a.example"]')
    file = file_in(tmp_path, HEAD + SITE + earlier + told)
    with pytest.raises(ConfigError) as caught:
        load(str(file))
    assert (caught.value.file, caught.value.key) == (str(file), f"site[0].event[1].{key}")
    assert reason in str(caught.value)


def test_nothing_but_a_new_registration_happens_to_an_expired_name(tmp_path: Path) -> None:
    told = event("2022-06-05", "expired") + event("2022-06-06", "parked")
    with pytest.raises(ConfigError, match=r"site\[0\]\.event\[1\]\.kind.*say registered-again first"):
        scenario_in(tmp_path, HEAD + SITE + told)


def test_what_redirects_to_an_outlet_needs_one(tmp_path: Path) -> None:
    site = '[[site]]\nname = "a.ltd"\ntruth = "nothing"\nregistered = 2022-06-03\nserves = "empty"\n'
    with pytest.raises(ConfigError, match=r"site\[0\]\.hidden.*the site has none"):
        scenario_in(tmp_path, f'{HEAD}{site}visible_to = ["mobile"]\n')
    with pytest.raises(ConfigError, match=r"site\[0\]\.event\[0\]\.to.*the site has none"):
        scenario_in(tmp_path, HEAD + site + event("2022-06-05", "serves", to='"clone"'))
    assert scenario_in(tmp_path, f'{HEAD}{site}visible_to = ["mobile"]\nhidden = "error"\n').sites[0].outlet is None


def test_a_report_may_name_another_site_of_the_scenario(tmp_path: Path) -> None:
    other = SITE.replace("blatt.ltd", "blatt.live") + 'reported = ["https://blatt.ltd/x", "https://m.blatt.live/y"]\n'
    assert len(scenario_in(tmp_path, HEAD + SITE + other).sites[1].reported) == 2


def test_a_name_that_is_no_scenario_is_refused_with_the_shipped_ones() -> None:
    with pytest.raises(ConfigError, match=r"no-such-scenario: scenario: there is no such scenario.*three-days"):
        load("no-such-scenario")


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "bytes.toml"
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="is not TOML"):
        load(str(file))


def test_the_shipped_scenarios_are_found_by_name() -> None:
    assert set(shipped()) >= {"doppelganger-2022", "two-outlets-2023", "three-days"}
    assert all(load(name).name == name for name in shipped())
