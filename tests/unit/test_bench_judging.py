"""How the weights of judging are fitted: what the figures in ``config/scoring.toml`` rest on."""

from __future__ import annotations

import numpy as np

from tests.bench.judging_fit import Rows, logistic, scaled

CLONES = np.array([[0.9, 0.5, 0.0], [0.8, 0.1, 0.0], [0.7, 0.4, 0.1]])
OTHERS = np.array([[0.1, 0.5, 0.9], [0.0, 0.1, 0.8], [0.2, 0.4, 0.7], [0.1, 0.2, 0.9]])
VALUES = np.concatenate((CLONES, OTHERS))
CLONE = np.arange(len(VALUES)) < len(CLONES)


def test_a_signal_that_clones_have_weighs_most_and_one_that_speaks_for_a_site_nothing() -> None:
    weights = logistic(VALUES, CLONE)
    assert weights[0] > 2 * weights[1]
    assert weights[2] == 0, "nothing that a site can write may lower its score"
    assert weights.min() >= 0


def test_classes_count_alike_however_many_cases_each_has() -> None:
    more = np.concatenate((CLONES, *[OTHERS] * 50))
    once = logistic(VALUES, CLONE)
    assert np.allclose(logistic(more, np.arange(len(more)) < len(CLONES)), once, rtol=0.01)


def test_fitted_weights_keep_the_sum_that_bounds_are_made_for() -> None:
    assert np.isclose(scaled(np.array([3.0, 1.0]), np.array([0.1, 0.7])).sum(), 0.8)


def test_weights_for_an_outlet_know_nothing_of_it() -> None:
    rows = Rows(
        values=np.array([[1.0], [2.0], [3.0]]),
        clone=np.array([True, False, False]),
        publisher=np.array(["one", "two", "page.html"]),
        outlet=np.array(["one", "one", "two"]),
    )
    values, clone = rows.without("one")
    assert values.tolist() == [[3.0]]
    assert clone.tolist() == [False]
