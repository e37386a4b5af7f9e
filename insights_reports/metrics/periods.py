"""Periods, intervals and Octopus's time ranges: half-open ranges of local dates.

A date stands for the whole day between two midnights of the report's time zone, which has 23 or
25 hours when the clock changes; no length in hours is ever assumed.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo
from typing import Literal, Self

from insights_reports.errors import UsageError
from insights_reports.metrics.conventions import DEFAULTS, Conventions, WeekStart
from insights_reports.spelling.terms import Granularity, TimeRange

PeriodKind = Literal["day", "week", "month", "quarter", "year", "range"]

_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_DAYS = {"day": 1, "week": 7}
MONTHS: dict[TimeRange, int] = {"LastMonth": 1, "LastQuarter": 3, "LastYear": 12}
_SPELLINGS = "2026-09-14, 2026-W40, 2026-09, 2026-Q3, 2026, FY2027-Q1 or 2026-09-14..2026-09-27"


@dataclass(frozen=True, slots=True)
class Period:
    """A named, half-open range of local dates: ``start`` is the first day, ``end`` the day after.

    A week is named after the ISO week of its Monday: with weeks from Monday, 2026-W40 is the ISO
    week (28 September to 4 October 2026); with weeks from Sunday it begins one day earlier and
    ends one day earlier. A range is named by its first and last day.

    ``year_starts`` is the month in which the year of a quarter or year begins. A fiscal year, which
    begins in another month than January, is named after the calendar year in which it ends.
    """

    kind: PeriodKind
    start: date
    end: date
    year_starts: int = 1

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise ValueError(f"a period must end after it starts: {self.start} to {self.end}")

    @property
    def name(self) -> str:
        """2026-09-14, 2026-W40, 2026-09, 2026-Q3, 2026, FY2027-Q1, FY2027, or
        2026-09-14..2026-09-27."""
        year = f"{self.start.year:04d}"
        quarter = (self.start.month - self.year_starts) % 12 // 3 + 1
        if self.year_starts > 1 and self.kind in ("quarter", "year"):
            year = f"FY{self.start.year + (self.start.month >= self.year_starts):04d}"
        if self.kind == "week":
            monday = self.start + timedelta(days=self.start.isoweekday() == 7)
            iso = monday.isocalendar()
            return f"{iso.year:04d}-W{iso.week:02d}"
        if self.kind == "range":
            return f"{self.start}..{self.end - timedelta(days=1)}"
        return {
            "day": self.start.isoformat(),
            "month": f"{year}-{self.start.month:02d}",
            "quarter": f"{year}-Q{quarter}",
            "year": year,
        }[self.kind]

    @classmethod
    def parse(cls, text: str, week_start: WeekStart = "Sunday", year_starts: int = 1) -> Self:
        """The period of that name. Both ends of a range ``a..b`` belong to it. Names with FY are
        those of years that begin in the month ``year_starts``, which is another than January.

        Raises:
            UsageError: when the text names no period.
        """
        first, dots, last = text.strip().partition("..")
        try:
            period = cls._parse_one(first, week_start, year_starts)
            if not dots:
                return period
            return cls("range", period.start, cls._parse_one(last, week_start, year_starts).end)
        except (ValueError, OverflowError):
            raise UsageError(
                "This is not a period.", f"period: {text!r}", f"Write {_SPELLINGS}."
            ) from None

    @classmethod
    def _parse_one(cls, text: str, week_start: WeekStart, year_starts: int) -> Self:
        if match := re.fullmatch(r"FY(\d{4})(?:-?Q([1-4]))?", text.strip().upper(), re.ASCII):
            return cls._fiscal(int(match[1]), int(match[2] or 0), year_starts)
        for pattern, build in _PATTERNS:
            if match := re.fullmatch(pattern, text.strip(), re.ASCII):
                kind, day = build(*(int(group) for group in match.groups()))
                return cls.containing(kind, day, week_start)
        raise ValueError(text)

    @classmethod
    def _fiscal(cls, year: int, quarter: int, year_starts: int) -> Self:
        """A fiscal year, or its ``quarter`` where that is not 0."""
        if year_starts == 1:
            raise ValueError("no fiscal year is known")
        start = add_months(date(year - 1, year_starts, 1), 3 * max(0, quarter - 1))
        kind: PeriodKind = "quarter" if quarter else "year"
        return cls.containing(kind, start, year_starts=year_starts)

    @classmethod
    def containing(
        cls, kind: PeriodKind, day: date, week_start: WeekStart = "Sunday", year_starts: int = 1
    ) -> Self:
        """The day, week, month, quarter or year that ``day`` lies in."""
        if kind == "range":
            raise ValueError("a range is not found by a day in it: give both its ends")
        if kind == "week":
            start = _start_of_week(day, week_start)
        elif kind == "day":
            start = day
        else:
            start = add_months(day.replace(day=1), -((day.month - year_starts) % _MONTHS[kind]))
        fiscal = year_starts if kind in ("quarter", "year") else 1
        return cls(kind, start, _moved(kind, start, 1), fiscal)

    @classmethod
    def last_complete(
        cls, kind: PeriodKind, today: date, week_start: WeekStart = "Sunday", year_starts: int = 1
    ) -> Self:
        """The last period of this kind that had ended when ``today`` began."""
        return cls.containing(kind, today, week_start, year_starts).previous()

    def previous(self, n: int = 1) -> Self:
        """The period ``n`` before this one; a range moves back by its own length in days."""
        if self.kind == "range":
            shift = timedelta(days=n * self.days)
            return replace(self, start=self.start - shift, end=self.end - shift)
        start = _moved(self.kind, self.start, -n)
        return replace(self, start=start, end=_moved(self.kind, start, 1))

    def year_before(self) -> Self:
        """The same period of the year before: months by their name, days and weeks 52 weeks
        earlier (so that weekdays match), the ends of a range by their dates."""
        if self.kind in _DAYS:
            shift = timedelta(weeks=52)
            return replace(self, start=self.start - shift, end=self.end - shift)
        return replace(self, start=add_months(self.start, -12), end=add_months(self.end, -12))

    def trailing(self, n: int) -> tuple[Self, ...]:
        """The last ``n`` periods, oldest first, this one last."""
        return tuple(self.previous(back) for back in range(n - 1, -1, -1))

    @property
    def days(self) -> int:
        return (self.end - self.start).days

    def intervals(
        self, granularity: Granularity, week_start: WeekStart = "Sunday"
    ) -> tuple[date, ...]:
        """The starts of the period's intervals; see `interval_starts`."""
        return interval_starts(self.start, self.end, granularity, week_start)


