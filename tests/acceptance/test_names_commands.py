"""``spoofwatch candidates`` and ``spoofwatch match`` as other programs call them: formats, exit codes, closed pipes.

Every command runs under a guard that ends it with exit code 99 when it touches the network, starts a process or opens
a database, unless a test says that there is one.
"""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from service.core.names import name as names

GUARD = """
import os, sys
REFUSED = {"socket.bind", "socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto",
           "sqlite3.connect", "subprocess.Popen"}
def refuse(event, arguments):
    if event in REFUSED:
        print(event, arguments, file=sys.stderr, flush=True)
        os._exit(99)
sys.addaudithook(refuse)
from service.cli import main
main(sys.argv[1:])
"""
ENVIRONMENT = {key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ}
FILES = {
    "names.txt": b"# a comment\nspiegel.ltd\r\nBILD.live.\n\nordinary.com\n*.video.spiegelr.today\nspiegel.de\nx..y\n",
    "names.csv": b'domain,first_listed\nspiegel.pro,2024-01-01\n"bild.work","2024-01-02"\nno name,2024-01-03\n',
    "names.ndjson": b'{"name": "bild.icu"}\n{"dns_names": ["spiegel.de.bild.news"]}\n{"id": 5}\n[broken\n',
    "names.gz": gzip.compress(b"name;day\nspiegel.top;1\nhttps://spiegel.de.example.com/x;2\n"),
    "cut.gz": gzip.compress(b"spiegel.cfd\n" + b"".join(b"name%d.com\n" % i for i in range(50_000)))[:60_000],
    "binary": bytes(range(256)) * 400,
    "empty": b"",
}
MATCHED = [
    ("spiegel.ltd", "spiegel"),
    ("bild.live", "bild"),
    ("video.spiegelr.today", "spiegel"),
    ("spiegel.pro", "spiegel"),
    ("bild.work", "bild"),
    ("bild.icu", "bild"),
    ("spiegel.de.bild.news", "bild"),
    ("spiegel.de.bild.news", "spiegel"),
    ("spiegel.top", "spiegel"),
    ("spiegel.de.example.com", "spiegel"),
    ("spiegel.cfd", "spiegel"),
    ("xn--spegel-4va.life", "spiegel"),
]
KEYS = ["name", "domain", "outlet", "technique", "distance", "score"]


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return settings(tmp_path_factory.mktemp("names"))


def settings(folder: Path) -> Path:
    made = folder / "config"
    made.mkdir()
    (made / "service.toml").write_text(f'[database]\nurl = "sqlite:///{folder}/spoofwatch.db"\n')
    (made / "outlets.toml").write_text(
        'allow = ["spiegel.allowed.com"]\n'
        '[[outlet]]\nid = "bild"\nname = "Bild"\ndomain = "bild.de"\nlanguages = ["de"]\n'
        '[[outlet]]\nid = "spiegel"\nname = "Der Spiegel"\ndomain = "spiegel.de"\nlanguages = ["de"]\n'
    )
    return made


def spoofwatch(
    *arguments: str | Path, stdin: bytes = b"", stdout: int = subprocess.PIPE, start: tuple[str, ...] = ("-c", GUARD)
) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, *start, *map(str, arguments)]
    return subprocess.run(
        command, input=stdin, stdout=stdout, stderr=subprocess.PIPE, env=ENVIRONMENT, check=False, timeout=120
    )


# --- match -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def run(config: Path) -> subprocess.CompletedProcess[bytes]:
    """One run over a file of every kind, and standard input."""
    for name, data in FILES.items():
        (config.parent / name).write_bytes(data)
    paths = [config.parent / name for name in FILES]
    return spoofwatch("match", *paths, "-", "--config", config, stdin="spíegel.life\nspiegel.allowed.com\n".encode())


@pytest.fixture(scope="module")
def lines(run: subprocess.CompletedProcess[bytes]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in run.stdout.splitlines()]


def test_names_of_every_kind_of_file_are_matched_in_order(
    run: subprocess.CompletedProcess[bytes], lines: list[dict[str, Any]]
) -> None:
    assert run.returncode == 0, run.stderr
    assert [(line["name"], line["outlet"]) for line in lines] == MATCHED


