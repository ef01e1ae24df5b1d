"""From a page's source to its facts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from service.adapters import codec
from service.adapters.extract import MOST_HASHES, MOST_TEXT, extract
from service.core.facts.cloaking import likeness
from service.core.facts.page import PageFacts

URL = "https://spiegel.ltd/politik/artikel-1.html"

PAGE = """<!doctype html>
<html lang="de-DE"><head><title> Ein
 Titel </title>
<link rel="canonical" href="https://www.spiegel.de/politik/echt.html">
<meta property="og:url" content="https://www.spiegel.de/politik/echt.html">
<meta property="og:site_name" content="DER SPIEGEL">
<meta name="generator" content="WordPress 6.1">
<link rel="shortcut icon" href="/fav.ico"><link rel="stylesheet" href="https://cdn.spiegel.de/css/main.css?v=3">
<link rel="alternate" type="application/rss+xml" href="/rss">
<script src="https://cdn.spiegel.de/js/app.js"></script><script>gtag('config','G-ABC1234567')</script>
<link rel="alternate" hreflang="EN" href="//www.spiegel.de/international/">
<meta name="google-site-verification" content="abcDEF_1"><meta property="article:author" content="Eva  Muster">
<script type="application/ld+json">{"@graph": [{"@type": ["NewsArticle", "Thing"], "headline": "Ein Thema",
 "publisher": {"@type": "Organization", "name": "DER SPIEGEL", "url": "https://www.spiegel.de"},
 "author": [{"name": "E. M."}],
 "datePublished": "2022-06-29", "mainEntityOfPage": {"@id": "https://www.spiegel.de/politik/echt.html"}}]}</script>
