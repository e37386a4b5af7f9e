"""Insights of one project: the same streams and figures, without a report."""

from typing import Any

import pytest

from tests.server.conftest import MAIN, Api

PROJECT = "/api/Spaces-1/projects/Projects-4/insights"


def _streams(api: Api, path: str, **query: str) -> dict[tuple[Any, ...], Any]:
    reply = api.get(path, params=query).json()
    keys = ("ProjectId", "ChannelId", "EnvironmentId", "TenantId")
    return {tuple(stream[key] for key in keys): stream for stream in reply["Streams"]}


def _shared(streams: dict[tuple[Any, ...], Any]) -> dict[tuple[Any, ...], Any]:
    """Without what completed before the window of UTC begins, two hours after that of Berlin."""
    later = {
        key: [each for each in stream["Deployments"] if each["CompletedTime"] >= "2025-11-01T00"]
        for key, stream in streams.items()
    }
    return {key: streams[key] | {"Deployments": rows} for key, rows in later.items()}


def test_a_projects_streams_are_those_of_the_report(api: Api) -> None:
    of_report = _shared(_streams(api, f"{MAIN}/deployments"))
    of_project = _streams(api, f"{PROJECT}/deployments")
    assert {key[0] for key in of_project} == {"Projects-4"}
    shared = {key: stream for key, stream in of_report.items() if key[0] == "Projects-4"}
    assert shared
    assert {key: of_project[key] for key in shared} == shared
    assert {key[2] for key in of_project.keys() - shared.keys()} == {"Environments-1"}


def test_the_reply_names_the_project(api: Api) -> None:
    query = {"channelId": "Channels-4", "environmentId": "Environments-5"}
    reply = api.get(f"{PROJECT}/deployments", params=query).json()
    assert list(reply) == ["ProjectName", "Streams"]
    assert reply["ProjectName"] == "Payments API"


@pytest.mark.parametrize(
    ("name", "value", "place"),
    [
        ("channelId", "Channels-4", 1),
        ("channelId", "Channels-102", 1),
        ("environmentId", "Environments-5", 2),
    ],
)
def test_the_filters(api: Api, name: str, value: str, place: int) -> None:
    chosen = _streams(api, f"{PROJECT}/deployments", **{name: value})
    everything = _streams(api, f"{PROJECT}/deployments", **{name: "all"})
    assert chosen == {key: each for key, each in everything.items() if key[place] == value}


EVERY = {None, *(f"Tenants-{number}" for number in range(1, 7))}


@pytest.mark.parametrize(
    ("query", "tenants"),
    [
        ({}, EVERY),
        ({"tenantFilter": "UntenantedAndAllTenants"}, EVERY),
        ({"tenantFilter": "untenanted"}, {None}),
        ({"tenantFilter": "SingleTenant", "tenantId": "Tenants-2"}, {"Tenants-2"}),
        ({"tenantId": "Tenants-2"}, {"Tenants-2"}),
    ],
)
def test_tenants_of_a_project(api: Api, query: dict[str, str], tenants: set[str | None]) -> None:
    path = "/api/Spaces-1/projects/Projects-3/insights/deployments"
    assert {key[3] for key in _streams(api, path, **query)} == tenants


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
        (f"{PROJECT}/deployments?tenantFilter=Some", 400),
        (f"{PROJECT}/deployments?tenantFilter=SingleTenant", 400),
        (f"{PROJECT}/metrics?timeRange=LastYear&timeZone=Mars", 400),
        ("/api/Spaces-1/projects/Projects-99/insights/deployments", 404),
    ],
)
def test_refusals(api: Api, path: str, status: int) -> None:
    assert api.get(path).status_code == status


def test_a_hidden_project_is_refused(restricted: Api) -> None:
    path = "/api/Spaces-1/projects/Projects-6/insights/deployments"
    assert restricted.get(path).status_code == 403


COMPLETE = {"channelId": "Channels-4", "environmentId": "Environments-5"}


@pytest.mark.parametrize("endpoint", ["deployments", "metrics", "metrics/v1"])
@pytest.mark.parametrize("name", COMPLETE)
def test_the_strict_server_requires_channel_and_environment(
    strict: Api, endpoint: str, name: str
) -> None:
    path = f"{PROJECT}/{endpoint}"
    assert strict.get(path, params=COMPLETE).status_code == 200
    refused = strict.get(path, params={k: v for k, v in COMPLETE.items() if k != name})
    assert (refused.status_code, refused.json()["Errors"]) == (
        400,
        [f"The {name} field is required."],
    )
    for unknown in ("all", "Channels-1"):
        assert strict.get(path, params=COMPLETE | {name: unknown}).status_code == 404


def test_the_strict_server_knows_no_windows_zones_here(strict: Api) -> None:
    path = f"{PROJECT}/metrics"
    assert strict.get(path, params=COMPLETE | {"timeZone": "Europe/Berlin"}).status_code == 200
    refused = strict.get(path, params=COMPLETE | {"timeZone": "W. Europe Standard Time"})
    assert refused.status_code == 400


def test_time_range_granularity_and_zone_have_defaults(strict: Api) -> None:
    path = f"{PROJECT}/metrics"
    named = {"timeRange": "LastQuarter", "granularity": "Weekly", "timeZone": "UTC"}
    short = strict.get(path, params=COMPLETE).json()
    assert short == strict.get(path, params=COMPLETE | named).json()
    assert [series["Name"] for series in short["Series"]] == ["All"]
