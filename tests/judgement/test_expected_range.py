"""The expected range: worked values of its design (checked there against scipy), and its laws."""

import os
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from insights_reports import expected_range
from insights_reports.errors import UsageError
from insights_reports.judgement import Observed
from insights_reports.judgement.chances import chances
from insights_reports.judgement.levels import fit_counts, fit_shares

CASES = 2_000 if os.environ.get("THOROUGH") else 200
SIZES = [60, 55, 70, 48, 80, 52, 61, 90, 50, 66, 58]
FAILURES = list(zip([3, 2, 4, 1, 5, 2, 3, 6, 2, 4, 3], SIZES, strict=True))
WANDERING = [(failed, 400) for failed in (30, 55, 20, 62, 25, 58, 33, 70, 28, 60, 41)]
DEPLOYMENTS = list(
    zip(
        [61, 58, 70, 49, 66, 55, 73, 60, 64, 52, 68],
        [22, 21, 20, 21, 20, 20, 23, 21, 21, 23, 20],
        strict=True,
    )
)


def level(fit: Any, pairs: Any) -> Any:
    counts, exposures = np.array(pairs, dtype=float).T
    return fit(counts[None], exposures[None])


def chance(fitted: Any, count: Any, exposure: Any, concentration: Any = 1.0) -> Any:
    asked: Any = (np.array([float(x)]) for x in (count, exposure, concentration))
    found = chances(fitted, *asked)
    return found.up[0], found.down[0]


def ends(kind: Any, pairs: Any, exposure: Any) -> Any:
    found = expected_range(kind, pairs, exposure)
    return found.low, found.high


def test_the_level_of_a_rate_that_does_not_wander() -> None:
    fitted = level(fit_shares, FAILURES)
    assert fitted.centre[0] == pytest.approx(35.5 / 691, rel=1e-12)
    assert fitted.centre[0] == pytest.approx(0.05137481910, abs=5e-12)
    assert (fitted.spread[0], fitted.wander[0]) == (1, 0)
    law, freedom = fitted.law(np.array([62.0]), np.ones(1))
    assert law.a[0] + law.b[0] == pytest.approx(690)
    assert np.isinf(freedom[0])
    assert chance(fitted, 9, 62)[0] == pytest.approx(0.006340559, rel=1e-6)
    assert chance(fitted, 8, 62)[0] == pytest.approx(0.018023085, rel=1e-6)


@pytest.mark.parametrize(
    ("deployments", "usual"), [(62, (0, 10)), (5, (0, 2)), (20, (0, 5)), (200, (2, 23))]
)
def test_the_range_of_a_rate_steps_with_the_deployments(deployments: Any, usual: Any) -> None:
    assert ends("share", FAILURES, deployments) == usual


def test_eight_periods_together() -> None:
    failed, sizes = [5, 6, 7, 5, 6, 8, 5, 7], np.array([60, 62, 58, 61, 60, 63, 59, 60.0])
    concentration = (sizes**2).sum() / sizes.sum() ** 2
    up, _ = chance(level(fit_shares, FAILURES), sum(failed), sizes.sum(), concentration)
    assert up == pytest.approx(0.000623521, rel=1e-6)


def test_a_rate_that_wanders_is_given_room() -> None:
    fitted = level(fit_shares, WANDERING)
    assert fitted.centre[0] == pytest.approx(0.1096341741, rel=1e-9)
    assert fitted.spread[0] == pytest.approx(7.918007884, rel=1e-9)
    assert fitted.wander[0] == pytest.approx(0.01733836563, rel=1e-9)
    assert fitted.size[0] == pytest.approx(555.6953295, rel=1e-9)
    law, freedom = fitted.law(np.array([400.0]), np.ones(1))
    assert law.a[0] + law.b[0] == pytest.approx(51.26112919, rel=1e-9)
    assert freedom[0] == pytest.approx(12.72728792, rel=1e-8)
    tail = stats.betabinom.sf(79, 400, law.a[0], law.b[0])
    assert tail == pytest.approx(0.0417986, rel=1e-5)
    assert chance(fitted, 80, 400)[0] == pytest.approx(0.0538764589, rel=1e-8)
    assert ends("share", WANDERING, 400) == (3, 134)


