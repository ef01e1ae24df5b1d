"""Whole looks and what is made of them: clones, the many kinds of nothing, and sites that are nobody's copy."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta

import pytest
from selectolax.lexbor import LexborHTMLParser

from service.core.facts.dns import DnsStatus
from service.core.facts.page import FetchOutcome, TlsFacts
from service.core.facts.registration import RegistrationStatus
from service.core.model import AnalystWord, Outlet
from service.core.states import Technique, Verdict, WordReason
from service.core.verdict.judging import explain
from service.core.verdict.likeness import BaselineIndex
from service.core.verdict.signals import NAME_IN_WORDS
from tests.fakes_judging import (
    BLICK,
    BLICK_PRESS,
    BOTE_PRESS,
    GAZETTE_PRESS,
    NOW,
    OLD_BOTE_PRESS,
    OTHER,
    OTHER_PRESS,
    OUTLETS,
    Press,
    answers,
    baselines,
    dns,
    failed,
    fetched,
    judged,
    lookalike,
    redirected,
    registered,
    site,
)

ROOT = "https://nordbote.ltd/"
ARTICLE = "https://nordbote.ltd/politik/eine-neue-luege-a-12.html"
V = Verdict


def rewritten(source: str, host: str = "nordbote.ltd") -> str:
    """The same page with every address led to the clone."""
    return source.replace("www.nordbote.de", host)


def without_fifth(source: str) -> str:
    """The same page with a fifth of its elements dropped."""
    tree = LexborHTMLParser(source)
    chance = random.Random(5)  # noqa: S311 - the same page every time, no secret
    nodes = tree.css("div, section, aside, li, figure")
    goal = len(tree.css("body *")) // 5
    chance.shuffle(nodes)
    for node in nodes:
        size = len(node.css("*")) + 1
        if size <= goal // 3:
            node.decompose()
            goal -= size
    return tree.html or ""


# --- clones ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("what", "source"),
    [
        ("article replaced, links kept", BOTE_PRESS.article(77)),
        ("home page", BOTE_PRESS.home(77)),
        ("links rewritten", rewritten(BOTE_PRESS.article(77))),
        ("a fifth of the markup dropped", without_fifth(BOTE_PRESS.article(77))),
        ("rewritten and a fifth dropped", without_fifth(rewritten(BOTE_PRESS.article(77)))),
    ],
)
def test_a_clone_is_an_impersonation(what: str, source: str) -> None:
    found = judged([fetched(source, ARTICLE)])["bote"]
    assert found.verdict is V.IMPERSONATION, (what, explain(found))
    assert found.shows_content
    assert found.content_at == (ARTICLE, "desktop")


def test_a_clone_of_an_archived_layout_is_an_impersonation() -> None:
    index = BaselineIndex.build(OUTLETS, baselines(BOTE_PRESS, OLD_BOTE_PRESS))
    found = judged([fetched(rewritten(OLD_BOTE_PRESS.article(3)), ARTICLE)], index=index)["bote"]
    assert found.verdict is V.IMPERSONATION
    assert "built like nordbote.de's" in found.reason


def test_a_clone_of_a_layout_that_nobody_kept_is_told_by_what_it_carries() -> None:
    found = judged([fetched(OLD_BOTE_PRESS.article(3), ARTICLE)])["bote"]
    assert found.verdict is V.IMPERSONATION
    assert "built like" not in found.reason


def test_a_clone_is_found_behind_a_root_that_redirects_to_the_outlet() -> None:
    pages = [redirected(ROOT, "https://www.nordbote.de/"), fetched(BOTE_PRESS.article(8), ARTICLE)]
    found = judged(pages)["bote"]
    assert found.verdict is V.IMPERSONATION
    assert found.content_at == (ARTICLE, "desktop")


def test_a_clone_without_a_home_page_is_found_by_its_article() -> None:
    pages = [fetched("<title>404</title><h1>Not Found</h1>", ROOT, status=404), fetched(BOTE_PRESS.article(8), ARTICLE)]
    assert judged(pages)["bote"].verdict is V.IMPERSONATION


def test_a_clone_that_only_one_profile_is_served_is_found_and_says_who_saw_it() -> None:
    pages = [redirected(ARTICLE, "https://www.nordbote.de/"), fetched(BOTE_PRESS.article(8), ARTICLE, profile="mobile")]
    found = judged(pages)["bote"]
    assert found.verdict is V.IMPERSONATION
    assert found.content_at == (ARTICLE, "mobile")
    assert {"cloaking", "redirect"} <= {signal.name for signal in found.signals}


def test_a_clone_is_an_impersonation_at_any_age_of_its_name() -> None:
    for days_ago in (0, 6, 400, 5000, None):
        assert judged([fetched(BOTE_PRESS.article(8), ARTICLE)], days_ago=days_ago)["bote"].verdict is V.IMPERSONATION


def test_a_clone_under_an_unrelated_name_is_found_by_content_alone() -> None:
    url = "https://jiraboom.pro/politik/x.html"
    found = judged([fetched(BOTE_PRESS.article(8), url)], of=site("jiraboom.pro", ()))
    assert set(found) == {"bote"}
    assert found["bote"].verdict is V.IMPERSONATION
    assert found["bote"].technique is Technique.UNRELATED


def test_a_clone_sent_whole_or_cut_off_is_the_same_clone() -> None:
    cut = fetched(BOTE_PRESS.article(8), ARTICLE, outcome=FetchOutcome.TOO_LARGE)
    assert judged([cut])["bote"].verdict is V.IMPERSONATION


def test_a_redirector_with_an_unrelated_name_is_no_lookalike() -> None:
    page = replace(fetched(BOTE_PRESS.article(8), "https://fake.example/x"), target="https://hop.example/")
    assert judged([page], of=site("hop.example", ())) == {}


def test_a_lookalike_name_that_leads_to_a_clone_elsewhere_is_an_impersonation() -> None:
    page = replace(fetched(BOTE_PRESS.article(8), "https://fake.example/x"), target=ROOT)
    assert judged([page])["bote"].verdict is V.IMPERSONATION


def test_another_outlet_s_clone_under_this_name_is_that_outlet_s_impersonation() -> None:
    found = judged([fetched(GAZETTE_PRESS.article(8), ARTICLE)])
    assert found["gazette"].verdict is V.IMPERSONATION
    assert not found["bote"].verdict.flagged


# --- nothing to see -------------------------------------------------------------------------------------------------

NOTHING = {
    "parked": fetched("<title>nordbote.ltd</title><p>This domain is for sale</p>", ROOT),
    "default page": fetched("<title>Welcome to nginx!</title><h1>Welcome to nginx!</h1>", ROOT),
    "empty": fetched("", ROOT),
    "no body": fetched(None, ROOT, bytes=0),
    "error": fetched("<title>404</title><h1>Not Found</h1>", ROOT, status=404),
    "challenge": fetched("<title>Just a moment...</title>", ROOT, status=403),
    "one word": fetched("soon", ROOT),
    "unreachable": failed(ROOT),
}


@pytest.mark.parametrize("what", NOTHING)
def test_an_exact_label_newly_registered_without_content_is_suspected(what: str) -> None:
    found = judged([NOTHING[what]])["bote"]
    assert found.verdict is V.SUSPECTED
    assert "without content yet" in found.reason
    assert not found.shows_content


@pytest.mark.parametrize("what", NOTHING)
@pytest.mark.parametrize("days_ago", [91, 4000, None])
def test_an_exact_label_that_is_old_or_of_unknown_age_is_not(what: str, days_ago: int | None) -> None:
    assert judged([NOTHING[what]], days_ago=days_ago)["bote"].verdict is V.UNKNOWN


@pytest.mark.parametrize("what", NOTHING)
@pytest.mark.parametrize("technique", [Technique.COMBOSQUAT, Technique.OMISSION, Technique.COMBINED, Technique.IDN])
def test_other_names_without_content_are_watched_and_not_flagged(what: str, technique: Technique) -> None:
    found = judged([NOTHING[what]], of=site(lookalikes=[lookalike(technique=technique)]))["bote"]
    assert found.verdict is V.UNKNOWN


def test_a_registered_name_that_does_not_exist_in_dns_deceives_nobody_yet() -> None:
    assert judged((), facts=dns(answers(status=DnsStatus.NXDOMAIN)))["bote"].verdict is V.UNKNOWN


def test_a_delegated_name_without_an_address_is_without_content_yet() -> None:
    bare = dns(answers(status=DnsStatus.NO_ADDRESS))
    assert judged((), facts=bare)["bote"].verdict is V.SUSPECTED
    nobody = registered(None, status=RegistrationStatus.NOT_FOUND)
    assert judged((), facts=bare, registration=nobody)["bote"].verdict is V.UNKNOWN


def test_not_having_looked_says_nothing() -> None:
    assert judged(())["bote"].verdict is V.UNKNOWN


def test_unknown_age_is_neutral_and_says_so() -> None:
    found = judged([NOTHING["empty"]], days_ago=None)["bote"]
    (age,) = [signal for signal in found.signals if signal.name == "age"]
    assert age.value * age.weight == 0
    assert "age unknown" in age.evidence


# --- redirects ------------------------------------------------------------------------------------------------------


def test_a_root_that_redirects_to_the_outlet_without_evidence_of_ownership_is_suspected() -> None:
    found = judged([redirected(ROOT, "https://www.nordbote.de/")])["bote"]
    assert found.verdict is V.SUSPECTED
    assert "without evidence that Der Nordbote owns it" in found.reason


def test_a_redirect_from_a_name_of_many_years_is_not() -> None:
    assert judged([redirected(ROOT, "https://www.nordbote.de/")], days_ago=4000)["bote"].verdict is V.UNKNOWN


# --- innocents ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("days_ago", [3, 100, 4000, None])
@pytest.mark.parametrize("technique", [Technique.TLD_SWAP, Technique.COMBOSQUAT])
def test_another_site_of_this_name_with_content_of_its_own_is_not_flagged(
    days_ago: int | None, technique: Technique
) -> None:
    for source in (OTHER_PRESS.home(), OTHER_PRESS.article()):
        found = judged([fetched(source, ROOT)], days_ago=days_ago, of=site(lookalikes=[lookalike(technique=technique)]))
        assert found["bote"].verdict is V.UNKNOWN


@pytest.mark.parametrize("days_ago", [3, 4000])
def test_a_newspaper_abroad_of_the_same_name_is_not_flagged(days_ago: int) -> None:
    abroad = Press(replace(OTHER, name="Nordbote Namibia"), "namib", "G-NAMIBIA01")
    assert not judged([fetched(abroad.home(), ROOT)], days_ago=days_ago)["bote"].verdict.flagged


def test_a_shop_that_calls_itself_by_its_own_label_is_not_flagged() -> None:
    shop = Press(replace(OTHER, name="Nordbote"), "shop", "G-SH0P00001")
    assert not judged([fetched(shop.home(), ROOT)], days_ago=3)["bote"].verdict.flagged


def test_a_new_site_that_calls_itself_by_the_outlet_s_full_name_is_suspected() -> None:
    fake = Press(replace(OTHER, name="Der Nordbote"), "fake", "G-FAKE00001")
    assert judged([fetched(fake.home(), ROOT)], days_ago=3)["bote"].verdict is V.SUSPECTED
    assert judged([fetched(fake.home(), ROOT)], days_ago=800)["bote"].verdict is V.UNKNOWN


GROUP = Outlet(id="group", name="Suedbote", domain="suedbote.de", languages=("de",))
GROUP_PRESS = Press(GROUP, "nord", "G-SUEDB0TE1")


@pytest.mark.parametrize("days_ago", [3, 4000])
@pytest.mark.parametrize("watched", [True, False])
def test_two_outlets_of_a_group_that_share_a_system_are_told_apart(days_ago: int, watched: bool) -> None:  # noqa: FBT001 - parametrised
    outlets = (*OUTLETS, GROUP) if watched else OUTLETS
    kept = baselines(BOTE_PRESS, BLICK_PRESS, *((GROUP_PRESS,) if watched else ()))
    index = BaselineIndex.build(outlets, kept)
    found = judged([fetched(GROUP_PRESS.article(5), ROOT)], days_ago=days_ago, outlets=outlets, index=index)
    assert not found["bote"].verdict.flagged
    assert watched == ("group" in found and found["group"].verdict is V.IMPERSONATION)


WITH_ACCOUNTS = [
    replace(one, page=replace(one.page, accounts=frozenset({"x-account:nordbote_de", "facebook-page:1122334455"})))
    for one in baselines(BOTE_PRESS)
]
ACCOUNTS = '<meta name="twitter:site" content="@nordbote_de"><meta property="fb:pages" content="1122334455">'


def other_page(title: str, head: str = "", text: str = "") -> str:
    """A page in another paper's layout that neither names the outlet nor leads to it, but for what is given."""
    own = OTHER_PRESS.article(4).replace("Tagespost Oberland", title)
    return own.replace("<head>", f"<head>{head}").replace("</body>", f"{text}</body>")