_PATTERNS: tuple[tuple[str, Callable[..., tuple[PeriodKind, date]]], ...] = (
    (r"(\d{4})-(\d\d)-(\d\d)", lambda year, month, day: ("day", date(year, month, day))),
    # The Tuesday of an ISO week lies in the week of that name whichever day weeks begin on.
    (r"(\d{4})-[Ww](\d\d)", lambda year, week: ("week", date.fromisocalendar(year, week, 2))),
    (r"(\d{4})-(\d\d)", lambda year, month: ("month", date(year, month, 1))),
    (r"(\d{4})-?[Qq]([1-4])", lambda year, quarter: ("quarter", date(year, 3 * quarter, 1))),
    (r"(\d{4})", lambda year: ("year", date(year, 1, 1))),
)


def parse_periods(
    text: str, week_start: WeekStart = "Sunday", year_starts: int = 1
) -> tuple[Period, ...]:
    """Every period that the text names, oldest first: one, or all from ``2026-07..2026-09``.

    Raises:
        UsageError: when an end names no period, the ends differ in kind or are the wrong way
            round.
    """
    first, dots, last = text.partition("..")
    one, other = (
        Period.parse(end, week_start, year_starts) for end in (first, last if dots else first)
    )
    alike = (one.kind, one.year_starts) == (other.kind, other.year_starts)
    if not alike or other.start < one.start:
        raise UsageError(
            "These are not the ends of a range of periods.",
            f"periods: {text!r}",
            "Write two periods of one kind, the earlier first: 2026-07..2026-09.",
        )
    periods = [other]
    while periods[-1].start > one.start:
        periods.append(periods[-1].previous())
    return tuple(reversed(periods))


def interval_starts(
    start: date, end: date, granularity: Granularity, week_start: WeekStart = "Sunday"
) -> tuple[date, ...]:
    """The starts of all the intervals that meet the half-open range, ascending.

    The first start may lie before ``start``: an interval keeps its own name (the Sunday of its
    week, the first of its month) where the range cuts it.
    """
    if granularity == "Daily":
        return tuple(start + timedelta(days=day) for day in range((end - start).days))
    starts = []
    first = start.replace(day=1) if granularity == "Monthly" else _start_of_week(start, week_start)
    kind: PeriodKind = "month" if granularity == "Monthly" else "week"
    while first < end:
        starts.append(first)
        first = _moved(kind, first, 1)
    return tuple(starts)


def whole_intervals(
    start: date, end: date, granularity: Granularity, week_start: WeekStart = "Sunday"
) -> tuple[date, date]:
    """The range, widened to the whole of the intervals it cuts."""
    if granularity == "Daily" or start >= end:
        return start, end
    starts = interval_starts(start, end, granularity, week_start)
    kind: PeriodKind = "month" if granularity == "Monthly" else "week"
    return starts[0], _moved(kind, starts[-1], 1)


def time_range(
    name: TimeRange, as_of: datetime, zone: tzinfo, conventions: Conventions = DEFAULTS
) -> tuple[date, date]:
    """The half-open range of local dates that Octopus's LastMonth, LastQuarter, LastYear cover.

    The ranges trail the instant ``as_of`` (aware): they end with its local day, which is part of
    them, and are never a calendar month, quarter or year. The page of Octopus's documentation
    (docs/octopus-rest-api/insights) names the ranges and does not define them.
    """
    today = as_of.astimezone(zone).date()
    start = add_months(today, -MONTHS[name])
    if conventions.range_start == "aligned":
        start = start.replace(day=1)
    return start, today + timedelta(days=1)


def add_months(day: date, months: int) -> date:
    """The same day of the month ``months`` later, or that month's last day if it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    first = date(year, month + 1, 1)
    length = (date(year + month // 11, (month + 1) % 12 + 1, 1) - first).days
    return first.replace(day=min(day.day, length))


def _moved(kind: PeriodKind, start: date, n: int) -> date:
    if kind in _MONTHS:
        return add_months(start, n * _MONTHS[kind])
    return start + timedelta(days=n * _DAYS[kind])


def _start_of_week(day: date, week_start: WeekStart) -> date:
    back = day.isoweekday() % 7 if week_start == "Sunday" else day.weekday()
    return day - timedelta(days=back)
