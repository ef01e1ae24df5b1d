"""Real receivers of which a third is sick, each in its way, and one that dies and comes back meanwhile."""

from __future__ import annotations

import asyncio
from contextlib import closing
from pathlib import Path

from service.adapters.schema import upgrade
from service.adapters.store import open_store
from tests.delivery_rig import SICK, crowd_of, deliver, wrongs

EVENTS = 6


def test_each_is_delivered_or_a_dead_letter_across_a_receiver_s_death(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    upgrade(url)
    names = crowd_of(3 * len(SICK), sick=True)
    assert {name.split("-")[0] for name in names} == {"well", *SICK}
    with closing(open_store(url)) as store:
        delivered = asyncio.run(deliver(store, names, EVENTS))
    assert list(wrongs(delivered, names, EVENTS)) == []
