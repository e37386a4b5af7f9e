"""Insights of one project: the same streams and figures, without a report."""

from typing import Any

import pytest

from tests.server.conftest import MAIN, Api

PROJECT = "/api/Spaces-1/projects/Projects-4/insights"


def _streams(api: Api, path: str, **query: str) -> dict[tuple[Any, ...], Any]:
    reply = api.get(path, params={"timeZone": "W. Europe Standard Time"} | query).json()
    keys = ("ProjectId", "ChannelId", "EnvironmentId", "TenantId")
    return {tuple(stream[key] for key in keys): stream for stream in reply["Streams"]}


def test_a_projects_streams_are_those_of_the_report(api: Api) -> None:
    of_report = _streams(api, f"{MAIN}/deployments")
    of_project = _streams(api, f"{PROJECT}/deployments")
    assert {key[0] for key in of_project} == {"Projects-4"}
    shared = {key: stream for key, stream in of_report.items() if key[0] == "Projects-4"}
    assert shared
    assert {key: of_project[key] for key in shared} == shared
    assert {key[2] for key in of_project.keys() - shared.keys()} == {"Environments-1"}


@pytest.mark.parametrize(
    ("name", "value", "place"),
    [
        ("channelId", "Channels-104", 1),
        ("channelId", "Channels-102", 1),
        ("environmentId", "Environments-5", 2),
    ],
)
def test_the_filters(api: Api, name: str, value: str, place: int) -> None:
    chosen = _streams(api, f"{PROJECT}/deployments", **{name: value})
    everything = _streams(api, f"{PROJECT}/deployments", **{name: "all"})
    assert chosen == {key: each for key, each in everything.items() if key[place] == value}


def test_tenants_of_a_project(api: Api) -> None:
    path = "/api/Spaces-1/projects/Projects-3/insights/deployments"
    assert {key[3] for key in _streams(api, path, tenantId="Tenants-2")} == {"Tenants-2"}


def test_the_figures_of_a_project_are_those_of_its_series(api: Api) -> None:
    # All environments of the report, one after the other, against the environment split.
    query = {"timeRange": "LastYear", "granularity": "Monthly"}
    zone = {"timeZone": "W. Europe Standard Time", "channelId": "Channels-6"}
    own = {"SpaceId": "Spaces-1", "Name": "One project", "ProjectIds": ["Projects-6"]}
    groups = [{"Name": "P", "Environments": ["Environments-5"]}]
    created = api.post(
        "/api/Spaces-1/insights/reports",
        json=own | {"EnvironmentGroups": groups, "TimeZone": "Europe/Berlin"},
    ).json()
    stated = api.get(f"{created['Links']['Self']}/metrics", params=query).json()
    api.delete(created["Links"]["Self"])
    project = "/api/Spaces-1/projects/Projects-6/insights/metrics"
    filters = {"environmentId": "Environments-5"}
    assert api.get(project, params=query | zone | filters).json() == stated
    assert sum(i["NumberOfSuccessfulDeployments"] for i in stated["Series"][0]["Intervals"]) > 5


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"{PROJECT}/deployments?timeZone=Mars", 400),
        (f"{PROJECT}/metrics", 400),
        (f"{PROJECT}/metrics?timeRange=LastYear&timeZone=Mars", 400),
        ("/api/Spaces-1/projects/Projects-99/insights/deployments", 404),
    ],
)
def test_refusals(api: Api, path: str, status: int) -> None:
    assert api.get(path).status_code == status


def test_a_hidden_project_is_refused(restricted: Api) -> None:
    path = "/api/Spaces-1/projects/Projects-6/insights/deployments"
    assert restricted.get(path).status_code == 403
