"""The columns that are counted and measured, made ready to be grouped again and again.

The values of a measure are sorted once. A table of figures then sorts one integer per deployment,
made of its group and of the place of its value, and looks up only the few values that it shows.
Whatever can be added (counts and sums) is added up once per series and day, and from there to
longer intervals.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from insights_reports.metrics import exact
from insights_reports.metrics.conventions import DEFAULTS, Conventions
from insights_reports.metrics.splits import Membership

DURATIONS = ("lead_time", "time_since_previous", "time_to_recovery")
NUMBERS = ("deployments_until_recovery",)

SUCCESSFUL, DEPLOYMENT_FAILURE, GUIDED, OTHER = range(4)
"""The outcomes of a deployment: one of them, always."""

NANOSECONDS_PER_TICK = 100
NO_DAY = int(np.iinfo(np.int32).min)
"""The day of a deployment without a completion time."""

_DENSE = 1 << 20  # cells of series and days that always get a place each

Days = NDArray[np.int32]


def outcomes(deployments: pd.DataFrame, conventions: Conventions = DEFAULTS) -> NDArray[np.uint8]:
    """The outcome of each deployment, as one of the four numbers above.

    Successful: ``Success`` without a guided failure. Failed: ``Failed``, a state that the
    conventions count as failed, or ``Success`` with a guided failure. Every other state is
    neither (docs/insights/metrics).
    """
    states = deployments["task_state"].astype("category").array
    known = dict.fromkeys(conventions.count_as_failed, DEPLOYMENT_FAILURE)
    known |= {"Success": SUCCESSFUL, "Failed": DEPLOYMENT_FAILURE}
    table = [known.get(state, OTHER) for state in states.categories]
    outcome: NDArray[np.uint8] = np.array([*table, OTHER], dtype=np.uint8)[states.codes]
    guided = deployments["had_guided_failure"].to_numpy(dtype=bool)
    outcome[(outcome == SUCCESSFUL) & guided] = GUIDED
    return outcome


@dataclass(frozen=True, slots=True)
class Measure:
    """The deployments that have a value, by row.

    ``halves`` are both halves of the values (`exact.split`), in ticks or as counts; ``order`` lists
    the deployments by value, ascending; ``rank`` is the place of each in that list.
    """

    rows: NDArray[np.int32]
    days: Days
    halves: tuple[NDArray[np.int64], NDArray[np.int64]]
    order: NDArray[np.int32]
    rank: NDArray[np.int32]


def measure(column: pd.Series, days: Days) -> Measure:
    """The values of one column of the deployments table.

    Raises:
        ValueError: when a column of numbers holds one that is not whole.
    """
    if column.dtype.kind == "m":
        stored = column.dt.as_unit("ns").to_numpy(dtype="timedelta64[ns]")
        rows = np.flatnonzero(~np.isnat(stored) & (days != NO_DAY))
        values = stored[rows].view(np.int64) // NANOSECONDS_PER_TICK
    else:
        numbers = column.to_numpy(dtype=np.float64)
        rows = np.flatnonzero(~np.isnan(numbers) & (days != NO_DAY))
        values = numbers[rows].astype(np.int64)
        if (values != numbers[rows]).any():
            raise ValueError(f"{column.name} must hold whole numbers")
    order = np.argsort(values).astype(np.int32)
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order), dtype=np.int32)
    return Measure(rows.astype(np.int32), days[rows], exact.split(values), order, rank)


@dataclass(frozen=True, slots=True)
class Axis:
    """The intervals of a range of days (days since 1970): the interval of each day, by
    ``interval[day - low]``, and how many there are."""

    low: int
    high: int
    interval: NDArray[np.int64]
    intervals: int


@dataclass(frozen=True, slots=True)
class Entries:
    """The values of one measure in the series of one split: one entry for each value and series.

    ``rank`` is the place of the value in the measure, ``cell`` the place of its series and day in
    the split's cells.
    """

    measure: Measure
    rank: NDArray[np.int32]
    cell: NDArray[np.int32]

    def grouped(self, group: NDArray[np.int64], sums: NDArray[np.int64]) -> exact.Groups:
        """The values of each group that has one.

        Args:
            group: the group of each cell, ascending where it is not -1 (outside the range).
            sums: for each group that has a value the number of values, and both halves of their
                sum.
        """
        rank, cell = self.rank, self.cell
        if (group < 0).any():
            inside = (group >= 0)[cell]
            rank, cell = rank[inside], cell[inside]
        bits = len(self.measure.order).bit_length()
        keys = (group << bits)[cell]
        keys |= rank
        keys.sort()
        mask, order, halves = (1 << bits) - 1, self.measure.order, self.measure.halves

        def value_at(position: NDArray[np.int64]) -> NDArray[np.int64]:
            entry = order[keys[position] & mask]
            return exact.joined(halves[0][entry], halves[1][entry])

        count, upper, lower = sums.T
        return exact.Groups(value_at, np.cumsum(count) - count, count, upper, lower)


@dataclass(frozen=True, slots=True)
class Cells:
    """The deployments of one split, added up for each series and day that has any.

    Attributes:
        codes, days: the series and day of each cell, ordered by series, then by day.
        sums: a row for each cell. The columns: the deployments of each outcome, whether there is
            a successful one, and of each measure the number of values and both halves of their
            sum.
        entries: the values, by measure.
    """

    codes: NDArray[np.int32]
    days: Days
    sums: NDArray[np.int64]
    entries: dict[str, Entries]

    def grouped(self, axis: Axis) -> "Grouped":
        """The cells added up by series and interval."""
        inside = (self.days >= axis.low) & (self.days < axis.high)
        keys = self.codes[inside] * np.int64(axis.intervals)
        keys += axis.interval[self.days[inside] - axis.low]
        begins = np.diff(keys, prepend=-1) != 0
        group = np.full(len(inside), -1)
        group[inside] = np.cumsum(begins) - 1
        first = np.flatnonzero(begins)
        sums = self.sums[inside]
        added = np.add.reduceat(sums, first, axis=0) if len(first) else sums
        series, interval = np.divmod(keys[first], axis.intervals)
        return Grouped(series, interval, added, group)


@dataclass(frozen=True, slots=True)
class Grouped:
    """The groups (series and interval) that have a deployment, ascending; ``sums`` as in `Cells`,
    ``group`` is the group of each cell, -1 outside the range."""

    series: NDArray[np.int64]
    interval: NDArray[np.int64]
    sums: NDArray[np.int64]
    group: NDArray[np.int64]

    def measured(
        self, number: int, entries: Entries
    ) -> tuple[NDArray[np.int64], NDArray[np.intp], exact.Groups]:
        """How many values of a measure each group has, which groups have one, and their values.

        ``number`` is the measure's place among the entries of the cells.
        """
        column = FIRST_MEASURE + 3 * number
        sums = self.sums[:, column : column + 3]
        present = np.flatnonzero(sums[:, 0])
        return sums[:, 0], present, entries.grouped(self.group, sums[present])


FIRST_MEASURE = 5
"""The column of `Cells.sums` with which the measures begin."""


def cells(
    members: Membership,
    days: Days,
    outcome: NDArray[np.uint8],
    measures: Mapping[str, Measure],
) -> Cells:
    """The deployments in the series they count in; one without a completion time in none."""
    rows, codes = members.rows, members.codes
    if (days == NO_DAY).any():
        rows = np.arange(len(days)) if rows is None else rows
        dated = days[rows] != NO_DAY
        rows, codes = rows[dated], codes[dated]
    if rows is not None:
        days, outcome = days[rows], outcome[rows]
    code, day, cell = _numbered(codes, days, len(members.keys))
    outcomes_of = np.bincount(cell * np.int64(4) + outcome, minlength=4 * len(code)).reshape(-1, 4)
    sums = [*outcomes_of.T, outcomes_of[:, SUCCESSFUL] > 0]
    entries = {}
    for name, measure in measures.items():
        entries[name], added = _entries(measure, rows, cell, len(code))
        sums += added
    return Cells(code, day, np.column_stack(sums).astype(np.int64, copy=False), entries)


def _entries(
    measure: Measure, rows: NDArray[np.intp] | None, cell: NDArray[np.int32], number_of_cells: int
) -> tuple[Entries, list[NDArray[np.int64]]]:
    """The entries of a measure, and their three sums by cell."""
    rank, halves = measure.rank, measure.halves
    if rows is None:
        cell = cell[measure.rows]
    else:
        place = np.full(int(rows.max(initial=-1)) + 1, -1, dtype=np.int32)
        inside = np.searchsorted(measure.rows, len(place))
        place[measure.rows[:inside]] = np.arange(inside, dtype=np.int32)
        found = place[rows]
        cell, found = cell[found >= 0], found[found >= 0]
        rank, halves = rank[found], (halves[0][found], halves[1][found])
    sums = [np.bincount(cell, minlength=number_of_cells)]
    for half in halves:
        total = np.zeros(number_of_cells, dtype=np.int64)
        np.add.at(total, cell, half)
        sums.append(total)
    return Entries(measure, rank, cell), sums


def _numbered(
    codes: NDArray[np.int32], days: Days, series: int
) -> tuple[NDArray[np.int32], Days, NDArray[np.int32]]:
    """The series and day of each cell that occurs, and the cell of each deployment."""
    low = int(days.min(initial=np.iinfo(np.int32).max))
    span = int(days.max(initial=low)) - low + 1
    number = codes * np.int64(span)
    number += days - low
    if series * span > max(_DENSE, 4 * len(codes)):
        occupied, cell = np.unique(number, return_inverse=True)
    else:
        occupied = np.flatnonzero(np.bincount(number, minlength=series * span))
        place = np.zeros(series * span, dtype=np.int32)
        place[occupied] = np.arange(len(occupied), dtype=np.int32)
        cell = place[number]
    code, day = np.divmod(occupied, span)
    return (
        code.astype(np.int32),
        (day + low).astype(np.int32),
        cell.astype(np.int32, copy=False),
    )
