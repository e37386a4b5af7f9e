"""The reply of `/metrics`: every figure of every series and interval.

A cell is one interval of one series. Durations and counts stay integers (ticks of 100 ns) until
they are printed; durations are then rounded to whole seconds, as Octopus prints them, and other
numbers to five decimals.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import orjson

from insights_reports.server.columns import Columns, Integers, Positions
from insights_reports.server.population import Population
from insights_reports.server.splits import ALL, Series
from insights_reports.server.statistics import Unit, rounded, summarise
from insights_reports.server.texts import (
    Text,
    beside,
    constant,
    digits,
    durations,
    either,
    lines,
    numbers,
)
from insights_reports.server.ticks import TICKS_PER_SECOND
from insights_reports.server.zones import Segment

_OUTCOMES = 4  # the values of `outcome` in `facts`
_SECONDS = Unit(1, TICKS_PER_SECOND)
_HUNDRED_THOUSANDTHS = Unit(100_000, 1)
_LINES = 4096  # that are printed at once, or those of one series if that has more
_START = b"\1"  # stands before the first interval of a series until the series are parted


@dataclass(frozen=True)
class _Kind:
    """How the statistics of a column are rounded and printed."""

    column: str
    unit: Unit = _SECONDS
    show: Callable[[Integers], Text] = durations


_KINDS = {
    "LeadTime": _Kind("lead_time"),
    "TimeSincePreviousDeployment": _Kind("since_previous"),
    "MeanTimeToRecovery": _Kind("recovery"),
    "DeploymentsUntilRecovery": _Kind("attempts", _HUNDRED_THOUSANDTHS, numbers),
}
_NOTHING = '{"Count":0,"Mean":null,"Median":null,"Min":null,"Max":null,"NinetyFifth":null}'


def print_metrics(
    connection: sqlite3.Connection,
    columns: Columns,
    population: Population,
    series: Series,
    segments: Sequence[Segment],
) -> bytes:
    """The JSON of the whole reply: a day of every project of a big space makes 50 MB of it.

    A series is in it when it has a deployment in the range; `All` always is.
    """
    days = list(dict.fromkeys(segment.interval for segment in segments))
    rows, intervals = _in_range(columns, days, segments)
    rows, intervals, places = _in_series(
        rows, intervals, columns.streams[rows], _layers(connection, population, series)
    )
    present = np.bincount(places, minlength=len(series.names)) > 0
    present |= series.names == (ALL,)
    cells = (np.cumsum(present) - 1)[places] * len(days) + intervals
    shown = [name for name, is_shown in zip(series.names, present, strict=True) if is_shown]
    figures = _Figures(columns, rows, cells, len(shown) * len(days))
    return b'{"Series":[' + b",".join(_print(figures, shown, days)) + b"]}"


def _in_range(
    columns: Columns, days: list[date], segments: Sequence[Segment]
) -> tuple[Positions, Positions]:
    """The rows of `columns` in the range, and the place of each one's interval among `days`."""
    first = np.searchsorted(columns.completed, [segment.start for segment in segments])
    stop = np.searchsorted(columns.completed, [segment.stop for segment in segments])
    place_of = {day: place for place, day in enumerate(days)}
    places = np.array([place_of[segment.interval] for segment in segments], np.int32)
    return np.arange(first[0], stop[-1], dtype=np.int32), np.repeat(places, stop - first)


def _layers(
    connection: sqlite3.Connection, population: Population, series: Series
) -> list[Positions]:
    """By stream, the place of its series, -1 for none; another layer for each further series."""
    places: dict[int, list[int]] = {}
    for member, place in series.members:
        places.setdefault(member, []).append(place)
    streams = connection.execute(
        f"SELECT t.id, t.{series.column} FROM streams t WHERE {Population.WHERE}",
        population.parameters,
    ).fetchall()
    (last,) = connection.execute("SELECT coalesce(max(id), 0) FROM streams").fetchone()
    layers = [
        np.full(last + 1, -1, np.int32) for _ in range(max(map(len, places.values()), default=0))
    ]
    for stream, member in streams:
        for depth, place in enumerate(places.get(member, ())):
            layers[depth][stream] = place
    return layers


