"""Dashboard, progression and events follow from the deployments; the rest is truthfully empty."""

from typing import Any

import pytest

from tests.server.conftest import Api

SPACE = "/api/Spaces-1"


def _deployments(api: Api, query: str = "") -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = api.get(f"{SPACE}/deployments?take=2147483647{query}").json()[
        "Items"
    ]
    return items


def _tasks(api: Api, query: str = "") -> dict[str, dict[str, Any]]:
    page = api.get(f"{SPACE}/tasks?take=2147483647{query}").json()
    return {each["Id"]: each for each in page["Items"]}


def test_the_dashboard_has_the_newest_deployment_everywhere(api: Api) -> None:
    tasks = _tasks(api)
    newest: dict[tuple[Any, ...], tuple[str, str]] = {}
    for each in _deployments(api):
        place = (each["ProjectId"], each["EnvironmentId"], each["TenantId"])
        done = (tasks[each["TaskId"]]["CompletedTime"], each["Id"])
        newest[place] = max(newest.get(place, done), done)
    board = api.get(f"{SPACE}/dashboard").json()
    assert {
        (i["ProjectId"], i["EnvironmentId"], i["TenantId"]): (i["CompletedTime"], i["Id"])
        for i in board["Items"]
    } == newest
    assert len(board["Items"]) == len(newest)
    assert (len(board["Projects"]), len(board["Environments"])) == (10, 6)
    one = api.get(f"{SPACE}/dashboard?projectId=Projects-4").json()
    assert one["Items"] == [i for i in board["Items"] if i["ProjectId"] == "Projects-4"]
    assert [each["Id"] for each in one["Projects"]] == ["Projects-4"]


def test_the_dashboard_does_not_show_what_is_hidden(restricted: Api) -> None:
    items = restricted.get(f"{SPACE}/dashboard").json()["Items"]
    assert items
    assert "Projects-6" not in {item["ProjectId"] for item in items}
    assert "Environments-6" not in {item["EnvironmentId"] for item in items}


@pytest.mark.parametrize("path", ["projects/Projects-4/progression", "progression/Projects-4"])
def test_how_far_releases_have_come(api: Api, path: str) -> None:
    reply = api.get(f"{SPACE}/{path}?releaseHistoryCount=2").json()
    deployments = _deployments(api, "&projects=Projects-4")
    tasks = _tasks(api, "&project=Projects-4")
    expected: set[tuple[str, str]] = set()
    for environment in {each["EnvironmentId"] for each in deployments}:
        for channel in ("Channels-4", "Channels-102"):
            here = [
                each
                for each in deployments
                if (each["EnvironmentId"], each["ChannelId"]) == (environment, channel)
            ]
            here.sort(key=lambda each: tasks[each["TaskId"]]["CompletedTime"], reverse=True)
            newest = list(dict.fromkeys(each["ReleaseId"] for each in here))[:2]
            expected |= {(release, environment) for release in newest}
    assert {
        (each["Release"]["Id"], environment)
        for each in reply["Releases"]
        for environment in each["Deployments"]
    } == expected
    numbers = [int(each["Release"]["Id"].split("-")[1]) for each in reply["Releases"]]
    assert numbers == sorted(numbers, reverse=True)
    assert all(len(each["NextDeployments"]) <= 1 for each in reply["Releases"])
    assert {each["Channel"]["Id"] for each in reply["Releases"]} == {"Channels-4", "Channels-102"}


def _events(api: Api, **query: str) -> list[dict[str, Any]]:
    reply = api.get(f"{SPACE}/events", params={"take": "2147483647"} | query)
    items: list[dict[str, Any]] = reply.json()["Items"]
    return items


def test_events_say_what_tasks_and_interruptions_say(api: Api) -> None:
    day = {"from": "2026-07-07", "to": "2026-07-08"}
    events = _events(api, **day)
    dates = "&fromCompletedDate=2026-07-07&toCompletedDate=2026-07-08"
    ended = {
        "Success": "DeploymentSucceeded",
        "Failed": "DeploymentFailed",
        "Canceled": "TaskCanceled",
        "TimedOut": "TaskTimedOut",
    }
    said = {
        (each["Category"], each["Occurred"], task)
        for each in events
        for task in each["RelatedDocumentIds"]
        if task.startswith("ServerTasks-") and each["Category"] in ended.values()
    }
    assert said == {
        (ended[task["State"]], task["CompletedTime"], id_)
        for id_, task in _tasks(api, dates).items()
    }
    times = [each["Occurred"] for each in events]
    assert times == sorted(times, reverse=True)
    assert {each["Category"] for each in events} >= {"DeploymentQueued", "DeploymentStarted"}
    assert api.get(events[0]["Links"]["Self"]).json() == events[0]


