"""The ends of a usual range as figures, in the unit that a reader knows."""

from collections.abc import Callable

import numpy as np

from insights_reports.edition.cases import Group
from insights_reports.edition.values import (
    Figure,
    Metric,
    Statistic,
)
from insights_reports.judgement import (
    Baseline,
    ExpectedRange,
    Judgement,
    Rule,
    Side,
)

STATISTICS = {
    Metric.DEPLOYMENT_FREQUENCY: Statistic.TOTAL,
    Metric.LEAD_TIME: Statistic.MEDIAN,
    Metric.TIME_TO_RECOVERY: Statistic.MEDIAN,
    Metric.FAILURE_RATE: Statistic.RATE,
    Metric.REWORK_RATE: Statistic.RATE,
}


def true_ends(
    group: Group,
    series: int,
    metric: Metric,
    judgement: Judgement,
    ends: tuple[Figure | None, Figure | None],
) -> tuple[Figure | None, Figure | None]:
    """The ends of the range of a median without the one that the verdict contradicts: values that
    scatter otherwise than those of the baseline have another share above the old median than their
    median lets expect, and it is the share that is judged."""
    low, high = ends
    now = group.slices.figure(series, group.facts.windows.now, metric, STATISTICS[metric]).value
    if now is None:
        return ends
    called = None if Rule.LASTING in judgement.rules else judgement.side

    def contradicted(beyond: bool, side: Side) -> bool:
        return judgement.side is not side if beyond else called is side

    below = low is not None and low.value is not None and now < low.value
    above = high is not None and high.value is not None and now > high.value
    return (
        None if contradicted(below, Side.LOW) else low,
        None if contradicted(above, Side.HIGH) else high,
    )


Quantile = Callable[[float], float | None]


def ends(
    metric: Metric, usual: ExpectedRange, quantile: Quantile | None, closed: int
) -> tuple[Figure | None, Figure | None]:
    """The ends of a range as figures: None where any value so low, or so high, would be usual.

    Of a median they are the values of the baseline above which as many of its values lie: a share
    above the old median of 0.7 is what a median at the 70th percentile of the baseline stands for.
    Deployments are judged on open days and shown with the ``closed`` ones, those of other days, so
    that a figure lies within its range exactly where it is as usual.
    """
    statistic = STATISTICS[metric]
    if metric is Metric.DEPLOYMENT_FREQUENCY:
        least, most = usual.low + closed, usual.high + closed
        return Figure(metric, statistic, least), Figure(metric, statistic, most)
    low: float | None = usual.low_rate
    high: float | None = usual.high_rate if usual.high < usual.exposure else None
    if quantile is not None:
        low = quantile(usual.low_rate) if usual.low > 0 else None
        high = None if high is None else quantile(high)
    return tuple(  # type: ignore[return-value]
        None if end is None else Figure(metric, statistic, end) for end in (low, high)
    )


def quantiles_of(group: Group, series: int, metric: Metric, baseline: Baseline) -> Quantile:
    """The quantiles of a baseline, of those of its periods that are in the data."""
    names = {span.name: at for at, span in enumerate(group.facts.past)}
    periods = [names[each.name] for each in baseline.periods if each.name in names]
    values = group.counted.values(metric, series, periods)
    if not values.size:
        return lambda _: None
    return lambda share: round(float(np.quantile(values, share)))
