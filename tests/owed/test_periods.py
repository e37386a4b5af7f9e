"""Which periods can be asked for, and what the errors say."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insights_reports.errors import UsageError
from insights_reports.owed.meant import meant
from insights_reports.owed.periods import periods_wanted, range_wanted
from tests.owed.rows import at, subscription

NOW = at("2026-11-28T12:00")
FISCAL = {"every": "quarter", "fiscal_year_starts": 4}


@pytest.mark.parametrize(
    ("settings", "text", "names"),
    [
        ({}, "last", ["last"]),
        ({}, "last-month", ["last"]),
        ({}, "2026-11", ["2026-11"]),
        ({}, "2026-06..2026-07", ["2026-06", "2026-07"]),
        ({"every": "week"}, "2026-w48", ["2026-W48"]),
        ({"every": "quarter"}, "2026Q3", ["2026-Q3"]),
        ({"every": "year"}, "2024..2026", ["2024", "2025", "2026"]),
        (FISCAL, "FY2027-Q1", ["FY2027-Q1"]),
        (FISCAL, "fy2026q4..fy2027q2", ["FY2026-Q4", "FY2027-Q1", "FY2027-Q2"]),
        ({**FISCAL, "every": "year"}, "FY2027", ["FY2027"]),
    ],
)
def test_what_fits_the_subscription(settings: Any, text: str, names: list[str]) -> None:
    assert list(periods_wanted(text, subscription(**settings), NOW)) == names


@pytest.mark.parametrize(
    ("settings", "text", "remedy"),
    [
        ({}, "2026-Q3", "Write last, last-month, 2026-10 or 2026-08..2026-10;"),
        ({}, "2026-09-14..2026-09-27", "run --range 2026-09-14..2026-09-27"),
        ({}, "last-quarter", "last-month"),
        ({}, "october", "last-month"),
        ({}, "2026-10..2026-08", "2026-08..2026-10"),
        ({}, "FY2027", "2026-10"),
        ({"every": "week"}, "2026-11", "2026-W44"),
        ({"every": "quarter"}, "FY2027-Q1", "2026-Q3"),
        (FISCAL, "2026-Q3", "FY2027-Q1"),
        (FISCAL, "FY2027", "FY2027-Q1"),
        ({}, "2026-11..2026-12", "earlier"),
        ({}, "2027-01", "earlier"),
    ],
)
def test_what_does_not_says_what_would(settings: Any, text: str, remedy: str) -> None:
    with pytest.raises(UsageError) as failure:
        periods_wanted(text, subscription(**settings), NOW)
    assert remedy in failure.value.remedy
    assert len(str(failure.value).splitlines()) == 3


@pytest.mark.parametrize(
    ("settings", "text", "found"),
    [
        ({}, "2026/9", "2026-09"),
        ({}, "2026-9", "2026-09"),
        ({}, "09.2026", "2026-09"),
        ({}, "sep 2026", "2026-09"),
        ({}, "October", "2026-10"),
        ({}, "December", "2025-12"),  # the one of 2026 has not begun
        ({}, "Okt. 2026", "2026-10"),
        ({}, "2026-Q3", "2026-07..2026-09"),
        ({}, "last-quarter", "2026-07..2026-09"),
        ({}, "2026-10..2026-08", "2026-08..2026-10"),
        ({}, "lats", "last"),
        ({}, "lastmonth", "2026-10"),
        ({}, "2026-09-14", "2026-09"),
        ({"every": "quarter"}, "2026-08", "2026-Q3"),
        ({"every": "quarter"}, "q3", "2026-Q3"),
        ({"every": "quarter"}, "3. Quartal", None),
        ({"every": "week"}, "KW 44 2026", "2026-W44"),
        ({"every": "year"}, "2026-Q3", "2026"),
        (FISCAL, "2026-Q3", "FY2027-Q2"),
        ({}, "2026-13", None),
        ({}, "2027", None),
        ({}, "", None),
        ({}, "yesterday", None),
    ],
)
def test_what_was_meant_is_suggested(settings: Any, text: str, found: str | None) -> None:
    with pytest.raises(UsageError) as failure:
        periods_wanted(text, subscription(**settings), NOW)
    said = re.match(r"Did you mean (\S+)\?", failure.value.remedy)
    assert (said and said[1]) == found
    if found:
        assert periods_wanted(found, subscription(**settings), NOW)


@given(st.text(max_size=20))
def test_what_is_suggested_can_be_asked_for(text: str) -> None:
    found = meant(text, subscription(), NOW.date())
    assert found is None or periods_wanted(found, subscription(), NOW)


def test_a_range_of_days_is_one_period() -> None:
    days = range_wanted("2026-09-14..2026-09-27", subscription(), NOW)
    assert days == "2026-09-14..2026-09-27"
    assert range_wanted("2026-09-14..2026-09-14", subscription(), NOW).endswith("..2026-09-14")
    assert range_wanted("2026-06..2026-07", subscription(), NOW) == "2026-06-01..2026-07-31"
    for text in ("2026-09-14", "2026-09-27..2026-09-14", "a..b", "2027-01-01..2027-01-02"):
        with pytest.raises(UsageError):
            range_wanted(text, subscription(), NOW)
