"""Conventions that Octopus does not document, inferred from the figures that a server states.

Of each convention every candidate is tried on the same figures. The one that explains most is taken
for all figures. Those that are level are tried on more figures, then by what the server's other
figures say; the default is taken only where nothing stated tells them apart. A convention is never
guessed for some figures alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from itertools import product
from typing import cast, get_args

import numpy as np
import pandas as pd

from insights_reports.crosscheck.conventions.choose import Scores, choose
from insights_reports.crosscheck.conventions.counts import Counting
from insights_reports.crosscheck.conventions.ranges import DateRange
from insights_reports.crosscheck.conventions.rounding import Rounding
from insights_reports.crosscheck.conventions.rounding_found import printing
from insights_reports.crosscheck.conventions.samples import METHODS, Sample, samples
from insights_reports.crosscheck.result import Candidate, Evidence
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
    StatedFigure,
)
from insights_reports.spelling.stated import StatedTable

_STATISTICS = ("Median", "NinetyFifth")
_EXAMPLES = (LEAD_TIME, METRICS[-1])
_OTHERS = tuple(m for m in METRICS if (m, "Median") in POSITION and m not in _EXAMPLES)
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, eq=False)
class Inferred:
    """The conventions of a server and what they rest on; ``ranges`` has one for each time range."""

    conventions: Conventions
    rounding: Rounding
    ranges: Mapping[str, DateRange]
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
    ranges: dict[str, DateRange] = dict(counting.ranges(conventions, evidence))
    found = list(samples(tables, deployments, zone, lookups, conventions, ranges))
    rounding = printing(found, tables, evidence)
    conventions = replace(
        conventions,
        median=_method("median", found, rounding, base.median, evidence),
        percentile=_method("percentile", found, rounding, base.percentile, evidence),
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
    day = choose("week start", [(tried, len(days))], evidence)
    return cast(WeekStart, day) if day in get_args(WeekStart) else base.week_start


def _method(
    convention: str,
    found: list[Sample],
    rounding: Rounding,
    base: PercentileMethod,
    evidence: list[Evidence],
) -> PercentileMethod:
    """The method of a percentile, under the rounding found already; methods that are level by it
    are told apart by the other percentile."""
    own, other = _STATISTICS if convention == "median" else reversed(_STATISTICS)
    order = sorted(METHODS, key=lambda method: method != base)

    def scores(statistic: str, metrics: tuple[str, ...]) -> Scores[PercentileMethod]:
        figures = [FIGURES[POSITION[metric, statistic]] for metric in metrics]
        return _by_method(order, figures, found, rounding)

    def rounds() -> Iterator[Scores[PercentileMethod]]:
        yield from (scores(own, metrics) for metrics in (_EXAMPLES, _OTHERS))

    def rest(level: Sequence[PercentileMethod]) -> PercentileMethod:
        return max(level, key=dict(scores(other, (*_EXAMPLES, *_OTHERS))[0]).__getitem__)

    return choose(convention, rounds(), evidence, rest=rest)


def _by_method(
    order: list[PercentileMethod],
    figures: list[StatedFigure],
    found: list[Sample],
    rounding: Rounding,
) -> Scores[PercentileMethod]:
    """How many of the figures each method explains, of those that are stated of as many values."""
    scores, looked_at = dict.fromkeys(order, 0), 0
    for figure, method in product(figures, order):
        number = POSITION[figure.metric, figure.statistic]
        pairs = [sample.pair(number, method) for sample in found]
        scores[method] += sum(int(rounding.agrees(figure, *pair).sum()) for pair in pairs)
        if method == order[0]:
            looked_at += sum(len(stated) for stated, _ in pairs)
    return list(scores.items()), looked_at


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
