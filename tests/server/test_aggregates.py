"""The figures of /metrics, with small databases worked out by hand."""

from typing import Any

import pytest

from insights_reports.server.access import User
from insights_reports.server.ranges import first_day
from tests.server.hand import Hand

NONE = dict.fromkeys(("Mean", "Median", "Min", "Max", "NinetyFifth"))


def _lead_times(hand: Hand, *hours: int) -> dict[str, Any]:
    """The LeadTime of one month with a deployment for each lead time; each in its own stream."""
    hand.tenants = {n: (f"T{n}", ()) for n in range(1, len(hours) + 1)}
    for n, each in enumerate(hours, 1):
        hand.release(str(n), f"2026-03-10T{23 - each:02d}:00:00")
        hand.deploy(str(n), "2026-03-10T23:00:00", tenant=n)
    month = hand.build().metrics("LastMonth", "Monthly", now="2026-03-31T12:00:00")
    found: dict[str, Any] = month["All"]["2026-03-01"]["LeadTime"]
    return found


def test_statistics_interpolate_linearly(hand: Hand) -> None:
    # Positions 0.95 * 4 = 3.8: 4 h + 0.8 * (9 h - 4 h) = 8 h.
    assert _lead_times(hand, 1, 9, 2, 4, 3) == {
        "Count": 5,
        "Mean": "3:48:00.0",
        "Median": "3:00:00.0",
        "Min": "1:00:00.0",
        "Max": "9:00:00.0",
        "NinetyFifth": "8:00:00.0",
    }


def test_the_median_of_an_even_number_lies_between_the_two_in_the_middle(hand: Hand) -> None:
    stated = _lead_times(hand, 1, 2, 4, 8)
    assert (stated["Median"], stated["NinetyFifth"]) == ("3:00:00.0", "7:24:00.0")


def test_of_one_value_every_statistic_is_that_value(hand: Hand) -> None:
    assert set(_lead_times(hand, 7).values()) == {1, "7:00:00.0"}


def test_durations_are_rounded_to_whole_seconds_half_to_even(hand: Hand) -> None:
    hand.release("1", "2026-03-01T09:00:00")
    hand.deploy("1", "2026-03-10T00:00:00")
    hand.deploy("1", "2026-03-10T00:00:02.5")
    hand.deploy("1", "2026-03-10T00:00:06")
    since = hand.build().metrics("LastMonth", "Monthly", now="2026-03-31T12:00:00")["All"][
        "2026-03-01"
    ]["TimeSincePreviousDeployment"]
    # 2.5 s and 3.5 s.
    assert (since["Min"], since["Max"], since["Mean"]) == ("0:00:02.0", "0:00:04.0", "0:00:03.0")


def test_the_failure_rate_is_failed_by_total_with_five_decimals(hand: Hand) -> None:
    hand.release("1", "2026-03-01T09:00:00")
    for minute in range(4):
        hand.deploy("1", f"2026-03-10T10:0{minute}:00")
    hand.deploy("1", "2026-03-10T11:00:00", "Failed")
    hand.deploy("1", "2026-03-10T11:01:00", "Failed", guided=True)  # still a deployment failure
    hand.deploy("1", "2026-03-10T11:02:00", guided=True)
    hand.deploy("1", "2026-03-10T11:03:00", "Canceled")
    hand.deploy("1", "2026-03-10T11:04:00", "TimedOut")
    interval = hand.build().metrics("LastMonth", "Monthly", now="2026-03-31T12:00:00")["All"][
        "2026-03-01"
    ]
    assert interval["NumberOfSuccessfulDeployments"] == 4
    assert interval["DeploymentFailureRate"] == {
        "Successful": 4,
        "DeploymentFailure": 2,
        "SuccessfulButHadGuidedFailure": 1,
        "Total": 7,
        "Failed": 3,
        "Rate": 0.42857,
    }


def test_an_empty_interval_has_zeros_and_nulls_and_is_there(hand: Hand) -> None:
    month = hand.build().metrics("LastMonth", "Daily", now="2026-03-31T12:00:00")["All"]
    assert len(month) == 32  # 28 February (there is no 31st) to 31 March
    assert month["2026-03-05"] == {
        "StartOfInterval": "2026-03-05",
        "NumberOfSuccessfulDeployments": 0,
        "LeadTime": {"Count": 0} | NONE,
        "DeploymentFailureRate": {
            "Successful": 0,
            "DeploymentFailure": 0,
            "SuccessfulButHadGuidedFailure": 0,
            "Total": 0,
            "Failed": 0,
            "Rate": None,
        },
        "TimeSincePreviousDeployment": {"Count": 0} | NONE,
        "MeanTimeToRecovery": {"Count": 0} | NONE,
        "DeploymentsUntilRecovery": {"Count": 0} | NONE,
    }


def test_weeks_start_on_sunday_and_the_first_is_clipped_at_the_start_of_the_range(
    hand: Hand,
) -> None:
    hand.release("1", "2026-01-01T09:00:00")
    hand.deploy("1", "2026-02-19T23:59:59")  # Thursday, before the range, in its first week
    hand.deploy("1", "2026-02-20T00:00:00")  # Friday: the range starts here
    hand.deploy("1", "2026-02-22T00:00:00")  # Sunday
    weeks = hand.build().metrics("LastMonth", "Weekly", now="2026-03-20T12:00:00")["All"]
    assert list(weeks) == ["2026-02-15", "2026-02-22", "2026-03-01", "2026-03-08", "2026-03-15"]
    counts = [week["NumberOfSuccessfulDeployments"] for week in weeks.values()]
    assert counts == [1, 1, 0, 0, 0]


