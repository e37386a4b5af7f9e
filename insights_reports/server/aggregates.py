"""The reply of `/metrics`: every figure of every series and interval, aggregated in SQL.

Durations and counts stay integers (ticks of 100 ns) until they are printed. Median and 95th
percentile interpolate linearly between the two neighbouring values; durations are then rounded to
whole seconds (half to even), as Octopus prints them.
"""

import sqlite3
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

from insights_reports.server.database import connect
from insights_reports.server.population import Population
from insights_reports.server.splits import ALL, Series
from insights_reports.server.ticks import TICKS_PER_SECOND, print_duration
from insights_reports.server.zones import Segment

Document = dict[str, Any]
_DECIMALS = 5
_MEASURES = {
    "LeadTime": "lead_time",
    "TimeSincePreviousDeployment": "since_previous",
    "MeanTimeToRecovery": "recovery",
    "DeploymentsUntilRecovery": "attempts",
}

_OUTCOMES = ("successful", "failed", "guided", "neither")  # as numbered in `facts`
_ROWS = """
    FROM segments s
    CROSS JOIN facts f ON f.completed >= s.start AND f.completed < s.stop
    CROSS JOIN chosen c ON c.stream = f.stream_id
"""
# Cell and outcome, or cell and value, packed into one integer: SQLite sorts those several times
# faster than two columns.
_COUNT = f"""
    SELECT (c.series * :intervals + s.interval) * {len(_OUTCOMES)} + f.outcome AS key, count(*) AS n
    {_ROWS} GROUP BY key
"""
# The row numbers of the sorted table are the places of the values. That f.recovery is not null is
# said in so many words for SQLite, which then reads the index of those rows alone.
_SORT = f"""
    CREATE TEMP TABLE sorted AS
    SELECT (c.series * :intervals + s.interval - :first) << :bits | f.{{measure}} - :low AS key
    {_ROWS}
    WHERE f.{{measure}} IS NOT NULL {{more}}
      AND c.series * :intervals + s.interval BETWEEN :first AND :last
    ORDER BY key
"""
# The position of percentile p among n values is p * (n - 1), counted from 0; it lies between the
# values at the whole positions below and above. The sum is taken in two parts, because a sum of
# ticks can exceed 64 bits. Values are above :low throughout.
_SUMMARISE = f"""
    WITH cells AS (
      SELECT key >> :bits AS cell, count(*) AS n,
             sum((key & :mask) / {TICKS_PER_SECOND}) AS seconds,
             sum((key & :mask) % {TICKS_PER_SECOND}) AS rest
      FROM sorted GROUP BY key >> :bits
    ),
    placed AS (SELECT *, 1 + sum(n) OVER (ORDER BY cell) - n AS at FROM cells)
    SELECT cell + :first AS cell, n, seconds, rest,
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
_MORE = {"attempts": "AND f.recovery IS NOT NULL"}


@dataclass(frozen=True)
class Summary:
    """The exact statistics of one measure in one cell."""

    count: int
    mean: Fraction
    median: Fraction
    low: int
    high: int
    ninety_fifth: Fraction

    @classmethod
    def of(cls, row: sqlite3.Row, low: int) -> "Summary":
        """From a row of `_SUMMARISE`, whose values count from `low`."""
        n = row["n"]
        above = Fraction(19 * (n - 1) % 20, 20)
        return cls(
            n,
            low + Fraction(row["seconds"] * TICKS_PER_SECOND + row["rest"], n),
            low + Fraction(row["median_below"] + row["median_above"], 2),
            low + row["lowest"],
            low + row["highest"],
            low + row["p95_below"] * (1 - above) + row["p95_above"] * above,
        )


def metrics(
    data: Path, population: Population, series: Series, segments: Sequence[Segment]
) -> Document:
    """The whole reply. A series is in it when it has a deployment in the range; `All` always is."""
    aggregation = _Aggregation(data, population, series, segments)
    # SQLite works outside Python's lock, so that the measures are sorted on several cores.
    with ThreadPoolExecutor(2) as pool:
        tasks = {name: pool.submit(aggregation.summaries, m) for name, m in _MEASURES.items()}
        counts = pool.submit(aggregation.counts).result()
        columns = {name: task.result() for name, task in tasks.items()}
    width, nothing = len(aggregation.intervals), [0] * len(_OUTCOMES)
    present = {cell // width for cell in counts} | ({0} if series.names == (ALL,) else set())
    return {
        "Series": [
            {
                "Name": series.names[place],
                "Intervals": [
                    _interval(
                        day,
                        counts.get(place * width + n, nothing),
                        {name: cells.get(place * width + n) for name, cells in columns.items()},
                    )
                    for day, n in aggregation.intervals.items()
                ],
            }
            for place in sorted(present)
        ]
    }


class _Aggregation:
    """The queries of one reply, each on a connection of its own.

    A cell is one interval of one series, numbered series by series.
    """

    def __init__(
        self, data: Path, population: Population, series: Series, segments: Sequence[Segment]
    ) -> None:
        self.data = data
        self.population = population
        self.series = series
        days = dict.fromkeys(segment.interval for segment in segments)
        self.intervals = {day: place for place, day in enumerate(days)}
        self.segments = [(self.intervals[s.interval], s.start, s.stop) for s in segments]

    def counts(self) -> dict[int, list[int]]:
        """The deployments of each cell that has any, by outcome."""
        found: dict[int, list[int]] = {}
        with closing(self._connect()) as connection:
            for key, n in connection.execute(_COUNT, {"intervals": len(self.intervals)}):
                cell, outcome = divmod(key, len(_OUTCOMES))
                found.setdefault(cell, [0] * len(_OUTCOMES))[outcome] = n
        return found

    def summaries(self, measure: str) -> dict[int, Summary]:
        """The statistics of a measure in each cell that has one."""
        found: dict[int, Summary] = {}
        with closing(self._connect()) as connection:
            sql = "SELECT low, high FROM bounds WHERE measure = ?"
            low, high = connection.execute(sql, (measure,)).fetchone()
            if low is None:
                return found
            bits = (high - low).bit_length()
            batch = 1 << (_KEY_BITS - bits)  # as many cells as fit into a key beside the value
            cells = len(self.series.names) * len(self.intervals)
            for first in range(0, cells, batch):
                names = {"first": first, "bits": bits}
                sort = {"intervals": len(self.intervals), "low": low, "last": first + batch - 1}
                connection.execute(
                    _SORT.format(measure=measure, more=_MORE.get(measure, "")), names | sort
                )
                rows = connection.execute(_SUMMARISE, names | {"mask": (1 << bits) - 1})
                found |= {row["cell"]: Summary.of(row, low) for row in rows}
                connection.execute("DROP TABLE sorted")
        return found

    def _connect(self) -> sqlite3.Connection:
        """A connection with the segments of the range and the series of each chosen stream."""
        connection = connect(self.data)
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


def _interval(day: date, counts: list[int], summaries: dict[str, Summary | None]) -> Document:
    successful, failed, guided, _ = counts
    return {
        "StartOfInterval": day.isoformat(),
        "NumberOfSuccessfulDeployments": successful,
        "LeadTime": _durations(summaries["LeadTime"]),
        "DeploymentFailureRate": _failure_rate(successful, failed, guided),
        "TimeSincePreviousDeployment": _durations(summaries["TimeSincePreviousDeployment"]),
        "MeanTimeToRecovery": _durations(summaries["MeanTimeToRecovery"]),
        "DeploymentsUntilRecovery": _numbers(summaries["DeploymentsUntilRecovery"]),
    }


def _failure_rate(successful: int, failed: int, guided: int) -> Document:
    total = successful + failed + guided
    return {
        "Successful": successful,
        "DeploymentFailure": failed,
        "SuccessfulButHadGuidedFailure": guided,
        "Total": total,
        "Failed": failed + guided,
        "Rate": float(round(Fraction(failed + guided, total), _DECIMALS)) if total else None,
    }


def _durations(summary: Summary | None) -> Document:
    return _statistics(
        summary, lambda ticks: print_duration(round(ticks / TICKS_PER_SECOND) * TICKS_PER_SECOND)
    )


def _numbers(summary: Summary | None) -> Document:
    return _statistics(summary, lambda number: float(round(number, _DECIMALS)))


def _statistics(summary: Summary | None, show: Any) -> Document:
    names = ("Mean", "Median", "Min", "Max", "NinetyFifth")
    if summary is None:
        return {"Count": 0} | dict.fromkeys(names)
    values = (summary.mean, summary.median, summary.low, summary.high, summary.ninety_fifth)
    shown = (show(Fraction(value)) for value in values)
    return {"Count": summary.count} | dict(zip(names, shown, strict=True))
