"""Lead time that accumulates: changes not yet deployed at an interval's end count in it, too.

OctopusDeploy/Issues#7812: of each interval all deployments that accumulate lead time count, those
completed in it with all of it, those still pending with what they have by the interval's end.
"""

from __future__ import annotations

from datetime import datetime, time, tzinfo

import numpy as np

from insights_reports.crosscheck.causes.cause import Cause
from insights_reports.crosscheck.causes.deployments_behind import Behind
from insights_reports.crosscheck.causes.edges import Context
from insights_reports.crosscheck.causes.judged import JudgedCells
from insights_reports.crosscheck.tables.intervals import as_date, day_number
from insights_reports.metrics import Conventions, statistics_by_group
from insights_reports.spelling.figures import (
    FAILURE_RATE,
    FIGURES,
    LEAD_TIME,
    MEMBERS,
    POSITION,
    Column,
    Integers,
    empty_column,
)
from insights_reports.spelling.terms import NANOSECONDS_PER_TICK, NULL

_ACCUMULATES = Cause("accumulates")
_TOTAL = POSITION[FAILURE_RATE, "Total"]
_COUNT = POSITION[LEAD_TIME, "Count"]
_NEVER = 1 << 40  # days, later than any


def accumulating_lead_time(judged: JudgedCells, context: Context, behind: Behind) -> None:
    """Explain lead times where the accumulation accounts for every one of their statistics."""
    compared = judged.compared
    differs = judged.differs[list(MEMBERS[LEAD_TIME])].any(axis=0)
    more = compared.stated[_COUNT] > compared.cells.columns[_COUNT]
    more &= compared.agrees[_TOTAL]
    cells = np.flatnonzero(differs & more & (compared.cells.series < behind.series))
    if not len(cells):
        return
    first = day_number(compared.range.start) if compared.range.clipped else -_NEVER
    days = np.unique(compared.ends[cells]).tolist()
    ends = {day: _instant(day, context.zone, context.as_of) for day in days}
    numbers, values = [], []
    for number, cell in enumerate(cells.tolist()):
        found = _values(
            behind,
            int(compared.cells.series[cell]),
            max(int(compared.cells.start[cell]), first),
            ends[int(compared.ends[cell])],
        )
        numbers.append(np.full(len(found), number))
        values.append(found)
    chosen = context.book.conventions
    ours = _columns(len(cells), np.concatenate(numbers), np.concatenate(values), chosen)
    judged.accept(cells, ours, MEMBERS[LEAD_TIME], _ACCUMULATES)


def _instant(day: int, zone: tzinfo, as_of: datetime) -> int:
    """The local midnight that a day begins with, but not after ``as_of``, in nanoseconds."""
    midnight = datetime.combine(as_date(day), time(), zone)
    return int(min(midnight.timestamp(), as_of.timestamp()) * 1_000_000_000)


def _values(behind: Behind, series: int, start: int, end: int) -> Integers:
    """The lead times in nanoseconds that have accumulated in a series by the instant ``end``."""
    rows = behind.of_series(series)
    lead_time = behind.lead_time[rows]
    completed = behind.completed[rows]
    has_value = lead_time != NULL
    done = has_value & (behind.days[rows] >= start) & (completed < end)
    created = completed - np.where(has_value, lead_time, 0)
    pending = has_value & (created < end) & (completed >= end)
    return np.concatenate((lead_time[done], end - created[pending]))


def _columns(
    size: int, numbers: Integers, values: Integers, conventions: Conventions
) -> tuple[Column, ...]:
    """The lead times' statistics of the values (nanoseconds) of each number, among all columns."""
    ticks = values // NANOSECONDS_PER_TICK
    found = statistics_by_group(ticks, numbers, size, conventions)
    columns = [empty_column(figure.kind, size) for figure in FIGURES]
    for number in MEMBERS[LEAD_TIME]:
        columns[number] = found[FIGURES[number].column.removeprefix("lead_time_")]
    return tuple(columns)
