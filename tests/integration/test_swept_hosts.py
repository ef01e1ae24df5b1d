"""Hosts below somebody else's registration are swept like names, and what answers for all of them is none of them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from service.adapters.prober import ChildProber
from service.core.model import Outlet
from service.core.names.permutations import candidates
from service.core.names.watchlist import WatchList
from service.core.states import Technique, Tier
from tests.faulty_dns import FaultyDns, Zone

if TYPE_CHECKING:
    from service.core.facts.dns import ProbeReport

CONTROL = "control.example"
SPIEGEL = Outlet(id="spiegel", name="Der Spiegel", domain="spiegel.de", languages=("de",))


def swept(zone: Zone) -> ProbeReport:
    """The hosts of the tier ``edits`` below other registrations in com, asked for as the sweep does."""
    made = candidates(SPIEGEL, Tier.EDITS, WatchList([SPIEGEL]), ["com"])
    hosts = [one.name for one in made if one.technique is Technique.SUBDOMAIN and one.suffix == "com"]

    async def probe(address: str) -> ProbeReport:
        prober = ChildProber([address], 0, control_live=[CONTROL])
        try:
            return await prober.probe(hosts)
        finally:
            await prober.close()

    with FaultyDns(zone) as server:
        return asyncio.run(probe(server.address))


def test_a_host_is_found_only_where_it_was_set_up_itself() -> None:
    report = swept(
        Zone(
            records={
                (CONTROL, "NS"): ("ns.host.example.",),
                ("de-news.com", "NS"): ("ns.host.example.",),
                ("spiegel.de-news.com", "A"): ("192.0.2.7",),
                ("de-online.com", "NS"): ("ns.host.example.",),
                ("de-aktuell.com", "NS"): ("ns.parking.example.",),
            },
            wildcards={"de-aktuell.com": {"A": ("192.0.2.99",)}},
        )
    )
    assert report.existing == ("spiegel.de-news.com",)
    assert report.unanswered == ()
    assert report.absent == report.asked - 1
    assert report.asked > 3
