"""A made-up company with every complication, in plain Python: integers, dates, lists of dicts.

Instants and durations are whole ticks of 100 ns, instants since 1970. Nothing here uses the
package, numpy or pandas, except `table`, which writes the rows down as the deployments table.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd

TICKS = 10_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
HOUR = 3600 * TICKS


@dataclass(frozen=True)
class Row:
    deployment_id: str
    completed: int
    project_id: str
    project_name: str | None
    channel_id: str
    channel_name: str | None
    environment_id: str
    environment_name: str | None
    tenant_id: str | None
    tenant_name: str | None
    stream: int
    release_version: str
    task_state: str
    had_guided_failure: bool
    lead_time: int | None
    time_since_previous: int | None = None
    time_to_recovery: int | None = None
    deployments_until_recovery: int | None = None
    lead_time_from_version: str | None = None
    previous_successful_id: str | None = None
    recovered_from_id: str | None = None
    recovered_from_version: str | None = None

    @property
    def successful(self) -> bool:
        return self.task_state == "Success" and not self.had_guided_failure

    @property
    def failed(self) -> bool:
        return self.task_state == "Failed" or (
            self.task_state == "Success" and self.had_guided_failure
        )


@dataclass(frozen=True)
class World:
    """The deployments that Octopus knows, newest last, and what is looked up beside them."""

    zone: str = "Europe/Lisbon"
    as_of: datetime = datetime(2026, 10, 21, 15, 30, tzinfo=UTC)
    rows: tuple[Row, ...] = ()
    project_groups: dict[str, str] = field(default_factory=dict)
    project_group_names: dict[str, str] = field(default_factory=dict)
    environment_groups: tuple[tuple[str, tuple[str, ...]], ...] = ()
    tenant_tags: dict[str, tuple[str, ...]] = field(default_factory=dict)
    tag_sets: dict[str, str] = field(default_factory=dict)

    def local_date(self, row: Row) -> date:
        return local_date(row.completed, self.zone)

    def with_rows(self, rows: Iterable[Row]) -> World:
        return replace(self, rows=tuple(rows))

    @property
    def today(self) -> date:
        return self.as_of.astimezone(ZoneInfo(self.zone)).date()


@lru_cache(maxsize=200_000)
def local_date(ticks: int, zone: str) -> date:
    return (EPOCH + timedelta(seconds=ticks // TICKS)).astimezone(ZoneInfo(zone)).date()


def instant(moment: datetime) -> int:
    """A datetime with a zone as ticks."""
    return (moment - EPOCH) // timedelta(microseconds=1) * 10


PROJECTS = (
    ("Projects-1", "Shop", "ProjectGroups-1"),
    ("Projects-2", "Billing <b>&amp;</b>", "ProjectGroups-1"),
    ("Projects-10", "Shop", "ProjectGroups-2"),  # the name of another one
    ("Projects-7", None, "ProjectGroups-2"),  # restricted
)
ENVIRONMENTS = (("Environments-1", "Production"), ("Environments-2", "Test"))
TENANTS = (("Tenants-1", "Café"), ("Tenants-2", "=SUM(A1)"), (None, None))


def build(
    seed: int = 1,
    per_day: float = 4,
    days: int = 430,
    whole_seconds: bool = False,
    hide_names: bool = True,
    **changes: Any,
) -> World:
    """A world of ``days`` days before ``as_of``, with about ``per_day`` deployments on each."""
    world = World(
        project_groups={project: group for project, _, group in PROJECTS},
        project_group_names={"ProjectGroups-1": "Web", "ProjectGroups-2": "Core"},
        environment_groups=(
            ("Production", ("Environments-1",)),
            ("Everything", ("Environments-1", "Environments-2")),
        ),
        tenant_tags={
            "Tenants-1": ("Region/Europe", "Region/Asia", "Ring/Early"),
            "Tenants-2": ("Ring/Late",),
        },
        tag_sets={"TagSets-1": "Region", "TagSets-2": "Ring"},
        **changes,
    )
    chance = random.Random(seed)
    rows = []
    now = instant(world.as_of)
    for number in range(int(per_day * days)):
        completed = now - int(chance.random() * days * 24 * HOUR)
        rows.append(_row(chance, number, completed, whole_seconds, hide_names))
    if len(rows) > 10:  # two that are completed in the same tick
        rows[3] = replace(rows[3], completed=rows[4].completed)
    return world.with_rows(derived(rows))


def _row(
    chance: random.Random, number: int, completed: int, whole_seconds: bool, hide_names: bool
) -> Row:
    project, name, _ = chance.choices(PROJECTS, (5, 3, 2, 1))[0]
    environment, environment_name = chance.choice(ENVIRONMENTS)
    tenant, tenant_name = chance.choice(TENANTS)
    state = chance.choices(("Success", "Failed", "Canceled", "TimedOut"), (75, 17, 5, 3))[0]
    lead = int(chance.lognormvariate(1.5, 2) * HOUR)
    if chance.random() < 0.05:
        lead = -lead // 2  # assembled after it was deployed: an imported release
    if whole_seconds:
        completed, lead = (value // TICKS * TICKS for value in (completed, lead))
    streams = [(p[0], e[0], t[0]) for p in PROJECTS for e in ENVIRONMENTS for t in TENANTS]
    return Row(
        deployment_id=f"Deployments-{number + 1}",
        completed=completed,
        project_id=project,
        project_name=name if name or hide_names else "Hidden no more",
        channel_id=f"Channels-{project[9:]}",
        channel_name="Default",
        environment_id=environment,
        environment_name=environment_name,
        tenant_id=tenant,
        tenant_name=tenant_name,
        stream=streams.index((project, environment, tenant)),
        release_version=f"1.{number // 20}.{number % 3}",
        task_state=state,
        had_guided_failure=chance.random() < 0.06,
        lead_time=lead if state == "Success" and chance.random() < 0.9 else None,
    )


def derived(rows: Iterable[Row]) -> list[Row]:
    """The rows by completion, with their stream values as Octopus makes them from all of them."""
    rows = sorted(rows, key=lambda row: (row.completed, int(row.deployment_id.split("-")[1])))
    latest: dict[int, Row] = {}
    failures: dict[int, list[Row]] = {}
    found = []
    for row in rows:
        if row.successful:
            before, run = latest.get(row.stream), failures.pop(row.stream, [])
            row = replace(
                row,
                time_since_previous=None if before is None else row.completed - before.completed,
                previous_successful_id=None if before is None else before.deployment_id,
                time_to_recovery=row.completed - run[0].completed if run else None,
                deployments_until_recovery=len(run) or None,
                recovered_from_id=run[0].deployment_id if run else None,
                recovered_from_version=run[0].release_version if run else None,
            )
            latest[row.stream] = row
        elif row.failed:
            failures.setdefault(row.stream, []).append(row)
        found.append(row)
    return found


def listed(world: World) -> list[Row]:
    """The rows that ``/deployments`` lists: 12 whole months and this month."""
    first = world.today.replace(day=1, year=world.today.year - 1)
    return [row for row in world.rows if world.local_date(row) >= first]


def table(rows: Iterable[Row]) -> pd.DataFrame:
    """Rows as the deployments table of docs/architecture.md."""
    names = list(Row.__dataclass_fields__)
    columns = {name: [getattr(row, name) for row in rows] for name in names}
    frame = pd.DataFrame({name: pd.Series(columns[name], dtype=object) for name in names})
    for name in names:
        if name in ("deployment_id", "previous_successful_id", "recovered_from_id"):
            frame[name] = frame[name].astype("string[pyarrow]")
        elif name in ("lead_time", "time_since_previous", "time_to_recovery"):
            frame[name] = _durations(columns[name])
        elif name == "completed":
            nanoseconds = np.array(columns[name], dtype=np.int64) * 100
            frame[name] = pd.DatetimeIndex(nanoseconds.view("datetime64[ns]")).tz_localize("UTC")
        elif name == "deployments_until_recovery":
            frame[name] = frame[name].astype("float64")
        elif name == "stream":
            frame[name] = frame[name].astype("int32")
        elif name == "had_guided_failure":
            frame[name] = frame[name].astype(bool)
        else:
            frame[name] = frame[name].astype("category")
    return frame


def _durations(ticks: Iterable[int | None]) -> npt.NDArray[np.timedelta64]:
    none = np.iinfo(np.int64).min
    return np.array([none if one is None else one * 100 for one in ticks], dtype=np.int64).view(
        "timedelta64[ns]"
    )


def months_before(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    following = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    return min(date(year, month + 1, 1) + timedelta(day.day - 1), following - timedelta(1))
