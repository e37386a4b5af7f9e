"""When the edition of a period is due: one function for `check`, `status` and those who make it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from insights_reports.config.schedule import Every, Schedule, cron_dates
from insights_reports.metrics import Period
from insights_reports.metrics.conventions import WeekStart

Holidays = Callable[[int], frozenset[date]]  # those of a year
_DAY = timedelta(days=1)


def no_holidays(_: int) -> frozenset[date]:
    """The holidays of a year where none are configured."""
    return frozenset()


@dataclass(frozen=True)
class Due:
    """The edition of ``period`` is due ``at`` an instant, in the zone of its schedule."""

    period: Period
    at: datetime


@dataclass(frozen=True)
class PeriodCalendar:
    """The periods of a subscription and when each of them is due.

    A period has ended when the day after it begins in the zone of the schedule. By cron it is due
    at the first date from then on; otherwise on a day of the period that follows.
    """

    every: Every
    schedule: Schedule
    week_start: WeekStart = "Sunday"
    year_starts: int = 1
    holidays: Holidays = no_holidays

    def last_ended(self, now: datetime) -> Period:
        """The last period that has ended ``now`` (aware)."""
        today = now.astimezone(self._zone).date()
        return Period.last_complete(self.every, today, self.week_start, self.year_starts)

    def due(self, period: Period) -> datetime:
        """When the edition of ``period`` is due."""
        if self.schedule.cron is not None:
            midnight = datetime.combine(period.end, time(), self._zone)
            return next(cron_dates(self.schedule.cron, midnight))
        day = self._day(period.previous(-1))
        return datetime.combine(day, self.schedule.time, self._zone)

    def owed_since(
        self, since: date | None, began: datetime | None, now: datetime
    ) -> tuple[Due, ...]:
        """Every period that is due ``now``, oldest first: those that begin on ``since`` or later,
        or without it those that became due after ``began``."""
        if since is None and began is None:
            return ()
        found = []
        period = self.last_ended(now)
        while since is None or period.start >= since:
            due = Due(period, self.due(period))
            if since is None and began is not None and due.at <= began:
                break
            if due.at <= now:
                found.append(due)
            period = period.previous()
        return tuple(reversed(found))

    def upcoming(self, now: datetime) -> Iterator[Due]:
        """What is due next, and then, without an end."""
        period = self.last_ended(now)
        while True:
            due = Due(period, self.due(period))
            if due.at > now:
                yield due
            period = period.previous(-1)

    def is_left_out(self, period: Period) -> bool:
        """Whether no date of the schedule is this period's own: the next one has ended by then."""
        return self.due(period).date() >= period.previous(-1).end

    def has_a_second_date(self, period: Period) -> bool:
        """Whether cron has two dates before the next period has ended; the second makes nothing."""
        if self.schedule.cron is None:
            return False
        second = next(cron_dates(self.schedule.cron, self.due(period)))
        return second.date() < period.previous(-1).end

    @property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.schedule.zone)

    def _day(self, following: Period) -> date:
        """The day of ``on`` in the period that follows the one that it is about."""
        if self.schedule.day is not None:
            return following.start + timedelta(days=self.schedule.day - 1)
        days = [following.start + n * _DAY for n in range(following.days)]
        if self.schedule.on == "last-day":
            return days[-1]
        if self.schedule.on == "last-working-day":
            days.reverse()
        return next((day for day in days if self._is_working(day)), days[-1])

    def _is_working(self, day: date) -> bool:
        return day.isoweekday() < 6 and day not in self.holidays(day.year)
