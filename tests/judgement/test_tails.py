"""Tails against exact fractions, and against scipy."""

import os
from fractions import Fraction
from itertools import islice
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

from insights_reports.judgement.student import (
    incomplete_beta,
    normal_point,
    normal_tail,
    student_point,
    student_tail,
)
from insights_reports.judgement.tails import BetaBinomial, NegativeBinomial, sweep
from tests.judgement import slow

CASES = 2_000 if os.environ.get("THOROUGH") else 200
some = settings(max_examples=300 if os.environ.get("THOROUGH") else 20, deadline=None)
QUARTERS = st.integers(1, 200).map(lambda n: Fraction(n, 4))  # floats hold them exactly


def array(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.float64)


def whole(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.int64)


@some
@given(st.integers(1, 40), QUARTERS, QUARTERS, st.data())
def test_beta_binomial_tails_equal_exact_fractions(size: Any, a: Any, b: Any, data: Any) -> None:
    at = data.draw(st.integers(0, size))
    terms = slow.beta_binomial(size, a, b)
    assert sum(terms) == 1
    law = BetaBinomial(whole(size), array(float(a)), array(float(b)))
    found = sweep(law, whole(at), whole(at))
    assert found.up[0] == pytest.approx(float(sum(terms[at:])), rel=1e-12)
    assert found.down[0] == pytest.approx(float(sum(terms[: at + 1])), rel=1e-12)


@some
@given(QUARTERS, QUARTERS.map(lambda q: q / 16), st.integers(0, 150))
def test_negative_binomial_tails_equal_exact_fractions(mean: Any, excess: Any, at: Any) -> None:
    terms = list(islice(slow.negative_binomial_ratios(mean, excess), 150 + 1))
    none = float(1 + excess * mean) ** -(1 / float(excess))
    below = none * float(sum(terms[: at + 1]))
    found = sweep(NegativeBinomial(array(float(mean)), array(float(excess))), whole(at), whole(at))
    assert found.down[0] == pytest.approx(below, rel=1e-10)
    upper = 1 - none * float(sum(terms[:at]))
    assert found.up[0] == pytest.approx(upper, abs=1e-10)


@some
@given(st.integers(1, 30), QUARTERS, QUARTERS, st.sampled_from([0.0015, 0.02, 0.3]))
def test_bounds_are_the_first_and_last_value_with_enough_on_both_sides(
    size: Any, a: Any, b: Any, least: Any
) -> None:
    terms = slow.beta_binomial(size, a, b)
    allowed = [
        at
        for at in range(size + 1)
        if min(sum(terms[at:]), sum(terms[: at + 1])) >= Fraction(least)
    ]
    law = BetaBinomial(whole(size), array(float(a)), array(float(b)))
    found = sweep(law, whole(0), whole(0), array(least))
    assert (found.low[0], found.high[0]) == (allowed[0], allowed[-1])


def test_beta_binomial_tails_equal_scipy(rng: np.random.Generator) -> None:
    size = rng.integers(1, 3_000, CASES)
    chance, weight = rng.uniform(0.001, 0.999, CASES), np.exp(rng.uniform(-0.7, 9, CASES))
    at = rng.binomial(size, np.clip(chance * rng.uniform(0.7, 1.4, CASES), 0, 1))
    a, b = chance * weight, (1 - chance) * weight
    found = sweep(BetaBinomial(size, a, b), at, at)
    np.testing.assert_allclose(found.down, stats.betabinom.cdf(at, size, a, b), 1e-9, 1e-12)
    mirrored = stats.betabinom.cdf(size - at, size, b, a)  # sf is 1 - cdf: blind to small tails
    np.testing.assert_allclose(found.up, mirrored, 1e-9, 1e-12)


