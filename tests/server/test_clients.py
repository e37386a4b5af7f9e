"""Clients that nobody here wrote, against the embedded server."""

import json
import os
import shutil
import subprocess
from operator import attrgetter
from pathlib import Path
from typing import Any

import octopus_deploy_swagger_client as swagger
import pytest
from octopus_deploy_swagger_client.rest import ApiException

from insights_reports.server import RunningServer

NODE_MODULES = Path(os.environ.get("OCTOPUS_NODE_MODULES", Path(__file__).parent / "node_modules"))

_GROUPS = attrgetter(
    "index_response_descriptor_projects_project_group_project_group_resource_spaces"
)
_TENANTS = attrgetter("index_response_descriptor_tenants_tenant_tenant_resource_spaces")


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


def test_the_generated_client_sees_refusals(server: RunningServer, generated: Any) -> None:
    generated.configuration.api_key["X-Octopus-ApiKey"] = "API-WRONG"
    with pytest.raises(ApiException) as raised:
        swagger.SpacesApi(generated).list_all_response_descriptor_spaces_space_space_resource()
    assert raised.value.status == 401
    assert "You must be logged in" in json.loads(raised.value.body)["ErrorMessage"]


@pytest.mark.node
def test_the_official_node_client(server: RunningServer) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node.js is not installed")
    if not (NODE_MODULES / "@octopusdeploy" / "api-client").is_dir():
        pytest.skip(f"the npm package @octopusdeploy/api-client is not in {NODE_MODULES}")
    ended = subprocess.run(
        [node, str(Path(__file__).parent / "official_client.js")],
        env=os.environ
        | {
            "NODE_PATH": str(NODE_MODULES),
            "OCTOPUS_URL": server.url,
            "OCTOPUS_API_KEY": server.api_key,
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    said = json.loads(ended.stdout.strip().splitlines()[-1])
    assert said["space"] == "Default"
    assert said["reports"] == 3
    assert said["created"]["TimeZone"] == "Tokyo Standard Time"
    assert said["updated"]["Description"] == "by the official client"
    assert said["updated"]["ChannelIds"] == ["Channels-101"]
    assert said["series"] == ["All"]
    assert said["tenants"] == 14
    assert said["groups"] == 4
    assert said["tagSets"] == 3
    assert said["afterwards"]["StatusCode"] == 404
    assert "was not found" in said["afterwards"]["ErrorMessage"]
    assert said["refused"]["StatusCode"] == 400
