"""The benches can be listed anywhere, and what one of them lacks is said instead of raised."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.bench import name_data
from tests.bench.__main__ import BENCHES, Bench, main
from tests.bench.figures import Figures

FOLDER = Path(__file__).parents[1] / "bench"
NO_BENCHES = {
    "figures",
    "judging_cases",
    "judging_fit",
    "judging_peers",
    "lived_sites",
    "name_data",
    "name_tables",
    "__main__",
}


def test_each_bench_has_one_line_in_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list"]) == 0
    lines = capsys.readouterr().out.splitlines()[1:]
    assert [line.split()[0] for line in lines] == [bench.name for bench in BENCHES]


def test_each_bench_is_a_module_and_each_module_a_bench() -> None:
    assert all(find_spec(f"tests.bench.{bench.module}") for bench in BENCHES)
    assert {path.stem for path in FOLDER.glob("*.py")} == NO_BENCHES | {bench.module for bench in BENCHES}


@pytest.mark.parametrize("bench", [bench for bench in BENCHES if bench.data], ids=lambda bench: bench.name)
def test_a_bench_without_its_data_is_passed_over(
    bench: Bench, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for arguments in ([bench.name], [bench.name, "--data", str(tmp_path)]):
        assert main(arguments) == 0
        said = capsys.readouterr().out
        assert "not run" in said
        assert all(file in said for file in bench.data)


@pytest.mark.parametrize("arguments", [["nosuch"], ["names-recall", "nosuch"], ["--ablate"]])
def test_what_is_no_bench_is_bad_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "names-recall" in capsys.readouterr().err or "--ablate" in arguments


def test_peers_that_are_not_installed_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for package in ("dnstwist", "ail_typo_squatting"):
        monkeypatch.setitem(sys.modules, package, None)
    peers = dict(name_data.peers(None))
    assert {"dnstwist", "ail-typo-squatting"} <= peers.keys()
    assert not any(peers.values())


def test_names_are_made_up_where_there_is_no_data() -> None:
    assert name_data.new_names(None, 100) == name_data.new_names(None, 100)
    assert len(name_data.watchlist(None).outlets) > 3


def test_a_missed_figure_shows_in_the_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    figures = Figures()
    figures.at_least("recall", 0.99, 0.9)
    assert figures.exit_code == 0
    figures.at_most("noise", 300, 200, "per million")
    assert figures.exit_code == 1
    assert capsys.readouterr().out.splitlines() == [
        "good  recall: 0.99 (at least 0.9)",
        "BAD   noise: 300 per million (at most 200)",
    ]
