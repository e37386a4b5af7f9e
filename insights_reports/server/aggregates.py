"""The reply of `/metrics`: every figure of every series and interval, aggregated in SQL.

Durations and counts stay integers (ticks of 100 ns) until they are printed. Median and 95th
percentile interpolate linearly between the two neighbouring values; durations are then rounded to
whole seconds (half to even), as Octopus prints them.
"""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import NamedTuple

import orjson

from insights_reports.server.database import connect
from insights_reports.server.population import Population
from insights_reports.server.splits import ALL, Series
from insights_reports.server.statistics import NOTHING, Show, duration, number, statistics
from insights_reports.server.ticks import TICKS_PER_SECOND
from insights_reports.server.zones import Segment

_OUTCOMES = 4  # the values of `outcome` in `facts`

# A cell is one interval of one series. Cell and value are packed into one integer: SQLite sorts
# those several times faster than two columns. Cells are numbered interval by interval, the order in
# which `facts` is read, so that most of the sorting is already done. The row numbers of the sorted
# table are the places of the values.
_SORT = """
    CREATE TEMP TABLE sorted AS
    SELECT ((s.interval - :first_interval) * :width + c.series - :first_series) << :bits
           | {value} AS key
    FROM segments s
    CROSS JOIN facts f ON f.completed >= s.start AND f.completed < s.stop
    CROSS JOIN chosen c ON c.stream = f.stream_id
                       AND c.series BETWEEN :first_series AND :first_series + :width - 1
    WHERE s.interval BETWEEN :first_interval AND :last_interval AND {condition}
    ORDER BY key
"""
# The position of percentile p among n values is p * (n - 1), counted from 0; it lies between the
# values at the whole positions below and above. The sum is taken in two parts, because a sum of
# ticks can exceed 64 bits. Outcomes come before the values of their cell, each a group of its own.
_SUMMARISE = f"""
    WITH groups AS (
      SELECT (key >> :bits) * {_OUTCOMES + 1} + min(key & :mask, {_OUTCOMES}) AS kind,
             count(*) AS n,
             sum((key & :mask) / {TICKS_PER_SECOND}) AS seconds,
             sum((key & :mask) % {TICKS_PER_SECOND}) AS rest
      FROM sorted GROUP BY kind
    ),
    placed AS (SELECT *, 1 + sum(n) OVER (ORDER BY kind) - n AS at FROM groups)
    SELECT kind / {_OUTCOMES + 1} AS cell, kind % {_OUTCOMES + 1} AS outcome, n, seconds, rest,
           (SELECT key & :mask FROM sorted WHERE rowid = at) AS lowest,
           (SELECT key & :mask FROM sorted WHERE rowid = at + n - 1) AS highest,
           (SELECT key & :mask FROM sorted WHERE rowid = at + (n - 1) / 2) AS median_below,
           (SELECT key & :mask FROM sorted WHERE rowid = at + n / 2) AS median_above,
           (SELECT key & :mask FROM sorted WHERE rowid = at + 19 * (n - 1) / 20) AS p95_below,
           (SELECT key & :mask FROM sorted
            WHERE rowid = at + min(19 * (n - 1) / 20 + 1, n - 1)) AS p95_above
    FROM placed
"""
_KEY_BITS = 63
_WORKERS = min(os.cpu_count() or 1, 8)
_PARTS = 8  # of a range at least, so that the workers end at about the same time


@dataclass(frozen=True)
class _Measure:
    """A column of `facts`; `condition` chooses the rows that are sorted.

    With `counts`, a row without the measure is sorted by its outcome, so that the sorting which the
    percentiles need anyway counts the outcomes too. (A row with the measure is successful.)
    """

    column: str
    condition: str
    show: Show = duration
    counts: bool = False

    @property
    def value(self) -> str:
        """The expression to sort by: values above the outcomes."""
        above = f"f.{self.column} - :low + {_OUTCOMES}"
        return f"coalesce({above}, f.outcome)" if self.counts else above


# That f.recovery is not null is said in so many words for SQLite, which then reads the index of
# those rows alone. The slowest come first.
_MEASURES = {
    "TimeSincePreviousDeployment": _Measure("since_previous", "1", counts=True),
    "LeadTime": _Measure("lead_time", "f.lead_time IS NOT NULL"),
    "MeanTimeToRecovery": _Measure("recovery", "f.recovery IS NOT NULL"),
    "DeploymentsUntilRecovery": _Measure(
        "attempts", "f.recovery IS NOT NULL AND f.attempts IS NOT NULL", show=number
    ),
}


Cells = dict[int, str]  # the JSON of the statistics of each cell that has any
Counts = dict[int, list[int]]
_NO_DEPLOYMENTS = [0] * _OUTCOMES


def print_metrics(
    data: Path, population: Population, series: Series, segments: Sequence[Segment]
) -> bytes:
    """The JSON of the whole reply: a day of every project of a big space makes 50 MB of it.

    A series is in it when it has a deployment in the range; `All` always is.
    """
    aggregation = _Aggregation(data, population, series, segments)
    aggregation.run()
    width = len(series.names)
    present = {cell % width for cell in aggregation.counts}
    shown = sorted(present | ({0} if series.names == (ALL,) else set()))
    return b'{"Series":[' + b",".join(_series(aggregation, place) for place in shown) + b"]}"


def _series(aggregation: "_Aggregation", place: int) -> bytes:
    names = aggregation.series.names
    intervals = (
        _interval(day.isoformat(), n * len(names) + place, aggregation)
        for day, n in aggregation.intervals.items()
    )
    head = b'{"Name":' + orjson.dumps(names[place]) + b',"Intervals":['
    return head + ",".join(intervals).encode() + b"]}"


