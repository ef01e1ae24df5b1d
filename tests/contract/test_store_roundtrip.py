"""Whatever a site becomes, it is read back as it was saved: over generated sites, field by field of the model."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING, Any, TypeVar

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.core.model import Block, Episode, Lookalike, Site, Target
from tests.model_strategies import STORABLE, values_of
from tests.store_cases import START, Opened, admission, opened

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

T = TypeVar("T")


def _keyed(kind: type[T], key: Callable[[T], Any]) -> st.SearchStrategy[tuple[T, ...]]:
    return st.lists(values_of(kind, STORABLE), max_size=3, unique_by=key).map(tuple)


EPISODES = _keyed(Episode, lambda one: one.number)
LOOKALIKES = _keyed(Lookalike, lambda one: one.outlet)
SITES = st.builds(
    replace,
    values_of(Site, STORABLE),
    lookalikes=st.lists(
        st.builds(replace, values_of(Lookalike, STORABLE), episodes=EPISODES),
        max_size=3,
        unique_by=lambda one: one.outlet,
    ).map(tuple),
    blocks=_keyed(Block, lambda one: one.id),
    targets=_keyed(Target, lambda one: one.url),
)


def _added(old: tuple[T, ...], new: tuple[T, ...], key: Callable[[T], Any]) -> tuple[T, ...]:
    """``new`` over ``old``: nothing is ever removed, and new ones come last."""
    return tuple(({key(one): one for one in old} | {key(one): one for one in new}).values())


def _after(old: Site, given_site: Site) -> Site:
    """``given_site`` as a later state of ``old``."""
    episodes = {one.outlet: one.episodes for one in old.lookalikes}
    lookalikes = _added(
        old.lookalikes,
        tuple(
            replace(
                one,
                episodes=tuple(
                    sorted(
                        _added(episodes.get(one.outlet, ()), one.episodes, lambda episode: episode.number),
                        key=lambda episode: episode.number,
                    )
                ),
            )
            for one in given_site.lookalikes
        ),
        lambda one: one.outlet,
    )
    return replace(
        given_site,
        host=old.host,
        domain=old.domain,
        source=old.source,
        admitted_at=old.admitted_at,
        absent_at=old.absent_at,
        listed_at=old.listed_at,
        observation=given_site.observation or old.observation,
        lookalikes=lookalikes,
        blocks=_added(old.blocks, given_site.blocks, lambda one: one.id),
        targets=old.targets + tuple(t for t in given_site.targets if t.url not in {o.url for o in old.targets}),
    )


def _due(store: Opened, at: datetime) -> tuple[tuple[Site, int], ...]:
    """Sites as they stand in the tables; a claim relies on no memory."""
    return store.write(lambda unit: unit.sites.claim(at, at, 1000))


def test_every_site_is_read_back_as_it_was_saved(tmp_path: Path) -> None:
    numbers = count()
    with opened("memory", tmp_path) as store:

        @settings(
            max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
        )
        @given(st.lists(SITES, min_size=1, max_size=3))
        def check(states: list[Site]) -> None:
            host = f"{next(numbers)}.example"
            store.admit(admission(host))
            for version, state in enumerate(states, start=1):
                before, current = store.site(host)
                after = _after(before, state)
                assert current == version
                assert store.save(after, version, at=START)
                assert store.site(host) == (after, version + 1)
                assert (after, version + 1) in _due(store, after.due_at)

        check()
