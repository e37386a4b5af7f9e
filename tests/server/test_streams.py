"""What a deployment says of its stream, with figures worked out by hand."""

import tracemalloc
from contextlib import closing
from typing import Any

import pytest

from insights_reports.server.access import User
from insights_reports.server.database import connect
from insights_reports.server.population import Population
from insights_reports.server.streams import print_streams
from tests.server.hand import Hand


def _values(row: dict[str, Any], *keys: str) -> tuple[Any, ...]:
    return tuple(row[key] for key in keys)


LEAD = ("LeadTime", "LeadTimeCalculatedFromVersion")
PREVIOUS = ("TimeSincePreviouslySuccessfulDeployment", "PreviousSuccessfulDeploymentId")
RECOVERY = (
    "TimeToRecovery",
    "DeploymentsUntilRecovery",
    "RecoveredFromFailedDeploymentId",
    "RecoveredFromFailedReleaseVersion",
)


def test_the_first_deployment_of_a_stream_counts_from_its_own_release(hand: Hand) -> None:
    hand.release("1", "2026-03-01T09:00:00")
    hand.release("2", "2026-03-02T09:00:00")
    hand.deploy("2", "2026-03-02T10:12:39.4151700")
    (row,) = hand.build().deployment_rows()
    assert row["CompletedTime"] == "2026-03-02T10:12:39.4151700Z"
    assert _values(row, *LEAD) == ("1:12:39.41517", "2")
    assert _values(row, *PREVIOUS, *RECOVERY) == (None,) * 6


def test_lead_time_counts_from_the_release_after_the_previously_deployed_one(hand: Hand) -> None:
    for day in (1, 2, 3):
        hand.release(str(day), f"2026-03-0{day}T09:00:00")
    hand.deploy("1", "2026-03-01T10:00:00")
    hand.deploy("3", "2026-03-03T10:00:00")  # brings the changes of 2 as well
    _, row = hand.build().deployment_rows()
    assert _values(row, *LEAD) == ("25:00:00.0", "2")
    assert _values(row, *PREVIOUS) == ("48:00:00.0", "Deployments-1")


def test_a_failed_release_in_between_extends_the_lead_time(hand: Hand) -> None:
    for day in (1, 2, 3):
        hand.release(str(day), f"2026-03-0{day}T09:00:00")
    hand.deploy("1", "2026-03-01T10:00:00")
    hand.deploy("2", "2026-03-02T10:00:00", "Failed")
    hand.deploy("3", "2026-03-03T10:00:00")
    _, failed, row = hand.build().deployment_rows()
    assert _values(failed, *LEAD, *PREVIOUS, *RECOVERY) == (None,) * 8
    assert _values(row, *LEAD) == ("25:00:00.0", "2")
    assert _values(row, *RECOVERY) == ("24:00:00.0", 1, "Deployments-2", "2")


def test_recovery_counts_from_the_first_failure_of_the_run(hand: Hand) -> None:
    hand.release("1", "2026-03-01T09:00:00")
    hand.release("2", "2026-03-01T09:30:00")
    hand.deploy("1", "2026-03-01T10:00:00", "Failed")
    hand.deploy("1", "2026-03-01T11:00:00", guided=True)  # Success with help is a failure
    hand.deploy("2", "2026-03-01T11:30:00", "Canceled")  # neither: changes nothing
    hand.deploy("2", "2026-03-01T11:40:00", "TimedOut")
    hand.deploy("2", "2026-03-01T12:00:00.0000001")
    hand.deploy("2", "2026-03-01T13:00:00")
    *before, row, after = hand.build().deployment_rows()
    assert [each["HadGuidedFailure"] for each in before] == [False, True, False, False]
    assert _values(row, *RECOVERY) == ("2:00:00.0000001", 2, "Deployments-1", "1")
    assert _values(row, *PREVIOUS) == (None, None)
    assert _values(after, *RECOVERY) == (None,) * 4


def test_a_rollback_and_a_repetition_bring_nothing_new(hand: Hand) -> None:
    for day in (1, 2):
        hand.release(str(day), f"2026-03-0{day}T09:00:00")
    hand.deploy("1", "2026-03-01T10:00:00")
    hand.deploy("2", "2026-03-02T10:00:00")
    hand.deploy("1", "2026-03-02T11:00:00")  # rollback
    hand.deploy("1", "2026-03-02T12:00:00")  # the same again
    hand.deploy("2", "2026-03-02T13:00:00")  # forward again: 2 is new to this environment
    rows = hand.build().deployment_rows()
    assert [_values(row, *LEAD) for row in rows[2:]] == [
        (None, None),
        (None, None),
        ("4:00:00.0", "2"),
    ]
    assert [row["PreviousSuccessfulDeploymentId"] for row in rows[2:]] == [
        "Deployments-2",
        "Deployments-3",
        "Deployments-4",
    ]


def test_a_release_assembled_after_its_deployment_has_a_negative_lead_time(hand: Hand) -> None:
    hand.release("1", "2026-03-03T09:00:00")
    hand.deploy("1", "2026-03-01T10:00:00")
    (row,) = hand.build().deployment_rows()
    assert row["LeadTime"] == "-47:00:00.0"


