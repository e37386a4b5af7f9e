"""Local days as ranges of instants, through every kind of transition."""

import itertools
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insights_reports.server import zones
from insights_reports.server.ticks import TICKS_PER_SECOND, from_datetime, to_datetime

_HOUR = 3600 * TICKS_PER_SECOND


def _days(zone: str, start: datetime, days: int) -> list[zones.Segment]:
    first = from_datetime(start)
    return zones.segments(first, first + days * 24 * _HOUR, ZoneInfo(zone), lambda day: day)


def test_days_of_23_and_25_hours() -> None:
    lengths = {
        part.interval: (part.stop - part.start) // _HOUR
        for part in _days("Europe/Berlin", datetime(2026, 3, 28, tzinfo=UTC), 3)
    }
    assert lengths[date(2026, 3, 29)] == 23
    autumn = _days("Europe/Berlin", datetime(2026, 10, 24, tzinfo=UTC), 3)
    assert {part.interval: (part.stop - part.start) // _HOUR for part in autumn}[
        date(2026, 10, 25)
    ] == 25


def test_a_day_without_midnight_starts_at_one() -> None:
    # Cairo's clocks jump from 24 April 2026 00:00 to 01:00, which is 23 April 22:00 UTC.
    start = zones.midnight(date(2026, 4, 24), ZoneInfo("Africa/Cairo"))
    assert to_datetime(start) == datetime(2026, 4, 23, 22, tzinfo=UTC)


def test_a_day_that_is_interrupted_by_the_day_before() -> None:
    # St. John's turned its clocks back at 00:01 of 7 November 2010 to 23:01 of the 6th.
    parts = _days("America/St_Johns", datetime(2010, 11, 6, 12, tzinfo=UTC), 1)
    assert [part.interval.day for part in parts] == [6, 7, 6, 7]
    assert parts[1].stop - parts[1].start == 60 * TICKS_PER_SECOND


@pytest.mark.parametrize(
    "name",
    ["Europe/Berlin", "Africa/Cairo", "America/Havana", "Asia/Kathmandu", "Africa/Casablanca"],
)
@given(st.integers(0, 500 * 24 * 3600 * TICKS_PER_SECOND))
def test_every_instant_lies_in_the_day_on_the_wall(name: str, offset: int) -> None:
    where = ZoneInfo(name)
    start = from_datetime(datetime(2025, 7, 1, tzinfo=UTC))
    instant = start + offset
    parts = zones.segments(instant - _HOUR, instant + _HOUR, where, lambda day: day)
    (found,) = [part.interval for part in parts if part.start <= instant < part.stop]
    assert found == to_datetime(instant).astimezone(where).date()
    assert all(a.stop == b.start for a, b in itertools.pairwise(parts))


@given(st.sampled_from(zones.windows_ids()), st.integers(0, 365))
def test_midnight_is_the_first_instant_of_its_date(windows_id: str, days: int) -> None:
    where = zones.zone(windows_id)
    assert where is not None
    day = date(2026, 1, 1) + timedelta(days=days)
    start = zones.midnight(day, where)
    assert to_datetime(start).astimezone(where).date() == day
    assert to_datetime(start - 10).astimezone(where).date() < day


@pytest.mark.parametrize(
    ("given_id", "read"),
    [
        ("Europe/Berlin", "W. Europe Standard Time"),
        ("W. Europe Standard Time", "W. Europe Standard Time"),
        ("w. europe standard time", "W. Europe Standard Time"),
        ("Europe/Kyiv", "FLE Standard Time"),
        ("UTC", "UTC"),
        ("Etc/UTC", "UTC"),
    ],
)
def test_a_zone_is_read_back_by_its_windows_id(given_id: str, read: str) -> None:
    assert zones.windows_id(given_id) == read


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "Europe", "../etc/passwd", "x" * 5000])
def test_what_is_no_zone(name: str) -> None:
    assert zones.zone(name) is None


def test_every_windows_id_stays_itself() -> None:
    aliases = {id_: zones.windows_id(id_) for id_ in zones.windows_ids()}
    offsets_differ = [
        id_
        for id_, other in aliases.items()
        if str(zones.zone(id_)) != str(zones.zone(other)) and other in aliases
    ]
    assert offsets_differ == []
