"""What became of a blocked site."""

from __future__ import annotations

import pytest

from service.core.model import Episode
from service.core.persistence.standing import Aftermath, standing
from service.core.states import Cause, Place
from tests.builders import at, block, lookalike, site

BLOCKED = (block(Place.REGISTRAR, at(days=5)),)


def episode(number: int, began: float, ended: float | None = None, *, censored: bool = False) -> Episode:
    return Episode(
        number=number,
        began_at=at(days=began),
        last_seen_at=at(days=ended if ended is not None else began),
        ended_at=None if ended is None else at(days=ended),
        cause=None if ended is None else Cause.BLOCKED,
        censored=censored,
    )


@pytest.mark.parametrize(
    ("episodes", "aftermath", "down", "back"),
    [
        ((), Aftermath.UNSEEN, None, None),
        ((episode(1, 1),), Aftermath.UP, None, None),
        ((episode(1, 1, 6),), Aftermath.DOWN, 6, None),
        ((episode(1, 1, 6), episode(2, 9)), Aftermath.RESURFACED, 6, 9),
        ((episode(1, 1, 6), episode(2, 9, 12)), Aftermath.DOWN, 6, 9),
        ((episode(1, 1, 4, censored=True),), Aftermath.OUT_OF_SIGHT, None, None),
        ((episode(1, 1, 3), episode(2, 4)), Aftermath.UP, None, None),
    ],
)
def test_it_follows_from_the_episodes_since_the_block(
    episodes: tuple[Episode, ...], aftermath: Aftermath, down: float | None, back: float | None
) -> None:
    found = standing(site(lookalikes=(lookalike(episodes=episodes),), blocks=BLOCKED))
    assert found is not None
    assert found.aftermath is aftermath
    assert found.blocked_since == at(days=5)
    assert found.down_at == (None if down is None else at(days=down))
    assert found.resurfaced_at == (None if back is None else at(days=back))


def test_what_was_never_blocked_has_no_aftermath() -> None:
    assert standing(site(lookalikes=(lookalike(episodes=(episode(1, 1, 6),)),))) is None