def test_each_match_is_one_json_object_of_six_keys(lines: list[dict[str, Any]]) -> None:
    for line in lines:
        assert list(line) == KEYS
        assert line["domain"] == names.registrable(line["name"])
        assert isinstance(line["technique"], str)
        assert isinstance(line["distance"], int)
        assert 0 < line["score"] <= 1
    assert lines[0] == dict(zip(KEYS, ("spiegel.ltd", "spiegel.ltd", "spiegel", "tld-swap", 0, 1.0), strict=True))
    assert max(Counter((line["name"], line["outlet"]) for line in lines).values()) == 1


def test_what_was_skipped_is_counted_file_by_file(run: subprocess.CompletedProcess[bytes], config: Path) -> None:
    said = run.stderr.decode()
    for name, count in (("names.txt", 1), ("names.csv", 1), ("names.ndjson", 2), ("cut.gz", 1)):
        assert f"{config.parent / name}: {count} skipped\n" in said
    assert f"{config.parent / 'binary'}: " in said
    assert "line 8: 'x..y': the name has an empty label" in said
    assert "the gzip stream is cut short" in said
    assert not any(f"{config.parent / name}: " in said for name in ("names.gz", "empty"))
    assert said.isprintable() or set(said) - set(map(chr, range(32, 127))) <= {"\n"}


def test_matching_leaves_no_database_behind(run: subprocess.CompletedProcess[bytes], config: Path) -> None:
    assert run.returncode == 0
    assert {path.name for path in config.parent.iterdir()} == {*FILES, "config"}


def test_a_missing_file_is_bad_usage_before_anything_is_read(config: Path) -> None:
    done = spoofwatch("match", "--config", config, "-", config / "nosuch.txt", stdin=b"spiegel.ltd\n")
    assert done.returncode == 2
    assert done.stdout == b""
    assert done.stderr.decode() == f"spoofwatch: {config / 'nosuch.txt'}: No such file or directory\n"


def test_outlets_in_the_database_are_matched_too(tmp_path: Path) -> None:
    config, unguarded = settings(tmp_path), ("-m", "service")
    added = spoofwatch("outlets", "add", "https://www.morgenkurier.de/", "--config", config, start=unguarded)
    assert added.returncode == 0, added.stderr
    done = spoofwatch("match", "--config", config, stdin=b"morgenkurier.ltd\nbild.ltd\n", start=unguarded)
    assert [json.loads(line)["outlet"] for line in done.stdout.splitlines()] == ["morgenkurier.de", "bild"]


# --- candidates ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "tier", "least", "wanted"),
    [
        ("bild", "exact", 2_000, {"bild.ltd", "bild.co.com"}),
        ("https://www.spiegel.de/", "edits", 20_000, {"spiegel.ltd", "spiegeli.life", "spiegel.de-news.com"}),
        ("zeitung.at", "exact", 2_000, {"zeitung.de"}),
    ],
)
def test_candidates_are_names_one_a_line(config: Path, target: str, tier: str, least: int, wanted: set[str]) -> None:
    done = spoofwatch("candidates", target, "--tier", tier, "--config", config)
    assert (done.returncode, done.stderr) == (0, b"")
    made = done.stdout.decode().splitlines()
    assert len(made) == len(set(made)) >= least
    assert wanted <= set(made)
    assert not {"bild.de", "spiegel.de", "zeitung.at", "spiegel.allowed.com"} & set(made)
    assert all(names.parse(name) == name for name in made[::50])
    assert {path.name for path in config.parent.iterdir()} <= {*FILES, "config"}


def test_what_is_neither_an_outlet_nor_a_domain_is_bad_usage(config: Path) -> None:
    done = spoofwatch("candidates", "nonsense", "--config", config)
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"'nonsense' is no outlet's id, and no domain either" in done.stderr


def test_a_tier_that_there_is_not_is_bad_usage(config: Path) -> None:
    done = spoofwatch("candidates", "bild", "--tier", "siblings", "--config", config)
    assert done.returncode == 2
    assert b"exact" in done.stderr


# --- closed pipes ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", [["match"], ["candidates", "bild", "--tier", "full"]], ids=["match", "candidates"])
def test_a_reader_that_goes_away_ends_the_command_quietly(config: Path, command: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = spoofwatch(*command, "--config", config, stdin=b"spiegel.ltd\n", stdout=writing)
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")


def test_the_first_of_many_candidates_come_at_once(config: Path) -> None:
    command = [sys.executable, "-c", GUARD, "candidates", "spiegel", "--tier", "full", "--config", str(config)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        first = process.stdout.readline().decode().strip()
        process.stdout.close()
        assert names.registrable(first) == first
        assert process.stderr.read() == b""
        assert process.wait(60) == 0
