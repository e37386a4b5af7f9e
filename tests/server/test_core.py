"""Releases, deployments, tasks and interruptions, and that the streams follow from them."""

from typing import Any

import pytest

from tests.server.conftest import MAIN, Api

SPACE = "/api/Spaces-1"


def _all(api: Api, path: str) -> list[dict[str, Any]]:
    joint = "&" if "?" in path else "?"
    items: list[dict[str, Any]] = api.get(f"{path}{joint}take=2147483647").json()["Items"]
    return items


def test_a_stream_can_be_found_again_in_the_ordinary_documents(api: Api) -> None:
    streams = api.get(f"{MAIN}/deployments").json()["Streams"]
    stream = next(s for s in streams if s["ProjectId"] == "Projects-6")
    query = (
        f"projects=Projects-6&environments={stream['EnvironmentId']}&channels={stream['ChannelId']}"
    )
    deployments = {each["Id"]: each for each in _all(api, f"{SPACE}/deployments?{query}")}
    versions = {r["Id"]: r["Version"] for r in _all(api, f"{SPACE}/projects/Projects-6/releases")}
    tasks = {t["Id"]: t for t in _all(api, f"{SPACE}/tasks?project=Projects-6")}
    helped = {
        i["TaskId"] for i in _all(api, f"{SPACE}/interruptions") if i["Type"] == "GuidedFailure"
    }
    assert stream["Deployments"]
    for stated in stream["Deployments"]:
        deployment = deployments[stated["Id"]]
        task = tasks[deployment["TaskId"]]
        assert versions[deployment["ReleaseId"]] == stated["ReleaseVersion"]
        assert task["State"] == stated["TaskState"]
        assert task["CompletedTime"][:23] == stated["CompletedTime"][:23]
        assert (task["Id"] in helped) == stated["HadGuidedFailure"]


@pytest.mark.parametrize("segment", ["releases", "deployments", "tasks", "interruptions"])
def test_lists_are_paged_newest_first(api: Api, segment: str) -> None:
    first = api.get(f"{SPACE}/{segment}?take=3").json()
    following = api.get(first["Links"]["Page.Next"]).json()
    numbers = [int(each["Id"].split("-")[1]) for each in first["Items"] + following["Items"]]
    assert numbers == sorted(numbers, reverse=True)
    assert len(set(numbers)) == 6


@pytest.mark.parametrize("segment", ["releases", "deployments", "tasks"])
def test_one_document_by_its_id_and_by_a_list_of_ids(api: Api, segment: str) -> None:
    one, two = api.get(f"{SPACE}/{segment}?take=2").json()["Items"]
    assert api.get(one["Links"]["Self"]).json() == one
    page = api.get(f"{SPACE}/{segment}?ids={one['Id']},{two['Id']}").json()
    assert page["Items"] == [one, two]
    refused = api.get(f"{SPACE}/{segment}/{one['Id']}0000000")
    assert refused.status_code == 404


def test_tasks_by_time_and_state(api: Api) -> None:
    day = "fromCompletedDate=2026-07-07T00:00:00Z&toCompletedDate=2026-07-08T00:00:00Z"
    tasks = _all(api, f"{SPACE}/tasks?{day}&states=Failed,TimedOut")
    assert {task["CompletedTime"][:10] for task in tasks} == {"2026-07-07"}
    assert {task["State"] for task in tasks} <= {"Failed", "TimedOut"}
    assert api.get(f"{SPACE}/tasks?fromCompletedDate=yesterday").status_code == 400


def test_interruptions_regarding_a_deployment_or_its_task(api: Api) -> None:
    found = api.get(f"{SPACE}/interruptions?take=1").json()["Items"][0]
    for document_id in found["RelatedDocumentIds"]:
        assert found in _all(api, f"{SPACE}/interruptions?regarding={document_id}")
    assert _all(api, f"{SPACE}/interruptions?regarding=Projects-1") == []


@pytest.mark.parametrize("segment", ["releases", "deployments", "tasks", "interruptions"])
def test_what_lies_in_a_hidden_project_is_left_out(api: Api, restricted: Api, segment: str) -> None:
    everything = _all(api, f"{SPACE}/{segment}")
    shown = {each["Id"] for each in _all(restricted, f"{SPACE}/{segment}")}
    hidden = next(each for each in everything if each["Id"] not in shown)
    assert len(shown) < len(everything)
    assert restricted.get(f"{SPACE}/{segment}/{hidden['Id']}").status_code == 404
    in_hidden = {each["Id"] for each in everything if each.get("ProjectId") == "Projects-6"}
    assert not shown & in_hidden


