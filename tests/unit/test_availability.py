from __future__ import annotations

import pytest

from service.core.facts.dns import DnsStatus
from service.core.facts.page import FetchedPage, FetchOutcome, Hop, HopKind
from service.core.states import Availability
from service.core.verdict.availability import Survey, consensus, grade
from service.core.verdict.lists import in_networks, shipped_lists, unreachable_everywhere, within
from tests.fakes_judging import (
    BOTE,
    BOTE_PRESS,
    LISTS,
    OTHER_PRESS,
    answers,
    dns,
    failed,
    fetched,
    look,
    redirected,
)

URL = "https://nordbote.ltd/"
A = Availability


def small(title: str, text: str, **more: object) -> FetchedPage:
    return fetched(f"<html><head><title>{title}</title></head><body><p>{text}</p></body></html>", URL, **more)


def test_a_page_with_content_makes_the_site_live() -> None:
    seen = look([fetched(OTHER_PRESS.home(), URL)])
    assert seen.consensus is A.LIVE
    assert seen.availability == {"desktop": A.LIVE, "system": A.LIVE}


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (DnsStatus.NXDOMAIN, A.NXDOMAIN),
        (DnsStatus.NO_ADDRESS, A.NO_ADDRESS),
        (DnsStatus.SERVFAIL, A.SERVFAIL),
        (DnsStatus.REFUSED, A.SERVFAIL),
        (DnsStatus.TIMEOUT, A.SERVFAIL),
        (DnsStatus.VANTAGE_FAILED, A.VANTAGE_FAILED),
    ],
)
def test_what_the_resolver_says_is_the_grade_where_nothing_answers(status: DnsStatus, expected: Availability) -> None:
    assert look((), dns(answers(status=status))).consensus is expected


def test_a_name_that_resolves_without_a_page_asked_for_is_not_checked() -> None:
    seen = look(())
    assert seen.consensus is A.NOT_CHECKED
    assert "no page was asked for" in seen.consensus_reason


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (FetchOutcome.UNREACHABLE, A.UNREACHABLE),
        (FetchOutcome.TIMEOUT, A.UNREACHABLE),
        (FetchOutcome.TLS_ERROR, A.UNREACHABLE),
        (FetchOutcome.PROTOCOL_ERROR, A.UNREACHABLE),
        (FetchOutcome.NO_ADDRESS, A.NO_ADDRESS),
        (FetchOutcome.VANTAGE_FAILED, A.VANTAGE_FAILED),
        (FetchOutcome.PROXY_ERROR, A.VANTAGE_FAILED),
        (FetchOutcome.REFUSED, A.NOT_CHECKED),
        (FetchOutcome.TOO_LARGE, A.CONTENT_NOT_SEEN),
        (FetchOutcome.REDIRECT_LOOP, A.CONTENT_NOT_SEEN),
    ],
)
def test_a_failed_fetch_is_graded_by_how_it_failed(outcome: FetchOutcome, expected: Availability) -> None:
    assert look([failed(URL, outcome)]).consensus is expected


def test_a_site_that_answers_and_sends_on_to_a_dead_host_answers() -> None:
    hops = (Hop(url=URL, kind=HopKind.START, status=302), Hop(url="https://gone.example/", kind=HopKind.HTTP))
    page = failed(URL, FetchOutcome.NO_ADDRESS, hops=hops, final_url="https://gone.example/")
    assert look([page]).consensus is A.CONTENT_NOT_SEEN


def test_a_chain_that_ends_at_a_confirmed_domain_redirects_to_the_outlet() -> None:
    assert look([redirected(URL, "https://www.nordbote.de/")]).consensus is A.REDIRECTS_TO_OUTLET
    assert look([redirected(URL, "https://nordbote.tv/")]).consensus is A.REDIRECTS_TO_OUTLET


def test_a_host_that_only_begins_with_a_confirmed_domain_is_not_the_outlet() -> None:
    assert look([redirected(URL, "https://nordbote.de.example/")]).consensus is A.LIVE


