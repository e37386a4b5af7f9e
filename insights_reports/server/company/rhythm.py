"""When the made-up company works: weekdays, hours, holidays, the freeze and the incident week."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Europe/Berlin")
MONTHS = 12  # whole months of data, besides the month of `as_of`
_RUN_UP = timedelta(days=50)  # older data, so that the first item of a stream has a predecessor
_WEEKDAY_PACE = (0.9, 1.2, 1.25, 1.1, 0.7, 0.06, 0.04)


@dataclass(frozen=True)
class Calendar:
    """The days of the history. `first` and `today` are local dates, both included."""

    first: date
    today: date
    incident: date  # the Monday of the week in which the payment provider broke everything

    @classmethod
    def until(cls, as_of: datetime) -> "Calendar":
        """The calendar of a company whose last deployment ends before `as_of`."""
        today = as_of.astimezone(ZONE).date()
        window = today.replace(day=1, year=today.year - 1)
        anchor = today - timedelta(weeks=19)
        return cls(window - _RUN_UP, today, anchor - timedelta(days=anchor.weekday()))

    def days(self) -> list[date]:
        """Every day, the oldest first."""
        return [self.first + timedelta(days=n) for n in range((self.today - self.first).days + 1)]

    def pace(self, day: date) -> float:
        """How much is released on `day`, against an average weekday."""
        if is_frozen(day):
            return 0.02
        summer = 0.6 if day.month == 8 else 1.0
        eve = 1.4 if (day.month, day.day) >= (12, 10) and day.month == 12 else 1.0
        return _WEEKDAY_PACE[day.weekday()] * summer * eve

    def trouble(self, day: date) -> float:
        """By how much the odds of a failure are multiplied on `day`."""
        if self.incident <= day < self.incident + timedelta(days=7):
            return 8.0
        return 1.3 if day.weekday() == 4 else 1.0

    def in_last_quarter(self, day: date) -> bool:
        """Whether `day` lies in the three months before `today`."""
        return day >= self.today - timedelta(days=91)


def is_frozen(day: date) -> bool:
    """The release freeze: from 19 December to 3 January, both included."""
    return (day.month, day.day) >= (12, 19) or (day.month, day.day) <= (1, 3)


def freezes(calendar: Calendar) -> list[tuple[datetime, datetime]]:
    """The freezes of a history as (start, stop), the one that comes next included."""
    return [
        (datetime(year, 12, 19, tzinfo=ZONE), datetime(year + 1, 1, 4, tzinfo=ZONE))
        for year in range(calendar.first.year, calendar.today.year + 1)
    ]


def office_hours(random: Random, day: date) -> datetime:
    """A moment of a working day, in the late morning or the afternoon more often than not."""
    hour = random.triangular(7.5, 19.0, random.choice((10.5, 15.0)))
    return datetime.combine(day, time(), ZONE) + timedelta(hours=hour)
