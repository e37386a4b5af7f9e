"""Figures: the deployments of each series and interval, as numbers.

All statistics are computed from the deployments of the interval itself, never from other means
or percentiles.
"""

from copy import copy
from dataclasses import dataclass
from datetime import date, tzinfo
from functools import lru_cache
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from insights_reports.metrics import exact
from insights_reports.metrics.conventions import DEFAULTS, Conventions, WeekStart
from insights_reports.metrics.measures import (
    DURATIONS,
    FIRST_MEASURE,
    NO_DAY,
    NUMBERS,
    Axis,
    Cells,
    Entries,
    Grouped,
    cells,
    measured,
    outcomes,
    shares,
    spread,
)
from insights_reports.metrics.periods import interval_starts, whole_intervals
from insights_reports.metrics.splits import Lookups, Membership, membership
from insights_reports.metrics.zones import local_dates
from insights_reports.spelling.terms import NANOSECONDS_PER_TICK, Granularity, Split

_KEPT = 2  # splits whose preparation is kept; callers ask for all tables of one split in a row


def figures(
    deployments: pd.DataFrame,
    *,
    split: Split,
    zone: tzinfo,
    start: date,
    end: date,
    granularity: Granularity | None,
    lookups: Lookups,
    tag_set: str | None = None,
    conventions: Conventions = DEFAULTS,
) -> pd.DataFrame:
    """The figures of one split over ``[start, end)``; see `Tabulator.figures`."""
    tabulator = Tabulator(deployments, zone, lookups, conventions)
    return tabulator.figures(split, start, end, granularity, tag_set=tag_set)


@dataclass(frozen=True, slots=True)
class FigureColumns:
    """A table of figures as plain arrays.

    Attributes:
        series: the series of each row, a position in `Tabulator.series`.
        start: the first day of its interval.
        figures: the columns of figures, by name; durations as timedelta64[ns].
    """

    series: NDArray[np.int64]
    start: NDArray[np.datetime64]
    figures: dict[str, NDArray[np.generic]]


class Tabulator:
    """Deployments made ready for many tables of figures.

    Ask for all the tables of one split before those of the next: its preparation is kept.

    Args:
        deployments: the deployments table of docs/architecture.md; it is only read.
        zone: the report's time zone.
    """

    def __init__(
        self,
        deployments: pd.DataFrame,
        zone: tzinfo,
        lookups: Lookups,
        conventions: Conventions = DEFAULTS,
    ) -> None:
        self.conventions = conventions
        self._deployments = deployments
        self._lookups = lookups
        dates = local_dates(deployments, zone)
        self._days = np.where(np.isnat(dates), NO_DAY, dates.view(np.int64)).astype(np.int32)
        self._outcomes = outcomes(deployments, conventions)
        self._measures = measured(deployments, self._days)
        self._prepared: dict[tuple[Split, str | None], tuple[Membership, Cells]] = {}

    def under(self, conventions: Conventions) -> Self:
        """The same deployments under other conventions; what does not depend on them is shared."""
        other = copy(self)
        other.conventions = conventions
        other._prepared = dict(self._prepared)
        if conventions.count_as_failed != self.conventions.count_as_failed:
            other._outcomes = outcomes(self._deployments, conventions)
            other._prepared = {}
        return other

    def series(
        self, split: Split, tag_set: str | None = None
    ) -> tuple[tuple[str, str | None], ...]:
        """Key and name of every series with a deployment at any time, as the tables list them."""
        members, _ = self._prepare(split, tag_set)
        return tuple(zip(members.keys, members.names, strict=True))

    def figures(
        self,
        split: Split,
        start: date,
        end: date,
        granularity: Granularity | None,
        *,
        tag_set: str | None = None,
    ) -> pd.DataFrame:
        """One row for each series and interval with a deployment, by series and interval.

        The deployments are those completed on the local dates ``[start, end)``. An interval keeps
        its own start where the range cuts it; the convention ``edge`` says what it then counts.
        With ``granularity`` None the whole range is one interval.

        Returns:
            The table of docs/architecture.md. Durations are rounded half to even to a tick of
            100 ns from exact values; a statistic of no values is NaT or NaN.
        """
        members, _ = self._prepare(split, tag_set)
        found = self.columns(split, start, end, granularity, tag_set=tag_set)
        return pd.DataFrame(
            {
                "series_key": _texts(members.keys, found.series),
                "series_name": _texts(members.names, found.series),
                "start": found.start,
                **found.figures,
            },
            copy=False,
        )

    def columns(
        self,
        split: Split,
        start: date,
        end: date,
        granularity: Granularity | None,
        *,
        tag_set: str | None = None,
    ) -> FigureColumns:
        """The same figures as arrays, for many tables in a row."""
        _, prepared = self._prepare(split, tag_set)
        chosen = self.conventions
        starts, axis = _axis(start, end, granularity, chosen.week_start, chosen.edge == "whole")
        grouped = prepared.grouped(axis)
        return FigureColumns(
            grouped.series,
            starts[grouped.interval],
            {**_counts(grouped), **_statistics(grouped, prepared.entries, chosen)},
        )

    def _prepare(self, split: Split, tag_set: str | None) -> tuple[Membership, Cells]:
        key = (split, tag_set if split == "TenantTagSet" else None)
        found = self._prepared.get(key)
        if found is None:
            members = membership(self._deployments, split, self._lookups, tag_set)
            found = members, cells(members, self._days, self._outcomes, self._measures)
            self._prepared = dict([*self._prepared.items()][1 - _KEPT :]) | {key: found}
        return found


