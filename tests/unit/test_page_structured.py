"""What JSON-LD says of a page, however it is written."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.facts.structured import MOST_SCRIPTS, structured


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ('{"@type": "NewsMediaOrganization", "name": "ANSA"}', {"name": "ANSA"}),
        ('[{"@type": "WebSite", "name": " ANSA\\n.it "}]', {"name": "ANSA .it"}),
        ('{"headline": "A", "publisher": "ANSA"}', {"headline": "A", "publisher": "ANSA"}),
        ('{"headline": "A", "url": "https://a.example/"}', {"headline": "A", "url": "https://a.example/"}),
        ('{"headline": ["A", "B"], "author": [{"name": "C"}, {"name": "D"}]}', {"headline": "A", "author": "C"}),
        ('{"headline": {"x": 1}, "author": 7, "datePublished": null}', {}),
        ("{not json", {}),
        ("[" * 100_000, {}),
        ("1" * 100_000, {}),
        ("", {}),
    ],
)
def test_what_stands_in_a_block_is_read(written: str, found: dict[str, str]) -> None:
    assert structured([written]) == found


def test_the_first_of_several_counts_and_many_are_cut() -> None:
    blocks = [json.dumps({"headline": f"number {i}", f"x{i}": 1}) for i in range(MOST_SCRIPTS + 5)]
    assert structured(blocks) == {"headline": "number 0"}
    assert structured(["{}"] * MOST_SCRIPTS + blocks) == {}


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["@type", "@graph", "headline", "author", "publisher", "name", "url"]), inner)
    ),
    max_leaves=10,
)


@given(JSON)
def test_any_json_gives_words(value: object) -> None:
    assert all(isinstance(word, str) and word for word in structured([json.dumps(value)]).values())
