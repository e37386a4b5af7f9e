"""What the server says of itself, when nothing may be deployed, and links that clients follow."""

from typing import Any

import pytest

from tests.server.conftest import Api

FREEZES = "/api/deploymentfreezes"


def test_the_licence_includes_insights(api: Api) -> None:
    features = api.get("/api/licenses/licenses-current-features").json()
    assert features == {"EnabledFeatures": ["Insights"]}
    status = api.get("/api/licenses/licenses-current-status").json()
    assert (status["IsCompliant"], status["Messages"]) == (True, [])


def test_health_and_sign_in_need_no_key(nobody: Api) -> None:
    assert nobody.get("/api/serverstatus/health").json()["IsOperatingNormally"] is True
    found = nobody.get("/.well-known/openid-configuration").json()
    assert found["issuer"] == nobody.url
    assert "token_endpoint" not in found


def test_a_user_by_id(api: Api) -> None:
    me = api.get("/api/users/me").json()
    assert api.get(me["Links"]["Self"]).json() == me
    assert api.get("/api/users/Users-2").json()["Username"] == "contractor"
    for unknown in ("Users-99", "somebody"):
        assert api.get(f"/api/users/{unknown}").status_code == 404


def _names(reply: dict[str, Any]) -> list[str]:
    return [freeze["Name"] for freeze in reply["DeploymentFreezes"]]


def test_the_freezes_of_the_company(api: Api) -> None:
    reply = api.get(FREEZES, params={"skip": 0, "take": 30}).json()
    assert (reply["Count"], _names(reply)) == (2, ["Christmas 2025", "Christmas 2026"])
    first = reply["DeploymentFreezes"][0]
    # Midnight in Berlin.
    assert first["Start"] == "2025-12-18T23:00:00.000+00:00"
    assert first["End"] == "2026-01-03T23:00:00.000+00:00"
    scope = first["ProjectEnvironmentScope"]
    assert scope["Projects-1"] == ["Environments-4", "Environments-5", "Environments-6"]
    assert scope["Projects-3"] == ["Environments-4", "Environments-5"]
    assert api.get(f"{FREEZES}/{first['Id']}").json() == first
    assert api.get(f"{FREEZES}/DeploymentFreezes-99").status_code == 404


def test_hardly_anything_was_deployed_while_it_was_frozen(api: Api) -> None:
    frozen = {"fromCompletedTime": "2025-12-18 23:00:00", "toCompletedTime": "2026-01-03 23:00:00"}
    before = {"fromCompletedTime": "2025-12-02 23:00:00", "toCompletedTime": "2025-12-18 23:00:00"}
    feed = "/api/Spaces-1/reporting/deployments/xml"
    production = {"environmentId": "Environments-5"}
    counts = [
        api.get(feed, params=span | production).text.count("<Deployment>")
        for span in (frozen, before)
    ]
    assert counts[0] < counts[1] / 10


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"includeComplete": "false"}, 1),
        ({"partialName": "2025"}, 1),
        ({"ids": "DeploymentFreezes-2,DeploymentFreezes-9"}, 1),
        ({"projectIds": "Projects-1"}, 2),
        ({"projectIds": "Projects-99"}, 0),
        ({"environmentIds": "Environments-1"}, 0),
        ({"projectIds": "Projects-3", "environmentIds": "Environments-6"}, 0),
        ({"environmentIds": "Environments-6,Environments-1"}, 2),
        ({"tenantIds": "Tenants-1"}, 0),
    ],
)
def test_the_filters_of_freezes(api: Api, query: dict[str, str], count: int) -> None:
    reply = api.get(FREEZES, params=query).json()
    assert (reply["Count"], len(reply["DeploymentFreezes"])) == (count, count)


def test_a_page_of_freezes(api: Api) -> None:
    reply = api.get(FREEZES, params={"skip": 1, "take": 1}).json()
    assert (reply["Count"], _names(reply)) == (2, ["Christmas 2026"])


def test_a_hidden_project_is_not_in_the_scope(restricted: Api) -> None:
    first = restricted.get(FREEZES).json()["DeploymentFreezes"][0]
    assert "Projects-6" not in first["ProjectEnvironmentScope"]


def test_the_links_that_clients_follow(api: Api) -> None:
    links = api.get("/api").json()["Links"]
    for name in ("Deployments", "Tasks", "Releases", "Interruptions", "DeploymentFreezes"):
        path, _, template = links[name].partition("{/id}")
        assert template.startswith("{?")
        assert api.get(path).status_code == 200
    project = api.get("/api/Spaces-1/projects/Projects-1").json()
    path, _, names = project["Links"]["InsightsMetrics"].partition("{?")
    query = {"channelId": "Channels-1", "environmentId": "Environments-5"}
    assert query.keys() <= {*names.rstrip("}").split(",")}
    assert api.get(path, params=query).status_code == 200