class _Block(NamedTuple):
    """Some cells: the intervals from `first_interval` on of `width` series."""

    first_series: int
    width: int
    first_interval: int
    last_interval: int


class _Aggregation:
    """The queries of one reply: each measure, block of cells by block."""

    def __init__(
        self, data: Path, population: Population, series: Series, segments: Sequence[Segment]
    ) -> None:
        self.data = data
        self.population = population
        self.series = series
        days = dict.fromkeys(segment.interval for segment in segments)
        self.intervals = {day: place for place, day in enumerate(days)}
        self.segments = [(self.intervals[s.interval], s.start, s.stop) for s in segments]
        self.columns: dict[str, Cells] = {name: {} for name in _MEASURES}
        self.counts: Counts = {}  # of each cell that has deployments, by outcome
        self._idle: SimpleQueue[sqlite3.Connection] = SimpleQueue()

    def run(self) -> None:
        """Fill `columns` and `counts`. SQLite works outside Python's lock, on several cores."""
        with ExitStack() as stack:
            for _ in range(_WORKERS):
                self._idle.put(stack.enter_context(closing(self._connect())))
            bounds = self._bounds()
            jobs = [
                (name, *bounds[measure.column], block)
                for name, measure in _MEASURES.items()
                for block in self._blocks(*bounds[measure.column])
            ]
            pool = stack.enter_context(ThreadPoolExecutor(_WORKERS))
            for _ in pool.map(lambda job: self._summarise(*job), jobs):
                pass

    def _bounds(self) -> dict[str, tuple[int, int]]:
        """The smallest and the largest value of each measure; (0, 0) when it has none."""
        sql = "SELECT measure, coalesce(low, 0), coalesce(high, 0) FROM bounds"
        with closing(connect(self.data)) as connection:
            return {name: (low, high) for name, low, high in connection.execute(sql)}

    def _blocks(self, low: int, high: int) -> Iterator[_Block]:
        """All cells, at most as many in a block as fit into a key beside the value."""
        capacity = 1 << (_KEY_BITS - _bits(low, high))
        series, intervals = len(self.series.names), len(self.intervals)
        width = max(min(series, capacity), 1)
        height = min(capacity // width, -(-intervals // _PARTS))
        for first_series in range(0, series, width):
            for first in range(0, intervals, height):
                yield _Block(first_series, width, first, first + height - 1)

    def _summarise(self, name: str, low: int, high: int, block: _Block) -> None:
        """Collect the statistics of a measure in the cells of a block."""
        measure, bits = _MEASURES[name], _bits(low, high)
        sort = _SORT.format(value=measure.value, condition=measure.condition)
        connection = self._idle.get()
        connection.execute(sort, block._asdict() | {"bits": bits, "low": low})
        rows = connection.execute(_SUMMARISE, {"bits": bits, "mask": (1 << bits) - 1}).fetchall()
        connection.execute("DROP TABLE sorted")
        self._idle.put(connection)
        found, every = self.columns[name], len(self.series.names)
        for in_block, outcome, n, *more in rows:
            interval, place = divmod(in_block, block.width)
            cell = (block.first_interval + interval) * every + block.first_series + place
            if outcome == _OUTCOMES:
                found[cell] = statistics(measure.show, low - _OUTCOMES, n, *more)
            if measure.counts:
                self.counts.setdefault(cell, [0] * _OUTCOMES)[outcome % _OUTCOMES] += n

    def _connect(self) -> sqlite3.Connection:
        """A connection with the segments of the range and the series of each chosen stream."""
        connection = connect(self.data)
        connection.row_factory = None
        connection.execute("PRAGMA secure_delete=OFF")  # or dropped tables are overwritten first
        connection.execute(
            "CREATE TEMP TABLE segments (interval INTEGER, start INTEGER PRIMARY KEY, stop INTEGER)"
        )
        connection.executemany("INSERT INTO segments VALUES (?, ?, ?)", self.segments)
        for table, key in (("members", "member"), ("chosen", "stream")):
            connection.execute(
                f"CREATE TEMP TABLE {table} ({key} INTEGER, series INTEGER, "
                f"PRIMARY KEY ({key}, series)) WITHOUT ROWID"
            )
        connection.executemany("INSERT INTO members VALUES (?, ?)", self.series.members)
        connection.execute(
            "INSERT INTO chosen SELECT t.id, m.series FROM streams t "
            f"JOIN members m ON m.member = t.{self.series.column} WHERE {Population.WHERE}",
            self.population.parameters,
        )
        return connection


def _bits(low: int, high: int) -> int:
    """The bits of a key that hold an outcome, or a value between the bounds."""
    return (high - low + _OUTCOMES).bit_length()


def _interval(day: str, cell: int, aggregation: _Aggregation) -> str:
    successful, failed, guided, _ = aggregation.counts.get(cell, _NO_DEPLOYMENTS)
    total = successful + failed + guided
    rate = number(failed + guided, total) if total else "null"
    measures = {name: found.get(cell, NOTHING) for name, found in aggregation.columns.items()}
    return (
        f'{{"StartOfInterval":"{day}","NumberOfSuccessfulDeployments":{successful},'
        f'"LeadTime":{measures["LeadTime"]},'
        f'"DeploymentFailureRate":{{"Successful":{successful},"DeploymentFailure":{failed},'
        f'"SuccessfulButHadGuidedFailure":{guided},"Total":{total},"Failed":{failed + guided},'
        f'"Rate":{rate}}},'
        f'"TimeSincePreviousDeployment":{measures["TimeSincePreviousDeployment"]},'
        f'"MeanTimeToRecovery":{measures["MeanTimeToRecovery"]},'
        f'"DeploymentsUntilRecovery":{measures["DeploymentsUntilRecovery"]}}}'
    )