def test_identifiers_alone_accuse_no_other_paper_of_the_house() -> None:
    sister = Press(replace(BLICK, name="Abendblatt Süd", domain="abendsued.example"), "nord", "G-NORDB0TE1")
    index = BaselineIndex.build((BOTE_PRESS.outlet,), baselines(BOTE_PRESS))
    for days_ago in (400, 4000):
        found = judged([fetched(sister.home(), ROOT)], index=index, outlets=(BOTE_PRESS.outlet,), days_ago=days_ago)
        assert found["bote"].verdict is not V.IMPERSONATION
    assert judged([fetched(sister.home(), ROOT)], index=index, of=site("abendsued.example", ())) == {}


@pytest.mark.parametrize(("days_ago", "verdict"), [(6, V.IMPERSONATION), (4000, V.SUSPECTED)])
def test_the_label_with_copied_accounts_accuses_a_name_unless_it_is_settled(days_ago: int, verdict: Verdict) -> None:
    index = BaselineIndex.build(OUTLETS, WITH_ACCOUNTS)
    page = other_page("Nordbote", ACCOUNTS)
    assert judged([fetched(page, ROOT)], index=index, days_ago=days_ago)["bote"].verdict is verdict


def test_copied_accounts_on_a_newly_registered_name_are_suspected() -> None:
    index = BaselineIndex.build(OUTLETS, WITH_ACCOUNTS)
    found = judged([fetched(other_page("Oberland", ACCOUNTS), ROOT)], index=index, days_ago=6)["bote"]
    assert found.verdict is V.SUSPECTED
    assert "newly registered" in found.reason
    assert not judged([fetched(other_page("Oberland", ACCOUNTS), ROOT)], index=index, days_ago=400)[
        "bote"
    ].verdict.flagged


