"""The word on a change, and why: by limits or by an interval, never by a bare percentage.

* Fewer than ten values on either side: too few.
* Less than one per cent, or a tenth of a point of a rate: no clear change.
* With twelve periods or more: process-behaviour (XmR) limits of the last twelve. A signal that ends
  at this period and points the way of the change makes it clear.
* Otherwise, and for rates of fewer than five events on both sides, intervals at 95 %: of the
  difference of two rates (Newcombe), of the share of deployments that fell into this window
  (Wilson), of two medians (order statistics).
"""

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from insights_reports.edition.values import (
    Change,
    Figure,
    Metric,
    Missing,
    Phrase,
    Span,
    Statistic,
    Verdict,
)
from insights_reports.metrics import Limits, rate_difference, wilson, xmr
from insights_reports.metrics.trends import FEWEST_DEPLOYMENTS, Z95

LEAST = FEWEST_DEPLOYMENTS
_SMALL = 0.01  # of the value before
_SMALL_POINTS = 0.001  # a tenth of a point
_RARE = 5  # events behind a rate
_RULES = {
    "outside": "reason.outside",
    "eight_on_one_side": "reason.eight",
    "three_of_four_near_limit": "reason.three_of_four",
}


@dataclass(frozen=True)
class Judged:
    verdict: Verdict
    reason: Phrase


@dataclass(frozen=True)
class Comparison:
    """Two figures of one measure and the windows they speak of.

    ``counts`` are the failed and total deployments behind two rates, ``medians`` the 95 %
    intervals of two medians; each before and after.
    """

    before: Figure
    after: Figure
    spans: tuple[Span, Span]
    counts: tuple[tuple[int, int], tuple[int, int]] | None = None
    medians: tuple[tuple[float, float], tuple[float, float]] | None = None

    @property
    def difference(self) -> float | None:
        if self.before.value is None or self.after.value is None:
            return None
        return self.after.value - self.before.value

    @property
    def least(self) -> int:
        """The number of values on the side that has fewer."""
        return min(self.before.n or 0, self.after.n or 0)


def up_is_good(metric: Metric) -> bool:
    """Only of deployments more is better (docs/insights/trend-indicators)."""
    return metric is Metric.DEPLOYMENT_FREQUENCY


def change(compared: Comparison, verdict: Verdict, *, partial: bool) -> Change:
    """The change as a value. It has no percentage when the period is not complete, when either
    side has fewer than ten values, for a rate, or without a positive base."""
    before, after, difference = compared.before, compared.after, compared.difference
    ratio = None
    if (
        difference is not None
        and before.value is not None
        and before.value > 0
        and not partial
        and compared.least >= LEAST
        and after.statistic is not Statistic.RATE
    ):
        ratio = difference / before.value
    return Change(before, after, difference, ratio, verdict)


def limits_of(figures: tuple[Figure, ...]) -> Limits | None:
    """The XmR limits of figures, one per period; what has no value is passed over.

    No limit lies below zero where no value does: a count, a rate or a duration cannot. Lead times
    can be negative, and then their limits can too. Periods before the first deployment ever are
    no part of a process.
    """
    values: list[float | None] = [figure.value for figure in figures]
    if figures[-1].statistic is Statistic.PER_WEEK:
        first = next((at for at, value in enumerate(values) if value), len(values))
        values[:first] = [None] * first
    negative = any(value is not None and value < 0 for value in values)
    return xmr(values, None if negative else 0.0)


def judge(compared: Comparison, limits: Limits | None, last: int) -> Judged:
    """The verdict on a change: by ``limits``, where there are any, of which the value after is
    number ``last``; otherwise by an interval."""
    difference = compared.difference
    if difference is None:
        return Judged(Verdict.TOO_FEW, _why_none(compared))
    if compared.least < LEAST:
        reason = Phrase("reason.too_few", {"n": compared.least, "least": LEAST})
        return Judged(Verdict.TOO_FEW, reason)
    if _small(compared, difference):
        return Judged(Verdict.USUAL, Phrase("reason.small"))
    if limits is not None and not _rare(compared):
        return _by_limits(compared.after, difference, limits, last)
    return _by_interval(compared, difference)


def _why_none(compared: Comparison) -> Phrase:
    """Why there is nothing to compare: no day is over, or the figure of this period or of the one
    before is missing."""
    now = compared.spans[1]
    if now.start == now.end:
        return Phrase("reason.not_begun")
    if compared.after.missing:
        return Phrase(f"reason.after.{compared.after.missing.name.lower()}")
    missing = compared.before.missing or Missing.NO_HISTORY
    return Phrase(f"reason.before.{missing.name.lower()}")


