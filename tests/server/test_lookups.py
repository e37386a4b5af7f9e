"""Look-ups over HTTP: three ways to name a space, paging, filters, roots."""

from uuid import UUID

import pytest

from tests.server.conftest import Api

KINDS = {
    "projects": 10,
    "projectgroups": 4,
    "environments": 6,
    "tenants": 14,
    "tagsets": 3,
    "channels": 12,
}


@pytest.mark.parametrize(
    "prefix",
    ["/api/Spaces-1", "/api/spaces/Spaces-1", "/api/spaces/default", "/api", "/API/spaces-1"],
)
@pytest.mark.parametrize("segment", KINDS)
def test_a_space_can_be_named_in_three_ways(api: Api, prefix: str, segment: str) -> None:
    page = api.get(f"{prefix}/{segment}?take=2147483647").json()
    assert page["TotalResults"] == len(page["Items"]) == KINDS[segment]
    assert api.get(f"{prefix}/{segment}/all").json() == page["Items"]
    first = page["Items"][0]
    assert first["SpaceId"] == "Spaces-1"
    assert api.get(first["Links"]["Self"]).json() == first
    assert api.get(f"{prefix}/{segment.upper()}/{first['Id'].lower()}").json() == first


def test_the_pages_add_up_to_everything(api: Api) -> None:
    path, seen = "/api/Spaces-1/tenants?take=4", []
    while path:
        page = api.get(path).json()
        seen += [tenant["Id"] for tenant in page["Items"]]
        path = page["Links"].get("Page.Next")
    assert seen == [tenant["Id"] for tenant in api.get("/api/Spaces-1/tenants/all").json()]
    assert (page["NumberOfPages"], page["LastPageNumber"], page["ItemsPerPage"]) == (4, 3, 4)


def test_thirty_items_unless_told_otherwise(api: Api) -> None:
    assert api.get("/api/Spaces-1/projects").json()["ItemsPerPage"] == 30


@pytest.mark.parametrize(
    "query",
    [
        "skip=-1",
        "take=-1",
        "take=2147483648",
        "skip=99999999999999999999999",
        "take=many",
        "take=",
        "skip=1.5",
    ],
)
def test_impossible_pages(api: Api, query: str) -> None:
    refused = api.get(f"/api/Spaces-1/projects?{query}")
    assert refused.status_code == 400
    assert refused.json()["ErrorMessage"] == "There was a problem with your request."
    assert refused.json()["Errors"]


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("ids=Projects-1,Projects-4", ["Projects-4", "Projects-1"]),
        ("ids=Projects-1&ids=projects-4", ["Projects-4", "Projects-1"]),
        ("ids=", []),
        ("ids=Projects-99,Channels-1,nonsense,Projects-99999999999999999999", []),
        ("partialName=PAY", ["Projects-4"]),
        ("partialName=КАБИНЕТ", ["Projects-3"]),
        ("partialName=%25", []),
        ('partialName="=1', ["Projects-7"]),
        ("name=web shop", ["Projects-1"]),
        ("name=web", []),
        ("partialName=p&ids=Projects-1", ["Projects-1"]),
    ],
)
def test_filters(api: Api, query: str, ids: list[str]) -> None:
    page = api.get(f"/api/Spaces-1/projects?{query}").json()
    assert [project["Id"] for project in page["Items"]] == ids
    assert page["TotalResults"] == len(ids)


def test_filters_stay_in_the_links(api: Api) -> None:
    page = api.get("/api/Spaces-1/projects?ids=Projects-1,Projects-4&take=1").json()
    following = api.get(page["Links"]["Page.Next"]).json()
    assert [project["Id"] for project in following["Items"]] == ["Projects-1"]


def test_each_project_has_one_default_channel(api: Api) -> None:
    for project in api.get("/api/Spaces-1/projects/all").json():
        channels = api.get(f"/api/Spaces-1/projects/{project['Id']}/channels").json()["Items"]
        assert [channel["ProjectId"] for channel in channels] == [project["Id"]] * len(channels)
        assert sum(channel["IsDefault"] for channel in channels) == 1


def test_projects_by_slug_and_by_group(api: Api) -> None:
    assert api.get("/api/Spaces-1/projects/web-shop").json()["Id"] == "Projects-1"
    group = api.get("/api/Spaces-1/projectgroups/ProjectGroups-2/projects").json()
    assert [p["Id"] for p in group["Items"]] == ["Projects-5", "Projects-6", "Projects-4"]


def test_tenants_carry_canonical_tags(api: Api) -> None:
    tenant = api.get("/api/Spaces-1/tenants/Tenants-5").json()
    tags = {
        tag["CanonicalTagName"]
        for tag_set in api.get("/api/Spaces-1/tagsets/all").json()
        for tag in tag_set["Tags"]
    }
    assert tenant["TenantTags"] == [
        "Region/Europe",
        "Region/Asia Pacific",
        "Plan/Gold",
        "Ring/Everyone",
    ]
    assert set(tenant["TenantTags"]) <= tags
    assert tenant["ProjectEnvironments"]["Projects-3"] == ["Environments-5"]


