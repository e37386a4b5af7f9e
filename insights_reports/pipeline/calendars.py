"""From the configuration to the calendar of a subscription, with its holidays."""

from datetime import date
from functools import cache
from pathlib import Path

from insights_reports.config.calendar import holiday_dates
from insights_reports.config.model import Config, Subscription
from insights_reports.config.schedule import Schedule
from insights_reports.errors import ConfigError
from insights_reports.owed.calendar import Holidays, PeriodCalendar, no_holidays


def calendar_of(config: Config, subscription: Subscription) -> PeriodCalendar | None:
    """When the editions of ``subscription`` are due; None when it has no schedule.

    Raises:
        ConfigError: when its holidays are not known; with a country, later, as they are asked for.
    """
    schedule = subscription.schedule
    if schedule is None:
        return None
    return PeriodCalendar(
        every=subscription.every,
        schedule=schedule,
        week_start=subscription.week_start,
        year_starts=subscription.fiscal_year_starts,
        holidays=_holidays(config, schedule),
    )


def _holidays(config: Config, schedule: Schedule) -> Holidays:
    given = schedule.holidays
    if given is None:
        return no_holidays
    listed = _listed(config.resolve(given.file)) if given.file else frozenset[date]()

    @cache
    def of_year(year: int) -> frozenset[date]:
        if given.country is None:
            return listed
        return listed | holiday_dates(given.country, given.region, [year])

    return of_year


def _listed(path: Path) -> frozenset[date]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise _unusable(path, reason) from None
    found = set()
    for number, line in enumerate(lines, 1):
        day = line.partition("#")[0].split()
        try:
            found |= {date.fromisoformat(day[0])} if day else set()
        except ValueError:
            raise _unusable(path, f"line {number}: {day[0]!r} is no date") from None
    return frozenset(found)


def _unusable(path: Path, reason: str) -> ConfigError:
    return ConfigError(
        "The holidays cannot be read.",
        (f"schedule.holidays.file: {path}: {reason}",),
        "Write one date a line, such as 2026-12-24, with a remark behind it if you like.",
    )
