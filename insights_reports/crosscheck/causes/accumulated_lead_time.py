"""Lead time that accumulates: changes not yet deployed at an interval's end count in it, too.

OctopusDeploy/Issues#7812: of each interval all deployments that accumulate lead time count, those
completed in it with all of it, those still pending with what they have by the interval's end.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta, tzinfo

import numpy as np
import pandas as pd

from insights_reports.crosscheck.causes.cause import Cause
from insights_reports.crosscheck.causes.deployments_behind import Behind
from insights_reports.crosscheck.causes.edges import Context
from insights_reports.crosscheck.causes.judged import JudgedCells
from insights_reports.crosscheck.compare import OurTables
from insights_reports.crosscheck.tables.cells import StatedCells, from_columns
from insights_reports.crosscheck.tables.intervals import as_date, day_number
from insights_reports.spelling.figures import FAILURE_RATE, LEAD_TIME, MEMBERS, POSITION, Integers
from insights_reports.spelling.terms import NULL

_ACCUMULATES = Cause("accumulates")
_TOTAL = POSITION[FAILURE_RATE, "Total"]
_COUNT = POSITION[LEAD_TIME, "Count"]
_NEVER = 1 << 40  # days, later than any
_DAY = datetime(2000, 1, 1)  # noqa: DTZ001  (only a day for all values to share)


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
    ours = _statistics(context.book, len(cells), np.concatenate(numbers), np.concatenate(values))
    judged.accept(cells, ours.at(np.arange(len(cells))), MEMBERS[LEAD_TIME], _ACCUMULATES)


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


def _statistics(book: OurTables, size: int, numbers: Integers, values: Integers) -> StatedCells:
    """The statistics of the values of each number, as cells: by the code that makes all figures."""
    projects = pd.Index([str(number) for number in range(size)])
    none = np.full(len(values), np.timedelta64("NaT", "ns"))
    table = pd.DataFrame(
        {
            "project_id": pd.Categorical.from_codes(numbers, projects),
            "project_name": pd.Categorical.from_codes(numbers, projects),
            "task_state": pd.Categorical(["Success"] * len(values)),
            "had_guided_failure": np.zeros(len(values), dtype=bool),
            "completed": pd.DatetimeIndex([_DAY] * len(values)).tz_localize("UTC").as_unit("ns"),
            "deployment_id": pd.array([""] * len(values), dtype="string"),
            "lead_time": values.view("timedelta64[ns]"),
            "time_since_previous": none,
            "time_to_recovery": none,
            "deployments_until_recovery": np.full(len(values), np.nan),
        }
    )
    day, around = _DAY.date(), timedelta(days=2)
    tabulator = book.tabulator(table)
    own = [int(key) for key, _ in tabulator.series("Project")]
    columns = tabulator.columns("Project", day - around, day + around, None)
    cells = from_columns(columns).renumbered(np.array(own, dtype=np.int64))
    return StatedCells(cells.series * 0, cells.series, cells.columns)
