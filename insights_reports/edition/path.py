"""The path to production: the groups of environments in the order in which releases pass them."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from insights_reports.edition.document import Path, PathStep
from insights_reports.edition.facts import Facts, Slices
from insights_reports.edition.judging import Judging
from insights_reports.edition.values import Figure, Metric, Name, Phrase, Statistic, Value
from insights_reports.metrics.measures import SUCCESSFUL
from insights_reports.metrics.zones import completions
from insights_reports.spelling.terms import NANOSECONDS_PER_TICK

_LEAST = 5  # releases that a wait is the median of
_NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Wait:
    """Between the first successes of the same release in two neighbouring groups."""

    after: str
    median: Figure


def order_of(facts: Facts) -> tuple[str, ...]:
    """The groups by the lead time of this period, shortest first, the scope's group last; groups
    without one as the report has them."""
    slices, now = facts.slices("EnvironmentGroup"), facts.windows.now
    names = [name for name, _ in facts.inputs.lookups.environment_groups if name in slices.keys]
    median = slices.column(f"{Metric.LEAD_TIME}_median", now)
    count = slices.column(f"{Metric.LEAD_TIME}_count", now)

    def place(name: str) -> tuple[bool, bool, int, int]:
        at = slices.keys.index(name)
        known = bool(count[at])
        return name == facts.scope, not known, int(median[at]) if known else 0, names.index(name)

    return tuple(sorted(names, key=place))


def path(facts: Facts, judging: Judging, scope: str) -> Path | None:
    """The path of the edition; None with fewer than two groups that have deployments."""
    slices = facts.slices("EnvironmentGroup")
    order = ordered(facts, scope)
    if len(order) < 2 or not slices.known(facts.windows.now):
        return None
    wait = longest_wait(facts, order)
    title = (
        Phrase("path.title") if wait is None else Phrase("path.wait", {"group": Name(wait.after)})
    )
    previous = facts.windows.previous
    alone = "" if slices.known(previous) else "_alone"
    subtitle = Phrase(f"path.subtitle{alone}", {"previous": previous})
    if wait is not None:
        values: dict[str, Value] = {
            "median": wait.median,
            "n": wait.median.n or 0,
            "previous": previous,
        }
        subtitle = Phrase(f"path.subtitle_wait{alone}", values)
    steps = tuple(_step(facts, judging, slices, name) for name in order)
    return Path("path", title, subtitle, steps)


def ordered(facts: Facts, scope: str) -> tuple[str, ...]:
    """The order of the groups, that of the scope last."""
    order = order_of(facts)
    last = [name for name in order if name == scope]
    return (*(name for name in order if name != scope), *last)


def _step(facts: Facts, judging: Judging, slices: Slices, name: str) -> PathStep:
    series, (now, previous) = slices.keys.index(name), (facts.windows.now, facts.windows.previous)

    def of(metric: Metric, statistic: Statistic) -> tuple[Figure, Figure]:
        after, before = (slices.figure(series, span, metric, statistic) for span in (now, previous))
        return after, before

    lead, lead_before = of(Metric.LEAD_TIME, Statistic.MEDIAN)
    failed, failed_before = of(Metric.FAILURE_RATE, Statistic.RATE)
    return PathStep(
        name=slices.name(series),
        lead=lead,
        lead_before=lead_before,
        lead_verdict=judging.of(facts, slices, series, Metric.LEAD_TIME).verdict,
        failed=failed,
        failed_before=failed_before,
        failed_verdict=judging.of(facts, slices, series, Metric.FAILURE_RATE).verdict,
    )


def first_successes(facts: Facts, groups: Sequence[str]) -> pd.DataFrame:
    """The first success of each release (project and version, the index) in each group (a column of
    its number), NaT where there was none."""
    deployments, where = facts.inputs.deployments, _group_of(facts, groups)
    projects, versions = (
        deployments[name].astype("category").array for name in ("project_id", "release_version")
    )
    known = (projects.codes >= 0) & (versions.codes >= 0) & ~np.isnat(facts.days)
    rows = np.flatnonzero((facts.outcomes == SUCCESSFUL) & (where >= 0) & known)
    width = len(versions.categories)
    pairs = projects.codes[rows] * np.int64(width) + versions.codes[rows]
    releases, place = np.unique(pairs, return_inverse=True)
    completed = completions(deployments)[rows]
    firsts = np.full((len(releases), len(groups)), _NEVER)
    np.minimum.at(firsts, (place, where[rows]), completed.view(np.int64))
    firsts[firsts == _NEVER] = np.datetime64("NaT").view(np.int64)
    project, version = np.divmod(releases, width)
    names = [projects.categories[project], versions.categories[version]]
    index = pd.MultiIndex.from_arrays(names, names=["project", "version"])
    columns = {
        group: pd.Series(firsts[:, group].view("datetime64[ns]"), index).dt.tz_localize("UTC")
        for group in range(len(groups))
    }
    return pd.DataFrame(columns, index).sort_index()


def _group_of(facts: Facts, groups: Sequence[str]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """The number of the group of each deployment, -1 for none of them."""
    members = dict(facts.inputs.lookups.environment_groups)
    number = {env: at for at, name in enumerate(groups) for env in members[name]}
    ids = facts.inputs.deployments["environment_id"].astype("category").array
    places = [number.get(each, -1) for each in ids.categories]
    found: np.ndarray[tuple[int], np.dtype[np.int64]] = np.array([*places, -1])[ids.codes]
    return found


def longest_wait(facts: Facts, groups: Sequence[str]) -> Wait | None:
    """The longest of the median waits between neighbours, of the releases that arrived in this
    period; of at least five."""
    firsts, now = first_successes(facts, groups), facts.windows.now
    start, end = (pd.Timestamp(day).tz_localize(facts.inputs.tz) for day in (now.start, now.end))
    waits = []
    for at, (one, two) in enumerate(pairwise(range(len(groups)))):
        arrived = (firsts[two] >= start) & (firsts[two] < end) & firsts[one].notna()
        gaps = (firsts[two] - firsts[one])[arrived]
        if len(gaps) >= _LEAST:
            nanoseconds = gaps.dt.as_unit("ns").astype("int64").median()
            ticks = round(float(nanoseconds) / NANOSECONDS_PER_TICK)
            figure = Figure(Metric.LEAD_TIME, Statistic.MEDIAN, ticks, len(gaps))
            waits.append(Wait(groups[at], figure))
    return max(waits, key=lambda wait: wait.median.value or 0, default=None)
