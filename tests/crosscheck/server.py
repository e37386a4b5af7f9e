"""``/metrics`` as a server might state it, in plain Python: integers, fractions and loops.

It shares nothing with the package, so that the two can only agree by being right. Each convention
that Octopus leaves open is an option.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from math import ceil, floor
from typing import Any
from zoneinfo import ZoneInfo

from .world import TICKS, Row, World, instant, listed, months_before

RANGES = {"LastMonth": 1, "LastQuarter": 3, "LastYear": 12}
GRANULARITIES = ("Daily", "Weekly", "Monthly")
QUESTIONS = (
    ("None", None),
    ("Project", None),
    ("ProjectGroup", None),
    ("Environment", None),
    ("EnvironmentGroup", None),
    ("Tenant", None),
    ("TenantTagSet", "TagSets-1"),
    ("TenantTagSet", "TagSets-2"),
)
MEASURES = {
    "LeadTime": "lead_time",
    "TimeSincePreviousDeployment": "time_since_previous",
    "MeanTimeToRecovery": "time_to_recovery",
    "DeploymentsUntilRecovery": "deployments_until_recovery",
}

Reply = tuple[str, str | None, str, str, dict[str, Any]]  # the question, and what it states


@dataclass(frozen=True)
class Options:
    week_start: int = 6  # Monday is 0
    percentile: str = "linear"
    rounding: str = "half to even"
    unit: int = TICKS
    rate_digits: int | None = 5
    rate_of: str = "Total"
    failing: frozenset[str] = frozenset()
    clipped: bool = True
    before_listed: bool = False  # deployments older than those listed count in whole intervals
    empty_intervals: bool = False
    start: Callable[[date, str], date] = lambda today, name: months_before(today, RANGES[name])
    untenanted: str | None = "Untenanted"  # None: left out
    untagged: str | None = "Untagged"
    first_instant: int | None = None
    accumulates: bool = False
    promoted: Callable[[Row], bool] = lambda row: True
    zero_when_empty: bool = False


def all_replies(
    world: World,
    options: Options = Options(),
    questions: Iterable[tuple[str, str | None]] = QUESTIONS,
    ranges: Iterable[str] = RANGES,
    every: Iterable[str] = GRANULARITIES,
) -> list[Reply]:
    """Every question and its reply: (split, tag set, time range, granularity, reply)."""
    return [
        (
            split,
            tag_set,
            name,
            granularity,
            reply(world, split, tag_set, name, granularity, options),
        )
        for split, tag_set in questions
        for name in ranges
        for granularity in every
    ]


def reply(
    world: World,
    split: str,
    tag_set: str | None,
    time_range: str,
    granularity: str,
    options: Options = Options(),
) -> dict[str, Any]:
    """The reply to one question about all that the world's server knows."""
    start, end = options.start(world.today, time_range), world.today + timedelta(1)
    first, last = (begin(day, granularity, options) for day in (start, end - timedelta(1)))
    if not options.clipped:
        start, end = first, after(last, granularity)
    found: Found = {}
    for row in world.rows if options.before_listed else listed(world):
        day = world.local_date(row)
        late = options.first_instant is None or row.completed >= options.first_instant
        if start <= day < end and late:
            for name in series(world, row, split, tag_set, options):
                at = begin(day, granularity, options)
                found.setdefault(name, {}).setdefault(at, []).append(row)
    if options.accumulates:
        _pending(world, found, split, tag_set, granularity, options, start, end)
    if options.empty_intervals:
        for intervals in found.values():
            for at in between(first, last, granularity):
                intervals.setdefault(at, [])
    return {
        "Series": [
            {
                "Name": name[1],
                "Intervals": [
                    interval(world, rows, at, granularity, options)
                    for at, rows in sorted(intervals.items())
                ],
            }
            for name, intervals in sorted(found.items(), key=lambda item: repr(item[0]))
        ]
    }


def between(first: date, last: date, granularity: str) -> Iterator[date]:
    while first <= last:
        yield first
        first = after(first, granularity)


def begin(day: date, granularity: str, options: Options) -> date:
    if granularity == "Monthly":
        return day.replace(day=1)
    if granularity == "Weekly":
        return day - timedelta((day.weekday() - options.week_start) % 7)
    return day


def after(start: date, granularity: str) -> date:
    if granularity == "Monthly":
        return (start + timedelta(31)).replace(day=1)
    return start + timedelta(7 if granularity == "Weekly" else 1)


def series(
    world: World, row: Row, split: str, tag_set: str | None, options: Options
) -> list[tuple[str, str | None]]:
    """Key and name of each series that a deployment counts in."""
    if split == "None":
        return [("All", "All")]
    if split == "Project":
        return [(row.project_id, row.project_name)]
    if split == "ProjectGroup":
        group = world.project_groups[row.project_id]
        return [(group, world.project_group_names.get(group))]
    if split == "Environment":
        return [(row.environment_id, row.environment_name)]
    if split == "EnvironmentGroup":
        return [(name, name) for name, ids in world.environment_groups if row.environment_id in ids]
    if row.tenant_id is None:
        return [("-", options.untenanted)] if options.untenanted else []
    if split == "Tenant":
        return [(row.tenant_id, row.tenant_name)]
    assert tag_set is not None
    prefix = world.tag_sets[tag_set] + "/"
    tags = [tag for tag in world.tenant_tags[row.tenant_id] if tag.startswith(prefix)]
    if not tags:
        return [("--", options.untagged)] if options.untagged else []
    return [(tag, tag.removeprefix(prefix)) for tag in tags]