def test_one_profile_that_is_served_outweighs_those_that_are_not() -> None:
    pages = [
        redirected(URL, "https://www.nordbote.de/"),
        fetched(BOTE_PRESS.article(), URL, profile="mobile"),
        small("404", "not found", status=404, profile="bot"),
    ]
    seen = look(pages)
    assert seen.consensus is A.LIVE
    assert seen.availability["desktop"] is A.REDIRECTS_TO_OUTLET
    assert seen.availability["bot"] is A.CONTENT_NOT_SEEN


PARKED = [
    "This domain is for sale. Buy this domain now.",
    "Diese Domain steht zum Verkauf.",
    "Ce nom de domaine est à vendre.",
    "Questo dominio è in vendita",
    "Este dominio está en venta",
    "Domena na sprzedaż",
    "Домен продаётся",
    "Tato doména je na prodej",
    "Related searches: news, zeitung, abo",
]


@pytest.mark.parametrize("text", PARKED)
def test_parking_pages_are_told_by_their_words_in_several_languages(text: str) -> None:
    seen = look([small("nordbote.ltd", text)])
    assert seen.consensus is A.PARKED
    assert "the page says" in seen.consensus_reason


def test_parking_is_told_by_name_servers_without_a_page() -> None:
    seen = look((), dns(answers(nameservers=("ns1.sedoparking.com", "ns2.sedoparking.com"))))
    assert seen.consensus is A.PARKED
    assert "ns1.sedoparking.com" in seen.consensus_reason


def test_parking_is_told_by_address_where_the_page_says_little() -> None:
    assert look([small("Welcome", "Hello")], dns(answers(addresses=("91.195.240.12",)))).consensus is A.PARKED


def test_one_name_server_of_a_parking_service_beside_another_proves_nothing() -> None:
    servers = ("ns1.hoster.example", "ns1.sedoparking.com")
    assert look([fetched(OTHER_PRESS.home(), URL)], dns(answers(nameservers=servers))).consensus is A.LIVE


def test_a_whole_newspaper_on_a_parking_service_s_servers_is_live() -> None:
    servers = dns(answers(nameservers=("ns1.bodis.com", "ns2.bodis.com")))
    assert look([fetched(BOTE_PRESS.home(), URL)], servers).consensus is A.LIVE


@pytest.mark.parametrize("server", ["ns1.registrar-servers.com", "ns1.name.com", "ns1.wordpress.com", "ns1.one.com"])
def test_registrars_default_name_servers_are_no_parking(server: str) -> None:
    assert look((), dns(answers(nameservers=(server,)))).consensus is A.NOT_CHECKED


def test_an_article_about_domains_for_sale_is_no_parking_page() -> None:
    story = OTHER_PRESS.article(paragraphs=40).replace("<p>", "<p>This domain is for sale, he said. ", 1)
    assert look([fetched(story, URL)]).consensus is A.LIVE


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        (small("Just a moment...", "Enable JavaScript and cookies to continue", status=403), A.CHALLENGED),
        (small("Attention Required! | Cloudflare", "Sorry, you have been blocked", status=403), A.CHALLENGED),
        (small("", "", status=403, server="cloudflare"), A.CHALLENGED),
        (small("Access Denied", "Access Denied", status=403, server="AkamaiGHost"), A.CHALLENGED),
        (small("DDoS-Guard", "Checking your browser before accessing", status=403), A.CHALLENGED),
        (small("403 Forbidden", "nginx", status=403, server="nginx"), A.CONTENT_NOT_SEEN),
        (small("404 Not Found", "Not Found", status=404), A.CONTENT_NOT_SEEN),
        (small("Welcome to nginx!", "If you see this page, the nginx web server is installed"), A.CONTENT_NOT_SEEN),
        (small("Apache2 Ubuntu Default Page: It works", "It works!"), A.CONTENT_NOT_SEEN),
        (small("", "Coming soon"), A.CONTENT_NOT_SEEN),
        (small("", ""), A.CONTENT_NOT_SEEN),
        (small("Account Suspended", "This Account has been suspended."), A.CONTENT_NOT_SEEN),
        (fetched(None, URL, bytes=0), A.CONTENT_NOT_SEEN),
        (fetched(None, URL, content_type="application/pdf", bytes=100), A.CONTENT_NOT_SEEN),
    ],
)
def test_kinds_of_nothing_are_told_apart(page: FetchedPage, expected: Availability) -> None:
    assert look([page]).consensus is expected


