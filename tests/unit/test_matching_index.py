"""The fast index finds what comparing all with all finds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from service.core.model import Outlet
from service.core.names import chunks, skeleton
from service.core.names import name as names
from service.core.names.matching import CHUNK, MatchIndex
from service.core.names.neighbourhood import LONGEST, Neighbourhood
from service.core.names.readings import Seen
from service.core.names.resemblance import whole_name
from service.core.names.watchlist import WatchList

if TYPE_CHECKING:
    from collections.abc import Sequence

DOMAINS = [
    *(
        "bild.de",
        "spiegel.de",
        "t-online.de",
        "faz.net",
        "dw.com",
        "cnn.com",
        "rbc.ua",
        "pravda.com.ua",
        "express.co.uk",
    ),
    *("sueddeutsche.de", "washingtonpost.com", "20minutes.fr", "mirror.co.uk", "abcnews.go.com", "obozrevatel.com"),
    *("mailonline.com", "delfi.lv", "larepubblica.it", "internationaltribune.com", "ew.com"),
]
WATCHED = WatchList([Outlet(id=domain, name="", domain=domain, languages=("en", "de", "uk")) for domain in DOMAINS])
INDEX = MatchIndex.build(WATCHED)
BARE = [label.bare for label in WATCHED.labels]

WORDS = ["news", "today", "the", "online", "24", "2025", "de", "com", "www", "xyzq", "m", "rn", "cl", "vv"]
SUFFIXES = ["com", "life", "de", "co.com", "github.io"]


@st.composite
def near_names(draw: st.DrawFn) -> str:
    """Labels with edits and company, as lookalikes have them."""
    text = draw(st.sampled_from([label.text for label in WATCHED.labels]))
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(text)))
        other = draw(st.sampled_from("abcdeilmnorstuvwz01-"))
        changed = (text[:at] + text[at + 1 :], text[:at] + other + text[at:], text[:at] + other + text[at + 1 :])
        text = draw(st.sampled_from((*changed, text[:at] + text[at : at + 2][::-1] + text[at + 2 :])))
    for word in draw(st.lists(st.sampled_from(WORDS), max_size=3)):
        hyphen = draw(st.sampled_from(["", "-"]))
        text = draw(st.sampled_from([f"{text}{hyphen}{word}", f"{word}{hyphen}{text}"]))
    label = text.strip("-")[:63].strip("-")
    return f"{label if label and not label.startswith('xn--') else 'x'}.{draw(st.sampled_from(SUFFIXES))}"


def all_with_all(hosts: Sequence[str]) -> dict[tuple[str, str], float]:
    best: dict[tuple[str, str], float] = {}
    for host in hosts:
        text, suffix = names.split(host)
        for label in WATCHED.labels:
            found = whole_name(label, Seen.of(text), suffix) if text else None
            if found is not None and not WATCHED.is_innocent(host):
                best[host, label.outlet] = max(found.score, best.get((host, label.outlet), 0.0))
    return best


@settings(deadline=None, max_examples=60)
@example(["express-m-news.com", "news-m-express.com"])
@given(st.lists(near_names(), min_size=1, max_size=60))
def test_the_index_finds_exactly_what_comparing_all_with_all_finds(hosts: list[str]) -> None:
    found = {(match.name, match.outlet): match.score for match in INDEX.match(hosts)}
    assert found == all_with_all(hosts)


@settings(deadline=None, max_examples=60)
@given(st.lists(near_names(), min_size=1, max_size=80))
def test_every_pair_within_its_edits_is_looked_at(hosts: list[str]) -> None:
    labels = [skeleton.bare(names.split(host)[0]) for host in hosts]
    budgets = [label.budget for label in WATCHED.labels]
    index = Neighbourhood([text.encode() for text in BARE], list(range(len(BARE))), budgets)
    blob = np.frombuffer("".join(f"{label}\n" for label in labels).encode(), np.uint8)
    lengths = np.array([len(label) for label in labels])
    rows, owners = index.pairs(blob, np.cumsum(lengths + 1) - lengths - 1, lengths)
    found = set(zip(rows.tolist(), owners.tolist(), strict=True))
    for row, label in enumerate(labels):
        for place, own in enumerate(BARE):
            if OSA.distance(label, own) <= budgets[place]:
                assert (row, place) in found, (label, own)


@pytest.mark.parametrize("length", [*range(1, 16), 20, 27, 40, LONGEST - 2])
def test_every_single_and_double_edit_of_every_length_is_found(length: int) -> None:
    own = ("abcdefghijklmnopqrstuvwxyz0123456789" * 2)[:length]
    budget = 0 if length < 3 else 1 if length < 8 else 2
    near = {own}
    for _ in range(budget):
        near |= {text for known in list(near)[:40] for text in _edits(known)}
    texts = sorted(text for text in near if text and OSA.distance(text, own) <= budget)
    index = Neighbourhood([own.encode()], [7], [budget])
    blob = np.frombuffer("".join(f"{text}\n" for text in texts).encode(), np.uint8)
    lengths = np.array([len(text) for text in texts])
    rows, owners = index.pairs(blob, np.cumsum(lengths + 1) - lengths - 1, lengths)
    assert rows.tolist() == list(range(len(texts)))
    assert set(owners.tolist()) == {7}


def _edits(text: str) -> set[str]:
    places = range(len(text))
    return {
        *(text[:at] + text[at + 1 :] for at in places),
        *(text[:at] + "-" + text[at:] for at in (*places, len(text))),
        *(text[:at] + "_" + text[at + 1 :] for at in places),
        *(text[:at] + text[at : at + 2][::-1] + text[at + 2 :] for at in places),
    }


HOSTS = st.from_regex(
    r"([a-z0-9_]([a-z0-9_-]{0,20}[a-z0-9_])?\.){0,4}(com|de|co\.uk|github\.io|ck|example|zzzz)", fullmatch=True
)


@settings(deadline=None)
@given(st.lists(HOSTS, min_size=1, max_size=40))
def test_a_chunk_cuts_the_registrable_label_out_of_every_host(hosts: list[str]) -> None:
    cut = chunks.cut(hosts)
    data = cut.readings.plain.tobytes().decode().split("\n")
    for row, host in enumerate(hosts):
        label = names.split(host)[0]
        if label:
            assert data[row] == skeleton.bare(label)
    assert cut.readings.rows[: len(hosts)].tolist() == list(range(len(hosts)))
    assert len(data) == len(cut.readings.rows) + 1


@settings(deadline=None)
@given(st.lists(HOSTS, max_size=40))
def test_any_hosts_can_be_matched(hosts: list[str]) -> None:
    one_by_one = [match for host in hosts for match in INDEX.match_one(host)]
    assert INDEX.match(hosts) == one_by_one


def test_more_names_than_a_chunk_holds_are_matched_as_in_one() -> None:
    hosts = ["ordinary.com"] * (CHUNK - 1) + ["spiegel.ltd", "bild.ltd"]
    assert [match.name for match in INDEX.match(hosts)] == ["spiegel.ltd", "bild.ltd"]