@pytest.mark.parametrize("path", ["/api", "/api/"])
def test_the_root_document_needs_no_key(nobody: Api, path: str) -> None:
    root = nobody.get(path).json()
    assert (root["Application"], root["ApiVersion"]) == ("Octopus Deploy", "3.0.0")
    assert UUID(root["InstallationId"])
    assert root["Links"]["InsightsReports"] == ("/api/Spaces-1/insights/reports{/id}{?skip,take}")


def test_spaces(api: Api) -> None:
    spaces = api.get("/api/spaces", params={"partialName": "fault"}).json()["Items"]
    assert [(s["Id"], s["IsDefault"], s["Links"]["SpaceHome"]) for s in spaces] == [
        ("Spaces-1", True, "/api/Spaces-1")
    ]
    assert len(api.get("/api/spaces/all").json()) == 2
    assert api.get("/api/spaces/Spaces-2").json()["Name"] == "Sandbox"
    assert api.get("/api/spaces/sandbox/projects").json()["TotalResults"] == 0
    assert "InsightsReports" in api.get("/api/Spaces-2").json()["Links"]


def test_the_current_user_and_its_spaces(api: Api) -> None:
    user = api.get("/api/users/me").json()
    assert (user["Id"], user["IsService"]) == ("Users-1", True)
    assert len(api.get(user["Links"]["Spaces"]).json()) == 2


def test_the_state_of_the_server(api: Api) -> None:
    assert api.get("/api/serverstatus").json()["IsInMaintenanceMode"] is False
    zones = {zone["Id"] for zone in api.get("/api/serverstatus/timezones").json()}
    assert {"UTC", "W. Europe Standard Time", "FLE Standard Time"} <= zones


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/api/Spaces-9/projects", "Spaces-9"),
        ("/api/Spaces-1/projects/Projects-99", "Projects-99"),
        ("/api/Spaces-2/projects/Projects-1", "Projects-1"),
        ("/api/Spaces-2/insights/reports/InsightsReports-1", "InsightsReports-1"),
        ("/api/Spaces-1/insights/reports/InsightsReports-1x", "InsightsReports-1x"),
        ("/api/Spaces-1/tagsets/Region", "Region"),
        ("/api/spaces/nowhere", "nowhere"),
        ("/api/users/Users-2/spaces", "Users-2"),
        ("/nothing/here", "/nothing/here"),
    ],
)
def test_what_is_not_there(api: Api, path: str, name: str) -> None:
    refused = api.get(path)
    assert refused.status_code == 404
    assert refused.json() == {"ErrorMessage": f"The resource '{name}' was not found.", "Errors": []}


def test_a_restricted_user_does_not_find_what_is_hidden(restricted: Api) -> None:
    ids = {project["Id"] for project in restricted.get("/api/Spaces-1/projects/all").json()}
    assert "Projects-6" not in ids
    refused = restricted.get("/api/Spaces-1/projects/Projects-6")
    assert refused.status_code == 403
    assert refused.json()["ErrorMessage"].endswith("Missing permission: ProjectView")


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        # TENANT_TAGS of the company: any tag within a set, every set that is mentioned.
        ("tags=Region/Asia Pacific", {5, 12, 13}),
        ("tags=region/asia pacific,Region/Middle East", {5, 6, 12, 13}),
        ("tags=Region/Asia Pacific,Plan/Gold", {5, 12}),
        ("tags=Region/Nowhere", set()),
        ("projectId=Projects-10", {9, 10, 14}),
        ("projectId=Projects-10&tags=Plan/Silver", {9}),
        ("projectId=Web Shop", set()),
        ("isDisabled=true", set()),
        ("isDisabled=false&partialName=caf", {1}),
    ],
)
@pytest.mark.parametrize("form", ["", "/all"])
def test_the_filters_of_tenants(api: Api, query: str, numbers: set[int], form: str) -> None:
    reply = api.get(f"/api/Spaces-1/tenants{form}?{query}&take=100").json()
    found = reply if form else reply["Items"]
    assert {each["Id"] for each in found} == {f"Tenants-{number}" for number in numbers}


@pytest.mark.parametrize(
    ("query", "count"), [("type=Static", 6), ("type=Ephemeral", 0), ("type=Parent,static", 6)]
)
def test_environments_by_type(api: Api, query: str, count: int) -> None:
    assert api.get(f"/api/Spaces-1/environments?{query}").json()["TotalResults"] == count
    assert len(api.get(f"/api/Spaces-1/environments/all?{query}").json()) == count


def test_channels_of_every_project_and_by_their_ids(api: Api) -> None:
    page = api.get("/api/Spaces-1/channels?skip=2&take=3").json()
    assert (page["TotalResults"], len(page["Items"])) == (12, 3)
    some = api.get("/api/Spaces-1/channels/all?ids=Channels-101,Channels-3").json()
    assert {each["Id"] for each in some} == {"Channels-101", "Channels-3"}
    named = api.get("/api/Spaces-1/projects/Projects-1/channels?partialName=hot").json()
    assert [each["Name"] for each in named["Items"]] == ["Hotfix"]
