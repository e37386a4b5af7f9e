"""Periods, intervals and time ranges, by hand and as laws."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insights_reports.errors import UsageError
from insights_reports.metrics import (
    Conventions,
    Granularity,
    Period,
    TimeRange,
    interval_starts,
    parse_periods,
    time_range,
)
from insights_reports.metrics.conventions import WeekStart
from insights_reports.metrics.periods import PeriodKind, whole_intervals

DATES = st.dates(date(2015, 1, 1), date(2035, 12, 31))
KINDS = st.sampled_from(("day", "week", "month", "quarter", "year"))
WEEK_STARTS = st.sampled_from(("Sunday", "Monday"))


@pytest.mark.parametrize(
    ("text", "kind", "start", "end"),
    [
        ("2026-09-14", "day", date(2026, 9, 14), date(2026, 9, 15)),
        ("2026-09", "month", date(2026, 9, 1), date(2026, 10, 1)),
        ("2026-12", "month", date(2026, 12, 1), date(2027, 1, 1)),
        ("2026-Q3", "quarter", date(2026, 7, 1), date(2026, 10, 1)),
        ("2026-Q4", "quarter", date(2026, 10, 1), date(2027, 1, 1)),
        ("2026", "year", date(2026, 1, 1), date(2027, 1, 1)),
        ("2026-09-14..2026-09-27", "range", date(2026, 9, 14), date(2026, 9, 28)),
    ],
)
def test_a_name_is_a_half_open_range_of_dates(
    text: str, kind: PeriodKind, start: date, end: date
) -> None:
    period = Period.parse(text)
    assert (period.kind, period.start, period.end, period.name) == (kind, start, end, text)


@pytest.mark.parametrize(
    ("text", "year_starts", "start", "end"),
    [
        ("FY2027", 4, date(2026, 4, 1), date(2027, 4, 1)),
        ("FY2027-Q1", 4, date(2026, 4, 1), date(2026, 7, 1)),
        ("FY2027-Q4", 4, date(2027, 1, 1), date(2027, 4, 1)),
        ("FY2027-Q2", 10, date(2027, 1, 1), date(2027, 4, 1)),
        ("FY2027-Q4", 2, date(2026, 11, 1), date(2027, 2, 1)),
    ],
)
def test_a_fiscal_year_is_named_after_the_year_in_which_it_ends(
    text: str, year_starts: int, start: date, end: date
) -> None:
    period = Period.parse(text, year_starts=year_starts)
    assert (period.start, period.end, period.name) == (start, end, text)
    assert period == Period.parse(text.lower().replace("-q", "q"), year_starts=year_starts)
    assert period.previous().end == start
    assert period.year_before().name == text.replace("2027", "2026")
    with pytest.raises(UsageError):
        Period.parse(text)  # in a calendar year


@given(st.sampled_from(("quarter", "year")), DATES, st.integers(1, 12))
def test_each_day_lies_in_one_fiscal_quarter_and_year_that_its_name_leads_back_to(
    kind: PeriodKind, day: date, year_starts: int
) -> None:
    period = Period.containing(kind, day, year_starts=year_starts)
    assert period.start <= day < period.end
    assert Period.parse(period.name, year_starts=year_starts) == period


@pytest.mark.parametrize(
    ("text", "monday"),
    [
        ("2026-W40", date(2026, 9, 28)),
        ("2026-W01", date(2025, 12, 29)),
        ("2026-W53", date(2026, 12, 28)),
        ("2027-W01", date(2027, 1, 4)),
    ],
)
def test_a_week_is_the_iso_week_or_begins_the_day_before_it(text: str, monday: date) -> None:
    iso = Period.parse(text, week_start="Monday")
    assert (iso.start, iso.end, iso.name) == (monday, monday + timedelta(7), text)
    sunday = Period.parse(text, week_start="Sunday")
    assert (sunday.start, sunday.end, sunday.name) == (
        monday - timedelta(1),
        monday + timedelta(6),
        text,
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-13",
        "2026-Q5",
        "2026-W54",
        "2025-W53",
        "26-09",
        "2026-9",
        "LastMonth",
        "2026-02-30",
        "2026-09..",
        "2026-09-27..2026-09-14",
        "٢٠٢٦",
        "9999",
        "2026-09\n2026-10",
    ],
)
def test_what_is_no_period_is_refused_with_its_text_and_a_remedy(text: str) -> None:
    with pytest.raises(UsageError) as refused:
        Period.parse(text)
    assert repr(text) in refused.value.which
    assert "2026-Q3" in refused.value.remedy


@given(KINDS, DATES, WEEK_STARTS)
def test_every_day_lies_in_one_period_of_each_kind_which_its_name_gives_back(
    kind: PeriodKind, day: date, week_start: WeekStart
) -> None:
    period = Period.containing(kind, day, week_start)
    assert period.start <= day < period.end
    assert Period.parse(period.name, week_start) == period
    before = period.previous()
    assert before.end == period.start
    assert Period.containing(kind, before.start, week_start) == before
    assert before.previous(-1) == period


@given(KINDS, DATES, st.integers(1, 15))
def test_trailing_periods_touch_and_end_with_this_one(kind: PeriodKind, day: date, n: int) -> None:
    periods = Period.containing(kind, day).trailing(n)
    assert len(periods) == n
    assert periods[-1].start <= day < periods[-1].end
    assert all(one.end == next.start for one, next in pairwise(periods))


@given(KINDS, DATES)
def test_the_last_complete_period_has_ended_and_the_next_one_has_not(
    kind: PeriodKind, today: date
) -> None:
    period = Period.last_complete(kind, today)
    assert period.end <= today < period.previous(-1).end


def test_the_year_before_keeps_months_and_weekdays() -> None:
    assert Period.parse("2026-09").year_before() == Period.parse("2025-09")
    assert Period.parse("2024-02").year_before() == Period.parse("2023-02")
    assert Period.parse("2026-Q1").year_before() == Period.parse("2025-Q1")
    week = Period.parse("2026-W40")
    assert week.year_before().start == week.start - timedelta(weeks=52)
    leap = Period.parse("2024-02-29..2024-03-05").year_before()
    assert (leap.start, leap.end) == (date(2023, 2, 28), date(2023, 3, 6))
    assert leap.kind == "range"


def test_a_range_moves_by_its_own_length() -> None:
    period = Period.parse("2026-09-14..2026-09-27")
    assert period.previous().name == "2026-08-31..2026-09-13"
    with pytest.raises(ValueError, match="both its ends"):
        Period.containing("range", date(2026, 9, 14))


def test_a_period_that_does_not_end_after_it_starts_is_refused() -> None:
    with pytest.raises(ValueError, match="must end after"):
        Period("range", date(2026, 9, 1), date(2026, 9, 1))


def test_the_length_of_a_period_is_in_days() -> None:
    assert Period.parse("2026-09").days == 30


def test_a_range_of_names_is_every_period_in_it() -> None:
    names = [period.name for period in parse_periods("2026-11..2027-02")]
    assert names == ["2026-11", "2026-12", "2027-01", "2027-02"]
    assert [period.name for period in parse_periods("2026-Q3")] == ["2026-Q3"]
    assert [period.name for period in parse_periods("2026-W52..2027-W01", "Monday")] == [
        "2026-W52",
        "2026-W53",
        "2027-W01",
    ]


@pytest.mark.parametrize("text", ["2026-09..2026-07", "2026-07..2026-Q4", "2026-07..", "..2026"])
def test_ends_that_make_no_range_of_periods_are_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_periods(text)


def test_weeks_begin_on_sunday_unless_told_otherwise() -> None:
    """2022-06-05, the start of the interval in Octopus's sample, is a Sunday."""
    june = Period.parse("2022-06")
    assert june.intervals("Weekly")[:2] == (date(2022, 5, 29), date(2022, 6, 5))
    assert june.intervals("Weekly", "Monday")[:2] == (date(2022, 5, 30), date(2022, 6, 6))
    assert june.intervals("Monthly") == (date(2022, 6, 1),)
    assert june.intervals("Daily")[0] == date(2022, 6, 1)
    assert len(june.intervals("Daily")) == 30


