from __future__ import annotations

import re
import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from service.core.errors import ConfigError
from service.core.verdict.policy import Ages, Bounds, ScoringPolicy, Weights, policy_from_mapping

SHIPPED = Path("config/scoring.toml")


def test_the_shipped_file_says_what_the_code_assumes_without_it() -> None:
    text = SHIPPED.read_text(encoding="utf-8")
    assert (
        policy_from_mapping(tomllib.loads(text), "scoring.toml") == ScoringPolicy() == policy_from_mapping({}, "none")
    )


def test_the_shipped_file_names_every_figure_with_its_reason() -> None:
    text = SHIPPED.read_text(encoding="utf-8")
    known = {field.name for table in (Weights, Bounds, Ages) for field in fields(table)}
    assert {match[1] for match in re.finditer(r"^(\w+) *=", text, re.MULTILINE)} == known
    assert not [line for line in text.splitlines() if re.match(r"\w+ *= *\S+\s*$", line) and "score" not in line]


def test_what_is_left_out_keeps_its_default() -> None:
    policy = policy_from_mapping({"weights": {"links": 0.5}, "ages": {"new": 60}}, "scoring.toml")
    assert policy.weights.links == 0.5
    assert policy.weights.brand == Weights().brand
    assert policy.ages == Ages(new=60)


@pytest.mark.parametrize(
    ("mapping", "key", "reason"),
    [
        ({"wieghts": {}}, "wieghts", "unknown table"),
        ({"weights": 3}, "weights", "must be a table"),
        ({"weights": {"lins": 0.1}}, "weights.lins", "unknown key"),
        ({"weights": {"links": "much"}}, "weights.links", "must be a number"),
        ({"weights": {"links": True}}, "weights.links", "must be a number"),
        ({"weights": {"links": -0.1}}, "weights.links", "out of range"),
        ({"weights": {"links": 1.1}}, "weights.links", "out of range"),
        ({"bounds": {"form": float("nan")}}, "bounds.form", "out of range"),
        ({"bounds": {"suspected_score": 0.9}}, "bounds.suspected_score", "above bounds.impersonation_score"),
        ({"ages": {"new": 1.5}}, "ages.new", "must be a whole number"),
        ({"ages": {"new": -1}}, "ages.new", "out of range"),
        ({"ages": {"new": 10_000_000}}, "ages.new", "out of range"),
        ({"ages": {"fresh": 100}}, "ages.new", "ages must rise: fresh, new, settled"),
        ({"ages": {"certificate": None}}, "ages.certificate", "must be a whole number"),
    ],
)
def test_what_is_wrong_is_refused_with_file_key_and_reason(mapping: dict[str, Any], key: str, reason: str) -> None:
    with pytest.raises(ConfigError) as caught:
        policy_from_mapping(mapping, "my/scoring.toml")
    assert (caught.value.file, caught.value.key, caught.value.reason) == ("my/scoring.toml", key, reason)
    assert caught.value.mend
