"""Octopus's own trend indicators: 28 days against the 28 before.

Documented at docs/insights/trend-indicators.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Literal

import numpy as np
import pandas as pd

from insights_reports.metrics.conventions import DEFAULTS, Conventions
from insights_reports.metrics.measures import DEPLOYMENT_FAILURE, GUIDED, SUCCESSFUL, outcomes
from insights_reports.spelling.terms import NANOSECONDS_PER_TICK

TrendMetric = Literal["deployment_frequency", "lead_time", "failure_rate", "time_to_recovery"]
Direction = Literal["none", "steady", "up", "down"]

_WINDOW = timedelta(days=28)
_FEWEST = 10  # deployments on each side
_STEADY = Fraction(5, 100)


@dataclass(frozen=True, slots=True)
class Trend:
    """What Octopus shows beside a metric.

    Attributes:
        direction: "none" when there are too few deployments or no values to compare.
        good: whether the direction is a good one; None when there is none.
        before, after: the mean of each 28 days (deployments a week, ticks, or a rate), exact.
        change: after / before - 1, exact; None without a base.
    """

    direction: Direction
    good: bool | None
    before: Fraction | None
    after: Fraction | None
    change: Fraction | None


def octopus_trend(
    deployments: pd.DataFrame,
    metric: TrendMetric,
    as_of: datetime,
    conventions: Conventions = DEFAULTS,
) -> Trend:
    """The trend of one metric as of an instant.

    The mean of the 28 days up to ``as_of`` against that of the 28 days before; none when either
    side has fewer than ten deployments, steady when the change is below 5 %. More deployments are
    good; more of anything else is not.
    """
    window = [(as_of - (n + 1) * _WINDOW, as_of - n * _WINDOW) for n in (1, 0)]
    completed = deployments["completed"]
    sides = [deployments[(completed > low) & (completed <= high)] for low, high in window]
    (few_before, before), (few_after, after) = (_mean(side, metric, conventions) for side in sides)
    if few_before or few_after or before is None or after is None or before == 0:
        return Trend("none", None, before, after, None)
    change = after / before - 1
    if abs(change) < _STEADY:
        return Trend("steady", None, before, after, change)
    direction: Direction = "up" if change > 0 else "down"
    good = (direction == "up") == (metric == "deployment_frequency")
    return Trend(direction, good, before, after, change)


def _mean(
    side: pd.DataFrame, metric: TrendMetric, conventions: Conventions
) -> tuple[bool, Fraction | None]:
    """Whether the side has too few deployments, and its exact mean."""
    number = np.bincount(outcomes(side, conventions), minlength=4).tolist()
    failed = number[DEPLOYMENT_FAILURE] + number[GUIDED]
    total = number[SUCCESSFUL] + failed
    few = total < _FEWEST
    if metric == "deployment_frequency":
        return few, Fraction(number[SUCCESSFUL] * 7, _WINDOW.days)
    if metric == "failure_rate":
        return few, Fraction(failed, total) if total else None
    values = side[metric].dropna().to_numpy(dtype="timedelta64[ns]").view(np.int64)
    ticks = (values // NANOSECONDS_PER_TICK).tolist()
    return few, Fraction(sum(ticks), len(ticks)) if ticks else None
