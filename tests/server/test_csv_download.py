"""The CSV download says what the streams say, and a spreadsheet can open it."""

import csv
from typing import Any

import pytest

from insights_reports.server import import_file
from tests.server.conftest import MAIN, Api

PROJECT = "/api/Spaces-1/projects/Projects-3/insights"
CHOSEN = "channelId=Channels-3&environmentId=Environments-5"
# The columns of https://octopus.com/docs/insights/csv-download, and where the API has them.
OF_STREAM = {
    "Project": "ProjectName",
    "Channel": "ChannelName",
    "Environment": "EnvironmentName",
    "Tenant": "TenantName",
}
OF_DEPLOYMENT = {
    "Deployment": "Id",
    "Release": "ReleaseVersion",
    "Completed": "CompletedTime",
    "State": "TaskState",
    "Had Guided Failure": "HadGuidedFailure",
    "Lead Time": "LeadTime",
    "Lead Time Calculated From": "LeadTimeCalculatedFromVersion",
    "Since Previous Successful": "TimeSincePreviouslySuccessfulDeployment",
    "Previous Successful": "PreviousSuccessfulDeploymentId",
    "Time to Recovery": "TimeToRecovery",
    "Deployments Until Recovery": "DeploymentsUntilRecovery",
    "Recovery From": "RecoveredFromFailedDeploymentId",
    "Recovery From Version": "RecoveredFromFailedReleaseVersion",
}


def _rows(api: Api, path: str) -> list[dict[str, str]]:
    reply = api.get(path)
    assert (reply.status_code, reply.headers["Content-Type"]) == (200, "text/csv; charset=utf-8")
    assert reply.content.startswith(b"\xef\xbb\xbfDeployment,Project,Release,Channel,Completed,")
    return list(csv.DictReader(reply.content.decode("utf-8-sig").splitlines()))


def _flat(reply: dict[str, Any]) -> list[dict[str, str]]:
    return [
        {column: _text(stream[field]) for column, field in OF_STREAM.items()}
        | {column: _text(each[field]) for column, field in OF_DEPLOYMENT.items()}
        for stream in reply["Streams"]
        for each in stream["Deployments"]
    ]


def _text(value: object) -> str:
    return "" if value is None else str(value)


@pytest.mark.parametrize(
    ("json", "download"),
    [
        (f"{MAIN}/deployments", f"{MAIN}/deployments/csv"),
        (f"{PROJECT}/deployments?{CHOSEN}", f"{PROJECT}/deployments/csv?{CHOSEN}"),
    ],
)
def test_the_file_has_every_deployment_of_the_json(api: Api, json: str, download: str) -> None:
    rows = _rows(api, download)
    assert set(rows[0]) == {*OF_STREAM, *OF_DEPLOYMENT}
    assert rows == _flat(api.get(json).json()) != []


def test_it_omits_what_the_user_may_not_view(restricted: Api) -> None:
    rows = _rows(restricted, f"{MAIN}/deployments/csv")
    shown = restricted.get(f"{MAIN}/deployments").json()["Streams"]
    named = [
        stream
        for stream in shown
        if all(
            stream[name] or not stream[name.replace("Name", "Id")] for name in OF_STREAM.values()
        )
    ]
    assert rows == _flat({"Streams": named}) != []
    assert {stream["TenantId"] for stream in shown if stream not in named} >= {"Tenants-6"}


def test_the_strict_server_wants_a_channel_here_too(strict: Api) -> None:
    assert strict.get(f"{PROJECT}/deployments/csv").status_code == 400
    assert strict.get(f"{PROJECT}/deployments/csv?{CHOSEN}").status_code == 200


def test_it_can_be_imported_again(api: Api, tmp_path: Any) -> None:
    file = tmp_path / "download.csv"
    file.write_bytes(api.get(f"{MAIN}/deployments/csv").content)
    found = import_file(file, tmp_path / "db.sqlite", time_zone="Europe/Berlin")
    assert found.deployments == len(_flat(api.get(f"{MAIN}/deployments").json()))
