"""What the API reads: what ``ports.ViewRows`` promises."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from service.core.errors import InvalidInput
from service.core.model import AnalystWord, Block
from service.core.states import Place, Verdict, WordReason
from tests.store_cases import HOUR, PLACES, START, Opened, admission, event, impersonating, opened

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HOST = "spiegel.ltd"


@pytest.fixture(params=PLACES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opened]:
    with opened(request.param, tmp_path) as one:
        yield one


def _page(store: Opened, limit: int = 100, cursor: str | None = None, **where: Any) -> tuple[list[str], str | None]:
    items, following = store.read(lambda unit: unit.views.lookalikes(where, cursor, limit))
    return [f"{item['site']}/{item['outlet']}" for item in items], following


def _flag(store: Opened, host: str, hours: int = 0) -> None:
    site, version = store.site(host)
    assert store.save(impersonating(site, START + hours * HOUR), version, at=START + hours * HOUR)


def test_a_lookalike_is_shown_with_what_people_ask_for(store: Opened) -> None:
    store.admit(admission(HOST, "spiegel"))
    _flag(store, HOST)
    ((item,), _) = store.read(lambda unit: unit.views.lookalikes({}, None, 10))
    assert item == {
        "id": "lka_1",
        "site": HOST,
        "defanged": "spiegel[.]ltd",
        "domain": HOST,
        "outlet": "spiegel",
        "technique": "tld-swap",
        "verdict": "impersonation",
        "flagged": True,
        "score": 0.95,
        "reason": "serves the outlet's layout on a name of last week",
        "availability": "live",
        "availability_since": "2022-09-01T12:00:00Z",
        "registered_at": "2022-08-31T12:00:00Z",
        "registration_status": "found-date",
        "registrar": "Registrar Ltd",
        "discovered_at": "2022-09-01T12:00:00Z",
        "flagged_at": "2022-09-01T12:00:00Z",
        "looked_at": "2022-09-01T12:00:00Z",
        "first_seen_as": "unknown",
        "predecessor": None,
        "blocked": False,
        "episodes_count": 1,
        "open_episode_since": "2022-09-01T12:00:00Z",
    }


def test_lookalikes_come_newest_first_in_pages_that_stay_put_while_rows_are_added(store: Opened) -> None:
    for number in range(5):
        store.admit(admission(f"s{number}.example", "spiegel", "welt"), at=START + (number // 2) * HOUR)
    everything, _ = _page(store)
    paged, cursor = _page(store, limit=3)
    assert paged == everything[:3]
    while cursor is not None:
        store.admit(admission(f"new{len(paged)}.example", "spiegel"), at=START + 9 * HOUR)
        more, cursor = _page(store, limit=3, cursor=cursor)
        paged += more
    assert paged == everything
    assert everything[:2] == ["s4.example/welt", "s4.example/spiegel"]


def test_the_last_page_has_no_cursor(store: Opened) -> None:
    assert _page(store, limit=2) == ([], None)
    store.admit(admission(HOST, "spiegel", "welt"))
    assert _page(store, limit=2)[1] is None
    assert _page(store, limit=1)[1] is not None


@pytest.mark.parametrize("cursor", ["", "x", "%%%", "WzEsMl0", "e30", "W10", "ä", "Im5vdGhpbmci", "A" * 10_000])
def test_a_cursor_that_is_none_of_ours_is_refused(store: Opened, cursor: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        _page(store, cursor=cursor)
    assert caught.value.pointer == "/query/cursor"


def test_an_unknown_filter_is_refused_by_name(store: Opened) -> None:
    with pytest.raises(InvalidInput, match="colour") as caught:
        _page(store, colour="red")
    assert caught.value.pointer == "/query/colour"


def test_filters_narrow_the_list_and_hold_together(store: Opened) -> None:
    store.admit(admission(HOST, "spiegel", "welt"))
    store.admit(admission("welt_1.example", "welt"), at=START + HOUR)
    store.admit(admission("welt21.example", "welt"), at=START + HOUR)
    _flag(store, HOST)
    both = [f"{HOST}/welt", f"{HOST}/spiegel"]
    assert _page(store, flagged=True)[0] == both
    assert _page(store, flagged=False)[0] == ["welt21.example/welt", "welt_1.example/welt"]
    assert _page(store, flagged=None, outlet="spiegel")[0] == both[1:]
    assert _page(store, flagged=True, outlet="welt")[0] == both[:1]
    assert _page(store, verdict="unknown")[0] == _page(store, flagged=False)[0]
    assert _page(store, verdict=Verdict.IMPERSONATION, availability="live")[0] == both
    assert _page(store, availability="parked")[0] == []
    assert _page(store, registered_after=START - 24 * HOUR)[0] == []
    assert _page(store, registered_after=START - 25 * HOUR)[0] == both
    assert _page(store, discovered_after=START)[0] == _page(store, flagged=False)[0]
    assert _page(store, host=HOST)[0] == both


def test_search_takes_its_text_literally(store: Opened) -> None:
    store.admit(admission("welt_1.example", "welt"), admission("welt21.example", "welt"))
    assert _page(store, q="WELT_1")[0] == ["welt_1.example/welt"]
    assert _page(store, q="%")[0] == []
    assert len(_page(store, q="welt")[0]) == 2


def test_a_block_shows_on_its_site_until_it_is_lifted(store: Opened) -> None:
    store.admit(admission(HOST, "spiegel"))
    site, version = store.site(HOST)
    block = Block(id="b", place=Place.HOST, effective_from=START, known_from=START, reported=True)

    def blocked() -> bool:
        ((item,), _) = store.read(lambda unit: unit.views.lookalikes({}, None, 10))
        return bool(item["blocked"])

    assert blocked() is False
    assert store.save(replace(site, blocks=(block,)), version)
    assert blocked() is True
    assert store.save(replace(site, blocks=(replace(block, lifted_at=START + HOUR),)), version + 1)
    assert blocked() is False


def test_blocks_are_listed_newest_first_for_one_site_or_for_all(store: Opened) -> None:
    for number, host in enumerate(("a.example", "b.example")):
        store.admit(admission(host))
        site, version = store.site(host)
        at = START + number * HOUR
        block = Block(id=f"b{number}", place=Place.HOST, effective_from=at, known_from=at, reported=True, action="act")
        assert store.save(replace(site, blocks=(block,)), version)
    assert [row["id"] for row in store.read(lambda unit: unit.views.blocks(None))] == ["b1", "b0"]
    (row,) = store.read(lambda unit: unit.views.blocks("a.example"))
    assert row == {
        "id": "b0",
        "site": "a.example",
        "place": "host",
        "effective_from": "2022-09-01T12:00:00Z",
        "known_from": "2022-09-01T12:00:00Z",
        "lifted_at": None,
        "reported": True,
        "reference": "",
        "action": "act",
    }


def test_the_detail_explains_and_tells_the_story_in_order(store: Opened) -> None:
    store.admit(admission(HOST, "spiegel", "welt"))
    site, version = store.site(HOST)
    whole = impersonating(site, START)
    word = AnalystWord(verdict=Verdict.IMPERSONATION, reason=WordReason.OTHER, note="seen it", by="anna", at=START)
    whole = replace(whole, lookalikes=tuple(replace(one, analyst=word) for one in whole.lookalikes))
    told = [
        event("a", host=HOST, outlet="spiegel"),
        event("b", host=HOST, outlet="welt"),
        event("c", host=HOST),
        event("d", host="other.example", outlet="spiegel"),
    ]
    assert store.save(whole, version, *told)
    detail = store.read(lambda unit: unit.views.lookalike("lka_1"))
    assert detail is not None
    assert json.loads(json.dumps(detail)) == detail
    assert detail["explanation"]["signals"] == [
        {"name": "structure", "value": 0.9, "weight": 3.0, "evidence": "0.93 of the home page's shingles"}
    ]
    assert detail["explanation"]["analyst"]["by"] == "anna"
    assert detail["explanation"]["availability_reason"] == "serves pages"
    assert [row["id"] for row in detail["timeline"]] == ["evt_a", "evt_c"]
    assert detail["observations"][0]["summary"]["pages"] == [{"title": "Ein Titel", "status": 200}]
    assert detail["registration"]["created_at"] == "2022-08-31T12:00:00Z"
    assert detail["registration"]["abuse_contact"] is None, "fields at their default are shown all the same"
    assert detail["dns"]["answers"][0]["addresses"] == ["192.0.2.7"]
    assert detail["episodes"][0]["profile"] == "desktop"


def test_a_lookalike_that_was_never_looked_at_has_a_detail_too(store: Opened) -> None:
    store.admit(admission(HOST, "spiegel"))
    detail = store.read(lambda unit: unit.views.lookalike("lka_1"))
    assert detail is not None
    assert (detail["registration"], detail["dns"], detail["observations"], detail["timeline"]) == (None, None, [], [])


@pytest.mark.parametrize(
    "public_id", ["lka_2", "lka_0", "lka_01", "1", "lka_", "lka_x", "lka_\u0661", "lka_1\n", "lka_" + "9" * 40]
)
def test_an_id_that_is_none_of_ours_is_nothing(store: Opened, public_id: str) -> None:
    store.admit(admission(HOST, "spiegel"))
    assert store.read(lambda unit: unit.views.lookalike(public_id)) is None


def test_counts_tell_rows_by_kind(store: Opened) -> None:
    empty = store.read(lambda unit: unit.views.counts())
    assert set(empty.values()) == {0}
    store.admit(admission(HOST, "spiegel", "welt"), admission("a.example"))
    _flag(store, HOST)
    counts = store.read(lambda unit: unit.views.counts())
    assert {kind: number for kind, number in counts.items() if number} == {
        "sites": 2,
        "lookalikes": 2,
        "flagged": 2,
        "episodes": 2,
        "observations": 1,
        "looks": 1,
    }
