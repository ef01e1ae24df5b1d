from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.core.facts.page import PageFacts
from service.core.model import Outlet
from service.core.verdict import brand, marks
from service.core.verdict.features import MOST_OWNERS, OWN_SHARE, FeatureIndex, hashes
from service.core.verdict.likeness import REDRAWN, BaselineIndex, Measures
from service.core.verdict.url_shape import url_shape
from tests.fakes_judging import (
    BLICK,
    BLICK_PRESS,
    BOTE,
    BOTE_PRESS,
    GAZETTE,
    INDEX,
    OTHER_PRESS,
    OUTLETS,
    POLICY,
    baseline,
    baselines,
    fetched,
)

URL = "https://nordbote.ltd/politik/eine-neue-luege-a-123456.html"


def measured(page: PageFacts, outlet: Outlet = BOTE, index: BaselineIndex = INDEX, icon: str = "") -> Measures:
    seen = fetched(None, URL, favicon_sha256=icon)
    return index.compare(seen, page).measures(outlet.id)


def own(seed: int = 9) -> PageFacts:
    page = fetched(BOTE_PRESS.article(seed), URL).page
    assert page is not None
    return page


# --- rows of features -----------------------------------------------------------------------------------------------


def test_the_share_of_a_row_is_what_the_page_has_of_it() -> None:
    index = FeatureIndex([range(100), range(1000, 1050)], [0, 1], cap=0)
    found = index.overlaps(hashes(range(40)))
    assert found.share.tolist() == pytest.approx([0.4, 0.0])
    assert found.common.tolist() == [40, 0]
    assert found.size.tolist() == [100, 50]


def test_what_a_page_adds_does_not_lower_the_share() -> None:
    index = FeatureIndex([range(100)], [0], cap=0)
    assert index.overlaps(hashes(range(50_000))).share.tolist() == [1.0]


def test_features_of_several_owners_weigh_less_and_of_many_nothing() -> None:
    alone, shared, everybodys = range(100), range(1000, 1100), range(2000, 2100)
    rows = [[*alone, *shared, *everybodys], [*shared, *everybodys], *([list(everybodys)] * MOST_OWNERS)]
    index = FeatureIndex(rows, range(len(rows)), cap=0)
    assert index.overlaps(hashes(everybodys)).share.tolist() == [0.0] * len(rows)
    assert index.overlaps(hashes(shared)).share[0] == pytest.approx(25 / 125)
    assert index.overlaps(hashes(alone)).share[0] == pytest.approx(100 / 125)


def test_rows_of_one_owner_do_not_make_each_other_common() -> None:
    index = FeatureIndex([range(100), range(100)], [0, 0], cap=0)
    assert index.overlaps(hashes(range(100))).share.tolist() == [1.0, 1.0]


def test_the_few_rare_features_of_a_common_page_do_not_stand_for_all_of_it() -> None:
    rows = [[*range(1000), *range(5000, 5010)], *([list(range(1000))] * MOST_OWNERS)]
    index = FeatureIndex(rows, range(len(rows)), cap=0)
    assert index.overlaps(hashes(range(5000, 5010))).share[0] == pytest.approx(10 / (OWN_SHARE * 1010))


def test_a_page_that_was_cut_is_compared_below_its_cut() -> None:
    everything = np.random.default_rng(3).integers(0, 2**63, size=4000, dtype=np.uint64)
    row, page = sorted(everything[:800].tolist()), sorted(everything.tolist())[:1000]
    index = FeatureIndex([row], [0], cap=1000)
    found = index.overlaps(hashes(page))
    assert found.share.tolist() == pytest.approx([1.0])
    assert found.size[0] < 300
    assert index.size(0) == 800


def test_no_rows_and_no_features_are_no_trouble() -> None:
    assert len(FeatureIndex([], [], cap=0).overlaps(hashes([1, 2])).share) == 0
    assert FeatureIndex([[]], [0], cap=0).overlaps(hashes([])).share.tolist() == [0.0]


# --- measures -------------------------------------------------------------------------------------------------------


def test_a_clone_shows_form_ties_and_masthead() -> None:
    found = measured(own(), icon="icon of bote")
    assert found["structure"].value > 0.9
    assert found["classes"].value > 0.9
    for tie in ("links", "asset_hosts", "canonical", "favicon", "identifiers", "brand"):
        assert found[tie].value >= 0.7, tie


def test_another_paper_shows_next_to_nothing() -> None:
    page = fetched(OTHER_PRESS.article(9), URL).page
    assert page is not None
    found = measured(page)
    assert found.get("structure", found["language"]).value < 0.1 or "structure" not in found
    assert not {"links", "asset_hosts", "canonical", "favicon", "identifiers", "brand", "frame"} & set(found)


