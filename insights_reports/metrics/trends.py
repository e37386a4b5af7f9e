"""Signal or noise: intervals, and the word on a change by process-behaviour limits or by them.

A change is called better or worse only when limits or an interval say so, never by its percentage.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Literal

from insights_reports.judgement import Signal, xmr

Verdict = Literal["better", "worse", "no_clear_change", "too_few"]

Z95 = 1.959963984540054  # the normal distribution's 97.5 % point
FEWEST_DEPLOYMENTS = 10  # on each side of a change of rates


def wilson(failed: int, total: int, z: float = Z95) -> tuple[float, float]:
    """The Wilson score interval of a rate, 95 % by default; no deployments leave all of [0, 1].

    Wilson, E. B. (1927): Probable inference, the law of succession, and statistical inference.
    """
    if total == 0:
        return 0.0, 1.0
    rate, squared = failed / total, z * z / total
    centre = (rate + squared / 2) / (1 + squared)
    half = z * sqrt(rate * (1 - rate) / total + squared / (4 * total)) / (1 + squared)
    low = 0.0 if failed == 0 else max(0.0, centre - half)
    return low, 1.0 if failed == total else min(1.0, centre + half)


@dataclass(frozen=True, slots=True)
class TrendJudgement:
    """The verdict on the last of several values, and the signal or interval behind it."""

    verdict: Verdict
    signal: Signal | None = None
    interval: tuple[float, float] | None = None


def judge_series(
    values: Sequence[float | None], *, up_is_good: bool, least: float | None = None
) -> TrendJudgement:
    """The word on the last value, by the limits of all: a signal that ends at it, or no clear
    change. A last value that is missing, or fewer than twelve values, are too few."""
    limits = xmr(values, least)
    if limits is None or values[-1] is None:
        return TrendJudgement("too_few")
    last = len(values) - 1
    signal = next((signal for signal in limits.signals if signal.at == last), None)
    if signal is None:
        return TrendJudgement("no_clear_change")
    good = (signal.side == "high") == up_is_good
    return TrendJudgement("better" if good else "worse", signal=signal)


def rate_difference(
    before: tuple[int, int], after: tuple[int, int], z: float = Z95
) -> tuple[float, float]:
    """The interval of the difference of two rates, each given as failed and total.

    Newcombe, R. G. (1998): Interval estimation for the difference between independent proportions,
    method 10, which combines the two Wilson intervals.
    """
    (low_before, high_before), (low_after, high_after) = wilson(*before, z), wilson(*after, z)
    rate_before, rate_after = before[0] / before[1], after[0] / after[1]
    difference = rate_after - rate_before
    down = sqrt((rate_after - low_after) ** 2 + (high_before - rate_before) ** 2)
    up = sqrt((high_after - rate_after) ** 2 + (rate_before - low_before) ** 2)
    return difference - down, difference + up


def judge_rates(
    before: tuple[int, int], after: tuple[int, int], *, up_is_good: bool = False
) -> TrendJudgement:
    """The word on a change of rates: better or worse when the 95 % interval of the difference does
    not hold 0. Fewer than ten deployments on either side are too few."""
    if min(before[1], after[1]) < FEWEST_DEPLOYMENTS:
        return TrendJudgement("too_few")
    low, high = rate_difference(before, after)
    if low <= 0 <= high:
        return TrendJudgement("no_clear_change", interval=(low, high))
    good = (low > 0) == up_is_good
    return TrendJudgement("better" if good else "worse", interval=(low, high))