def test_a_suspended_page_says_by_what_it_was_told() -> None:
    seen = look([small("Account Suspended", "This account has been suspended.")])
    assert "account has been suspended" in seen.suspended


def test_a_site_is_not_suspended_while_one_visitor_is_served() -> None:
    suspended = small("Account Suspended", "This account has been suspended.")
    assert look([suspended, fetched(BOTE_PRESS.home(), URL, profile="mobile")]).suspended == ""


def test_a_clone_sent_with_an_error_status_is_live() -> None:
    assert look([fetched(BOTE_PRESS.home(), URL, status=404)]).consensus is A.LIVE


BANNER = "This domain has been seized by the Federal Bureau of Investigation in accordance with a seizure warrant."


@pytest.mark.parametrize(
    "text",
    [
        BANNER,
        "Diese Domain wurde beschlagnahmt. Bundeskriminalamt, Staatsanwaltschaft Bamberg",
        "Ce site a été saisi par la Gendarmerie nationale sur ordre du tribunal judiciaire",
        "Sito sottoposto a sequestro dalla Guardia di Finanza, Procura della Repubblica",
        "Домен конфискован. Прокуратура, полиция",
    ],
)
def test_seizure_banners_are_told_by_their_words(text: str) -> None:
    assert look([small("Notice", text)]).consensus is A.SEIZED


def test_a_banner_that_names_no_authority_seizes_nothing() -> None:
    assert look([small("Notice", "This domain has been seized by pirates")]).consensus is A.CONTENT_NOT_SEEN


def test_an_authority_s_name_servers_make_a_terse_banner_a_seizure() -> None:
    seized = dns(answers(nameservers=("ns1.fbi.seized.gov", "ns2.fbi.seized.gov")))
    seen = look([small("Seized", "This website has been seized. " * 5)], seized)
    assert seen.consensus is A.SEIZED
    assert "ns1.fbi.seized.gov" in seen.consensus_reason


def test_a_newspaper_that_publishes_an_authority_s_name_servers_stays_live() -> None:
    seized = dns(answers(nameservers=("ns1.fbi.seized.gov",)))
    assert look([fetched(BOTE_PRESS.home(), URL)], seized).consensus is A.LIVE


def test_a_fake_banner_for_one_visitor_does_not_hide_the_site_of_another() -> None:
    pages = [small("Notice", BANNER), fetched(BOTE_PRESS.home(), URL, profile="mobile")]
    assert look(pages).consensus is A.LIVE


def test_a_sinkhole_is_told_by_its_address() -> None:
    assert look([small("", "ok")], dns(answers(addresses=("192.42.116.41",)))).consensus is A.SINKHOLED


def test_a_sinkhole_s_name_servers_do_not_outweigh_a_page() -> None:
    servers = dns(answers(nameservers=("ns1.csof.net",)))
    assert look((), servers).consensus is A.SINKHOLED
    assert look([fetched(BOTE_PRESS.home(), URL)], servers).consensus is A.LIVE