def test_counts_on_open_days() -> None:
    fitted = level(fit_counts, DEPLOYMENTS)
    assert fitted.centre[0] == pytest.approx(2.915948276, rel=1e-9)
    assert fitted.spread[0] == pytest.approx(1.197695211, rel=1e-8)
    assert fitted.wander[0] == pytest.approx(0.003215404574, rel=1e-8)
    assert ends("count", DEPLOYMENTS, 20) == (34, 86)
    assert ends("count", DEPLOYMENTS, 7) == (8, 36)
    assert chance(fitted, 35, 20)[1] == pytest.approx(0.002400531, rel=1e-6)
    assert chance(fitted, 95, 21)[0] == pytest.approx(0.0004035370, rel=1e-6)


def test_without_a_single_failure_three_of_sixty_are_called_and_two_are_not() -> None:
    quiet = [(0, size) for size in SIZES]
    fitted = level(fit_shares, quiet)
    assert fitted.centre[0] == pytest.approx(0.000724, abs=5e-7)
    assert chance(fitted, 2, 60)[0] == pytest.approx(0.00243, abs=5e-6)
    assert chance(fitted, 3, 60)[0] == pytest.approx(0.000158, abs=5e-7)
    assert ends("share", quiet, 60) == (0, 2)


def test_counts_that_never_vary_have_the_spread_of_chance() -> None:
    fitted = level(fit_counts, [(60, 21)] * 11)
    assert fitted.spread[0] == 1
    assert chance(fitted, 85, 21)[0] == pytest.approx(0.0022, abs=5e-5)
    assert chance(fitted, 90, 21)[0] == pytest.approx(0.00035, abs=5e-6)
    low, high = ends("count", [(60, 21)] * 11, 21)
    assert low < 60 < high


def test_without_deployments_three_on_21_days_are_called_and_two_are_not() -> None:
    assert ends("count", [(0, 21)] * 11, 21) == (0, 2)


def test_where_all_failed_fifty_of_sixty_are_unusually_few() -> None:
    low, high = ends("share", [(size, size) for size in SIZES], 60)
    assert (low > 50, high) == (True, 60)


@pytest.mark.parametrize(
    ("share", "deployments", "most"),
    [(0.05, 3, 2), (0.05, 5, 3), (0.05, 10, 4), (0.05, 20, 5), (0.05, 30, 6), (0.15, 5, 4)],
)
def test_when_one_small_period_can_speak(share: Any, deployments: Any, most: Any) -> None:
    # Of eleven periods like it, without wander: one more than ``most`` is called.
    failed = round(share * deployments * 11)
    each = [failed // 11 + (at < failed % 11) for at in range(11)]
    assert ends("share", [(count, deployments) for count in each], deployments)[1] == most


def test_a_fall_of_a_rate_of_5_per_cent_needs_about_130_deployments() -> None:
    """No failure is unusual where .95^n < .0015, from 127 on; of eleven periods like it a little
    later."""
    known = [(5_000, 100_000)] * 24
    assert [ends("share", known, count)[0] for count in (126, 127)] == [0, 1]

    def lowest(count: int) -> int:
        failed = round(0.05 * count * 11)
        each = [failed // 11 + (at < failed % 11) for at in range(11)]
        return int(ends("share", [(one, count) for one in each], count)[0])

    assert [lowest(count) for count in (130, 132)] == [0, 1]


@pytest.mark.parametrize(("values", "called"), [(10, 10), (15, 14), (20, 18), (30, 24)])
def test_when_one_period_of_a_median_can_speak(values: Any, called: Any) -> None:
    assert ends("median", [(values / 2, values)] * 11, values)[1] == called - 1


def test_fewer_than_eight_periods_have_no_range() -> None:
    assert expected_range("share", FAILURES[:7], 60) is None
    assert expected_range("share", [*FAILURES[:7], (0, 0)], 60) is None
    special = [Observed(3, 60, special=True)] * 8
    assert expected_range("share", special, 60) is None
    assert expected_range("share", FAILURES[:8], 60) is not None


def test_rates_of_the_range_are_its_counts_by_the_exposure() -> None:
    found = expected_range("share", FAILURES, 62)
    assert (found.low_rate, found.high_rate) == (0, 10 / 62)
    assert found.centre == pytest.approx(35.5 / 691)
    assert (10 in found, 10.5 in found, 11 in found) == (True, True, False)


@pytest.mark.parametrize(
    ("kind", "pairs", "exposure", "words"),
    [
        ("rate", FAILURES, 60, "'rate'"),
        ("share", [*FAILURES, (7, 6)], 60, "7 of 6"),
        ("share", [*FAILURES, (1.5, 6)], 60, "1.5 of 6"),
        ("median", [*FAILURES, (0.25, 6)], 60, "0.25 of 6"),
        ("count", [*FAILURES, (-1, 20)], 20, "-1 of 20"),
        ("count", [*FAILURES, (float("nan"), 20)], 20, "nan of 20"),
        ("share", [*FAILURES, (1, 2.5)], 60, "1 of 2.5"),
        ("share", FAILURES, float("inf"), "inf"),
    ],
)
def test_what_cannot_be_a_period_is_refused(
    kind: Any, pairs: Any, exposure: Any, words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        expected_range(kind, pairs, exposure)


PERIODS = st.lists(
    st.integers(1, 90).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))),
    min_size=8,
    max_size=24,
)