def test_a_day_belongs_to_the_zone_of_the_report(hand: Hand) -> None:
    hand.report = {"TimeZone": "Europe/Berlin"}
    hand.release("1", "2026-01-01T09:00:00")
    hand.deploy("1", "2026-03-28T22:59:59")  # 28 March, 23:59:59 in winter time
    hand.deploy("1", "2026-03-28T23:00:00")  # 29 March, midnight
    hand.deploy("1", "2026-03-29T21:59:59")  # 29 March, 23:59:59 in summer time
    hand.deploy("1", "2026-03-29T22:00:00")  # 30 March, midnight
    days = hand.build().metrics("LastMonth", "Daily", now="2026-03-31T12:00:00")["All"]
    counts = {day: each["NumberOfSuccessfulDeployments"] for day, each in days.items()}
    assert [counts[f"2026-03-{day}"] for day in (28, 29, 30)] == [1, 2, 1]


def test_now_itself_counts_and_what_follows_does_not(hand: Hand) -> None:
    hand.release("1", "2026-01-01T09:00:00")
    hand.deploy("1", "2026-03-20T12:00:00")
    hand.deploy("1", "2026-03-20T12:00:00.0000001")
    days = hand.build().metrics("LastMonth", "Daily", now="2026-03-20T12:00:00")["All"]
    assert days["2026-03-20"]["NumberOfSuccessfulDeployments"] == 1


def test_a_tenant_counts_in_each_of_its_tags(hand: Hand) -> None:
    hand.tenants = {1: ("A", ("North", "South")), 2: ("B", ("South",)), 3: ("C", ())}
    hand.release("1", "2026-03-01T09:00:00")
    for tenant in (None, 1, 2, 3, None):
        hand.deploy("1", "2026-03-10T10:00:00", tenant=tenant)
    series = hand.build().metrics("LastMonth", "Monthly", "TenantTagSet", "2026-03-31T12:00:00")
    counts = {
        name: each["2026-03-01"]["NumberOfSuccessfulDeployments"] for name, each in series.items()
    }
    assert counts == {"North": 1, "South": 2, "Untagged": 1, "Untenanted": 2}


def test_an_environment_may_stand_in_two_groups(hand: Hand) -> None:
    both = ["Environments-1", "Environments-2"]
    hand.report = {
        "EnvironmentGroups": [
            {"Name": "Both", "Environments": both},
            {"Name": "Two", "Environments": ["Environments-2", "Environments-2"]},
            {"Name": "Nothing", "Environments": []},
        ]
    }
    hand.release("1", "2026-03-01T09:00:00")
    for environment in (1, 2, 2):
        hand.deploy("1", "2026-03-10T10:00:00", environment=environment)
    series = hand.build().metrics("LastMonth", "Monthly", "EnvironmentGroup", "2026-03-31T12:00:00")
    counts = {
        name: each["2026-03-01"]["NumberOfSuccessfulDeployments"] for name, each in series.items()
    }
    assert counts == {"Both": 3, "Two": 2}


def test_a_name_that_the_user_may_not_see_is_null_but_its_figures_are_whole(hand: Hand) -> None:
    hand.tenants = {1: ("A", ())}
    hand.release("1", "2026-03-01T09:00:00")
    hand.deploy("1", "2026-03-10T10:00:00", tenant=1)
    user = User(1, True, frozenset({"Tenants-1"}), frozenset({"Tenants-1"}))
    series = hand.build().metrics("LastMonth", "Monthly", "Tenant", "2026-03-31T12:00:00", user)
    assert series[None]["2026-03-01"]["NumberOfSuccessfulDeployments"] == 1


def test_deployments_until_recovery_keep_decimals(hand: Hand) -> None:
    hand.release("1", "2026-03-01T09:00:00")
    minute = iter(range(60))
    for state in "FSFSFFS":
        word = "Failed" if state == "F" else "Success"
        hand.deploy("1", f"2026-03-10T10:{next(minute):02d}:00", word)
    interval = hand.build().metrics("LastMonth", "Monthly", now="2026-03-31T12:00:00")["All"]
    assert interval["2026-03-01"]["DeploymentsUntilRecovery"] == {
        "Count": 3,
        "Mean": 1.33333,
        "Median": 1.0,
        "Min": 1.0,
        "Max": 2.0,
        "NinetyFifth": 1.9,
    }


@pytest.mark.parametrize(
    ("time_range", "today", "first"),
    [
        ("LastMonth", "2026-03-31", "2026-02-28"),
        ("LastMonth", "2028-03-31", "2028-02-29"),
        ("LastQuarter", "2026-05-31", "2026-02-28"),
        ("LastQuarter", "2026-01-15", "2025-10-15"),
        ("LastYear", "2028-02-29", "2027-02-28"),
        ("LastYear", "2026-11-21", "2025-11-21"),
    ],
)
def test_the_ranges_trail_to_today(time_range: Any, today: str, first: str) -> None:
    from datetime import date

    assert first_day(time_range, date.fromisoformat(today)) == date.fromisoformat(first)


def test_a_rate_as_small_as_a_hundred_thousandth_is_printed_as_a_number(hand: Hand) -> None:
    hand.release("1", "2026-03-01T09:00:00")
    hand.deploy("1", "2026-03-10T10:00:00", "Failed")
    for n in range(29_999):
        hand.deploy("1", f"2026-03-10T11:{n // 600 % 60:02d}:{n // 10 % 60:02d}.{n % 10}")
    month = hand.build().metrics("LastMonth", "Monthly", now="2026-03-31T12:00:00")["All"]
    rate = month["2026-03-01"]["DeploymentFailureRate"]
    assert (rate["Total"], rate["Rate"]) == (30_000, 0.00003)
