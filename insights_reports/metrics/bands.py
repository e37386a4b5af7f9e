"""DORA's published performance levels, as dated data with their sources.

The levels describe clusters of survey answers over four metrics at once, not grades of one metric;
their number and limits change from study to study, and since 2025 DORA publishes none. They are
therefore never a default. What a study left open stays open here: a value may lie in the range of
two levels or of none.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf, nextafter
from typing import Literal

BandMetric = Literal["deployment_frequency", "lead_time", "time_to_recovery", "failure_rate"]

_HOUR = 3_600 * 10_000_000  # ticks of 100 ns
_DAY = 24 * _HOUR
_WEEK = 7 * _DAY
_MONTH = 365 * _DAY // 12  # a twelfth of a year
_PER_WEEK, _PER_MONTH, _PER_HALF_YEAR = 1.0, 12 * 7 / 365, 2 * 7 / 365
_OVER_ONE_A_DAY = nextafter(7.0, inf)


@dataclass(frozen=True, slots=True)
class BandRange:
    """From ``low`` (included) to ``high`` (excluded): ticks, or deployments a week."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Point:
    """A published average, as a fraction: the value itself, no limit."""

    at: float


@dataclass(frozen=True, slots=True)
class BandSet:
    """The levels of one study, best first.

    Attributes:
        levels: for each level, what it publishes on each metric.
        share: the share of answers in each level, where it was published.
        source: the study; ``read_in`` is where the table was read, when that is not the study.
    """

    name: str
    year: int
    source: str
    read_in: str
    levels: Mapping[str, Mapping[BandMetric, BandRange | Point]]
    share: Mapping[str, float]

    def levels_of(self, metric: BandMetric, value: float) -> tuple[str, ...]:
        """The levels that ``value`` is in: one, several that share a range, or none between two.

        Units: deployments a week, ticks, or a fraction. Where the study published averages
        instead of limits, these are the levels whose average is the nearest.
        """
        cells = {
            level: metrics[metric] for level, metrics in self.levels.items() if metric in metrics
        }
        away = {
            level: abs(cell.at - value) for level, cell in cells.items() if isinstance(cell, Point)
        }
        if away:
            return tuple(level for level in away if away[level] == min(away.values()))
        return tuple(
            level
            for level, cell in cells.items()
            if isinstance(cell, BandRange) and cell.low <= value < cell.high
        )


def _level(
    frequency: BandRange, lead_time: BandRange, recovery: BandRange, failures: BandRange | Point
) -> dict[BandMetric, BandRange | Point]:
    return {
        "deployment_frequency": frequency,
        "lead_time": lead_time,
        "time_to_recovery": recovery,
        "failure_rate": failures,
    }


_ON_DEMAND = BandRange(_OVER_ONE_A_DAY, inf)
_DAILY_TO_WEEKLY = BandRange(_PER_WEEK, _OVER_ONE_A_DAY)
_WEEKLY_TO_MONTHLY = BandRange(_PER_MONTH, _PER_WEEK)
_MONTHLY_TO_HALF_YEARLY = BandRange(_PER_HALF_YEAR, _PER_MONTH)
_RARELY = BandRange(0, _PER_HALF_YEAR)
_UNDER_AN_HOUR = BandRange(-inf, _HOUR)
_UNDER_A_DAY = BandRange(-inf, _DAY)
_DAY_TO_WEEK = BandRange(_DAY, _WEEK)
_WEEK_TO_MONTH = BandRange(_WEEK, _MONTH)
_MONTH_TO_HALF_YEAR = BandRange(_MONTH, 6 * _MONTH)
_OVER_HALF_A_YEAR = BandRange(6 * _MONTH, inf)
_16_TO_30_PERCENT = BandRange(0.155, 0.305)

DORA_2021 = BandSet(
    "dora-2021",
    2021,
    "DORA, Accelerate State of DevOps 2021 (dora.dev/research/2021)",
    "",
    {
        "elite": _level(_ON_DEMAND, _UNDER_AN_HOUR, _UNDER_AN_HOUR, BandRange(0, 0.155)),
        "high": _level(_WEEKLY_TO_MONTHLY, _DAY_TO_WEEK, BandRange(_HOUR, _DAY), _16_TO_30_PERCENT),
        "medium": _level(
            _MONTHLY_TO_HALF_YEARLY, _MONTH_TO_HALF_YEAR, _DAY_TO_WEEK, _16_TO_30_PERCENT
        ),
        "low": _level(_RARELY, _OVER_HALF_A_YEAR, _OVER_HALF_A_YEAR, _16_TO_30_PERCENT),
    },
    {"elite": 0.26},
)

DORA_2023 = BandSet(
    "dora-2023",
    2023,
    "DORA, Accelerate State of DevOps 2023 (dora.dev/research/2023)",
    "Octopus Deploy, blog, October 2023",
    {
        "elite": _level(_ON_DEMAND, _UNDER_A_DAY, _UNDER_AN_HOUR, Point(0.05)),
        "high": _level(_DAILY_TO_WEEKLY, _DAY_TO_WEEK, BandRange(_HOUR, _DAY), Point(0.10)),
        "medium": _level(_WEEKLY_TO_MONTHLY, _WEEK_TO_MONTH, _DAY_TO_WEEK, Point(0.15)),
        "low": _level(_WEEKLY_TO_MONTHLY, _WEEK_TO_MONTH, _MONTH_TO_HALF_YEAR, Point(0.64)),
    },
    {"elite": 0.18, "high": 0.31, "medium": 0.33, "low": 0.18},
)

DORA_2024 = BandSet(
    "dora-2024",
    2024,
    "DORA, Accelerate State of DevOps 2024 (dora.dev/research/2024)",
    "Octopus Deploy, blog, November 2024",
    {
        "elite": _level(_ON_DEMAND, _UNDER_A_DAY, _UNDER_AN_HOUR, Point(0.05)),
        # The study's high level does fail more often than its medium one.
        "high": _level(_DAILY_TO_WEEKLY, _DAY_TO_WEEK, BandRange(_HOUR, _DAY), Point(0.20)),
        "medium": _level(_WEEKLY_TO_MONTHLY, _WEEK_TO_MONTH, BandRange(_HOUR, _DAY), Point(0.10)),
        "low": _level(_MONTHLY_TO_HALF_YEARLY, _MONTH_TO_HALF_YEAR, _WEEK_TO_MONTH, Point(0.40)),
    },
    {"elite": 0.19, "high": 0.22, "medium": 0.35, "low": 0.25},
)

BAND_SETS: Mapping[str, BandSet] = {
    bands.name: bands for bands in (DORA_2021, DORA_2023, DORA_2024)
}
"""The published sets by name. A company's own is a `BandSet` of its own making."""
