"""Which sweeps a replay makes on a day on which names come to be in DNS: the cheapest of which can find them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.core.names.name import split
from service.core.names.permutations import suffixes_of
from service.core.states import Technique, Tier

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from service.core.model import NameMatch, Outlet

_WIDENING = (Tier.EXACT, Tier.EDITS, Tier.FULL)
_WHOLE_LABEL = frozenset({Technique.TLD_SWAP, Technique.SLD_SUFFIX})


def called_for(
    matches: Iterable[NameMatch], outlets: Mapping[str, Outlet], tiers: Sequence[Tier], campaign_suffixes: Sequence[str]
) -> frozenset[tuple[str, Tier]]:
    """Outlet and tier of the narrowest sweep, of the ``tiers`` that are swept, that generates each name.

    ``campaign_suffixes`` as for ``candidates``, empty for the shipped ones. The exact tier is always among them where
    it is swept: it is small, and the matcher may see an edit in what another label of the outlet makes whole.
    """
    found = set()
    for match in matches:
        outlet = outlets[match.outlet]
        able = [tier for tier in _WIDENING if tier in tiers and _generates(tier, outlet, match, campaign_suffixes)]
        found |= {(outlet.id, tier) for tier in tiers if tier is Tier.EXACT or tier in able[:1]}
    return frozenset(found)


def _generates(tier: Tier, outlet: Outlet, match: NameMatch, campaign_suffixes: Sequence[str]) -> bool:
    if tier is Tier.EXACT:
        return match.technique in _WHOLE_LABEL
    return split(match.domain)[1] in suffixes_of(outlet, tier, campaign_suffixes or None)
