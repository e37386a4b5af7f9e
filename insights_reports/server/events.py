"""The audit events of deployments, which follow from their tasks and interruptions."""

import sqlite3
from html import escape
from typing import Any

from insights_reports.server.access import SpaceVisit
from insights_reports.server.listings import Listing
from insights_reports.server.ticks import print_ordinary_instant

RELATED = {
    "deployments": ("deployment_id", "Deployments"),
    "projects": ("project_id", "Projects"),
    "releases": ("release_id", "Releases"),
    "environments": ("environment_id", "Environments"),
    "servertasks": ("task_id", "ServerTasks"),
    "channels": ("channel_id", "Channels"),
    "tenants": ("tenant_id", "Tenants"),
}
_WORDS = {
    "DeploymentQueued": "was queued",
    "DeploymentStarted": "started",
    "GuidedFailureInterruptionRaised": "requires failure guidance",
    "DeploymentSucceeded": "succeeded",
    "DeploymentFailed": "failed",
    "TaskCanceled": "was canceled",
    "TaskTimedOut": "timed out",
}
# A task has up to four events, numbered from four times its own number.
_KINDS = (
    "SELECT id * 4 AS id, id AS task_id, 'DeploymentQueued' AS category, queued AS occurred "
    "FROM tasks",
    "SELECT id * 4 + 1, id, 'DeploymentStarted', started FROM tasks WHERE started IS NOT NULL",
    "SELECT task_id * 4 + 2, task_id, 'GuidedFailureInterruptionRaised', min(created) "
    "FROM interruptions WHERE type = 'GuidedFailure' GROUP BY task_id",
    "SELECT id * 4 + 3, id, CASE state WHEN 'Success' THEN 'DeploymentSucceeded' "
    "WHEN 'Failed' THEN 'DeploymentFailed' ELSE 'Task' || state END, completed "
    "FROM tasks WHERE completed IS NOT NULL",
)
_SOURCE = (
    "(SELECT e.*, t.description, d.space_id, d.id AS deployment_id, d.project_id, d.channel_id, "
    "d.environment_id, d.tenant_id, d.release_id "
    f"FROM ({' UNION ALL '.join(_KINDS)}) e "
    "JOIN tasks t ON t.id = e.task_id JOIN deployments d ON d.task_id = e.task_id)"
)


def _event(visit: SpaceVisit, row: sqlite3.Row) -> dict[str, Any]:
    id_ = f"Events-{row['id']}"
    message = f"{row['description']} {_WORDS[row['category']]}"
    related = [f"{name}-{row[column]}" for column, name in RELATED.values() if row[column]]
    return {
        "Id": id_,
        "SpaceId": f"Spaces-{visit.space_id}",
        "Category": row["category"],
        "Occurred": print_ordinary_instant(row["occurred"]),
        "Message": message,
        "MessageHtml": escape(message),
        "MessageReferences": [],
        "RelatedDocumentIds": related,
        "UserId": "users-system",
        "Username": "system",
        "IsService": False,
        "IdentityEstablishedWith": "",
        "UserAgent": "Server",
        "Details": None,
        "Comments": None,
        "Links": {"Self": f"{visit.base}/events/{id_}"},
    }


EVENTS = Listing("events", "Events", "Event", _SOURCE, "occurred DESC, id DESC", _event)