def test_the_evidence_names_the_baseline_that_is_nearest() -> None:
    assert "nordbote.de's article page of 10 April 2024" in measured(own())["structure"].evidence
    home = fetched(BOTE_PRESS.home(4), "https://nordbote.ltd/").page
    assert home is not None
    assert "nordbote.de's home page of 11 April 2024" in measured(home)["structure"].evidence


def test_few_links_to_the_outlet_weigh_little_and_many_in_full() -> None:
    for count, value in ((2, 0.16), (400, 1.0)):
        page = PageFacts(links={"www.nordbote.de": count, "": 10})
        links = measured(page)["links"]
        assert links.value == pytest.approx(value, abs=0.01)
        assert links.evidence == f"{count} of {count + 10} links lead to nordbote.de"


def test_links_to_a_name_that_only_looks_like_the_outlet_s_are_none() -> None:
    assert "links" not in measured(PageFacts(links={"nordbote.de.evil.example": 90, "notnordbote.de": 90}))


def test_identifiers_that_outlets_share_tie_a_page_to_none() -> None:
    shared = [
        replace(b, page=replace(b.page, identifiers=frozenset({"google:GTM-GROUP"}))) for b in baselines(BOTE_PRESS)
    ]
    other = [replace(b, outlet="blick") for b in shared]
    page = PageFacts(identifiers=frozenset({"google:GTM-GROUP"}))
    assert "identifiers" in measured(page, index=BaselineIndex.build(OUTLETS, shared))
    assert "identifiers" not in measured(page, index=BaselineIndex.build(OUTLETS, [*shared, *other]))


def test_foreign_identifiers_count_only_beside_copied_ones() -> None:
    foreign, copied = "google:G-EVIL00001", "google:G-NORDB0TE1"
    assert "foreign_identifiers" not in measured(PageFacts(identifiers=frozenset({foreign})))
    found = measured(PageFacts(identifiers=frozenset({foreign, copied})))
    assert foreign in found["foreign_identifiers"].evidence


def test_a_host_that_serves_the_outlet_s_assets_counts_less_than_its_own_domain() -> None:
    made = [
        replace(b, page=replace(b.page, assets={"cdn.group.example": 40, "fonts.gstatic.com": 40}))
        for b in baselines(BOTE_PRESS)
    ]
    index = BaselineIndex.build(OUTLETS, made)
    assert measured(PageFacts(assets={"cdn.group.example": 40}), index=index)["asset_hosts"].value == 0.4
    assert measured(PageFacts(assets={"img.nordbote.de": 40}), index=index)["asset_hosts"].value == 1.0
    assert "asset_hosts" not in measured(PageFacts(assets={"fonts.gstatic.com": 40}), index=index)


def test_the_icon_counts_byte_for_byte_or_by_its_address() -> None:
    assert "byte for byte" in measured(PageFacts(), icon="icon of bote")["favicon"].evidence
    assert measured(PageFacts(favicon_url="https://www.nordbote.de/icon.png"))["favicon"].value == 1.0
    assert "favicon" not in measured(PageFacts(favicon_url="https://nordbote.ltd/icon.png"), icon="another")


def test_the_icon_in_another_size_counts_less_than_byte_for_byte_and_another_one_nothing() -> None:
    drawn = [replace(one, favicon_dhash="00ff00ff00ff00ff") for one in baselines(BOTE_PRESS)]
    index = BaselineIndex.build(OUTLETS, drawn)
    for icon, value in (("00ff00ff00ff00fe", REDRAWN), ("ff00ff00ff00ff00", 0.0), ("", 0.0)):
        found = index.compare(fetched(None, URL, favicon_dhash=icon), PageFacts()).measures("bote")
        assert (found["favicon"].value if "favicon" in found else 0.0) == value


def test_text_copied_from_the_outlet_counts_by_how_much_it_is() -> None:
    kept = INDEX.baseline(1).page.text_shingles
    few, many = frozenset(sorted(kept)[:10]), kept
    assert measured(PageFacts(text_shingles=few))["text"].value < 0.3
    assert measured(PageFacts(text_shingles=many))["text"].value == 1.0


def test_the_nearest_outlet_comes_first_and_strangers_not_at_all() -> None:
    assert INDEX.compare(fetched(None, URL), own()).nearest(3)[0] == "bote"
    assert INDEX.compare(fetched(None, URL), PageFacts()).nearest(3) == []


