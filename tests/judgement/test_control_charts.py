"""Control charts against values that other programs publish, and against statprocon.

The numbers are facts of public test suites; where one is of a chart that this program does not
draw, its formula is written here around the function that it does have.
"""

import os
from typing import Any

import numpy as np
import pytest
from statprocon import XmR  # type: ignore[attr-defined]  # it states no exports

from insights_reports.errors import UsageError
from insights_reports.judgement import RULE_SETS, judge_on_chart, locked_xmr, xmr
from insights_reports.judgement.tails import NegativeBinomial

CASES = 2_000 if os.environ.get("THOROUGH") else 200

# PowerBI-SPC (AUS-DOH-Safety-and-Quality), test/Chart Types/pprime.test.ts
P_PRIME = (
    "266501 264225 276532 281461 269071 261215 270409 279778 270483 270320 267923 271478 255353 "
    "256820 261835 259144 255910 260863 264465 260989",
    "280443 276823 291681 296155 282343 275888 283867 295251 284468 282529 279618 283932 266629 "
    "268091 276803 271578 266005 273520 278574 273772",
)
# The same project, test/fixtures/golden/g/basic.qicharts2.json: deployments between two failures.
GAPS = (
    "23 39 15 34 1 49 98 29 27 13 45 7 10 27 24 14 20 38 44 11 10 3 113 183 3 47 18 18 33 15 2 38 "
    "27 27 1 52 23 7 26 82 5 49 5 17 24 44 26 2 27 46 55 97 22 22 20 4 60 51 7 21 66 36 25 72 15 5 "
    "3"
)
# test/fixtures/golden/t/basic.qicharts2.json: days between two events.
TIMES = (
    "16 20 5 13 1 26 46 12 12 5 19 4 3 15 14 9 8 15 21 6 3 1 56 117 1 33 9 9 19 12 1 16 13 18 1 35 "
    "16 5 21 38 3 25 3 11 13 20 9 3 8 21 24 38 8 13 9 1 30 23 3 7 22 19 11 31 6 1 1"
)
# test/Chart Types/i.test.ts
RATES = (
    "5 7 5 7 7 5 4 9 8 13 8 7 8 7 12 11 8",
    "113 132 121 134 116 131 93 138 182 157 100 103 146 108 153 141 134",
)


def numbers(text: str) -> np.ndarray:
    return np.array(text.split(), dtype=float)


def test_individual_rates_as_powerbi_spc() -> None:
    failed, total = map(numbers, RATES)
    limits = xmr((failed / total).tolist())
    assert (round(limits.upper, 4), round(limits.lower, 4)) == (0.0957, 0.0229)
    assert (limits.upper, limits.lower) == pytest.approx((0.09573725, 0.02285761), abs=2e-5)
    assert by_moving_ranges(failed / total) == pytest.approx((0.09573725, 0.02285761), abs=5e-9)


def by_moving_ranges(
    values: np.ndarray, sigmas: float = 3, *, screened: bool = False
) -> tuple[float, float]:
    """The limits with 3 / 1.128 in full, which XmR charts round to 2.66; or with the moving ranges
    above 3.267 means left out."""
    ranges = np.abs(np.diff(values))
    if screened:
        ranges = ranges[ranges <= 3.267 * ranges.mean()]
    reach = sigmas * ranges.mean() / 1.128
    return values.mean() + reach, values.mean() - reach


def test_laneys_p_prime_is_xmr_of_the_standardised_rates() -> None:
    failed, total = map(numbers, P_PRIME)
    share = failed.sum() / total.sum()
    error = np.sqrt(share * (1 - share) / total)
    limits = xmr(((failed / total - share) / error).tolist())
    assert share == pytest.approx(0.95289971, abs=5e-9)
    assert (limits.upper - limits.centre) / 3 == pytest.approx(10.640422, rel=2e-4)
    highest, _ = by_moving_ranges((failed / total - share) / error)
    sigma = (highest - limits.centre) / 3
    assert sigma == pytest.approx(10.640422, abs=5e-7)
    exact = 300 * sigma * error[[0, 19]]
    assert 100 * share + exact == pytest.approx([96.566978, 96.582443], abs=5e-7)
    assert 100 * share - exact == pytest.approx([94.012964, 93.997500], abs=5e-7)
    reach = error * (limits.upper - limits.centre)
    assert 100 * (share + reach[[0, 19]]) == pytest.approx([96.567, 96.5824], abs=5e-4)
    assert 100 * (share - reach[[0, 19]]) == pytest.approx([94.013, 93.9975], abs=5e-4)


