"""A database from a file of someone's own deployments, to look at their history offline.

The file is read as it goes, and SQLite sorts and numbers what is in it: no row stays in memory but
the few numbers of `columns`.
"""

import json
import sqlite3
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
    """What was imported.

    `left_out`: times since a previous success at no success; `repeated`: rows whose deployment
    stands in the file before; `without_zone`: times that were read as UTC.
    """

    deployments: int
    projects: int
    first: str
    last: str
    left_out: int
    repeated: int
    without_zone: int


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
        repeated = _leave_out_repeated(connection)
        _store_settings(connection, source)
        connection.create_function("slug", 1, slug, deterministic=True)
        execute_file(connection, "incoming.sql")
        _store_groups(connection)
        _store_report(connection, source, time_zone)
        return _imported(connection, repeated)


def _store_rows(connection: sqlite3.Connection, source: Path) -> None:
    """Fill `temp.incoming`. Raises UsageError when there is nothing."""
    connection.execute(f"CREATE TEMP TABLE incoming ({', '.join(Incoming._fields)})")
    places = ", ".join("?" * len(Incoming._fields))
    connection.executemany(f"INSERT INTO temp.incoming VALUES ({places})", read(source))
    if not connection.execute("SELECT EXISTS (SELECT * FROM temp.incoming)").fetchone()[0]:
        raise UsageError(
            "There is no deployment in this file.", f"File: {source}", "Nothing was written."
        )


def _leave_out_repeated(connection: sqlite3.Connection) -> int:
    """A deployment that stands in the file again counts once, as it stands first.

    Only in a file that numbers them all: otherwise nobody knows which one is meant.
    """
    return connection.execute(
        "DELETE FROM temp.incoming WHERE "
        "(SELECT count(*) = count(nullif(deployment, 0)) FROM temp.incoming) AND rowid NOT IN "
        "(SELECT min(rowid) FROM temp.incoming GROUP BY deployment)"
    ).rowcount


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

    report = {
        "Name": REPORT,
        "Description": f"Every deployment in {source.name}",
        "ProjectIds": ids("Projects", "projects"),
        "ChannelIds": ids("Channels", "channels"),
        "AllTenants": True,
        "EnvironmentGroups": [
            {"Name": name, "Environments": [f"Environments-{number}" for number in numbers]}
            for name, numbers in _alike(connection, "environments", "sort_order").items()
        ],
        "TimeZone": time_zone,
    }
    document = json.dumps(report, ensure_ascii=False)
    connection.execute("INSERT INTO reports VALUES (1, 1, ?, ?)", (REPORT, document))


def _imported(connection: sqlite3.Connection, repeated: int) -> Imported:
    count, first, last, left_out, without_zone = connection.execute(
        "SELECT count(*), min(completed), max(completed), "
        "count(since_previous) FILTER (WHERE state <> 'Success' OR guided), "
        "count(*) FILTER (WHERE NOT has_zone) FROM temp.incoming"
    ).fetchone()
    (projects,) = connection.execute("SELECT count(*) FROM projects").fetchone()
    first, last = (f"{to_datetime(completed):%Y-%m-%d}" for completed in (first, last))
    return Imported(count, projects, first, last, left_out, repeated, without_zone)


def _store_groups(connection: sqlite3.Connection) -> None:
    """Projects whose names begin with one word are a group, when there are such; else there is one.

    The file does not say how projects are grouped.
    """
    groups = [each for each in _alike(connection, "projects", "id").items() if len(each[1]) > 1]
    if not groups:
        return
    connection.execute("UPDATE project_groups SET name = 'Other projects', slug = 'other-projects'")
    for number, (name, projects) in enumerate(groups, 2):
        row = (number, 1, name, f"{slug(name)}-{number}", None)
        connection.execute("INSERT INTO project_groups VALUES (?, ?, ?, ?, ?)", row)
        connection.executemany(
            "UPDATE projects SET project_group_id = ? WHERE id = ?",
            [(number, project) for project in projects],
        )


def _alike(connection: sqlite3.Connection, table: str, order: str) -> dict[str, list[int]]:
    """The numbers of what begins with one word, by that word; what is alone, by its whole name.

    Names are unique without regard to case, as those of environment groups must be.
    """
    rows = connection.execute(f"SELECT id, name FROM {table} ORDER BY {order}, id").fetchall()
    words: dict[str, list[tuple[int, str]]] = {}
    for number, name in map(tuple, rows):
        words.setdefault(name.split()[0].casefold(), []).append((number, name))
    found: dict[str, list[int]] = {}
    for members in words.values():
        number, name = members[0]
        unique = name if len(members) == 1 else name.split()[0]
        found[unique] = [each for each, _ in members]
    return found
