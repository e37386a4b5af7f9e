"""A database from a file of someone's own deployments, to look at their history offline.

The stream values are taken as the file states them: the releases that were never deployed, and what
came before the file begins, are not in it, so they could not be derived again. When a release was
assembled follows from a lead time that was calculated from it; elsewhere its first deployment
stands for it.
"""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from uuid import NAMESPACE_URL, uuid5

from insights_reports.errors import UsageError
from insights_reports.server import ids
from insights_reports.server.company import slug
from insights_reports.server.database import new_database
from insights_reports.server.incoming import Incoming, read
from insights_reports.server.ticks import to_datetime
from insights_reports.server.zones import zone

REPORT = "Imported"
_FAILED, _GUIDED, _NEITHER = 1, 2, 3
_Name = TypeVar("_Name", str, tuple[str, str])
_Stream = tuple[int, int, int, int | None]  # project, channel, environment, tenant


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
    rows = sorted(read(source), key=lambda row: row.completed)
    with new_database(data) as connection:
        history = _History(connection, source, rows)
        history.store(time_zone)
    return Imported(
        len(rows),
        len(history.projects),
        f"{to_datetime(rows[0].completed):%Y-%m-%d}",
        f"{to_datetime(rows[-1].completed):%Y-%m-%d}",
        sum(row.since_previous is not None and _outcome(row) != 0 for row in rows),
    )


