"""Releases, deployments, tasks and guided-failure interruptions, newest first.

From these a client without the Insights licence can derive the streams itself. Lists are cut in
SQL: there may be a million of each. What belongs to a project, an environment or a tenant that the
user may not view is left out.
"""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response

from insights_reports.server import ids
from insights_reports.server.access import InSpace, SpaceVisit
from insights_reports.server.paging import Page, Paged, page_of
from insights_reports.server.problems import Missing, Problem
from insights_reports.server.routes import answer, ok
from insights_reports.server.ticks import parse_instant, print_ordinary_instant

router = APIRouter(prefix="/api/{spaceId}", tags=["Releases, deployments, tasks"])
Document = dict[str, Any]
Many = Annotated[list[str] | None, Query(description="Comma-joined")]


@dataclass(frozen=True)
class Listing:
    """A kind of document that is listed newest first."""

    segment: str
    prefix: str
    item_type: str
    source: str  # what stands after FROM; its rows have `id` and `space_id`
    order: str
    make: Callable[[SpaceVisit, sqlite3.Row], Document]
    owners: tuple[tuple[str, str], ...] = (
        ("project_id", "Projects"),
        ("environment_id", "Environments"),
        ("tenant_id", "Tenants"),
    )

    def page(
        self, visit: SpaceVisit, page: Page, conditions: dict[str, Any], shown: dict[str, str]
    ) -> Document:
        """One page of the rows that satisfy every condition (SQL with one place: its value)."""
        conditions = self._visible(visit) | conditions
        where, values = " AND ".join(conditions), tuple(conditions.values())
        rows = f"FROM {self.source} WHERE {where}"
        (total,) = visit.connection.execute(f"SELECT count(*) {rows}", values).fetchone()
        found = visit.connection.execute(
            f"SELECT * {rows} ORDER BY {self.order} LIMIT ? OFFSET ?",
            (*values, page.take, page.skip),
        )
        return page_of(
            self.item_type,
            [self.make(visit, row) for row in found],
            total,
            page,
            path=f"{visit.base}/{self.segment}",
            template="{?skip,take,ids}",
            filters=shown,
        )

    def get(self, visit: SpaceVisit, document_id: str) -> Document:
        """One document. Raises Missing."""
        conditions = self._visible(visit) | {"id = ?": ids.number(self.prefix, document_id)}
        row = visit.connection.execute(
            f"SELECT * FROM {self.source} WHERE {' AND '.join(conditions)}",
            tuple(conditions.values()),
        ).fetchone()
        if row is None:
            raise Missing(document_id)
        return self.make(visit, row)

    def _visible(self, visit: SpaceVisit) -> dict[str, Any]:
        """The conditions that a row lies in the space and belongs to nothing hidden."""
        conditions: dict[str, Any] = {"space_id = ?": visit.space_id}
        for column, prefix in self.owners:
            hidden = ids.numbers(prefix, visit.user.hidden)
            if hidden:
                # The tenant of an untenanted deployment is null, which is not even outside a list.
                outside = f"coalesce({column}, 0) NOT IN (SELECT value FROM json_each(?))"
                conditions[outside] = str(hidden)
        return conditions


def _release(visit: SpaceVisit, row: sqlite3.Row) -> Document:
    id_ = f"Releases-{row['id']}"
    return {
        "Id": id_,
        "SpaceId": f"Spaces-{visit.space_id}",
        "ProjectId": f"Projects-{row['project_id']}",
        "ChannelId": f"Channels-{row['channel_id']}",
        "Version": row["version"],
        "Assembled": print_ordinary_instant(row["assembled"]),
        "Links": {"Self": f"{visit.base}/releases/{id_}"},
    }


