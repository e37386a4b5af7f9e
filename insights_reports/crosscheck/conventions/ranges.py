"""Which days LastMonth, LastQuarter and LastYear cover on a server: the candidates.

The documentation names the ranges and does not define them (docs/octopus-rest-api/insights).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo

from insights_reports.metrics import Conventions, TimeRange, time_range
from insights_reports.metrics.periods import MONTHS, add_months

_DAYS: dict[str, int] = {"LastMonth": 30, "LastQuarter": 90, "LastYear": 365}
_WEEKS: dict[str, int] = {"LastMonth": 4, "LastQuarter": 13, "LastYear": 52}


@dataclass(frozen=True, slots=True)
class DateRange:
    """The half-open local dates of a time range, and whether intervals that it cuts are clipped.

    ``first_instant``, in nanoseconds since 1970, further cuts the first day. ``kind`` is the same
    for the like ranges of another length.
    """

    name: str
    start: date
    end: date
    clipped: bool = True
    first_instant: int | None = None
    kind: str = ""


def candidates(
    name: TimeRange,
    as_of: datetime,
    zone: tzinfo,
    base: Conventions,
    stated: tuple[date, date] | None,
) -> tuple[DateRange, ...]:
    """The ways a server may understand a time range, the likeliest first, each clipped and whole;
    of those that cover the same days, the first.

    ``stated`` are the first and the last day that the server states figures for, if it does by day.
    """
    every = list(_bounds(name, as_of, zone, base))
    if stated:
        last = stated[1] + timedelta(days=1)
        every.append(DateRange("the days stated", stated[0], last, kind="stated"))
    both = [
        replace(
            one,
            name=f"{one.name}, edges {edge}",
            clipped=edge == "clipped",
            kind=f"{one.kind}, {edge}",
        )
        for one in every
        for edge in _edges(base)
        if edge == "clipped" or one.first_instant is None
    ]
    distinct: dict[tuple[object, ...], DateRange] = {}
    for one in both:
        distinct.setdefault((one.start, one.end, one.clipped, one.first_instant), one)
    return tuple(distinct.values())


def _edges(base: Conventions) -> tuple[str, str]:
    return ("clipped", "whole") if base.edge == "clipped" else ("whole", "clipped")


def _bounds(
    name: TimeRange, as_of: datetime, zone: tzinfo, base: Conventions
) -> Iterator[DateRange]:
    local = as_of.astimezone(zone)
    today = local.date()
    tomorrow = today + timedelta(days=1)
    months = MONTHS[name]
    back = add_months(today, -months)
    named = {
        "trailing": f"{months} months back",
        "aligned": f"from the first of the month, {months} months back",
    }
    start, end = time_range(name, as_of, zone, base)
    yield DateRange(named[base.range_start], start, end, kind=base.range_start)
    for other, first in (("trailing", back), ("aligned", back.replace(day=1))):
        if other != base.range_start:
            yield DateRange(named[other], first, tomorrow, kind=other)
    yield DateRange(
        f"{months} months back and a day less", back + timedelta(days=1), tomorrow, kind="less"
    )
    yield DateRange(
        f"{_DAYS[name]} days back", today - timedelta(days=_DAYS[name]), tomorrow, kind="days back"
    )
    yield DateRange(
        f"{_DAYS[name]} days", tomorrow - timedelta(days=_DAYS[name]), tomorrow, kind="days"
    )
    yield DateRange(
        f"{_WEEKS[name]} weeks back", today - timedelta(weeks=_WEEKS[name]), tomorrow, kind="weeks"
    )
    yield DateRange(f"{months} months back, without today", back, today, kind="without today")
    cut = datetime(back.year, back.month, back.day, tzinfo=zone).replace(
        hour=local.hour, minute=local.minute, second=local.second, microsecond=local.microsecond
    )
    instant = int(cut.timestamp()) * 1_000_000_000 + cut.microsecond * 1000
    yield DateRange(
        f"{months} months back to the instant", back, tomorrow, True, instant, "instant"
    )
