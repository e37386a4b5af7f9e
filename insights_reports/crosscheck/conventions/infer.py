"""Conventions that Octopus does not document, inferred from the figures that a server states.

Of each convention every candidate is tried on the same figures. The one that explains most is taken
for all figures; the default stays unless another explains at least two figures more, so that no
single wrong figure can bring about the convention that would excuse it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from typing import cast, get_args

import numpy as np
import pandas as pd

from insights_reports.crosscheck.conventions.counts import Counting
from insights_reports.crosscheck.conventions.ranges import Range
from insights_reports.crosscheck.conventions.rounding import Rounding
from insights_reports.crosscheck.conventions.rounding_found import printing
from insights_reports.crosscheck.conventions.samples import METHODS, Sample, samples
from insights_reports.crosscheck.result import Candidate, Evidence, choose
from insights_reports.crosscheck.tables.intervals import begins
from insights_reports.metrics import Conventions, Granularity, Lookups
from insights_reports.metrics.conventions import PercentileMethod, WeekStart
from insights_reports.spelling.figures import (
    FAILURE_RATE,
    FIGURES,
    LEAD_TIME,
    METRICS,
    POSITION,
    Integers,
)
from insights_reports.spelling.stated import StatedTable

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, eq=False)
class Inferred:
    """The conventions of a server and what they rest on; ``ranges`` has one for each time range."""

    conventions: Conventions
    rounding: Rounding
    ranges: Mapping[str, Range]
    evidence: tuple[Evidence, ...]


def infer(
    tables: Sequence[StatedTable],
    deployments: pd.DataFrame,
    *,
    zone: tzinfo,
    lookups: Lookups,
    as_of: datetime,
    base: Conventions,
    unsettled: Integers | None = None,
) -> Inferred:
    """The conventions under which our figures agree most with those stated.

    Intervals with ``unsettled`` days, on which deployments moved meanwhile, tell nothing of ranges.
    """
    evidence: list[Evidence] = []
    week_start = _week_start(tables, base, evidence)
    conventions = replace(base, week_start=week_start)
    counting = Counting(tables, deployments, zone, lookups, as_of, conventions, unsettled)
    conventions = replace(conventions, count_as_failed=counting.failing(evidence))
    ranges: dict[str, Range] = {
        name: counting.range(name, conventions, evidence) for name in counting.names
    }
    found = list(samples(tables, deployments, zone, lookups, conventions, ranges))
    rounding = printing(found, tables, evidence)
    conventions = replace(
        conventions,
        median=_method("median", "Median", found, rounding, base.median, evidence),
        percentile=_method("percentile", "NinetyFifth", found, rounding, base.percentile, evidence),
    )
    evidence.append(_empty_intervals(tables))
    return Inferred(conventions, rounding, ranges, tuple(evidence))


def begin_of(day: int, granularity: Granularity, inferred: Inferred) -> int:
    """The first day of the interval that holds ``day``."""
    week_start = inferred.conventions.week_start
    return int(begins(np.array([day], dtype=np.int64), granularity, week_start)[0])


def _week_start(
    tables: Sequence[StatedTable], base: Conventions, evidence: list[Evidence]
) -> WeekStart:
    """The weekday on which stated weeks begin; a table's first may be cut by its range."""
    weekly = [table for table in tables if table.source.granularity == "Weekly"]
    starts = [np.unique(table.start)[1:] for table in weekly]
    days = np.concatenate([*starts, np.empty(0, dtype=np.int64)])
    count = np.bincount((days + 3) % 7, minlength=7)
    order = sorted(_WEEKDAYS, key=lambda day: day != base.week_start)
    tried = [(day, int(count[_WEEKDAYS.index(day)])) for day in order]
    day = choose("week start", tried, len(days), evidence)
    return cast(WeekStart, day) if day in get_args(WeekStart) else base.week_start


def _method(
    convention: str,
    statistic: str,
    found: list[Sample],
    rounding: Rounding,
    base: PercentileMethod,
    evidence: list[Evidence],
) -> PercentileMethod:
    """The method of a percentile, under the rounding found already."""
    order = sorted(METHODS, key=lambda method: method != base)
    examples = (FIGURES[POSITION[metric, statistic]] for metric in (LEAD_TIME, METRICS[-1]))
    scores, figures = dict.fromkeys(order, 0), 0
    for figure in examples:
        for method in order:
            pairs = [
                pair for sample in found for pair in sample.pairs(figure.kind, statistic, method)
            ]
            scores[method] += sum(int(rounding.agrees(figure, *pair).sum()) for pair in pairs)
        figures += sum(len(stated) for stated, _ in pairs)
    return choose(convention, scores.items(), figures, evidence)


def _empty_intervals(tables: Sequence[StatedTable]) -> Evidence:
    """Whether intervals without deployments are stated; either way they agree with none of ours."""
    total = POSITION[FAILURE_RATE, "Total"]
    stated = absent = 0
    for table in tables:
        stated += int((table.columns[total] == 0).sum())
        absent += len(table.names) * len(np.unique(table.start)) - len(table.start)
    listed = (Candidate("absent", absent), Candidate("stated", stated))
    taken = max(listed, key=lambda one: one.explained)
    return Evidence("empty intervals", taken.name, absent + stated, listed)
