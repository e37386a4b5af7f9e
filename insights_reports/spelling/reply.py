"""Figures in the shape of Octopus's own reply (docs/octopus-rest-api/insights, "metrics")."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import pandas as pd

from insights_reports.spelling.terms import NANOSECONDS_PER_TICK

Printed = str | float | None
Reply = dict[str, Any]

_MEASURES = {
    "LeadTime": "lead_time",
    "TimeSincePreviousDeployment": "time_since_previous",
    "MeanTimeToRecovery": "time_to_recovery",
    "DeploymentsUntilRecovery": "deployments_until_recovery",
}
_STATISTICS = {"Mean": "mean", "Median": "median", "Min": "min", "Max": "max", "NinetyFifth": "p95"}
_DECIMALS = 5


def rounded_rate(failed: int, total: int) -> float | None:
    """The rate as Octopus states it: to five decimals, half to even; None of no deployments."""
    if total == 0:
        return None
    scale = 10**_DECIMALS
    whole, rest = divmod(failed * scale, total)
    up = 2 * rest > total or (2 * rest == total and whole % 2 == 1)
    return float((whole + up) / scale)


def to_api(
    figures: pd.DataFrame,
    starts: Sequence[date],
    print_duration: Callable[[int], str],
    series: Sequence[tuple[str, str | None]] | None = None,
) -> Reply:
    """The reply that states these figures, with every interval of every series.

    Args:
        figures: a table of `Tabulator.figures` with a granularity.
        starts: the starts of all the intervals (`interval_starts`); one without deployments
            counts zeros and has null statistics.
        print_duration: ticks of 100 ns to text.
        series: key and name of the series to state (`Tabulator.series`); by default those that
            the table has.
    """
    rows = {(row["series_key"], row["start"].date()): row for row in figures.to_dict("records")}
    if series is None:
        series = list({row["series_key"]: row["series_name"] for row in rows.values()}.items())
    return {
        "Series": [
            {
                "Name": name,
                "Intervals": [
                    _interval(start, rows.get((key, start), {}), print_duration) for start in starts
                ],
            }
            for key, name in series
        ]
    }


def _interval(start: date, row: dict[Any, Any], print_duration: Callable[[int], str]) -> Reply:
    def count(name: str) -> int:
        return int(row.get(name, 0))

    stated: Reply = {
        "StartOfInterval": start.isoformat(),
        "NumberOfSuccessfulDeployments": count("successful"),
    }
    for theirs, ours in _MEASURES.items():
        stated[theirs] = {"Count": count(f"{ours}_count")} | {
            statistic: _printed(row.get(f"{ours}_{column}"), print_duration)
            for statistic, column in _STATISTICS.items()
        }
    stated["DeploymentFailureRate"] = {
        "Successful": count("successful"),
        "DeploymentFailure": count("deployment_failure"),
        "SuccessfulButHadGuidedFailure": count("guided"),
        "Total": count("total"),
        "Failed": count("failed"),
        "Rate": rounded_rate(count("failed"), count("total")),
    }
    return stated


def _printed(value: Any, print_duration: Callable[[int], str]) -> Printed:
    if value is None or pd.isna(value):
        return None
    if isinstance(value, pd.Timedelta):
        return print_duration(value.value // NANOSECONDS_PER_TICK)
    return float(value)
