"""Clients that nobody here wrote, against the embedded server.

The one for Node.js is installed by ``scripts/setup dev`` where there is Node.js and npm.
"""

import json
import os
import shutil
import subprocess
from functools import reduce
from operator import attrgetter, getitem
from pathlib import Path
from typing import Any

import octopus_deploy_swagger_client as swagger
import pytest
from octopus_deploy_swagger_client.rest import ApiException

from insights_reports.server import RunningServer

NODE_MODULES = Path(__file__).parents[2] / ".setup" / "node" / "node_modules"

_GROUPS = attrgetter(
    "index_response_descriptor_projects_project_group_project_group_resource_spaces"
)
_TENANTS = attrgetter("index_response_descriptor_tenants_tenant_tenant_resource_spaces")
_TAG_SETS = attrgetter("index_response_descriptor_tag_sets_tag_set_tag_set_resource_spaces")
_REPORTS = "/api/{spaceId}/insights/reports"


@pytest.fixture
def generated(server: RunningServer) -> Any:
    """The client generated from Octopus's whole-API Swagger; its typed models check the replies."""
    configuration = swagger.Configuration()
    configuration.host = server.url
    configuration.api_key["X-Octopus-ApiKey"] = server.api_key
    return swagger.ApiClient(configuration)


def test_the_generated_client_lists_spaces(generated: Any) -> None:
    spaces = swagger.SpacesApi(generated).list_all_response_descriptor_spaces_space_space_resource()
    assert [(space.id, space.is_default) for space in spaces] == [
        ("Spaces-1", True),
        ("Spaces-2", False),
    ]


def test_the_generated_client_lists_project_groups_and_tenants(generated: Any) -> None:
    groups = _GROUPS(swagger.ProjectGroupsApi(generated))("Spaces-1")
    assert groups.total_results == len(groups.items) == 4
    tenants = _TENANTS(swagger.TenantsApi(generated))("Spaces-1", take=5)
    assert (tenants.total_results, len(tenants.items)) == (14, 5)
    assert tenants.items[0].tenant_tags == ["Region/Europe", "Plan/Bronze", "Ring/Early adopters"]


def test_the_generated_client_lists_tag_sets(generated: Any) -> None:
    tag_sets = _TAG_SETS(swagger.TagSetsApi(generated))("Spaces-1")
    assert [tag_set.name for tag_set in tag_sets.items] == ["Region", "Plan", "Ring"]
    assert "Region/Europe" in [tag.canonical_tag_name for tag in tag_sets.items[0].tags]


def insights(generated: Any, method: str, path: str = "", **more: Any) -> Any:
    """An Insights request by the generated client's own machinery: its Swagger is older than the
    Insights API, so there is no method of a name for it."""
    report_id = {"id": more.pop("id")} if "id" in more else {}
    return generated.call_api(
        _REPORTS + path,
        method,
        path_params={"spaceId": "Spaces-1"} | report_id,
        header_params={"Accept": "application/json", "Content-Type": "application/json"},
        response_type="object",
        auth_settings=["APIKeyHeader"],
        _return_http_data_only=True,
        **more,
    )


def test_a_reports_life_through_the_generated_client(generated: Any) -> None:
    def names() -> list[str]:
        return [report["Name"] for report in insights(generated, "GET")["Items"]]

    before = names()
    wanted = {"SpaceId": "Spaces-1", "Name": "By the generated client", "TimeZone": "Asia/Tokyo"}
    made = insights(generated, "POST", body=wanted)
    try:
        assert sorted(names()) == sorted([*before, "By the generated client"])
        read = insights(generated, "GET", "/{id}", id=made["Id"])
        assert (read, read["TimeZone"]) == (made, "Tokyo Standard Time")
        changed = insights(
            generated, "PUT", "/{id}", id=made["Id"], body={**read, "Description": "Changed"}
        )
        assert changed == {**read, "Description": "Changed"}
        with pytest.raises(ApiException) as twice:
            insights(generated, "POST", body=wanted)
        assert (twice.value.status, "already exists" in twice.value.body) == (409, True)
    finally:
        insights(generated, "DELETE", "/{id}", id=made["Id"])
    assert names() == before
    with pytest.raises(ApiException) as gone:
        insights(generated, "GET", "/{id}", id=made["Id"])
    assert gone.value.status == 404
    assert made["Id"] in json.loads(gone.value.body)["ErrorMessage"]


