"""From the deployments table to figures: pure functions, exact to a tick of 100 ns."""

from insights_reports.judgement import ControlLimits, Signal, xmr
from insights_reports.metrics.bands import BAND_SETS, BandSet
from insights_reports.metrics.by_group import statistics_by_group
from insights_reports.metrics.conventions import Conventions
from insights_reports.metrics.figures import FigureColumns, Tabulator, figures
from insights_reports.metrics.measures import outcomes
from insights_reports.metrics.octopus_trends import Trend, octopus_trend
from insights_reports.metrics.periods import (
    Period,
    interval_starts,
    parse_periods,
    time_range,
)
from insights_reports.metrics.recovery import recompute_streams
from insights_reports.metrics.rework import Rework, dora_window, rework
from insights_reports.metrics.splits import ALL, UNKNOWN, UNTAGGED, UNTENANTED, Lookups
from insights_reports.metrics.trends import (
    TrendJudgement,
    judge_rates,
    judge_series,
    rate_difference,
    wilson,
)
from insights_reports.metrics.versions import compare_versions
from insights_reports.metrics.zones import local_dates
from insights_reports.spelling.reply import rounded_rate, to_api
from insights_reports.spelling.terms import Granularity, Split, TimeRange

__all__ = [
    "ALL",
    "BAND_SETS",
    "UNKNOWN",
    "UNTAGGED",
    "UNTENANTED",
    "BandSet",
    "ControlLimits",
    "Conventions",
    "FigureColumns",
    "Granularity",
    "Lookups",
    "Period",
    "Rework",
    "Signal",
    "Split",
    "Tabulator",
    "TimeRange",
    "Trend",
    "TrendJudgement",
    "compare_versions",
    "dora_window",
    "figures",
    "interval_starts",
    "judge_rates",
    "judge_series",
    "local_dates",
    "octopus_trend",
    "outcomes",
    "parse_periods",
    "rate_difference",
    "recompute_streams",
    "rework",
    "rounded_rate",
    "statistics_by_group",
    "time_range",
    "to_api",
    "wilson",
    "xmr",
]