def test_a_paper_of_the_same_name_that_prints_the_same_reports_is_not_accused() -> None:
    texts = "".join(f"<p>{BOTE_PRESS.prose(51, number, 40)}</p>" for number in range(12))
    for name in ("Der Nordbote", "Nordbote"):
        page = fetched(other_page(name, text=texts), ROOT)
        assert judged([page], days_ago=400)["bote"].verdict is V.UNKNOWN
        assert judged([page], days_ago=6)["bote"].verdict is not V.IMPERSONATION


def test_a_page_whose_every_address_leads_to_the_clone_is_told_by_what_it_calls_itself() -> None:
    page = rewritten(BOTE_PRESS.article(78)).replace("G-NORDB0TE1", "G-FREMD00001")
    found = judged([fetched(page, ARTICLE)], days_ago=4000)["bote"]
    assert found.verdict is V.IMPERSONATION
    assert "calls itself Der Nordbote" in found.reason


def test_a_twin_of_the_outlet_s_theme_is_not_flagged() -> None:
    twin = Press(replace(OTHER, name="Gartenfreunde"), "nord", "G-GARTEN001")
    assert not judged([fetched(twin.home(), ROOT)], days_ago=3)["bote"].verdict.flagged
    assert judged([fetched(twin.home(), "https://garten.example/")], of=site("garten.example", ())) == {}


