"""The reply of `/metrics`: every figure of every series and interval, aggregated in SQL.

Durations and counts stay integers (ticks of 100 ns) until they are printed. Median and 95th
percentile interpolate linearly between the two neighbouring values; durations are then rounded to
whole seconds (half to even), as Octopus prints them.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from insights_reports.server.population import Population
from insights_reports.server.splits import Series
from insights_reports.server.ticks import TICKS_PER_SECOND, print_duration
from insights_reports.server.zones import Segment

Document = dict[str, Any]
_Cell = tuple[int, int]  # series, interval: positions in the reply
_DECIMALS = 5
_MEASURES = {
    "LeadTime": "lead_time",
    "TimeSincePreviousDeployment": "since_previous",
    "MeanTimeToRecovery": "recovery",
    "DeploymentsUntilRecovery": "attempts",
}

_CHOOSE = """
    CREATE TEMP TABLE chosen AS
    SELECT m.series, s.interval, f.outcome, f.lead_time, f.since_previous, f.recovery, f.attempts
    FROM segments s
    CROSS JOIN facts f ON f.completed >= s.start AND f.completed < s.stop
    JOIN members m ON m.member = f.{column}
    WHERE {where}
"""
_COUNT = """
    SELECT series, interval, sum(outcome = 0) AS successful, sum(outcome = 1) AS failed,
           sum(outcome = 2) AS guided
    FROM chosen GROUP BY series, interval
"""
# The positions of the percentile p among n values are p * (n - 1) and the next, counted from 0. The
# sum is taken in two parts, because a sum of ticks can exceed 64 bits.
_SUMMARISE = f"""
    SELECT series, interval, n,
           sum(value / {TICKS_PER_SECOND}) AS seconds, sum(value % {TICKS_PER_SECOND}) AS rest,
           min(value) AS low, max(value) AS high,
           max(value) FILTER (WHERE place = (n - 1) / 2) AS median_below,
           max(value) FILTER (WHERE place = n / 2) AS median_above,
           max(value) FILTER (WHERE place = 19 * (n - 1) / 20) AS p95_below,
           max(value) FILTER (WHERE place = min(19 * (n - 1) / 20 + 1, n - 1)) AS p95_above
    FROM (SELECT series, interval, {{measure}} AS value,
                 row_number() OVER (PARTITION BY series, interval ORDER BY {{measure}}) - 1
                   AS place,
                 count(*) OVER (PARTITION BY series, interval) AS n
          FROM chosen WHERE {{measure}} IS NOT NULL)
    GROUP BY series, interval
"""


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
    def of(cls, row: sqlite3.Row) -> "Summary":
        """From a row of `_SUMMARISE`."""
        n = row["n"]
        above = Fraction(19 * (n - 1) % 20, 20)
        return cls(
            n,
            Fraction(row["seconds"] * TICKS_PER_SECOND + row["rest"], n),
            Fraction(row["median_below"] + row["median_above"], 2),
            row["low"],
            row["high"],
            row["p95_below"] * (1 - above) + row["p95_above"] * above,
        )


def metrics(
    connection: sqlite3.Connection,
    population: Population,
    series: Series,
    segments: Sequence[Segment],
) -> Document:
    """The whole reply. A series is in it when it has a deployment in the range; `All` always is."""
    intervals = {start: place for place, start in enumerate(dict.fromkeys(s[0] for s in segments))}
    _store(connection, series, [(intervals[s.interval], s.start, s.stop) for s in segments])
    where = Population.WHERE
    connection.execute(_CHOOSE.format(column=series.column, where=where), population.parameters)
    counts = {_cell(row): row for row in connection.execute(_COUNT)}
    summaries = {
        name: {
            _cell(row): Summary.of(row)
            for row in connection.execute(_SUMMARISE.format(measure=column))
        }
        for name, column in _MEASURES.items()
    }
    present = {cell[0] for cell in counts} | ({0} if series.names == ("All",) else set())
    return {
        "Series": [
            {
                "Name": series.names[place],
                "Intervals": [
                    _interval(day, counts.get((place, n)), _of_cell(summaries, (place, n)))
                    for day, n in intervals.items()
                ],
            }
            for place in sorted(present)
        ]
    }


def _store(
    connection: sqlite3.Connection, series: Series, segments: Iterable[tuple[int, int, int]]
) -> None:
    connection.execute(
        "CREATE TEMP TABLE segments (interval INTEGER, start INTEGER PRIMARY KEY, stop INTEGER)"
    )
    connection.executemany("INSERT INTO segments VALUES (?, ?, ?)", segments)
    connection.execute(
        "CREATE TEMP TABLE members (member INTEGER, series INTEGER, PRIMARY KEY (member, series)) "
        "WITHOUT ROWID"
    )
    connection.executemany("INSERT INTO members VALUES (?, ?)", series.members)


def _cell(row: sqlite3.Row) -> _Cell:
    return row["series"], row["interval"]


def _of_cell(summaries: dict[str, dict[_Cell, Summary]], cell: _Cell) -> dict[str, Summary | None]:
    return {name: cells.get(cell) for name, cells in summaries.items()}


def _interval(
    day: date, counts: sqlite3.Row | None, summaries: dict[str, Summary | None]
) -> Document:
    successful, failed, guided = (
        (counts["successful"], counts["failed"], counts["guided"]) if counts else (0, 0, 0)
    )
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