def test_a_tiny_baseline_counts_in_proportion() -> None:
    tiny = replace(baseline(BOTE_PRESS, "<p>x</p>"), page=PageFacts(shingles=frozenset({1, 2})))
    index = BaselineIndex.build((BOTE,), [tiny])
    assert measured(PageFacts(shingles=frozenset({1, 2})), index=index)["structure"].value == pytest.approx(2 / 40)


def test_baselines_of_outlets_that_are_not_watched_are_left_out() -> None:
    index = BaselineIndex.build((GAZETTE,), baselines(BOTE_PRESS))
    assert measured(own(), GAZETTE, index) == measured(own(), GAZETTE, BaselineIndex.build((GAZETTE,), ()))


# --- names ----------------------------------------------------------------------------------------------------------

PAGES = [PageFacts(title=f"Etwas {n} - NORDBOTE+ online", og_site_name="Nordbote Online") for n in range(2)]
NAMES = brand.brand_of(BOTE, PAGES)


@pytest.mark.parametrize(
    ("page", "value"),
    [
        (PageFacts(title="Alles neu - Der Nordbote"), brand.MASTHEAD),
        (PageFacts(title="DER NORDBOTE | Nachrichten"), brand.MASTHEAD),
        (PageFacts(title="Wetter · nordbote.de"), brand.MASTHEAD),
        (PageFacts(og_site_name="Der Nordbote"), brand.MASTHEAD),
        (PageFacts(og_site_name="nordbote online"), brand.MASTHEAD),
        (PageFacts(title="Nordbote - Blumen und mehr"), brand.LABEL),
        (PageFacts(title="Der Nordbote entlässt seine Redaktion"), brand.MENTION),
        (PageFacts(headings=("Was der Nordbote schreibt",)), brand.MENTION),
        (PageFacts(text="Der Nordbote " * 50), 0.0),
        (PageFacts(title="Nordboten"), 0.0),
        (PageFacts(), 0.0),
    ],
)
def test_a_masthead_is_more_than_a_label_and_a_label_more_than_a_mention(page: PageFacts, value: float) -> None:
    assert brand.likeness(page, NAMES)[0] == value


def test_short_ordinary_words_are_no_mention() -> None:
    bild = brand.brand_of(Outlet(id="bild", name="Bild", domain="bild.de"), ())
    assert brand.likeness(PageFacts(title="Das Bild der Woche im Museum"), bild)[0] == 0.0
    assert brand.likeness(PageFacts(title="Das Neueste - BILD.de"), bild)[0] == brand.MASTHEAD
    assert brand.likeness(PageFacts(title="Bild - Rahmen nach Maß"), bild)[0] == brand.LABEL


def test_what_one_page_calls_itself_is_not_learnt_as_the_outlet_s_name() -> None:
    once = brand.brand_of(BLICK, [PageFacts(title="Ein Tag am Meer - Abendblick")])
    assert brand.likeness(PageFacts(title="Ein Tag am Meer"), once)[0] == 0.0


def test_a_segment_that_holds_the_label_as_a_word_is_learnt_from_one_page() -> None:
    once = brand.brand_of(BLICK, [PageFacts(title="Ein Tag am Meer - Abendblick Plus")])
    assert brand.likeness(PageFacts(title="Wetter - Abendblick Plus"), once)[0] == brand.MASTHEAD


def test_a_word_around_the_label_is_not_learnt() -> None:
    welt = Outlet(id="welt", name="Die Welt", domain="welt.de")
    learnt = brand.brand_of(welt, [PageFacts(title="Umwelt - WELT")])
    assert brand.likeness(PageFacts(title="Umwelt"), learnt)[0] == 0.0


def test_labels_are_compared_without_accents() -> None:
    zeitung = Outlet(id="sz", name="SZ", domain="sueddeutsche.de")
    learnt = brand.brand_of(zeitung, [PageFacts(title="Politik - Süddeutsche.de")])
    assert brand.likeness(PageFacts(title="Sport - Süddeutsche.de"), learnt)[0] == brand.MASTHEAD


@pytest.mark.parametrize(
    "page", [PageFacts(names=("Nordbote Heute",)), PageFacts(structured={"publisher": "Nordbote Heute"})]
)
def test_metadata_of_one_page_names_the_outlet_and_gives_a_copy_away(page: PageFacts) -> None:
    learnt = brand.brand_of(BOTE, [PageFacts(names=("Nordbote Heute",))])
    assert brand.likeness(page, learnt)[0] == brand.MASTHEAD


@pytest.mark.parametrize("anybodys", ["News", "Home", "WordPress", "Mein Blog", "Startseite", "Sport Live 24"])
def test_a_site_name_that_anybody_may_have_is_no_masthead(anybodys: str) -> None:
    pages = [PageFacts(og_site_name=anybodys, names=(anybodys,), title=f"Tag {n} - {anybodys}") for n in range(3)]
    learnt = brand.brand_of(BOTE, pages)
    assert brand.likeness(PageFacts(og_site_name=anybodys, title=anybodys), learnt)[0] == 0.0


