"""Signal or noise: intervals, process-behaviour limits, the word on a change, Octopus's trend.

A change is called better or worse only when limits or an interval say so, never by its percentage.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt
from operator import itemgetter
from typing import Literal

Verdict = Literal["better", "worse", "no_clear_change", "too_few"]
Side = Literal["high", "low"]
Rule = Literal["outside", "eight_on_one_side", "three_of_four_near_limit"]

Z95 = 1.959963984540054  # the normal distribution's 97.5 % point
FEWEST_POINTS = 12  # for process-behaviour limits
FEWEST_DEPLOYMENTS = 10  # on each side of a change of rates
_TO_LIMITS = 2.66  # 3 / 1.128: from the mean moving range of two points to three sigma


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
class Signal:
    """A point, or the points up to it, that the process's noise does not account for.

    ``at`` is the position of the last point that makes the signal, in the values as given.
    """

    rule: Rule
    side: Side
    at: int


@dataclass(frozen=True, slots=True)
class Limits:
    """Process-behaviour (XmR) limits: natural process limits around the mean, and the signals."""

    lower: float
    centre: float
    upper: float
    signals: tuple[Signal, ...]


def xmr(values: Sequence[float | None], least: float | None = None) -> Limits | None:
    """The limits of an XmR chart: mean plus and minus 2.66 mean moving ranges.

    Signals: a point outside the limits; eight successive points on one side of the mean; three of
    four successive points on one side, nearer to that limit than to the mean.

    Args:
        values: one per period, oldest first; None is a period without a value and is passed over.
        least: the smallest value there can be; the lower limit is not drawn below it.

    Returns:
        None with fewer than twelve values.
    """
    known = [(at, value) for at, value in enumerate(values) if value is not None]
    if len(known) < FEWEST_POINTS:
        return None
    points = [value for _, value in known]
    centre = sum(points) / len(points)
    ranges = [abs(after - before) for before, after in pairwise(points)]
    reach = _TO_LIMITS * sum(ranges) / len(ranges)
    lower = centre - reach if least is None else max(least, centre - reach)
    signals = _signals([point - centre for point in points], reach)
    places = [Signal(rule, side, known[at][0]) for rule, side, at in signals]
    return Limits(lower, centre, centre + reach, tuple(places))


def _signals(offsets: Sequence[float], reach: float) -> list[tuple[Rule, Side, int]]:
    """In the order of their points."""
    found: list[tuple[Rule, Side, int]] = []
    sides: tuple[tuple[Side, int], ...] = (("high", 1), ("low", -1))
    for side, sign in sides:
        run = 0
        near: deque[bool] = deque(maxlen=4)
        for at, offset in enumerate(offsets):
            run = run + 1 if sign * offset > 0 else 0
            near.append(sign * offset > reach / 2)
            if sign * offset > reach:
                found.append(("outside", side, at))
            if run >= 8:
                found.append(("eight_on_one_side", side, at))
            if reach > 0 and near[-1] and sum(near) >= 3:
                found.append(("three_of_four_near_limit", side, at))
    return sorted(found, key=itemgetter(2))


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict on the last of several values, and the signal or interval behind it."""

    verdict: Verdict
    signal: Signal | None = None
    interval: tuple[float, float] | None = None


def judge_series(
    values: Sequence[float | None], *, up_is_good: bool, least: float | None = None
) -> Judgement:
    """The word on the last value, by the limits of all: a signal that ends at it, or no clear
    change. A last value that is missing, or fewer than twelve values, are too few."""
    limits = xmr(values, least)
    if limits is None or values[-1] is None:
        return Judgement("too_few")
    last = len(values) - 1
    signal = next((signal for signal in limits.signals if signal.at == last), None)
    if signal is None:
        return Judgement("no_clear_change")
    good = (signal.side == "high") == up_is_good
    return Judgement("better" if good else "worse", signal=signal)


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
) -> Judgement:
    """The word on a change of rates: better or worse when the 95 % interval of the difference does
    not hold 0. Fewer than ten deployments on either side are too few."""
    if min(before[1], after[1]) < FEWEST_DEPLOYMENTS:
        return Judgement("too_few")
    low, high = rate_difference(before, after)
    if low <= 0 <= high:
        return Judgement("no_clear_change", interval=(low, high))
    good = (low > 0) == up_is_good
    return Judgement("better" if good else "worse", interval=(low, high))
