"""Small databases made by hand, and the two big replies read from them without HTTP."""

import json
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from insights_reports.server import aggregates, definitions, splits, streams
from insights_reports.server.access import Site, SpaceVisit, User
from insights_reports.server.database import connect, derive_facts, new_database
from insights_reports.server.population import of_report
from insights_reports.server.ranges import range_segments
from insights_reports.server.release_order import ReleaseOrder
from insights_reports.server.ticks import parse_instant, to_datetime
from insights_reports.server.zones import zone

PROJECT, CHANNEL, ENVIRONMENT = 1, 1, 1


@dataclass
class Hand:
    """One project with two channels, two environments, and what a test releases and deploys.

    Instants are UTC texts such as `2026-03-02T10:00:00`. Deployments are numbered from 1.
    """

    path: Path
    order: ReleaseOrder = "id"
    report: dict[str, Any] = field(default_factory=dict)
    tenants: dict[int, tuple[str, tuple[str, ...]]] = field(default_factory=dict)
    releases: list[tuple[str, str, int]] = field(default_factory=list)
    deployments: list[dict[str, Any]] = field(default_factory=list)

    def release(self, version: str, assembled: str, channel: int = CHANNEL) -> None:
        self.releases.append((version, assembled, channel))

    def deploy(self, version: str, completed: str, state: str = "Success", **more: Any) -> None:
        self.deployments.append({"version": version, "completed": completed, "state": state} | more)

    def build(self) -> "Hand":
        with new_database(self.path) as connection:

            def insert(table: str, *rows: tuple[Any, ...]) -> None:
                for row in rows:
                    places = ",".join("?" * len(row))
                    connection.execute(f"INSERT INTO {table} VALUES ({places})", row)

            insert("settings", ("InstallationId", "00000000-0000-0000-0000-000000000001"))
            insert("spaces", (1, "Default", "default", "", 1))
            insert("project_groups", (1, 1, "Group", "group", None))
            insert("projects", (1, 1, 1, "Project", "project", "", "TenantedOrUntenanted"))
            insert("channels", (1, 1, 1, "Default", "default", "", 1))
            insert("channels", (2, 1, 1, "Hotfix", "hotfix", "", 0))
            insert("environments", (1, 1, "Staging", "staging", "", 1))
            insert("environments", (2, 1, "Production", "production", "", 2))
            insert("users", (1, "one", "One", "one@example.com", 1, 0))
            insert("tag_sets", (1, 1, "Region", "", 1))
            tags = dict.fromkeys(tag for _, each in self.tenants.values() for tag in each)
            numbers = {tag: n for n, tag in enumerate(tags, 1)}
            insert("tags", *((n, 1, tag, "#000000", n) for tag, n in numbers.items()))
            for id_, (name, each) in self.tenants.items():
                insert("tenants", (id_, 1, name, name.lower(), None))
                insert("tenant_tags", *((id_, numbers[tag]) for tag in each))
            ids = {}
            for number, (version, assembled, channel) in enumerate(self.releases, 1):
                ids[channel, version] = number
                insert("releases", (number, 1, 1, channel, version, parse_instant(assembled)))
            for number, made in enumerate(self.deployments, 1):
                done = parse_instant(made["completed"])
                insert("tasks", (number, 1, "", made["state"], done - 2, done - 1, done))
                channel = made.get("channel", CHANNEL)
                where = (made.get("environment", ENVIRONMENT), made.get("tenant"))
                release = ids[channel, made["version"]]
                insert("deployments", (number, 1, 1, channel, *where, release, number, done - 2))
                if made.get("guided"):
                    insert("interruptions", (None, 1, number, "GuidedFailure", "", done))
            insert("reports", (1, 1, "Report", json.dumps(self._report())))
            derive_facts(connection, self.order)
        return self

    def _report(self) -> dict[str, Any]:
        return {
            "Name": "Report",
            "ProjectIds": ["Projects-1"],
            "AllTenants": not (self.report.get("TenantIds") or self.report.get("TenantTags")),
            "EnvironmentGroups": [
                {"Name": "All", "Environments": ["Environments-1", "Environments-2"]}
            ],
        } | self.report

    def streams(self, now: str = "2026-12-31T00:00:00", user: User | None = None) -> Any:
        """The reply of /deployments."""
        with closing(connect(self.path)) as connection:
            visit = self._visit(connection, now, user)
            report = definitions.content(definitions.find(visit, "InsightsReports-1"))
            where = zone(report["TimeZone"])
            assert where is not None
            start = streams.window_start(visit.now, where)
            population = of_report(visit, report)
            pieces = streams.print_streams(
                connection, visit.user, {"ReportName": report["Name"]}, population, start, visit.now
            )
            return json.loads(b"".join(pieces))

    def metrics(
        self,
        time_range: Any,
        granularity: Any,
        split: Any = "None",
        now: str = "2026-12-31T00:00:00",
        user: User | None = None,
    ) -> dict[Any, dict[str, dict[str, Any]]]:
        """The reply of /metrics as {series: {start of interval: interval}}."""
        with closing(connect(self.path)) as connection:
            visit = self._visit(connection, now, user)
            report = definitions.content(definitions.find(visit, "InsightsReports-1"))
            population = of_report(visit, report)
            where = zone(report["TimeZone"])
            assert where is not None
            with visit.site.columns.lent(connection) as columns:
                printed = aggregates.print_metrics(
                    connection,
                    columns,
                    population,
                    splits.series_of(visit, split, report, population, 1),
                    range_segments(time_range, granularity, visit.now, where),
                )
        reply = json.loads(printed)
        return {
            series["Name"]: {each["StartOfInterval"]: each for each in series["Intervals"]}
            for series in reply["Series"]
        }

    def deployment_rows(self, **more: Any) -> list[dict[str, Any]]:
        """The deployments of the only stream."""
        (stream,) = self.streams(**more)["Streams"]
        rows: list[dict[str, Any]] = stream["Deployments"]
        return rows

    def _visit(self, connection: Any, now: str, user: User | None) -> SpaceVisit:
        instant = parse_instant(now)
        site = Site(self.path, lambda: to_datetime(instant), "API-X")
        return SpaceVisit(site, connection, user or User(1, False), instant, 1)


AS_OF = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
AS_OF_TEXT = "2026-11-21T09:30:00.000+00:00"  # as the ordinary endpoints print it
