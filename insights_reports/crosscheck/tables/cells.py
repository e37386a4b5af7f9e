"""Figures as cells: a row for each series and interval, a column for each figure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from insights_reports.metrics.figures import FigureColumns
from insights_reports.spelling.figures import FIGURES, Column, Integers, Mask, empty_column
from insights_reports.spelling.terms import NANOSECONDS_PER_TICK, NULL

_COUNTS = tuple(number for number, figure in enumerate(FIGURES) if figure.kind == "count")
_SERIES = 1 << 40
"""Keys are ``series * _SERIES + day``; days since 1970 fit in far less, before 1970 too."""


@dataclass(frozen=True, eq=False)
class StatedCells:
    """``series`` numbers the series, ``start`` the days since 1970, ``columns`` follow FIGURES."""

    series: Integers
    start: Integers
    columns: tuple[Column, ...]

    def __len__(self) -> int:
        return len(self.series)

    @property
    def keys(self) -> Integers:
        return self.series * _SERIES + self.start

    def take(self, which: Integers | Mask) -> StatedCells:
        return StatedCells(
            self.series[which], self.start[which], tuple(column[which] for column in self.columns)
        )

    def renumbered(self, numbers: Integers) -> StatedCells:
        """The cells with other numbers of their series; those that have none (-1) are left out."""
        series = numbers[self.series]
        cells = StatedCells(series, self.start, self.columns)
        return cells.take(series >= 0) if len(series) and series.min() < 0 else cells

    def at(self, keys: Integers) -> tuple[Column, ...]:
        """The columns at ascending ``keys``; a key without a cell has no deployments.

        Every key of the cells, which are distinct, must be among ``keys``.
        """
        own = self.keys
        if np.array_equal(own, keys):
            return self.columns
        place = np.searchsorted(keys, own)
        columns = []
        for figure, column in zip(FIGURES, self.columns, strict=True):
            spread = empty_column(figure.kind, len(keys))
            spread[place] = column
            columns.append(spread)
        return tuple(columns)

    def among(self, keys: Integers) -> tuple[Column, ...]:
        """As `at`, for keys among which not every cell must be."""
        return self.take(np.isin(self.keys, keys)).at(keys)


def all_keys(one: Integers, other: Integers) -> Integers:
    """The distinct keys of two sides, ascending; nearly always one side has all those of both."""
    for some, all_of_them in ((one, other), (other, one)):
        if ascend(all_of_them) and len(all_of_them):
            place = np.minimum(np.searchsorted(all_of_them, some), len(all_of_them) - 1)
            if (all_of_them[place] == some).all():
                return all_of_them
    return np.union1d(one, other)


def ascend(keys: Integers) -> bool:
    """Whether each is greater than the one before."""
    return bool((keys[1:] > keys[:-1]).all())


def series_and_start(keys: Integers) -> tuple[Integers, Integers]:
    """The two halves of keys."""
    series = (keys + _SERIES // 2) // _SERIES
    return series, keys - series * _SERIES


def joined(parts: list[StatedCells]) -> StatedCells:
    """All the cells of the parts, which have none in common, one part after the other."""
    return StatedCells(
        np.concatenate([part.series for part in parts]),
        np.concatenate([part.start for part in parts]),
        tuple(
            np.concatenate([part.columns[number] for part in parts])
            for number in range(len(FIGURES))
        ),
    )


def from_columns(table: FigureColumns) -> StatedCells:
    """A table of figures, its series numbered as the tabulator lists them."""
    starts = table.start.astype("datetime64[D]").astype(np.int64)
    columns = tuple(_column(table.figures[figure.column]) for figure in FIGURES)
    return StatedCells(table.series, starts, columns)


def _column(values: npt.NDArray[np.generic]) -> Column:
    """The values of a column of figures; durations in ticks."""
    if values.dtype.kind == "f":
        return values.astype(np.float64, copy=False)
    if values.dtype.kind != "m":
        return values.astype(np.int64, copy=False)
    nanoseconds = values.view(np.int64)
    return np.where(nanoseconds == NULL, NULL, nanoseconds // NANOSECONDS_PER_TICK)


def signature(cells: StatedCells) -> bytes:
    """The same bytes for cells of one series with the same starts and counts."""
    order = np.argsort(cells.start)
    some = [cells.start, *(cells.columns[number] for number in _COUNTS)]
    busy = np.any([column[order] != 0 for column in some[1:]], axis=0)
    return b"".join(column[order][busy].tobytes() for column in some)
