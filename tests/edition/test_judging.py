"""The word on a change, by hand."""

from collections.abc import Callable
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from insights_reports.edition.judging import (
    Comparison,
    change,
    judge,
    limits_of,
    median_intervals,
)
from insights_reports.edition.values import Figure, Metric, Missing, Span, Statistic, Verdict
from insights_reports.formats.words.words import words
from tests.typed import number

AUGUST = Span("2026-08", date(2026, 8, 1), date(2026, 9, 1))
SEPTEMBER = Span("2026-09", date(2026, 9, 1), date(2026, 10, 1))
FREQUENCY, LEAD, RATE = Metric.DEPLOYMENT_FREQUENCY, Metric.LEAD_TIME, Metric.FAILURE_RATE


def per_week(n: int) -> Figure:
    return Figure(FREQUENCY, Statistic.PER_WEEK, float(n), n)


def rate(failed: int, total: int) -> Figure:
    return Figure(RATE, Statistic.RATE, failed / total, total)


def lead(value: int, n: int = 50) -> Figure:
    return Figure(LEAD, Statistic.MEDIAN, value, n)


def compared(before: Figure, after: Figure, **intervals: object) -> Comparison:
    return Comparison(before, after, (AUGUST, SEPTEMBER), **intervals)  # type: ignore[arg-type]


def by_interval(comparison: Comparison) -> tuple[Verdict, str]:
    judged = judge(comparison, None, 0)
    return judged.verdict, judged.reason.key


@pytest.mark.parametrize(
    ("before", "after", "verdict", "reason"),
    [
        # Of 310 deployments 30/61 are to be expected in September: 152.5, give or take 17.
        (150, 160, Verdict.USUAL, "reason.interval_unclear"),
        (125, 175, Verdict.BETTER, "reason.interval_clear"),
        (175, 125, Verdict.WORSE, "reason.interval_clear"),
        (9, 40, Verdict.TOO_FEW, "reason.too_few"),
        (40, 9, Verdict.TOO_FEW, "reason.too_few"),
        (10, 11, Verdict.USUAL, "reason.interval_unclear"),
    ],
)
def test_a_frequency_by_the_share_of_the_deployments(
    before: int, after: int, verdict: Verdict, reason: str
) -> None:
    assert by_interval(compared(per_week(before), per_week(after))) == (verdict, reason)


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        ((4, 100), (6, 100), Verdict.USUAL),
        ((4, 100), (20, 100), Verdict.WORSE),
        ((20, 100), (4, 100), Verdict.BETTER),
        ((0, 9), (9, 100), Verdict.TOO_FEW),
    ],
)
def test_a_rate_by_the_interval_of_the_difference(
    before: tuple[int, int], after: tuple[int, int], verdict: Verdict
) -> None:
    comparison = compared(rate(*before), rate(*after), counts=(before, after))
    assert by_interval(comparison)[0] is verdict


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        ((90.0, 110.0), (111.0, 130.0), Verdict.WORSE),
        ((90.0, 110.0), (70.0, 89.0), Verdict.BETTER),
        ((90.0, 110.0), (110.0, 130.0), Verdict.USUAL),
    ],
)
def test_a_median_by_intervals_that_lie_apart(
    before: tuple[float, float], after: tuple[float, float], verdict: Verdict
) -> None:
    comparison = compared(lead(100), lead(round(sum(after) / 2)), medians=(before, after))
    assert by_interval(comparison)[0] is verdict


@pytest.mark.parametrize(
    ("comparison", "reason"),
    [
        (compared(lead(1000), lead(1009), medians=((999, 1001), (1008, 1010))), "reason.small"),
        (
            compared(lead(1000), lead(1011), medians=((999, 1001), (1010, 1012))),
            "reason.interval_clear",
        ),
        (
            compared(
                rate(400_000, 10_000_000),
                rate(409_000, 10_000_000),
                counts=((400_000, 10_000_000), (409_000, 10_000_000)),
            ),
            "reason.small",
        ),
    ],
)
def test_a_tiny_change_is_none_however_certain(comparison: Comparison, reason: str) -> None:
    assert by_interval(comparison)[1] == reason


@pytest.mark.parametrize("why", list(Missing))
def test_a_missing_value_is_no_change_and_the_reason_says_why(why: Missing) -> None:
    gone = Figure(LEAD, Statistic.MEDIAN, None, None, why)
    judged = judge(compared(lead(5), gone), None, 0)
    assert (judged.verdict, judged.reason.key) == (
        Verdict.TOO_FEW,
        f"reason.after.{why.name.lower()}",
    )
    judged = judge(compared(gone, lead(5)), None, 0)
    assert judged.reason.key == f"reason.before.{why.name.lower()}"
    for language in ("en", "de"):
        assert words(language).phrase(judged.reason)


def test_before_its_first_day_is_over_a_period_has_nothing_to_compare() -> None:
    begun = Span("2026-09", SEPTEMBER.start, SEPTEMBER.start)
    gone = Figure(LEAD, Statistic.MEDIAN, None, None, Missing.NO_DEPLOYMENTS)
    reason = judge(Comparison(lead(5), gone, (AUGUST, begun)), None, 0).reason
    assert reason.key == "reason.not_begun"


# Mean 100, moving ranges all 2 but for the last: limits close to 100 -+ 6.
STEADY = [99, 101] * 5 + [99]


