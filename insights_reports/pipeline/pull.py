"""Pulling: everything one run needs to know from Octopus, sealed in a folder.

The deployments are read before the stated metrics and again after them, until two readings agree,
so that data which moved in between are never mistaken for a wrong figure.
"""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import pandas as pd
from pydantic import BaseModel

from insights_reports.errors import UsageError
from insights_reports.history.pulls import PullWriter
from insights_reports.octopus import Client, Connection, InsightsReport, TagSet, Tenant

SPLITS = ("None", "Project", "ProjectGroup", "Environment", "EnvironmentGroup", "Tenant",
          "TenantTagSet")  # fmt: skip
RANGES = ("LastMonth", "LastQuarter", "LastYear")
GRANULARITIES = ("Daily", "Weekly", "Monthly")
READINGS = 3  # of the deployments, at most

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Wanted:
    """What to pull: the report (id or exact name) and the stated figures to check it against.

    ``tag_sets`` holds names or ids; empty means every set that a tenant of the report has a tag in.
    """

    report: str
    splits: tuple[str, ...] = SPLITS
    tag_sets: tuple[str, ...] = ()
    ranges: tuple[str, ...] = RANGES
    granularities: tuple[str, ...] = GRANULARITIES


@dataclass(frozen=True)
class Reading:
    """One reading of the deployments: the table, the reply's bytes and their SHA-256."""

    table: pd.DataFrame
    body: BinaryIO
    digest: str


def pull(
    connection: Connection, wanted: Wanted, folder: Path, *, as_of: datetime, progress: Progress
) -> Path:
    """Read everything from Octopus into ``folder`` and seal it; returns ``folder``.

    Raises:
        OctopusError: when Octopus cannot be reached, refuses, or answers nonsense.
        UsageError: when the report has no such tag set.
    """
    writer = PullWriter(folder)
    with Client(connection) as client, tempfile.TemporaryDirectory() as scratch:
        progress("report definition")
        definition = client.reports.get(wanted.report)
        progress("deployments")
        reading = _read(client, definition, Path(scratch) / "0")
        tag_sets = _add_look_ups(client, definition, reading.table, writer, progress)
        chosen = _choose(tag_sets, wanted.tag_sets)
        earlier: Reading | None = None
        for attempt in range(1, READINGS):
            stated = _stated(client, definition, wanted, chosen, progress)
            progress("deployments again")
            again = _read(client, definition, Path(scratch) / str(attempt))
            if again.digest == reading.digest:
                earlier = None
                break
            earlier, reading = reading, again
        _add_body(writer, "deployments.json", reading)
        if earlier:
            _add_body(writer, "deployments-earlier.json", earlier)
        for name, reply in stated.items():
            writer.add(name, json.dumps(reply, ensure_ascii=False).encode())
        writer.seal(_metadata(client, definition, connection, as_of, moved=earlier is not None))
    return folder


def _read(client: Client, definition: InsightsReport, path: Path) -> Reading:
    digest = hashlib.sha256()
    with path.open("wb") as file:
        deployments = client.deployments(definition.Id, save_to=file)
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return Reading(deployments.table, path.open("rb"), digest.hexdigest())


def _add_body(writer: PullWriter, name: str, reading: Reading) -> None:
    with reading.body as source, writer.open(name) as target:
        shutil.copyfileobj(source, target, 1 << 20)


def _add_look_ups(
    client: Client,
    definition: InsightsReport,
    deployments: pd.DataFrame,
    writer: PullWriter,
    progress: Progress,
) -> list[TagSet]:
    """Look up the ids that the deployments mention, and the tag sets their tenants have tags in."""
    progress("projects, tenants and tag sets")
    projects = client.projects(_ids(deployments["project_id"]))
    groups = client.project_groups(sorted({project.ProjectGroupId for project in projects}))
    tenants = client.tenants(_ids(deployments["tenant_id"]))
    tag_sets = _used(client.tag_sets(), tenants)
    _add(writer, "report.json", [definition])
    _add(writer, "projects.json", projects)
    _add(writer, "project-groups.json", groups)
    _add(writer, "environments.json", client.environments(_ids(deployments["environment_id"])))
    _add(writer, "tenants.json", tenants)
    _add(writer, "tag-sets.json", tag_sets)
    return tag_sets


def _ids(column: "pd.Series[str]") -> list[str]:
    return sorted(column.dropna().unique())


def _add(writer: PullWriter, name: str, resources: Iterable[BaseModel]) -> None:
    rows = [resource.model_dump(mode="json") for resource in resources]
    writer.add(name, json.dumps(rows, ensure_ascii=False).encode())


def _used(tag_sets: Iterable[TagSet], tenants: Iterable[Tenant]) -> list[TagSet]:
    used = {tag.partition("/")[0].lower() for tenant in tenants for tag in tenant.TenantTags}
    return [tag_set for tag_set in tag_sets if tag_set.Name.lower() in used]


def _choose(tag_sets: list[TagSet], wanted: tuple[str, ...]) -> list[TagSet]:
    if not wanted:
        return tag_sets
    chosen = [tag_set for tag_set in tag_sets if {tag_set.Id, tag_set.Name} & set(wanted)]
    missing = set(wanted) - {name for tag_set in chosen for name in (tag_set.Id, tag_set.Name)}
    if missing:
        raise UsageError(
            "The report's tenants have no tag in such a tag set.",
            f"Tag set: {', '.join(sorted(missing))}",
            f"There are: {', '.join(f'{t.Name} ({t.Id})' for t in tag_sets) or 'none'}.",
        )
    return chosen


def stated_name(split: str, tag_set: str | None, time_range: str, granularity: str) -> str:
    """The name of the file in a pull that holds one reply of /metrics."""
    return "metrics." + ".".join(filter(None, (split, tag_set, time_range, granularity))) + ".json"


def _stated(
    client: Client,
    definition: InsightsReport,
    wanted: Wanted,
    tag_sets: list[TagSet],
    progress: Progress,
) -> dict[str, object]:
    replies: dict[str, object] = {}
    for split in wanted.splits:
        progress(f"stated metrics by {split}" if split != "None" else "stated metrics")
        for tag_set in [t.Id for t in tag_sets] if split == "TenantTagSet" else [None]:
            for time_range in wanted.ranges:
                for granularity in wanted.granularities:
                    name = stated_name(split, tag_set, time_range, granularity)
                    replies[name] = client.metrics(
                        definition.Id,
                        split=split,
                        time_range=time_range,
                        granularity=granularity,
                        tag_set=tag_set,
                    )
    return replies


def _metadata(
    client: Client,
    definition: InsightsReport,
    connection: Connection,
    as_of: datetime,
    *,
    moved: bool,
) -> dict[str, object]:
    return {
        "report": definition.Id,
        "report_name": definition.Name,
        "as_of": as_of.isoformat(),
        "url": connection.url,
        "space": client.space.Name,
        "server": client.server().Version,
        "account": client.me().Username,
        "moved": moved,
    }
