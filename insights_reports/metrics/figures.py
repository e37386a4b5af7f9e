"""Figures: the deployments of each series and interval, as numbers.

All statistics are computed from the deployments of the interval itself, never from other means
or percentiles.
"""

from copy import copy
from dataclasses import dataclass
from datetime import date, tzinfo
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from insights_reports.metrics import exact
from insights_reports.metrics.conventions import DEFAULTS, Conventions, Granularity, Split
from insights_reports.metrics.measures import (
    DURATIONS,
    NANOSECONDS_PER_TICK,
    NO_DAY,
    NUMBERS,
    SUCCESSFUL,
    Axis,
    Cells,
    Entries,
    entries,
    measure,
    outcome_cells,
    outcomes,
)
from insights_reports.metrics.periods import interval_starts, whole_intervals
from insights_reports.metrics.splits import Lookups, Membership, membership
from insights_reports.metrics.zones import local_dates

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
        self._measures = {
            name: measure(deployments[name], self._days) for name in (*DURATIONS, *NUMBERS)
        }
        self._prepared: dict[tuple[Split, str | None], _Prepared] = {}

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
        members = self._prepare(split, tag_set).members
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
        prepared = self._prepare(split, tag_set)
        starts, axis = _axis(start, end, granularity, self.conventions)
        groups, columns = _counts(prepared.counts, axis)
        series, interval = np.divmod(groups, axis.intervals)
        table: dict[str, object] = {
            "series_key": _texts(prepared.members.keys, series),
            "series_name": _texts(prepared.members.names, series),
            "start": starts[interval],
            **columns,
        }
        for name, values in prepared.entries.items():
            table |= _statistics(name, values, axis, groups, self.conventions)
        return pd.DataFrame(table)

    def _prepare(self, split: Split, tag_set: str | None) -> "_Prepared":
        key = (split, tag_set if split == "TenantTagSet" else None)
        found = self._prepared.get(key)
        if found is None:
            members = membership(self._deployments, split, self._lookups, tag_set)
            found = _Prepared(
                members,
                outcome_cells(members, self._days, self._outcomes),
                {name: entries(values, members) for name, values in self._measures.items()},
            )
            self._prepared = dict([*self._prepared.items()][1 - _KEPT :]) | {key: found}
        return found


@dataclass(frozen=True, slots=True)
class _Prepared:
    """What all tables of one split share."""

    members: Membership
    counts: Cells
    entries: dict[str, Entries]


def _axis(
    start: date, end: date, granularity: Granularity | None, conventions: Conventions
) -> tuple[NDArray[np.datetime64], Axis]:
    """The starts of the intervals, and the axis of days they lie on."""
    starts: tuple[date, ...] = (start,)
    if granularity is not None:
        if conventions.edge == "whole":
            start, end = whole_intervals(start, end, granularity, conventions.week_start)
        starts = interval_starts(start, end, granularity, conventions.week_start)
    edges = np.array(starts, dtype="datetime64[s]")
    low, high = (int(np.datetime64(day, "D").astype(np.int64)) for day in (start, end))
    days = edges.astype("datetime64[D]").astype(np.int64)
    interval = np.searchsorted(days, np.arange(low, high), side="right") - 1
    return edges, Axis(low, high, interval, max(len(starts), 1))


def _counts(cells: Cells, axis: Axis) -> tuple[NDArray[np.int64], dict[str, NDArray[np.generic]]]:
    """The groups that have a deployment, and the columns that count and rate them."""
    active = (cells.sums[:, [1 + SUCCESSFUL]] > 0).astype(np.int64)
    with_days = Cells(cells.codes, cells.days, np.hstack([cells.sums, active]))
    groups, sums, _ = with_days.grouped(axis)
    _, successful, failure, guided, other, active_days = sums.T
    failed = failure + guided
    total = successful + failed
    rate = np.full(len(total), np.nan)
    np.divide(failed, total, out=rate, where=total > 0)
    return groups, {
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
    name: str,
    values: Entries,
    axis: Axis,
    groups: NDArray[np.int64],
    conventions: Conventions,
) -> dict[str, NDArray[np.generic]]:
    """The columns of one measure: its count and statistics in each of the ``groups``."""
    present, measured = values.grouped(axis)
    place = np.searchsorted(groups, present)
    count = np.zeros(len(groups), dtype=np.int64)
    count[place] = measured.count
    table: dict[str, NDArray[np.generic]] = {f"{name}_count": count}
    for statistic, mixed in _summary(measured, conventions).items():
        if name in DURATIONS:
            column = np.full(len(groups), np.timedelta64("NaT", "ns"))
            column[place] = (mixed.rounded() * NANOSECONDS_PER_TICK).view("timedelta64[ns]")
        else:
            column = np.full(len(groups), np.nan)
            column[place] = mixed.as_float()
        table[f"{name}_{statistic}"] = column
    return table


def _summary(groups: exact.Groups, conventions: Conventions) -> dict[str, exact.Mixed]:
    return {
        "mean": exact.mean(groups),
        "median": exact.percentile(groups, exact.MEDIAN, conventions.median),
        "min": exact.whole(groups.min),
        "max": exact.whole(groups.max),
        "p90": exact.percentile(groups, exact.P90, conventions.percentile),
        "p95": exact.percentile(groups, exact.P95, conventions.percentile),
    }


def _texts(texts: tuple[str | None, ...], codes: NDArray[np.int64]) -> pd.Series:
    """A column of Python strings and None, which pandas must not turn into NaN."""
    table = np.empty(len(texts), dtype=object)
    table[:] = texts
    return pd.Series(table[codes], dtype=object)
