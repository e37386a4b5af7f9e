"""The figures that ``/metrics`` states, one by one, and the columns of ours they compare with.

There are 31 for each series and interval: docs/octopus-rest-api/insights, "Get deployment level
aggregated insights metrics".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from insights_reports.spelling.terms import NULL

Kind = Literal["count", "rate", "duration", "number"]
Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Column = npt.NDArray[np.int64] | npt.NDArray[np.float64]

STATISTICS = ("Count", "Mean", "Median", "Min", "Max", "NinetyFifth")
FAILURE_RATE = "DeploymentFailureRate"
LEAD_TIME = "LeadTime"


@dataclass(frozen=True)
class StatedFigure:
    """One figure: where Octopus states it, what kind of value it is, and our column for it."""

    metric: str
    statistic: str | None
    kind: Kind
    column: str


def _statistics(metric: str, column: str, kind: Kind) -> tuple[StatedFigure, ...]:
    columns = ("count", "mean", "median", "min", "max", "p95")
    return tuple(
        StatedFigure(
            metric, statistic, "count" if statistic == "Count" else kind, f"{column}_{name}"
        )
        for statistic, name in zip(STATISTICS, columns, strict=True)
    )


FIGURES: tuple[StatedFigure, ...] = (
    StatedFigure("NumberOfSuccessfulDeployments", None, "count", "successful"),
    StatedFigure(FAILURE_RATE, "Successful", "count", "successful"),
    StatedFigure(FAILURE_RATE, "DeploymentFailure", "count", "deployment_failure"),
    StatedFigure(FAILURE_RATE, "SuccessfulButHadGuidedFailure", "count", "guided"),
    StatedFigure(FAILURE_RATE, "Total", "count", "total"),
    StatedFigure(FAILURE_RATE, "Failed", "count", "failed"),
    StatedFigure(FAILURE_RATE, "Rate", "rate", "rate"),
    *_statistics(LEAD_TIME, "lead_time", "duration"),
    *_statistics("TimeSincePreviousDeployment", "time_since_previous", "duration"),
    *_statistics("MeanTimeToRecovery", "time_to_recovery", "duration"),
    *_statistics("DeploymentsUntilRecovery", "deployments_until_recovery", "number"),
)
"""In the order of the reply. A figure goes by its position here throughout this package."""

METRICS = tuple(dict.fromkeys(figure.metric for figure in FIGURES))

MEMBERS: dict[str, tuple[int, ...]] = {
    metric: tuple(i for i, figure in enumerate(FIGURES) if figure.metric == metric)
    for metric in METRICS
}
"""The numbers of the figures of each metric."""

POSITION: dict[tuple[str, str | None], int] = {
    (figure.metric, figure.statistic): i for i, figure in enumerate(FIGURES)
}


def empty_column(kind: Kind, size: int) -> Column:
    """What an interval without deployments has: counts of zero, no other values."""
    if kind == "count":
        return np.zeros(size, dtype=np.int64)
    if kind == "duration":
        return np.full(size, NULL, dtype=np.int64)
    return np.full(size, np.nan)


def is_null(column: Column) -> Mask:
    """Which values of a column are null."""
    if column.dtype.kind == "f":
        return np.isnan(column)
    nulls: Mask = column == NULL
    return nulls
