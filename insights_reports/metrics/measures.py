"""The columns that are counted and measured, made ready to be grouped again and again.

The values of a measure are sorted once. A table of figures then sorts one integer per deployment,
made of its group and of the place of its value, and looks up only the few values that it shows.
Whatever can be added (counts and sums) is added up once per series and day, and from there to
longer intervals.
"""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from insights_reports.metrics import exact
from insights_reports.metrics.conventions import DEFAULTS, Conventions
from insights_reports.metrics.splits import Membership
from insights_reports.spelling.terms import NANOSECONDS_PER_TICK

DURATIONS = ("lead_time", "time_since_previous", "time_to_recovery")
NUMBERS = ("deployments_until_recovery",)

SUCCESSFUL, DEPLOYMENT_FAILURE, GUIDED, OTHER = range(4)
"""The outcomes of a deployment: one of them, always."""

NO_DAY = int(np.iinfo(np.int32).min)
"""The day of a deployment without a completion time."""

_DENSE = 1 << 20  # cells of series and days that always get a place each
_MANY = 1 << 17  # deployments, or values of them, from which on two threads pay

Days = NDArray[np.int32]
T = TypeVar("T")
R = TypeVar("R")


def outcome_of(state: str, guided: bool, conventions: Conventions = DEFAULTS) -> int:
    """The outcome of a deployment, as one of the four numbers above.

    Successful: ``Success`` without a guided failure. Failed: ``Failed``, a state that the
    conventions count as failed, or ``Success`` with a guided failure. Every other state is
    neither (docs/insights/metrics).
    """
    if state == "Success":
        return GUIDED if guided else SUCCESSFUL
    return DEPLOYMENT_FAILURE if state in conventions.count_as_failed | {"Failed"} else OTHER


def outcomes(deployments: pd.DataFrame, conventions: Conventions = DEFAULTS) -> NDArray[np.uint8]:
    """The outcome of each deployment (`outcome_of`); one without a state is neither."""
    states = deployments["task_state"].astype("category").array
    names = [*states.categories, ""]
    table = np.array(
        [[outcome_of(name, guided, conventions) for guided in (False, True)] for name in names],
        dtype=np.uint8,
    )
    guided = deployments["had_guided_failure"].to_numpy(dtype=bool)
    found: NDArray[np.uint8] = table[states.codes, guided.view(np.int8)]
    return found


@dataclass(frozen=True, slots=True)
class Measure:
    """The values of one measure, in ticks or as counts.

    Attributes:
        ascending: the values, sorted.
        rows: the deployments that have one, ascending.
        rank: the place of each one's value in ``ascending``.
    """

    ascending: NDArray[np.int64]
    rows: NDArray[np.int32]
    rank: NDArray[np.uint32]


def measured(deployments: pd.DataFrame, days: Days) -> tuple[Measure, ...]:
    """The measures of `DURATIONS` and `NUMBERS`.

    Raises:
        ValueError: when a column of numbers holds one that is not whole.
    """
    columns = [deployments[name] for name in (*DURATIONS, *NUMBERS)]
    return tuple(spread(lambda column: _measure(column, days), columns, len(days)))


def _measure(column: pd.Series, days: Days) -> Measure:
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
    order = np.argsort(values)
    rank = np.empty(len(order), dtype=np.uint32)
    rank[order] = np.arange(len(order), dtype=np.uint32)
    return Measure(values[order], rows.astype(np.int32), rank)


