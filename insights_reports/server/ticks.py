"""Instants and durations as whole ticks of 100 ns, and the text Octopus prints for them.

An instant is the number of ticks since 1970-01-01T00:00:00Z. Nothing here is a float.
"""

import re
from datetime import UTC, datetime, timedelta
from functools import cache

TICKS_PER_SECOND = 10_000_000
TICKS_PER_MICROSECOND = 10
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_INSTANT = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d{1,7})\d*)?(Z|[+-]\d\d:\d\d)?", re.ASCII
)


def from_datetime(moment: datetime) -> int:
    """The ticks of an aware datetime, exact to its microsecond."""
    return (moment - _EPOCH) // timedelta(microseconds=1) * TICKS_PER_MICROSECOND


def to_datetime(ticks: int) -> datetime:
    """The instant in UTC, cut to a microsecond."""
    return _EPOCH + timedelta(microseconds=ticks // TICKS_PER_MICROSECOND)


def parse_instant(text: str) -> int:
    """Read `2024-09-23T14:45:10.123+00:00` or `…10.1234567Z`; without a zone it is UTC.

    Raises ValueError when the text is something else.
    """
    match = _INSTANT.fullmatch(text.strip())
    if not match:
        raise ValueError(f"not an instant: {text!r}")
    day, time, fraction, zone = match.groups()
    whole = datetime.fromisoformat(f"{day}T{time}{'+00:00' if zone in (None, 'Z') else zone}")
    return from_datetime(whole) + int((fraction or "").ljust(7, "0"))


def print_instant(ticks: int) -> str:
    """As the Insights endpoints print it: `2022-08-18T14:28:15.9395818Z`."""
    seconds, fraction = divmod(ticks, TICKS_PER_SECOND)
    days, seconds = divmod(seconds, 86_400)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    return f"{_date(days)}T{hour:02d}:{minute:02d}:{second:02d}.{fraction:07d}Z"


@cache
def _date(days: int) -> str:
    return f"{_EPOCH + timedelta(days=days):%Y-%m-%d}"


def print_ordinary_instant(ticks: int) -> str:
    """As the other endpoints print it: `2024-09-23T14:45:10.123+00:00`."""
    return to_datetime(ticks).isoformat(timespec="milliseconds")


def print_duration(ticks: int) -> str:
    """`[-]H:mm:ss.f`: hours without bound, trailing zeros dropped but one digit kept."""
    seconds, fraction = divmod(abs(ticks), TICKS_PER_SECOND)
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    digits = f"{fraction:07d}".rstrip("0") or "0"
    return f"{'-' if ticks < 0 else ''}{hours}:{minute:02d}:{second:02d}.{digits}"


def parse_duration(text: str) -> int:
    """Read what `print_duration` prints. Raises ValueError when the text is something else."""
    match = re.fullmatch(r"(-?)(\d+):([0-5]\d):([0-5]\d)(?:\.(\d{1,7}))?", text.strip(), re.ASCII)
    if not match:
        raise ValueError(f"not a duration: {text!r}")
    sign, hours, minutes, seconds, fraction = match.groups()
    whole = (int(hours) * 60 + int(minutes)) * 60 + int(seconds)
    ticks = whole * TICKS_PER_SECOND + int((fraction or "").ljust(7, "0"))
    return -ticks if sign else ticks
