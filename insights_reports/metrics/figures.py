"""Figures: the deployments of each series and interval, as numbers.

All statistics are computed from the deployments of the interval itself, never from other means
or percentiles. The values of each measure are sorted once; a split, range and granularity then
sorts one integer per deployment, made of its group and the place of its value.
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
from insights_reports.metrics.periods import interval_starts, whole_intervals
from insights_reports.metrics.splits import Lookups, Membership, membership
from insights_reports.metrics.zones import local_dates

DURATIONS = ("lead_time", "time_since_previous", "time_to_recovery")
NUMBERS = ("deployments_until_recovery",)
STATISTICS = ("mean", "median", "min", "max", "p90", "p95")

SUCCESSFUL, DEPLOYMENT_FAILURE, GUIDED, OTHER = range(4)
"""The outcomes of a deployment: one of them, always."""

NANOSECONDS_PER_TICK = 100
_NO_DAY = np.iinfo(np.int32).min
_FEW = 1 << 20  # groups that are always counted in an array with a place for each


def outcomes(deployments: pd.DataFrame, conventions: Conventions = DEFAULTS) -> NDArray[np.uint8]:
    """The outcome of each deployment, as one of the four numbers above.

    Successful: ``Success`` without a guided failure. Failed: ``Failed``, a state that the
    conventions count as failed, or ``Success`` with a guided failure. Every other state is
    neither (docs/insights/metrics).
    """
    states = deployments["task_state"].astype("category").array
    failing = {"Failed"} | conventions.count_as_failed
    known = {"Success": SUCCESSFUL} | dict.fromkeys(failing, DEPLOYMENT_FAILURE)
    table = [known.get(state, OTHER) for state in states.categories]
    outcome: NDArray[np.uint8] = np.array([*table, OTHER], dtype=np.uint8)[states.codes]
    guided = deployments["had_guided_failure"].to_numpy(dtype=bool)
    outcome[(outcome == SUCCESSFUL) & guided] = GUIDED
    return outcome


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
        days = np.where(np.isnat(dates), _NO_DAY, dates.view(np.int64)).astype(np.int32)
        self._days: NDArray[np.int32] = days
        self._outcomes = outcomes(deployments, conventions)
        self._measures = {
            name: _measure(deployments[name], days) for name in (*DURATIONS, *NUMBERS)
        }
        self._splits: dict[tuple[Split, str | None], tuple[Membership, _Cells]] = {}

    def under(self, conventions: Conventions) -> Self:
        """The same deployments under other conventions; what does not depend on them is shared."""
        other = copy(self)
        other.conventions = conventions
        if conventions.count_as_failed != self.conventions.count_as_failed:
            other._outcomes = outcomes(self._deployments, conventions)
            other._splits = {}
        return other

    def series(
        self, split: Split, tag_set: str | None = None
    ) -> tuple[tuple[str, str | None], ...]:
        """Key and name of every series with a deployment at any time, as the tables list them."""
        found, _ = self._prepared(split, tag_set)
        return tuple(zip(found.keys, found.names, strict=True))

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
        members, cells = self._prepared(split, tag_set)
        axis = _axis(start, end, granularity, self.conventions)
        chosen = cells.within(axis)
        groups, first = _runs(cells.codes[chosen] * len(axis.starts) + axis.of(cells.days[chosen]))
        columns = _counts(cells.counts[chosen], first)
        series, interval = np.divmod(groups, len(axis.starts))
        table: dict[str, object] = {
            "series_key": _names_of(members.keys, series),
            "series_name": _names_of(members.names, series),
            "start": axis.starts[interval],
            **columns,
        }
        for name in (*DURATIONS, *NUMBERS):
            table |= self._statistics(name, members, axis, groups)
        return pd.DataFrame(table)

    def _prepared(self, split: Split, tag_set: str | None) -> "tuple[Membership, _Cells]":
        key = (split, tag_set if split == "TenantTagSet" else None)
        if key not in self._splits:
            members = membership(self._deployments, split, self._lookups, tag_set)
            self._splits[key] = members, _cells(members, self._days, self._outcomes)
        return self._splits[key]

    def _statistics(
        self, name: str, members: Membership, axis: "_Axis", groups: NDArray[np.int64]
    ) -> dict[str, object]:
        measure = self._measures[name]
        present, sorted_groups = measure.grouped(members, axis)
        place = np.searchsorted(groups, present)
        count = np.zeros(len(groups), dtype=np.int64)
        count[place] = sorted_groups.count
        table: dict[str, object] = {f"{name}_count": count}
        for statistic, values in _summary(sorted_groups, self.conventions).items():
            spread = _spread_ticks if name in DURATIONS else _spread_numbers
            table[f"{name}_{statistic}"] = spread(values, place, len(groups))
        return table


@dataclass(frozen=True, slots=True)
class _Axis:
    """The intervals of a range: the interval of a day is ``index[day - low]``."""

    low: int
    high: int
    starts: NDArray[np.datetime64]
    index: NDArray[np.int64]

    def of(self, days: NDArray[np.int32]) -> NDArray[np.int64]:
        return self.index[days - self.low]


@dataclass(frozen=True, slots=True)
class _Cells:
    """How many deployments each series has on each day it has any: by series, then by day."""

    codes: NDArray[np.int64]
    days: NDArray[np.int32]
    counts: NDArray[np.int64]  # one column for each outcome

    def within(self, axis: _Axis) -> NDArray[np.bool_]:
        return (self.days >= axis.low) & (self.days < axis.high)


@dataclass(frozen=True, slots=True)
class _Measure:
    """The deployments that have a value: ``rank`` is its place in ``values``, which ascend."""

    rows: NDArray[np.intp]
    days: NDArray[np.int32]
    rank: NDArray[np.int64]
    values: NDArray[np.int64]

    def grouped(self, members: Membership, axis: _Axis) -> tuple[NDArray[np.int64], exact.Groups]:
        """The groups (series and interval) that have a value, and their values."""
        days, ranks = self.days, self.rank
        if members.rows is None:
            codes = members.codes[self.rows]
        else:
            place = np.full(int(members.rows.max(initial=-1)) + 1, -1, dtype=np.intp)
            inside = self.rows[self.rows < len(place)]
            place[inside] = np.arange(len(inside))
            pairs = place[members.rows]
            has_value = pairs >= 0
            pairs, codes = pairs[has_value], members.codes[has_value]
            days, ranks = days[pairs], ranks[pairs]
        chosen = (days >= axis.low) & (days < axis.high)
        if not chosen.all():
            codes, days, ranks = codes[chosen], days[chosen], ranks[chosen]
        bits = max(len(self.values) - 1, 0).bit_length()
        if (len(members.keys) * len(axis.starts)) << bits >= 1 << 63:
            raise OverflowError("too many series, intervals and deployments for one table")
        keys = codes * np.int64(len(axis.starts)) + axis.of(days)
        keys <<= bits
        keys |= ranks
        keys.sort()
        groups, first = _runs(keys >> bits)
        keys &= (1 << bits) - 1
        count = np.diff(first, append=len(keys))
        return groups, exact.Groups(self.values[keys], first, count)


def _measure(column: pd.Series, days: NDArray[np.int32]) -> _Measure:
    """The values of a column in ticks, or as the whole numbers they are."""
    dated = days != _NO_DAY
    if column.dtype.kind == "m":
        stored = column.dt.as_unit("ns").to_numpy(dtype="timedelta64[ns]")
        rows = np.flatnonzero(~np.isnat(stored) & dated)
        values = stored[rows].view(np.int64) // NANOSECONDS_PER_TICK
    else:
        numbers = column.to_numpy(dtype=np.float64)
        rows = np.flatnonzero(~np.isnan(numbers) & dated)
        values = numbers[rows].astype(np.int64)
        if (values != numbers[rows]).any():
            raise ValueError(f"{column.name} must hold whole numbers")
    order = np.argsort(values)
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return _Measure(rows, days[rows], rank, values[order])


def _axis(
    start: date, end: date, granularity: Granularity | None, conventions: Conventions
) -> _Axis:
    starts: tuple[date, ...] = (start,)
    if granularity is not None:
        if conventions.edge == "whole":
            start, end = whole_intervals(start, end, granularity, conventions.week_start)
        starts = interval_starts(start, end, granularity, conventions.week_start)
    low, high = _day(start), max(_day(end), _day(start))
    edges = np.array(starts, dtype="datetime64[s]")
    days = edges.astype("datetime64[D]").view(np.int64)
    index = np.searchsorted(days, np.arange(low, high), side="right") - 1
    return _Axis(low, high, edges, index)


def _day(day: date) -> int:
    return day.toordinal() - date(1970, 1, 1).toordinal()


def _cells(members: Membership, days: NDArray[np.int32], outcome: NDArray[np.uint8]) -> _Cells:
    codes = members.codes
    if members.rows is not None:
        days, outcome = days[members.rows], outcome[members.rows]
    dated = days != _NO_DAY
    if not dated.all():
        codes, days, outcome = codes[dated], days[dated], outcome[dated]
    low = int(days.min(initial=np.iinfo(np.int32).max))
    span = int(days.max(initial=low)) - low + 1
    keys = ((codes.astype(np.int64) * span + (days - low)) << 2) | outcome
    found, number = _tally(keys, len(members.keys) * span << 2)
    cells, first = _runs(found >> 2)
    counts = np.zeros((len(cells), 4), dtype=np.int64)
    counts[np.repeat(np.arange(len(cells)), np.diff(first, append=len(found))), found & 3] = number
    series, day = np.divmod(cells, span)
    return _Cells(series, (day + low).astype(np.int32), counts)


def _tally(keys: NDArray[np.int64], size: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The keys that occur, ascending, and how often each does; all are below ``size``."""
    if size > max(_FEW, 4 * len(keys)):
        return np.unique(keys, return_counts=True)
    counts = np.bincount(keys, minlength=1)
    found = np.flatnonzero(counts)
    return found, counts[found]


