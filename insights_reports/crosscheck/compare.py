"""One stated table beside ours: the same cells, column by column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, tzinfo
from typing import cast

import numpy as np
import pandas as pd

from insights_reports.crosscheck.conventions.counts import aligned_starts
from insights_reports.crosscheck.conventions.infer import Inferred, begin_of
from insights_reports.crosscheck.conventions.ranges import DateRange
from insights_reports.crosscheck.conventions.rounding import RateBase, Rounding
from insights_reports.crosscheck.pairing import pair
from insights_reports.crosscheck.tables.cells import (
    StatedCells,
    all_keys,
    ascend,
    from_columns,
    joined,
    series_and_start,
)
from insights_reports.crosscheck.tables.intervals import as_date, begins, day_number, ends
from insights_reports.metrics import (
    Conventions,
    Granularity,
    Lookups,
    Split,
    Tabulator,
    local_dates,
)
from insights_reports.spelling.figures import (
    FAILURE_RATE,
    FIGURES,
    POSITION,
    Column,
    Integers,
    Mask,
)
from insights_reports.spelling.stated import StatedTable

_RATE = POSITION[FAILURE_RATE, "Rate"]


@dataclass(frozen=True, eq=False)
class Compared:
    """The cells of one table, of either side or both.

    Attributes:
        series: our key and name of each series, then those that only Octopus states (key ``""``).
        cells: our figures; an interval or series that is ours no more than in name has zeros.
        stated: the stated columns of the same cells.
        agrees: a row for each figure, a column for each cell.
        keys: series and start of each cell as one number; see `cells.Cells`.
    """

    table: StatedTable
    range: DateRange
    series: tuple[tuple[str, str | None], ...]
    absent: frozenset[int]
    keys: Integers
    cells: StatedCells
    stated: tuple[Column, ...]
    agrees: Mask

    @property
    def granularity(self) -> Granularity:
        return cast(Granularity, self.table.source.granularity)

    @property
    def split(self) -> Split:
        return cast(Split, self.table.source.split)

    @property
    def tag_set(self) -> str | None:
        return self.table.source.tag_set

    @property
    def ends(self) -> Integers:
        """The day after each cell's interval."""
        return ends(self.cells.start, self.granularity)

    def against(self, ours: Sequence[Column], rounding: Rounding, which: Mask | Integers) -> Mask:
        """Whether the stated figures of some cells agree with other figures of ours."""
        return agreement([column[which] for column in self.stated], ours, rounding)


def agreement(stated: Sequence[Column], ours: Sequence[Column], rounding: Rounding) -> Mask:
    """A row for each figure, a column for each cell."""
    return np.stack(
        [
            rounding.agrees(figure, one, other)
            for figure, one, other in zip(FIGURES, stated, ours, strict=True)
        ]
    )


