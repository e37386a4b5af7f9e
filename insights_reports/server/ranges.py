"""The time ranges and granularities of `/metrics`, as segments of instants.

Octopus does not document the limits of its ranges; this server's convention: LastMonth,
LastQuarter and LastYear run from the local date one, three or twelve months before today up to
now. Weeks start on Sunday. The first interval is clipped where the range starts inside it, but it
is named by its own first day.
"""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from insights_reports.server.ticks import to_datetime
from insights_reports.server.zones import Segment, midnight, segments

TimeRange = Literal["LastMonth", "LastQuarter", "LastYear"]
Granularity = Literal["Daily", "Weekly", "Monthly"]
TIME_RANGES: tuple[TimeRange, ...] = get_args(TimeRange)
GRANULARITIES: tuple[Granularity, ...] = get_args(Granularity)
_MONTHS = {"LastMonth": 1, "LastQuarter": 3, "LastYear": 12}


def first_day(time_range: TimeRange, today: date) -> date:
    """The first local date of a range; where a month is too short, its last day."""
    months = today.year * 12 + today.month - 1 - _MONTHS[time_range]
    year, month = divmod(months, 12)
    for day in range(today.day, 27, -1):
        try:
            return date(year, month + 1, day)
        except ValueError:
            continue
    return date(year, month + 1, min(today.day, 28))


def _day(day: date) -> date:
    return day


def _week(day: date) -> date:
    return day - timedelta(days=(day.weekday() + 1) % 7)


def _month(day: date) -> date:
    return day.replace(day=1)


INTERVAL_OF: dict[Granularity, Callable[[date], date]] = {
    "Daily": _day,
    "Weekly": _week,
    "Monthly": _month,
}


def range_segments(
    time_range: TimeRange, granularity: Granularity, now: int, where: ZoneInfo
) -> list[Segment]:
    """The intervals of a range that ends now (ticks), the present moment included."""
    today = to_datetime(now).astimezone(where).date()
    start = midnight(first_day(time_range, today), where)
    return segments(start, now + 1, where, INTERVAL_OF[granularity])