@settings(max_examples=200 if os.environ.get("THOROUGH") else 15, deadline=None)
@given(PERIODS, st.integers(1, 120))
def test_the_range_holds_exactly_what_both_chances_allow(pairs: Any, exposure: Any) -> None:
    fitted, usual = level(fit_shares, pairs), expected_range("share", pairs, exposure)
    for count in {usual.low - 1, usual.low, usual.high, usual.high + 1} & set(range(exposure + 1)):
        up, down = chance(fitted, count, exposure)
        assert (min(up, down) >= 0.0015) == (count in usual)


@settings(max_examples=200 if os.environ.get("THOROUGH") else 15, deadline=None)
@given(PERIODS, st.integers(1, 120))
def test_failures_and_successes_are_judged_alike(pairs: Any, exposure: Any) -> None:
    failed = expected_range("share", pairs, exposure)
    succeeded = expected_range("share", [(n - count, n) for count, n in pairs], exposure)
    assert (succeeded.low, succeeded.high) == (exposure - failed.high, exposure - failed.low)


@settings(max_examples=200 if os.environ.get("THOROUGH") else 15, deadline=None)
@given(PERIODS, st.integers(1, 60))
def test_halves_are_rounded_against_a_call(pairs: Any, exposure: Any) -> None:
    fitted = level(fit_shares, pairs)
    half = exposure // 2 + 0.5
    up, down = chance(fitted, half, exposure + 1)
    assert up == chance(fitted, half - 0.5, exposure + 1)[0]
    assert down == chance(fitted, half + 0.5, exposure + 1)[1]


def test_chances_equal_the_formulas_written_with_scipy() -> None:
    rng = np.random.default_rng(11)
    for _ in range(CASES):
        sizes = rng.integers(2, 300, rng.integers(8, 25)).astype(float)
        share = rng.beta(2, 12, len(sizes))
        failed = rng.binomial(sizes.astype(int), share).astype(float)
        exposure = float(rng.integers(1, 400))
        count = float(rng.binomial(int(exposure), share[0]))
        found = chance(level(fit_shares, np.column_stack([failed, sizes])), count, exposure)
        assert found[0] == pytest.approx(_slow_up(failed, sizes, count, exposure), rel=1e-6)


def _slow_up(y: Any, n: Any, count: Any, exposure: Any) -> Any:
    periods, total = len(n), n.sum()
    share = (y.sum() + 0.5) / (total + 1)
    squares = (((y - n * share) ** 2) / (n * share * (1 - share))).sum()
    spread = max(1.0, squares / (periods - 1))
    usual = (total - (n**2).sum() / total) / (periods - 1)
    rho = min(0.5, max(0.0, (spread - 1) / max(usual - 1, 1)))
    level_part = 1 / (total / spread + 1)
    both = rho + level_part
    precision = max(0.5, 1 / both - 1)
    a, b = share * precision, (1 - share) * precision
    tail = stats.betabinom.cdf(exposure - count, exposure, b, a)
    uncertain = rho + (level_part if spread > 1 else 0)
    z = stats.norm.isf(np.clip(tail, 1e-15, 1 - 1e-15))
    if not uncertain:
        return stats.norm.sf(z)
    known = 1 / exposure + (1 - 1 / exposure) * both
    return stats.t.sf(z, (periods - 1) * (known / uncertain) ** 2)
