"""When the edition of a period is due, by hand and as laws."""

from datetime import UTC, date, datetime, timedelta
from itertools import islice, pairwise
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insights_reports.config.schedule import Every, Schedule
from insights_reports.metrics import Period
from insights_reports.owed.calendar import PeriodCalendar

VILNIUS = "Europe/Vilnius"
NEW_YEAR = {2027: frozenset({date(2027, 1, 1)})}


def calendar(every: Every = "month", *, year_starts: int = 1, **schedule: Any) -> PeriodCalendar:
    given = {"zone": VILNIUS, **schedule}
    holidays = NEW_YEAR if "working" in given.get("on", "") else {}
    return PeriodCalendar(
        every=every,
        schedule=Schedule(**given),
        year_starts=year_starts,
        holidays=lambda year: holidays.get(year, frozenset()),
    )


@pytest.mark.parametrize(
    ("every", "schedule", "period", "due"),
    [
        ("month", {"cron": "15 6 1 * *"}, "2026-10", "2026-11-01T06:15:00+02:00"),
        ("month", {"cron": "15 6 L * *"}, "2026-10", "2026-11-30T06:15:00+02:00"),
        ("month", {"cron": "0 7 * * 1"}, "2026-10", "2026-11-02T07:00:00+02:00"),
        ("week", {"cron": "0 7 * * 1"}, "2026-W12", "2026-03-23T07:00:00+02:00"),
        ("week", {"cron": "0 7 * * 1"}, "2026-W13", "2026-03-30T07:00:00+03:00"),  # summer time
        ("quarter", {"cron": "45 6 2 1,4,7,10 *"}, "2026-Q3", "2026-10-02T06:45:00+03:00"),
        ("month", {"on": "day 3", "at": "06:15"}, "2026-10", "2026-11-03T06:15:00+02:00"),
        # 1 November 2026 is a Sunday; 1 January 2027, a Friday, a holiday.
        (
            "month",
            {"on": "first-working-day", "at": "06:15"},
            "2026-10",
            "2026-11-02T06:15:00+02:00",
        ),
        (
            "month",
            {"on": "first-working-day", "at": "06:15"},
            "2026-12",
            "2027-01-04T06:15:00+02:00",
        ),
        # 31 October 2026 is a Saturday.
        (
            "month",
            {"on": "last-working-day", "at": "18:00"},
            "2026-09",
            "2026-10-30T18:00:00+02:00",
        ),
        ("month", {"on": "last-day", "at": "18:00"}, "2026-01", "2026-02-28T18:00:00+02:00"),
        ("year", {"on": "day 10", "at": "06:15"}, "2026", "2027-01-10T06:15:00+02:00"),
    ],
)
def test_when_a_period_is_due(every: Every, schedule: Any, period: str, due: str) -> None:
    found = calendar(every, **schedule).due(Period.parse(period))
    assert found == datetime.fromisoformat(due)
    assert found.isoformat() == due


def test_the_quarters_of_a_fiscal_year_that_begins_in_april() -> None:
    fiscal = calendar("quarter", year_starts=4, on="first-working-day", at="06:15")
    now = datetime(2026, 6, 30, 20, tzinfo=UTC)
    assert [(due.period.name, due.at.date()) for due in islice(fiscal.upcoming(now), 4)] == [
        ("FY2027-Q1", date(2026, 7, 1)),
        ("FY2027-Q2", date(2026, 10, 1)),
        ("FY2027-Q3", date(2027, 1, 4)),
        ("FY2027-Q4", date(2027, 4, 1)),
    ]


def test_what_is_owed_begins_with_a_day_or_with_the_first_run() -> None:
    monthly = calendar(cron="15 6 1 * *")
    now = datetime(2026, 11, 1, 4, 15, tzinfo=UTC)  # the very instant
    assert names(monthly, date(2026, 8, 1), None, now) == ["2026-08", "2026-09", "2026-10"]
    assert names(monthly, date(2026, 8, 2), None, now) == ["2026-09", "2026-10"]
    assert names(monthly, date(2026, 8, 1), None, now - timedelta(seconds=1)) == [
        "2026-08",
        "2026-09",
    ]
    assert names(monthly, None, datetime(2026, 9, 20, tzinfo=UTC), now) == ["2026-09", "2026-10"]
    assert names(monthly, None, now, now) == []
    assert names(monthly, None, None, now) == []


def names(
    given: PeriodCalendar, since: date | None, began: datetime | None, now: datetime
) -> list[str]:
    return [due.period.name for due in given.owed_since(since, began, now)]


@pytest.mark.parametrize(
    ("every", "cron", "left_out", "twice"),
    [
        ("month", "15 6 1 * *", False, False),
        ("month", "15 6 31 * *", True, False),
        ("month", "15 6 1,15 * *", False, True),
        ("month", "15 6 * * *", False, True),
        ("week", "15 6 1 * *", True, False),
        ("quarter", "15 6 2 1,4,7,10 *", False, False),
        ("quarter", "15 6 2 1,7 *", True, False),
        ("year", "15 6 29 2 *", True, False),
    ],
)
def test_a_schedule_that_has_no_date_for_a_period_or_two(
    every: Every, cron: str, left_out: bool, twice: bool
) -> None:
    given = calendar(every, cron=cron)
    periods = [due.period for due in islice(given.upcoming(datetime(2026, 1, 5, tzinfo=UTC)), 12)]
    assert any(given.is_left_out(period) for period in periods) is left_out
    assert any(given.has_a_second_date(period) for period in periods) is twice


ON = st.sampled_from(["first-working-day", "last-working-day", "last-day", "day 1", "day 7"])


@given(
    st.sampled_from(get_args(Every)),
    ON,
    st.sampled_from([VILNIUS, "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]),
    st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)),
)
def test_periods_are_due_one_after_the_other_and_each_before_the_next_has_ended(
    every: Every, on: str, zone: str, now: datetime
) -> None:
    given = calendar(every, on=on, at="06:15", zone=zone)
    dues = list(islice(given.upcoming(now), 30))
    assert dues[0].at > now
    for one, other in pairwise(dues):
        assert one.period.end == other.period.start
        assert one.at < other.at
        assert one.period.end <= one.at.date() < other.period.end
        assert not given.is_left_out(one.period)
    last = dues[-1].at
    owed = given.owed_since(None, now, last)
    assert [due.period for due in owed] == [due.period for due in dues]
