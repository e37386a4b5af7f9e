"""Time zones as Octopus takes and gives them, and the local days of a zone as ranges of instants.

A report may be created with a Windows or an IANA id; it is read back with the Windows id
(https://octopus.com/docs/octopus-rest-api, Insights reports).
"""

from bisect import bisect_right
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import groupby
from typing import NamedTuple
from zoneinfo import ZoneInfo, available_timezones

from tzlocal.windows_tz import tz_win, win_tz

from insights_reports.server.ticks import TICKS_PER_SECOND, from_datetime, to_datetime

_PROBE = timedelta(hours=6)  # no zone has changed its offset twice within six hours
_SECOND = timedelta(seconds=1)
# Names of zones that have a Windows id under another name only.
_ALIASES = {
    "GMT": "UTC",
    "CST6CDT": "America/Chicago",
    "EST5EDT": "America/New_York",
    "MST7MDT": "America/Denver",
    "PST8PDT": "America/Los_Angeles",
    "Europe/Uzhgorod": "Europe/Kyiv",
    "Europe/Zaporozhye": "Europe/Kyiv",
    "US/East-Indiana": "America/Indiana/Indianapolis",
}


class Segment(NamedTuple):
    """The instants [start, stop), in ticks, all of which fall into one interval."""

    interval: date
    start: int
    stop: int


@cache
def _known() -> dict[str, str]:
    """Every accepted id, casefolded, with its IANA name."""
    names = {name.casefold(): name for name in available_timezones()}
    return names | {name.casefold(): iana for name, iana in win_tz.items()}


def zone(name: str) -> ZoneInfo | None:
    """The zone of a Windows or IANA id; None when there is no such zone."""
    iana = _known().get(name.casefold())
    return ZoneInfo(iana) if iana else None


def windows_id(name: str) -> str:
    """The Windows id of an accepted id; the IANA name itself where Windows has none for it."""
    iana = _known()[name.casefold()]
    return tz_win.get(_ALIASES.get(iana, iana), iana)


def windows_ids() -> list[str]:
    """All Windows ids, sorted."""
    return sorted(win_tz)


def midnight(day: date, where: ZoneInfo) -> int:
    """The first instant of a local date (ticks), also where midnight is skipped or comes twice."""
    around = from_datetime(datetime(day.year, day.month, day.day, tzinfo=UTC))
    days = 2 * 86_400 * TICKS_PER_SECOND
    parts = segments(around - days, around + days, where, lambda local: local)
    return next(part.start for part in parts if part.interval >= day)


def segments(
    start: int, stop: int, where: ZoneInfo, interval_of: Callable[[date], date]
) -> list[Segment]:
    """Cut [start, stop) by the zone's transitions and local midnights.

    `interval_of` names the interval of a local date. An interval may have several segments, where
    the clock was turned back over midnight.
    """
    offsets = _offsets(start, stop, where)
    pieces = [piece for span in offsets for piece in _days(*span)]
    merged = []
    for interval, group in groupby(pieces, key=lambda piece: interval_of(piece.interval)):
        members = list(group)
        merged.append(Segment(interval, members[0].start, members[-1].stop))
    return merged


def _days(start: int, stop: int, offset: int) -> list[Segment]:
    """The local days of [start, stop) under one offset from UTC, all in ticks."""
    day_ticks = 86_400 * TICKS_PER_SECOND
    pieces = []
    while start < stop:
        ordinal, passed = divmod(start + offset, day_ticks)
        end = min(start - passed + day_ticks, stop)
        pieces.append(Segment(date(1970, 1, 1) + timedelta(days=ordinal), start, end))
        start = end
    return pieces


def _offsets(start: int, stop: int, where: ZoneInfo) -> list[tuple[int, int, int]]:
    """(start, stop, offset from UTC) of each stretch with one offset, in ticks."""
    changes = [start]
    moment, end = to_datetime(start), to_datetime(stop)
    while moment < end:
        following = min(moment + _PROBE, end)
        if moment.astimezone(where).utcoffset() != following.astimezone(where).utcoffset():
            changes.append(from_datetime(_change(moment, following, where)))
        moment = following
    return [
        (a, b, _offset(to_datetime(a), where))
        for a, b in zip(changes, [*changes[1:], stop], strict=True)
        if a < b
    ]


def _change(before: datetime, after: datetime, where: ZoneInfo) -> datetime:
    """The second at which the offset changes between two instants."""
    old = before.astimezone(where).utcoffset()
    base = before.replace(microsecond=0)
    seconds = range(int((after - base) / _SECOND) + 2)
    position = bisect_right(
        seconds, False, key=lambda n: (base + n * _SECOND).astimezone(where).utcoffset() != old
    )
    return base + position * _SECOND


def _offset(moment: datetime, where: ZoneInfo) -> int:
    offset = moment.astimezone(where).utcoffset()
    assert offset is not None  # noqa: S101 - an aware datetime has one
    return int(offset.total_seconds()) * TICKS_PER_SECOND