def test_every_guided_failure_is_an_event(api: Api) -> None:
    raised = _events(api, eventCategories="guidedfailureinterruptionraised")
    interruptions = api.get(f"{SPACE}/interruptions?take=99999").json()["Items"]
    related = {task for each in raised for task in each["RelatedDocumentIds"]}
    assert len(raised) == len(interruptions) > 0
    assert {each["TaskId"] for each in interruptions} <= related


@pytest.mark.parametrize(
    ("query", "document"),
    [
        ({"projects": "Projects-6"}, "Projects-6"),
        ({"environments": "Environments-5"}, "Environments-5"),
        ({"tenants": "Tenants-3"}, "Tenants-3"),
        ({"regarding": "Projects-6"}, "Projects-6"),
        ({"regarding": "Projects-3,Tenants-3"}, "Tenants-3"),
        ({"projects": "Projects-3", "regarding": "Tenants-3"}, "Projects-3"),
    ],
)
def test_the_filters_of_events(api: Api, query: dict[str, str], document: str) -> None:
    events = _events(api, **query)
    assert events
    assert all(document in each["RelatedDocumentIds"] for each in events)


def test_events_about_what_is_hidden_or_is_none(api: Api, restricted: Api) -> None:
    assert _events(restricted, regarding="Projects-6") == []
    assert _events(api, regarding="Machines-1") == []
    assert api.get(f"{SPACE}/events/Events-1").status_code == 404


def test_environments_say_what_they_are(api: Api) -> None:
    page = api.get(f"{SPACE}/environments/v2?type=Static&partialName=prod").json()
    assert [(each["Name"], each["Type"]) for each in page["Items"]] == [
        ("Production EU", "Static"),
        ("Production US", "Static"),
    ]
    assert api.get(f"{SPACE}/environments/v2?type=Ephemeral").json()["TotalResults"] == 0


def test_tags_are_tested_as_the_reports_do(api: Api) -> None:
    query = {"tenantIds": "Tenants-1,Tenants-5", "tags": "Region/Asia Pacific,Plan/Gold"}
    assert api.get(f"{SPACE}/tenants/tag-test", params=query).json() == {
        "Tenants-1": {
            "IsMatched": False,
            "Reason": "The tenant has none of Region/Asia Pacific.",
            "MissingTags": ["Region/Asia Pacific"],
        },
        "Tenants-5": {"IsMatched": True, "Reason": "All tags match.", "MissingTags": []},
    }
    tags = {"tags": "region/europe,Plan/Silver"}
    tested = api.get(f"{SPACE}/tenants/tag-test", params=tags).json()
    found = api.get(f"{SPACE}/tenants/all", params=tags).json()
    assert {id_ for id_, each in tested.items() if each["IsMatched"]} == {
        each["Id"] for each in found
    }


def test_the_lifecycle_and_the_details_of_a_task(api: Api) -> None:
    project = api.get(f"{SPACE}/projects/Projects-1").json()
    lifecycle = api.get(f"{SPACE}/lifecycles/{project['LifecycleId']}").json()
    assert [phase["Name"] for phase in lifecycle["Phases"]][:2] == ["Development", "Test"]
    assert api.get(f"{SPACE}/lifecycles").json()["Items"] == [lifecycle]
    assert api.get(f"{SPACE}/lifecycles/all").json() == [lifecycle]
    assert api.get(f"{SPACE}/lifecycles/Lifecycles-2").status_code == 404
    task = next(iter(_tasks(api, "&name=Deploy").values()))
    details = api.get(f"/api/tasks/{task['Id']}/details").json()
    assert (details["Task"], details["ActivityLogs"]) == (task, [])


@pytest.mark.parametrize("segment", ["machines", "packages", "runbookRuns"])
def test_of_some_things_there_are_none(api: Api, segment: str) -> None:
    page = api.get(f"{SPACE}/{segment}?take=5").json()
    assert (page["TotalResults"], page["Items"]) == (0, [])
    assert api.get(f"{SPACE}/machines/all").json() == []