def test_laneys_u_prime_has_the_same_limits_because_sigma_z_takes_up_the_difference() -> None:
    counted, exposure = map(numbers, P_PRIME)
    level = counted.sum() / exposure.sum()
    error = np.sqrt(level / exposure)
    limits = xmr(((counted / exposure - level) / error).tolist())
    assert (limits.upper - limits.centre) / 3 == pytest.approx(2.309248, rel=2e-4)
    reach = error[0] * (limits.upper - limits.centre)
    assert level + reach == pytest.approx(0.96566978, abs=5e-6)
    assert level - reach == pytest.approx(0.94012964, abs=5e-6)
    assert (round(level + reach, 4), round(level - reach, 4)) == (0.9657, 0.9401)  # as published


def test_taylors_i_prime_by_its_formula() -> None:
    """qicharts2 0.8.1, R/helper.functions.R: no published value was found, so its own formula."""
    counted, size = map(numbers, P_PRIME)
    steps = np.abs(np.diff(counted / size)) / np.sqrt(1 / size[1:] + 1 / size[:-1])
    spread = np.sqrt(np.pi / 2) * steps.mean()
    assert spread == pytest.approx(2.256549, rel=1e-6)
    centre, reach = counted.sum() / size.sum(), 3 * spread / np.sqrt(size[0])
    ends = centre + reach, centre - reach
    assert ends == pytest.approx((0.96568303, 0.94011639), abs=5e-9)


def test_the_t_chart_is_xmr_of_the_roots_without_screening() -> None:
    limits = xmr((numbers(TIMES) ** (1 / 3.6)).tolist())
    assert limits.centre**3.6 == pytest.approx(11.2051, abs=5e-5)
    assert limits.upper**3.6 == pytest.approx(106.0418, rel=5e-4)
    assert limits.lower**3.6 == pytest.approx(0.0079, abs=1e-4)


@pytest.mark.parametrize(
    ("sigmas", "screened", "ends"),
    [
        (3, False, (106.0418, 0.0079)),
        (2, False, (57.8835, 0.5020)),
        (3, True, (97.268, 0.0221)),
        (2, True, (54.0812, 0.6402)),
    ],
)
def test_two_programs_publish_two_answers_for_one_t_chart(
    sigmas: float, screened: bool, ends: tuple[float, float]
) -> None:
    """golden/t/basic.qicharts2.json keeps every moving range, t.test.ts leaves large ones out."""
    limits = by_moving_ranges(numbers(TIMES) ** (1 / 3.6), sigmas, screened=screened)
    assert [end**3.6 for end in limits] == pytest.approx(ends, abs=5e-4)


def test_the_g_chart_has_the_spread_of_a_negative_binomial_of_size_one() -> None:
    gaps = numbers(GAPS)
    mean, deviation = NegativeBinomial(np.array([gaps.mean()]), np.ones(1)).moments()
    assert (mean[0], np.median(gaps)) == (pytest.approx(31.671642, abs=5e-7), 24)
    assert mean[0] + 3 * deviation[0] == pytest.approx(128.174910, abs=5e-7)
    assert mean[0] + 2 * deviation[0] == pytest.approx(96.007154, abs=5e-7)
    ends = [round(mean[0] + sigmas * deviation[0], 4) for sigmas in (3, 2)]
    assert ends == [128.1749, 96.0072]  # as published


def test_no_point_is_screened_out_of_the_limits() -> None:
    # NHSDigital/fdp-react-design-system, mrOutlier.sqlReference.json: there the point of 40 leaves
    # the mean and the ranges (11 of 13 remain, 9.486 to 10.550); here as in statprocon it stays.
    values = [10, 10.2, 9.9, 10.1, 40, 10, 9.8, 10.1, 10, 9.9, 10.2, 10.1, 9.9]
    screened = values[:4] + values[6:]
    mean, ranges = sum(screened) / len(screened), np.abs(np.diff(values))
    assert mean == pytest.approx(10.018181818)
    reach = 2.66 * ranges[ranges < 10].mean()
    assert (mean + reach, mean - reach) == pytest.approx((10.550181818, 9.486181818))
    limits = xmr(values)
    assert limits.centre == pytest.approx(sum(values) / 13)
    assert limits.upper == pytest.approx(statprocon_limits(values)[1], abs=3e-3)


