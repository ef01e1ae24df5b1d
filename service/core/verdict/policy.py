"""The weights and bounds of judging, as one frozen value, and the reader that turns a parsed file into it.

``config/scoring.toml`` shows every figure with its reason; the defaults here are the same figures, so that a service
without that file judges alike. A test keeps the two equal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

from service.core.errors import ConfigError

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True, slots=True)
class Weights:
    """What each signal adds to the score at most, 0 to 1. None may be negative: no signal speaks for a site."""

    technique: float = 0.15
    age: float = 0.10
    structure: float = 0.05
    classes: float = 0.08
    asset_paths: float = 0.07
    asset_hosts: float = 0.07
    links: float = 0.08
    canonical: float = 0.18
    brand: float = 0.35
    favicon: float = 0.05
    text: float = 0.15
    identifiers: float = 0.36
    foreign_identifiers: float = 0.09
    frame: float = 0.20
    language: float = 0.01
    url_shape: float = 0.01
    certificate_age: float = 0.02
    certificate_names: float = 0.05
    cloaking: float = 0.08
    redirect: float = 0.20


@dataclass(frozen=True, kw_only=True, slots=True)
class Bounds:
    """Where verdicts begin. ``score`` bounds are sums of signals, all others are values of single measures, 0 to 1."""

    impersonation_score: float = 0.06
    suspected_score: float = 0.05
    form: float = 0.25
    form_slight: float = 0.15
    tie: float = 0.50
    brand: float = 0.60
    label: float = 0.50


@dataclass(frozen=True, kw_only=True, slots=True)
class Ages:
    """Days. ``new``: newly registered; ``fresh`` counts in full, ``settled`` no more; ``certificate``: a young one."""

    fresh: int = 30
    new: int = 90
    settled: int = 730
    certificate: int = 30


@dataclass(frozen=True, kw_only=True, slots=True)
class ScoringPolicy:
    """Everything that judging can be told. Values come from ``config/scoring.toml``, defaults are the shipped ones."""

    weights: Weights = field(default_factory=Weights)
    bounds: Bounds = field(default_factory=Bounds)
    ages: Ages = field(default_factory=Ages)


def policy_from_mapping(mapping: Mapping[str, Any], file: str) -> ScoringPolicy:
    """The policy that a parsed ``scoring.toml`` describes; what it leaves out keeps its default.

    Raises ConfigError with file, key, value, reason and mend for an unknown table or key, a value that is no number,
    a weight or bound outside 0 to 1, and an age that is no whole number of days from 0 to 36500.
    """
    tables = {"weights": Weights, "bounds": Bounds, "ages": Ages}
    for name, value in mapping.items():
        if name not in tables:
            raise ConfigError(file=file, key=name, reason="unknown table", mend=f"one of {', '.join(sorted(tables))}")
        if not isinstance(value, Mapping):
            raise ConfigError(file=file, key=name, value=value, reason="must be a table", mend=f"write [{name}]")
    policy = ScoringPolicy(
        weights=_table(mapping, "weights", Weights, file),
        bounds=_table(mapping, "bounds", Bounds, file),
        ages=_table(mapping, "ages", Ages, file),
    )
    _check_order(policy, file)
    return policy


def _table(mapping: Mapping[str, Any], name: str, shape: type[T], file: str) -> T:
    known = {entry.name for entry in fields(shape)}  # type: ignore[arg-type]  # only the three dataclasses above come in
    values = mapping.get(name, {})
    for key, value in values.items():
        if key not in known:
            mend = f"one of {', '.join(sorted(known))}"
            raise ConfigError(file=file, key=f"{name}.{key}", value=value, reason="unknown key", mend=mend)
        (_check_days if shape is Ages else _check_share)(file, f"{name}.{key}", value)
    return shape(**values)


def _check_share(file: str, key: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ConfigError(file=file, key=key, value=value, reason="must be a number", mend="a number from 0 to 1")
    if not 0 <= value <= 1:  # also refuses NaN, which compares false with everything
        mend = "a number from 0 to 1: nothing that a site can write may lower a score"
        raise ConfigError(file=file, key=key, value=value, reason="out of range", mend=mend)


def _check_days(file: str, key: str, value: object) -> None:
    longest = 36_500
    if isinstance(value, bool) or not isinstance(value, int):
        raise ConfigError(file=file, key=key, value=value, reason="must be a whole number", mend="a number of days")
    if not 0 <= value <= longest:
        raise ConfigError(file=file, key=key, value=value, reason="out of range", mend=f"0 to {longest} days")


def _check_order(policy: ScoringPolicy, file: str) -> None:
    bounds, ages = policy.bounds, policy.ages
    if bounds.suspected_score > bounds.impersonation_score:
        raise ConfigError(
            file=file,
            key="bounds.suspected_score",
            value=bounds.suspected_score,
            reason="above bounds.impersonation_score",
            mend="suspected begins at or below impersonation",
        )
    if not ages.fresh <= ages.new <= ages.settled:
        reason = "ages must rise: fresh, new, settled"
        raise ConfigError(file=file, key="ages.new", value=ages.new, reason=reason, mend="for instance 30, 90, 730")