def _deployment(visit: SpaceVisit, row: sqlite3.Row) -> Document:
    id_, task = f"Deployments-{row['id']}", f"ServerTasks-{row['task_id']}"
    tenant = row["tenant_id"]
    return {
        "Id": id_,
        "SpaceId": f"Spaces-{visit.space_id}",
        "ProjectId": f"Projects-{row['project_id']}",
        "ChannelId": f"Channels-{row['channel_id']}",
        "EnvironmentId": f"Environments-{row['environment_id']}",
        "TenantId": None if tenant is None else f"Tenants-{tenant}",
        "ReleaseId": f"Releases-{row['release_id']}",
        "TaskId": task,
        "Created": print_ordinary_instant(row["created"]),
        "Links": {"Self": f"{visit.base}/deployments/{id_}", "Task": f"/api/tasks/{task}"},
    }


def _task(visit: SpaceVisit, row: sqlite3.Row) -> Document:
    id_ = f"ServerTasks-{row['id']}"
    return {
        "Id": id_,
        "SpaceId": f"Spaces-{visit.space_id}",
        "Name": "Deploy",
        "Description": row["description"],
        "ProjectId": f"Projects-{row['project_id']}",
        "Arguments": {"DeploymentId": f"Deployments-{row['deployment_id']}"},
        "State": row["state"],
        "IsCompleted": row["completed"] is not None,
        "FinishedSuccessfully": row["state"] == "Success",
        "QueueTime": print_ordinary_instant(row["queued"]),
        "StartTime": _instant(row["started"]),
        "CompletedTime": _instant(row["completed"]),
        "Links": {"Self": f"/api/tasks/{id_}"},
    }


def _interruption(visit: SpaceVisit, row: sqlite3.Row) -> Document:
    id_, task = f"Interruptions-{row['id']}", f"ServerTasks-{row['task_id']}"
    return {
        "Id": id_,
        "SpaceId": f"Spaces-{visit.space_id}",
        "Type": row["type"],
        "Title": row["title"],
        "Created": print_ordinary_instant(row["created"]),
        "IsPending": False,
        "TaskId": task,
        "RelatedDocumentIds": [f"Deployments-{row['deployment_id']}", task],
        "Links": {"Self": f"{visit.base}/interruptions/{id_}"},
    }


def _instant(ticks: int | None) -> str | None:
    return None if ticks is None else print_ordinary_instant(ticks)


RELEASES = Listing(
    "releases",
    "Releases",
    "Release",
    "releases",
    "id DESC",
    _release,
    owners=(("project_id", "Projects"),),
)
DEPLOYMENTS = Listing(
    "deployments", "Deployments", "Deployment", "deployments", "id DESC", _deployment
)
TASKS = Listing(
    "tasks",
    "ServerTasks",
    "Task",
    "(SELECT t.*, d.id AS deployment_id, d.project_id, d.environment_id, d.tenant_id "
    "FROM tasks t JOIN deployments d ON d.task_id = t.id)",
    "id DESC",
    _task,
)
INTERRUPTIONS = Listing(
    "interruptions",
    "Interruptions",
    "Interruption",
    "(SELECT i.*, d.id AS deployment_id, d.project_id, d.environment_id, d.tenant_id "
    "FROM interruptions i JOIN deployments d ON d.task_id = i.task_id)",
    "id DESC",
    _interruption,
)


def _among(column: str, prefix: str, given: list[str] | None) -> dict[str, Any]:
    """The condition that a column holds one of the ids given; none when none was asked for."""
    if given is None:
        return {}
    condition = f"{column} IN (SELECT value FROM json_each(?))"
    return {condition: str(ids.numbers(prefix, ids.split_list(given)))}


def _since(condition: str, name: str, given: str) -> dict[str, Any]:
    if not given:
        return {}
    try:
        return {condition: parse_instant(given)}
    except (ValueError, OverflowError):
        raise Problem(f"The {name} '{given}' is not a date and time.") from None


def _shown(**lists: list[str] | None) -> dict[str, str]:
    return {name: ",".join(value) for name, value in lists.items() if value is not None}