def spread(function: Callable[[T], R], items: Iterable[T], deployments: int) -> list[R]:
    """The function's results; of many deployments, by two threads (numpy works without the GIL)."""
    if deployments < _MANY:
        return [function(item) for item in items]
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(function, items))


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

    ``rank`` is the place of the value among the measure's ascending ones, ``cell`` the place of its
    series and day in the split's cells.
    """

    ascending: NDArray[np.int64]
    rank: NDArray[np.uint32]
    cell: NDArray[np.int32]

    def sorted_by(
        self, group: NDArray[np.int64], groups: int
    ) -> Callable[[NDArray[np.int64]], NDArray[np.int64]]:
        """The values by group and, within a group, ascending: a function of their positions.

        Args:
            group: the group of each cell, ascending where it is not -1 (outside the range).
            groups: how many groups there are.
        """
        rank, cell = self.rank, self.cell
        if len(group) and group.min() < 0:
            inside = (group >= 0)[cell]
            rank, cell = rank[inside], cell[inside]
        bits = len(self.ascending).bit_length()
        narrow = groups << bits <= 1 << 32
        keys: NDArray[Any] = (group << bits).astype(np.uint32 if narrow else np.uint64)[cell]
        keys |= rank
        keys.sort()
        keys &= keys.dtype.type((1 << bits) - 1)
        ascending = self.ascending

        def value_at(position: NDArray[np.int64]) -> NDArray[np.int64]:
            few = position.size <= len(keys)  # otherwise one look-up of every value costs less
            values: NDArray[np.int64] = (
                ascending[keys[position]] if few else ascending[keys][position]
            )
            return values

        return value_at


@dataclass(frozen=True, slots=True)
class Cells:
    """The deployments of one split, added up for each series and day that has any.

    Attributes:
        codes, days: the series and day of each cell, ordered by series, then by day.
        totals: running totals, a column before each cell and one after the last. The rows: the
            deployments of each outcome, whether there is a successful one, and of each measure the
            number of values and both halves of their sum.
        entries: the values, by measure.
    """

    codes: NDArray[np.int32]
    days: Days
    totals: NDArray[np.int64]
    entries: tuple[Entries, ...]

    def grouped(self, axis: Axis) -> "Grouped":
        """The cells added up by series and interval."""
        inside = np.flatnonzero((self.days >= axis.low) & (self.days < axis.high))
        keys = self.codes[inside] * np.int64(axis.intervals)
        keys += axis.interval[self.days[inside] - axis.low]
        begins = np.diff(keys, prepend=-1) != 0
        group = np.full(len(self.days), -1)
        group[inside] = np.cumsum(begins) - 1
        first = np.flatnonzero(begins)
        last = np.flatnonzero(np.diff(keys, append=-1) != 0)
        # The cells of a group lie side by side, so that two running totals give its sums.
        sums = self.totals[:, inside[last] + 1] - self.totals[:, inside[first]]
        series, interval = np.divmod(keys[first], axis.intervals)
        return Grouped(series, interval, sums, group)


@dataclass(frozen=True, slots=True)
class Grouped:
    """The groups (series and interval) that have a deployment, ascending; ``sums`` has the rows
    of `Cells.totals`, ``group`` is the group of each cell, -1 outside the range."""

    series: NDArray[np.int64]
    interval: NDArray[np.int64]
    sums: NDArray[np.int64]
    group: NDArray[np.int64]

    def measured(
        self, entries: tuple[Entries, ...], numbers: Sequence[int]
    ) -> tuple[NDArray[np.int64], NDArray[np.intp], exact.Groups]:
        """The values of some measures, each measure's groups after those of the one before.

        Args:
            entries: those of all measures.
            numbers: the measures, by their place in ``entries``.

        Returns:
            How many values of each measure each group has (a row for each measure), which of these
            have any (places in that table, row after row), and their values.
        """
        added = self.sums[FIRST_MEASURE:].reshape(len(entries), 3, -1)[list(numbers)]
        count, upper, lower = added.transpose(1, 0, 2)
        present = np.flatnonzero(count)
        values = [entries[number].sorted_by(self.group, len(self.series)) for number in numbers]
        borders = np.searchsorted(present, np.arange(1, len(numbers)) * len(self.series))

        def value_at(position: NDArray[np.int64]) -> NDArray[np.int64]:
            parts = zip(values, np.split(position, borders, axis=-1), strict=True)
            return np.concatenate([value(part) for value, part in parts], axis=-1)

        first = np.cumsum(count, axis=1) - count
        groups = (table.ravel()[present] for table in (first, count, upper, lower))
        return count, present, exact.Groups(value_at, *groups)


def shares(values: int) -> tuple[tuple[int, ...], ...]:
    """The measures, by place, to compute at once: of few values all, of many half of them each."""
    return ((0, 1, 2, 3),) if values < _MANY else ((0, 2), (1, 3))


FIRST_MEASURE = 5
"""The row of `Cells.totals` with which the measures begin."""


def cells(
    members: Membership, days: Days, outcome: NDArray[np.uint8], measures: tuple[Measure, ...]
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
    outcomes_of = np.bincount(cell * 4 + outcome, minlength=4 * len(code)).reshape(-1, 4)
    sums, entries = [*outcomes_of.T, outcomes_of[:, SUCCESSFUL] > 0], []
    for one, added in spread(
        lambda measure: _entries(measure, rows, cell, len(code)), measures, len(days)
    ):
        entries.append(one)
        sums += added
    totals = np.zeros((len(sums), len(code) + 1), dtype=np.int64)
    np.cumsum(sums, axis=1, out=totals[:, 1:])
    return Cells(code, day, totals, tuple(entries))


def _entries(
    measure: Measure, rows: NDArray[np.intp] | None, cell: NDArray[np.int32], number_of_cells: int
) -> tuple[Entries, list[NDArray[np.int64]]]:
    """The entries of a measure, and their three sums by cell."""
    rank = measure.rank
    if rows is None:
        cell = cell[measure.rows]
    else:
        place = np.full(int(rows.max(initial=-1)) + 1, -1, dtype=np.int32)
        inside = np.searchsorted(measure.rows, len(place))
        place[measure.rows[:inside]] = np.arange(inside, dtype=np.int32)
        found = place[rows]
        having = found >= 0
        cell, found = cell[having], found[having]
        rank = rank[found]
    sums = [np.bincount(cell, minlength=number_of_cells)]
    for half in exact.split(measure.ascending[rank]):
        total = np.zeros(number_of_cells, dtype=np.int64)
        np.add.at(total, cell, half)
        sums.append(total)
    return Entries(measure.ascending, rank, cell), sums


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
    return code.astype(np.int32), (day + low).astype(np.int32), cell.astype(np.int32, copy=False)
