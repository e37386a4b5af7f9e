"""A made-up company with thirteen months of deployments, the same for the same seed and `as_of`."""

import json
import re
import sqlite3
import unicodedata
from collections.abc import Sequence
from datetime import datetime
from uuid import NAMESPACE_URL, uuid5

from insights_reports.server.company import cast
from insights_reports.server.company.history import Attempt, Release, draw
from insights_reports.server.company.rhythm import Calendar, freezes
from insights_reports.server.ticks import from_datetime

_FIRST_RELEASE, _FIRST_DEPLOYMENT, _FIRST_TASK = 1001, 10_001, 50_001


def store(
    connection: sqlite3.Connection, as_of: datetime, seed: int, *, older_lines: bool = False
) -> None:
    """Write the company into an empty database. Nothing in it is later than `as_of`. With
    `older_lines` every third hotfix mends the line of two months before, and has its version."""
    _store_settings(connection, as_of, seed)
    _store_structure(connection)
    _store_tenants(connection)
    releases, attempts = draw(cast.PROJECTS, Calendar.until(as_of), seed, older_lines)
    now = from_datetime(as_of)
    numbers = _store_releases(connection, [r for r in releases if r.created <= now])
    _store_attempts(connection, [a for a in attempts if a.completed <= now], numbers)
    _store_reports(connection)
    _store_freezes(connection, Calendar.until(as_of))


def slug(name: str) -> str:
    """Octopus's slug: lower-case ASCII letters, digits and hyphens; never empty."""
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", ascii_name.lower()).strip("-") or "unnamed"


def _store_settings(connection: sqlite3.Connection, as_of: datetime, seed: int) -> None:
    installation = uuid5(NAMESPACE_URL, f"insights-reports/{seed}/{as_of.isoformat()}")
    _insert(connection, "settings", [("InstallationId", str(installation))])


def _store_structure(connection: sqlite3.Connection) -> None:
    _insert(connection, "spaces", [(*cast.SPACE, 1), (*cast.EMPTY_SPACE, 0)])
    groups = [(id_, 1, name, slug(name), None) for id_, name in cast.GROUPS.items()]
    _insert(connection, "project_groups", groups)
    _insert(
        connection,
        "projects",
        [
            (p.id, 1, p.group, p.name, _unique_slug(p.name, p.id), "", _tenancy(p))
            for p in cast.PROJECTS
        ],
    )
    environments = [
        (id_, 1, name, slug(name), "", id_ * 10) for id_, name in cast.ENVIRONMENTS.items()
    ]
    _insert(connection, "environments", environments)
    channels = [(p.id, 1, p.id, "Default", "default", "", 1) for p in cast.PROJECTS]
    hotfixes = [(c, 1, p, "Hotfix", "hotfix", "", 0) for c, p in cast.HOTFIX_CHANNELS.items()]
    _insert(connection, "channels", channels + hotfixes)
    _insert(connection, "users", list(cast.USERS))
    _insert(connection, "restrictions", list(cast.RESTRICTIONS))


def _tenancy(project: cast.Project) -> str:
    return "TenantedOrUntenanted" if project.tenants else "Untenanted"


def _unique_slug(name: str, number: int) -> str:
    made = slug(name)
    return f"unnamed-{number}" if made == "unnamed" else made


def _store_tenants(connection: sqlite3.Connection) -> None:
    tag_sets = [(id_, 1, name, "", id_ * 10) for id_, name in cast.TAG_SETS.items()]
    _insert(connection, "tag_sets", tag_sets)
    tags = [(id_, owner, name, color, id_) for id_, (owner, name, color) in cast.TAGS.items()]
    _insert(connection, "tags", tags)
    tenants = [(id_, 1, name, _unique_slug(name, id_), None) for id_, name in cast.TENANTS.items()]
    _insert(connection, "tenants", tenants)
    tagged = [(tenant, tag) for tenant, tags_ in cast.TENANT_TAGS.items() for tag in tags_]
    _insert(connection, "tenant_tags", tagged)
    connected = [
        (tenant, project.id, environment)
        for project in cast.PROJECTS
        for tenant in project.tenants
        for environment in project.environments
        if environment >= 5
    ]
    _insert(connection, "tenant_projects", connected)


def _store_releases(connection: sqlite3.Connection, releases: list[Release]) -> dict[int, int]:
    """Store and number them; returns the number of each release by its `id()`."""
    numbers = {id(release): _FIRST_RELEASE + n for n, release in enumerate(releases)}
    rows = [(numbers[id(r)], 1, r.project, r.channel, r.version, r.assembled) for r in releases]
    _insert(connection, "releases", rows)
    return numbers


def _store_attempts(
    connection: sqlite3.Connection, attempts: list[Attempt], releases: dict[int, int]
) -> None:
    tasks, deployments, interruptions = [], [], []
    for n, a in enumerate(attempts):
        task, description = _FIRST_TASK + n, f"Deploy release {a.release.version}"
        tasks.append((task, 1, description, a.state, a.queued, a.started, a.completed))
        target = (a.environment, a.tenant, releases[id(a.release)], task, a.queued)
        number = _FIRST_DEPLOYMENT + n
        deployments.append((number, 1, a.release.project, a.release.channel, *target))
        if a.guided:
            title = f"{description} requires failure guidance"
            interruptions.append((None, 1, task, "GuidedFailure", title, a.started))
    _insert(connection, "tasks", tasks)
    _insert(connection, "deployments", deployments)
    _insert(connection, "interruptions", interruptions)


def _store_reports(connection: sqlite3.Connection) -> None:
    rows = [
        (None, 1, report["Name"], json.dumps(report, ensure_ascii=False)) for report in cast.REPORTS
    ]
    _insert(connection, "reports", rows)


def _store_freezes(connection: sqlite3.Connection, calendar: Calendar) -> None:
    """Every Christmas freeze that touches the history, and the next; staging and production."""
    scope = {
        f"Projects-{project.id}": [
            f"Environments-{each}" for each in project.environments if each >= cast.STAGING
        ]
        for project in cast.PROJECTS
    }
    rows = [
        (
            number,
            f"Christmas {start.year}",
            "Nobody repairs anything between the years",
            from_datetime(start),
            from_datetime(stop),
            json.dumps(scope),
        )
        for number, (start, stop) in enumerate(freezes(calendar), 1)
    ]
    _insert(connection, "freezes", rows)


def _insert(connection: sqlite3.Connection, table: str, rows: Sequence[tuple[object, ...]]) -> None:
    if rows:
        places = ",".join("?" * len(rows[0]))
        connection.executemany(f"INSERT INTO {table} VALUES ({places})", rows)