def statprocon_limits(values: Any) -> Any:
    theirs = XmR(values)  # which rounds the mean and the mean range to three digits
    ends = theirs.lower_natural_process_limit(), theirs.upper_natural_process_limit()
    return tuple(float(end[0]) for end in ends)


def test_limits_and_signals_equal_statprocon() -> None:
    rng = np.random.default_rng(12)
    for _ in range(CASES):
        values = np.round(rng.normal(50, 10, rng.integers(12, 40)), 1)
        values[rng.integers(0, len(values)) :] += rng.choice([0, 15])
        theirs, ours = XmR(values.tolist()), xmr(values.tolist())
        ends = statprocon_limits(values.tolist())
        assert (ours.lower, ours.upper) == pytest.approx(ends, abs=3e-3)
        outside = {signal.at for signal in ours.signals if signal.rule == "outside"}
        assert outside == set(np.flatnonzero(theirs.rule_1_x_indices_beyond_limits()))


STILL = [10, 12, 10, 12, 10, 12, 10, 12, 10, 12, 10, 12]  # 11, limits 5.68 and 16.32
HERE = slice(0, 12)


def rules(values: Any, name: str) -> Any:
    found = locked_xmr([*STILL, *values], HERE, name).signals
    return {(signal.rule, signal.side, signal.at - 12) for signal in found if signal.at >= 12}


def test_limits_stay_where_the_baseline_put_them() -> None:
    limits = locked_xmr([*STILL, 40, 40, 40], HERE)
    assert (limits.centre, limits.upper) == (11, 11 + 2.66 * 2)
    assert locked_xmr(STILL, slice(0, 7)) is None
    assert locked_xmr(STILL, slice(0, 8)) is not None


def test_western_rules_on_locked_limits() -> None:
    assert rules([17], "western") == {("outside", "high", 0)}
    eight = [11.5] * 7
    assert rules(eight, "western") == {("eight_on_one_side", "high", 6)}  # 12 comes before
    near = rules([14, 14, 11, 14], "western")
    assert near == {("three_of_four_near_limit", "high", 3)}


def test_making_data_count_rules_on_locked_limits() -> None:
    assert ("six_on_one_side", "high", 4) in rules([11.5] * 5, "mdc")
    assert ("six_on_one_side", "high", 3) not in rules([11.5] * 5, "mdc")
    falling = rules([12.5, 11.9, 11.4, 10.9, 10.4, 9.9], "mdc")
    assert ("six_in_one_direction", "low", 5) in falling
    assert ("six_in_one_direction", "low", 4) not in falling
    assert ("two_of_three_near_limit", "high", 2) in rules([15, 11, 15], "mdc")


@pytest.mark.parametrize(
    ("last", "up_is_good", "verdict"),
    [(17, False, "worse"), (17, True, "better"), (5, True, "worse"), (11, True, "usual")],
)
def test_the_last_value_is_judged_on_the_chart(last: Any, up_is_good: bool, verdict: Any) -> None:
    found, signal = judge_on_chart([*STILL, last], HERE, "western", up_is_good=up_is_good)
    assert (found, signal is None) == (verdict, verdict == "usual")


def test_without_limits_the_chart_says_why() -> None:
    assert judge_on_chart([*STILL, None], HERE, up_is_good=True)[0] == "no_deployments"
    assert judge_on_chart([1, 2, 3], slice(0, 2), up_is_good=True)[0] == "too_short"
    assert judge_on_chart([None, 3], slice(0, 1), up_is_good=True)[0] == "nothing_to_compare"


def test_a_signal_of_the_past_is_no_verdict_on_the_last() -> None:
    assert judge_on_chart([*STILL, 40, 11], HERE, up_is_good=True)[0] == "usual"


def test_unknown_rule_sets_are_refused() -> None:
    with pytest.raises(UsageError, match="'nelson'"):
        locked_xmr(STILL, HERE, "nelson")
    assert sorted(RULE_SETS) == ["mdc", "western"]
