"""What is judged, counted once for all series of a split: deployments, failures and values in the
cells of series (rows) and intervals (columns)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from insights_reports.edition.closed import own_calendars
from insights_reports.edition.values import Metric

if TYPE_CHECKING:
    from insights_reports.edition.facts import Facts, Slices

Ints = NDArray[np.int64]
_NULL = np.iinfo(np.int64).min
DURATIONS = (Metric.LEAD_TIME, Metric.TIME_TO_RECOVERY)


@dataclass(frozen=True, slots=True)
class Members:
    """The deployments of a split that count: their rows (positions) and series."""

    rows: NDArray[np.intp]
    series: NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Measured:
    """The values of one measure, in ticks, cell after cell (series x columns + interval); those of
    cell ``n`` begin at ``begin[n]``."""

    ticks: Ints
    begin: NDArray[np.intp]

    @property
    def sizes(self) -> Ints:
        """How many values each cell has."""
        return np.diff(self.begin).astype(np.int64)


@dataclass(frozen=True, slots=True)
class Counted:
    """Counts in cells of series (rows) and intervals (columns); ``opened`` are the deployments of
    open days, which are all days where there is no calendar."""

    total: Ints
    opened: Ints
    failed: Ints
    rework: Ints
    measured: dict[Metric, Measured]

    @property
    def shape(self) -> tuple[int, int]:
        rows, columns = self.total.shape
        return rows, columns

    @property
    def closed(self) -> Ints:
        """The deployments of days that are not open."""
        return self.total - self.opened

    def sizes(self, metric: Metric) -> Ints:
        """How many values of a measure each cell has."""
        return self.measured[metric].sizes.reshape(self.shape)

    def values(self, metric: Metric, series: int, intervals: Sequence[int]) -> Ints:
        """The values of one series in those intervals."""
        found, columns = self.measured[metric], self.shape[1]
        cells = [series * columns + at for at in intervals]
        some = [found.ticks[found.begin[cell] : found.begin[cell + 1]] for cell in cells]
        return np.concatenate(some) if some else np.zeros(0, dtype=np.int64)

    def above(self, metric: Metric, medians: NDArray[np.float64]) -> NDArray[np.float64]:
        """How many values of each cell lie above the median of their series; equal ones are
        halves."""
        found, (series, columns) = self.measured[metric], self.shape
        cells = np.repeat(np.arange(series * columns, dtype=np.int32), found.sizes)
        median = medians[cells // columns]
        weight = (found.ticks > median) + 0.5 * (found.ticks == median)
        flat = np.bincount(cells, weight, minlength=series * columns).astype(np.float64)
        return flat.reshape(self.shape)


def _measured(cells: NDArray[np.int32], ticks: Ints, shape: tuple[int, int]) -> Measured:
    present = np.flatnonzero(ticks != _NULL)
    own = cells[present]
    values = ticks[present[np.argsort(own, kind="stable")]]
    begin = np.zeros(shape[0] * shape[1] + 1, dtype=np.intp)
    np.cumsum(_cells(own, shape).ravel(), out=begin[1:])
    return Measured(values, begin)


def _cells(cells: NDArray[np.int32], shape: tuple[int, int]) -> Ints:
    return np.bincount(cells, minlength=shape[0] * shape[1]).reshape(shape).astype(np.int64)


def counted(
    facts: "Facts",
    slices: "Slices",
    starts: Sequence[date],
    end: date,
    chosen: NDArray[np.bool_] | None = None,
) -> Counted:
    """The counts of all series of ``slices`` in the intervals that begin at ``starts`` and follow
    one another up to ``end``; of the ``chosen`` deployments alone, if some are chosen.

    Failures and durations are those of every day, open or not.
    """
    reworked = facts.counted & facts.reworked  # first: to find it takes as much room as all below
    members = facts.members(slices)
    edges = np.array([*starts, end], dtype="datetime64[D]")
    begun = np.searchsorted(edges, facts.days.astype("datetime64[D]"), side="right")
    column = begun.astype(np.int32) - 1
    inside = (column >= 0) & (column < len(starts)) & ~np.isnat(facts.days)
    if chosen is not None:
        inside &= chosen
    shape = (len(slices), len(starts))
    within = inside[members.rows]
    rows, series = members.rows[within], members.series[within]
    cells = series * np.int32(shape[1]) + column[rows]

    def of(mask: NDArray[np.bool_]) -> Ints:
        return _cells(cells[mask[rows]], shape)

    measured = {}
    for metric in DURATIONS:
        ticks = facts.ticks(metric)[rows]
        measured[metric] = _measured(cells, ticks, shape)
    total = of(facts.counted)
    own = own_calendars(facts, slices)
    opened = total
    if own is not None:
        every = np.arange(edges[0], edges[-1])
        is_open = np.array([calendar.open(every) for calendar in own.calendars])
        day = (facts.days[rows].astype("datetime64[D]") - edges[0]).astype(np.intp)
        opened = _cells(cells[facts.counted[rows] & is_open[own.number[series], day]], shape)
    return Counted(total, opened, of(facts.failed), of(reworked), measured)
