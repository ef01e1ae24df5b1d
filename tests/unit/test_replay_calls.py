"""Which sweeps a replay makes beside the regular ones."""

from __future__ import annotations

import pytest

from service.core.model import NameMatch, Outlet
from service.core.names.name import split
from service.core.names.permutations import candidates, suffixes_of
from service.core.names.watchlist import WatchList
from service.core.states import Technique, Tier
from service.pipeline.watched import Knowledge
from service.replay.calls import called_for

EXACT, EDITS, FULL = Tier.EXACT, Tier.EDITS, Tier.FULL
OUTLETS = {one: Outlet(id=one, name=one.title(), domain=f"{one}.de") for one in ("spiegel", "bild")}


def match(name: str, outlet: str, technique: Technique) -> NameMatch:
    return NameMatch(name=name, domain=name, outlet=outlet, technique=technique, distance=0, score=0.9)


SWAPPED = match("spiegel.ltd", "spiegel", Technique.TLD_SWAP)
BELOW = match("spiegel.co.com", "spiegel", Technique.SLD_SUFFIX)
EDITED = match("blld.live", "bild", Technique.COMBINED)
ELSEWHERE = match("blld.bike", "bild", Technique.COMBINED)


@pytest.mark.parametrize(
    ("matches", "tiers", "calls"),
    [
        ([SWAPPED, BELOW], (EXACT, EDITS), {("spiegel", EXACT)}),
        ([SWAPPED, EDITED], (EXACT, EDITS), {("spiegel", EXACT), ("bild", EXACT), ("bild", EDITS)}),
        ([SWAPPED], (EDITS,), {("spiegel", EDITS)}),
        ([EDITED], (EXACT, EDITS, FULL), {("bild", EXACT), ("bild", EDITS)}),
        ([ELSEWHERE], (EXACT, EDITS, FULL), {("bild", EXACT), ("bild", FULL)}),
        ([ELSEWHERE], (EXACT, EDITS), {("bild", EXACT)}),
        ([EDITED, SWAPPED], (FULL,), {("bild", FULL), ("spiegel", FULL)}),
        ([], (EXACT, EDITS), set()),
    ],
    ids=[
        "whole labels",
        "an edit",
        "no exact tier",
        "no wider than needed",
        "a wide one",
        "none can",
        "full only",
        "no",
    ],
)
def test_a_name_calls_for_the_narrowest_sweep_that_makes_it(
    matches: list[NameMatch], tiers: tuple[Tier, ...], calls: set[tuple[str, Tier]]
) -> None:
    assert called_for(matches, OUTLETS, tiers, ()) == calls


@pytest.mark.parametrize("tiers", [(EXACT, EDITS), (EDITS,), (FULL,)], ids=["exact and edits", "edits", "full"])
def test_what_a_tier_generates_calls_for_a_tier_that_generates_it(tiers: tuple[Tier, ...]) -> None:
    knowledge = Knowledge.build(tuple(OUTLETS.values()), (), ())
    watchlist = WatchList(tuple(OUTLETS.values()))
    outlet = OUTLETS["spiegel"]
    last = len(suffixes_of(outlet, tiers[-1]))
    made = [one.name for one in candidates(outlet, tiers[-1], watchlist, start=last - 2)]
    found = knowledge.index.match(made[:: max(1, len(made) // 40)])
    assert len(found) > 20
    for one in found:
        calls = called_for([one], OUTLETS, tiers, ())
        assert any(generates(tier, OUTLETS[of], watchlist, one.name) for of, tier in calls), one


def generates(tier: Tier, outlet: Outlet, watchlist: WatchList, name: str) -> bool:
    covered = suffixes_of(outlet, tier)
    suffix = split(name)[1]
    if suffix not in covered:
        return False
    place = covered.index(suffix)
    return any(one.name == name for one in candidates(outlet, tier, watchlist, start=place, stop=place + 1))