@router.get("/projects/{id}/releases", responses=ok(dict[str, Any]))
def releases_of_project(visit: InSpace, id: str, page: Paged) -> Response:
    """The releases of a project."""
    return answer(RELEASES.page(visit, page, _among("project_id", "Projects", [id]), {}))


@router.get("/releases", responses=ok(dict[str, Any]))
def list_releases(
    visit: InSpace, page: Paged, ids_: Annotated[list[str] | None, Query(alias="ids")] = None
) -> Response:
    """Releases of every project."""
    conditions = _among("id", "Releases", ids_)
    return answer(RELEASES.page(visit, page, conditions, _shown(ids=ids_)))


@router.get("/releases/{id}", responses=ok(dict[str, Any]))
def get_release(visit: InSpace, id: str) -> Response:
    """One release."""
    return answer(RELEASES.get(visit, id))


@router.get("/deployments", responses=ok(dict[str, Any]))
def list_deployments(
    visit: InSpace,
    page: Paged,
    ids_: Annotated[list[str] | None, Query(alias="ids")] = None,
    projects: Many = None,
    environments: Many = None,
    tenants: Many = None,
    channels: Many = None,
) -> Response:
    """Deployments; their completion and state are those of their tasks."""
    conditions = {
        **_among("id", "Deployments", ids_),
        **_among("project_id", "Projects", projects),
        **_among("environment_id", "Environments", environments),
        **_among("tenant_id", "Tenants", tenants),
        **_among("channel_id", "Channels", channels),
    }
    shown = _shown(
        ids=ids_, projects=projects, environments=environments, tenants=tenants, channels=channels
    )
    return answer(DEPLOYMENTS.page(visit, page, conditions, shown))


@router.get("/deployments/{id}", responses=ok(dict[str, Any]))
def get_deployment(visit: InSpace, id: str) -> Response:
    """One deployment."""
    return answer(DEPLOYMENTS.get(visit, id))


@router.get("/tasks", responses=ok(dict[str, Any]))
def list_tasks(
    visit: InSpace,
    page: Paged,
    ids_: Annotated[list[str] | None, Query(alias="ids")] = None,
    project: str = "",
    states: Many = None,
    completed_from: Annotated[str, Query(alias="fromCompletedDate")] = "",
    completed_to: Annotated[str, Query(alias="toCompletedDate")] = "",
) -> Response:
    """Server tasks; here they are all deployments."""
    conditions = {
        **_among("id", "ServerTasks", ids_),
        **_among("project_id", "Projects", [project] if project else None),
        **_since("completed >= ?", "fromCompletedDate", completed_from),
        **_since("completed < ?", "toCompletedDate", completed_to),
    }
    if states is not None:
        conditions["instr(?, ',' || state || ',') > 0"] = f",{','.join(ids.split_list(states))},"
    dates = {"fromCompletedDate": completed_from, "toCompletedDate": completed_to}
    named = {"project": project, **dates}
    shown = {name: value for name, value in named.items() if value}
    return answer(TASKS.page(visit, page, conditions, shown | _shown(ids=ids_, states=states)))


@router.get("/tasks/{id}", responses=ok(dict[str, Any]))
def get_task(visit: InSpace, id: str) -> Response:
    """One server task."""
    return answer(TASKS.get(visit, id))


@router.get("/interruptions", responses=ok(dict[str, Any]))
def list_interruptions(visit: InSpace, page: Paged, regarding: str = "") -> Response:
    """Interruptions, of one task or deployment where `regarding` names it."""
    conditions: dict[str, Any] = {}
    if regarding:
        is_task = ids.number("ServerTasks", regarding) is not None
        column, prefix = ("task_id", "ServerTasks") if is_task else ("deployment_id", "Deployments")
        conditions = _among(column, prefix, [regarding])
    shown = {"regarding": regarding} if regarding else {}
    return answer(INTERRUPTIONS.page(visit, page, conditions, shown))