def test_a_phrase_that_holds_the_label_is_no_masthead() -> None:
    bild = Outlet(id="bild", name="Bild", domain="bild.de")
    learnt = brand.brand_of(bild, [PageFacts(title="Ein Turm im Nebel - Bild der Woche")])
    assert brand.likeness(PageFacts(title="Bild der Woche - Fotoverein"), learnt)[0] == 0.0


def test_a_headline_that_two_dates_of_one_page_have_is_no_masthead() -> None:
    twice = [PageFacts(title="Ein Turm im Nebel - Abendblick")] * 2
    assert brand.likeness(PageFacts(title="Ein Turm im Nebel"), brand.brand_of(BLICK, twice))[0] == 0.0


def test_a_name_that_several_outlets_declare_is_learnt_for_none() -> None:
    pages = [PageFacts(og_site_name="Nordlicht Verbund")]
    everybodys = brand.shared_names([pages, pages])
    assert brand.likeness(pages[0], brand.brand_of(BOTE, pages))[0] == brand.MASTHEAD
    assert brand.likeness(pages[0], brand.brand_of(BOTE, pages, everybodys))[0] == 0.0


def test_a_label_without_its_article_is_a_label_and_no_masthead() -> None:
    presse = Outlet(id="presse", name="Die Presse", domain="diepresse.com")
    assert brand.likeness(PageFacts(title="Presse - Autohaus"), brand.brand_of(presse, ()))[0] == brand.LABEL


# --- accounts -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("accounts", "value"),
    [
        ({"x-account:nordbote_de"}, 0.7),
        ({"android-app:de.nordbote.app"}, 0.7),
        ({"x-account:themeforest"}, 0.2),
        ({"apple-app:123456789"}, 0.4),
        ({"apple-app:123456789", "facebook-page:1122334455"}, 0.8),
        ({"x-account:nordbote_de", "apple-app:123456789", "facebook-page:1122334455"}, 1.0),
        ({"x-account:somebody"}, 0.0),
    ],
)
def test_an_account_ties_by_the_outlet_s_name_or_beside_another(accounts: set[str], value: float) -> None:
    known = frozenset({"x-account:nordbote_de", "android-app:de.nordbote.app", "x-account:themeforest"})
    known |= {"apple-app:123456789", "facebook-page:1122334455"}
    found = marks.copied(PageFacts(accounts=frozenset(accounts)), BOTE, (), known)
    assert found[0] == pytest.approx(value)


def test_an_account_and_an_app_that_a_theme_ships_tie_nothing() -> None:
    page = PageFacts(identifiers=frozenset({"meta-app:966242223397117"}), accounts=frozenset({"x-account:themeforest"}))
    assert marks.copied(page, BOTE, page.identifiers, page.accounts)[0] < POLICY.bounds.tie


def test_an_account_that_two_outlets_name_ties_a_page_to_neither() -> None:
    page = PageFacts(accounts=frozenset({"x-account:nordbote", "apple-app:123456789"}))
    both = [replace(one, page=replace(one.page, accounts=page.accounts)) for one in baselines(BOTE_PRESS, BLICK_PRESS)]
    assert "identifiers" not in measured(page, index=BaselineIndex.build(OUTLETS, both))


def test_a_baseline_from_before_accounts_were_read_makes_the_outlet_s_own_no_foreign_mark() -> None:
    page = replace(own(), accounts=frozenset({"x-account:nordbote"}))
    assert measured(page)["identifiers"] == measured(own())["identifiers"]
    assert "foreign_identifiers" not in measured(page)


# --- addresses ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "same", "other"),
    [
        (
            "https://x.de/politik/ein-neuer-tag-a-123456.html",
            "https://y.ltd/wirtschaft/und-noch-ein-tag-heute-a-99.html",
            "https://y.ltd/politik/",
        ),
        (
            "https://x.fr/2024/05/01/la-vie.html",
            "https://y.fr/2022/07/31/la-mort-du-roi.html",
            "https://y.fr/05/la-vie.html",
        ),
    ],
)
def test_addresses_of_one_form_have_one_shape(url: str, same: str, other: str) -> None:
    assert url_shape(url) == url_shape(same) != url_shape(other)


@pytest.mark.parametrize("url", ["https://x.de/", "https://x.de/politik", "", "http://[", "mailto:a@b"])
def test_addresses_that_say_nothing_have_none(url: str) -> None:
    assert url_shape(url) == ""