def _rare(compared: Comparison) -> bool:
    """Whether a rate is of so few events that one more of them would leave the limits."""
    return compared.counts is not None and max(failed for failed, _ in compared.counts) < _RARE


def _small(compared: Comparison, difference: float) -> bool:
    """Whether the change is too small to speak of, however certain it is."""
    if compared.after.statistic is Statistic.RATE:
        return abs(difference) < _SMALL_POINTS
    return abs(difference) < _SMALL * abs(compared.before.value or 0)


def _word(metric: Metric, difference: float) -> Verdict:
    return Verdict.BETTER if (difference > 0) == up_is_good(metric) else Verdict.WORSE


def _by_limits(after: Figure, difference: float, limits: Limits, last: int) -> Judged:
    side = "high" if difference > 0 else "low"
    signal = next((s for s in limits.signals if s.at == last and s.side == side), None)
    low, high = _like(after, limits.lower), _like(after, limits.upper)
    if signal is None or difference == 0:
        inside = limits.lower <= (after.value or 0) <= limits.upper
        key = "reason.within_limits" if inside else "reason.no_new_signal"
        return Judged(Verdict.USUAL, Phrase(key, {"low": low, "high": high}))
    key = f"{_RULES[signal.rule]}_{side}"
    limit, centre = (high if side == "high" else low), _like(after, limits.centre)
    reason = Phrase(key, {"limit": limit, "centre": centre})
    return Judged(_word(after.metric, difference), reason)


def _like(figure: Figure, value: float) -> Figure:
    """A limit as a figure of the same kind."""
    return Figure(figure.metric, figure.statistic, value)


def _by_interval(compared: Comparison, difference: float) -> Judged:
    clear = _clear(compared)
    if clear is None:
        return Judged(Verdict.TOO_FEW, Phrase("reason.no_interval"))
    if not clear or difference == 0:
        return Judged(Verdict.USUAL, Phrase("reason.interval_unclear"))
    return Judged(_word(compared.after.metric, difference), Phrase("reason.interval_clear"))


def _clear(compared: Comparison) -> bool | None:
    """Whether chance does not account for the difference; None when nothing can tell."""
    if compared.counts is not None:
        low, high = rate_difference(*compared.counts)
        return not low <= 0 <= high
    if compared.medians is not None:
        (low_before, high_before), (low_after, high_after) = compared.medians
        return bool(low_after > high_before or high_after < low_before)
    if compared.after.statistic is Statistic.PER_WEEK:
        return _frequency_clear(compared)
    return None


def _frequency_clear(compared: Comparison) -> bool:
    """Whether this window's share of the deployments differs from its share of the days."""
    before, after = compared.before.n or 0, compared.after.n or 0
    days_before, days_after = ((span.end - span.start).days for span in compared.spans)
    low, high = wilson(after, before + after)
    return not low <= days_after / (days_before + days_after) <= high


def median_intervals(
    values: NDArray[np.int64], series: NDArray[np.intp], size: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The 95 % interval of the median of each of ``size`` series, in the unit of the values.

    The interval lies between two of the sorted values: those of rank n/2 -+ 1.96 sqrt(n)/2
    (Conover 1999, Practical nonparametric statistics, 3.2). NaN for fewer than ten values.
    """
    order = np.lexsort((values, series))
    ascending = values[order]
    count = np.bincount(series, minlength=size)
    first = np.cumsum(count) - count
    reach = Z95 * np.sqrt(count) / 2
    low, high = np.full(size, np.nan), np.full(size, np.nan)
    enough = count >= LEAST
    ranks = np.rint(count / 2 - reach).astype(np.intp), np.rint(count / 2 + reach).astype(np.intp)
    low[enough] = ascending[(first + np.maximum(ranks[0], 1) - 1)[enough]]
    high[enough] = ascending[(first + np.minimum(ranks[1] + 1, count) - 1)[enough]]
    return low, high


def standard_error(interval: tuple[float, float]) -> float:
    """The standard error that a 95 % interval of this width stands for."""
    return (interval[1] - interval[0]) / (2 * Z95)


def pooled_error(before: tuple[int, int], after: tuple[int, int]) -> float:
    """The standard error of the difference of two rates if both are one."""
    (failed_before, total_before), (failed_after, total_after) = before, after
    share = (failed_before + failed_after) / (total_before + total_after)
    return sqrt(share * (1 - share) * (1 / total_before + 1 / total_after))