@pytest.mark.parametrize(
    "other",
    [
        answers("isp", DnsStatus.NXDOMAIN),
        answers("isp", DnsStatus.REFUSED),
        answers("isp", addresses=("127.0.0.1",)),
        answers("isp", addresses=("0.0.0.0",)),  # noqa: S104 - an answer, nothing is bound
        answers("isp", addresses=("146.112.61.106",)),
    ],
)
def test_a_resolver_that_answers_otherwise_blocks_and_the_site_stays_live(other: object) -> None:
    seen = look([fetched(BOTE_PRESS.home(), URL)], dns(answers(), other))  # type: ignore[arg-type]  # parametrised
    assert seen.availability["isp"] is A.RESOLVER_BLOCKED
    assert seen.availability["system"] is A.LIVE
    assert seen.consensus is A.LIVE


def test_a_configured_block_page_makes_a_resolver_block() -> None:
    lists = shipped_lists({"block_pages": ["198.51.100.0/24"]})
    facts = dns(answers(), answers("isp", addresses=("198.51.100.9",)))
    survey = grade(facts, [fetched(BOTE_PRESS.home(), URL)], BOTE.confirmed_domains, lists)
    assert survey.availability["isp"] is A.RESOLVER_BLOCKED
    assert "block page" in survey.graded["isp"].reason


def test_another_public_address_is_a_delivery_network_and_no_block() -> None:
    seen = look([fetched(BOTE_PRESS.home(), URL)], dns(answers(), answers("isp", addresses=("9.9.9.9",))))
    assert seen.availability["isp"] is A.LIVE


@pytest.mark.parametrize("status", [DnsStatus.SERVFAIL, DnsStatus.TIMEOUT])
def test_trouble_at_a_resolver_is_no_block(status: DnsStatus) -> None:
    seen = look([fetched(BOTE_PRESS.home(), URL)], dns(answers(), answers("isp", status)))
    assert seen.availability["isp"] is A.SERVFAIL
    assert seen.consensus is A.LIVE


def test_a_name_that_is_gone_everywhere_is_blocked_by_no_resolver() -> None:
    seen = look((), dns(answers(status=DnsStatus.NXDOMAIN), answers("isp", DnsStatus.NXDOMAIN)))
    assert seen.availability["isp"] is A.NXDOMAIN
    assert seen.consensus is A.NXDOMAIN


def test_a_block_that_outlives_the_name_is_no_sign_of_life() -> None:
    seen = look((), dns(answers(status=DnsStatus.NXDOMAIN), answers("isp", addresses=("127.0.0.1",))))
    assert seen.consensus is A.NXDOMAIN


def test_a_resolver_that_still_answers_keeps_the_site_from_being_absent() -> None:
    seen = look((), dns(answers(status=DnsStatus.NXDOMAIN), answers("isp")))
    assert seen.consensus is A.CONTENT_NOT_SEEN
    assert "isp still answers" in seen.consensus_reason


def test_a_failed_vantage_leaves_the_word_to_the_next() -> None:
    facts = dns(answers(status=DnsStatus.VANTAGE_FAILED), answers("second"))
    seen = look([fetched(BOTE_PRESS.home(), URL)], facts)
    assert seen.availability["system"] is A.VANTAGE_FAILED
    assert seen.consensus is A.LIVE


def test_nothing_asked_is_nothing_known() -> None:
    assert consensus(Survey()) == (A.NOT_CHECKED, "no vantage was asked")


def test_hosts_lie_within_domains_by_whole_labels() -> None:
    assert within("www.bild.de", ("bild.de",)) == "bild.de"
    assert within("notbild.de", ("bild.de",)) is None


def test_what_is_no_address_lies_in_no_network() -> None:
    assert not in_networks(("no address",), LISTS.sinkhole_networks)
    assert not in_networks((), LISTS.sinkhole_networks)
    assert unreachable_everywhere(("no address",))


def test_shared_front_ends_are_on_no_list() -> None:
    for address in ("104.21.27.14", "13.107.246.57", "104.26.6.37", "52.222.139.7"):
        assert not in_networks((address,), (*LISTS.sinkhole_networks, *LISTS.parking_networks))
