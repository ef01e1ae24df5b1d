"""Scenarios that are shipped nowhere, with every kind of event in them: what is found is what is true."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from service.core.names.name import defang
from tests.acceptance.replays import replay, rows, spoofwatch, summary_of, written
from tests.scenario_lives import Made, lives

NAMES = "200000"
"""Swept every few days instead of daily; all that happens leaves that much time."""


class Played:
    """One scenario after its replay."""

    def __init__(self, folder: Path, made: Made, number: int) -> None:
        self.truth, self.number, self.folder = made.truth, number, folder
        scenario, config = written(folder, made.text)
        self.state = folder / "state"
        done = replay(scenario, "--config", config, "--json", "--state", self.state, "--names", NAMES)
        assert done.returncode == 0, done.stderr
        self.summary = summary_of(done.stdout)

    def sites_of(self, kind: str) -> set[str]:
        """The scenario's sites that such an event tells of, one from a certificate with the site above it."""
        told = self.rows("SELECT host, type FROM event WHERE host IS NOT NULL")
        return {host.removeprefix("video.") for host, one in told if one == kind}

    def asked(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A command on the replay's database."""
        config = self.folder / "asking"
        config.mkdir(exist_ok=True)
        (config / "service.toml").write_text(f'[database]\nurl = "sqlite:///{self.state / "replay.db"}"\n', "utf-8")
        return spoofwatch(*arguments, "--config", config)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return rows(self.state, query)


@pytest.fixture(scope="module", params=range(3))
def played(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Played:
    return Played(tmp_path_factory.mktemp(f"lives-{request.param}"), lives(request.param), request.param)


def test_blocks_downs_and_returns_are_found_as_they_were(played: Played) -> None:
    truth, summary = played.truth, played.summary
    assert (summary["missed"], summary["false_flags"]) == ([], [])
    assert summary["blocks"] == truth.blocks
    assert summary["down_after_block"] == len(truth.down_after_block)
    assert summary["resurfaced"] == sum(truth.resurfaced.values())
    assert played.sites_of("site.down") == truth.down.keys() | truth.down_after_block
    assert played.sites_of("site.resurfaced") == set(truth.resurfaced)
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
    ended = played.rows(
        "SELECT host, cause FROM episode JOIN lookalike ON lookalike.id = episode.lookalike_id"
        " JOIN site ON site.id = lookalike.site_id WHERE ended_at IS NOT NULL AND NOT censored"
    )
    causes = {host.removeprefix("video."): cause for host, cause in ended}
    assert {host for host, cause in causes.items() if cause == "blocked"} == played.truth.down_after_block
    assert {host: causes[host] for host in played.truth.down} == played.truth.down


def effect_in_words(played: Played) -> None:
    done = played.asked("effect", "act-1")
    successor, _ = next(iter(played.truth.successors.items()))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[0] == f"act-1: A network of posts, platform, {lives(played.number).day(6)}"
    assert f"first successor    {defang(successor)} after 7.0 days" in done.stdout.splitlines()
    unknown = played.asked("effect", "act-9")
    assert (unknown.returncode, unknown.stdout, unknown.stderr) == (2, "", "spoofwatch: there is no action act-9\n")


def survival_for_programs(played: Played) -> None:
    done = played.asked("persistence", "--by", "place", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    (down,) = (one for one in json.loads(done.stdout)["measures"] if one["measure"] == "down")
    assert down["all"]["events"] >= len(played.truth.down_after_block)
    met = {"platform", "registry", "host", "resolver"}
    assert {group["group"] for group in down["groups"]} == met, "what a registrar blocked was down before"


def a_forecast_that_is_stored(played: Played) -> None:
    (outlet, *_) = (found for (found,) in played.rows("SELECT id FROM outlet ORDER BY id"))
    done = played.asked("forecast", outlet, "--top", "3")
    head, _, *ranked = done.stdout.splitlines()
    assert (done.returncode, len(ranked)) == (0, 3)
    assert head.split(":")[0] in {found for (found,) in played.rows("SELECT id FROM forecast")}
    assert all("[.]" in line for line in ranked)


COMMANDS: tuple[Callable[[Played], None], ...] = (effect_in_words, a_forecast_that_is_stored, survival_for_programs)


def test_what_came_after_is_told_by_the_commands(played: Played) -> None:
    """One of them for each scenario: starting a process costs seconds."""
    COMMANDS[played.number](played)