@pytest.mark.parametrize(
    ("field", "hidden"), [("EnvironmentId", "Environments-6"), ("TenantId", "Tenants-6")]
)
def test_deployments_to_what_is_hidden_are_left_out(
    api: Api, restricted: Api, field: str, hidden: str
) -> None:
    """With their tasks and interruptions; untenanted deployments stay."""
    gone = {each["Id"]: each for each in _all(api, f"{SPACE}/deployments") if each[field] == hidden}
    shown = _all(restricted, f"{SPACE}/deployments")
    assert gone
    assert not {each["Id"] for each in shown} & gone.keys()
    assert any(each["TenantId"] is None for each in shown)
    tasks = {each["TaskId"] for each in gone.values()}
    assert not {each["Id"] for each in _all(restricted, f"{SPACE}/tasks")} & tasks
    helped = _all(restricted, f"{SPACE}/interruptions")
    assert not {each["TaskId"] for each in helped} & tasks
    one = next(iter(gone.values()))
    assert restricted.get(f"{SPACE}/deployments/{one['Id']}").status_code == 404
    assert restricted.get(f"{SPACE}/tasks/{one['TaskId']}").status_code == 404


@pytest.mark.parametrize("states", ["Failed", "failed,TimedOut", "Success", "Queued", ""])
def test_deployments_by_the_state_of_their_tasks(api: Api, states: str) -> None:
    wanted = {state.casefold() for state in states.split(",")}
    tasks = {each["Id"]: each["State"].casefold() for each in _all(api, f"{SPACE}/tasks")}
    expected = [
        each["Id"] for each in _all(api, f"{SPACE}/deployments") if tasks[each["TaskId"]] in wanted
    ]
    found = _all(api, f"{SPACE}/deployments?taskState={states}")
    assert [each["Id"] for each in found] == expected


@pytest.mark.parametrize(
    ("query", "field", "value"),
    [
        ("environments=Environments-5", "EnvironmentId", "Environments-5"),
        ("tenants=Tenants-3", "TenantId", "Tenants-3"),
        ("channels=Channels-102", "ChannelId", "Channels-102"),
        ("projects=Projects-4", "ProjectId", "Projects-4"),
    ],
)
def test_the_filters_of_deployments(api: Api, query: str, field: str, value: str) -> None:
    every = _all(api, f"{SPACE}/deployments")
    found = _all(api, f"{SPACE}/deployments?{query}")
    assert found == [each for each in every if each[field] == value] != []


@pytest.mark.parametrize(
    ("query", "is_any"),
    [
        ("name=Deploy", True),
        ("name=deploy,RunbookRun", True),
        ("name=RunbookRun", False),
        ("active=true", False),
        ("active=false", True),
        ("running=true", False),
        ("states=success", True),
        ("states=Queued", False),
        ("environment=Environments-5", True),
        ("environment=Environments-99", False),
        ("tenant=Tenants-3", True),
        ("fromStartDate=2026-11-20", True),
        ("toQueueDate=2024-01-01", False),
    ],
)
def test_the_filters_of_tasks(api: Api, query: str, is_any: bool) -> None:
    assert bool(_all(api, f"{SPACE}/tasks?{query}")) == is_any


def test_the_deployments_of_a_release(api: Api) -> None:
    release = api.get(f"{SPACE}/releases?skip=50&take=1").json()["Items"][0]
    found = _all(api, f"{SPACE}/releases/{release['Id']}/deployments")
    assert {each["ReleaseId"] for each in found} == {release["Id"]}
    assert api.get(f"{SPACE}/releases/Releases-9/deployments").status_code == 404


def test_releases_by_version_and_interruptions_that_wait(api: Api) -> None:
    found = _all(api, f"{SPACE}/projects/Projects-4/releases?searchByVersion=-HOTFIX")
    assert found
    assert all(each["Version"].endswith("-hotfix") for each in found)
    assert _all(api, f"{SPACE}/interruptions?pendingOnly=true") == []
    one = api.get(f"{SPACE}/interruptions?take=1").json()["Items"][0]
    assert api.get(one["Links"]["Self"]).json() == one
