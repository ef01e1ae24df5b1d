"""When two visitors were shown different things."""

from __future__ import annotations

from typing import Any

from service.core.facts.cloaking import cloaking, compare
from service.core.facts.page import FetchedPage, FetchOutcome, PageFacts
from service.core.facts.shingles import skeleton_shingles, text_shingles

TEXT = " ".join(f"word{i}" for i in range(300))


def fetched(profile: str, text: str = TEXT, **changes: Any) -> FetchedPage:
    steps = changes.pop("steps", [f"tag{i}+" for i in range(30)])
    page = PageFacts(text=text, text_shingles=text_shingles(text, 1000), shingles=skeleton_shingles(steps, 1000))
    fields: dict[str, Any] = {
        "outcome": FetchOutcome.OK,
        "hops": (),
        "final_url": "https://spiegel.ltd/",
        "status": 200,
        "page": page,
    } | changes
    return FetchedPage(target="https://spiegel.ltd/", profile=profile, **fields)


def test_the_same_for_everybody_is_no_cloaking() -> None:
    assert compare(fetched("desktop"), fetched("mobile")).grade == 0.0


def test_www_in_front_is_no_other_host() -> None:
    assert compare(fetched("desktop"), fetched("mobile", final_url="https://www.spiegel.ltd/m")).grade == 0.0


def test_ending_at_the_outlet_for_one_and_here_for_the_other_says_the_most() -> None:
    found = cloaking([fetched("plain", final_url="https://www.spiegel.de/"), fetched("mobile"), fetched("social")])
    assert found.grade == 1.0
    assert found.profiles == ("plain", "mobile")
    assert found.what == ("ends at www.spiegel.de and at spiegel.ltd",)


def test_an_error_for_one_only_is_a_difference() -> None:
    assert compare(fetched("plain", status=404), fetched("mobile")).grade == 0.7


def test_an_empty_page_for_one_only_is_a_difference() -> None:
    assert compare(fetched("plain", text=""), fetched("mobile")).grade == 0.8


def test_another_text_counts_by_how_far_it_is_from_alike() -> None:
    other = " ".join(f"other{i}" for i in range(300))
    half = TEXT[: len(TEXT) // 3] + other[: len(other) // 3 * 2]
    assert compare(fetched("plain"), fetched("mobile", text=other)).grade == 0.8
    assert 0.0 < compare(fetched("plain"), fetched("mobile", text=half)).grade < 0.8


def test_another_layout_for_telephones_alone_says_less() -> None:
    assert compare(fetched("desktop"), fetched("mobile", steps=[f"m{i}+" for i in range(30)])).grade == 0.5


def test_silence_is_not_compared() -> None:
    silent = fetched("plain", status=None, page=None, outcome=FetchOutcome.TIMEOUT)
    assert cloaking([silent, fetched("mobile")]).grade == 0.0
    assert cloaking([]).grade == 0.0


def test_a_page_that_nobody_could_parse_is_compared_by_where_it_ended_only() -> None:
    broken = fetched("plain", page=PageFacts(unparseable="the parser died"))
    assert compare(broken, fetched("mobile")).grade == 0.0
