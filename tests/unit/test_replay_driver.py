"""Which sweeps a replay makes beside the regular ones."""

from __future__ import annotations

from service.core.model import NameMatch, Technique, Tier
from service.replay.driver import called_for


def match(name: str, outlet: str, technique: Technique) -> NameMatch:
    return NameMatch(name=name, domain=name, outlet=outlet, technique=technique, distance=0, score=0.9)


def test_a_name_calls_for_the_sweep_of_each_outlet_that_it_resembles_in_the_tier_that_makes_it() -> None:
    matches = [
        match("spiegel.ltd", "spiegel", Technique.TLD_SWAP),
        match("spiegel.co.com", "spiegel", Technique.SLD_SUFFIX),
        match("spiegell.lol", "spiegel", Technique.COMBINED),
        match("blld.live", "bild", Technique.COMBINED),
    ]
    assert called_for(matches[:2]) == {("spiegel", Tier.EXACT)}
    assert called_for(matches) == {(one, tier) for one in ("spiegel", "bild") for tier in (Tier.EXACT, Tier.EDITS)}
    assert called_for([]) == frozenset()
