"""The history of a space month by month: from the XML feed, or from tasks where that is refused.

A month is closed two days after its end: deployments appear in the feed within minutes, and renames
within 24 hours (https://octopus.com/docs/administration/reporting). Closed months are kept as they
are read, which is at once what a killed run resumes from and what next month's run saves.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pandas as pd

from insights_reports.errors import NotFound, Refused
from insights_reports.octopus.client import Client
from insights_reports.octopus.sources.feed import COLUMNS, Rows, read_feed
from insights_reports.octopus.sources.kept import Kept
from insights_reports.octopus.sources.tables import Progress
from insights_reports.octopus.sources.unusable import dated

EARLIER = 3
"""Months before the twelve, so that the first deployments of these know those before them."""
MONTHS = 13 + EARLIER

_SETTLED = timedelta(days=2)
_OVERLAP = timedelta(days=1)
_LONGEST = timedelta(days=32)
_MANY = 30_000  # deployments that a request is to bring at most, as far as they are foreseen
_TASK = ("Id", "State", "CompletedTime", "ProjectId", "Arguments")
_DEPLOYMENT = ("Id", "ProjectId", "ChannelId", "EnvironmentId", "TenantId", "ReleaseId", "TaskId")


@dataclass(frozen=True)
class History:
    """``rows`` of all months; ``by_feed``: whether they come from the feed, exact to the second,
    or from tasks and deployments, exact to the millisecond, of which some are deleted."""

    rows: Rows
    by_feed: bool


def read_history(client: Client, kept: Kept, as_of: datetime, progress: Progress) -> History:
    """All deployments of the space that completed in the last `MONTHS` months, and those that say
    nothing of when they did.

    Raises:
        OctopusError: when Octopus refuses both the feed and the tasks.
    """
    try:
        return History(_by_month(client, kept, as_of, progress), by_feed=True)
    except (Refused, NotFound) as error:
        if error.status not in (403, 404):
            raise
    return History(_from_tasks(client, kept, as_of, progress), by_feed=False)


def months_until(as_of: datetime) -> list[datetime]:
    """The first instants, in UTC, of the months to read, the latest first."""
    month = as_of.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    found = [month]
    while len(found) < MONTHS:
        found.append((found[-1] - timedelta(days=1)).replace(day=1))
    return found


def _by_month(client: Client, kept: Kept, as_of: datetime, progress: Progress) -> Rows:
    """The latest month first: how much it has tells how the others are asked for."""
    found: list[Rows] = []
    step = _LONGEST
    for number, start in enumerate(months_until(as_of), 1):
        name = f"feed-{start:%Y-%m}"
        end = _next(start)
        rows = kept.load(name)
        if rows is None:
            progress(f"deployment history: month {number} of {MONTHS}")
            spans = _spans(start, min(end, as_of), step)
            rows = _joined([client.history_feed(*span, read_feed) for span in spans])
            if as_of >= end + _SETTLED:
                kept.keep(name, rows)
        step = min(step, _step(len(rows), min(end, as_of) - start))
        found.append(rows)
    return _joined(found)


def _step(count: int, length: timedelta) -> timedelta:
    """In how long a time about `_MANY` complete where so many do in ``length``; whole days."""
    days = int(_MANY * (length + _OVERLAP).days / count) if count else _LONGEST.days
    return timedelta(days=max(1, days))


def _spans(start: datetime, end: datetime, step: timedelta) -> Iterator[tuple[datetime, datetime]]:
    """A month from a day before it, in parts of ``step``."""
    begin = start - _OVERLAP
    while end - begin > step:
        yield begin, begin + step
        begin += step
    yield begin, end


def _next(month: datetime) -> datetime:
    return (month + timedelta(days=32)).replace(day=1)


def _joined(parts: list[Rows]) -> Rows:
    """Each deployment once, as the first of the parts that has it says."""
    rows = pd.concat(parts, ignore_index=True)
    return rows.drop_duplicates("deployment_id", ignore_index=True)


def _from_tasks(client: Client, kept: Kept, as_of: datetime, progress: Progress) -> Rows:
    found = []
    for number, start in enumerate(months_until(as_of), 1):
        name, end = f"tasks-{start:%Y-%m}", _next(start)
        tasks = kept.load(name)
        if tasks is None:
            progress(f"tasks: month {number} of {MONTHS}")
            tasks = _tasks(client, start - _OVERLAP, min(end, as_of))
            if as_of >= end + _SETTLED:
                kept.keep(name, tasks)
        found.append(tasks)
    progress("deployments")
    tasks = pd.concat(found, ignore_index=True).drop_duplicates("deployment_id")
    rows = _deployments(client, kept).merge(tasks, on="deployment_id")
    for name in COLUMNS:
        if name not in rows:
            rows[name] = None  # names and versions are looked up
    return rows[list(COLUMNS)]


def _tasks(client: Client, start: datetime, end: datetime) -> pd.DataFrame:
    params = {
        "name": "Deploy",
        "fromCompletedDate": start.isoformat(),
        "toCompletedDate": (end + timedelta(seconds=1)).isoformat(),
    }
    tasks = client.newest("tasks", (), fields=_TASK, params=params)
    deployments = [_deployment_of(task["Arguments"]) for task in tasks]
    rows = pd.DataFrame(
        {"deployment_id": deployments, "task_state": [task["State"] for task in tasks]},
        dtype=object,
    )
    return dated(rows, [task["CompletedTime"] for task in tasks]).dropna(subset="deployment_id")


def _deployment_of(arguments: object) -> str | None:
    found = arguments.get("DeploymentId") if isinstance(arguments, dict) else None
    return found if isinstance(found, str) else None


def _deployments(client: Client, kept: Kept) -> pd.DataFrame:
    columns = ("deployment_id", "project_id", "channel_id", "environment_id", "tenant_id")
    names = dict(zip(_DEPLOYMENT, (*columns, "release_id", "task_id"), strict=True))
    return newest_kept(client, kept, "deployments", names)


def newest_kept(client: Client, kept: Kept, kind: str, names: dict[str, str]) -> pd.DataFrame:
    """All documents of a growing list, those of earlier runs among them, also when they are deleted
    by now. ``names``: the columns by the documents' fields; the first is the id."""
    id = next(iter(names.values()))
    before = kept.load(kind)
    known = frozenset() if before is None else frozenset(before[id])
    documents = client.newest(kind, known, fields=tuple(names))
    new = pd.DataFrame(documents, columns=list(names), dtype=object).rename(columns=names)
    every = new if before is None else pd.concat([new, before], ignore_index=True)
    if len(new):
        kept.keep(kind, every)
    return every
