"""Lists of networks and name servers, the shipped ones and what settings add."""

from __future__ import annotations

import pytest

from service.core.verdict.lists import in_networks, shipped_lists, within
from service.settings import Service


def test_an_operators_entries_come_on_top_of_the_shipped_lists() -> None:
    given = {
        "sinkhole_networks": ["198.51.100.7"],
        "parking_nameservers": ["Parking.Example."],
    }
    lists = shipped_lists(Service.model_validate({"lists": given}).lists.model_dump())
    assert in_networks(["198.51.100.7"], lists.sinkhole_networks)
    assert within("ns1.parking.example", lists.parking_nameservers)
    assert lists.parking_nameservers > shipped_lists().parking_nameservers


@pytest.mark.parametrize("wrong", [{"parking_networks": ["10.0.0.1/8"]}, {"sinkhole_nameservers": ["no domain"]}])
def test_an_entry_that_is_none_is_refused(wrong: dict[str, list[str]]) -> None:
    with pytest.raises(ValueError, match="lists"):
        Service.model_validate({"lists": wrong})
