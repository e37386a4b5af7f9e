"""The dashboard of a space and the progression of a project."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response

from insights_reports.server import ids
from insights_reports.server.access import InSpace
from insights_reports.server.listings import RELEASES
from insights_reports.server.overview import latest, progression
from insights_reports.server.resources import (
    CHANNELS,
    ENVIRONMENTS,
    PROJECT_GROUPS,
    PROJECTS,
    TENANTS,
    Document,
    Filters,
)
from insights_reports.server.routes import answer, ok

router = APIRouter(prefix="/api/{spaceId}", tags=["Overview"])
_LIFECYCLE = "Lifecycles-1"


@router.get("/dashboard", responses=ok(dict[str, Any]))
def dashboard(visit: InSpace, project: Annotated[str, Query(alias="projectId")] = "") -> Response:
    """The newest deployment of every project to every environment, and of every tenant."""
    number = (ids.number("Projects", project) or 0) if project else None
    chosen = [each for each in PROJECTS.find(visit, Filters()) if project in ("", each["Id"])]
    return answer(
        {
            "Projects": chosen,
            "ProjectGroups": PROJECT_GROUPS.find(visit, Filters()),
            "Environments": ENVIRONMENTS.find(visit, Filters()),
            "Tenants": TENANTS.find(visit, Filters()),
            "Items": latest(visit, number),
            "IsFiltered": bool(project),
            "ProjectLimit": None,
            "Links": {"Self": f"{visit.base}/dashboard"},
        }
    )


@router.get("/progression/{id}", responses=ok(dict[str, Any]))
@router.get("/projects/{id}/progression", responses=ok(dict[str, Any]))
def project_progression(
    visit: InSpace,
    id: str,
    count: Annotated[int, Query(alias="releaseHistoryCount", ge=1, le=100)] = 3,
) -> Response:
    """How far the newest releases of a project have come."""
    project = PROJECTS.get(visit, id)
    number = ids.number("Projects", project["Id"]) or 0
    environments = ENVIRONMENTS.find(visit, Filters())
    named = [{"Id": each["Id"], "Name": each["Name"]} for each in environments]
    channels = {each["Id"]: each for each in CHANNELS.find(visit, Filters(project=number))}
    releases = [
        _release(visit, release_id, deployments, channels, [each["Id"] for each in environments])
        for release_id, deployments in progression(visit, number, count).items()
    ]
    return answer(
        {
            "Environments": named,
            "ChannelEnvironments": dict.fromkeys(channels, named),
            "LifecycleEnvironments": {_LIFECYCLE: named},
            "Releases": releases,
            "Links": {"Self": f"{visit.base}/projects/{project['Id']}/progression"},
        }
    )


def _release(
    visit: InSpace,
    release_id: str,
    deployments: dict[str, list[Document]],
    channels: dict[str, Document],
    environments: list[str],
) -> Document:
    release = RELEASES.get(visit, release_id)
    reached = {
        environment
        for environment, items in deployments.items()
        if any(item["State"] == "Success" for item in items)
    }
    return {
        "Release": release,
        "Channel": channels[release["ChannelId"]],
        "Deployments": deployments,
        "NextDeployments": [each for each in environments if each not in reached][:1],
        "HasUnresolvedDefect": False,
    }
