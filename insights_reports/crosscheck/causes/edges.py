"""The legitimate causes of a difference, each a rule of its own.

A rule explains a figure only where it can show that its cause makes exactly what is stated, or,
where deployments are hidden from us (hidden.py), that more than we see can make what is stated.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo

import numpy as np
import pandas as pd

from insights_reports.crosscheck.causes.cause import Cause
from insights_reports.crosscheck.causes.hidden_deployments import with_more
from insights_reports.crosscheck.causes.judged import MARGIN, NOT_COMPARABLE, JudgedCells
from insights_reports.crosscheck.compare import Compared, OurTables
from insights_reports.crosscheck.conventions.infer import Inferred, begin_of
from insights_reports.crosscheck.tables.intervals import as_date, day_number, ends
from insights_reports.metrics import Lookups, outcomes
from insights_reports.metrics.measures import OTHER
from insights_reports.metrics.splits import membership
from insights_reports.metrics.zones import completions
from insights_reports.spelling.figures import (
    FAILURE_RATE,
    MEMBERS,
    POSITION,
    Column,
    Integers,
)

_PROMOTE = Cause("promote")
_COUNTS = MEMBERS["NumberOfSuccessfulDeployments"] + MEMBERS[FAILURE_RATE]
_CUTS = 6


@dataclass(frozen=True)
class Hints:
    """What is known beside the deployments.

    Attributes:
        do_not_promote: project id and version of each release marked "Do not promote"
            (docs/insights, "Deployment failure rate").
        restricted: this account is known not to see every deployment. Names that are null tell
            so without it.
    """

    do_not_promote: frozenset[tuple[str, str]] = frozenset()
    restricted: bool = False


@dataclass(frozen=True, eq=False)
class Context:
    """What the rules look at besides the figures themselves."""

    book: OurTables
    deployments: pd.DataFrame
    lookups: Lookups
    inferred: Inferred
    zone: tzinfo
    as_of: datetime
    data_start: date
    restricted: bool
    hints: Hints = field(default_factory=Hints)


def edge_intervals(judged: JudgedCells, context: Context) -> None:
    """The intervals in which the range begins and ends, where no range known explains them.

    There must be one instant that cuts the interval so that the deployments on its one side are
    what is stated, for all the series of the table; and some must be, for nothing is what a cut
    behind the last deployment leaves of any interval.
    """
    compared = judged.compared
    low, high = day_number(compared.range.start), day_number(compared.range.end) - 1
    begin, last = (begin_of(day, compared.granularity, context.inferred) for day in (low, high))
    for start, after in ((begin, True), (last, False)):
        cells = np.flatnonzero(compared.cells.start == start)
        some = (compared.stated[POSITION[FAILURE_RATE, "Total"]][cells] > 0).any()
        if some and judged.differs[:, cells].sum() >= MARGIN:
            _cut(judged, context, cells, start, after)


def _cut(judged: JudgedCells, context: Context, cells: Integers, start: int, after: bool) -> None:
    """Try the instants that the stated totals point to; take the one that explains most."""
    compared, book = judged.compared, context.book
    stop = int(ends(np.array([start]), compared.granularity)[0])
    rows = book.rows(start, stop)
    instants = _instants(rows)
    best: tuple[int, tuple[Column, ...], int] | None = None
    for cut in _possible_cuts(compared, context, rows, cells, after):
        kept = rows[instants >= cut if after else instants < cut]
        days = as_date(start), as_date(stop)
        tabulator = book.tabulator(kept)
        found = book.figures(tabulator, compared.split, compared.tag_set, *days, None)
        ours = found.among(compared.keys[cells])
        explained = int(compared.against(ours, judged.rounding, cells).sum())
        if best is None or explained > best[0]:
            best = explained, ours, cut
    if best is not None:
        shown = pd.Timestamp(best[2], unit="ns", tz="UTC").strftime("%Y-%m-%dT%H:%M:%SZ")
        cause = Cause("edge_begins" if after else "edge_ends", (("instant", shown),))
        judged.adopt(cells, best[1], cause, at_most=MARGIN)


def _possible_cuts(
    compared: Compared, context: Context, rows: pd.DataFrame, cells: Integers, after: bool
) -> list[int]:
    """The instants after (before) which each series has as many deployments as it states.

    The cut that is right for all series lies not after the first of them.
    """
    members = membership(rows, compared.split, context.lookups, compared.tag_set)
    counted = outcomes(rows, context.inferred.conventions) != OTHER
    instants = _instants(rows)
    positions = np.arange(len(rows)) if members.rows is None else members.rows
    numbers = {
        key: number
        for number, (key, _) in enumerate(context.book.series(compared.split, compared.tag_set))
    }
    totals = dict(
        zip(
            compared.cells.series[cells].tolist(),
            compared.stated[POSITION[FAILURE_RATE, "Total"]][cells].tolist(),
            strict=True,
        )
    )
    found: set[int] = set()
    for code, key in enumerate(members.keys):
        own = positions[members.codes == code]
        times = np.sort(instants[own[counted[own]]])
        total = totals.get(numbers[key], 0)
        place = len(times) - total if after else total
        if 0 <= place < len(times):
            found.add(int(times[place]))
    return sorted(found)[:_CUTS]


def _instants(rows: pd.DataFrame) -> Integers:
    completed = completions(rows)
    instants: Integers = completed.view(np.int64)
    return instants


def before_the_data(judged: JudgedCells, context: Context) -> None:
    """Intervals that begin before the first deployment listed: "12 whole months and this month"."""
    cells = judged.cells_that_differ()
    cells = cells[judged.compared.cells.start[cells] < day_number(context.data_start)]
    cause = Cause("before_data", (("day", context.data_start.isoformat()),))
    for which, more in with_more(judged, cells):
        judged.mark_cells(which, more, NOT_COMPARABLE, cause)


def do_not_promote(judged: JudgedCells, context: Context) -> None:
    """Successful deployments of releases that must not be promoted, counted as failed.

    One page of the documentation counts them so (docs/insights), another does not
    (docs/insights/metrics); the deployments do not tell which they are.
    """
    releases = context.hints.do_not_promote
    if not releases:
        return
    compared = judged.compared
    cells = np.flatnonzero(judged.differs[list(_COUNTS)].any(axis=0))
    if len(cells):
        changed = _as_failed(context.deployments, releases)
        ours = context.book.as_in(context.book.tabulator(changed), compared, cells)
        judged.accept(cells, ours, _COUNTS, _PROMOTE)


def _as_failed(deployments: pd.DataFrame, releases: frozenset[tuple[str, str]]) -> pd.DataFrame:
    """The deployments with those of some releases failed; few rows have such a version."""
    versions = {version for _, version in releases}
    possible = np.flatnonzero(deployments["release_version"].isin(versions).to_numpy())
    pairs = zip(
        deployments["project_id"].iloc[possible],
        deployments["release_version"].iloc[possible],
        strict=True,
    )
    chosen = possible[[pair in releases for pair in pairs]]
    states = deployments["task_state"].astype(object).to_numpy(copy=True)
    guided = deployments["had_guided_failure"].to_numpy(dtype=bool)
    chosen = chosen[(states[chosen] == "Success") & ~guided[chosen]]
    states[chosen] = "Failed"
    return deployments.assign(task_state=pd.Categorical(states))