@pytest.mark.parametrize(
    ("last", "verdict", "reason"),
    [
        (101, Verdict.USUAL, "reason.within_limits"),
        (130, Verdict.BETTER, "reason.outside_high"),
        (70, Verdict.WORSE, "reason.outside_low"),
    ],
)
def test_twelve_periods_are_judged_by_their_limits(
    last: int, verdict: Verdict, reason: str
) -> None:
    figures = tuple(per_week(n) for n in [*STEADY, last])
    judged = judge(compared(figures[-2], figures[-1]), limits_of(figures), 11)
    assert (judged.verdict, judged.reason.key) == (verdict, reason)


@pytest.mark.parametrize(
    ("events", "verdict"),
    [(1, Verdict.USUAL), (4, Verdict.USUAL), (30, Verdict.WORSE)],
)
def test_rare_events_are_judged_by_the_interval_not_by_limits_at_zero(
    events: int, verdict: Verdict
) -> None:
    """After eleven periods without one, any event lies outside limits that are all zero."""
    figures = tuple(rate(failed, 122) for failed in [*[0] * 11, events])
    counts = ((0, 122), (events, 122))
    judged = judge(compared(figures[-2], figures[-1], counts=counts), limits_of(figures), 11)
    assert judged.verdict is verdict


def test_eleven_periods_have_no_limits() -> None:
    assert limits_of(tuple(per_week(n) for n in STEADY)) is None


def test_eight_in_a_row_on_one_side_are_a_signal() -> None:
    values = [90, 91, 90, 91, 99, 98, 99, 98, 99, 98, 99, 100]
    figures = tuple(lead(n) for n in values)
    judged = judge(compared(figures[-2], figures[-1]), limits_of(figures), 11)
    assert (judged.verdict, judged.reason.key) == (Verdict.WORSE, "reason.eight_high")


def test_a_signal_that_points_the_other_way_makes_no_change_clear() -> None:
    """The last period lies above the limits still, but it fell."""
    figures = tuple(per_week(n) for n in [*[99, 101] * 5, 180, 170])
    limits = limits_of(figures)
    judged = judge(compared(figures[-2], figures[-1]), limits, 11)
    assert limits is not None
    assert limits.upper < 170
    assert (judged.verdict, judged.reason.key) == (
        Verdict.USUAL,
        "reason.no_new_signal",
    )


def test_periods_before_the_first_deployment_are_no_part_of_the_process() -> None:
    figures = tuple(per_week(n) for n in [0, 0, *[99, 101] * 5])
    assert limits_of(figures) is None
    assert limits_of((per_week(5), *figures[1:])) is not None


@pytest.mark.parametrize("make", [per_week, lead, lambda n: rate(n, 100)])
def test_limits_of_what_is_never_negative_do_not_fall_below_zero(
    make: Callable[[int], Figure],
) -> None:
    limits = limits_of(tuple(make(n) for n in [1, 9] * 6))
    assert limits is not None
    assert limits.lower == 0  # 5 - 2.66 * 8 would be -16.28


def test_limits_of_negative_lead_times_do() -> None:
    limits = limits_of(tuple(lead(n) for n in [-1, 9] * 6))
    assert limits is not None
    assert limits.lower == pytest.approx(4 - 2.66 * 10)


@pytest.mark.parametrize(
    ("before", "after", "partial", "ratio"),
    [
        (per_week(100), per_week(112), False, 0.12),
        (per_week(100), per_week(112), True, None),  # never a percentage for a part of a period
        (per_week(9), per_week(112), False, None),  # fewer than ten
        (per_week(100), per_week(9), False, None),
        (rate(5, 100), rate(6, 100), False, None),  # rates change by points
        (lead(0), lead(5), False, None),  # no base
        (lead(-100), lead(5), False, None),  # no base either
        (lead(100), lead(-50), False, -1.5),
    ],
)
def test_a_percentage_needs_a_base(
    before: Figure, after: Figure, partial: bool, ratio: float | None
) -> None:
    found = change(compared(before, after), Verdict.USUAL, partial=partial)
    assert found.difference == number(after.value) - number(before.value)
    assert found.ratio == (None if ratio is None else pytest.approx(ratio))


def test_the_interval_of_a_median_by_hand() -> None:
    """Of 25 values: ranks 12.5 -+ 1.96 * 2.5 = 7.6 and 17.4, so the 8th and the 18th."""
    values = np.arange(1, 26, dtype=np.int64) * 10
    low, high = median_intervals(values[::-1].copy(), np.zeros(25, dtype=np.intp), 1)
    assert (low[0], high[0]) == (80, 180)


def test_each_series_has_its_own_interval_and_nine_values_have_none() -> None:
    values = np.concatenate([np.arange(25), np.arange(9), np.arange(100, 125)]).astype(np.int64)
    series = np.repeat([2, 1, 0], [25, 9, 25]).astype(np.intp)
    low, high = median_intervals(values, series, 4)
    assert (low[0], high[0]) == (107, 117)
    assert (low[2], high[2]) == (7, 17)
    assert np.isnan(low[[1, 3]]).all()
    assert np.isnan(high[[1, 3]]).all()


@given(st.lists(st.integers(-(10**12), 10**12), min_size=10, max_size=60))
def test_the_interval_holds_the_median(values: list[int]) -> None:
    array = np.array(values, dtype=np.int64)
    low, high = median_intervals(array, np.zeros(len(values), dtype=np.intp), 1)
    assert min(values) <= low[0] <= np.median(array) <= high[0] <= max(values)


def test_the_interval_covers_the_true_median_19_times_of_20() -> None:
    random = np.random.default_rng(7)
    covered = 0
    for _ in range(2000):
        values = random.exponential(1e9, 40).astype(np.int64)
        low, high = median_intervals(values, np.zeros(40, dtype=np.intp), 1)
        covered += low[0] <= 1e9 * np.log(2) <= high[0]
    assert 0.93 <= covered / 2000 <= 0.98
