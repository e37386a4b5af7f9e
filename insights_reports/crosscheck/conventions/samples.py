"""A bounded sample of stated statistics beside ours by every percentile method.

Rounding and percentile methods are inferred on it: small enough to try every candidate, of the
newest intervals of each range, by day before by week before by
month.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo
from typing import cast, get_args

import numpy as np
import pandas as pd

from insights_reports.crosscheck.conventions.counts import aligned_starts
from insights_reports.crosscheck.conventions.ranges import DateRange
from insights_reports.crosscheck.tables.cells import StatedCells, from_columns, signature
from insights_reports.crosscheck.tables.intervals import as_date, begins, day_number, ends
from insights_reports.metrics import (
    Conventions,
    Granularity,
    Lookups,
    Split,
    Tabulator,
    local_dates,
)
from insights_reports.metrics.conventions import PercentileMethod
from insights_reports.spelling.figures import FIGURES, POSITION, Column, Integers, Kind, Mask
from insights_reports.spelling.stated import StatedTable
from insights_reports.spelling.terms import GRANULARITIES

METHODS: tuple[PercentileMethod, ...] = get_args(PercentileMethod)
_ROWS_PER_TABLE = 10_000
_ROWS = 40_000
_NAMELESS = 100
_TABLES = 8


@dataclass(frozen=True, eq=False)
class Sample:
    """Some cells of one table: the stated columns, and ours by percentile method."""

    stated: tuple[Column, ...]
    ours: dict[PercentileMethod, tuple[Column, ...]]

    def pairs(
        self, kind: Kind, statistic: str, method: PercentileMethod = "linear"
    ) -> Iterator[tuple[Column, Column]]:
        """A statistic of each metric of a kind, stated and ours, where both have as many values."""
        for number, figure in enumerate(FIGURES):
            if (figure.kind, figure.statistic) == (kind, statistic):
                yield self.pair(number, method)

    def pair(self, number: int, method: PercentileMethod) -> tuple[Column, Column]:
        """The same of one figure, by its place in ``FIGURES``."""
        same = self._same_count(FIGURES[number].metric)
        return self.stated[number][same], self.ours[method][number][same]

    def _same_count(self, metric: str) -> Mask:
        count = POSITION[metric, "Count"]
        ours = self.ours["linear"][count]
        same: Mask = (ours > 0) & (self.stated[count] == ours)
        return same


def samples(
    tables: Sequence[StatedTable],
    deployments: pd.DataFrame,
    zone: tzinfo,
    lookups: Lookups,
    conventions: Conventions,
    ranges: Mapping[str, DateRange],
) -> Iterator[Sample]:
    """Samples of as many tables as the bound on rows allows."""
    days = local_dates(deployments, zone).view(np.int64)
    left = _ROWS
    for table in _telling(tables, ranges):
        newest = _newest(table, days, conventions, ranges[table.source.time_range])
        if left > 0 and newest is not None:
            rows = np.flatnonzero((days >= newest[0]) & (days < newest[1]))
            left -= len(rows)
            tabulator = Tabulator(deployments.iloc[rows], zone, lookups, conventions)
            yield _sample(table, tabulator, newest)


def _telling(tables: Sequence[StatedTable], ranges: Mapping[str, DateRange]) -> list[StatedTable]:
    """Few tables of many kinds: of each split and granularity the longest range alone."""
    longest: dict[tuple[str, str | None, str], StatedTable] = {}
    for table in sorted(tables, key=lambda one: ranges[one.source.time_range].start):
        source = table.source
        longest.setdefault((source.split, source.tag_set, source.granularity), table)
    order = sorted(
        longest.values(),
        key=lambda one: (one.source.split != "None", GRANULARITIES.index(one.source.granularity)),
    )
    return order[:_TABLES]


def _newest(
    table: StatedTable, days: Integers, conventions: Conventions, of_range: DateRange
) -> tuple[int, int] | None:
    """The days of the newest intervals of the range with few enough deployments."""
    granularity = cast(Granularity, table.source.granularity)
    low, high = day_number(of_range.start), day_number(of_range.end)
    inside = days[(days >= low) & (days < high)]
    found, number = np.unique(
        begins(inside, granularity, conventions.week_start), return_counts=True
    )
    if of_range.first_instant is not None:  # its first interval is cut within a day
        found, number = found[found >= low], number[found >= low]
    if not len(found):
        return None
    newest = np.cumsum(number[::-1])[::-1] <= _ROWS_PER_TABLE
    first = found[newest][0] if newest.any() else found[-1]
    first = max(first, low) if of_range.clipped else first
    return int(first), int(ends(found[-1:], granularity)[0])


def _sample(table: StatedTable, tabulator: Tabulator, days: tuple[int, int]) -> Sample:
    split, granularity = (
        cast(Split, table.source.split),
        cast(Granularity, table.source.granularity),
    )
    series = tabulator.series(split, table.source.tag_set)
    ours = {}
    for method in METHODS:
        conventions = replace(tabulator.conventions, median=method, percentile=method)
        columns = tabulator.under(conventions).columns(
            split, as_date(days[0]), as_date(days[1]), granularity, tag_set=table.source.tag_set
        )
        ours[method] = from_columns(columns)
    starts = aligned_starts(table, tabulator.conventions)
    begin = begins(np.array(days[:1]), granularity, tabulator.conventions.week_start)[0]
    inside = (starts >= begin) & (starts < days[1])
    stated = StatedCells(table.series, starts, table.columns).take(inside)
    stated = _paired(stated, table.names, [name for _, name in series], ours["linear"])
    common = np.intersect1d(stated.keys, ours["linear"].keys, assume_unique=True)
    return Sample(
        stated.among(common), {method: cells.among(common) for method, cells in ours.items()}
    )


def _paired(
    stated: StatedCells,
    stated_names: Sequence[str | None],
    names: list[str | None],
    ours: StatedCells,
) -> StatedCells:
    """The stated cells by our numbers of their series: those whose name is the only one of its kind
    on both sides, and those that alone have the same counts."""
    single = {name: at for at, name in enumerate(names) if name and names.count(name) == 1}
    theirs = [name if stated_names.count(name) == 1 else None for name in stated_names]
    left = [number for number, name in enumerate(theirs) if name not in single]
    free = [at for at, name in enumerate(names) if at not in single.values()]
    place = np.array([single.get(name or "", -1) for name in theirs], dtype=np.int64)
    for number, at in _of_same_counts(stated, left, ours, free).items():
        place[number] = at
    stated = (
        StatedCells(place[stated.series], stated.start, stated.columns) if len(place) else stated
    )
    first = np.zeros(len(stated), dtype=bool)
    first[np.unique(stated.keys, return_index=True)[1]] = True
    return stated.take(first & (stated.series >= 0))


def _of_same_counts(
    stated: StatedCells, left: list[int], ours: StatedCells, free: list[int]
) -> dict[int, int]:
    """The only series on each side with some counts; more than _NAMELESS are not looked at."""
    if max(len(left), len(free)) > _NAMELESS:
        return {}
    sides = [
        {number: signature(cells.take(cells.series == number)) for number in some}
        for cells, some in ((stated, left), (ours, free))
    ]
    often = [Counter(side.values()) for side in sides]
    own = {mark: at for at, mark in sides[1].items() if mark and often[1][mark] == 1}
    return {
        number: own[mark]
        for number, mark in sides[0].items()
        if mark in own and often[0][mark] == 1
    }
