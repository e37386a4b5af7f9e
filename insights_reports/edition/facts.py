"""The figures of an edition, computed once for each split and handed out one by one."""

from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from insights_reports.edition.counted import Members
from insights_reports.edition.freezes import covered
from insights_reports.edition.settings import Inputs, Settings
from insights_reports.edition.values import Figure, Metric, Missing, Name, Span, Statistic
from insights_reports.edition.windows import Windows, windows
from insights_reports.metrics import Conventions, Rework, Split, Tabulator, local_dates, rework
from insights_reports.metrics.measures import OTHER, SUCCESSFUL, outcomes
from insights_reports.metrics.splits import membership

_TICK = 100  # nanoseconds
_NULL = np.iinfo(np.int64).min  # NaT, as an integer

_COUNTS = {
    Statistic.COUNT: "successful",
    Statistic.TOTAL: "total",
    Statistic.FAILED: "failed",
    Statistic.GUIDED: "guided",
    Statistic.ACTIVE_DAYS: "active_days",
}
_MEASURES = (Metric.LEAD_TIME, Metric.TIME_TO_RECOVERY)
_STATISTICS = (Statistic.MEDIAN, Statistic.P90)

LEAST_MEDIAN, LEAST_P90 = 5, 10
"""How many values a median, and a 90th percentile, are of at least."""

Grid = NDArray[np.int64]
"""One number for each series (row) and window (column)."""


@dataclass(frozen=True)
class Slices:
    """The figures of every series of one split in every window.

    Attributes:
        keys, names: the series, by name; a name is None where this account may not see it.
        tag_set: the id of the tag set, for the split TenantTagSet.
        spans: the windows.
        grids: columns of the figures table as grids: counts, and durations in ticks (`_NULL`
            where there is none).
        first_day: as ordinal; windows that begin before it have no history. first_deployment:
            the day of the first one, as ordinal; what ends before it is no part of a process.
    """

    split: Split
    tag_set: str | None
    keys: tuple[str, ...]
    names: tuple[str | None, ...]
    spans: tuple[Span, ...]
    grids: dict[str, Grid]
    first_day: int
    first_deployment: int = 0

    def __len__(self) -> int:
        return len(self.keys)

    @cached_property
    def _columns(self) -> dict[tuple[date, date], int]:
        return {(span.start, span.end): at for at, span in enumerate(self.spans)}

    def at(self, span: Span) -> int:
        """The column of a window."""
        return self._columns[span.start, span.end]

    def column(self, name: str, span: Span) -> Grid:
        """One number for each series."""
        return self.grids[name][:, self.at(span)]

    def name(self, series: int) -> Name:
        return Name(self.names[series], self.keys[series])

    def known(self, span: Span) -> bool:
        """Whether all deployments of the window are known, and the first of all is not later."""
        ends_later = span.end.toordinal() > self.first_deployment
        return span.start.toordinal() >= self.first_day and ends_later

    def figure(self, series: int, span: Span, metric: Metric, statistic: Statistic) -> Figure:
        """One figure, or why it has no value."""
        if not self.known(span):
            return Figure(metric, statistic, None, None, Missing.NO_HISTORY)
        if metric in _MEASURES:
            return self._duration(series, self.at(span), metric, statistic)
        at = self.at(span)

        def number(column: str) -> int:
            return int(self.grids[column][series, at])

        if statistic in _COUNTS:
            return Figure(metric, statistic, number(_COUNTS[statistic]))
        if statistic is Statistic.PER_WEEK:
            return per_week(number("successful"), span)
        if statistic is Statistic.RATE:
            return rate(metric, number("failed"), number("total"))
        raise ValueError(f"{metric} has no {statistic}")

    def _duration(self, series: int, at: int, metric: Metric, statistic: Statistic) -> Figure:
        count = int(self.grids[f"{metric}_count"][series, at])
        if count == 0:
            some = any(self.grids[name][series, at] for name in ("total", "other"))
            why = Missing.NO_VALUES if some else Missing.NO_DEPLOYMENTS
            return Figure(metric, statistic, None, None, why)
        if count < (LEAST_P90 if statistic is Statistic.P90 else LEAST_MEDIAN):
            return Figure(metric, statistic, None, count, Missing.TOO_FEW)
        return Figure(
            metric, statistic, int(self.grids[f"{metric}_{statistic}"][series, at]), count
        )


