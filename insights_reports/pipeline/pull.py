"""Pulling: everything one run needs to know from Octopus, sealed in a folder as it came.

The deployments are read before the stated metrics and again after them, until two readings agree,
so that data which moved in between are never mistaken for a wrong figure. A source that states no
figures is read once. Each reply is decoded once, while it arrives, and its columns are kept beside
the sealed bytes.
"""

import hashlib
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import pandas as pd
from pydantic import ConfigDict, TypeAdapter, with_config
from pydantic.alias_generators import to_camel

from insights_reports.errors import UsageError, keeping
from insights_reports.history.columns import keep_deployments, keep_stated
from insights_reports.history.pulls import PART, PullWriter
from insights_reports.octopus import (
    Client,
    Connection,
    Deployments,
    iana_zone,
    read_deployments,
)
from insights_reports.octopus.allowed import Allowed
from insights_reports.octopus.resources import (
    DeploymentFreeze,
    Environment,
    InsightsReport,
    Project,
    ProjectGroup,
    TagSet,
    Tenant,
)
from insights_reports.octopus.sources import SourceName
from insights_reports.octopus.wire.questions import reply_name
from insights_reports.pipeline.combinations import ask
from insights_reports.pipeline.progress import Progress
from insights_reports.pipeline.sources import define, draw_into
from insights_reports.spelling.nearest import nearest
from insights_reports.spelling.stated import Question, StatedTable
from insights_reports.spelling.terms import GRANULARITIES, SPLITS, TIME_RANGES, Split

DEPLOYMENTS, EARLIER = "deployments", "deployments-earlier"
_NEEDED: dict[Split, frozenset[str]] = {
    "ProjectGroup": frozenset({"projects", "projectgroups"}),
    "TenantTagSet": frozenset({"tenants", "tagsets"}),
}
"""What a split needs beside the deployments, which name the rest themselves."""
_FREEZES = "deploymentfreezes"
READINGS = 3  # of the deployments, at most


@with_config(ConfigDict(alias_generator=to_camel, populate_by_name=True))  # of the manifest
@dataclass(frozen=True)
class Wanted:
    """What to pull: the report (id or exact name) and the stated figures to check it against.

    ``tag_sets`` holds names or ids; empty means every set that a tenant of the report has a tag in.
    From any ``source`` but ``insights`` there are no stated figures; ``file`` is a file's path,
    ``definition`` what stands for the report's definition, in the API's spelling.
    """

    report: str
    splits: tuple[str, ...] = SPLITS
    tag_sets: tuple[str, ...] = ()
    ranges: tuple[str, ...] = TIME_RANGES
    granularities: tuple[str, ...] = GRANULARITIES
    source: SourceName = "insights"
    file: str | None = None
    definition: dict[str, Any] | None = None
    freezes: bool = False  # whether the freezes that Octopus knows are asked for, too
    at_once: int = 4  # questions under way at a time, within the polite rate


@dataclass(frozen=True)
class Mentioned:
    """The ids that deployments mention, to be looked up."""

    projects: list[str]
    environments: list[str]
    tenants: list[str]


@dataclass(frozen=True)
class LookedUp:
    """The resources mentioned; ``tag_sets`` are those in which one of the tenants has a tag,
    ``denied`` the kinds that this account may not look up."""

    projects: list[Project]
    groups: list[ProjectGroup]
    environments: list[Environment]
    tenants: list[Tenant]
    tag_sets: list[TagSet]
    denied: frozenset[str] = frozenset()
    freezes: tuple[DeploymentFreeze, ...] = ()

    @property
    def known_freezes(self) -> tuple[DeploymentFreeze, ...] | None:
        """The freezes; None where this account may not look them up."""
        return None if _FREEZES in self.denied else self.freezes

    @property
    def no_access(self) -> tuple[Split, ...]:
        """The splits that need what this account may not look up."""
        return tuple(split for split, kinds in _NEEDED.items() if self.denied & kinds)


@dataclass(frozen=True)
class Reading:
    """One reading of the deployments: the reply's bytes, their SHA-256, and the file of the same as
    columns, for readings that were decoded."""

    body: BinaryIO
    digest: str
    columns: Path | None = None