def test_each_project_channel_environment_and_tenant_is_a_stream_of_its_own(hand: Hand) -> None:
    hand.report = {"ChannelIds": ["Channels-2"], "TenantIds": ["Tenants-7"]}
    hand.tenants = {7: ("Seven", ())}
    hand.release("1", "2026-03-01T09:00:00")
    hand.release("1", "2026-03-01T09:00:00", channel=2)
    hand.deploy("1", "2026-03-01T10:00:00", "Failed")
    hand.deploy("1", "2026-03-01T11:00:00", environment=2)
    hand.deploy("1", "2026-03-01T12:00:00", tenant=7)
    hand.deploy("1", "2026-03-01T13:00:00", channel=2)
    streams = hand.build().streams()["Streams"]
    keys = [(s["ChannelId"], s["EnvironmentId"], s["TenantId"], s["TenantName"]) for s in streams]
    assert keys == [
        ("Channels-1", "Environments-1", None, None),
        ("Channels-1", "Environments-1", "Tenants-7", "Seven"),
        ("Channels-1", "Environments-2", None, None),
        ("Channels-2", "Environments-1", None, None),
    ]
    recoveries = [s["Deployments"][0]["TimeToRecovery"] for s in streams]
    assert recoveries == [None] * 4


def test_the_window_is_twelve_whole_months_and_this_one_in_the_zone_of_the_report(
    hand: Hand,
) -> None:
    hand.report = {"TimeZone": "W. Europe Standard Time"}
    hand.release("1", "2025-03-01T09:00:00")
    hand.deploy("1", "2025-04-30T21:59:59.9999999")  # still April in Berlin
    hand.deploy("1", "2025-04-30T22:00:00")  # the first instant of May
    hand.deploy("1", "2026-05-20T12:00:00")
    hand.deploy("1", "2026-05-20T12:00:00.0000001")  # after now
    rows = hand.build().deployment_rows(now="2026-05-20T12:00:00")
    assert [row["Id"] for row in rows] == ["Deployments-2", "Deployments-3"]
    # The one before the window is still known.
    assert rows[0]["PreviousSuccessfulDeploymentId"] == "Deployments-1"


def test_an_unfinished_deployment_is_in_no_stream(hand: Hand) -> None:
    assert hand.build().streams() == {"ReportName": "Report", "Streams": []}


def test_what_a_restricted_user_reads(hand: Hand) -> None:
    hand.tenants = {7: ("Seven", ()), 8: ("Eight", ())}
    hand.release("1", "2026-03-01T09:00:00")
    hand.deploy("1", "2026-03-01T10:00:00", tenant=7)
    hand.deploy("1", "2026-03-01T10:00:00", tenant=8)
    hidden = frozenset({"Tenants-7", "Tenants-8", "Environments-1"})
    user = User(1, True, hidden, omitted=frozenset({"Tenants-8"}))
    seven, eight = hand.build().streams(user=user)["Streams"]
    assert (seven["TenantId"], seven["TenantName"]) == ("Tenants-7", None)
    assert (seven["EnvironmentId"], seven["EnvironmentName"]) == ("Environments-1", None)
    assert seven["ProjectName"] == "Project"
    assert len(seven["Deployments"]) == 1
    assert eight["Deployments"] == []


def test_tenants_are_named_or_tagged(hand: Hand) -> None:
    hand.tenants = {1: ("A", ("North",)), 2: ("B", ("South",)), 3: ("C", ())}
    hand.report = {
        "TenantIds": ["Tenants-3"],
        "TenantTags": ["region/NORTH"],
        "TenantMode": "Tenanted",
    }
    hand.release("1", "2026-03-01T09:00:00")
    for tenant in (None, 1, 2, 3):
        hand.deploy("1", "2026-03-01T10:00:00", tenant=tenant)
    streams = hand.build().streams()["Streams"]
    assert [stream["TenantName"] for stream in streams] == ["A", "C"]


def test_untenanted_only(hand: Hand) -> None:
    hand.tenants = {1: ("A", ())}
    hand.report = {"TenantMode": "Untenanted", "TenantIds": ["Tenants-1"]}
    hand.release("1", "2026-03-01T09:00:00")
    for tenant in (None, 1):
        hand.deploy("1", "2026-03-01T10:00:00", tenant=tenant)
    assert [s["TenantId"] for s in hand.build().streams()["Streams"]] == [None]


def test_only_a_piece_of_the_reply_is_held_in_memory(hand: Hand) -> None:
    for n in range(3000):
        hand.release(f"1.{n}", "2026-03-02T08:00:00")
        hand.deploy(f"1.{n}", f"2026-03-{n // 200 + 3:02d}T09:{n // 60 % 60:02d}:{n % 60:02d}")
    hand.build()
    with closing(connect(hand.path)) as connection:
        everything = Population((1, 2), (1, 2), (0,))
        pieces = print_streams(
            connection, User(1, False), {"ReportName": "Report"}, everything, 0, 2**62
        )
        tracemalloc.start()
        try:
            total = sum(len(piece) for piece in pieces)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert total > 1_000_000
    assert peak < 300_000


@pytest.mark.parametrize(
    ("fields", "tenants"),
    [
        ({"AllTenants": True}, {None, "Tenants-1", "Tenants-2"}),
        ({"AllTenants": True, "TenantIds": ["Tenants-1"]}, {None, "Tenants-1", "Tenants-2"}),
        ({"AllTenants": True, "TenantMode": "Tenanted"}, {"Tenants-1", "Tenants-2"}),
        ({"AllTenants": False}, {None}),
        ({"AllTenants": False, "TenantMode": "Tenanted"}, set()),
        ({"AllTenants": False, "TenantIds": ["Tenants-1"]}, {None, "Tenants-1"}),
    ],
)
def test_all_tenants_or_those_that_are_named(
    hand: Hand, fields: dict[str, Any], tenants: set[str | None]
) -> None:
    hand.tenants = {1: ("One", ()), 2: ("Two", ())}
    hand.report = fields
    hand.release("1.0", "2026-03-01T00:00:00")
    for tenant in (None, 1, 2):
        hand.deploy("1.0", "2026-03-02T10:00:00", tenant=tenant)
    assert {s["TenantId"] for s in hand.build().streams()["Streams"]} == tenants
