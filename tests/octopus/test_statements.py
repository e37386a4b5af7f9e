"""What the public page on Insights reports says of replies, one row each, as the client reads them.

The replies are the page's own samples (https://octopus.com/docs/octopus-rest-api), shortened to one
of each thing, and variants of them. What it says of the server: tests/server/test_statements.py.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import pytest

from insights_reports.octopus import Client, Connection
from tests.octopus.fake_octopus import fake_octopus

REPORT: dict[str, Any] = {
    "Id": "InsightsReports-1",
    "SpaceId": "Spaces-1",
    "Name": "High Volume Report",
    "Description": "High volume tenanted deployments report",
    "ProjectGroupIds": ["ProjectGroups-1", "ProjectGroups-2"],
    "ProjectIds": ["Projects-1", "Projects-2"],
    "TenantIds": ["Tenants-1", "Tenants-2", "Tenants-3"],
    "TenantTags": ["Deployment Group/Group A", "Location/US"],
    "TenantMode": "TenantedAndUntenanted",
    "EnvironmentGroups": [
        {"Name": "Test", "Environments": ["Environments-1", "Environments-2"]},
        {"Name": "Production", "Environments": ["Environments-5", "Environments-6"]},
    ],
    "TimeZone": "UTC",
    "IconId": "map-signs",
    "IconColor": "#3CA4F3",
    "Links": {"Self": "/api/Spaces-1/insights/reports/InsightsReports-1"},
}
OPTIONAL = ("Description", "ProjectGroupIds", "ProjectIds", "TenantIds", "TenantTags",
            "TenantMode", "EnvironmentGroups", "TimeZone", "IconId", "IconColor",
            "Links")  # fmt: skip
DEPLOYMENT: dict[str, Any] = {
    "Id": "Deployments-2",
    "ReleaseVersion": "2022.3.1",
    "TaskState": "Success",
    "CompletedTime": "2022-08-18T14:28:15.9395818Z",
    "HadGuidedFailure": False,
    "LeadTime": "1:12:39.41517",
    "LeadTimeCalculatedFromVersion": "2022.3.0",
    "TimeSincePreviouslySuccessfulDeployment": "0:01:00.0",
    "PreviousSuccessfulDeploymentId": "Deployments-1",
    "TimeToRecovery": None,
    "DeploymentsUntilRecovery": None,
    "RecoveredFromFailedDeploymentId": None,
    "RecoveredFromFailedReleaseVersion": None,
}
STREAM: dict[str, Any] = {
    "ProjectId": "Projects-1",
    "ProjectName": "My Project 1",
    "ChannelId": "Channels-1",
    "ChannelName": "My Channel 1",
    "EnvironmentId": "Environments-1",
    "EnvironmentName": "Test Environment",
    "TenantId": "Tenants-1",
    "TenantName": "Australia East",
    "Deployments": [DEPLOYMENT],
}
INTERVAL: dict[str, Any] = {
    "StartOfInterval": "2022-06-05",
    "NumberOfSuccessfulDeployments": 247,
    "LeadTime": {
        "Count": 243,
        "Mean": "-2:32:31.0",
        "Median": "3:17:51.0",
        "Min": "-426:53:44.0",
        "Max": "93:32:33.0",
        "NinetyFifth": "28:15:32.0",
    },
}


@dataclass
class Page:
    """Answers with the samples, in which fields are replaced or (``...``) left out."""

    report: dict[str, Any] = field(default_factory=dict)
    stream: dict[str, Any] = field(default_factory=dict)
    deployment: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    url: str = ""

    def reply(self, path: str, query: dict[str, str]) -> tuple[int, str, bytes]:
        report = changed(REPORT, self.report)
        deployments = [changed(DEPLOYMENT, self.deployment)]
        stream = changed(STREAM, self.stream) | {"Deployments": deployments}
        series = [{"Name": "All", "Intervals": [INTERVAL]}]
        found: dict[str, Any] = {
            "/api/spaces": listed({"Id": "Spaces-1", "Name": "Default", "IsDefault": True}),
            "/api/Spaces-1/insights/reports": listed(report),
            "/api/Spaces-1/insights/reports/InsightsReports-1": report,
            "/api/Spaces-1/insights/reports/InsightsReports-1/deployments": {
                "ReportName": "High Volume Report",
                "Streams": [stream],
            },
            "/api/Spaces-1/insights/reports/InsightsReports-1/metrics": {"Series": series},
        }
        return 200, "application/json", json.dumps(found[path]).encode()


def changed(sample: dict[str, Any], fields: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in (sample | fields).items() if value is not ...}


def listed(item: dict[str, Any]) -> dict[str, Any]:
    return {"ItemType": "InsightsReport", "TotalResults": 1, "ItemsPerPage": 30, "Items": [item]}


class Reader:
    """What the client makes of a page."""

    def __init__(self, client: Client) -> None:
        self._client = client

    @property
    def report(self) -> Any:
        return self._client.reports.get("InsightsReports-1")

    @property
    def reports(self) -> list[Any]:
        return list(self._client.reports.list())

    @property
    def row(self) -> Any:
        (row,) = self._client.deployments("InsightsReports-1").table.to_dict("records")
        return row

    def metrics(self, **asked: str) -> Any:
        return self._client.metrics("InsightsReports-1", **asked)


@pytest.fixture
def read() -> Iterator[Callable[..., Reader]]:
    opened: list[Any] = []

    def read_page(**fields: Any) -> Reader:
        serving = fake_octopus(Page(**fields))
        page = serving.__enter__()
        environ = {"OCTOPUS_API_KEY": "API-FAKE"}
        client = Client(Connection.from_environment(url=page.url, environ=environ))
        opened.append((client, serving))
        return Reader(client)

    yield read_page
    for client, serving in opened:
        client.__exit__(None, None, None)
        serving.__exit__(None, None, None)


Read = Callable[..., Reader]


def as_sampled(name: str) -> Callable[[Read], Any]:
    return lambda read: getattr(read().report, name) == REPORT[name]


def without(name: str, value: object) -> Callable[[Read], Any]:
    return lambda read: read(report={name: value}).report.Id == "InsightsReports-1"


def unseen(thing: str) -> Callable[[Read], Any]:
    stream = {f"{thing}Name": None}
    return lambda read: pd.isna(read(stream=stream).row[f"{thing.lower()}_name"])


def nullable(name: str) -> Callable[[Read], Any]:
    return lambda read: read(deployment={name: None}).row["deployment_id"] == "Deployments-2"


ROWS: dict[str, Callable[[Read], Any]] = {
    "the list has the reports": lambda read: (
        [each.Id for each in read().reports] == ["InsightsReports-1"]
    ),
    **{
        f"report: {name}": as_sampled(name)
        for name in ("Id", "SpaceId", "Name", *OPTIONAL[:-1])
        if name != "EnvironmentGroups"
    },
    "report: EnvironmentGroups": lambda read: (
        [(group.Name, group.Environments) for group in read().report.EnvironmentGroups]
        == [(group["Name"], group["Environments"]) for group in REPORT["EnvironmentGroups"]]
    ),
    **{
        f"report: {name} may be null": without(name, None)
        for name in OPTIONAL
        if name not in ("TenantMode", "TimeZone")
    },
    **{f"report: {name} may be absent": without(name, ...) for name in OPTIONAL},
    "an unknown field is kept": lambda read: read(report={"New": [1]}).report.raw["New"] == [1],
    **{
        f"{thing}Name is null without access": unseen(thing)
        for thing in ("Project", "Channel", "Environment", "Tenant")
    },
    "TenantId may be null": lambda read: pd.isna(
        read(stream={"TenantId": None, "TenantName": None}).row["tenant_id"]
    ),
    "CompletedTime has seven digits": lambda read: (
        read().row["completed"] == pd.Timestamp("2022-08-18T14:28:15.9395818Z")
    ),
    "LeadTime": lambda read: read().row["lead_time"] == pd.Timedelta("01:12:39.41517"),
    "LeadTime may be negative": lambda read: (
        read(deployment={"LeadTime": "-426:53:44.0"}).row["lead_time"]
        == -pd.Timedelta(hours=426, minutes=53, seconds=44)
    ),
    "LeadTimeCalculatedFromVersion": lambda read: (
        read().row["lead_time_from_version"] == "2022.3.0"
    ),
    "TimeSincePreviouslySuccessfulDeployment": lambda read: (
        read().row["time_since_previous"] == pd.Timedelta("00:01:00")
    ),
    "PreviousSuccessfulDeploymentId": lambda read: (
        read().row["previous_successful_id"] == "Deployments-1"
    ),
    "TimeToRecovery": lambda read: (
        read(deployment={"TimeToRecovery": "5:00:00.0"}).row["time_to_recovery"]
        == pd.Timedelta("05:00:00")
    ),
    "DeploymentsUntilRecovery": lambda read: (
        read(deployment={"DeploymentsUntilRecovery": 2}).row["deployments_until_recovery"] == 2
    ),
    "RecoveredFromFailedDeploymentId": lambda read: (
        read(deployment={"RecoveredFromFailedDeploymentId": "Deployments-9"}).row[
            "recovered_from_id"
        ]
        == "Deployments-9"
    ),
    "RecoveredFromFailedReleaseVersion": lambda read: (
        read(deployment={"RecoveredFromFailedReleaseVersion": "2022.2"}).row[
            "recovered_from_version"
        ]
        == "2022.2"
    ),
    **{f"{name} may be null": nullable(name) for name in list(DEPLOYMENT)[5:]},
    "metrics: a series of intervals": lambda read: (
        read().metrics(split="None", time_range="LastYear")["Series"]
        == [{"Name": "All", "Intervals": [INTERVAL]}]
    ),
}


@pytest.mark.parametrize("statement", ROWS)
def test_the_client_reads_it(read: Read, statement: str) -> None:
    assert ROWS[statement](read)
