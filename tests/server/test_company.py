"""The made-up company: the same every time, plausible, and with everything a report must bear."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from insights_reports.server import RunningServer, create_database
from insights_reports.server.ticks import from_datetime
from tests.server.conftest import MAIN, Api
from tests.server.hand import AS_OF, AS_OF_TEXT
from tests.server.slow_check import ticks

HOUR = 36_000_000_000


def _dump(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


def test_the_same_seed_and_instant_make_the_same_company(tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        create_database(tmp_path / name, as_of=AS_OF, seed=seed)
    dumps = [_dump(tmp_path / name) for name in "abc"]
    assert dumps[0] == dumps[1]
    assert dumps[0] != dumps[2]


@pytest.mark.parametrize(
    "as_of",
    [
        datetime(2028, 2, 29, 23, 59, 59, tzinfo=UTC),
        datetime(2026, 1, 1, tzinfo=UTC),
        datetime(2026, 12, 31, 12, tzinfo=UTC),
    ],
)
def test_nothing_is_later_than_the_instant(tmp_path: Path, as_of: datetime) -> None:
    path = tmp_path / "company"
    create_database(path, as_of=as_of)
    with closing(sqlite3.connect(path)) as connection:
        first, last, n = connection.execute(
            "SELECT min(completed), max(completed), count(*) FROM facts"
        ).fetchone()
    assert last <= from_datetime(as_of)
    assert last > from_datetime(as_of - timedelta(days=16))  # even in the freeze
    assert first < from_datetime(as_of - timedelta(days=396))
    assert 7_000 < n < 14_000


@pytest.fixture(scope="module")
def rows(server: RunningServer) -> list[dict[str, Any]]:
    with Api(server.url, server.api_key) as api:
        streams = api.get(f"{MAIN}/deployments").json()["Streams"]
    return [
        {key: value for key, value in stream.items() if key != "Deployments"} | deployment
        for stream in streams
        for deployment in stream["Deployments"]
    ]


def test_the_main_report_has_a_years_work(rows: list[dict[str, Any]]) -> None:
    assert 6_000 < len(rows) < 10_000
    assert len({row["ProjectId"] for row in rows}) == 10
    assert {row["ChannelName"] for row in rows} == {"Default", "Hotfix"}
    assert {row["TaskState"] for row in rows} == {"Success", "Failed", "Canceled", "TimedOut"}
    assert sum(row["HadGuidedFailure"] and row["TaskState"] == "Success" for row in rows) > 10
    assert sum(row["TenantId"] is None for row in rows) > 1_000
    assert sum((row["LeadTime"] or "").startswith("-") for row in rows) > 3
    assert len({row["CompletedTime"][-8:] for row in rows}) > 5_000  # seven digits, all used
    assert sum(row["LeadTime"] is None and row["TaskState"] == "Success" for row in rows) > 50


def test_the_freeze_the_incident_and_the_weekend_show(rows: list[dict[str, Any]]) -> None:
    days = [datetime.fromisoformat(row["CompletedTime"]).date() for row in rows]
    frozen = [
        day for day in days if (day.month, day.day) >= (12, 20) or (day.month, day.day) < (1, 3)
    ]
    assert len(frozen) < 10
    assert sum(day.weekday() >= 5 for day in days) < len(days) * 0.1
    failed: dict[tuple[int, int], list[bool]] = {}
    for day, row in zip(days, rows, strict=True):
        failed.setdefault(day.isocalendar()[:2], []).append(row["TaskState"] == "Failed")
    rates = sorted(sum(each) / len(each) for each in failed.values() if len(each) > 50)
    assert rates[-1] > 2 * rates[-2]


def test_one_project_got_better_and_another_worse(rows: list[dict[str, Any]]) -> None:
    cut = (AS_OF - timedelta(days=91)).isoformat()

    def rate(project: str, late: bool) -> float:
        chosen = [
            row["TaskState"] == "Failed"
            for row in rows
            if row["ProjectId"] == project and (row["CompletedTime"] > cut) == late
        ]
        return sum(chosen) / len(chosen)

    assert rate("Projects-2", True) < rate("Projects-2", False) / 1.8
    assert rate("Projects-4", True) > rate("Projects-4", False) * 1.8


def test_one_project_is_slow(rows: list[dict[str, Any]]) -> None:
    def typical(project: str) -> float:
        return median(
            ticks(row["TimeSincePreviouslySuccessfulDeployment"]) / HOUR
            for row in rows
            if row["ProjectId"] == project
            and row["EnvironmentId"] == "Environments-5"
            and row["TimeSincePreviouslySuccessfulDeployment"]
        )

    assert typical("Projects-6") > 10 * typical("Projects-1")


def test_every_report_of_the_company_can_be_saved_as_it_is(server: RunningServer, api: Api) -> None:
    for report in api.get("/api/Spaces-1/insights/reports").json()["Items"]:
        saved = api.put(report["Links"]["Self"], json=report)
        changed = {"LastModifiedBy": "insights-reports", "LastModifiedOn": AS_OF_TEXT}
        assert (saved.status_code, saved.json()) == (200, report | changed)
