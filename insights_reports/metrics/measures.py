"""The columns that are counted and measured, made ready to be grouped again and again.

The values of a measure are sorted once. A table of figures then sorts one integer per deployment,
made of its group and of the place of its value, and looks up only the few values that it shows.
Whatever can be added (counts and sums) is added up once per series and day, and from there to
longer intervals.
"""

from collections.abc import Sequence
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
class Axis:
    """The intervals of a range of days (days since 1970): the interval of each day, by
    ``interval[day - low]``, and how many there are."""

    low: int
    high: int
    interval: NDArray[np.int64]
    intervals: int

    def within(self, days: Days) -> NDArray[np.bool_]:
        return (days >= self.low) & (days < self.high)

    def groups(self, codes: NDArray[np.int32], days: Days) -> NDArray[np.int64]:
        """The group of each series and day: its series x ``intervals`` + its interval."""
        groups = codes * np.int64(self.intervals)
        groups += self.interval[days - self.low]
        return groups


@dataclass(frozen=True, slots=True)
class Cells:
    """Sums for each series and day that has an entry, ordered by series, then by day.

    ``sums`` has a row for each cell and a column for each thing that is added up.
    """

    codes: NDArray[np.int32]
    days: Days
    sums: NDArray[np.int64]

    def grouped(self, axis: Axis) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """The groups that have a cell in the range, ascending, their sums, and the place of each
        cell's group among them (-1: the cell is outside the range)."""
        inside = axis.within(self.days)
        groups = axis.groups(self.codes[inside], self.days[inside])
        begins = np.diff(groups, prepend=-1) != 0
        place = np.full(len(inside), -1)
        place[inside] = np.cumsum(begins) - 1
        first = np.flatnonzero(begins)
        sums = self.sums[inside]
        return groups[first], np.add.reduceat(sums, first, axis=0) if len(first) else sums, place


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
class Entries:
    """The values of one measure in the series of one split: one entry for each value and series.

    ``cell`` is the entry's place in ``cells``, which add up three columns: how many values, and
    both halves of their sum.
    """

    measure: Measure
    rank: NDArray[np.int32]
    cell: NDArray[np.int32]
    cells: Cells

    def grouped(self, axis: Axis) -> tuple[NDArray[np.int64], exact.Groups]:
        """The groups that have a value in the range, ascending, and their values."""
        groups, sums, place = self.cells.grouped(axis)
        count, upper, lower = sums.T
        rank, cell = self.rank, self.cell
        if (place < 0).any():
            inside = (place >= 0)[cell]
            rank, cell = rank[inside], cell[inside]
        bits = len(self.measure.order).bit_length()
        keys = (place << bits)[cell]
        keys |= rank
        keys.sort()
        mask, order, halves = (1 << bits) - 1, self.measure.order, self.measure.halves

        def value_at(position: NDArray[np.int64]) -> NDArray[np.int64]:
            entry = order[keys[position] & mask]
            return exact.joined(halves[0][entry], halves[1][entry])

        return groups, exact.Groups(value_at, np.cumsum(count) - count, count, upper, lower)


def entries(measure: Measure, members: Membership) -> Entries:
    """The measure's values in the series that their deployments count in."""
    days, rank, halves = measure.days, measure.rank, measure.halves
    if members.rows is None:
        codes = members.codes[measure.rows]
    else:
        place = np.full(int(members.rows.max(initial=-1)) + 1, -1, dtype=np.int32)
        inside = np.searchsorted(measure.rows, len(place))
        place[measure.rows[:inside]] = np.arange(inside, dtype=np.int32)
        found = place[members.rows]
        codes = members.codes[found >= 0]
        found = found[found >= 0]
        days, rank, halves = days[found], rank[found], (halves[0][found], halves[1][found])
    cells, cell = _cells(codes, days, len(members.keys), halves)
    return Entries(measure, rank, cell, cells)


def outcome_cells(members: Membership, days: Days, outcome: NDArray[np.uint8]) -> Cells:
    """How many deployments there are in all, and of each outcome: five columns."""
    codes = members.codes
    if members.rows is not None:
        days, outcome = days[members.rows], outcome[members.rows]
    dated = days != NO_DAY
    if not dated.all():
        codes, days, outcome = codes[dated], days[dated], outcome[dated]
    addends = [(outcome == number).astype(np.int64) for number in range(4)]
    return _cells(codes, days, len(members.keys), addends)[0]


def _cells(
    codes: NDArray[np.int32], days: Days, series: int, addends: Sequence[NDArray[np.int64]]
) -> tuple[Cells, NDArray[np.int32]]:
    """The cells of entries, and the place of each entry's cell.

    The cells' columns are the number of entries and the sum of each addend.
    """
    low = int(days.min(initial=np.iinfo(np.int32).max))
    span = int(days.max(initial=low)) - low + 1
    number = codes * np.int64(span)
    number += days - low
    if series * span > max(_DENSE, 4 * len(codes)):
        occupied, number = np.unique(number, return_inverse=True)
        count = np.bincount(number, minlength=len(occupied))
    else:
        count = np.bincount(number, minlength=series * span)
        occupied = np.flatnonzero(count)
        place = np.zeros(len(count), dtype=np.int32)
        place[occupied] = np.arange(len(occupied), dtype=np.int32)
        number, count = place[number], count[occupied]
    sums = np.empty((len(occupied), len(addends) + 1), dtype=np.int64)
    sums[:, 0] = count
    for column, addend in enumerate(addends, start=1):
        total = np.zeros(len(occupied), dtype=np.int64)
        np.add.at(total, number, addend)
        sums[:, column] = total
    code, day = np.divmod(occupied, span)
    cells = Cells(code.astype(np.int32), (day + low).astype(np.int32), sums)
    return cells, number.astype(np.int32, copy=False)