@given(DATES, st.integers(0, 400), st.sampled_from(("Daily", "Weekly", "Monthly")), WEEK_STARTS)
def test_intervals_cover_the_range_without_gap_or_overlap(
    start: date, days: int, granularity: Granularity, week_start: WeekStart
) -> None:
    end = start + timedelta(days)
    starts = interval_starts(start, end, granularity, week_start)
    wide, last = whole_intervals(start, end, granularity, week_start)
    if not days:
        assert starts in ((), (start,)) or starts[0] < start
        return
    assert wide == starts[0] <= start
    assert starts[-1] < end <= last
    if granularity == "Weekly":
        assert {(after - before).days for before, after in pairwise(starts)} <= {7}
        assert starts[0].isoweekday() == (7 if week_start == "Sunday" else 1)
    if granularity == "Monthly":
        assert all(first.day == 1 for first in starts)


@pytest.mark.parametrize(
    ("name", "trailing", "aligned"),
    [
        ("LastMonth", date(2026, 2, 28), date(2026, 2, 1)),
        ("LastQuarter", date(2025, 12, 31), date(2025, 12, 1)),
        ("LastYear", date(2025, 3, 31), date(2025, 3, 1)),
    ],
)
def test_time_ranges_trail_the_local_day_and_include_it(
    name: TimeRange, trailing: date, aligned: date
) -> None:
    as_of = datetime(2026, 3, 30, 11, 30, tzinfo=UTC)  # the 31st, 00:30, in Auckland
    zone = ZoneInfo("Pacific/Auckland")
    assert time_range(name, as_of, zone) == (trailing, date(2026, 4, 1))
    assert time_range(name, as_of, zone, Conventions(range_start="aligned")) == (
        aligned,
        date(2026, 4, 1),
    )
