"""How weights and bounds of ``config/scoring.toml`` are set: fitted on the bench's cases, each publisher left out.

Data: one row for each case of ``judging_cases.py`` and outlet that it is judged beside: the values, 0 to 1, of all
measures of the page's content, and whether the page is a clone of that outlet. A clone under an unrelated name also
gives a row for each other outlet that it was nearest to, and so does a stranger's page.

Weights: logistic regression, no weight below zero (nothing that a site can write speaks for it), both classes counted
alike, a small penalty on squares; by accelerated gradient steps, projected. Scaled to the sum of the shipped weights of
the same signals, so that bounds on scores keep their meaning. Each publisher's rows are scored by weights that were
fitted without any row of it, as page's publisher or as outlet judged. Weights of signals that no stored page can show
(age and name, which the cases make up; redirects, frames, certificates, cloaking) are not fitted.

Bounds: each is tried at several values while the others keep theirs; that value is chosen which, on all other
publishers, accuses nobody and finds most clones, and is then used for the publisher left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from service.core.states import Verdict
from service.core.verdict.judging import NEAREST
from service.core.verdict.policy import ScoringPolicy
from tests.bench.judging_cases import Case, Cases, look_of, outcome

SIGNALS = (
    "structure", "classes", "asset_paths", "links", "identifiers", "canonical", "favicon", "asset_hosts", "text",
    "brand", "url_shape", "foreign_identifiers", "language",
)  # fmt: skip
"""Signals that a stored page can show."""

PENALTY = 0.01
"""A tenth of it sets half as much again on the masthead alone; ten times as much puts fewer clones above all others
(91.6 % instead of 95.1 %)."""

STEPS = 1500

BOUNDS = {
    "form": (0.15, 0.2, 0.25, 0.3, 0.4),
    "form_slight": (0.1, 0.15, 0.2),
    "tie": (0.3, 0.4, 0.5, 0.6, 0.7),
    "brand": (0.5, 0.6, 0.7),
    "label": (0.4, 0.5, 0.6),
    "impersonation_score": (0.06, 0.1, 0.2, 0.3, 0.4),
    "suspected_score": (0.05, 0.1, 0.15),
}
"""The values at which each bound is tried, the shipped one among them."""

MOST_SUSPECTED = 0.02
"""Innocents that a choice of bounds may make suspected."""

HEADING = f"\n{{:44}} {'clones: imperson.':>18} {'unflagged':>10} {'innocents: imperson.':>20} {'suspected':>10}"

Values = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, slots=True)
class Rows:
    """Values of measures, rows by signals; whether a clone; whose page, and the outlet that it was held beside."""

    values: Values
    clone: Flags
    publisher: NDArray[np.str_]
    outlet: NDArray[np.str_]

    def without(self, outlet: str) -> tuple[Values, Flags]:
        """Values and classes of the rows that have nothing of this outlet."""
        kept = (self.publisher != outlet) & (self.outlet != outlet)
        return self.values[kept], self.clone[kept]


def fit(cases: Cases, policy: ScoringPolicy) -> None:
    """Print fitted weights beside the shipped ones, what both reach, and the same for the bounds.

    Innocents that differ in the age of the name alone count once, young: what is not suspected then never is.
    """
    cases = replace(cases, innocents=[case for case in cases.innocents if case.young])
    rows = rows_of(cases)
    shipped = np.array([getattr(policy.weights, name) for name in SIGNALS])
    fitted = scaled(logistic(rows.values, rows.clone), shipped)
    held_out = {name: scaled(logistic(*rows.without(name)), shipped) for name in cases.outlets}
    weights_table(rows, shipped, fitted, np.array(list(held_out.values())))
    scores = {
        "equal weights": rows.values.mean(axis=1),
        "shipped weights": rows.values @ shipped,
        "fitted, the judged publisher left out": scores_left_out(rows, held_out),
    }
    separation(rows, scores)
    verdicts(cases, policy, held_out)
    bounds(cases, policy)


# --- weights --------------------------------------------------------------------------------------------------------


def rows_of(cases: Cases) -> Rows:
    """All cases as rows."""
    found = [row for case in cases.clones for row in case_rows(case, clone=True)]
    found += [row for case in cases.innocents for row in case_rows(case, clone=False)]
    values, clone, publisher, outlet = zip(*found, strict=True)
    return Rows(values=np.array(values), clone=np.array(clone), publisher=np.array(publisher), outlet=np.array(outlet))


def case_rows(case: Case, *, clone: bool) -> Iterator[tuple[list[float], bool, str, str]]:
    """A case beside its target, or beside the outlets that its content is nearest to."""
    compared = case.index.compare(look_of(case.page).pages[0], case.page)
    for outlet in [case.target] if case.target else compared.nearest(NEAREST):
        measures = compared.measures(outlet)
        values = [measures[name].value if name in measures else 0.0 for name in SIGNALS]
        yield values, clone and outlet == case.publisher, case.publisher, outlet


def logistic(values: Values, clone: Flags) -> Values:
    """Weights of a logistic regression, none below zero, both classes counted alike (FISTA, Beck and Teboulle 2009)."""
    with_one = np.column_stack((values, np.ones(len(values))))
    share = np.where(clone, 0.5 / clone.sum(), 0.5 / (~clone).sum())
    penalty = np.append(np.full(values.shape[1], PENALTY), 0.0)
    curvature = 0.25 * float(np.linalg.eigvalsh(with_one.T @ (with_one * share[:, None]))[-1]) + PENALTY
    found = ahead = np.zeros(with_one.shape[1])
    pace = 1.0
    for _ in range(STEPS):
        wrong = 1 / (1 + np.exp(-(with_one @ ahead))) - clone
        moved = ahead - (with_one.T @ (share * wrong) + penalty * ahead) / curvature
        moved[:-1] = np.maximum(moved[:-1], 0.0)
        quicker = (1 + np.sqrt(1 + 4 * pace * pace)) / 2
        ahead = moved + (pace - 1) / quicker * (moved - found)
        found, pace = moved, quicker
    return np.asarray(found[:-1], np.float64)


def scaled(weights: Values, shipped: Values) -> Values:
    """The weights with the sum of the shipped ones, so that bounds on scores keep their meaning."""
    return np.asarray(weights * (shipped.sum() / weights.sum()), np.float64)


def scores_left_out(rows: Rows, held_out: dict[str, Values]) -> Values:
    """Each row's score by weights that know nothing of its outlet."""
    return np.array([values @ held_out[outlet] for values, outlet in zip(rows.values, rows.outlet, strict=True)])


