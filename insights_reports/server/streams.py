"""The reply of `/deployments`: the streams of a population, printed piece by piece.

Nothing but the current piece is held in memory, however many deployments there are.
"""

import sqlite3
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from insights_reports.server import zones
from insights_reports.server.access import User
from insights_reports.server.population import Population
from insights_reports.server.ticks import print_duration, print_instant, to_datetime

_PIECE = 1 << 16

# In the order of the streams and of the index, so that SQLite walks them and sorts nothing.
_SQL = f"""
    SELECT f.*, t.project_id, t.channel_id, t.environment_id, t.tenant_id,
           r.version AS version, l.version AS lead_version, v.version AS recovered_version
    FROM streams t
    CROSS JOIN facts f INDEXED BY facts_of_stream ON f.stream_id = t.id
    JOIN releases r ON r.id = f.release_id
    LEFT JOIN releases l ON l.id = f.lead_time_release_id
    LEFT JOIN releases v ON v.id = f.recovered_release_id
    WHERE {Population.WHERE} AND f.completed BETWEEN :start AND :now
    ORDER BY t.id, f.completed, f.deployment_id
"""


def window_start(now: int, where: ZoneInfo) -> int:
    """The first instant of the month twelve months before the current one, in the zone."""
    today = to_datetime(now).astimezone(where).date()
    return zones.midnight(today.replace(day=1, year=today.year - 1), where)


def print_streams(
    connection: sqlite3.Connection,
    user: User,
    report_name: str | None,
    population: Population,
    start: int,
    now: int,
) -> Iterator[bytes]:
    """The JSON of the reply in pieces of about 64 KiB."""
    names = _Names(connection, user)
    parameters = population.parameters | {"start": start, "now": now}
    piece = bytearray(b'{"ReportName":' + orjson.dumps(report_name) + b',"Streams":[')
    stream: tuple[int, ...] | None = None
    omitted = first = False
    for row in connection.execute(_SQL, parameters):
        key = (row["project_id"], row["channel_id"], row["environment_id"], row["tenant_id"])
        if key != stream:
            piece += b"]}," if stream else b""
            piece += names.head(key)
            stream, omitted, first = key, names.are_omitted(key), True
        if not omitted:
            piece += (b"" if first else b",") + orjson.dumps(_deployment(row))
            first = False
        if len(piece) >= _PIECE:
            yield bytes(piece)
            piece.clear()
    piece += b"]}]}" if stream else b"]}"
    yield bytes(piece)


def _deployment(row: sqlite3.Row) -> dict[str, Any]:
    return {
        "Id": f"Deployments-{row['deployment_id']}",
        "ReleaseVersion": row["version"],
        "TaskState": row["state"],
        "CompletedTime": print_instant(row["completed"]),
        "HadGuidedFailure": bool(row["guided"]),
        "LeadTime": _duration(row["lead_time"]),
        "LeadTimeCalculatedFromVersion": row["lead_version"],
        "TimeSincePreviouslySuccessfulDeployment": _duration(row["since_previous"]),
        "PreviousSuccessfulDeploymentId": _deployment_id(row["previous_id"]),
        "TimeToRecovery": _duration(row["recovery"]),
        "DeploymentsUntilRecovery": row["attempts"],
        "RecoveredFromFailedDeploymentId": _deployment_id(row["recovered_id"]),
        "RecoveredFromFailedReleaseVersion": row["recovered_version"],
    }


def _duration(ticks: int | None) -> str | None:
    return None if ticks is None else print_duration(ticks)


def _deployment_id(number: int | None) -> str | None:
    return None if number is None else f"Deployments-{number}"


class _Names:
    """The names a stream carries; null where the user may not see them."""

    _KINDS = (
        ("Project", "projects"),
        ("Channel", "channels"),
        ("Environment", "environments"),
        ("Tenant", "tenants"),
    )

    def __init__(self, connection: sqlite3.Connection, user: User) -> None:
        self._user = user
        self._names = {
            kind: {row["id"]: row["name"] for row in connection.execute(f"SELECT * FROM {table}")}
            for kind, table in self._KINDS
        }

    def head(self, key: tuple[int, ...]) -> bytes:
        """The opening of a stream, up to its first deployment."""
        fields: dict[str, str | None] = {}
        for (kind, _), number in zip(self._KINDS, key, strict=True):
            id_ = f"{kind}s-{number}" if number else None
            owner = f"Projects-{key[0]}" if kind == "Channel" else id_
            is_seen = owner is not None and owner not in self._user.hidden
            fields[f"{kind}Id"] = id_
            fields[f"{kind}Name"] = self._names[kind].get(number) if is_seen else None
        return orjson.dumps(fields)[:-1] + b',"Deployments":['

    def are_omitted(self, key: tuple[int, ...]) -> bool:
        """Whether the user may not view the deployments of the stream."""
        present = {f"{kind}s-{n}" for (kind, _), n in zip(self._KINDS, key, strict=True)}
        return bool(present & self._user.omitted)