def _in_series(
    rows: Positions, intervals: Positions, streams: Positions, layers: list[Positions]
) -> tuple[Positions, Positions, Positions]:
    """(row, interval, series) once for each series that a row belongs to."""
    found = [(layer[streams], layer[streams] >= 0) for layer in layers]
    none = np.empty(0, np.int32)
    return (
        np.concatenate([none, *(rows[has] for _, has in found)]),
        np.concatenate([none, *(intervals[has] for _, has in found)]),
        np.concatenate([none, *(places[has] for places, has in found)]),
    )


class _Figures:
    """What is printed of each cell, as text columns."""

    def __init__(self, columns: Columns, rows: Positions, cells: Integers, count: int) -> None:
        outcomes = cells * _OUTCOMES + columns.outcomes[rows]
        self._outcomes = np.bincount(outcomes, minlength=count * _OUTCOMES).reshape(-1, _OUTCOMES)
        self._statistics = {
            name: summarise(columns.measures[kind.column], rows, cells, kind.unit)
            for name, kind in _KINDS.items()
        }

    def counts(self, start: int, stop: int) -> tuple[Integers, Integers, Integers]:
        """Successful, failed and guided deployments of the cells from `start` to `stop`."""
        successful, failed, guided, _ = self._outcomes[start:stop].T
        return successful, failed, guided

    def statistics(self, name: str, start: int, stop: int) -> Text:
        """The statistics of a measure in these cells."""
        found, kind = self._statistics[name], _KINDS[name]
        here = slice(*np.searchsorted(found.cells, (start, stop)))
        has = np.zeros(stop - start, np.bool_)
        has[found.cells[here] - start] = True
        pieces = [constant('{"Count":'), digits(found.counts[here])]
        for figure, values in found.figures.items():
            pieces += [constant(f',"{figure}":'), kind.show(values[here])]
        text = beside([*pieces, constant("}")], len(found.cells[here]))
        return either(has, text, _NOTHING)


def _print(figures: _Figures, names: list[str | None], days: list[date]) -> Iterator[bytes]:
    """The JSON of each series."""
    at_once = max(_LINES // len(days), 1)
    for first in range(0, len(names), at_once):
        some = names[first : first + at_once]
        text = lines(_intervals(figures, first, len(some), days), len(some) * len(days))
        for name, intervals in zip(some, text.split(_START)[1:], strict=True):
            yield b'{"Name":' + orjson.dumps(name) + b',"Intervals":[' + intervals + b"]}"


def _intervals(figures: _Figures, first: int, count: int, days: list[date]) -> Iterator[Text]:
    """The text columns of all intervals of `count` series from the place `first` on."""
    start, stop = first * len(days), (first + count) * len(days)
    successful, failed, guided = figures.counts(start, stop)
    openings = b"".join([_START, *(b"," for _ in days[1:])])
    yield np.tile(np.frombuffer(openings, np.uint8)[:, np.newaxis], (count, 1))
    yield constant('{"StartOfInterval":"')
    yield np.tile(np.concatenate([constant(day.isoformat()) for day in days]), (count, 1))
    yield constant('","NumberOfSuccessfulDeployments":')
    yield digits(successful)
    yield constant(',"LeadTime":')
    yield figures.statistics("LeadTime", start, stop)
    yield constant(',"DeploymentFailureRate":')
    yield _failure_rate(successful, failed, guided)
    for name in ("TimeSincePreviousDeployment", "MeanTimeToRecovery", "DeploymentsUntilRecovery"):
        yield constant(f',"{name}":')
        yield figures.statistics(name, start, stop)
    yield constant("}")


def _failure_rate(successful: Integers, failed: Integers, guided: Integers) -> Text:
    total = successful + failed + guided
    has = total > 0
    rates = rounded((failed + guided)[has] * 100_000, total[has])
    counts = {
        "Successful": successful,
        "DeploymentFailure": failed,
        "SuccessfulButHadGuidedFailure": guided,
        "Total": total,
        "Failed": failed + guided,
    }
    pieces = [constant("{")]
    for name, values in counts.items():
        pieces += [constant(f'"{name}":'), digits(values), constant(",")]
    pieces += [constant('"Rate":'), either(has, numbers(rates), "null"), constant("}")]
    return beside(pieces, len(total))