def weights_table(rows: Rows, shipped: Values, fitted: Values, spread: Values) -> None:
    """Print all weights."""
    print(f"\n{len(rows.clone):,} rows, {int(rows.clone.sum()):,} of them of clones")
    print(f"{'weight':20} {'shipped':>8} {'fitted':>8} {'with a publisher left out':>28}")
    for number, name in enumerate(SIGNALS):
        least, most = spread[:, number].min(), spread[:, number].max()
        print(f"{name:20} {shipped[number]:8.2f} {fitted[number]:8.2f} {f'{least:.2f} to {most:.2f}':>28}")


def separation(rows: Rows, scores: dict[str, Values]) -> None:
    """Print how well each sum of content alone, with no rule about it, tells clones from the rest."""
    print(f"\n{'by the sum of content alone':40} {'clones before':>14} {'above all':>10} {'above 98 % of':>14}")
    print(f"{'':40} {'others':>14} {'others':>10} {'others':>14}")
    for name, score in scores.items():
        clones, others = score[rows.clone], np.sort(score[~rows.clone])
        below = np.searchsorted(others, clones, side="left") + np.searchsorted(others, clones, side="right")
        shares = (
            below.mean() / 2 / len(others),
            (clones > others[-1]).mean(),
            (clones > np.quantile(others, 0.98)).mean(),
        )
        print(f"{name:40} {shares[0]:14.3%} {shares[1]:10.1%} {shares[2]:14.1%}")


def verdicts(cases: Cases, policy: ScoringPolicy, held_out: dict[str, Values]) -> None:
    """Print verdicts by the shipped weights and by those fitted without the outlet that a case is about."""
    by_outlet = {name: with_weights(policy, weights) for name, weights in held_out.items()}
    print(HEADING.format("verdicts"))
    print(line("shipped weights", judge_all(cases, lambda _: policy)))
    fitted = judge_all(cases, lambda case: by_outlet.get(about(case), policy))
    print(line("fitted, the judged publisher left out", fitted))


