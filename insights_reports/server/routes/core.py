"""Lists of releases, deployments, tasks and interruptions, and one of each by its id."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response

from insights_reports.server import ids
from insights_reports.server.access import InSpace
from insights_reports.server.listings import DEPLOYMENTS, INTERRUPTIONS, RELEASES
from insights_reports.server.paging import Paged
from insights_reports.server.routes import answer, ok
from insights_reports.server.routes.conditions import Ids, Many, among, shown, spelled

router = APIRouter(prefix="/api/{spaceId}", tags=["Releases, deployments, interruptions"])
_OF_STATES = (
    "EXISTS (SELECT * FROM tasks t WHERE t.id = deployments.task_id "
    "AND instr(?, ',' || lower(t.state) || ',') > 0)"
)


@router.get("/projects/{id}/releases", responses=ok(dict[str, Any]))
def releases_of_project(
    visit: InSpace,
    id: str,
    page: Paged,
    version: Annotated[str, Query(alias="searchByVersion")] = "",
) -> Response:
    """The releases of a project."""
    conditions = among("project_id", "Projects", [id])
    if version:
        conditions["instr(casefold(version), casefold(?)) > 0"] = version
    query = {"searchByVersion": version} if version else {}
    return answer(RELEASES.page(visit, page, conditions, query, f"projects/{id}/releases"))


@router.get("/releases", responses=ok(dict[str, Any]))
def list_releases(visit: InSpace, page: Paged, ids_: Ids = None) -> Response:
    """Releases of every project."""
    return answer(RELEASES.page(visit, page, among("id", "Releases", ids_), shown(ids=ids_)))


@router.get("/releases/{id}", responses=ok(dict[str, Any]))
def get_release(visit: InSpace, id: str) -> Response:
    """One release."""
    return answer(RELEASES.get(visit, id))


@router.get("/releases/{id}/deployments", responses=ok(dict[str, Any]))
def deployments_of_release(visit: InSpace, id: str, page: Paged) -> Response:
    """The deployments of a release."""
    release = RELEASES.get(visit, id)
    conditions = among("release_id", "Releases", [release["Id"]])
    return answer(DEPLOYMENTS.page(visit, page, conditions, {}, f"releases/{id}/deployments"))


@router.get("/deployments", responses=ok(dict[str, Any]))
def list_deployments(
    visit: InSpace,
    page: Paged,
    ids_: Ids = None,
    projects: Many = None,
    environments: Many = None,
    tenants: Many = None,
    channels: Many = None,
    states: Annotated[list[str] | None, Query(alias="taskState")] = None,
) -> Response:
    """Deployments; their completion and state are those of their tasks."""
    conditions = {
        **among("id", "Deployments", ids_),
        **among("project_id", "Projects", projects),
        **among("environment_id", "Environments", environments),
        **among("tenant_id", "Tenants", tenants),
        **among("channel_id", "Channels", channels),
        **spelled(_OF_STATES, states),
    }
    lists = {"projects": projects, "environments": environments, "tenants": tenants}
    query = shown(ids=ids_, channels=channels, taskState=states, **lists)
    return answer(DEPLOYMENTS.page(visit, page, conditions, query))


@router.get("/deployments/{id}", responses=ok(dict[str, Any]))
def get_deployment(visit: InSpace, id: str) -> Response:
    """One deployment."""
    return answer(DEPLOYMENTS.get(visit, id))


@router.get("/interruptions", responses=ok(dict[str, Any]))
def list_interruptions(
    visit: InSpace,
    page: Paged,
    ids_: Ids = None,
    regarding: str = "",
    pending_only: Annotated[bool, Query(alias="pendingOnly")] = False,
) -> Response:
    """Interruptions, of one task or deployment where `regarding` names it; none is pending."""
    conditions = among("id", "Interruptions", ids_)
    if regarding:
        is_task = ids.number("ServerTasks", regarding) is not None
        column, prefix = ("task_id", "ServerTasks") if is_task else ("deployment_id", "Deployments")
        conditions |= among(column, prefix, [regarding])
    if pending_only:
        conditions |= among("id", "Interruptions", [])
    query = {"regarding": regarding} if regarding else {}
    query |= {"pendingOnly": "true"} if pending_only else {}
    return answer(INTERRUPTIONS.page(visit, page, conditions, query | shown(ids=ids_)))


@router.get("/interruptions/{id}", responses=ok(dict[str, Any]))
def get_interruption(visit: InSpace, id: str) -> Response:
    """One interruption."""
    return answer(INTERRUPTIONS.get(visit, id))
