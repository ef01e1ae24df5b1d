"""The lab's own pages: told apart as real ones are, alike where they are copied, and the same every time."""

from __future__ import annotations

import re
import zlib
from datetime import date
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.adapters.extract import extract
from service.lab.newsroom import NEW, OLD, Masthead, identifiers
from service.lab.pages_clone import Story, cloned_article, cloned_home, with_icon, with_trackers
from service.lab.pages_head import tracker_script
from service.lab.pages_innocent import innocent_site, language_of
from service.lab.pages_outlet import Paper, paper
from service.lab.pages_plain import block_page, default_page, parking_page, seizure_page, suspended_page
from service.lab.pictures import icon_ico, icon_png, photograph
from service.lab.prose import Prose, languages, slug, words_of

PRINTED = date(2022, 6, 1)


def masthead(name: str, language: str = "de", layout: str = NEW) -> Masthead:
    return Masthead(
        id=name,
        name=f"{name.title()} Zeitung",
        domain=f"{name}.de",
        languages=(language,),
        printed=PRINTED,
        layout=layout,
    )


def site(name: str, language: str = "de", layout: str = NEW) -> Paper:
    return paper(masthead(name, language, layout))


def first_article(written: Paper) -> tuple[str, str]:
    return next(iter(written.articles.items()))


def likeness(one: frozenset[int], other: frozenset[int]) -> float:
    return len(one & other) / len(one | other)


PAPERS = [("abend", "de"), ("blick", "de"), ("courant", "de"), ("matin", "fr"), ("post", "en"), ("sera", "it")]


# -- outlets -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", languages())
def test_a_home_page_has_a_realistic_size_in_every_language(language: str) -> None:
    written = site("abend", language)
    assert 20_000 < len(written.home.encode()) < 60_000
    assert all(8_000 < len(html.encode()) < 40_000 for html in written.articles.values())


def test_a_home_page_says_whose_it_is_in_every_usual_way() -> None:
    facts = extract(site("abend").home, "https://abend.de/")
    assert facts.canonical == facts.og_url == "https://abend.de/"
    assert (facts.og_site_name, facts.language) == ("Abend Zeitung", "de")
    assert "Abend Zeitung" in facts.title
    assert facts.feeds == ("https://abend.de/feed.xml",)
    assert facts.assets["static.abend.de"] > 10
    assert len(facts.identifiers) == 2
    assert '"@type": "NewsMediaOrganization"' in site("abend").home
    assert 'hreflang="de"' in site("abend").home


def test_every_article_that_a_page_links_to_exists_and_so_does_the_rest_of_the_site() -> None:
    written = site("abend")
    linked = extract(written.home, "https://abend.de/").article_links
    assert {url.removeprefix("https://abend.de") for url in linked} == set(written.articles)
    assert {"/", "/feed.xml", "/robots.txt", "/sitemap.xml", "/favicon.ico"} <= set(written.replies)
    assert all(path in written.replies["/sitemap.xml"].body.decode() for path in written.articles)
    assert all(path in written.replies["/feed.xml"].body.decode() for path in written.articles)
    facts = extract(written.home, "https://abend.de/")
    served = {*written.static, *written.replies}
    assert {path for path in facts.asset_paths if path.startswith("/static/")} <= served


@pytest.mark.parametrize("kind", ["home", "article"])
def test_two_outlets_are_built_clearly_differently(kind: str) -> None:
    pages = []
    for name, language in PAPERS:
        written = site(name, language)
        pages.append(extract(written.home if kind == "home" else first_article(written)[1], f"https://{name}.de/"))
    for one, other in combinations(pages, 2):
        assert likeness(one.shingles, other.shingles) < 0.07, "other layouts of real outlets are below that"
        assert len(one.classes & other.classes) < 0.1 * len(one.classes)
        assert likeness(one.text_shingles, other.text_shingles) < 0.05


@pytest.mark.parametrize("name", [name for name, _ in PAPERS])
def test_the_old_layout_of_an_outlet_is_another_one_under_the_same_masthead(name: str) -> None:
    new, old = (extract(site(name, layout=layout).home, f"https://{name}.de/") for layout in (NEW, OLD))
    assert likeness(new.shingles, old.shingles) < 0.07
    assert (new.og_site_name, new.identifiers) == (old.og_site_name, old.identifiers)