class _History:
    """The rows of a file, numbered as the database wants them; rows are sorted by completion."""

    def __init__(self, connection: sqlite3.Connection, source: Path, rows: list[Incoming]) -> None:
        self.connection = connection
        self.source = source
        self.rows = rows
        self.projects = _numbered(row.project for row in rows)
        self.environments = _numbered(row.environment for row in rows)
        self.tenants = _numbered(row.tenant for row in rows if row.tenant is not None)
        self.channels = _numbered((row.project, row.channel) for row in rows)
        self.releases = self._releases()
        self.has_ids = all(ids.number("Deployments", row.deployment or "") for row in rows)
        self.deployments = self._deployments()

    def store(self, time_zone: str) -> None:
        """Write everything."""
        self._store_structure()
        self._store_documents()
        self._store_facts()
        report = self._report(time_zone)
        self._insert("reports", [(1, 1, REPORT, json.dumps(report, ensure_ascii=False))])

    def _releases(self) -> dict[tuple[int, str], tuple[int, int]]:
        """(number, assembled) by channel and version, numbered in the order of assembly."""
        assembled: dict[tuple[int, str], int] = {}
        for row in self.rows:
            channel = self._channel(row)
            for version in (row.release, row.lead_from, row.recovered_release):
                if version is not None:
                    assembled.setdefault((channel, version), row.completed)
        for row in self.rows:
            if row.lead_time is not None and row.lead_from is not None:
                assembled[self._channel(row), row.lead_from] = row.completed - row.lead_time
        order = sorted(assembled, key=lambda key: assembled[key])
        return {key: (number, assembled[key]) for number, key in enumerate(order, 1)}

    def _deployments(self) -> list[int]:
        """The number of each row: of its id when every row has one, else its place."""
        if not self.has_ids:
            return list(range(1, len(self.rows) + 1))
        seen: dict[int, Incoming] = {}
        for row in self.rows:
            number = self._number_of(row.deployment)
            assert number is not None  # noqa: S101 - every row has one
            if number in seen:
                raise UsageError(
                    "A deployment stands in this file twice.",
                    f"File: {self.source}, {row.place} and {seen[number].place}, "
                    f"Deployment: {row.deployment}",
                    "Remove one of the two. Nothing was written.",
                )
            seen[number] = row
        return list(seen)

    def _number_of(self, deployment: str | None) -> int | None:
        """The number in an id, also of a deployment from before the file begins."""
        return ids.number("Deployments", deployment or "") if self.has_ids else None

    def _store_structure(self) -> None:
        installation = uuid5(NAMESPACE_URL, f"insights-reports/import/{self.source.name}")
        self._insert("settings", [("InstallationId", str(installation))])
        self._insert("spaces", [(1, "Default", "default", f"From {self.source.name}", 1)])
        self._insert("users", [(1, "insights-reports", "Insights Reports", "", 1, 0)])
        self._insert("project_groups", [(1, 1, "All projects", "all-projects", None)])
        projects = [
            (number, 1, 1, name, f"{slug(name)}-{number}", "", "TenantedOrUntenanted")
            for name, number in self.projects.items()
        ]
        self._insert("projects", projects)
        environments = [
            (number, 1, name, f"{slug(name)}-{number}", "", number)
            for name, number in self.environments.items()
        ]
        self._insert("environments", environments)
        tenants = [(n, 1, name, f"{slug(name)}-{n}", None) for name, n in self.tenants.items()]
        self._insert("tenants", tenants)
        # The first channel of a project is its default channel; the report names the others.
        defaults = {project: number for (project, _), number in reversed(self.channels.items())}
        channels = [
            (n, 1, self.projects[p], name, f"{slug(name)}-{n}", "", int(defaults[p] == n))
            for (p, name), n in self.channels.items()
        ]
        self._insert("channels", channels)

    def _store_documents(self) -> None:
        """Releases, deployments, tasks and interruptions. When a task began is not in the file."""
        projects = {number: self.projects[p] for (p, _), number in self.channels.items()}
        releases = [
            (number, 1, projects[channel], channel, version, assembled)
            for (channel, version), (number, assembled) in self.releases.items()
        ]
        self._insert("releases", releases)
        tasks, deployments, helped = [], [], []
        for number, row in zip(self.deployments, self.rows, strict=True):
            description, done = f"Deploy release {row.release}", row.completed
            tasks.append((number, 1, description, row.state, done, None, done))
            project, channel, environment, tenant = self._stream(row)
            release, _ = self.releases[channel, row.release]
            deployments.append(
                (number, 1, project, channel, environment, tenant, release, number, done)
            )
            if row.guided:
                title = f"{description} requires failure guidance"
                helped.append((None, 1, number, "GuidedFailure", title, done))
        self._insert("tasks", tasks)
        self._insert("deployments", deployments)
        self._insert("interruptions", helped)

    def _store_facts(self) -> None:
        every = sorted({self._stream(row) for row in self.rows}, key=_untenanted_first)
        streams = {stream: number for number, stream in enumerate(every, 1)}
        rows = [(n, p, c, e, t or 0) for (p, c, e, t), n in streams.items()]
        self._insert("streams", rows)
        facts = [
            self._fact(number, row, streams[self._stream(row)])
            for number, row in zip(self.deployments, self.rows, strict=True)
        ]
        self._insert("facts", facts)

    def _fact(self, number: int, row: Incoming, stream: int) -> tuple[object, ...]:
        channel, outcome = self._channel(row), _outcome(row)

        def release(version: str | None) -> int | None:
            return None if version is None else self.releases[channel, version][0]

        return (
            *(row.completed, number, stream, release(row.release)),
            *(row.state, int(row.guided), outcome),
            *(row.lead_time, release(row.lead_from)),
            # Only successful deployments have it on this server (see `aggregates`).
            *(row.since_previous if outcome == 0 else None, self._number_of(row.previous)),
            *(row.recovery, row.attempts, self._number_of(row.recovered)),
            release(row.recovered_release),
        )

    def _report(self, time_zone: str) -> dict[str, object]:
        return {
            "Name": REPORT,
            "Description": f"Every deployment in {self.source.name}",
            "ProjectIds": [f"Projects-{number}" for number in self.projects.values()],
            "ChannelIds": [f"Channels-{number}" for number in self.channels.values()],
            "EnvironmentGroups": [
                {"Name": name, "Environments": [f"Environments-{number}"]}
                for name, number in _without_case_clashes(self.environments).items()
            ],
            "TimeZone": time_zone,
        }

    def _channel(self, row: Incoming) -> int:
        return self.channels[row.project, row.channel]

    def _stream(self, row: Incoming) -> _Stream:
        tenant = None if row.tenant is None else self.tenants[row.tenant]
        environment = self.environments[row.environment]
        return self.projects[row.project], self._channel(row), environment, tenant

    def _insert(self, table: str, rows: Sequence[tuple[object, ...]]) -> None:
        if rows:
            places = ",".join("?" * len(rows[0]))
            self.connection.executemany(f"INSERT INTO {table} VALUES ({places})", rows)


def _numbered(names: Iterable[_Name]) -> dict[_Name, int]:
    """Each name once, in order, with its number from 1."""
    return {name: number for number, name in enumerate(sorted(set(names)), 1)}


def _outcome(row: Incoming) -> int:
    """As numbered in `facts`."""
    if row.state == "Failed":
        return _FAILED
    if row.state != "Success":
        return _NEITHER
    return _GUIDED if row.guided else 0


def _untenanted_first(stream: _Stream) -> tuple[int, int, int, int]:
    project, channel, environment, tenant = stream
    return project, channel, environment, tenant or 0


def _without_case_clashes(environments: dict[str, int]) -> dict[str, int]:
    """Names that are unique without regard to case, as those of environment groups must be."""
    seen: dict[str, str] = {}
    for name, number in environments.items():
        shown = name if name.casefold() not in seen else f"{name} ({number})"
        seen[shown.casefold()] = shown
    return dict(zip(seen.values(), environments.values(), strict=True))
