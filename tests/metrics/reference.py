"""The figures again, slowly: plain integers, fractions and loops, without numpy or pandas.

Written from the definitions alone and sharing no code with the package, so that the two can only
agree by being right. Instants and durations are whole ticks of 100 ns; instants count from 1970
(UTC).
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from math import ceil, floor
from typing import Any, Literal
from zoneinfo import ZoneInfo

TICKS = 10_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MEASURES = (
    "lead_time",
    "time_since_previous",
    "time_to_recovery",
    "deployments_until_recovery",
)

Method = Literal["linear", "nearest_rank", "floor_rank", "lower", "higher", "exclusive"]


@dataclass(frozen=True)
class Row:
    """One deployment, as the deployments table has it."""

    deployment_id: str
    completed: int | None
    project_id: str = "Projects-1"
    project_name: str | None = "Shop"
    channel_id: str = "Channels-1"
    channel_name: str | None = "Default"
    environment_id: str = "Environments-1"
    environment_name: str | None = "Production"
    tenant_id: str | None = None
    tenant_name: str | None = None
    stream: int = 0
    release_version: str = "1.0.0"
    task_state: str = "Success"
    had_guided_failure: bool = False
    lead_time: int | None = None
    time_since_previous: int | None = None
    time_to_recovery: int | None = None
    deployments_until_recovery: int | None = None


@dataclass(frozen=True)
class Rules:
    """The conventions and lookups, spelled as the package spells them."""

    week_start: Literal["Sunday", "Monday"] = "Sunday"
    percentile: Method = "linear"
    median: Method = "linear"
    count_as_failed: frozenset[str] = frozenset()
    edge: Literal["clipped", "whole"] = "clipped"
    project_groups: dict[str, str] = field(default_factory=dict)
    project_group_names: dict[str, str] = field(default_factory=dict)
    environment_groups: tuple[tuple[str, tuple[str, ...]], ...] = ()
    tenant_tags: dict[str, tuple[str, ...]] = field(default_factory=dict)
    tag_sets: dict[str, str] = field(default_factory=dict)


def figures(
    rows: Iterable[Row],
    rules: Rules,
    *,
    split: str,
    zone: str,
    start: date,
    end: date,
    granularity: str | None,
    tag_set: str | None = None,
) -> dict[tuple[str, date], dict[str, Any]]:
    """{(series key, start of the interval): {column: value}}, the columns as in the package.

    Durations are ticks, rates and the numbers of deployments until recovery exact fractions, and
    what there is no value for is None.
    """
    if granularity is not None and rules.edge == "whole":
        last = end - timedelta(days=1)
        start = interval(start, granularity, rules)
        day = end
        while interval(day, granularity, rules) == interval(last, granularity, rules):
            day += timedelta(days=1)
        end = day
    groups: dict[tuple[str, date], list[tuple[date, Row]]] = {}
    for row in rows:
        local = local_date(row.completed, zone)
        if local is None or not start <= local < end:
            continue
        at = start if granularity is None else interval(local, granularity, rules)
        for key in series(row, rules, split, tag_set):
            groups.setdefault((key, at), []).append((local, row))
    return {key: summary(members, rules) for key, members in groups.items()}


def local_date(completed: int | None, zone: str) -> date | None:
    if completed is None:
        return None
    instant = EPOCH + timedelta(seconds=completed // TICKS)
    return instant.astimezone(ZoneInfo(zone)).date()


def interval(day: date, granularity: str | None, rules: Rules) -> date:
    if granularity == "Daily":
        return day
    if granularity == "Monthly":
        return date(day.year, day.month, 1)
    first = 7 if rules.week_start == "Sunday" else 1
    while day.isoweekday() != first:
        day -= timedelta(days=1)
    return day


def series(row: Row, rules: Rules, split: str, tag_set: str | None) -> set[str]:
    """The keys of the series that a deployment counts in."""
    if split == "None":
        return {"All"}
    if split == "Project":
        return {row.project_id}
    if split == "Environment":
        return {row.environment_id}
    if split == "ProjectGroup":
        return {rules.project_groups.get(row.project_id, "Unknown")}
    if split == "EnvironmentGroup":
        return {name for name, ids in rules.environment_groups if row.environment_id in ids}
    if row.tenant_id is None:
        return {"Untenanted"}
    if split == "Tenant":
        return {row.tenant_id}
    if row.tenant_id not in rules.tenant_tags:
        return {"Unknown"}
    assert tag_set is not None
    prefix = rules.tag_sets[tag_set].casefold() + "/"
    mine = {tag.casefold() for tag in rules.tenant_tags[row.tenant_id]}
    spelled: dict[str, str] = {}
    for tags in rules.tenant_tags.values():
        for tag in tags:
            folded = tag.casefold()
            spelled[folded] = min(tag, spelled.get(folded, tag))
    return {spelled[tag] for tag in mine if tag.startswith(prefix)} or {"Untagged"}


def outcome(row: Row, rules: Rules) -> str:
    if row.task_state == "Success":
        return "guided" if row.had_guided_failure else "successful"
    if row.task_state == "Failed" or row.task_state in rules.count_as_failed:
        return "deployment_failure"
    return "other"


def summary(members: Sequence[tuple[date, Row]], rules: Rules) -> dict[str, Any]:
    outcomes = [outcome(row, rules) for _, row in members]
    counts = {
        name: outcomes.count(name)
        for name in ("successful", "deployment_failure", "guided", "other")
    }
    failed = counts["deployment_failure"] + counts["guided"]
    total = counts["successful"] + failed
    days = {day for day, row in members if outcome(row, rules) == "successful"}
    found = {
        **counts,
        "total": total,
        "failed": failed,
        "active_days": len(days),
        "rate": Fraction(failed, total) if total else None,
    }
    for name in MEASURES:
        values = sorted(getattr(row, name) for _, row in members if getattr(row, name) is not None)
        statistics = {
            "mean": Fraction(sum(values), len(values)) if values else None,
            "median": percentile(values, Fraction(1, 2), rules.median),
            "min": values[0] if values else None,
            "max": values[-1] if values else None,
            "p90": percentile(values, Fraction(9, 10), rules.percentile),
            "p95": percentile(values, Fraction(19, 20), rules.percentile),
        }
        found[f"{name}_count"] = len(values)
        for statistic, value in statistics.items():
            if value is not None and name != "deployments_until_recovery":
                value = round(Fraction(value))  # of a Fraction: half to even
            found[f"{name}_{statistic}"] = value
    return found


def percentile(values: Sequence[int], p: Fraction, method: str) -> int | Fraction | None:
    n = len(values)
    if n == 0:
        return None
    if method == "nearest_rank":
        return values[max(ceil(p * n), 1) - 1]
    if method == "floor_rank":
        return values[max(floor(p * n), 1) - 1]
    if method == "lower":
        return values[floor(p * (n - 1))]
    if method == "higher":
        return values[ceil(p * (n - 1))]
    position = p * (n - 1) if method == "linear" else p * (n + 1) - 1
    position = min(max(position, Fraction(0)), Fraction(n - 1))
    below = floor(position)
    if below == n - 1:
        return Fraction(values[below])
    return values[below] + (values[below + 1] - values[below]) * (position - below)


def recompute(rows: Iterable[Row], rules: Rules) -> dict[str, dict[str, Any]]:
    """{deployment id: its stream values}, nulls as None; those without completion left out."""
    streams: dict[tuple[str | None, ...], list[Row]] = {}
    for row in rows:
        if row.completed is not None:
            key = (row.project_id, row.channel_id, row.environment_id, row.tenant_id)
            streams.setdefault(key, []).append(row)
    found: dict[str, dict[str, Any]] = {}
    for members in streams.values():
        members.sort(key=lambda row: (row.completed, as_counted(row.deployment_id)))
        previous: Row | None = None
        failures: list[Row] = []
        for row in members:
            found[row.deployment_id] = stated = dict.fromkeys(
                (
                    "time_since_previous",
                    "previous_successful_id",
                    "time_to_recovery",
                    "deployments_until_recovery",
                    "recovered_from_id",
                    "recovered_from_version",
                )
            )
            stated["at_edge"] = previous is None
            kind = outcome(row, rules)
            if kind in ("deployment_failure", "guided"):
                failures.append(row)
            if kind != "successful":
                continue
            if previous is not None:
                stated["time_since_previous"] = gap(previous, row)
                stated["previous_successful_id"] = previous.deployment_id
            if failures:
                stated["time_to_recovery"] = gap(failures[0], row)
                stated["deployments_until_recovery"] = len(failures)
                stated["recovered_from_id"] = failures[0].deployment_id
                stated["recovered_from_version"] = failures[0].release_version
            previous, failures = row, []
    return found


def gap(before: Row, after: Row) -> int:
    assert before.completed is not None and after.completed is not None
    return after.completed - before.completed


def as_counted(text: str) -> list[int | str]:
    return [int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", text)]