def test_two_articles_of_an_outlet_have_one_build_and_different_texts() -> None:
    one, other = (extract(html, "https://abend.de/x") for html in list(site("abend").articles.values())[:2])
    assert likeness(one.shingles, other.shingles) > 0.8
    assert likeness(one.text_shingles, other.text_shingles) < 0.3


def test_the_same_masthead_gives_the_same_bytes_every_time() -> None:
    first = site("abend")
    paper.cache_clear()
    assert site("abend") == first


def test_outlets_have_icons_and_identifiers_of_their_own() -> None:
    names = [f"outlet{number}" for number in range(40)]
    assert len({icon_png(name) for name in names}) == len(names)
    assert len({identifiers(name) for name in names}) == len(names)


def test_pictures_are_valid_png_and_ico() -> None:
    for picture in (icon_png("abend"), photograph()):
        assert picture.startswith(b"\x89PNG\r\n\x1a\n")
        assert picture.endswith(b"IEND\xaeB`\x82")
        data = re.search(rb"IDAT(.*).{4}\x00\x00\x00\x00IEND", picture, re.DOTALL)
        assert data is not None
        assert zlib.decompress(data[1])
    assert icon_ico("abend")[:6] == b"\0\0\1\0\1\0"
    assert icon_ico("abend")[22:] == icon_png("abend")


# -- clones ------------------------------------------------------------------------------------------------------------


def test_a_cloned_home_keeps_build_and_links_and_leads_to_the_planted_story() -> None:
    written = site("abend")
    path, _ = first_article(written)
    html = cloned_home(written.home, "https://abend.de/", [(f"https://abend.de{path}", "/a/x.html", "Alles <anders>")])
    real, clone = extract(written.home, "https://abend.de/"), extract(html, "https://abend.ltd/")
    assert likeness(real.shingles, clone.shingles) > 0.9
    assert clone.canonical == real.canonical
    assert clone.links["abend.de"] > 0.7 * real.links[""]
    assert clone.identifiers == real.identifiers
    assert "Alles &lt;anders&gt;" in html
    assert 'href="/a/x.html"' in html
    assert f'href="https://abend.de{path}"' not in html


def test_a_cloned_article_keeps_the_build_and_tells_another_story_under_another_title() -> None:
    path, html = first_article(site("abend"))
    story = Story("de", "abend.ltd")
    copied = cloned_article(html, f"https://abend.de{path}", story, "Abend Zeitung")
    real, clone = extract(html, f"https://abend.de{path}"), extract(copied, "https://abend.ltd/a/x.html")
    assert likeness(real.shingles, clone.shingles) > 0.9
    assert likeness(real.text_shingles, clone.text_shingles) < 0.5
    assert clone.title == f"{story.headline} - Abend Zeitung"
    assert clone.headings[0].endswith(story.headline), "what stands beside the headline stays"


def test_a_page_without_any_of_the_usual_marks_can_be_copied_too() -> None:
    bare = '<p>Ein Absatz, der lang genug ist, um ersetzt zu werden, und nichts weiter sagt.</p><img src="x.png">'
    copied = cloned_article(bare, "https://abend.de/a/b.html", Story("de", "s"), "Abend")
    assert 'src="https://abend.de/a/x.png"' in copied
    assert "lang genug" not in copied
    home = cloned_home(bare, "https://abend.de/", [("https://abend.de/none", "/a.html", "Neu")])
    assert home.startswith('<p><a href="/a.html">Neu</a></p>')


@pytest.mark.parametrize(
    ("written", "copied"),
    [
        ('<a href="/x">', '<a href="https://abend.de/x">'),
        ("<img src='../i.png'>", "<img src='https://abend.de/i.png'>"),
        ('<a href="//other.de/x">', '<a href="https://other.de/x">'),
        ('<a href="https://other.de/x">', '<a href="https://other.de/x">'),
        ('<a href="#top">', '<a href="#top">'),
        ('<a href="mailto:a@b.de">', '<a href="mailto:a@b.de">'),
    ],
)
def test_a_copied_link_leads_where_it_led_on_the_original(written: str, copied: str) -> None:
    assert copied in cloned_home(written, "https://abend.de/a/home.html", [])


def test_an_icon_can_be_replaced_or_taken_out() -> None:
    page = '<head><link rel="icon" href="/old.png">\n<link rel="apple-touch-icon" href="/old.png"></head>'
    assert with_icon(page, None).count("icon") == 0
    assert with_icon(page, "/new.png").count("/new.png") == 1
    assert "/old.png" not in with_icon(page, "/new.png")


