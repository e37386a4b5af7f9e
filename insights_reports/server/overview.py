"""What is deployed where: the dashboard of a space and the progression of a project.

(https://octopus.com/docs/api, Dashboard and Progression)
"""

import sqlite3
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from insights_reports.server import ids
from insights_reports.server.access import SpaceVisit
from insights_reports.server.ticks import TICKS_PER_SECOND, print_ordinary_instant

Document = dict[str, Any]
# Stream after stream, the newest first; the index of the streams ends each walk where it is cut.
_STREAMS = (
    "SELECT s.* FROM streams s JOIN projects p ON p.id = s.project_id "
    "WHERE p.space_id = ? AND (?2 IS NULL OR s.project_id = ?2)"
)
_NEWEST = """
    SELECT f.deployment_id, f.release_id, r.version, f.state, f.completed, d.task_id,
           d.created, t.queued, t.started
    FROM facts f JOIN releases r ON r.id = f.release_id
    JOIN deployments d ON d.id = f.deployment_id JOIN tasks t ON t.id = d.task_id
    WHERE f.stream_id = ? AND f.completed <= ?
    ORDER BY f.completed DESC, f.deployment_id DESC
"""
_PREFIXES = ("Projects", "Channels", "Environments", "Tenants")


def latest(visit: SpaceVisit, project: int | None) -> list[Document]:
    """The newest deployment of each project, environment and tenant, whatever its channel."""
    newest = [next(_items(visit, stream), None) for stream in _streams(visit, project)]
    found = [item for item in newest if item is not None]

    def place(item: Document) -> tuple[str, str, str]:
        return item["ProjectId"], item["EnvironmentId"], item["TenantId"] or ""

    found.sort(key=lambda item: (*place(item), item["CompletedTime"]))
    return [list(each)[-1] for _, each in groupby(found, key=place)]


def progression(
    visit: SpaceVisit, project: int, count: int
) -> dict[str, dict[str, list[Document]]]:
    """The newest `count` releases of each stream of a project, the newest first.

    By release id: by environment id the newest deployment of each tenant.
    """
    releases: dict[str, dict[str, list[Document]]] = {}
    for stream in _streams(visit, project):
        seen: set[str] = set()
        for item in _items(visit, stream):
            if item["ReleaseId"] in seen:
                continue
            if len(seen) == count:
                break
            seen.add(item["ReleaseId"])
            by_environment = releases.setdefault(item["ReleaseId"], {})
            by_environment.setdefault(item["EnvironmentId"], []).append(item)
    newest = sorted(releases, key=lambda each: -(ids.number("Releases", each) or 0))
    return {each: releases[each] for each in newest}


def _streams(visit: SpaceVisit, project: int | None) -> list[sqlite3.Row]:
    gone = visit.user.hidden | visit.site.deleted
    rows = visit.connection.execute(_STREAMS, (visit.space_id, project)).fetchall()
    return [row for row in rows if not gone & {*_ids(row)}]


def _ids(stream: sqlite3.Row) -> tuple[str, ...]:
    return tuple(f"{p}-{n}" for p, n in zip(_PREFIXES, tuple(stream)[1:], strict=True))


def _items(visit: SpaceVisit, stream: sqlite3.Row) -> Iterator[Document]:
    """The deployments of a stream, the newest first."""
    for row in visit.connection.execute(_NEWEST, (stream["id"], visit.now)):
        if f"Releases-{row['release_id']}" not in visit.site.deleted:
            yield _item(visit, stream, row)


def _item(visit: SpaceVisit, stream: sqlite3.Row, row: sqlite3.Row) -> Document:
    project, channel, environment, tenant = _ids(stream)
    id_ = f"Deployments-{row['deployment_id']}"
    started = row["started"]
    seconds = None if started is None else (row["completed"] - started) // TICKS_PER_SECOND
    return {
        "Id": id_,
        "DeploymentId": id_,
        "ProjectId": project,
        "ChannelId": channel,
        "EnvironmentId": environment,
        "TenantId": tenant if stream["tenant_id"] else None,
        "ReleaseId": f"Releases-{row['release_id']}",
        "ReleaseVersion": row["version"],
        "TaskId": f"ServerTasks-{row['task_id']}",
        "State": row["state"],
        "Created": print_ordinary_instant(row["created"]),
        "QueueTime": print_ordinary_instant(row["queued"]),
        "StartTime": None if started is None else print_ordinary_instant(started),
        "CompletedTime": print_ordinary_instant(row["completed"]),
        "Duration": None if seconds is None else f"{seconds} seconds",
        "ErrorMessage": "",
        "HasPendingInterruptions": False,
        "HasWarningsOrErrors": row["state"] != "Success",
        "IsCompleted": True,
        "IsCurrent": True,
        "IsPrevious": False,
        "Links": {"Self": f"{visit.base}/deployments/{id_}"},
    }
