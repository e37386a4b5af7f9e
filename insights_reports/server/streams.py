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
    SELECT t.project_id, t.channel_id, t.environment_id, t.tenant_id,
           f.deployment_id, r.version, f.state, f.completed, f.guided,
           f.lead_time, l.version, f.since_previous, f.previous_id,
           f.recovery, f.attempts, f.recovered_id, v.version
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


def rows_of(
    connection: sqlite3.Connection, population: Population, start: int, now: int
) -> Iterator[tuple[Any, ...]]:
    """The deployments of a population, stream after stream: its four numbers, then the values."""
    cursor = connection.cursor()
    cursor.row_factory = None  # finding a column by its name would take as long as the query
    return cursor.execute(_SQL, population.parameters | {"start": start, "now": now})


def print_streams(
    connection: sqlite3.Connection,
    user: User,
    named: dict[str, str | None],
    population: Population,
    start: int,
    now: int,
) -> Iterator[bytes]:
    """The JSON of the reply in pieces of about 64 KiB; `named`: what stands before the streams."""
    names = Names(connection, user)
    piece = bytearray(orjson.dumps(named)[:-1] + b',"Streams":[')
    stream: tuple[int, ...] | None = None
    omitted = first = False
    for row in rows_of(connection, population, start, now):
        key = row[:4]
        if key != stream:
            piece += b"]}," if stream else b""
            piece += names.head(key)
            stream, omitted, first = key, names.are_omitted(key), True
        if not omitted:
            piece += (b"" if first else b",") + orjson.dumps(_deployment(*row[4:]))
            first = False
        if len(piece) >= _PIECE:
            yield bytes(piece)
            piece.clear()
    piece += b"]}]}" if stream else b"]}"
    yield bytes(piece)


def _deployment(
    number: int, version: str, state: str, completed: int, guided: int,
    lead_time: int | None, lead_version: str | None,
    since_previous: int | None, previous: int | None,
    recovery: int | None, attempts: int | None, recovered: int | None,
    recovered_version: str | None,
) -> dict[str, Any]:  # fmt: skip
    return {
        "Id": f"Deployments-{number}",
        "ReleaseVersion": version,
        "TaskState": state,
        "CompletedTime": print_instant(completed),
        "HadGuidedFailure": bool(guided),
        "LeadTime": duration_text(lead_time),
        "LeadTimeCalculatedFromVersion": lead_version,
        "TimeSincePreviouslySuccessfulDeployment": duration_text(since_previous),
        "PreviousSuccessfulDeploymentId": deployment_id(previous),
        "TimeToRecovery": duration_text(recovery),
        "DeploymentsUntilRecovery": attempts,
        "RecoveredFromFailedDeploymentId": deployment_id(recovered),
        "RecoveredFromFailedReleaseVersion": recovered_version,
    }


def duration_text(ticks: int | None) -> str | None:
    """As Octopus prints it; null where there is none."""
    return None if ticks is None else print_duration(ticks)


def deployment_id(number: int | None) -> str | None:
    """The id in Octopus; null where there is no such deployment."""
    return None if number is None else f"Deployments-{number}"


class Names:
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

    def of(self, key: tuple[int, ...]) -> list[str] | None:
        """What a stream is called, empty for no tenant; None when something in it is hidden."""
        present = [(kind, n) for (kind, _), n in zip(self._KINDS, key, strict=True) if n]
        if any(f"{kind}s-{n}" in self._user.hidden for kind, n in present):
            return None
        return [self._names[kind].get(n, "") for (kind, _), n in zip(self._KINDS, key, strict=True)]

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
