"""A history of any size, for measuring the embedded server.

200 projects in 20 groups, half of them deployed to four environments, the other half to two and,
for 20 of 100 tenants, to a third: 2,600 streams over 13 months. Report 1 takes all of it.
"""

import json
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from insights_reports.server.database import derive_facts, new_database
from insights_reports.server.ticks import TICKS_PER_SECOND, from_datetime

AS_OF = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
_START = from_datetime(datetime(2025, 10, 20, tzinfo=UTC))
_SPAN = from_datetime(AS_OF) - _START
_HOUR = 3600 * TICKS_PER_SECOND
_PROJECTS, _GROUPS, _TENANTS, _ENVIRONMENTS = 200, 20, 100, 4
_DEPLOYMENTS_PER_RELEASE = 5


def make(path: Path, size: int, seed: int = 1, projects: int = _PROJECTS) -> None:
    """Write a database with `size` deployments to `path`, where nothing may be yet."""
    with new_database(path) as connection:
        _structure(connection, projects)
        _history(connection, size, Random(seed), projects)
        derive_facts(connection)


def streams(projects: int = _PROJECTS) -> list[tuple[int, int, int | None]]:
    """(project, environment, tenant) of every stream."""
    found: list[tuple[int, int, int | None]] = []
    for project in range(1, projects + 1):
        if project % 2:
            found += [(project, environment, None) for environment in range(1, 5)]
            continue
        found += [(project, 1, None), (project, 2, None)]
        found += [(project, 3, (project * 7 + n) % _TENANTS + 1) for n in range(20)]
    return found


def _structure(connection: sqlite3.Connection, count: int) -> None:
    def insert(table: str, *rows: tuple[object, ...]) -> None:
        places = ",".join("?" * len(rows[0]))
        connection.executemany(f"INSERT INTO {table} VALUES ({places})", rows)

    def named(kind: str, last: int) -> list[tuple[int, str, str]]:
        return [(n, f"{kind} {n}", f"{kind.lower()}-{n}") for n in range(1, last + 1)]

    insert("settings", ("InstallationId", "00000000-0000-0000-0000-000000000001"))
    insert("spaces", (1, "Default", "default", "", 1))
    insert("project_groups", *((n, 1, name, slug, None) for n, name, slug in named("Group", 20)))
    projects = named("Project", count)
    insert("projects", *((n, 1, n % _GROUPS + 1, a, b, "", "Untenanted") for n, a, b in projects))
    insert("channels", *((n, 1, n, "Default", "default", "", 1) for n, _, _ in projects))
    environments = named("Environment", _ENVIRONMENTS)
    insert("environments", *((n, 1, name, slug, "", n) for n, name, slug in environments))
    insert("tag_sets", (1, 1, "Region", "", 1))
    insert("tags", *((n, 1, name, "#000000", n) for n, name, _ in named("Region", 5)))
    tenants = named("Tenant", _TENANTS)
    insert("tenants", *((n, 1, name, slug, None) for n, name, slug in tenants))
    insert("tenant_tags", *((n, tag) for n, _, _ in tenants for tag in {n % 5 + 1, n % 3 + 1}))
    insert("users", (1, "one", "One", "one@example.com", 1, 0))
    insert("users", (2, "two", "Two", "two@example.com", 0, 1))
    insert("reports", (1, 1, "Everything", json.dumps(_report())))


def _report() -> dict[str, object]:
    return {
        "Name": "Everything",
        "ProjectGroupIds": [f"ProjectGroups-{n}" for n in range(1, _GROUPS + 1)],
        "AllTenants": True,
        "EnvironmentGroups": [
            {"Name": "Before", "Environments": ["Environments-1", "Environments-2"]},
            {"Name": "Production", "Environments": ["Environments-3", "Environments-4"]},
        ],
        "TimeZone": "W. Europe Standard Time",
    }


def _history(connection: sqlite3.Connection, size: int, random: Random, projects: int) -> None:
    """Releases evenly over the projects, each deployed along its project's streams."""
    releases = max(size // _DEPLOYMENTS_PER_RELEASE // projects, 1)
    rows = []
    for n in range(releases):
        for project in range(1, projects + 1):
            created = _START + int((n + random.random()) * _SPAN / releases)
            rows.append((1, project, project, f"1.{n}", created))
    rows.sort(key=lambda row: row[4])
    numbered = [(n, *row) for n, row in enumerate(rows, 1)]
    connection.executemany("INSERT INTO releases VALUES (?, ?, ?, ?, ?, ?)", numbered)
    of_project: dict[int, list[tuple[int, int]]] = {}
    for number, _, project, _, _, created in numbered:
        of_project.setdefault(project, []).append((number, created))
    every = streams(projects)
    for n in range(1, size + 1):
        project, environment, tenant = every[n % len(every)]
        release, created = random.choice(of_project[project])
        done = min(created + int(random.expovariate(1 / 20) * _HOUR), _START + _SPAN)
        chance = random.random()
        state = "Failed" if chance < 0.07 else "Canceled" if chance < 0.08 else "Success"
        begun = done - 3000 * TICKS_PER_SECOND
        connection.execute(
            "INSERT INTO tasks VALUES (?, 1, '', ?, ?, ?, ?)", (n, state, begun, begun, done)
        )
        connection.execute(
            "INSERT INTO deployments VALUES (?, 1, ?, ?, ?, ?, ?, ?, ?)",
            (n, project, project, environment, tenant, release, n, begun),
        )
        if chance > 0.985:
            connection.execute(
                "INSERT INTO interruptions VALUES (NULL, 1, ?, 'GuidedFailure', '', ?)", (n, done)
            )
