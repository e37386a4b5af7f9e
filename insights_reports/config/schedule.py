"""When a subscription's editions are due: what a configuration may say of it.

Cron is read by cronsim, here and when the dates are computed (`insights_reports.owed.calendar`).
"""

import re
from datetime import datetime, time
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import available_timezones

from cronsim import CronSim, CronSimError
from pydantic import AfterValidator, Field, model_validator

from insights_reports.config.strict import StrictModel

_FIRST_HOUR = time(4)  # before it clocks change
_LATER = "between 00:00 and 04:00 clocks change; choose a later hour"
_LONGEST = {"week": 7, "month": 28, "quarter": 90, "year": 365}  # days that each of them has
_DAY = re.compile(r"day ([1-9]\d{0,2})")

Every = Literal["week", "month", "quarter", "year"]


def cron_dates(cron: str, after: datetime) -> CronSim:
    """The dates of ``cron`` after a moment, in its zone; an endless iterator."""
    return CronSim(cron, after)


def _cron(text: str) -> str:
    fields = text.split()
    if len(fields) != 5:
        raise ValueError("a cron schedule has five fields: minute hour day month weekday")
    if fields[2] != "*" and fields[4] != "*":
        raise ValueError("a day of the month and a weekday together mean either; set one of them")
    if "W" in fields[2].upper():
        raise ValueError("not every program reads W in cron; write `on: last-working-day`")
    try:
        parsed = CronSim(text, datetime.min)  # noqa: DTZ901 - from when does not matter
    except CronSimError as error:
        raise ValueError(f"not a cron schedule: {str(error).lower()}") from None
    if min(parsed.hours) < _FIRST_HOUR.hour:
        raise ValueError(_LATER)
    return text


def _zone(text: str) -> str:
    known = text in available_timezones() and "/" in text and not text.startswith("Etc/")
    if not known and text != "UTC":
        raise ValueError("not a region of the time-zone database, such as Europe/Vilnius")
    return text


def _on(text: str) -> str:
    if text not in ("first-working-day", "last-working-day", "last-day") and not _DAY.fullmatch(
        text
    ):
        raise ValueError("must be first-working-day, last-working-day, last-day or day N")
    return text


def _at(text: str) -> str:
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", text):
        raise ValueError("must be a time of the day such as '06:15', in quotes")
    if time.fromisoformat(text) < _FIRST_HOUR:
        raise ValueError(_LATER)
    return text


class Holidays(StrictModel):
    """Days that are no working days: those of a country (ISO 3166) or one of its regions, and those
    in a file, one ISO date a line with a remark behind it if you like."""

    country: Annotated[str, Field(pattern="^[A-Z]{2}$")] | None = None
    region: str | None = None
    file: Path | None = None

    @model_validator(mode="after")
    def _some(self) -> "Holidays":
        if self.country is None and self.file is None:
            raise ValueError("needs a country or a file")
        if self.region is not None and self.country is None:
            raise ValueError("a region needs its country")
        return self


class Schedule(StrictModel):
    """When the edition of a period that has ended is due, in a region's time zone.

    Either ``cron``, five fields: its first date after the end of the period. Or ``on``, a day of
    the time that follows the period and is as long (day 1 is the first), ``at`` a time.
    """

    cron: Annotated[str, AfterValidator(_cron)] | None = None
    on: Annotated[str, AfterValidator(_on)] | None = None
    at: Annotated[str, AfterValidator(_at)] | None = None
    zone: Annotated[str, AfterValidator(_zone)]
    holidays: Holidays | None = None

    @model_validator(mode="after")
    def _one_way(self) -> "Schedule":
        if (self.cron is None) == (self.on is None):
            raise ValueError("needs either cron, or on and at")
        if (self.on is None) != (self.at is None):
            raise ValueError("`on:` and `at:` go together")
        if self.holidays is not None and "working" not in (self.on or ""):
            raise ValueError("`holidays:` are for first-working-day and last-working-day")
        return self

    @property
    def time(self) -> time:
        """Of ``on``."""
        return time.fromisoformat(self.at or "00:00")

    @property
    def day(self) -> int | None:
        """The N of ``on: day N``."""
        found = _DAY.fullmatch(self.on or "")
        return int(found[1]) if found else None

    @property
    def words(self) -> str:
        """For people: ``15 6 1 * * in Europe/Vilnius``."""
        return f"{self.cron or f'{self.on} at {self.at}'} in {self.zone}"

    def problem(self, every: Every) -> str | None:
        """Why it does not go with periods of this length, if it is ``on: day N``."""
        if self.day is not None and self.day > _LONGEST[every]:
            return (
                f"not every {every} has a day {self.day}, and one without it would be left out; "
                f"use last-day, or day {_LONGEST[every]} at most"
            )
        return None