def test_an_article_about_the_outlet_is_not_flagged() -> None:
    about = OTHER_PRESS.article().replace("<h1>", "<h1>Der Nordbote entlässt Redakteure: ")
    cited = about.replace("<p>", '<p><a href="https://www.nordbote.de/politik/x.html">Der Nordbote</a> ', 3)
    assert not judged([fetched(cited, ROOT)], days_ago=3)["bote"].verdict.flagged


def test_hidden_text_stuffed_with_the_outlet_s_words_is_no_impersonation() -> None:
    stuffed = OTHER_PRESS.home().replace("</body>", f"<p hidden>{'Der Nordbote nordbote.de ' * 500}</p></body>")
    assert judged([fetched(stuffed, ROOT)], days_ago=3)["bote"].verdict is V.UNKNOWN


def test_a_frame_that_shows_the_outlet_is_suspected() -> None:
    frame = '<title>Willkommen</title><iframe src="https://www.nordbote.de/"></iframe>'
    found = judged([fetched(frame, ROOT)], days_ago=400)["bote"]
    assert found.verdict is V.SUSPECTED
    assert "in a frame" in found.reason


def test_a_site_of_many_years_may_embed_the_outlet() -> None:
    frame = OTHER_PRESS.home().replace("</body>", '<iframe src="https://video.nordbote.tv/7"></iframe></body>')
    assert judged([fetched(frame, ROOT)], days_ago=4000)["bote"].verdict is V.UNKNOWN


