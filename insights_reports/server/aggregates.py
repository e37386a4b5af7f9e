"""The reply of `/metrics`: every figure of every series and interval, aggregated in SQL.

Durations and counts stay integers (ticks of 100 ns) until they are printed. Median and 95th
percentile interpolate linearly between the two neighbouring values; durations are then rounded to
whole seconds (half to even), as Octopus prints them.
"""

import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any, NamedTuple

from insights_reports.server.database import connect
from insights_reports.server.population import Population
from insights_reports.server.splits import ALL, Series
from insights_reports.server.ticks import TICKS_PER_SECOND
from insights_reports.server.zones import Segment

Document = dict[str, Any]
_DECIMALS = 100_000  # numbers have five decimals
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
        "attempts", "f.recovery IS NOT NULL AND f.attempts IS NOT NULL"
    ),
}


class Summary(NamedTuple):
    """The exact statistics of one measure in one cell, each as (numerator, denominator)."""

    n: int
    mean: tuple[int, int]
    median: tuple[int, int]
    low: tuple[int, int]
    high: tuple[int, int]
    ninety_fifth: tuple[int, int]

    @classmethod
    def of(cls, low: int, row: tuple[int, ...]) -> "Summary":
        """From the columns of `_SUMMARISE` from `n` on, whose values count from `low`."""
        n, seconds, rest, lowest, highest, median_below, median_above, below, above = row
        weight = 19 * (n - 1) % 20
        return cls(
            n,
            (low * n + seconds * TICKS_PER_SECOND + rest, n),
            (2 * low + median_below + median_above, 2),
            (low + lowest, 1),
            (low + highest, 1),
            (20 * low + below * (20 - weight) + above * weight, 20),
        )


Cells = dict[int, Summary]
Counts = dict[int, list[int]]
_NO_DEPLOYMENTS = [0] * _OUTCOMES
_NOTHING: Document = {"Count": 0} | dict.fromkeys(("Mean", "Median", "Min", "Max", "NinetyFifth"))


def metrics(
    data: Path, population: Population, series: Series, segments: Sequence[Segment]
) -> Document:
    """The whole reply. A series is in it when it has a deployment in the range; `All` always is."""
    aggregation = _Aggregation(data, population, series, segments)
    aggregation.run()
    counts, columns, width = aggregation.counts, aggregation.columns, len(series.names)
    intervals = [(day.isoformat(), n) for day, n in aggregation.intervals.items()]
    present = {cell % width for cell in counts} | ({0} if series.names == (ALL,) else set())
    return {
        "Series": [
            {
                "Name": series.names[place],
                "Intervals": [
                    _interval(day, n * width + place, counts, columns) for day, n in intervals
                ],
            }
            for place in sorted(present)
        ]
    }


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
                found[cell] = Summary.of(low - _OUTCOMES, (n, *more))
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


def _interval(day: str, cell: int, counts: Counts, columns: dict[str, Cells]) -> Document:
    successful, failed, guided, _ = counts.get(cell, _NO_DEPLOYMENTS)
    return {
        "StartOfInterval": day,
        "NumberOfSuccessfulDeployments": successful,
        "LeadTime": _statistics(columns["LeadTime"].get(cell), _duration),
        "DeploymentFailureRate": _failure_rate(successful, failed, guided),
        "TimeSincePreviousDeployment": _statistics(
            columns["TimeSincePreviousDeployment"].get(cell), _duration
        ),
        "MeanTimeToRecovery": _statistics(columns["MeanTimeToRecovery"].get(cell), _duration),
        "DeploymentsUntilRecovery": _statistics(
            columns["DeploymentsUntilRecovery"].get(cell), _number
        ),
    }


def _failure_rate(successful: int, failed: int, guided: int) -> Document:
    total = successful + failed + guided
    return {
        "Successful": successful,
        "DeploymentFailure": failed,
        "SuccessfulButHadGuidedFailure": guided,
        "Total": total,
        "Failed": failed + guided,
        "Rate": _number(failed + guided, total) if total else None,
    }


def _statistics(summary: Summary | None, show: Callable[[int, int], Any]) -> Document:
    if summary is None:
        return _NOTHING
    return {
        "Count": summary.n,
        "Mean": show(*summary.mean),
        "Median": show(*summary.median),
        "Min": show(*summary.low),
        "Max": show(*summary.high),
        "NinetyFifth": show(*summary.ninety_fifth),
    }


def _duration(ticks: int, divisor: int) -> str:
    seconds = _rounded(ticks, divisor * TICKS_PER_SECOND)
    minutes, second = divmod(abs(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{'-' if seconds < 0 else ''}{hours}:{minute:02d}:{second:02d}.0"


def _number(number: int, divisor: int) -> float:
    return _rounded(number * _DECIMALS, divisor) / _DECIMALS


def _rounded(numerator: int, denominator: int) -> int:
    """The quotient as a whole number, half to even. (Fraction does it ten times slower.)"""
    whole, rest = divmod(numerator, denominator)
    twice = 2 * rest
    return whole + (twice > denominator or (twice == denominator and whole % 2 == 1))
