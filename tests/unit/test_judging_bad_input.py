"""Pages as only hostile or broken sites send them: what they are judged as, and that the reason says why."""

from __future__ import annotations

import pytest

from service.core.facts.charset import decode
from service.core.model import Judgement
from service.core.states import Verdict
from service.core.verdict.judging import explain
from tests.fakes_judging import BOTE_PRESS, OTHER_PRESS, fetched, judged

ROOT = "https://nordbote.ltd/"
ARTICLE = "https://nordbote.ltd/politik/eine-neue-luege-a-12.html"
FIVE_MB = 5 * 1024 * 1024


def of(source: str, days_ago: int = 400, **more: object) -> Judgement:
    return judged([fetched(source, ROOT, **more)], days_ago=days_ago)["bote"]


def test_five_megabytes_of_one_site_s_own_are_that_site() -> None:
    page = OTHER_PRESS.article().replace("</body>", f"<p>{'Wetter und Gezeiten ' * (FIVE_MB // 20)}</p></body>")
    assert of(page, days_ago=3).verdict is Verdict.UNKNOWN


@pytest.mark.parametrize("place", ["<body>", "</body>"])
def test_a_clone_is_found_before_and_behind_five_megabytes(place: str) -> None:
    ballast = f"<p>{'Wetter und Gezeiten ' * (FIVE_MB // 20)}</p>"
    both = ballast + place if place == "</body>" else place + ballast
    found = of(BOTE_PRESS.article(8).replace(place, both))
    assert found.verdict is Verdict.IMPERSONATION
    assert "built like nordbote.de's" in found.reason


@pytest.mark.parametrize("word", ["Nordbote", "Der Nordbote", "nordbote.de", "."])
def test_one_word_is_no_content_whatever_the_word(word: str) -> None:
    assert of(word).verdict is Verdict.UNKNOWN
    new = of(word, days_ago=3)
    assert new.verdict is Verdict.SUSPECTED
    assert "without content yet" in new.reason


def test_text_without_any_markup_is_judged_by_its_words_alone_and_those_accuse_nobody() -> None:
    found = of("Der Nordbote berichtet aus Stadt und Land. " * 200)
    assert found.verdict is Verdict.UNKNOWN
    assert not {"structure", "classes", "brand"} & {signal.name for signal in found.signals}


@pytest.mark.parametrize(
    "header", ["text/html; charset=iso-8859-1", "text/html; charset=utf-8", "text/html; charset=nonsense"]
)
def test_a_clone_in_two_encodings_at_once_is_an_impersonation(header: str) -> None:
    first, second = BOTE_PRESS.article(8).split("</head>")
    mixed = first.encode() + b"</head>" + "<p>Grüße aus Köln</p>".encode("latin-1") + b"\xff\xfe\x00" + second.encode()
    found = of(decode(mixed, header))
    assert found.verdict is Verdict.IMPERSONATION


def test_a_clone_sent_as_utf_16_with_a_mark_is_an_impersonation() -> None:
    assert of(decode(BOTE_PRESS.article(8).encode("utf-16"), "text/html")).verdict is Verdict.IMPERSONATION


@pytest.mark.parametrize(
    "hidden", ["<p hidden>{}</p>", "<div style='display:none'>{}</div>", "<noscript>{}</noscript>", "<!-- {} -->"]
)
def test_words_of_the_outlet_that_nobody_sees_accuse_nobody(hidden: str) -> None:
    stuffing = hidden.format("Der Nordbote nordbote.de Nachrichten " * 300)
    assert of(OTHER_PRESS.home().replace("</body>", stuffing + "</body>"), days_ago=3).verdict is Verdict.UNKNOWN


@pytest.mark.parametrize(
    "frame", ["<iframe src='//www.nordbote.de/'></iframe>", "<frameset><frame src='https://nordbote.tv'></frameset>"]
)
def test_a_page_that_is_the_outlet_in_a_frame_is_suspected_and_says_so(frame: str) -> None:
    found = of(f"<title>.</title>{frame}")
    assert found.verdict is Verdict.SUSPECTED
    assert "in a frame" in found.reason


def test_a_page_that_is_one_picture_is_suspected_by_title_or_icon_and_both_are_named() -> None:
    picture = "<title>Nachrichten - Der Nordbote</title><img src='/seite.png'>"
    titled = of(picture, days_ago=3)
    assert titled.verdict is Verdict.SUSPECTED
    both = of(picture, days_ago=3, favicon_sha256="icon of bote")
    assert both.verdict is Verdict.IMPERSONATION
    said = "\n".join(explain(both))
    assert "its icon is that of nordbote.de" in said
    assert "Der Nordbote" in said
