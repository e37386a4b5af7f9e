"""The XML feed of finished deployments, which outlives the documents that it tells of.

Its fields and formats are those that Octopus's own data source for Grafana reads
(https://github.com/OctopusDeploy/OctopusGrafanaDataSource): times to the second, in UTC without a
zone. Nothing but the current piece is held in memory.
"""

import re
import sqlite3
from collections.abc import Iterator
from typing import Any
from xml.sax.saxutils import escape

from insights_reports.server.access import User
from insights_reports.server.ticks import TICKS_PER_SECOND, print_instant

_PIECE = 1 << 16
_FIELDS = (
    "DeploymentId", "DeploymentName", "ProjectId", "ProjectName", "ProjectSlug", "TenantId",
    "TenantName", "ChannelId", "ChannelName", "EnvironmentId", "EnvironmentName", "ReleaseId",
    "ReleaseVersion", "TaskId", "TaskState", "Created", "QueueTime", "StartTime", "CompletedTime",
    "DurationSeconds", "DeployedBy",
)  # fmt: skip
_ENTRY = f"<Deployment>{''.join(f'<{name}>%s</{name}>' for name in _FIELDS)}</Deployment>"
_SQL = """
    SELECT f.deployment_id, s.project_id, s.tenant_id, s.channel_id, s.environment_id,
           f.release_id, r.version, d.task_id, f.state, d.created, t.queued, t.started, f.completed
    FROM facts f
    JOIN streams s ON s.id = f.stream_id
    JOIN deployments d ON d.id = f.deployment_id
    JOIN tasks t ON t.id = d.task_id
    JOIN releases r ON r.id = f.release_id
    WHERE f.completed BETWEEN ? AND ? AND d.space_id = ?
      AND (?4 IS NULL OR s.project_id = ?4) AND (?5 IS NULL OR s.environment_id = ?5)
    ORDER BY f.completed, f.deployment_id
"""
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # in XML 1.0


def print_feed(
    connection: sqlite3.Connection,
    user: User,
    space_id: int,
    between: tuple[int, int],
    project: int | None,
    environment: int | None,
) -> Iterator[bytes]:
    """The document in pieces of about 64 KiB. `between`: the first and last completion, ticks."""
    names = _Names(connection, user)
    cursor = connection.cursor()
    cursor.row_factory = None
    piece = ['<?xml version="1.0" encoding="utf-8"?>\n<Deployments>']
    size = 0
    for row in cursor.execute(_SQL, (*between, space_id, project, environment)):
        if not names.shows(*row[1:5]):
            continue
        entry = names.entry(*row)
        piece.append(entry)
        size += len(entry)
        if size >= _PIECE:
            yield "\n".join(piece).encode()
            piece, size = [""], 0
    yield "\n".join([*piece, "</Deployments>\n"]).encode()


def _second(ticks: int | None) -> str:
    return "" if ticks is None else print_instant(ticks)[:19]


class _Names:
    """What the entries of the feed name, as far as the user may view it."""

    def __init__(self, connection: sqlite3.Connection, user: User) -> None:
        def named(prefix: str, table: str, column: str = "name") -> dict[int, str]:
            rows = connection.execute(f"SELECT id, {column} AS text FROM {table}")
            return {
                row["id"]: _text(row["text"])
                for row in rows
                if f"{prefix}-{row['id']}" not in user.hidden
            }

        self._projects = named("Projects", "projects")
        self._slugs = named("Projects", "projects", "slug")
        self._environments = named("Environments", "environments")
        self._tenants = named("Tenants", "tenants") | {0: ""}
        self._channels = named("Channels", "channels")
        (by,) = connection.execute("SELECT username FROM users ORDER BY id LIMIT 1").fetchone()
        self._by = _text(by)

    def shows(self, project: int, tenant: int, _channel: int, environment: int) -> bool:
        """Whether the user may view what a deployment is about."""
        return (
            project in self._projects
            and environment in self._environments
            and tenant in self._tenants
        )

    def entry(
        self, number: int, project: int, tenant: int, channel: int, environment: int, release: int,
        version: str, task: int, state: str, created: int, queued: int, started: int | None,
        completed: int,
    ) -> str:  # fmt: skip
        where = self._environments[environment]
        values: tuple[Any, ...] = (
            f"Deployments-{number}", f"Deploy to {where}",
            f"Projects-{project}", self._projects[project], self._slugs[project],
            f"Tenants-{tenant}" if tenant else "", self._tenants[tenant],
            f"Channels-{channel}", self._channels.get(channel, ""),
            f"Environments-{environment}", where,
            f"Releases-{release}", _text(version), f"ServerTasks-{task}", state,
            _second(created), _second(queued), _second(started), _second(completed),
            "" if started is None else (completed - started) // TICKS_PER_SECOND, self._by,
        )  # fmt: skip
        return _ENTRY % values


def _text(value: str) -> str:
    return escape(_FORBIDDEN.sub("", value))