@pytest.mark.parametrize(
    ("identifier", "found"),
    [
        ("G-AAAA1111", "google:G-AAAA1111"),
        ("GTM-ABC1234", "google:GTM-ABC1234"),
        ("UA-1234567-1", "google:UA-1234567-1"),
        ("ca-pub-1234567890123456", "1234567890123456"),
        ("123456789012345", "123456789012345"),
        ("12345678", "12345678"),
    ],
)
def test_an_identifier_stands_in_a_page_as_its_tracker_writes_it(identifier: str, found: str) -> None:
    page = with_trackers("<html><head></head><body></body></html>", [identifier])
    assert any(one.endswith(found) for one in extract(page, "https://a.ltd/").identifiers)
    assert page.index(tracker_script(identifier)) < page.index("</head>")


# -- other pages -------------------------------------------------------------------------------------------------------


def test_parking_pages_have_several_wordings_and_name_the_domain_and_the_parker() -> None:
    pages = {name: parking_page(name, "bodis.com") for name in (f"name{number}.com" for number in range(30))}
    assert all(name in html and "bodis.com" in html for name, html in pages.items())
    assert len({html.replace(name, "") for name, html in pages.items()}) > 5


def test_banners_say_what_happened() -> None:
    assert "Welcome to nginx!" in {extract(default_page(f"{n}.de"), "https://x.de/").title for n in range(9)}
    assert "suspended" in suspended_page("a.ltd")
    assert "a.ltd has been seized by The &lt;Court&gt;" in seizure_page("a.ltd", "The <Court>")
    assert "gesperrt" in block_page("Provider")


def test_innocent_sites_are_of_every_kind_and_no_two_are_built_alike() -> None:
    sites = [innocent_site(f"welt{number}.com", ("de",), PRINTED) for number in range(24)]
    assert {True, False} == {bool(one.static) for one in sites}, "newspapers have a static host"
    paths = {path.split("/")[1] for one in sites for path in one.replies}
    assert {"p", "contact", "post"} <= paths
    pages = [extract(one.replies["/"].body.decode(), "https://x.com/") for one in sites[:8]]
    assert all(page.language != "de" for page in pages)
    outlet = extract(site("welt").home, "https://welt.de/")
    assert all(likeness(page.shingles, outlet.shingles) < 0.07 for page in pages)


def test_an_innocent_site_is_written_in_its_countrys_language_unless_the_outlet_is() -> None:
    assert language_of("blatt.es") == "es"
    assert language_of("blatt.es", ("es",)) != "es"
    assert language_of("blatt.zz", languages()) == "en"


# -- sentences ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", languages())
def test_every_frame_of_every_language_can_be_filled(language: str) -> None:
    words, prose = words_of(language), Prose(language, "seed")
    for _ in range(300):
        assert not re.search(r"[{}]|\s{2}", prose.headline() + prose.sentence() + prose.fake_paragraph(2))
    assert words.language == language
    assert all(len(words.words[key]) >= 6 for key in words.words if key != "things")


@pytest.mark.parametrize("language", languages())
def test_no_frame_has_a_long_run_that_every_outlet_would_print(language: str) -> None:
    words = words_of(language)
    for frame in (*words.words["frames"], *words.fake["frames"]):
        assert all(len(re.findall(r"\w+", run)) < 5 for run in re.split(r"\{[^}]*\}", frame)), frame


def test_all_languages_label_the_same_parts() -> None:
    assert len({frozenset(words_of(language).ui) for language in languages()}) == 1
    assert len({frozenset(words_of(language).words) for language in languages()}) == 1


def test_a_language_without_words_gets_the_fallbacks() -> None:
    assert words_of("he") == words_of("en")
    assert words_of("de-AT") == words_of("de")


@given(st.text(max_size=80))
def test_a_slug_is_a_part_of_a_url(text: str) -> None:
    assert re.fullmatch(r"(?:[a-z0-9]+(?:-[a-z0-9]+)*)?", slug(text))
    assert len(slug(text)) <= 60


@settings(max_examples=30, deadline=None)
@given(st.text(max_size=300), st.text(max_size=30))
def test_any_text_can_be_copied_without_an_error(html: str, name: str) -> None:
    cloned_article(html, "https://abend.de/", Story("de", name), name)
    cloned_home(html, "https://abend.de/", [("https://abend.de/x", "/y", name)])
