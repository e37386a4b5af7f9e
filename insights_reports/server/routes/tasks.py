"""Server tasks. Here they are all deployments, and all of them have ended."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response

from insights_reports.server.access import InSpace
from insights_reports.server.listings import TASKS
from insights_reports.server.paging import Paged
from insights_reports.server.routes import answer, ok
from insights_reports.server.routes.conditions import Ids, Many, among, instant, shown, spelled

router = APIRouter(prefix="/api/{spaceId}", tags=["Tasks"])
_NAME = "deploy"
_DATES = {
    "fromQueueDate": "queued >= ?",
    "toQueueDate": "queued < ?",
    "fromStartDate": "started >= ?",
    "toStartDate": "started < ?",
    "fromCompletedDate": "completed >= ?",
    "toCompletedDate": "completed < ?",
}


class _Dates:
    """The dates of a request, as given."""

    def __init__(
        self,
        queued_from: Annotated[str, Query(alias="fromQueueDate")] = "",
        queued_to: Annotated[str, Query(alias="toQueueDate")] = "",
        started_from: Annotated[str, Query(alias="fromStartDate")] = "",
        started_to: Annotated[str, Query(alias="toStartDate")] = "",
        completed_from: Annotated[str, Query(alias="fromCompletedDate")] = "",
        completed_to: Annotated[str, Query(alias="toCompletedDate")] = "",
    ) -> None:
        given = queued_from, queued_to, started_from, started_to, completed_from, completed_to
        self.named = dict(zip(_DATES, given, strict=True))

    def conditions(self) -> dict[str, Any]:
        conditions: dict[str, Any] = {}
        for name, given in self.named.items():
            conditions |= instant(_DATES[name], name, given)
        return conditions


@router.get("/tasks", responses=ok(dict[str, Any]))
def list_tasks(
    visit: InSpace,
    page: Paged,
    dates: Annotated[_Dates, Depends()],
    ids_: Ids = None,
    name: Many = None,
    project: str = "",
    environment: str = "",
    tenant: str = "",
    states: Many = None,
    active: bool | None = None,
    running: bool | None = None,
) -> Response:
    """Server tasks."""
    conditions = {
        **among("id", "ServerTasks", ids_),
        **among("project_id", "Projects", [project] if project else None),
        **among("environment_id", "Environments", [environment] if environment else None),
        **among("tenant_id", "Tenants", [tenant] if tenant else None),
        **spelled("instr(?, ',' || lower(state) || ',') > 0", states),
        **spelled(f"instr(?, ',{_NAME},') > 0", name),
        **dates.conditions(),
    }
    if active or running:
        conditions |= among("id", "ServerTasks", [])
    said = {"project": project, "environment": environment, "tenant": tenant, **dates.named}
    said |= {"active": str(active or "").lower(), "running": str(running or "").lower()}
    query = {key: value for key, value in said.items() if value}
    lists = shown(ids=ids_, states=states, name=name)
    return answer(TASKS.page(visit, page, conditions, query | lists))


@router.get("/tasks/{id}", responses=ok(dict[str, Any]))
def get_task(visit: InSpace, id: str) -> Response:
    """One server task."""
    return answer(TASKS.get(visit, id))