def test_a_picture_of_the_outlet_under_its_title_and_icon_is_flagged() -> None:
    picture = "<title>Nachrichten - Der Nordbote</title><img src='/screen.png'>"
    found = judged([fetched(picture, ROOT, favicon_sha256="icon of bote")], days_ago=3)["bote"]
    assert found.verdict.flagged
    assert {"brand", "favicon"} <= {signal.name for signal in found.signals}


def test_a_huge_page_that_holds_a_clone_is_an_impersonation() -> None:
    junk = "".join(f'<div class="c{n}"><section><p>{n}</p></section></div>' for n in range(4000))
    huge = BOTE_PRESS.article(8).replace("</body>", f"{junk}</body>")
    assert judged([fetched(huge, ARTICLE)])["bote"].verdict is V.IMPERSONATION


def test_binary_and_markup_without_end_are_judged_without_complaint() -> None:
    for source in ("\x00\x01\x02" * 500, "<div>" * 3000, "x" * 100_000, "<" * 5000):
        assert not judged([fetched(source, ROOT)], days_ago=400)["bote"].verdict.flagged


# --- innocence ------------------------------------------------------------------------------------------------------


def test_a_confirmed_domain_is_innocent_for_every_outlet() -> None:
    own = site("shop.nordbote.tv", [lookalike(), lookalike("blick")])
    found = judged([fetched(BOTE_PRESS.home(), "https://shop.nordbote.tv/")], of=own)
    assert {judgement.verdict for judgement in found.values()} == {V.INNOCENT}
    assert not any(judgement.shows_content for judgement in found.values())


COVERS_BOTH = TlsFacts(verified=True, names=("*.nordbote.de", "nordbote.de", "nordbote.ltd"))


def test_one_verified_certificate_over_both_names_is_ownership() -> None:
    page = redirected(ROOT, "https://www.nordbote.de/")
    assert judged([replace(page, tls=COVERS_BOTH)])["bote"].verdict is V.INNOCENT
    first, *others = page.hops
    assert judged([replace(page, hops=(replace(first, tls=COVERS_BOTH), *others))])["bote"].verdict is V.INNOCENT


@pytest.mark.parametrize(
    "tls",
    [
        replace(COVERS_BOTH, verified=False),
        replace(COVERS_BOTH, names=("www.nordbote.de", "*.nordbote.de")),
        replace(COVERS_BOTH, names=("nordbote.ltd", "nordbote.de.evil.example")),
        replace(COVERS_BOTH, names=(*COVERS_BOTH.names, "sni1234.cloudflaressl.com")),
    ],
)
def test_no_other_certificate_is(tls: TlsFacts) -> None:
    assert judged([redirected(ROOT, "https://www.nordbote.de/", tls=tls)])["bote"].verdict is V.SUSPECTED


OWN_SERVERS = ("ns1.nordbote.de", "ns2.nordbote.de")


def test_the_outlet_s_name_servers_in_zone_and_registry_are_ownership() -> None:
    page = redirected(ROOT, "https://www.nordbote.de/")
    facts, entry = dns(answers(nameservers=OWN_SERVERS)), registered(6, nameservers=OWN_SERVERS)
    assert judged([page], facts=facts, registration=entry)["bote"].verdict is V.INNOCENT


@pytest.mark.parametrize("delegated", [(), ("ns1.evil.example", "ns1.nordbote.de")])
def test_the_zone_alone_cannot_claim_the_outlet_s_name_servers(delegated: tuple[str, ...]) -> None:
    facts, entry = dns(answers(nameservers=OWN_SERVERS)), registered(6, nameservers=delegated)
    found = judged([fetched(BOTE_PRESS.home(), ROOT)], facts=facts, registration=entry)["bote"]
    assert found.verdict is V.IMPERSONATION


def test_a_redirect_whose_zone_names_the_outlet_s_servers_is_not_suspected_where_the_registry_is_silent() -> None:
    page, facts = redirected(ROOT, "https://www.nordbote.de/"), dns(answers(nameservers=OWN_SERVERS))
    assert judged([page], facts=facts, days_ago=None)["bote"].verdict is V.UNKNOWN
    contradicted = registered(None, nameservers=("ns1.evil.example",))
    assert judged([page], facts=facts, registration=contradicted)["bote"].verdict is V.SUSPECTED