def pull(
    connection: Connection,
    wanted: Wanted,
    folder: Path,
    *,
    as_of: datetime,
    progress: Progress,
    keep: Path | None = None,
) -> Path:
    """Read everything from Octopus into ``folder`` and seal it; returns ``folder``. ``keep`` is
    where a source keeps what it need not read again; None: nowhere.

    Raises:
        OctopusError: when Octopus cannot be reached, refuses, or answers nonsense.
        PullError: when the disk does not take it.
        UsageError: when the report's tenants have no tag in a tag set wanted.
    """
    with _scratch_beside(folder) as scratch:
        replies = Replies(scratch)
        with Client(connection, record=replies.record) as client:
            progress("report definition")
            definition = define(client, wanted.report, wanted.definition)
            progress(f"deployments (source: {wanted.source})")
            reading, ids, source = _first(
                client, connection, definition, wanted, scratch, as_of, progress, keep
            )
            ask(client, source, iana_zone(definition.TimeZone).key, progress)
            progress("projects, tenants and tag sets")
            found = look_up(client, ids, freezes=wanted.freezes)
            tag_sets = wanted_tag_sets(found, wanted)
            questions, earlier = list(requests(wanted, tag_sets, found.no_access)), None
            for attempt in range(1, READINGS) if questions else ():
                stated = client.stated_all(definition.Id, questions, wanted.at_once)
                for number, table in enumerate(stated, 1):
                    progress(f"stated metrics {number} of {len(questions)}: {table.source}")
                    replies.keep_columns(table)
                progress("deployments again")
                again = _again(client, definition, scratch / str(attempt))
                if again.digest == reading.digest:
                    earlier = None
                    break
                earlier, reading = reading, again
            client.server()
            client.me()
            asked_for = TypeAdapter(Wanted).dump_python(wanted, mode="json", by_alias=True)
            about = {"wanted": asked_for, "ids": asdict(ids), "space": client.space.Id}
            about |= {"asOf": as_of.isoformat(), "url": connection.url, "source": source}
            about |= _clock(as_of, datetime.now(UTC))
            about["denied"] = sorted(found.denied)
            about["moved"] = sorted(client.moved.union(source.get("moved", ())))
            about["asked"] = _together(asdict(client.spent), source.pop("asked", {}))
        _seal(folder, replies, reading, earlier, about)
    return folder


