"""Open days: working days without freezes, counted by hand."""

from datetime import date, timedelta
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from insights_reports.judgement import Calendar, open_days

# December 2025 has 23 days from Monday to Friday; the 25th and 26th are Thursday and Friday.
HOLIDAYS = frozenset({date(2025, 12, 25), date(2025, 12, 26)})
FREEZE = ((date(2025, 12, 11), date(2026, 1, 1)),)
DECEMBER = date(2025, 12, 1), date(2026, 1, 1)


def test_working_days_are_without_weekends_and_holidays() -> None:
    assert open_days(*DECEMBER, Calendar()).working == 23
    found = open_days(*DECEMBER, Calendar(holidays=HOLIDAYS))
    assert (found.open, found.working, found.share, found.special) == (21, 21, 1, False)


def test_a_december_frozen_from_the_eleventh_is_special() -> None:
    found = open_days(*DECEMBER, Calendar(holidays=HOLIDAYS, freezes=FREEZE))
    assert (found.open, found.working, found.special) == (8, 21, True)


def test_half_open_is_enough() -> None:
    week = date(2026, 6, 1), date(2026, 6, 5)  # Monday to Thursday
    half = Calendar(freezes=((date(2026, 6, 1), date(2026, 6, 3)),))
    assert (open_days(*week, half).share, open_days(*week, half).special) == (0.5, False)


def test_a_period_without_working_days_is_special() -> None:
    found = open_days(date(2026, 6, 6), date(2026, 6, 8), Calendar())  # a weekend
    assert (found.share, found.special) == (None, True)
    assert open_days(*DECEMBER, Calendar(weekend=frozenset(range(7)))).special


def test_another_weekend() -> None:
    found = open_days(date(2026, 6, 1), date(2026, 6, 8), Calendar(weekend=frozenset({4, 5})))
    assert found.working == 5
    days = np.arange("2026-06-01", "2026-06-08", dtype="datetime64[D]")
    assert Calendar(weekend=frozenset({4, 5})).working(days).tolist() == [True] * 4 + [
        False
    ] * 2 + [True]


DAYS = st.dates(date(2020, 1, 1), date(2030, 1, 1))


@given(
    DAYS,
    st.integers(0, 100),
    st.sets(st.integers(0, 6)),
    st.sets(DAYS, max_size=5),
    st.lists(st.tuples(DAYS, st.integers(0, 40)), max_size=3),
)
def test_days_are_counted_as_one_by_one(
    start: Any, length: Any, weekend: Any, holidays: Any, freezes: Any
) -> None:
    end = start + timedelta(days=length)
    spans = tuple((first, first + timedelta(days=more)) for first, more in freezes)
    calendar = Calendar(frozenset(weekend), frozenset(holidays), spans)
    days = [start + timedelta(days=at) for at in range(length)]
    working = [day for day in days if day.weekday() not in weekend and day not in holidays]
    opened = [day for day in working if not any(a <= day < b for a, b in spans)]
    found = open_days(start, end, calendar)
    assert (found.open, found.working) == (len(opened), len(working))