def with_weights(policy: ScoringPolicy, weights: Values) -> ScoringPolicy:
    """The policy with other weights of what a page can show."""
    changed = {name: round(float(value), 4) for name, value in zip(SIGNALS, weights, strict=True)}
    return replace(policy, weights=replace(policy.weights, **changed))


# --- bounds ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdicts:
    """One verdict for each case; ``clone`` says which are clones, ``about`` the publisher that each is about."""

    found: NDArray[np.str_]
    clone: Flags
    about: NDArray[np.str_]

    def share(self, verdict: Verdict, *, clone: bool, where: Flags | None = None) -> float:
        """The part of the clones, or of the innocents, with this verdict."""
        chosen = self.clone == clone if where is None else (self.clone == clone) & where
        return float((self.found[chosen] == verdict.value).mean())


def judge_all(cases: Cases, policy_of: Callable[[Case], ScoringPolicy]) -> Verdicts:
    """Every case by the policy that is meant for it."""
    found = [outcome(case, policy_of(case), Verdict.IMPERSONATION)[0].value for case in cases.clones]
    found += [outcome(case, policy_of(case), Verdict.UNKNOWN)[0].value for case in cases.innocents]
    return Verdicts(
        found=np.array(found),
        clone=np.arange(len(found)) < len(cases.clones),
        about=np.array([about(case) for case in (*cases.clones, *cases.innocents)]),
    )


def _same(policy: ScoringPolicy, _: Case) -> ScoringPolicy:
    return policy


def about(case: Case) -> str:
    """The publisher that is left out where this case is judged."""
    return case.target or case.publisher


def bounds(cases: Cases, policy: ScoringPolicy) -> None:
    """Print, for each bound, what each of its values makes of the cases, and what one chosen elsewhere makes."""
    shipped = judge_all(cases, lambda _: policy)
    print(HEADING.format("bounds, one changed at a time"))
    for name, tried in BOUNDS.items():
        now = getattr(policy.bounds, name)
        by_value = {now: shipped}
        for value in tried:
            changed = replace(policy, bounds=replace(policy.bounds, **{name: value}))
            by_value.setdefault(value, judge_all(cases, partial(_same, changed)))
        for value in sorted(by_value):
            print(line(f"{name} = {value:.2f}{' (shipped)' if value == now else ''}", by_value[value]))
        chosen, elsewhere = chosen_elsewhere(by_value, now)
        values = ", ".join(f"{value:.2f} for {count}" for value, count in sorted(chosen.items()))
        print(line("  chosen with the publisher left out", elsewhere), f" ({values})")


def chosen_elsewhere(by_value: dict[float, Verdicts], now: float) -> tuple[Counter[float], Verdicts]:
    """How often each value was chosen by the cases of all others, and each publisher's verdicts by that one."""
    some = by_value[now]
    found, chosen = some.found.copy(), Counter[float]()
    for publisher in np.unique(some.about):
        others = some.about != publisher
        best = max(by_value, key=lambda value: (*worth(by_value[value], others), value == now))
        found[~others] = by_value[best].found[~others]
        chosen[best] += 1
    return chosen, replace(some, found=found)


def worth(verdicts: Verdicts, where: Flags) -> tuple[bool, float]:
    """Whether innocents are left alone, and then how many clones are found."""
    accused = verdicts.share(Verdict.IMPERSONATION, clone=False, where=where)
    suspected = verdicts.share(Verdict.SUSPECTED, clone=False, where=where)
    return accused == 0 and suspected <= MOST_SUSPECTED, verdicts.share(Verdict.IMPERSONATION, clone=True, where=where)


def line(name: str, verdicts: Verdicts) -> str:
    """One line of a table of verdicts."""
    missed = 1 - sum(verdicts.share(verdict, clone=True) for verdict in (Verdict.IMPERSONATION, Verdict.SUSPECTED))
    accused, suspected = (
        verdicts.share(verdict, clone=False) for verdict in (Verdict.IMPERSONATION, Verdict.SUSPECTED)
    )
    found = verdicts.share(Verdict.IMPERSONATION, clone=True)
    return f"{name:44} {found:18.2%} {missed:10.2%} {accused:20.3%} {suspected:10.2%}"
