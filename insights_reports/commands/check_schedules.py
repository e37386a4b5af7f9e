"""What ``check`` says of schedules: when they run next, and what they leave out."""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from zoneinfo import ZoneInfo

from insights_reports.config.model import Config, Subscription
from insights_reports.errors import ConfigError
from insights_reports.owed.calendar import Due, PeriodCalendar
from insights_reports.pipeline.calendars import calendar_of

_AHEAD = 60  # periods that are looked at: five years of months
_SHOWN = 3


def next_runs(config: Config, subscription: Subscription, now: datetime) -> str:
    """The next three runs of a schedule and the periods they make.

    Raises:
        ConfigError: when its holidays are not known, or a period has no date of its own.
    """
    calendar = calendar_of(config, subscription)
    if calendar is None:
        return "none: on demand"
    dues = list(islice(calendar.upcoming(now), _AHEAD))
    for due in dues:
        if calendar.is_left_out(due.period):
            raise ConfigError(
                "The schedule leaves out a period.",
                (f"schedule: {calendar.schedule.words}: no date of its own for {due.period.name}",),
                "Choose a day that every period has, such as `on: last-day`.",
            )
    paused = "" if subscription.enabled else "paused (enabled: false), else "
    return paused + ", ".join(_words(due) for due in dues[:_SHOWN])


def warnings(config: Config, subscription: Subscription, now: datetime) -> Iterator[str]:
    """What a schedule does that somebody may not expect."""
    calendar = calendar_of(config, subscription)
    if calendar and (due := _twice(calendar, now)):
        yield (
            f"{calendar.schedule.words} has a second date for {due.period.name}, which makes "
            "nothing: every period is made once"
        )


def check_zone(calendar: PeriodCalendar, zone: ZoneInfo, now: datetime) -> None:
    """Hold the dates of a schedule against the report's zone, in which its periods end.

    Raises:
        ConfigError: when a period has not ended there when it is due.
    """
    for due in islice(calendar.upcoming(now), _SHOWN):
        there = due.at.astimezone(zone)
        if there.date() < due.period.end:
            raise ConfigError(
                "The schedule is too early for the report's time zone.",
                (
                    f"{due.period.name} is due at {due.at:%Y-%m-%d %H:%M %Z}, "
                    f"when it is {there:%Y-%m-%d %H:%M} in {zone.key}",
                ),
                "Choose that zone, or a later time.",
            )


def _twice(calendar: PeriodCalendar, now: datetime) -> Due | None:
    dues = islice(calendar.upcoming(now), _AHEAD)
    return next((due for due in dues if calendar.has_a_second_date(due.period)), None)


def _words(due: Due) -> str:
    return f"{due.at:%Y-%m-%d %H:%M %Z} makes {due.period.name}"
