"""Intervals as columns of days since 1970: where each begins and ends."""

from __future__ import annotations

from datetime import date

import numpy as np

from insights_reports.metrics import Conventions, Granularity
from insights_reports.metrics.conventions import WeekStart
from insights_reports.spelling.figures import Integers

EPOCH = date(1970, 1, 1).toordinal()
_WEEKDAY_OF_EPOCH = 3  # 1970-01-01 was a Thursday, counted from Monday


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return day.toordinal() - EPOCH


def as_date(day: int) -> date:
    """The date of a day counted since 1970."""
    return date.fromordinal(int(day) + EPOCH)


def begins(days: Integers, granularity: Granularity, week_start: WeekStart) -> Integers:
    """The first day of the interval that holds each day."""
    if granularity == "Daily":
        return days
    if granularity == "Monthly":
        months = days.astype("datetime64[D]").astype("datetime64[M]")
        return months.astype("datetime64[D]").astype(np.int64)
    since_monday = (days + _WEEKDAY_OF_EPOCH) % 7
    back: Integers = (since_monday + 1) % 7 if week_start == "Sunday" else since_monday
    return days - back


def ends(starts: Integers, granularity: Granularity) -> Integers:
    """The day after the interval that begins on each day."""
    if granularity == "Daily":
        return starts + 1
    if granularity == "Weekly":
        return starts + 7
    months = starts.astype("datetime64[D]").astype("datetime64[M]") + 1
    return months.astype("datetime64[D]").astype(np.int64)


def all_between(
    start: int, end: int, granularity: Granularity, conventions: Conventions
) -> Integers:
    """The starts of all intervals that meet the half-open range of days, ascending."""
    days = np.arange(start, max(start, end), dtype=np.int64)
    found: Integers = np.unique(begins(days, granularity, conventions.week_start))
    return found
