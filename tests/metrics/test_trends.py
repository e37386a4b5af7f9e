"""Intervals, process-behaviour limits and verdicts, against published and hand-worked values."""

from collections.abc import Sequence
from math import isclose, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insights_reports.metrics import judge_rates, judge_series, rate_difference, wilson, xmr

STEADY = [10, 12, 10, 12, 10, 12, 10, 12, 10, 12, 10, 12]  # mean 11, moving range 2


@pytest.mark.parametrize(
    ("failed", "total", "low", "high"),
    [
        # Newcombe (1998), Two-sided confidence intervals for the single proportion, table I.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_intervals_as_published(failed: int, total: int, low: float, high: float) -> None:
    found = wilson(failed, total)
    assert [round(bound, 4) for bound in found] == [low, high]


def test_wilson_of_nothing_is_everything_and_of_all_reaches_one() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    assert wilson(20, 20)[1] == 1.0


@given(st.integers(0, 500), st.integers(1, 500))
def test_wilson_holds_the_rate_and_is_symmetric(failed: int, more: int) -> None:
    total = failed + more
    low, high = wilson(failed, total)
    assert 0 <= low <= failed / total <= high <= 1
    mirrored = wilson(total - failed, total)
    assert isclose(low, 1 - mirrored[1], abs_tol=1e-12)


@pytest.mark.parametrize(
    ("before", "after", "low", "high"),
    [
        # Newcombe (1998), Interval estimation for the difference, table II, method 10.
        ((48, 80), (56, 70), 0.0524, 0.3339),
        ((3, 10), (9, 10), 0.1705, 0.8090),
        ((2, 7), (6, 7), 0.0582, 0.8062),
        ((0, 29), (5, 56), -0.0381, 0.1926),
        ((0, 20), (10, 10), 0.6791, 1.0000),
    ],
)
def test_the_interval_of_a_difference_as_published(
    before: tuple[int, int], after: tuple[int, int], low: float, high: float
) -> None:
    # The published differences are first minus second: ours is after minus before.
    assert rate_difference(before, after) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        ((5, 100), (20, 100), "worse"),
        ((20, 100), (5, 100), "better"),
        ((5, 100), (8, 100), "no_clear_change"),  # 60 % more, and noise
        ((0, 9), (9, 9), "too_few"),
        ((9, 9), (0, 9), "too_few"),
        ((0, 10), (10, 10), "worse"),
        ((0, 0), (0, 100), "too_few"),
    ],
)
def test_a_change_of_rates_is_judged_by_its_interval(
    before: tuple[int, int], after: tuple[int, int], verdict: str
) -> None:
    assert judge_rates(before, after).verdict == verdict


def test_limits_are_the_mean_and_266_mean_moving_ranges() -> None:
    limits = xmr(STEADY)
    assert limits is not None
    assert limits.centre == 11
    assert isclose(limits.upper, 11 + 2.66 * 2)
    assert isclose(limits.lower, 11 - 2.66 * 2)
    assert limits.signals == ()


def test_fewer_than_twelve_values_have_no_limits() -> None:
    assert xmr(STEADY[:11]) is None
    assert xmr([*STEADY[:11], None, None]) is None


def test_missing_values_are_passed_over_and_places_are_those_given() -> None:
    values = [None, *STEADY, None, 30]
    limits = xmr(values)
    assert limits is not None
    found = {(signal.rule, signal.side, signal.at) for signal in limits.signals}
    assert ("outside", "high", 14) in found
    assert {at for _, _, at in found} <= {8, 9, 10, 11, 12, 14}


def test_the_lower_limit_stays_at_the_least_there_can_be() -> None:
    limits = xmr([1, 5] * 6, least=0)
    assert limits is not None
    assert limits.lower == 0
    assert limits.upper == 3 + 2.66 * 4


def rules(values: Sequence[float]) -> set[tuple[str, str, int]]:
    limits = xmr(values)
    assert limits is not None
    return {(signal.rule, signal.side, signal.at) for signal in limits.signals}


def test_a_point_outside_a_limit_is_a_signal() -> None:
    assert ("outside", "high", 12) in rules([*STEADY, 40])
    assert ("outside", "low", 12) in rules([*STEADY, -20])


def test_eight_on_one_side_are_a_signal_from_the_eighth_on() -> None:
    values = [10, 10, 10, 10, 10, 10, 10, 10, 12, 12, 12, 12, 12, 12, 12, 12]
    found = {signal for signal in rules(values) if signal[0] == "eight_on_one_side"}
    assert found == {("eight_on_one_side", "low", 7), ("eight_on_one_side", "high", 15)}


def test_three_of_four_near_a_limit_are_a_signal() -> None:
    values = [9, 11] * 8 + [13.2, 13.2, 10, 13.2]
    limits = xmr(values)
    assert limits is not None
    half = (limits.upper - limits.centre) / 2
    near = [value - limits.centre > half for value in values]
    assert near[-4:] == [True, True, False, True]
    assert sum(near) == 3
    found = {signal for signal in rules(values) if signal[0] == "three_of_four_near_limit"}
    assert found == {("three_of_four_near_limit", "high", len(values) - 1)}


def test_values_that_never_vary_give_no_signal() -> None:
    limits = xmr([7] * 20)
    assert limits is not None
    assert (limits.lower, limits.upper, limits.signals) == (7, 7, ())


@pytest.mark.parametrize(
    ("last", "up_is_good", "verdict"),
    [
        (40, True, "better"),
        (40, False, "worse"),
        (-20, True, "worse"),
        (-20, False, "better"),
        (13, True, "no_clear_change"),  # 18 % above the mean
        (None, True, "too_few"),
    ],
)
def test_the_last_value_is_judged_by_the_limits(
    last: float, up_is_good: bool, verdict: str
) -> None:
    assert judge_series([*STEADY, last], up_is_good=up_is_good).verdict == verdict


def test_too_few_values_are_never_judged_by_their_percentage() -> None:
    assert judge_series([1, 1000], up_is_good=True).verdict == "too_few"


def test_a_signal_of_the_past_does_not_judge_the_last_value() -> None:
    judged = judge_series([40, -18, *STEADY], up_is_good=True)
    assert (judged.verdict, judged.signal) == ("no_clear_change", None)


@given(st.lists(st.floats(-1e6, 1e6), min_size=12, max_size=40), st.floats(0.1, 10))
def test_limits_follow_the_scale(values: list[float], scale: float) -> None:
    limits, scaled = xmr(values), xmr([value * scale for value in values])
    assert limits is not None
    assert scaled is not None
    assert isclose(limits.upper * scale, scaled.upper, rel_tol=1e-9, abs_tol=1e-6 * sqrt(1 + scale))
    assert limits.lower <= limits.centre <= limits.upper
