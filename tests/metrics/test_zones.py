"""Completions become local dates exactly as the tz database says, second by second."""

import os
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insights_reports.metrics import local_dates
from insights_reports.metrics.zones import transitions
from tests.metrics.reference import TICKS, Row, local_date
from tests.metrics.strategies import ZONES
from tests.metrics.tables import table, ticks

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def dates(zone: str, *completed: int | None) -> list[Any]:
    rows = [Row(f"Deployments-{n}", at) for n, at in enumerate(completed)]
    found: list[Any] = local_dates(table(rows), ZoneInfo(zone)).tolist()
    return found


def offset_at(instant: datetime, zone: ZoneInfo) -> float:
    """The offset from UTC in seconds."""
    offset = instant.astimezone(zone).utcoffset()
    assert offset is not None
    return offset.total_seconds()


@pytest.mark.parametrize(
    ("zone", "instant", "expected"),
    [
        # New York is 5 h behind until 2026-03-08 07:00 UTC, then 4 h.
        ("America/New_York", "2026-03-08T04:59:59.9999999", date(2026, 3, 7)),
        ("America/New_York", "2026-03-08T05:00:00", date(2026, 3, 8)),
        ("America/New_York", "2026-03-09T03:59:59.9999999", date(2026, 3, 8)),  # a day of 23 h
        ("America/New_York", "2026-03-09T04:00:00", date(2026, 3, 9)),
        ("Europe/London", "2026-10-25T23:59:59.9999999", date(2026, 10, 25)),  # a day of 25 h
        ("Europe/London", "2026-10-24T22:59:59.9999999", date(2026, 10, 24)),
        ("Europe/London", "2026-10-24T23:00:00", date(2026, 10, 25)),
        # Cairo's clocks went from 23:59:59 on 2023-04-27 to 01:00 on the 28th.
        ("Africa/Cairo", "2023-04-27T21:59:59.9999999", date(2023, 4, 27)),
        ("Africa/Cairo", "2023-04-27T22:00:00", date(2023, 4, 28)),
        # Lord Howe moves by half an hour, from +10:30 to +11, at 2026-10-03 15:30 UTC.
        ("Australia/Lord_Howe", "2026-10-03T13:29:59.9999999", date(2026, 10, 3)),
        ("Australia/Lord_Howe", "2026-10-04T12:59:59.9999999", date(2026, 10, 4)),
        ("Australia/Lord_Howe", "2026-10-04T13:00:00", date(2026, 10, 5)),
        # Apia had no 30 December 2011.
        ("Pacific/Apia", "2011-12-30T09:59:59.9999999", date(2011, 12, 29)),
        ("Pacific/Apia", "2011-12-30T10:00:00", date(2011, 12, 31)),
        ("Asia/Kolkata", "2026-09-14T18:29:59.9999999", date(2026, 9, 14)),
        ("Asia/Kolkata", "2026-09-14T18:30:00", date(2026, 9, 15)),
        # Asuncion left its clocks at -3 in October 2024.
        ("America/Asuncion", "2026-06-15T02:59:59.9999999", date(2026, 6, 14)),
        ("America/Asuncion", "2026-06-15T03:00:00", date(2026, 6, 15)),
        ("UTC", "2026-12-31T23:59:59.9999999", date(2026, 12, 31)),
    ],
)
def test_a_completion_belongs_to_the_local_day(zone: str, instant: str, expected: date) -> None:
    assert dates(zone, ticks(instant)) == [expected]


def test_no_completion_has_no_date_and_no_rows_have_none() -> None:
    assert dates("Europe/London") == []
    assert dates("Europe/London", None) == [None]
    assert dates("Europe/London", ticks("2026-09-14T12:00:00"), None) == [date(2026, 9, 14), None]


@settings(max_examples=60)
@given(
    st.sampled_from(ZONES),
    st.lists(st.integers(ticks("2011-12-01T00:00:00"), ticks("2035-12-31T23:59:59")), max_size=30),
)
def test_dates_equal_those_of_the_standard_library(zone: str, instants: list[int]) -> None:
    assert dates(zone, *instants) == [local_date(at, zone) for at in instants]


@pytest.mark.parametrize("zone", ZONES)
def test_around_every_change_and_midnight_of_twenty_years(zone: str) -> None:
    """One tick before and at each change of offset, and each midnight of every month's first."""
    first, last = (ticks(f"{year}-01-01T00:00:00") // TICKS for year in (2015, 2036))
    instants = transitions(ZoneInfo(zone), first, last)[0].tolist()
    for year in range(2015, 2036):
        for month in range(1, 13):
            midnight = datetime(year, month, 1, tzinfo=ZoneInfo(zone)).astimezone(UTC)
            instants.append(int((midnight - EPOCH).total_seconds()))
    around = [at * TICKS + step for at in instants for step in (-1, 0)]
    assert dates(zone, *around) == [local_date(at, zone) for at in around]


def test_transitions_are_those_of_the_tz_database() -> None:
    """Probing once a day finds every change, to the second: checked hour by hour."""
    everything = sorted(available_timezones() - {"localtime"})
    zones = everything if os.environ.get("THOROUGH") else everything[::97]
    years = (1990, 2037) if os.environ.get("THOROUGH") else (2010, 2016)
    first, last = (
        int((datetime(year, 1, 1, tzinfo=UTC) - EPOCH).total_seconds()) for year in years
    )
    for name in zones:
        zone = ZoneInfo(name)
        at, offsets = transitions(zone, first, last)
        hours = np.arange(first, last, 3600)
        ours = offsets[np.searchsorted(at[1:], hours, side="right")]
        theirs = [offset_at(EPOCH + timedelta(seconds=hour), zone) for hour in hours.tolist()]
        assert ours.tolist() == theirs, name
        for change, before, after in zip(at[1:], offsets, offsets[1:], strict=False):
            instant = EPOCH + timedelta(seconds=int(change))
            earlier = offset_at(instant - timedelta(seconds=1), zone)
            assert earlier == before or change == at[0]
            assert offset_at(instant, zone) == after
