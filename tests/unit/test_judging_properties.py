"""What must hold for every page: nothing that a site writes lowers a score, and nothing that it serves breaks us."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from service.core.facts.page import FetchedPage, FetchOutcome, PageFacts
from service.core.states import Technique, Verdict
from service.core.verdict.judging import explain
from tests.fakes_judging import BOTE_PRESS, INDEX, OTHER_PRESS, fetched, judged, lookalike, page, site

URL = "https://nordbote.ltd/politik/a-b-c-a-12.html"
RANK = (Verdict.UNKNOWN, Verdict.SUSPECTED, Verdict.IMPERSONATION)
OWN, OTHER = page(BOTE_PRESS.article(3), URL), page(OTHER_PRESS.article(4), URL)

text = st.text(max_size=40)
hosts = st.sampled_from(["", "www.nordbote.de", "evil.example", "a.nordbote.tv", "gazetteduport.fr", "..", "x" * 300])
counts = st.dictionaries(hosts, st.integers(1, 500), max_size=5)
urls = st.one_of(
    text, st.builds("https://{}/{}".format, hosts, text), st.sampled_from(["http://[", "https://[::1]:9/"])
)
known = st.sampled_from(sorted(OWN.shingles | OTHER.shingles))
hashes = st.frozensets(st.one_of(st.integers(0, 2**64 - 1), known), max_size=150)
words = st.frozensets(st.one_of(text, st.sampled_from(sorted(OWN.classes))), max_size=60)
marks = st.frozensets(st.one_of(text, st.sampled_from(["google:G-NORDB0TE1", "google:G-EVIL00001"])), max_size=5)

facts = st.builds(
    PageFacts,
    title=st.one_of(text, st.sampled_from(["x - Der Nordbote", "Just a moment...", "Nordbote"])),
    headings=st.lists(text, max_size=3).map(tuple),
    text=st.text(max_size=300),
    language=st.sampled_from(["", "de", "de-DE", "fr", "\x00"]),
    canonical=urls,
    og_url=urls,
    og_site_name=st.one_of(text, st.just("Der Nordbote")),
    links=counts,
    assets=counts,
    asset_paths=words,
    identifiers=marks,
    classes=words,
    shingles=hashes,
    text_shingles=hashes,
    iframes=st.lists(urls, max_size=3).map(tuple),
    favicon_url=urls,
)
served = st.builds(
    lambda page, profile, status, outcome, icon: fetched(
        None, URL, page=page, profile=profile, status=status, outcome=outcome, favicon_sha256=icon
    ),
    st.one_of(st.none(), facts),
    st.sampled_from(["desktop", "mobile"]),
    st.sampled_from([None, 200, 301, 403, 404, 503]),
    st.sampled_from(list(FetchOutcome)),
    st.sampled_from(["", "icon of bote"]),
)
techniques = st.sampled_from([Technique.TLD_SWAP, Technique.COMBOSQUAT, Technique.UNRELATED])
ages = st.sampled_from([0, 50, 400, 5000, None])


@given(pages=st.lists(served, max_size=4), technique=techniques, age=ages)
@settings(max_examples=150, deadline=None)
def test_judging_never_raises_and_always_explains(
    pages: list[FetchedPage], technique: Technique, age: int | None
) -> None:
    for judgement in judged(pages, days_ago=age, of=site(lookalikes=[lookalike(technique=technique)])).values():
        assert 0 <= judgement.score <= 1
        assert judgement.reason
        assert all(explain(judgement))
        assert all(signal.weight >= 0 and 0 <= signal.value <= 1 for signal in judgement.signals)
        assert judgement.shows_content == (judgement.content_at is not None)


@given(before=facts, more=facts)
@settings(max_examples=200, deadline=None)
def test_what_a_page_adds_never_lowers_a_measure(before: PageFacts, more: PageFacts) -> None:
    after = joined(before, more)
    for outlet in INDEX.outlets:
        was = INDEX.compare(fetched(None, URL), before).measures(outlet)
        now = INDEX.compare(fetched(None, URL), after).measures(outlet)
        for name, measure in was.items():
            assert now[name].value >= measure.value - 1e-9, name


@given(more=facts, start=st.sampled_from([OWN, OTHER]), technique=techniques, age=ages)
@settings(max_examples=150, deadline=None)
def test_what_a_page_with_content_adds_never_lowers_score_or_verdict(
    more: PageFacts, start: PageFacts, technique: Technique, age: int | None
) -> None:
    of = site(lookalikes=[lookalike(technique=technique)])
    was = judged([fetched(None, URL, page=start)], days_ago=age, of=of)["bote"]
    now = judged([fetched(None, URL, page=joined(start, more))], days_ago=age, of=of)["bote"]
    assert now.score >= was.score - 1e-4
    assert RANK.index(now.verdict) >= RANK.index(was.verdict)


@given(pages=st.lists(served, min_size=1, max_size=3), more=served, age=ages)
@settings(max_examples=100, deadline=None)
def test_another_page_never_makes_content_unseen(pages: list[FetchedPage], more: FetchedPage, age: int | None) -> None:
    was, now = judged(pages, days_ago=age)["bote"], judged([*pages, more], days_ago=age)["bote"]
    if was.verdict is Verdict.IMPERSONATION:
        assert now.verdict is Verdict.IMPERSONATION
    assert now.shows_content or not was.shows_content


def joined(page: PageFacts, more: PageFacts) -> PageFacts:
    """The page with everything of ``more`` added to it; what can stand only once stays as it was."""
    return replace(
        page,
        title=page.title or more.title,
        headings=(*page.headings, *more.headings),
        text=page.text + " " + more.text,
        language=page.language or more.language,
        canonical=page.canonical or more.canonical,
        og_url=page.og_url or more.og_url,
        og_site_name=page.og_site_name or more.og_site_name,
        links={host: page.links.get(host, 0) + more.links.get(host, 0) for host in {**page.links, **more.links}},
        assets={host: page.assets.get(host, 0) + more.assets.get(host, 0) for host in {**page.assets, **more.assets}},
        asset_paths=page.asset_paths | more.asset_paths,
        identifiers=page.identifiers | more.identifiers,
        classes=page.classes | more.classes,
        shingles=page.shingles | more.shingles,
        text_shingles=page.text_shingles | more.text_shingles,
        iframes=(*page.iframes, *more.iframes),
        favicon_url=page.favicon_url or more.favicon_url,
    )