def test_where_the_outlet_s_own_site_redirects_to_is_its_own() -> None:
    found = judged([fetched(BOTE_PRESS.home(), ROOT)], sent_to_by_outlets={"nordbote.ltd"})["bote"]
    assert found.verdict is V.INNOCENT


def word(verdict: Verdict, **more: object) -> AnalystWord:
    ordinary = {"reason": WordReason.COMPANY, "by": "ina", "at": NOW - timedelta(days=2)}
    return AnalystWord(verdict=verdict, **{**ordinary, **more})  # type: ignore[arg-type]  # ordinary values of a test


def test_an_analyst_s_word_stands_while_what_it_rests_on_holds() -> None:
    given = word(V.INNOCENT, registered_at=NOW - timedelta(days=6), registrar="Registrar A")
    marked = site(lookalikes=[lookalike(analyst=given)])
    page = [fetched(BOTE_PRESS.home(), ROOT)]
    assert judged(page, of=marked, registration=registered(6, registrar="Registrar A"))["bote"].verdict is V.INNOCENT
    for changed in (registered(1, registrar="Registrar A"), registered(6, registrar="Registrar B")):
        assert judged(page, of=marked, registration=changed)["bote"].verdict is V.IMPERSONATION


def test_after_a_confirmed_impersonation_lesser_content_shows_it_still() -> None:
    frame = [fetched('<title>x</title><iframe src="https://www.nordbote.de/"></iframe>', ROOT)]
    assert not judged(frame)["bote"].shows_content
    confirmed = site(lookalikes=[lookalike(verdict=V.IMPERSONATION)])
    assert judged(frame, of=confirmed)["bote"].shows_content


# --- explanations ---------------------------------------------------------------------------------------------------


def test_an_explanation_can_be_read_by_a_lawyer() -> None:
    lines = explain(judged([fetched(BOTE_PRESS.article(8), ARTICLE)])["bote"])
    told = "\n".join(lines)
    assert lines[0].startswith("impersonation: the page is built like nordbote.de's")
    assert "structural features of nordbote.de's article page of" in told
    assert "April 2024 are in this page" in told
    assert "links lead to nordbote.de" in told
    assert "6 days old; newly registered, within 90 days: registered on 2024-04-25" in told


def test_every_technique_is_said_in_words() -> None:
    assert NAME_IN_WORDS.keys() == set(Technique)
    found = judged([NOTHING["empty"]], of=site(lookalikes=[lookalike(technique=Technique.OMISSION)]))["bote"]
    assert "the name is the outlet's label without one of its characters (omission)" in "\n".join(explain(found))


def test_an_explanation_never_contradicts_its_verdict() -> None:
    owned = explain(judged([replace(redirected(ROOT, "https://www.nordbote.de/"), tls=COVERS_BOTH)])["bote"])
    assert owned[0].startswith("innocent: one certificate with a verified chain covers")
    assert not [line for line in owned if "without evidence" in line]


def test_an_analyst_s_word_says_who_and_when() -> None:
    said = explain(judged([NOTHING["empty"]], of=site(lookalikes=[lookalike(analyst=word(V.INNOCENT))]))["bote"])
    assert said[0].startswith(f"innocent: ina on {NOW - timedelta(days=2):%Y-%m-%d}: a company or product of that name")


def test_signals_add_up_to_the_score() -> None:
    found = judged([fetched(OTHER_PRESS.article(8), ARTICLE)])["bote"]
    assert found.score == pytest.approx(sum(s.value * s.weight for s in found.signals), abs=1e-4)
    assert 0 <= found.score <= 1


def test_outlets_without_baselines_and_lookalikes_of_removed_outlets_are_no_trouble() -> None:
    page = [fetched(BOTE_PRESS.article(8), ARTICLE)]
    bare = BaselineIndex.build(OUTLETS, ())
    assert judged(page, index=bare)["bote"].verdict is V.IMPERSONATION
    late = BaselineIndex.build((BLICK,), baselines(BLICK_PRESS))
    assert judged(page, index=late)["bote"].verdict is V.UNKNOWN
    assert judged(page, outlets=(BLICK,), index=BaselineIndex.build((BLICK,), ())) == {}
    assert judged(page, outlets=(), index=BaselineIndex.build((), ())) == {}