class Replies:
    """The replies recorded, on disk: at a million deployments they would fill the memory. A reply
    that came again takes the place of the earlier one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.paths: dict[str, Path] = {}
        self.columns: dict[str, Path] = {}

    def record(self, name: str, body: bytes) -> None:
        path = self.paths.setdefault(name, self._folder / f"reply-{len(self.paths)}")
        with keeping(path):
            path.write_bytes(body)

    def keep_columns(self, table: StatedTable) -> None:
        """Keep a reply of ``/metrics`` as columns, too."""
        name = reply_name(table.source)
        path = self._folder / f"columns-{name}"
        self.columns.pop(name, None)
        if keep_stated(table, path):
            self.columns[name] = path


def mentioned(deployments: pd.DataFrame) -> Mentioned:
    """The ids in a deployments table, sorted."""

    def ids(column: str) -> list[str]:
        return sorted(deployments[column].dropna().unique())

    return Mentioned(ids("project_id"), ids("environment_id"), ids("tenant_id"))


def look_up(
    client: Client, ids: Mentioned, denied: Iterable[str] = (), *, freezes: bool = False
) -> LookedUp:
    """Look up ``ids`` and what belongs to them, and nothing else of the space; also the ``freezes``
    where they are wanted. What this account may not look up is missing, and said; ``denied``: what
    a sealed pull says of that."""
    allowed = Allowed(denied)
    projects = allowed("projects", lambda: client.projects(ids.projects))
    tenants = allowed("tenants", lambda: client.tenants(ids.tenants))
    groups = sorted({project.ProjectGroupId for project in projects})
    frozen = allowed(_FREEZES, client.deployment_freezes) if freezes else []
    return LookedUp(
        projects=projects,
        groups=allowed("projectgroups", lambda: client.project_groups(groups)),
        environments=allowed("environments", lambda: client.environments(ids.environments)),
        tenants=tenants,
        tag_sets=_used(allowed("tagsets", client.tag_sets), tenants),
        denied=frozenset(allowed.denied),
        freezes=tuple(frozen),
    )


def wanted_tag_sets(found: LookedUp, wanted: Wanted) -> list[TagSet]:
    """As `choose_tag_sets`; none where this account may not look them up."""
    denied = "TenantTagSet" in found.no_access
    return [] if denied else choose_tag_sets(found.tag_sets, wanted.tag_sets)


def choose_tag_sets(tag_sets: list[TagSet], wanted: Iterable[str]) -> list[TagSet]:
    """Those of ``tag_sets`` that ``wanted`` names by name or id; all of them when it is empty.

    Raises:
        UsageError: when one is not among them.
    """
    names = set(wanted)
    if not names:
        return tag_sets
    chosen = [tag_set for tag_set in tag_sets if {tag_set.Id, tag_set.Name} & names]
    missing = names - {name for tag_set in chosen for name in (tag_set.Id, tag_set.Name)}
    if missing:
        raise UsageError(
            "The report's tenants have no tag in such a tag set.",
            f"Tag set: {', '.join(sorted(missing))}",
            _there_are(tag_sets, min(missing)),
        )
    return chosen


def _there_are(tag_sets: list[TagSet], asked: str) -> str:
    found = nearest(asked, (tag_set.Name for tag_set in tag_sets))
    known = ", ".join(f"{tag_set.Name} ({tag_set.Id})" for tag_set in tag_sets) or "none"
    return f"{f'Did you mean {found}? ' if found else ''}There are: {known}."


def requests(
    wanted: Wanted, tag_sets: list[TagSet], no_access: Iterable[str] = ()
) -> Iterator[Question]:
    """What ``/metrics`` is asked; a source without stated figures has no questions, and a split
    that this account may not know is not asked for."""
    if wanted.source != "insights":
        return
    for split in (split for split in wanted.splits if split not in set(no_access)):
        for tag_set in [t.Id for t in tag_sets] if split == "TenantTagSet" else [None]:
            for time_range in wanted.ranges:
                for granularity in wanted.granularities:
                    yield Question(split, tag_set, time_range, granularity)


def _used(tag_sets: Iterable[TagSet], tenants: Iterable[Tenant]) -> list[TagSet]:
    used = {tag.partition("/")[0].casefold() for tenant in tenants for tag in tenant.TenantTags}
    return [tag_set for tag_set in tag_sets if tag_set.Name.casefold() in used]


def _clock(as_of: datetime, now: datetime) -> dict[str, str]:
    """When it was pulled, of a pull that speaks for a later time: it knows no more than now."""
    return {"pulledAt": now.isoformat()} if now < as_of else {}


def _first(
    client: Client,
    connection: Connection,
    definition: InsightsReport,
    wanted: Wanted,
    scratch: Path,
    as_of: datetime,
    progress: Progress,
    keep: Path | None,
) -> tuple[Reading, Mentioned, dict[str, Any]]:
    """The first reading, the ids that it mentions, and what is to be remembered of a source other
    than Insights."""
    path = scratch / "0"
    if wanted.source == "insights":
        with keeping(path), path.open("wb") as file:
            deployments = client.deployments(definition.Id, save_to=file)
        return *_kept(deployments, path), {}
    given = Path(wanted.file) if wanted.file else None
    with keeping(path), path.open("wb") as file:
        source = draw_into(
            file,
            connection,
            definition,
            wanted.source,
            as_of=as_of,
            path=given,
            keep=keep or scratch,
            progress=progress,
        )
    with path.open("rb") as body:
        deployments = read_deployments(body)
    return *_kept(deployments, path), source


def _together(asked: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    """What was asked of Octopus by one client and another."""
    return {name: value + before.get(name, 0) for name, value in asked.items()}


def _kept(deployments: Deployments, path: Path) -> tuple[Reading, Mentioned]:
    columns = path.with_suffix(".arrow")
    about = {"reportName": deployments.report_name, "dropped": deployments.dropped}
    keep_deployments(deployments.table, about, columns)
    return Reading(*_body(path), columns), mentioned(deployments.table)


def _again(client: Client, definition: InsightsReport, path: Path) -> Reading:
    with keeping(path), path.open("wb") as file:
        client.save_deployments(definition.Id, file)
    return Reading(*_body(path))


def _body(path: Path) -> tuple[BinaryIO, str]:
    body = path.open("rb")
    digest = hashlib.file_digest(body, "sha256").hexdigest()
    body.seek(0)
    return body, digest


@contextmanager
def _scratch_beside(folder: Path) -> Iterator[Path]:
    """Where replies wait for the sealing: beside the pull, where there has to be room for them. The
    folder for temporary files often is memory."""
    scratch = folder.with_name(f"{folder.name}{PART}")
    with keeping(scratch):
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(parents=True)
    try:
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _seal(
    folder: Path,
    replies: Replies,
    reading: Reading,
    earlier: Reading | None,
    about: dict[str, Any],
) -> None:
    writer = PullWriter(folder)
    for name, one in ((DEPLOYMENTS, reading), (EARLIER, earlier)):
        if one:
            with one.body as source, writer.open(name) as target:
                shutil.copyfileobj(source, target, 1 << 20)
    if reading.columns:
        writer.keep_columns(DEPLOYMENTS, reading.columns)
    for name, path in replies.paths.items():
        with path.open("rb") as reply, writer.open(name) as target:
            shutil.copyfileobj(reply, target, 1 << 20)
    for name, path in replies.columns.items():
        writer.keep_columns(name, path)
    writer.seal(about)
