"""The XML feed: its fields and formats, what it leaves out, and that it agrees with the streams."""

from xml.etree import ElementTree

import pytest

from tests.server.conftest import MAIN, Api

FEED = "/api/Spaces-1/reporting/deployments/xml"


def _feed(api: Api, path: str = FEED, **query: str) -> list[dict[str, str]]:
    reply = api.get(path, params=query)
    assert (reply.status_code, reply.headers["Content-Type"]) == (200, "application/xml")
    root = ElementTree.fromstring(reply.content)
    assert root.tag == "Deployments"
    return [{field.tag: field.text or "" for field in entry} for entry in root]


def test_an_entry_says_what_the_documents_say(api: Api) -> None:
    day = {"fromCompletedTime": "2026-10-01 00:00:00", "toCompletedTime": "2026-10-09 00:00:00"}
    entries = _feed(api, **day)
    entry = next(each for each in entries if each["TenantId"])
    deployment = api.get(f"/api/Spaces-1/deployments/{entry['DeploymentId']}").json()
    task = api.get(f"/api/tasks/{entry['TaskId']}").json()
    release = api.get(f"/api/Spaces-1/releases/{entry['ReleaseId']}").json()
    tenant = api.get(f"/api/Spaces-1/tenants/{entry['TenantId']}").json()
    project = api.get(f"/api/Spaces-1/projects/{entry['ProjectId']}").json()
    environment = api.get(f"/api/Spaces-1/environments/{entry['EnvironmentId']}").json()
    assert list(entry) == [
        *("DeploymentId", "DeploymentName", "ProjectId", "ProjectName", "ProjectSlug"),
        *("TenantId", "TenantName", "ChannelId", "ChannelName", "EnvironmentId"),
        *("EnvironmentName", "ReleaseId", "ReleaseVersion", "TaskId", "TaskState", "Created"),
        *("QueueTime", "StartTime", "CompletedTime", "DurationSeconds", "DeployedBy"),
    ]
    for field in ("ProjectId", "TenantId", "ChannelId", "EnvironmentId", "ReleaseId", "TaskId"):
        assert entry[field] == deployment[field]
    assert entry["ProjectName"] == project["Name"]
    assert entry["ProjectSlug"] == project["Slug"]
    assert entry["TenantName"] == tenant["Name"]
    assert entry["DeploymentName"] == f"Deploy to {environment['Name']}"
    assert entry["ReleaseVersion"] == release["Version"]
    assert entry["TaskState"] == task["State"]
    for field in ("QueueTime", "StartTime", "CompletedTime"):
        assert entry[field] == task[field][:19]
    assert int(entry["DurationSeconds"]) >= 0
    assert entry["DeployedBy"] == "insights-reports"


def test_the_feed_has_every_deployment_of_the_streams_and_older_ones(api: Api) -> None:
    entries = {each["DeploymentId"]: each for each in _feed(api)}
    for stream in api.get(f"{MAIN}/deployments").json()["Streams"]:
        for stated in stream["Deployments"]:
            entry = entries[stated["Id"]]
            assert entry["CompletedTime"] == stated["CompletedTime"][:19]
            assert entry["TaskState"] == stated["TaskState"]
            assert entry["ReleaseVersion"] == stated["ReleaseVersion"]
            assert entry["TenantId"] == (stream["TenantId"] or "")
    completed = [each["CompletedTime"] for each in entries.values()]
    assert completed == sorted(completed)
    assert completed[0] < "2025-11-01"


def test_the_time_of_completion_is_included_at_both_ends(api: Api) -> None:
    first, second = _feed(api)[:2]
    assert second["CompletedTime"] > first["CompletedTime"]
    until = _feed(api, toCompletedTime=f"{second['CompletedTime']}".replace("T", " "))
    assert [each["DeploymentId"] for each in until] == [first["DeploymentId"]]
    by_day = _feed(api, fromCompletedTime="2026-11-20", toCompletedTime="2026-11-21")
    assert {each["CompletedTime"][:10] for each in by_day} == {"2026-11-20"}


def test_by_project_and_environment(api: Api) -> None:
    entries = _feed(api, projectId="Projects-4", environmentId="Environments-5")
    assert {(e["ProjectId"], e["EnvironmentId"]) for e in entries} == {
        ("Projects-4", "Environments-5")
    }
    assert _feed(api, projectId="Projects-99") == _feed(api, environmentId="nothing") == []
    assert _feed(api, "/api/Spaces-2/reporting/deployments/xml") == []
    assert _feed(api, "/api/reporting/deployments/xml", projectId="Projects-4")


def test_what_the_user_may_not_view_is_left_out(restricted: Api) -> None:
    entries = _feed(restricted)
    assert entries
    assert "Projects-6" not in {each["ProjectId"] for each in entries}
    assert "Environments-6" not in {each["EnvironmentId"] for each in entries}
    assert "Tenants-6" not in {each["TenantId"] for each in entries}


@pytest.mark.parametrize("given", ["yesterday", "2026-13-01", "2026-01-01 25:00:00"])
def test_a_time_that_is_none_is_refused(api: Api, given: str) -> None:
    assert api.get(FEED, params={"fromCompletedTime": given}).status_code == 400