class Pending:
    """What a deployment completed later has accumulated by the end of an interval."""

    def __init__(self, lead_time: int) -> None:
        self.lead_time = lead_time


Found = dict[tuple[str, str | None], dict[date, list[Row | Pending]]]


def _pending(
    world: World,
    found: Found,
    split: str,
    tag_set: str | None,
    granularity: str,
    options: Options,
    start: date,
    end: date,
) -> None:
    for row in listed(world):
        if row.lead_time is None:
            continue
        created = row.completed - row.lead_time
        for at in between(begin(start, granularity, options), end, granularity):
            stop = min(_midnight(after(at, granularity), world.zone), instant(world.as_of))
            if created < stop <= row.completed and at < end:
                for name in series(world, row, split, tag_set, options):
                    intervals = found.setdefault(name, {})
                    intervals.setdefault(at, []).append(Pending(stop - created))


def _midnight(day: date, zone: str) -> int:
    return instant(datetime.combine(day, time(), ZoneInfo(zone)))


def interval(
    world: World, members: Iterable[Row | Pending], at: date, granularity: str, options: Options
) -> dict[str, Any]:
    rows = [row for row in members if not isinstance(row, Pending)]
    extra = [row.lead_time for row in members if isinstance(row, Pending)]
    good = [row for row in rows if row.successful and options.promoted(row)]
    bad = [row for row in rows if row.successful and not options.promoted(row)]
    failure = len(bad) + sum(
        row.task_state == "Failed" or row.task_state in options.failing for row in rows
    )
    guided = sum(row.task_state == "Success" and row.had_guided_failure for row in rows)
    total = len(good) + failure + guided
    stated = {
        "StartOfInterval": at.isoformat(),
        "NumberOfSuccessfulDeployments": len(good),
        "DeploymentFailureRate": {
            "Successful": len(good),
            "DeploymentFailure": failure,
            "SuccessfulButHadGuidedFailure": guided,
            "Total": total,
            "Failed": failure + guided,
            "Rate": rate(failure + guided, total, len(good), options),
        },
    }
    for metric, column in MEASURES.items():
        values = [value for row in rows if (value := getattr(row, column)) is not None]
        stated[metric] = statistics(
            values + (extra if metric == "LeadTime" else []), options, column.startswith("d")
        )
    return stated


def rate(failed: int, total: int, successful: int, options: Options) -> float | None:
    base = total if options.rate_of == "Total" else successful
    if not base:
        return 0.0 if options.zero_when_empty else None
    if options.rate_digits is None:
        return failed / base
    return float(decimals(Fraction(failed, base), options.rate_digits, options.rounding))


def statistics(values: Sequence[int], options: Options, numbers: bool) -> dict[str, Any]:
    values = sorted(values)
    names = ("Mean", "Median", "Min", "Max", "NinetyFifth")
    if not values:
        nothing = (0.0 if numbers else "0:00:00.0") if options.zero_when_empty else None
        return {"Count": 0, **dict.fromkeys(names, nothing)}
    exact = (
        Fraction(sum(values), len(values)),
        percentile(values, Fraction(1, 2), options.percentile),
        Fraction(values[0]),
        Fraction(values[-1]),
        percentile(values, Fraction(19, 20), options.percentile),
    )
    shown = [float(one) if numbers else duration(one, options) for one in exact]
    return {"Count": len(values), **dict(zip(names, shown, strict=True))}


def percentile(values: Sequence[int], p: Fraction, method: str) -> Fraction:
    last = len(values) - 1
    if method == "linear":
        exact = p * last
        low = floor(exact)
        return values[low] + (values[min(low + 1, last)] - values[low]) * (exact - low)
    place = {"nearest_rank": ceil(p * len(values)) - 1, "lower": floor(p * last)}[method]
    return Fraction(values[max(place, 0)])


def rounded(exact: Fraction, rule: str) -> int:
    """A fraction to a whole number."""
    low, rest = floor(exact), exact - floor(exact)
    half = Fraction(1, 2)
    if rule == "towards zero":
        return low + (rest > 0 and exact < 0)
    if rule == "half away from zero":
        return low + (rest > half or (rest == half and exact > 0))
    return low + (rest > half or (rest == half and low % 2 == 1))


def decimals(exact: Fraction, digits: int, rule: str) -> Fraction:
    return Fraction(rounded(exact * 10**digits, rule), 10**digits)


def duration(ticks: Fraction, options: Options) -> str:
    value = rounded(ticks / options.unit, options.rounding) * options.unit
    sign, size = ("-" if value < 0 else ""), abs(value)
    whole, fraction = divmod(size, TICKS)
    digits = f"{fraction:07d}".rstrip("0") or "0"
    return f"{sign}{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}.{digits}"