def test_negative_binomial_tails_equal_scipy(rng: np.random.Generator) -> None:
    mean, excess = np.exp(rng.uniform(-2, 8, CASES)), np.exp(rng.uniform(-7, 0, CASES))
    of = (1 / excess, 1 / (1 + mean * excess))
    at = rng.negative_binomial(*of)
    found = sweep(NegativeBinomial(mean, excess), at, at)
    np.testing.assert_allclose(found.down, stats.nbinom.cdf(at, *of), 1e-7, 1e-11)
    np.testing.assert_allclose(found.up, stats.nbinom.sf(at - 1, *of), 1e-7, 1e-11)


@pytest.mark.parametrize(
    ("size", "chance", "weight"),
    [(30_000, 0.05, 50), (100_000, 0.05, 1e5), (400_000, 0.001, 3), (1_000_000, 0.0001, 1e6)],
)
def test_rows_too_long_to_sum_are_exact_to_a_millionth(
    size: Any, chance: Any, weight: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    law = BetaBinomial(whole(size), array(chance * weight), array((1 - chance) * weight))
    at = whole(int(size * chance * 1.1))
    quick = sweep(law, at, at, array(0.0015))
    monkeypatch.setattr("insights_reports.judgement.tails._LONG", 10**9)
    every_term = sweep(law, at, at, array(0.0015))
    assert quick.up[0] == pytest.approx(every_term.up[0], rel=3e-6)
    assert quick.down[0] == pytest.approx(every_term.down[0], rel=3e-6)
    assert (quick.low[0], quick.high[0]) == (every_term.low[0], every_term.high[0])


def test_rows_of_all_sizes_keep_their_order(rng: np.random.Generator) -> None:
    size = np.concatenate([rng.integers(1, 5_000, 50), [30_000, 25_000, 1]])
    a, b = np.full(53, 2.0), np.full(53, 30.0)
    at = size // 12
    together = sweep(BetaBinomial(size, a, b), at, at)
    for row in range(53):
        alone = sweep(BetaBinomial(size[[row]], a[[row]], b[[row]]), at[[row]], at[[row]])
        assert together.up[row] == pytest.approx(alone.up[0], rel=1e-12)


def test_beyond_the_ends_a_tail_is_all_or_nothing() -> None:
    law = BetaBinomial(whole(5, 5), array(2, 2), array(3, 3))
    found = sweep(law, whole(0, 6), whole(5, -1))
    assert found.up.tolist() == [1, 0]
    assert found.down.tolist() == [1, 0]


def test_student_tails_equal_scipy(rng: np.random.Generator) -> None:
    values, freedom = rng.normal(0, 3, CASES), np.exp(rng.uniform(0.7, 14, CASES))
    found = student_tail(values, freedom)
    np.testing.assert_allclose(found, stats.t.sf(values, freedom), rtol=1e-10)
    infinite = np.full(CASES, np.inf)
    np.testing.assert_allclose(student_tail(values, infinite), stats.norm.sf(values), rtol=1e-13)


def test_student_points_equal_scipy(rng: np.random.Generator) -> None:
    freedom = np.exp(rng.uniform(np.log(2), 14, CASES))
    found = student_point(0.0015, np.append(freedom, np.inf))
    np.testing.assert_allclose(found[:-1], stats.t.isf(0.0015, freedom), rtol=1e-10)
    assert found[-1] == pytest.approx(stats.norm.isf(0.0015), rel=1e-10)


def test_the_incomplete_beta_function_equals_scipy(rng: np.random.Generator) -> None:
    a, b, x = np.exp(rng.uniform(-2, 6, (2, CASES))), None, rng.uniform(0, 1, CASES)
    a, b = a
    np.testing.assert_allclose(incomplete_beta(a, b, x), special.betainc(a, b, x), 1e-10, 1e-14)


def test_normal_tails_and_points_are_each_others_way_back(rng: np.random.Generator) -> None:
    values = rng.uniform(-4, 8, CASES)
    np.testing.assert_allclose(normal_tail(values), stats.norm.sf(values), rtol=1e-12)
    np.testing.assert_allclose(normal_point(normal_tail(values)), values, rtol=1e-7, atol=1e-9)


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> np.random.Generator:
    return np.random.default_rng(sum(map(ord, request.node.name)))
