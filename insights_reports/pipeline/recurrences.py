"""On which days a freeze lies: once, or every so many days, weeks, months or years."""

import calendar
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import count, takewhile
from zoneinfo import ZoneInfo

from insights_reports.octopus.resources import DeploymentFreeze, Recurrence

Begins = Iterator[date]
_MINUTE, _DAY, _WEEK = timedelta(minutes=1), timedelta(days=1), timedelta(weeks=1)
_LAST = "L"


def whole_days(freeze: DeploymentFreeze, zone: ZoneInfo) -> tuple[date, int]:
    """The first whole day of its first time, and of how many it is made: none where it lasts some
    hours of a day or of a night."""
    start, end = (moment.astimezone(zone) for moment in (freeze.Start, freeze.End))
    first = (start - _MINUTE).date() + _DAY
    return first, max(0, ((end + _MINUTE).date() - first).days)


def spans_of(
    freeze: DeploymentFreeze, zone: ZoneInfo, first_day: date, end: date
) -> tuple[tuple[date, date], ...] | None:
    """Its whole days in the time zone as half-open spans that touch the days from ``first_day`` to
    before ``end``, the oldest first; None where it is not known how it recurs."""
    begins = _begins(freeze.RecurringSchedule, freeze.Start.astimezone(zone).date())
    if begins is None:
        return None
    first, days = whole_days(freeze, zone)
    later = first - freeze.Start.astimezone(zone).date()
    spans = []
    for number, begin in enumerate(begins(end) if days else ()):
        schedule = freeze.RecurringSchedule
        if schedule is not None and schedule.ended(number, begin):
            break
        start = begin + later
        if first_day < start + days * _DAY and start < end:
            spans.append((start, start + days * _DAY))
    return tuple(spans)


def _begins(schedule: Recurrence | None, first: date) -> Callable[[date], Begins] | None:
    """The days on which it begins, up to a day."""
    if schedule is None:
        return lambda end: iter((first,) if first < end else ())
    unit = 1 if schedule.Unit is None else schedule.Unit
    if unit < 1 or schedule.Type not in _TYPES:
        return None
    return _TYPES[schedule.Type](schedule, first, unit)


def _daily(schedule: Recurrence, first: date, unit: int) -> Callable[[date], Begins]:
    return lambda end: _every(first, unit * _DAY, end)


def _every(first: date, step: timedelta, end: date) -> Begins:
    day = first
    while day < end:
        yield day
        day += step


def _weekly(schedule: Recurrence, first: date, unit: int) -> Callable[[date], Begins] | None:
    """On the days of the week that are named. Of every second week the weekday of the start alone
    is known for certain: where a week begins is not said."""
    names = schedule.weekdays
    if names is None or not names <= {*calendar.day_name}:
        return None
    wanted = {[*calendar.day_name].index(name) for name in names} or {first.weekday()}
    if unit > 1:
        alone = wanted == {first.weekday()}
        return (lambda end: _every(first, unit * _WEEK, end)) if alone else None
    return lambda end: (day for day in _every(first, _DAY, end) if day.weekday() in wanted)


def _monthly(schedule: Recurrence, first: date, unit: int) -> Callable[[date], Begins] | None:
    """On a date of the month, or its last day; or on the first, second, ... or last Monday."""
    in_month = _in_month(schedule)
    if in_month is None:
        return None

    def begins(end: date) -> Begins:
        for number in count(0, unit):
            years, month = divmod(first.month - 1 + number, 12)
            if date(first.year + years, month + 1, 1) >= end:
                return
            day = in_month(first.year + years, month + 1)
            if day is not None and first <= day < end:
                yield day

    return begins


def _in_month(schedule: Recurrence) -> Callable[[int, int], date | None] | None:
    """The day of a year's month; none of a month that has no such day."""
    if schedule.MonthlyScheduleType == "DateOfMonth":
        return _date_of_month(str(schedule.DateOfMonth))
    if schedule.MonthlyScheduleType == "DayOfMonth":
        return _day_of_month(str(schedule.DayNumberOfMonth), str(schedule.DayOfWeek))
    return None


def _date_of_month(wanted: str) -> Callable[[int, int], date | None] | None:
    if wanted != _LAST and not (wanted.isdecimal() and 1 <= int(wanted) <= 31):
        return None

    def day(year: int, month: int) -> date | None:
        last = calendar.monthrange(year, month)[1]
        number = last if wanted == _LAST else int(wanted)
        return date(year, month, number) if number <= last else None

    return day


def _day_of_month(wanted: str, name: str) -> Callable[[int, int], date | None] | None:
    known = wanted == _LAST or (wanted.isdecimal() and 1 <= int(wanted) <= 5)
    if not known or name not in calendar.day_name:
        return None

    def day(year: int, month: int) -> date | None:
        last = calendar.monthrange(year, month)[1]
        every = [date(year, month, number) for number in range(1, last + 1)]
        named = [one for one in every if one.weekday() == [*calendar.day_name].index(name)]
        place = len(named) if wanted == _LAST else int(wanted)
        return named[place - 1] if place <= len(named) else None

    return day


def _annually(schedule: Recurrence, first: date, unit: int) -> Callable[[date], Begins]:
    def begins(end: date) -> Begins:
        years = (_years_later(first, number) for number in count(0, unit))
        return takewhile(lambda day: day < end, years)

    return begins


def _years_later(day: date, years: int) -> date:
    """The same day of a later year; of 29 February the first of March where there is none."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


_TYPES: dict[str, Callable[[Recurrence, date, int], Callable[[date], Begins] | None]] = {
    "Daily": _daily,
    "Weekly": _weekly,
    "Monthly": _monthly,
    "Annually": _annually,
}
