"""A database from a file of someone's own deployments, to look at their history offline.

The file is read as it goes, and SQLite sorts and numbers what is in it: no row stays in memory but
the few numbers of `columns`.
"""

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from insights_reports.errors import UsageError
from insights_reports.server.company import slug
from insights_reports.server.database import execute_file, new_database
from insights_reports.server.incoming import Incoming, read
from insights_reports.server.ticks import to_datetime
from insights_reports.server.zones import zone

REPORT = "Imported"


@dataclass(frozen=True)
class Imported:
    """What was imported. `left_out`: times since a previous success at no success."""

    deployments: int
    projects: int
    first: str
    last: str
    left_out: int


def import_file(source: Path, data: Path, *, time_zone: str = "UTC") -> Imported:
    """Make the database `data`, whose report "Imported" covers every deployment in `source`.

    Raises UsageError for a file that cannot be read, naming place, column and value; for an unknown
    time zone; and when something is already at `data`. Nothing is written then.
    """
    if zone(time_zone) is None:
        raise UsageError(
            "There is no such time zone.", f"Time zone: {time_zone}", "Use a Windows or IANA id."
        )
    with new_database(data) as connection:
        _store_rows(connection, source)
        _store_settings(connection, source)
        connection.create_function("slug", 1, slug, deterministic=True)
        execute_file(connection, "incoming.sql")
        _store_report(connection, source, time_zone)
        return _imported(connection)


def _store_rows(connection: sqlite3.Connection, source: Path) -> None:
    """Fill `temp.incoming`. Raises UsageError when there is nothing, or something twice."""
    connection.execute(f"CREATE TEMP TABLE incoming ({', '.join(Incoming._fields)})")
    places = ", ".join("?" * len(Incoming._fields))
    connection.executemany(f"INSERT INTO temp.incoming VALUES ({places})", read(source))
    if not connection.execute("SELECT EXISTS (SELECT * FROM temp.incoming)").fetchone()[0]:
        raise UsageError(
            "There is no deployment in this file.", f"File: {source}", "Nothing was written."
        )
    _check_numbers(connection, source)


def _check_numbers(connection: sqlite3.Connection, source: Path) -> None:
    """No deployment stands twice in a file that numbers them all."""
    twice = connection.execute(
        "SELECT deployment FROM temp.incoming GROUP BY deployment HAVING count(*) > 1 "
        "AND (SELECT count(*) = count(nullif(deployment, 0)) FROM temp.incoming) LIMIT 1"
    ).fetchone()
    if twice is None:
        return
    first, second, *_ = connection.execute(
        "SELECT place FROM temp.incoming WHERE deployment = ? ORDER BY rowid", tuple(twice)
    )
    raise UsageError(
        "A deployment stands in this file twice.",
        f"File: {source}, {first[0]} and {second[0]}, Deployment: Deployments-{twice[0]}",
        "Remove one of the two. Nothing was written.",
    )


def _store_settings(connection: sqlite3.Connection, source: Path) -> None:
    def insert(table: str, *row: object) -> None:
        connection.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)

    installation = uuid5(NAMESPACE_URL, f"insights-reports/import/{source.name}")
    insert("settings", "InstallationId", str(installation))
    insert("spaces", 1, "Default", "default", f"From {source.name}", 1)
    insert("users", 1, "insights-reports", "Insights Reports", "", 1, 0)
    insert("project_groups", 1, 1, "All projects", "all-projects", None)


def _store_report(connection: sqlite3.Connection, source: Path, time_zone: str) -> None:
    def ids(prefix: str, table: str) -> list[str]:
        numbers = connection.execute(f"SELECT id FROM {table} ORDER BY id")
        return [f"{prefix}-{number}" for (number,) in numbers]

    environments = connection.execute("SELECT name, id FROM environments ORDER BY id")
    report = {
        "Name": REPORT,
        "Description": f"Every deployment in {source.name}",
        "ProjectIds": ids("Projects", "projects"),
        "ChannelIds": ids("Channels", "channels"),
        "AllTenants": True,
        "EnvironmentGroups": [
            {"Name": name, "Environments": [f"Environments-{number}"]}
            for name, number in _without_case_clashes(map(tuple, environments)).items()
        ],
        "TimeZone": time_zone,
    }
    document = json.dumps(report, ensure_ascii=False)
    connection.execute("INSERT INTO reports VALUES (1, 1, ?, ?)", (REPORT, document))


def _imported(connection: sqlite3.Connection) -> Imported:
    count, first, last, left_out = connection.execute(
        "SELECT count(*), min(completed), max(completed), "
        "count(since_previous) FILTER (WHERE state <> 'Success' OR guided) FROM temp.incoming"
    ).fetchone()
    (projects,) = connection.execute("SELECT count(*) FROM projects").fetchone()
    first, last = (f"{to_datetime(completed):%Y-%m-%d}" for completed in (first, last))
    return Imported(count, projects, first, last, left_out)


def _without_case_clashes(environments: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Names that are unique without regard to case, as those of environment groups must be."""
    shown: dict[str, int] = {}
    seen: set[str] = set()
    for name, number in environments:
        unique = name
        while unique.casefold() in seen:
            unique += f" ({number})"
        seen.add(unique.casefold())
        shown[unique] = number
    return shown