@lru_cache(maxsize=64)
def _axis(
    start: date, end: date, granularity: Granularity | None, week_start: WeekStart, whole: bool
) -> tuple[NDArray[np.datetime64], Axis]:
    """The starts of the intervals, and the axis of days they lie on; only to be read."""
    starts: tuple[date, ...] = (start,)
    if granularity is not None:
        if whole:
            start, end = whole_intervals(start, end, granularity, week_start)
        starts = interval_starts(start, end, granularity, week_start)
    edges = np.array(starts, dtype="datetime64[s]")
    low, high = (int(np.datetime64(day, "D").astype(np.int64)) for day in (start, end))
    days = edges.astype("datetime64[D]").astype(np.int64)
    interval = np.searchsorted(days, np.arange(low, high), side="right") - 1
    return edges, Axis(low, high, interval, max(len(starts), 1))


def _counts(grouped: Grouped) -> dict[str, NDArray[np.generic]]:
    """The columns that count and rate deployments."""
    successful, failure, guided, other, active_days = grouped.sums[:FIRST_MEASURE]
    failed = failure + guided
    total = successful + failed
    rate = np.full(len(total), np.nan)
    np.divide(failed, total, out=rate, where=total > 0)
    return {
        "successful": successful,
        "deployment_failure": failure,
        "guided": guided,
        "total": total,
        "failed": failed,
        "other": other,
        "active_days": active_days,
        "rate": rate,
    }


def _statistics(
    grouped: Grouped, entries: tuple[Entries, ...], conventions: Conventions
) -> dict[str, NDArray[np.generic]]:
    """The columns of the measures."""
    values = sum(len(one.cell) for one in entries)
    found: dict[int, dict[str, NDArray[np.generic]]] = {}
    for share in spread(
        lambda numbers: _of_some(grouped, entries, numbers, conventions),
        shares(values),
        values,
    ):
        found |= share
    return {name: column for place in sorted(found) for name, column in found[place].items()}


def _of_some(
    grouped: Grouped, entries: tuple[Entries, ...], numbers: tuple[int, ...], chosen: Conventions
) -> dict[int, dict[str, NDArray[np.generic]]]:
    """The columns of some measures."""
    count, present, groups = grouped.measured(entries, numbers)
    statistics = exact.summary(groups, chosen.median, chosen.percentile)
    durations = (statistics.rounded() * NANOSECONDS_PER_TICK).view("timedelta64[ns]")
    of_each = count.shape[1]
    found = {}
    for row, number in enumerate(numbers):
        name = (*DURATIONS, *NUMBERS)[number]
        having = slice(*np.searchsorted(present, (row * of_each, (row + 1) * of_each)))
        timed = name in DURATIONS
        rows = durations[:, having] if timed else statistics.among(having).as_float()
        columns: dict[str, NDArray[np.generic]] = {f"{name}_count": count[row]}
        for key, values in zip(exact.STATISTICS, rows, strict=True):
            column = np.full(of_each, np.timedelta64("NaT", "ns") if timed else np.nan)
            column[present[having] - row * of_each] = values
            columns[f"{name}_{key}"] = column
        found[number] = columns
    return found


def _texts(texts: tuple[str | None, ...], codes: NDArray[np.int64]) -> pd.Series:
    """A column of Python strings and None, which pandas must not turn into NaN."""
    table = np.empty(len(texts), dtype=object)
    table[:] = texts
    return pd.Series(table[codes], dtype=object)