def _runs(ascending: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The distinct values of an ascending array and the position of the first of each."""
    first = np.flatnonzero(np.diff(ascending, prepend=-1))
    return ascending[first], first


def _counts(cells: NDArray[np.int64], first: NDArray[np.int64]) -> dict[str, object]:
    """The columns that count, from cells of one day each."""
    summed = _sums(cells, first)
    active = _sums((cells[:, SUCCESSFUL] > 0).astype(np.int64), first)
    successful, failure, guided, other = summed.T
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
        "active_days": active,
        "rate": rate,
    }


def _sums(values: NDArray[np.int64], first: NDArray[np.int64]) -> NDArray[np.int64]:
    """The sums of the runs that begin at ``first``."""
    return np.add.reduceat(values, first) if len(first) else values


def _summary(groups: exact.Groups, conventions: Conventions) -> dict[str, exact.Mixed]:
    def whole(values: NDArray[np.int64]) -> exact.Mixed:
        return exact.Mixed(values, np.zeros_like(values), 1)

    return {
        "mean": exact.mean(groups),
        "median": exact.percentile(groups, exact.MEDIAN, conventions.median),
        "min": whole(groups.min),
        "max": whole(groups.max),
        "p90": exact.percentile(groups, exact.P90, conventions.percentile),
        "p95": exact.percentile(groups, exact.P95, conventions.percentile),
    }


def _spread_ticks(
    values: exact.Mixed, place: NDArray[np.int64], size: int
) -> NDArray[np.timedelta64]:
    spread = np.full(size, np.timedelta64("NaT", "ns"))
    spread[place] = (values.rounded() * NANOSECONDS_PER_TICK).view("timedelta64[ns]")
    return spread


def _spread_numbers(
    values: exact.Mixed, place: NDArray[np.int64], size: int
) -> NDArray[np.float64]:
    spread = np.full(size, np.nan)
    spread[place] = values.as_float()
    return spread


def _names_of(names: tuple[str | None, ...], codes: NDArray[np.int64]) -> pd.Series:
    """A column of Python strings and None, which pandas must not turn into NaN."""
    table = np.empty(len(names), dtype=object)
    table[:] = names
    return pd.Series(table[codes], dtype=object)