class OurTables:
    """Our figures for any table, computed once for each split and granularity.

    All the ranges of a split share the figures of whole intervals; the few intervals that a range
    cuts are computed again from the deployments of those days.
    """

    def __init__(
        self,
        deployments: pd.DataFrame,
        zone: tzinfo,
        lookups: Lookups,
        inferred: Inferred,
    ) -> None:
        self._deployments, self._zone, self._lookups = deployments, zone, lookups
        self._inferred = inferred
        self.days: Integers = local_dates(deployments, zone).view(np.int64)
        self._whole = self.tabulator(deployments)
        self._cut: dict[tuple[int, int, int | None], Tabulator] = {}
        self._latest: tuple[tuple[object, ...], StatedCells] | None = None
        bounds = [(day_number(one.start), day_number(one.end)) for one in inferred.ranges.values()]
        self._low = min((low for low, _ in bounds), default=0)
        self._high = max((high for _, high in bounds), default=0)

    @property
    def conventions(self) -> Conventions:
        """The conventions inferred, which all figures follow."""
        return self._inferred.conventions

    def tabulator(self, deployments: pd.DataFrame) -> Tabulator:
        """Any deployments, made ready under the conventions inferred."""
        return Tabulator(deployments, self._zone, self._lookups, self._inferred.conventions)

    def rows(self, low: int, high: int, first_instant: int | None = None) -> pd.DataFrame:
        """The deployments completed on the days ``[low, high)``, from an instant on."""
        chosen = (self.days >= low) & (self.days < high)
        if first_instant is not None:
            completed = self._deployments["completed"].dt.as_unit("ns")
            chosen &= completed.to_numpy(dtype="datetime64[ns]").view(np.int64) >= first_instant
        return self._deployments[chosen]

    def series(self, split: Split, tag_set: str | None) -> tuple[tuple[str, str | None], ...]:
        return self._whole.series(split, tag_set)

    def cells(self, table: StatedTable) -> StatedCells:
        """Our figures for a table, under the range inferred for it."""
        source = table.source
        split, granularity = cast(Split, source.split), cast(Granularity, source.granularity)
        of_range = self._inferred.ranges[source.time_range]
        whole = self._intervals(split, source.tag_set, granularity)
        low, high = day_number(of_range.start), day_number(of_range.end)
        inside = whole.take((ends(whole.start, granularity) > low) & (whole.start < high))
        if not of_range.clipped:
            return inside
        parts = [inside]
        for start, stop in self._clipped(of_range, granularity):
            begin = begin_of(start, granularity, self._inferred)
            parts[0] = parts[0].take(parts[0].start != begin)
            part = self.between(split, source.tag_set, start, stop, of_range.first_instant)
            parts.append(StatedCells(part.series, np.full(len(part), begin), part.columns))
        return joined(parts)

    def _intervals(
        self, split: Split, tag_set: str | None, granularity: Granularity
    ) -> StatedCells:
        """The cells of all whole intervals that any range meets. Only the latest are kept."""
        key = (split, tag_set, granularity)
        if self._latest is None or self._latest[0] != key:
            week_start = self._inferred.conventions.week_start
            edges = np.array([self._low, self._high - 1], dtype=np.int64)
            first, last = begins(edges, granularity, week_start)
            stop = ends(np.array([last]), granularity)[0]
            days = as_date(first), as_date(stop)
            self._latest = key, self.figures(self._whole, split, tag_set, *days, granularity)
        return self._latest[1]

    def _clipped(self, of_range: DateRange, granularity: Granularity) -> list[tuple[int, int]]:
        """The parts of intervals, as days, that are left of those that the range cuts."""
        low, high = day_number(of_range.start), day_number(of_range.end)
        week_start = self._inferred.conventions.week_start
        edges = np.array([low, high - 1], dtype=np.int64)
        first, last = begins(edges, granularity, week_start)
        stop, end = ends(np.array([first, last]), granularity)
        if first == last:
            return [(low, high)] if (first, stop) != (low, high) or of_range.first_instant else []
        parts = [(low, int(stop))] if first < low or of_range.first_instant is not None else []
        return parts + ([(int(last), high)] if end > high and high < self._high else [])

    def between(
        self,
        split: Split,
        tag_set: str | None,
        low: int,
        high: int,
        first_instant: int | None = None,
    ) -> StatedCells:
        """Our figures of the days ``[low, high)`` as one interval."""
        key = (low, high, first_instant)
        if key not in self._cut:
            self._cut[key] = self.tabulator(self.rows(*key))
        return self.figures(self._cut[key], split, tag_set, as_date(low), as_date(high), None)

    def as_in(
        self, tabulator: Tabulator, compared: Compared, cells: Integers
    ) -> tuple[Column, ...]:
        """The columns of some cells of a table, inside its range, from other deployments."""
        starts = compared.cells.start[cells]
        low, high = as_date(starts.min()), as_date(ends(starts, compared.granularity).max())
        if compared.range.clipped:
            low, high = max(low, compared.range.start), min(high, compared.range.end)
        days = low, max(low, high)
        ours = self.figures(
            tabulator, compared.split, compared.tag_set, *days, compared.granularity
        )
        return ours.among(compared.keys[cells])

    def figures(
        self,
        tabulator: Tabulator,
        split: Split,
        tag_set: str | None,
        start: date,
        end: date,
        granularity: Granularity | None,
    ) -> StatedCells:
        """The figures of some deployments as cells, with Rate as this server divides it.

        A series that our deployments do not have (it was there before they moved) is left out.
        """
        cells = from_columns(tabulator.columns(split, start, end, granularity, tag_set=tag_set))
        if tabulator is not self._whole:
            numbers = {key: number for number, (key, _) in enumerate(self.series(split, tag_set))}
            own = [numbers.get(key, -1) for key, _ in tabulator.series(split, tag_set)]
            cells = cells.renumbered(np.array(own, dtype=np.int64))
        if self._inferred.rounding.rate_base == RateBase():
            return cells
        columns = list(cells.columns)
        columns[_RATE] = self._inferred.rounding.rate_base.of_columns(cells.columns)
        return StatedCells(cells.series, cells.start, tuple(columns))


def compare(table: StatedTable, book: OurTables, inferred: Inferred) -> Compared:
    """Every figure that Octopus states or that we have in the range, beside its counterpart."""
    ours = book.cells(table)
    series = book.series(cast(Split, table.source.split), table.source.tag_set)
    starts = aligned_starts(table, inferred.conventions)
    stated = StatedCells(table.series, starts, table.columns)
    pairing = pair(table.names, stated, series, ours, inferred.rounding)
    renumbered = np.array(pairing.series, dtype=np.int64)
    stated = StatedCells(
        renumbered[table.series] if len(starts) else table.series, starts, table.columns
    )
    numbers, own = _distinct(stated, len(series) + len(table.names))
    extra = _extra_names(pairing.series, table.names, len(series)) + [
        ("", table.names[number]) for number in table.series[own]
    ]
    keys = all_keys(numbers.keys, ours.keys)
    columns, stated_columns = ours.at(keys), numbers.at(keys)
    return Compared(
        table,
        inferred.ranges[table.source.time_range],
        (*series, *extra),
        frozenset(pairing.absent),
        keys,
        StatedCells(*series_and_start(keys), columns),
        stated_columns,
        agreement(stated_columns, columns, inferred.rounding),
    )


def _extra_names(
    paired: tuple[int, ...], names: tuple[str | None, ...], ours: int
) -> list[tuple[str, str | None]]:
    """Key and name of the numbers from ``ours`` on, in their order."""
    extra: list[tuple[str, str | None]] = [("", None)] * len(names)
    for number, name in zip(paired, names, strict=True):
        if number >= ours:
            extra[number - ours] = ("", name)
    return extra


def _distinct(stated: StatedCells, free: int) -> tuple[StatedCells, Integers]:
    """The cells with an interval that its series states twice moved to a series of its own.

    Returns:
        The cells, and the rows that were moved, numbered from ``free`` on.
    """
    keys = stated.keys
    if ascend(keys):
        return stated, np.empty(0, dtype=np.int64)
    repeated = np.ones(len(stated), dtype=bool)
    repeated[np.unique(keys, return_index=True)[1]] = False
    rows: Integers = np.flatnonzero(repeated)
    series = stated.series.copy()
    series[rows] = free + np.arange(len(rows))
    return StatedCells(series, stated.start, stated.columns), rows
