"""Every deployment of an edition as a row, with what a pivot table asks for: which period, month
and week it is in, which groups, and whether it failed or was rework."""

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from insights_reports.edition.same_names import told_apart
from insights_reports.edition.settings import Inputs, Settings
from insights_reports.metrics import Period, local_dates, outcomes, rework
from insights_reports.metrics.measures import OTHER, SUCCESSFUL

MOST_ROWS = 200_000
"""Of more deployments only those of the period are rows."""

_THURSDAY = 3  # the first day of 1970, counted from Monday

Dates = NDArray[np.datetime64]


def deployment_rows(
    inputs: Inputs, settings: Settings, *, every: bool = True, most: int = MOST_ROWS
) -> pd.DataFrame:
    """The deployments table, oldest first, with more columns.

    ``period`` (name; null in none), ``month`` and ``week`` (first day, datetime64[s]), ``weekday``
    (int8, Monday is 0), ``hour`` (int8), ``project_group`` and ``environment_group`` (names; null
    where there is none), ``failed`` (float32; NaN where the deployment counts as neither),
    ``rework`` and ``in_period`` (bool). Times are by the report's zone; a deployment without a
    completion has none, and -1 as weekday and hour.

    ``every``: all deployments that were read, unless they are more than ``most``; else those of the
    period.
    """
    inputs = told_apart(inputs)
    table, period = inputs.deployments, inputs.period
    dates = local_dates(table, inputs.tz)
    inside = (dates >= np.datetime64(period.start)) & (dates < np.datetime64(period.end))
    rows = table.assign(**_times(table, dates, inputs, settings), **_groups(table, inputs))
    outcome = outcomes(table, settings.conventions)
    rows["failed"] = np.where(outcome == OTHER, np.nan, outcome != SUCCESSFUL).astype(np.float32)
    patterns, conventions = settings.hotfix_patterns, settings.conventions
    reworked = np.zeros(len(table), np.bool_)
    reworked[rework(table, hotfix_patterns=patterns, conventions=conventions).rework] = True
    rows["rework"], rows["in_period"] = reworked, inside
    if not every or len(rows) > most:
        rows = rows[inside]
    return rows.sort_values(["completed", "deployment_id"], ignore_index=True)


def _times(table: pd.DataFrame, dates: Dates, inputs: Inputs, settings: Settings) -> dict[str, Any]:
    missing, days = np.isnat(dates), dates.astype("datetime64[D]")
    numbers = days.astype(np.int64)
    weekday = (numbers + _THURSDAY) % 7
    first = 6 if settings.conventions.week_start == "Sunday" else 0
    back = ((weekday - first) % 7).astype("timedelta64[D]")
    return {
        "period": _each(dates, lambda day: _period_of(day, inputs.period, settings)),
        "month": days.astype("datetime64[M]").astype("datetime64[s]"),
        "week": (days - back).astype("datetime64[s]"),
        "weekday": np.where(missing, -1, weekday).astype(np.int8),
        "hour": np.where(missing, -1, _hours(table, inputs)).astype(np.int8),
    }


def _hours(table: pd.DataFrame, inputs: Inputs) -> NDArray[np.float64]:
    hours = table["completed"].dt.tz_convert(inputs.tz).dt.hour
    found: NDArray[np.float64] = hours.fillna(-1).to_numpy(dtype=np.float64)
    return found


def _period_of(day: date, period: Period, settings: Settings) -> str | None:
    if period.kind == "range":
        return period.name if period.start <= day < period.end else None
    return Period.containing(period.kind, day, settings.conventions.week_start).name


def _each(dates: Dates, name: Callable[[date], str | None]) -> pd.Categorical:
    """One name for each day."""
    known, codes = np.unique(dates, return_inverse=True)
    names = [None if np.isnat(day) else name(day.astype(object)) for day in known]
    return _categorical(names, codes)


def _groups(table: pd.DataFrame, inputs: Inputs) -> dict[str, pd.Categorical]:
    lookups = inputs.lookups
    of: dict[str, list[str]] = {}
    for name, environments in lookups.environment_groups:
        for environment in environments:
            of.setdefault(environment, []).append(name)
    groups = {project: lookups.project_group_names.get(group, group)
              for project, group in lookups.project_groups.items()}  # fmt: skip
    return {
        "project_group": _of_ids(table["project_id"], groups.get),
        "environment_group": _of_ids(
            table["environment_id"], lambda key: ", ".join(of.get(key, ())) or None
        ),
    }


def _of_ids(ids: "pd.Series[str]", name: Callable[[str], str | None]) -> pd.Categorical:
    codes = ids.cat.codes.to_numpy()
    names = [name(str(key)) for key in ids.cat.categories]
    return _categorical([*names, None], codes)  # -1: no id


def _categorical(names: Iterable[str | None], codes: NDArray[Any]) -> pd.Categorical:
    """The name at each code, as a category."""
    listed = list(names)
    distinct = list(dict.fromkeys(name for name in listed if name is not None))
    places = {name: place for place, name in enumerate(distinct)}
    taken = np.array([-1 if n is None else places[n] for n in listed], dtype=np.int32)[codes]
    return pd.Categorical.from_codes(taken, categories=pd.Index(distinct, dtype="str"))
