"""Scenarios that are shipped nowhere, with every kind of event in them: what is found is what is true."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.replays import replay, rows, summary_of, written
from tests.scenario_lives import Made, lives


class Played:
    """One scenario after its replay."""

    def __init__(self, folder: Path, made: Made) -> None:
        self.truth = made.truth
        scenario, config = written(folder, made.text)
        self.state = folder / "state"
        done = replay(scenario, "--config", config, "--json", "--state", self.state)
        assert done.returncode == 0, done.stderr
        self.summary = summary_of(done.stdout)

    def sites_of(self, kind: str) -> set[str]:
        return {host for host, told in self.rows("SELECT host, type FROM event") if told == kind}

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return rows(self.state, query)


@pytest.fixture(scope="module", params=range(3))
def played(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Played:
    return Played(tmp_path_factory.mktemp(f"lives-{request.param}"), lives(request.param))


def test_blocks_downs_and_returns_are_found_as_they_were(played: Played) -> None:
    truth, summary = played.truth, played.summary
    assert (summary["missed"], summary["false_flags"]) == ([], [])
    assert summary["blocks"] == truth.blocks
    assert summary["down_after_block"] == len(truth.down_after_block)
    assert summary["resurfaced"] == len(truth.resurfaced)
    assert played.sites_of("site.down") == truth.down | truth.down_after_block
    assert played.sites_of("site.resurfaced") == truth.resurfaced
    assert played.sites_of("site.reregistered") == truth.reregistered
    assert truth.moved <= played.sites_of("impersonation.changed")


def test_each_successor_is_named_with_whom_it_took_over_from_and_no_other_is(played: Played) -> None:
    found = played.rows(
        "SELECT s.host, p.host, found.began_at > found.blocked_since, found.traits_json != '[]' FROM succession found"
        " JOIN site s ON s.id = found.site_id JOIN site p ON p.id = found.predecessor_id"
    )
    assert {host: before for host, before, *_ in found} == played.truth.successors
    assert all(later and tied for *_, later, tied in found)
    assert played.summary["successors"] == len(played.truth.successors)
    assert played.summary["days_to_first_successor"] == played.truth.days_to_first_successor


def test_each_successor_and_its_predecessor_are_one_campaign(played: Played) -> None:
    members = played.rows(
        "SELECT campaign, host FROM membership JOIN site ON site.id = membership.site_id WHERE left_at IS NULL"
    )
    campaign_of = {host: campaign for campaign, host in members}
    for successor, before in played.truth.successors.items():
        assert campaign_of[successor] == campaign_of[before]


def test_what_a_block_did_and_how_it_ended_is_told_with_its_cause(played: Played) -> None:
    causes = dict(
        played.rows(
            "SELECT host, cause FROM episode JOIN lookalike ON lookalike.id = episode.lookalike_id"
            " JOIN site ON site.id = lookalike.site_id WHERE ended_at IS NOT NULL AND NOT censored"
        )
    )
    assert {host for host, cause in causes.items() if cause == "blocked"} == played.truth.down_after_block
    assert {causes[host] for host in played.truth.down} == {"abandoned", "expired"}
