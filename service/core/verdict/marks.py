"""An outlet's own identifiers and accounts in another page: what they prove, and how much. Pure.

A tracker's account has one owner, so one copied identifier ties a page to the outlet. Accounts and apps are public and
themes ship with their maker's: one named after the outlet ties like an identifier; others tie only where two kinds come
together of which a theme ships one at most. What several outlets have is taken out before (``BaselineIndex``).
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from service.core.facts.accounts import ANDROID_APP, APPLE_APP, FACEBOOK_PAGE, X_ACCOUNT

if TYPE_CHECKING:
    from service.core.facts.page import PageFacts
    from service.core.model import Outlet

IDENTIFIER = 0.7
"""What one copied identifier adds, or one account that bears the outlet's label; two make the measure full."""

REGISTERED = 0.4
"""What one kind of app or page adds that is registered to an owner under a number: below the bound of a tie alone."""

SHIPPED = 0.2
"""What a kind adds that themes and plugins are shipped with: two of them still tie nothing."""

SHORTEST_LABEL = 4
"""Letters of a label that is looked for in an account's name: "sz" is in half of all words."""

_STRENGTHS = {APPLE_APP: REGISTERED, ANDROID_APP: REGISTERED, FACEBOOK_PAGE: REGISTERED, X_ACCOUNT: SHIPPED}
_SHIPPED = "meta-app:"
_NAMED = frozenset({X_ACCOUNT, ANDROID_APP})


def copied(
    page: PageFacts, outlet: Outlet, identifiers: Collection[str], accounts: Collection[str]
) -> tuple[float, str]:
    """How much of the outlet's own ``identifiers`` and ``accounts`` the page carries, 0 to 1, and which."""
    carried = sorted(page.identifiers.intersection(identifiers))
    named = sorted(page.accounts.intersection(accounts))
    if not carried and not named:
        return 0.0, ""
    labels = {name.partition(".")[0].replace("-", "") for name in outlet.confirmed_domains}
    strong = [one for one in carried if not one.startswith(_SHIPPED)]
    bearing = [one for one in named if _bears(one, labels)]
    kinds = {one.partition(":")[0] for one in named if one not in bearing}
    weak = sum(_STRENGTHS[kind] for kind in kinds) + (SHIPPED if len(strong) < len(carried) else 0.0)
    value = min(1.0, IDENTIFIER * (len(strong) + len(bearing)) + weak)
    return value, f"it carries the outlet's own identifiers {', '.join((carried + named)[:4])}"


def foreign(page: PageFacts, identifiers: Collection[str]) -> tuple[float, str]:
    """Whether somebody else's identifiers stand beside the outlet's. Accounts are none: older baselines lack them."""
    others = sorted(page.identifiers.difference(identifiers))
    if not others or page.identifiers.isdisjoint(identifiers):
        return 0.0, ""
    return 1.0, f"beside the outlet's identifiers it carries {', '.join(others[:4])}"


def _bears(account: str, labels: Collection[str]) -> bool:
    """Whether the account's name holds the outlet's label: ``x-account:derspiegel``."""
    kind, _, name = account.partition(":")
    plain = name.replace("_", "").replace(".", "")
    return kind in _NAMED and any(len(label) >= SHORTEST_LABEL and label in plain for label in labels)