def per_week(successful: int, span: Span) -> Figure:
    """Successful deployments divided by the exact length of the window in weeks."""
    metric, statistic = Metric.DEPLOYMENT_FREQUENCY, Statistic.PER_WEEK
    days = (span.end - span.start).days
    if days == 0:
        return Figure(metric, statistic, None, None, Missing.NO_DEPLOYMENTS)
    return Figure(metric, statistic, successful * 7 / days, successful)


def rate(metric: Metric, failed: int, total: int) -> Figure:
    """A share of deployments; without deployments there is none."""
    if total == 0:
        return Figure(metric, Statistic.RATE, None, None, Missing.NO_DEPLOYMENTS)
    return Figure(metric, Statistic.RATE, failed / total, total)


class Facts:
    """Everything that the parts of an edition are computed from."""

    def __init__(self, inputs: Inputs, settings: Settings, scope: str = "All") -> None:
        self.scope = scope  # the name of the environment group that the inputs are of
        self.inputs = inputs
        self.settings = settings
        # A window is what it says: a month that is cut short counts its own days only.
        conventions = replace(settings.conventions, edge="clipped")
        self.tabulator = Tabulator(inputs.deployments, inputs.tz, inputs.lookups, conventions)
        self._slices: dict[tuple[Split, str | None], Slices] = {}
        self._ticks: dict[Metric, Grid] = {}

    @cached_property
    def windows(self) -> Windows:
        return windows(self.inputs, self.settings)

    @cached_property
    def trend(self) -> tuple[Span, ...]:
        """The intervals of the trend charts whose deployments are known; the last one always."""
        *earlier, last = self.windows.trend
        return (*(span for span in earlier if self.whole.known(span)), last)

    @cached_property
    def days(self) -> NDArray[np.datetime64]:
        """The local date of each deployment, NaT for one without a completion time."""
        return local_dates(self.inputs.deployments, self.inputs.tz)

    @cached_property
    def whole(self) -> Slices:
        return self.slices("None")

    def within(self, span: Span) -> NDArray[np.bool_]:
        """Which deployments were completed in the window."""
        inside: NDArray[np.bool_] = (self.days >= np.datetime64(span.start)) & (
            self.days < np.datetime64(span.end)
        )
        return inside

    @cached_property
    def outcomes(self) -> NDArray[np.uint8]:
        return outcomes(self.inputs.deployments, self.settings.conventions)

    @cached_property
    def counted(self) -> NDArray[np.bool_]:
        """Which deployments count as successful or failed."""
        counted: NDArray[np.bool_] = self.outcomes != OTHER
        return counted

    @cached_property
    def failed(self) -> NDArray[np.bool_]:
        failed: NDArray[np.bool_] = self.counted & (self.outcomes != SUCCESSFUL)
        return failed

    @cached_property
    def frozen(self) -> tuple[NDArray[np.bool_], ...]:
        """Of each freeze that Octopus knows which deployments are of its projects, environments and
        tenants, on whatever day."""
        return covered(self.settings.freezes, self.inputs.deployments)

    @cached_property
    def first_deployment(self) -> int:
        """The ordinal of the day of the first deployment; 0 where there is none."""
        known = self.days[~np.isnat(self.days)]
        return known.min().astype("datetime64[D]").item().toordinal() if known.size else 0

    def members(self, slices: Slices) -> Members:
        """The deployments of a split and the series that each counts in."""
        found = membership(
            self.inputs.deployments, slices.split, self.inputs.lookups, slices.tag_set
        )
        rows = np.arange(len(self.days)) if found.rows is None else found.rows
        return Members(rows, found.codes)

    def rework_counts(self, span: Span) -> tuple[int, int]:
        """The rework deployments of a window, and all that count there."""
        found = self.rework_in(span)
        return len(found.rework), len(found.counted)

    def rework_in(self, span: Span) -> Rework:
        """The rework of a window, and what could not be compared."""
        return self._rework.within(self.within(span))

    def rework_rate(self, span: Span) -> Figure:
        metric = Metric.REWORK_RATE
        if not self.whole.known(span):
            return Figure(metric, Statistic.RATE, None, None, Missing.NO_HISTORY)
        return rate(metric, *self.rework_counts(span))

    def octopus_rate(self, span: Span) -> Figure:
        """The failure rate by Octopus's own definition, whatever the settings count as failed."""
        own = outcomes(self.inputs.deployments, Conventions())
        inside = self.within(span) & (own != OTHER)
        failed = int((inside & (own != SUCCESSFUL)).sum())
        return rate(Metric.FAILURE_RATE, failed, int(inside.sum()))

    @cached_property
    def reworked(self) -> NDArray[np.bool_]:
        """Which deployments are rework."""
        flags = np.zeros(len(self.days), np.bool_)
        flags[self._rework.rework] = True
        return flags

    @cached_property
    def _rework(self) -> Rework:
        patterns, conventions = self.settings.hotfix_patterns, self.settings.conventions
        return rework(self.inputs.deployments, hotfix_patterns=patterns, conventions=conventions)

    @cached_property
    def past(self) -> tuple[Span, ...]:
        """This period and all whole ones before it that are known, oldest first."""
        now = self.windows.now
        before = [span for span in self.windows.past[:-1] if self.whole.known(span)]
        return (*before, now)

    def ticks(self, metric: Metric) -> Grid:
        """The durations of one measure, one per deployment; `_NULL` for none."""
        if metric not in self._ticks:
            self._ticks[metric] = self._read_ticks(metric)
        return self._ticks[metric]

    def _read_ticks(self, metric: Metric) -> Grid:
        column = self.inputs.deployments[str(metric)].dt.as_unit("ns")
        return _as_ticks(column.to_numpy(dtype="timedelta64[ns]"))

    def slices(self, split: Split, tag_set: str | None = None) -> Slices:
        """The figures of one split, computed at the first call."""
        key = (split, tag_set)
        if key not in self._slices:
            self._slices[key] = self._tabulate(split, tag_set)
        return self._slices[key]

    def _tabulate(self, split: Split, tag_set: str | None) -> Slices:
        series = self.tabulator.series(split, tag_set)
        keys = tuple(key for key, _ in series)
        if split == "None":  # there is always the one series, even without a deployment
            keys, series = ("All",), (("All", "All"),)
        spans = self.windows.all
        grids = _empty_grids(len(keys), len(spans))
        rows = {key: row for row, key in enumerate(keys)}
        for places, table in self._tables(split, tag_set, spans):
            _fill(grids, table, rows, places)
        names = tuple(name for _, name in series)
        first_day = self.inputs.first_day.toordinal()
        return Slices(split, tag_set, keys, names, spans, grids, first_day, self.first_deployment)

    def _tables(
        self, split: Split, tag_set: str | None, spans: tuple[Span, ...]
    ) -> list[tuple[dict[date, int], pd.DataFrame]]:
        """Figures tables and, for each, the column of each of its starts.

        Whole intervals of the trend come from one table; the other windows from one each.
        """
        trend, granularity = self.windows.trend, self.windows.trend_granularity
        places = {(span.start, span.end): at for at, span in enumerate(spans)}
        found = [
            (
                {span.start: places.pop((span.start, span.end)) for span in trend},
                self.tabulator.figures(
                    split, trend[0].start, trend[-1].end, granularity, tag_set=tag_set
                ),
            )
        ]
        for (start, end), at in places.items():
            if start >= self.inputs.first_day and end > start:
                table = self.tabulator.figures(split, start, end, None, tag_set=tag_set)
                found.append(({start: at}, table))
        return found


def _empty_grids(series: int, spans: int) -> dict[str, Grid]:
    counts = [*_COUNTS.values(), "other", *(f"{metric}_count" for metric in _MEASURES)]
    grids = {name: np.zeros((series, spans), dtype=np.int64) for name in counts}
    for name in (f"{metric}_{statistic}" for metric in _MEASURES for statistic in _STATISTICS):
        grids[name] = np.full((series, spans), _NULL, dtype=np.int64)
    return grids


def _fill(
    grids: dict[str, Grid],
    table: pd.DataFrame,
    rows: dict[str, int],
    places: dict[date, int],
) -> None:
    starts = table["start"].to_numpy(dtype="datetime64[D]").tolist()
    series = np.array([rows[key] for key in table["series_key"]], dtype=np.intp)
    column = np.array([places[start] for start in starts], dtype=np.intp)
    for name, grid in grids.items():
        values = table[name].to_numpy()
        grid[series, column] = _as_ticks(values) if values.dtype.kind == "m" else values


def _as_ticks(durations: NDArray[np.timedelta64]) -> Grid:
    nanoseconds = durations.astype("timedelta64[ns]").view(np.int64)
    return np.where(nanoseconds == _NULL, _NULL, nanoseconds // _TICK)
