"""Releases, deployments, tasks and guided-failure interruptions, newest first.

From these a client without the Insights licence can derive the streams itself. Lists are cut in
SQL: there may be a million of each. What belongs to a project, an environment or a tenant that the
user may not view is left out.
"""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from insights_reports.server import ids
from insights_reports.server.access import SpaceVisit
from insights_reports.server.paging import Page, page_of
from insights_reports.server.problems import Missing
from insights_reports.server.ticks import print_ordinary_instant

Document = dict[str, Any]


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
        ("release_id", "Releases"),
    )

    def page(
        self,
        visit: SpaceVisit,
        page: Page,
        conditions: dict[str, Any],
        shown: dict[str, str],
        path: str = "",
    ) -> Document:
        """One page of the rows that satisfy every condition (SQL with one place: its value).

        `path`: below the space, where it is not that of the whole list.
        """
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
            path=f"{visit.base}/{path or self.segment}",
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
        """The conditions that a row lies in the space and belongs to nothing hidden or deleted."""
        conditions: dict[str, Any] = {"space_id = ?": visit.space_id}
        for column, prefix in self.owners:
            hidden = ids.numbers(prefix, visit.user.hidden | visit.site.deleted)
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
    owners=(("project_id", "Projects"), ("id", "Releases")),
)
DEPLOYMENTS = Listing(
    "deployments", "Deployments", "Deployment", "deployments", "id DESC", _deployment
)
TASKS = Listing(
    "tasks",
    "ServerTasks",
    "Task",
    "(SELECT t.*, d.id AS deployment_id, d.project_id, d.environment_id, d.tenant_id, d.release_id "
    "FROM tasks t JOIN deployments d ON d.task_id = t.id)",
    "id DESC",
    _task,
)
INTERRUPTIONS = Listing(
    "interruptions",
    "Interruptions",
    "Interruption",
    "(SELECT i.*, d.id AS deployment_id, d.project_id, d.environment_id, d.tenant_id, d.release_id "
    "FROM interruptions i JOIN deployments d ON d.task_id = i.task_id)",
    "id DESC",
    _interruption,
)