def test_the_generated_client_reads_metrics_and_deployments(generated: Any) -> None:
    question = [("split", "Project"), ("timeRange", "LastYear"), ("granularity", "Monthly")]
    main = {"id": "InsightsReports-1"}
    reply = insights(generated, "GET", "/{id}/metrics", **main, query_params=question)
    assert "Web Shop" in [series["Name"] for series in reply["Series"]]
    streams = insights(generated, "GET", "/{id}/deployments", **main)["Streams"]
    assert sum(len(stream["Deployments"]) for stream in streams) > 1000
    with pytest.raises(ApiException) as raised:
        insights(generated, "GET", "/{id}/metrics", **main, query_params=[("split", "Team")])
    assert raised.value.status == 400


def test_the_generated_client_sees_refusals(server: RunningServer, generated: Any) -> None:
    generated.configuration.api_key["X-Octopus-ApiKey"] = "API-WRONG"
    with pytest.raises(ApiException) as raised:
        swagger.SpacesApi(generated).list_all_response_descriptor_spaces_space_space_resource()
    assert raised.value.status == 401
    assert "API key you provided was not valid" in json.loads(raised.value.body)["ErrorMessage"]


@pytest.fixture(scope="module")
def said(server: RunningServer) -> Any:
    """What the official client for Node.js saw."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node.js is not installed")
    if not (NODE_MODULES / "@octopusdeploy" / "api-client").is_dir():
        pytest.skip("@octopusdeploy/api-client is missing: `scripts/setup dev` installs it by npm")
    ended = subprocess.run(
        [node, str(Path(__file__).parent / "official_client.js")],
        env=os.environ
        | {
            "NODE_PATH": str(NODE_MODULES),
            "OCTOPUS_URL": server.url,
            "OCTOPUS_API_KEY": server.api_key,
            "OCTOPUS_RESTRICTED_KEY": server.restricted_key,
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout.strip().splitlines()[-1])


@pytest.mark.node
def test_a_reports_life_through_the_official_client(said: Any) -> None:
    life = said["life"]
    assert life["created"]["TimeZone"] == "Tokyo Standard Time"
    assert life["read"] == life["created"]
    assert life["updated"] == {**life["read"], "Description": "by the official client"}
    assert life["updated"]["ChannelIds"] == ["Channels-101"]
    assert sorted(life["between"]) == sorted([*life["before"], "By the official client"])
    assert life["after"] == life["before"]


@pytest.mark.node
def test_the_official_client_reads_figures_and_looks_up(said: Any) -> None:
    assert said["figures"]["whole"] == ["All"]
    assert {"Europe", "Asia Pacific"} <= set(said["figures"]["byTag"])
    assert said["figures"]["streams"] > 50
    assert len(said["lookUps"]["tenants"]) == 14
    assert "São Paulo Varejo" in said["lookUps"]["tenants"]
    assert len(said["lookUps"]["groups"]) == 4
    assert said["lookUps"]["tagSets"] == ["Region", "Plan", "Ring"]


@pytest.mark.node
@pytest.mark.parametrize(
    ("what", "status", "words"),
    [
        (("life", "nameless"), 400, "Please provide a value for the Name."),
        (("wrongKey",), 401, "The API key you provided was not valid."),
        (("forbidden",), 403, "Missing permission: InsightsReportCreate"),
        (("life", "gone"), 404, "was not found"),
        (("life", "twice"), 409, "already exists"),
    ],
)
def test_the_official_client_sees_refusals(
    said: Any, what: tuple[str, ...], status: int, words: str
) -> None:
    refusal = reduce(getitem, what, said)
    assert refusal["StatusCode"] == status
    assert words in refusal["ErrorMessage"]
