"""What ties sites together, and who took over from whom."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from service.core.facts.page import FetchedPage, FetchOutcome, Hop, HopKind, PageFacts, TlsFacts
from service.core.persistence.links import ENOUGH, Link, Shared, links
from service.core.persistence.successors import Blocked, Born, Takeover, blocked, born, predecessor
from service.core.persistence.traits import COMMON_OWNED, STRENGTH, Copied, Trait, strength, traits_of
from service.core.states import Place, Verdict
from tests.builders import START, at, block, look, lookalike, registration, site

TRACKER = Trait("identifier", "google:G-AAAA1111")
COPIED = Copied(
    identifiers=frozenset({"google:G-OUTLET"}), favicons=frozenset({"own"}), domains=frozenset({"spiegel.de"})
)


def page(**more: object) -> FetchedPage:
    hops = (Hop(url="https://spiegel.ltd/", kind=HopKind.START), Hop(url="https://go.example/x", kind=HopKind.HTTP))
    facts = PageFacts(identifiers=frozenset({"google:G-AAAA1111", "google:G-OUTLET"}))
    ordinary: dict[str, object] = {
        "target": "https://spiegel.ltd/",
        "profile": "desktop",
        "outcome": FetchOutcome.OK,
        "hops": hops,
        "final_url": "https://go.example/x",
        "page": facts,
        "favicon_sha256": "own",
        "tls": TlsFacts(verified=True, names=("spiegel.ltd", "*.bild.pics", "www.spiegel.de")),
    }
    return FetchedPage(**{**ordinary, **more})  # type: ignore[arg-type]  # a builder's dictionary


def test_what_the_outlet_itself_has_ties_nothing() -> None:
    found = traits_of(site(), look(START, pages=(page(),)), COPIED)
    assert TRACKER in found
    assert Trait("identifier", "google:G-OUTLET") not in found
    assert not any(trait.kind == "favicon" for trait in found)
    assert Trait("certificate", "spiegel.de") not in found


def test_another_sites_name_in_the_certificate_is_a_tie_to_it() -> None:
    found = traits_of(site(), look(START, pages=(page(),)), COPIED)
    other = traits_of(site("bild.pics"), look(START), COPIED)
    assert Trait("certificate", "bild.pics") in found & other


def test_a_redirector_in_the_chain_is_a_trait() -> None:
    assert Trait("hop", "go.example") in traits_of(site(), look(START, pages=(page(),)), COPIED)


@given(st.sampled_from(sorted(STRENGTH)), st.integers(2, 1000))
def test_the_more_sites_share_a_trait_the_less_it_says(kind: str, sites: int) -> None:
    assert 0 <= strength(kind, sites + 1) <= strength(kind, sites) <= STRENGTH[kind]


def test_what_a_great_many_share_is_no_tie() -> None:
    assert links([Shared(host="a.com", trait=TRACKER, sites=COMMON_OWNED + 1)]) == ()


def test_one_address_shared_by_five_is_no_tie_and_an_identifier_is() -> None:
    address = Shared(host="a.com", trait=Trait("address", "192.0.2.1"), sites=6)
    identifier = Shared(host="a.com", trait=TRACKER, sites=6)
    assert links([address]) == ()
    assert links([identifier])[0].confidence >= ENOUGH


def test_several_traits_are_surer_than_each() -> None:
    both = [Shared(host="a.com", trait=TRACKER, sites=4), Shared(host="a.com", trait=Trait("favicon", "x"), sites=4)]
    (tie,) = links(both)
    assert tie.confidence > max(weight for _, weight in tie.traits)


def test_a_blocked_site_is_one_that_imitated_and_was_blocked_or_went_down() -> None:
    flagged = lookalike(verdict=Verdict.IMPERSONATION)
    assert blocked(site(lookalikes=(flagged,))) is None
    assert blocked(site(blocks=(block(Place.HOST, at(5)),))) is None
    found = blocked(site(lookalikes=(flagged,), blocks=(block(Place.HOST, at(5)),)))
    assert found == Blocked(host="spiegel.ltd", blocks=(at(5),), outlets=frozenset({"spiegel"}))


TIE = Link(host="spiegel.ltd", confidence=0.8, traits=((TRACKER, 0.8),))
GONE = Blocked(host="spiegel.ltd", blocks=(at(days=10),), outlets=frozenset({"spiegel"}))


def successor(**more: object) -> object:
    later = site("spiegel.pics", admitted_at=at(days=20), registration=registration(at(days=19)))
    changed = replace(later, **more)  # type: ignore[arg-type]  # a test's changes
    return predecessor(born(changed), changed.host, "spiegel", [TIE], [GONE])


def test_a_tied_site_that_appeared_after_the_block_took_over() -> None:
    assert successor() == Takeover("spiegel.ltd", TIE, at(days=10), at(days=19))


def test_a_site_that_was_there_before_the_block_took_over_from_nobody() -> None:
    assert successor(registration=registration(at(days=3))) is None


def test_closeness_in_time_alone_makes_nobody_a_successor() -> None:
    later = site("spiegel.pics", admitted_at=at(days=11))
    assert predecessor(born(later), later.host, "spiegel", [], [GONE]) is None


def test_of_several_the_strongest_tie_counts() -> None:
    weaker, other = Link(host="bild.pics", confidence=0.4, traits=()), replace(GONE, host="bild.pics")
    later = site("spiegel.pics", admitted_at=at(days=20))
    found = predecessor(born(later), later.host, "spiegel", [TIE, weaker], [other, GONE])
    assert found is not None
    assert found.predecessor == "spiegel.ltd"


def test_of_two_of_which_one_took_over_from_the_other_the_last_counts_however_weak_its_tie() -> None:
    weaker = Link(host="bild.pics", confidence=0.4, traits=())
    second = replace(GONE, host="bild.pics", blocks=(at(days=15),), took_over=frozenset({"spiegel.ltd"}))
    later = site("spiegel.pics", admitted_at=at(days=20))
    found = predecessor(born(later), later.host, "spiegel", [TIE, weaker], [GONE, second])
    assert found == Takeover("bild.pics", weaker, at(days=15), at(days=20))
    untied = predecessor(born(later), later.host, "spiegel", [TIE], [GONE, second])
    assert untied == Takeover("spiegel.ltd", TIE, at(days=10), at(days=20))


def test_a_blocked_site_says_whom_it_took_over_from() -> None:
    flagged = lookalike(verdict=Verdict.IMPERSONATION, predecessor="spiegel.ltd")
    found = blocked(site("spiegel.pics", lookalikes=(flagged,), blocks=(block(Place.HOST, at(5)),)))
    assert found is not None
    assert found.took_over == {"spiegel.ltd"}


def test_who_was_registered_after_the_block_counts_from_then_on_and_who_was_there_from_its_use() -> None:
    for appeared_on, began_on in ((15, 15), (3, 19)):
        came = Born(at(days=appeared_on), at(days=19))
        found = predecessor(came, "spiegel.pics", "spiegel", [TIE], [GONE])
        assert found == Takeover("spiegel.ltd", TIE, at(days=10), at(days=began_on))


def test_a_block_counts_before_an_end_and_an_end_where_no_block_came_first() -> None:
    both = replace(GONE, ends=(at(days=4),))
    assert both.before(at(days=12)) == at(days=10)
    assert both.before(at(days=8)) == at(days=4)
    assert both.before(at(days=4)) is None