<noscript><meta http-equiv="refresh" content="0;url=/no-script"></noscript></head>
<body class="page page--article"><noscript><img src="https://pixel.example/1.gif"></noscript>
<h1>Ein  <em>großes</em> Thema</h1><h2>Unterzeile</h2>
<p class="text">Der erste Absatz mit
<a href="https://www.spiegel.de/thema">Verweis</a> und Wörtern genug, um einer zu sein.</p>
<a href="/panorama/lange-geschichte-ueber-einen-mann-a-12.html">x</a>
<a href="#top">oben</a><a href="javascript:void 0">js</a>
<a href="https://www.spiegel.de/impressum">Impressum</a>
<img src="/img/a.jpg"><img data-src="/img/b.jpg" src="data:image/gif;base64,R0">
<iframe src="//player.example/1"></iframe><form action="/s"></form><form></form>
<form action="https://collect.example/x"><input type=Password></form>
<script>var hidden = "not text";</script>
</body></html>"""


def test_every_fact_of_a_page_is_read() -> None:
    facts = extract(PAGE, URL)
    assert facts.title == "Ein Titel"
    assert facts.headings == ("Ein großes Thema", "Unterzeile")
    assert facts.language == "de-de"
    assert facts.canonical == facts.og_url == "https://www.spiegel.de/politik/echt.html"
    assert facts.og_site_name == "DER SPIEGEL"
    assert facts.generator == "WordPress 6.1"
    assert facts.links == {"www.spiegel.de": 2, "": 1}
    assert facts.assets == {"cdn.spiegel.de": 2, "": 3}
    assert facts.asset_paths == {"/css/main.css", "/js/app.js", "/img/a.jpg", "/img/b.jpg", "/fav.ico"}
    assert facts.article_links == ("https://spiegel.ltd/panorama/lange-geschichte-ueber-einen-mann-a-12.html",)
    assert facts.feeds == ("https://spiegel.ltd/rss",)
    assert facts.identifiers == {"google:G-ABC1234567", "google-site:abcDEF_1"}
    assert facts.paragraphs == ("Der erste Absatz mit Verweis und Wörtern genug, um einer zu sein.",)
    assert facts.alternates == {"en": "https://www.spiegel.de/international/"}
    assert facts.og["article:author"] == "Eva Muster"
    assert facts.og["og:site_name"] == "DER SPIEGEL"
    assert facts.structured == {
        "type": "NewsArticle",
        "headline": "Ein Thema",
        "url": "https://www.spiegel.de/politik/echt.html",
        "published": "2022-06-29",
        "author": "E. M.",
        "publisher": "DER SPIEGEL",
        "publisher_url": "https://www.spiegel.de",
    }
    assert facts.classes == {"page", "page--article", "text"}
    assert facts.forms == 3
    assert facts.form_hosts == {"": 2, "collect.example": 1}
    assert facts.passwords == 1
    assert facts.iframes == ("https://player.example/1",)
    assert facts.favicon_url == "https://spiegel.ltd/fav.ico"
    assert facts.refresh_url == ""
    assert "Der erste Absatz mit Verweis und Wörtern genug, um einer zu sein." in facts.text
    assert "not text" not in facts.text
    assert facts.shingles
    assert facts.text_shingles
    assert facts.unparseable == ""


def test_the_title_is_the_documents_and_not_a_drawings() -> None:
    drawing = "<noscript><img src=/pixel.gif></noscript><svg><title>Logo</title></svg>"
    assert extract(drawing + "<title>The page</title><title>Second</title>", URL).title == "The page"


def test_a_base_that_points_at_the_outlet_is_taken_at_its_word() -> None:
    facts = extract("<base href='https://www.spiegel.de/'><a href=/x>1</a><a href=y>2</a><img src=/i.png>", URL)
    assert facts.links == {"www.spiegel.de": 2}
    assert facts.assets == {"www.spiegel.de": 1}


def test_another_article_in_the_same_layout_has_nearly_the_same_skeleton() -> None:
    def article(paragraphs: int) -> str:
        teasers = "<li><a href=/x><img src=/i.jpg><h3>Teaser</h3></a></li>" * 4
        text = "<p>Text mit <b>Betonung</b>.</p>" * paragraphs
        head = "<body><header><nav><ul><li>1</ul></nav></header><main>"
        return f"{head}<article><h1>T</h1>{text}</article><aside><ul>{teasers}</ul>"

    assert likeness(extract(article(4), URL).shingles, extract(article(40), URL).shingles) == 1.0


def test_redirects_inside_a_page_are_noted() -> None:
    assert extract("<meta http-equiv=Refresh content='0; url=/x'>", URL).refresh_url == "/x"
    assert extract("<script>location.href='/y';</script>", URL).script_location == "/y"


def test_every_collection_is_bounded() -> None:
    page = "<body>" + "".join(
        f"<h1>h{i}</h1><a class='c{i} d{i}' href='https://h{i}.example/p'>w{i} word</a>"
        f"<a href='/article-number-{i}00000'>x</a><img src=/i{i}.png><iframe src='//f{i}.example/'></iframe>"
        f"<link rel=alternate type=application/rss+xml href=/r{i}><meta property=og:x{i} content=y>"
        f"<link rel=alternate hreflang=x{i} href=/h><form action='//g{i}.example/'></form><p>{'lang ' * 20}</p>"
        f"<meta name=yandex-verification content=y{i}><script type=application/ld+json>{{}}</script>"
        for i in range(3000)
    )
    facts = extract(page, URL)
    assert len(facts.text) == MOST_TEXT
    assert len(facts.text_shingles) <= MOST_HASHES
    assert len(facts.shingles) <= MOST_HASHES
    assert len(facts.links) == 500
    assert len(facts.classes) < 2000
    assert len(facts.asset_paths) == 400
    assert (len(facts.headings), len(facts.article_links), len(facts.iframes), len(facts.feeds)) == (40, 20, 20, 10)
    assert (len(facts.og), len(facts.alternates), len(facts.form_hosts), len(facts.paragraphs)) == (40, 40, 20, 30)
    assert len(facts.identifiers) == 40


def test_elements_beyond_the_limit_are_not_looked_at() -> None:
    assert extract("<i></i>" * 70_000 + "<form></form>", URL).forms == 0


_PIECES = [
    "<",
    ">",
    "a",
    " href=",
    "'",
    "<base href=",
    "<meta http-equiv=refresh content=",
    "0;url=",
    "http://",
    "//",
    "[",
    "\\",
    "<script>",
]
_PIECES += [
    "location='",
    "</script>",
    "<h1>",
    "<noscript>",
    "<svg>",
    "<template>",
    "<!--",
    "\ud800",
    "&#xD800;",
    "ü",
    " class=",
    "<html lang=",
    "<script type=application/ld+json>",
    '{"headline":',
    "<p>",
    "<form action=",
    "<input type=password>",
    " hreflang=de",
    "<meta property=og:a content=",
]


@given(st.lists(st.sampled_from(_PIECES), max_size=40))
def test_any_source_gives_facts_that_travel_between_processes(pieces: list[str]) -> None:
    source = "".join(pieces).encode("utf-8", "replace").decode()
    facts = extract(source, URL)
    assert codec.loads(PageFacts, codec.dumps(PageFacts, facts)) == facts
