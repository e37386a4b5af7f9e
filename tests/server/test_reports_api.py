"""Report definitions over HTTP: what is kept, what is refused, and in which words."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.server.conftest import MAIN, Api

REPORTS = "/api/Spaces-1/insights/reports"


def _definition(**more: Any) -> dict[str, Any]:
    return {
        "SpaceId": "Spaces-1",
        "Name": "A report of the tests",
        "ProjectIds": ["Projects-1"],
        "EnvironmentGroups": [{"Name": "Production", "Environments": ["Environments-5"]}],
        "TimeZone": "America/New_York",
    } | more


@pytest.fixture
def report(api: Api) -> Iterator[dict[str, Any]]:
    created = api.post(REPORTS, json=_definition())
    assert created.status_code == 201
    yield created.json()
    api.delete(created.json()["Links"]["Self"])


def test_a_report_lives_through_create_read_update_delete(api: Api) -> None:
    created = api.post(REPORTS, json=_definition(IconId="map-signs", ChannelIds=["Channels-101"]))
    assert created.status_code == 201
    link = created.json()["Links"]["Self"]
    read = api.get(link).json()
    assert read == created.json()
    assert read["TimeZone"] == "Eastern Standard Time"
    assert read["TenantMode"] == "TenantedAndUntenanted"
    assert read["ChannelIds"] == ["Channels-101"]
    assert read["Links"] == {"Self": link, "Logo": f"{link}/logo"}
    updated = api.put(link, json=read | {"Description": "Новое", "Unknown": {"x": [1, None]}})
    assert updated.status_code == 200
    assert api.get(link).json() == read | {"Description": "Новое", "Unknown": {"x": [1, None]}}
    assert api.delete(link).status_code == 200
    assert api.get(link).status_code == 404


def test_a_number_is_never_given_twice(api: Api) -> None:
    first = api.post(REPORTS, json=_definition()).json()
    api.delete(first["Links"]["Self"])
    second = api.post(REPORTS, json=_definition()).json()
    api.delete(second["Links"]["Self"])
    assert first["Id"] != second["Id"]


@pytest.mark.parametrize("method", ["put", "PUT"])
def test_put_and_delete_may_come_as_post(api: Api, report: dict[str, Any], method: str) -> None:
    link = report["Links"]["Self"]
    override = {"X-HTTP-Method-Override": method}
    changed = api.post(link, json=report | {"Name": "Overridden"}, headers=override)
    assert (changed.status_code, changed.json()["Name"]) == (200, "Overridden")
    assert api.post(link, headers={"X-HTTP-Method-Override": "DELETE"}).status_code == 200
    assert api.get(link).status_code == 404


def test_no_other_method_can_be_smuggled_in(api: Api, report: dict[str, Any]) -> None:
    link = report["Links"]["Self"]
    assert api.post(link, headers={"X-HTTP-Method-Override": "GET"}).status_code == 405
    assert api.get(link, headers={"X-HTTP-Method-Override": "DELETE"}).status_code == 200
    assert api.get(link).status_code == 200


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"Name": None}, "Please provide a value for the Name."),
        ({"Name": "  "}, "Please provide a value for the Name."),
        ({"Name": "x" * 201}, "The Name may not be longer than 200 characters."),
        ({"SpaceId": "Spaces-2"}, "The SpaceId 'Spaces-2' is not that of the space 'Spaces-1'."),
        ({"ProjectIds": "Projects-1"}, "The ProjectIds must be an array of texts."),
        ({"TenantTags": [1]}, "The TenantTags must be an array of texts."),
        ({"Description": 5}, "The Description must be a text."),
        (
            {"TenantMode": "TenantedOrUntenanted"},
            "The TenantMode 'TenantedOrUntenanted' must be one of "
            "TenantedAndUntenanted, Tenanted, Untenanted.",
        ),
        (
            {"TimeZone": "Mars/Olympus"},
            "The TimeZone 'Mars/Olympus' is not a known Windows or IANA time zone.",
        ),
        ({"EnvironmentGroups": {}}, "The EnvironmentGroups must be an array of objects."),
        (
            {"EnvironmentGroups": [{"Environments": []}]},
            "Please provide a value for the Name of each environment group.",
        ),
        (
            {"EnvironmentGroups": [{"Name": "A"}]},
            "The Environments field of each environment group is required.",
        ),
        (
            {
                "EnvironmentGroups": [
                    {"Name": "Test", "Environments": []},
                    {"Name": "TEST", "Environments": []},
                ]
            },
            "The environment group name 'TEST' must be unique within the report.",
        ),
    ],
)
def test_what_is_wrong_with_a_definition(api: Api, change: dict[str, Any], error: str) -> None:
    refused = api.post(REPORTS, json=_definition() | change)
    assert refused.status_code == 400
    assert refused.json() == {
        "ErrorMessage": "There was a problem with your request.",
        "Errors": [error],
    }


def test_everything_wrong_is_said_at_once(api: Api) -> None:
    refused = api.post(REPORTS, json={"TimeZone": 5, "TenantMode": []})
    assert refused.status_code == 400
    assert len(refused.json()["Errors"]) == 3


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"nothing", b'{"Name": NaN}', b'"\xff"', b"[" * 100_000, b'{"Name":"\\ud800"}'],
)
def test_a_body_that_is_no_json_object(api: Api, body: bytes) -> None:
    refused = api.post(REPORTS, data=body)
    assert refused.status_code == 400
    assert refused.json()["Errors"]


def test_a_huge_body_is_refused(api: Api) -> None:
    refused = api.post(REPORTS, json=_definition(Description="x" * (5 << 20)))
    assert refused.status_code == 400


def test_a_name_belongs_to_one_report(api: Api, report: dict[str, Any]) -> None:
    refused = api.post(REPORTS, json=_definition(Name=report["Name"].upper()))
    assert refused.status_code == 409
    assert refused.json()["Errors"] == [
        "An Insights report with the name 'A REPORT OF THE TESTS' already exists. "
        "Please use a different name."
    ]


def test_an_update_is_for_the_report_it_names(api: Api, report: dict[str, Any]) -> None:
    link = report["Links"]["Self"]
    without = {key: value for key, value in report.items() if key not in ("Id", "SpaceId")}
    assert api.put(link, json=without).status_code == 200
    refused = api.put(link, json=report | {"Id": "InsightsReports-1"})
    assert refused.status_code == 400
    assert "InsightsReports-1" in refused.json()["Errors"][0]


def test_pages_of_reports(api: Api) -> None:
    page = api.get(REPORTS, params={"skip": 1, "take": 1}).json()
    assert (page["ItemType"], page["TotalResults"], page["ItemsPerPage"]) == (
        "InsightsReport",
        3,
        1,
    )
    assert (page["NumberOfPages"], page["LastPageNumber"], len(page["Items"])) == (3, 2, 1)
    assert page["Links"] == {
        "Self": f"{REPORTS}?skip=1&take=1",
        "Template": f"{REPORTS}{{?skip,take}}",
        "Page.All": f"{REPORTS}?skip=0&take=2147483647",
        "Page.Current": f"{REPORTS}?skip=1&take=1",
        "Page.Last": f"{REPORTS}?skip=2&take=1",
        "Page.Next": f"{REPORTS}?skip=2&take=1",
    }
    last = api.get(page["Links"]["Page.Next"]).json()
    assert "Page.Next" not in last["Links"]


def test_a_restricted_user_may_only_view(restricted: Api) -> None:
    assert restricted.get(MAIN).status_code == 200
    definition = _definition(Id="InsightsReports-1")
    for reply, permission in (
        (restricted.post(REPORTS, json=definition), "InsightsReportCreate"),
        (restricted.put(MAIN, json=definition), "InsightsReportEdit"),
        (restricted.delete(MAIN), "InsightsReportDelete"),
    ):
        assert reply.status_code == 403
        assert reply.json()["ErrorMessage"] == (
            "You do not have permission to perform this action. Please contact your Octopus "
            f"administrator. Missing permission: {permission}"
        )


def test_a_restricted_user_reads_fewer_deployments_than_are_aggregated(
    api: Api, restricted: Api
) -> None:
    def count(session: Api) -> int:
        streams = session.get(f"{MAIN}/deployments").json()["Streams"]
        return sum(len(stream["Deployments"]) for stream in streams)

    query = {"timeRange": "LastYear", "granularity": "Monthly"}
    assert count(restricted) < count(api)
    assert (
        restricted.get(f"{MAIN}/metrics", params=query).json()
        == api.get(f"{MAIN}/metrics", params=query).json()
    )
    split = restricted.get(f"{MAIN}/metrics", params=query | {"split": "Project"}).json()
    assert [series["Name"] for series in split["Series"]].count(None) == 1


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"timeRange": "LastDecade"}, 400),
        ({"timeRange": "LastYear", "granularity": "Hourly"}, 400),
        ({"timeRange": "LastYear", "split": "Release"}, 400),
        ({"timeRange": "LastYear", "split": "TenantTagSet"}, 400),
        ({"timeRange": "LastYear", "split": "TenantTagSet", "tenantTagSetId": "TagSets-99"}, 404),
        ({"timeRange": "LastYear", "split": "TenantTagSet", "tenantTagSetId": "Region"}, 404),
        ({"timeRange": "LastYear", "split": "Project", "tenantTagSetId": "TagSets-99"}, 200),
        ({"timeRange": "lastyear", "split": "PROJECT", "granularity": "daily"}, 200),
    ],
)
def test_the_parameters_of_metrics(api: Api, query: dict[str, str], status: int) -> None:
    assert api.get(f"{MAIN}/metrics", params=query).status_code == status


def test_granularity_is_weekly_and_the_split_none_unless_told_otherwise(api: Api) -> None:
    short = api.get(f"{MAIN}/metrics", params={"timeRange": "LastMonth"}).json()
    query = {"timeRange": "LastMonth", "granularity": "Weekly", "split": "None"}
    assert short == api.get(f"{MAIN}/metrics", params=query).json()
