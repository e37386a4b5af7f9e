"""Conventions that Octopus does not document, inferred from the figures that a server states.

Of each convention every candidate is tried on the same figures. The one that explains most is taken
for all figures; the default stays unless another explains at least two figures more, so that no
single wrong figure can bring about the convention that would excuse it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from itertools import combinations
from typing import Any, TypeVar, cast, get_args

import numpy as np
import pandas as pd

from insights_reports.crosscheck.figures import (
    FAILURE_RATE,
    FIGURES,
    LEAD_TIME,
    METRICS,
    POSITION,
    Column,
    Integers,
    Mask,
    empty_column,
    is_null,
)
from insights_reports.crosscheck.intervals import all_between, as_date, begins, day_number, ends
from insights_reports.crosscheck.ranges import Range, candidates
from insights_reports.crosscheck.result import Candidate, Evidence
from insights_reports.crosscheck.rounding import (
    RATE_BASES,
    DecimalRounding,
    RateBase,
    Rounding,
    decimal_candidates,
    duration_candidates,
)
from insights_reports.crosscheck.samples import METHODS, Sample, samples
from insights_reports.crosscheck.stated import StatedTable
from insights_reports.crosscheck.tallies import COUNTED, Tally, tally
from insights_reports.metrics import Conventions, Granularity, Lookups, Split, TimeRange
from insights_reports.metrics.conventions import PercentileMethod, WeekStart
from insights_reports.metrics.splits import membership

MARGIN = 2
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_BY_STATE = tuple(
    place
    for place, number in enumerate(COUNTED)
    if FIGURES[number].statistic in ("DeploymentFailure", "Total", "Failed")
)
_MOST_STATES = 3
_CELLS = 5_000
_EXACT = ("Mean", "Min", "Max")

Chosen = TypeVar("Chosen")
_Pair = tuple[Any, ...]
"""A column that is stated, ours, and flags for the candidates' ``agrees``."""


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
    by_counts = _ByCounts(tables, deployments, zone, lookups, as_of, conventions, unsettled)
    conventions = replace(conventions, count_as_failed=by_counts.failing(evidence))
    ranges: dict[str, Range] = {
        name: by_counts.range(name, conventions, evidence) for name in by_counts.names
    }
    found = list(samples(tables, deployments, zone, lookups, conventions, ranges))
    rounding = _rounding(found, tables, evidence)
    conventions = replace(
        conventions,
        median=_method("median", "Median", found, rounding, base.median, evidence),
        percentile=_method("percentile", "NinetyFifth", found, rounding, base.percentile, evidence),
    )
    evidence.append(_empty_intervals(tables))
    return Inferred(conventions, rounding, ranges, tuple(evidence))


def choose(
    convention: str,
    tried: Iterable[tuple[Chosen, int]],
    figures: int,
    evidence: list[Evidence],
    name: Callable[[Chosen], str] = str,
) -> Chosen:
    """The candidate that explains most; the first one unless another explains MARGIN more."""
    scores = list(tried)
    best = max(scores, key=lambda pair: pair[1])
    taken = best if best[1] >= scores[0][1] + MARGIN else scores[0]
    listed = tuple(Candidate(name(candidate), score) for candidate, score in scores)
    evidence.append(Evidence(convention, name(taken[0]), figures, listed))
    return taken[0]


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


class _ByCounts:
    """What the counts of deployments by outcome tell: they depend on no percentile and no rounding.

    The figures of one split are added up over its series and compared with sums of deployments:
    the split None if it is stated for a time range, else the first one.
    """

    def __init__(
        self,
        tables: Sequence[StatedTable],
        deployments: pd.DataFrame,
        zone: tzinfo,
        lookups: Lookups,
        as_of: datetime,
        conventions: Conventions,
        unsettled: Integers | None,
    ) -> None:
        self._conventions = conventions
        self._unsettled = np.empty(0, dtype=np.int64) if unsettled is None else unsettled
        self._as_of, self._zone = as_of, zone
        self.names: tuple[TimeRange, ...] = tuple(
            dict.fromkeys(cast(TimeRange, table.source.time_range) for table in tables)
        )
        self._tables = {name: _one_split(tables, name) for name in self.names}
        self._tallies: dict[tuple[str, str | None], Tally] = {}
        for name in self.names:
            source = self._tables[name][0].source
            split = (source.split, source.tag_set)
            if split not in self._tallies:
                weights = _weights(deployments, split, lookups)
                self._tallies[split] = tally(deployments, zone, weights)
        self._candidates = {name: self._ranges(name) for name in self.names}

    def failing(self, evidence: list[Evidence]) -> frozenset[str]:
        """The task states besides Failed that the server counts as failed."""
        base = self._conventions.count_as_failed
        states = sorted({state for one in self._tallies.values() for state in one.other_states()})
        sizes = range(len(states) + 1) if len(states) <= _MOST_STATES else (0, 1, len(states))
        subsets = [frozenset(some) for size in sizes for some in combinations(states, size)]
        order = dict.fromkeys((base, *subsets))
        figures, scores = 0, dict.fromkeys(order, 0)
        for name in self.names:
            for table in self._tables[name]:
                stated, counts, found = self._interior(name, table)
                others = [found.kinds.index(state) for state in found.other_states()]
                telling = counts[:, others].any(axis=1)
                figures += int(telling.sum()) * len(_BY_STATE)
                for subset in order:
                    agrees = (stated == found.figures(counts, subset))[:, _BY_STATE]
                    scores[subset] += int(agrees[telling].sum())
        return choose("counted as failed", scores.items(), figures, evidence, _state_names)

    def range(self, name: TimeRange, conventions: Conventions, evidence: list[Evidence]) -> Range:
        """What the server takes a time range to be, by the intervals at its edges."""
        every = self._candidates[name]
        low = max(day_number(one.start) for one in every)
        high = min(day_number(one.end) for one in every)
        figures, scores = 0, [0] * len(every)
        for table in self._tables[name]:
            granularity = cast(Granularity, table.source.granularity)
            starts, stated = self._stated(name, table)
            edge = (starts <= low) | (ends(starts, granularity) > high)
            moved = begins(self._unsettled, granularity, conventions.week_start)
            edge &= ~np.isin(starts, moved)
            starts, stated = starts[edge], stated[edge]
            figures += stated.size
            found = self._tally(table)
            for place, one in enumerate(every):
                counts = _counts_in(found, starts, granularity, one)
                ours = found.figures(counts, conventions.count_as_failed)
                scores[place] += int((stated == ours).sum())
        tried = zip(every, scores, strict=True)
        return choose(name, tried, figures, evidence, lambda one: one.name)

    def _ranges(self, name: TimeRange) -> tuple[Range, ...]:
        daily = [
            table
            for table in self._tables[name]
            if table.source.granularity == "Daily" and len(table.start)
        ]
        first_last = [
            (as_date(table.start.min()), as_date(table.start.max())) for table in daily[:1]
        ]
        stated = first_last[0] if first_last else None
        return candidates(name, self._as_of, self._zone, self._conventions, stated)

    def _tally(self, table: StatedTable) -> Tally:
        return self._tallies[table.source.split, table.source.tag_set]

    def _stated(self, name: TimeRange, table: StatedTable) -> tuple[Integers, Integers]:
        """The starts of all intervals that any candidate has or the server states, and the stated
        figures of COUNTED in each, added up over the series."""
        granularity = cast(Granularity, table.source.granularity)
        every = self._candidates[name]
        possible = all_between(
            min(day_number(one.start) for one in every),
            max(day_number(one.end) for one in every),
            granularity,
            self._conventions,
        )
        named = aligned_starts(table, self._conventions)
        starts: Integers = np.union1d(possible, named)
        sums = np.zeros((len(starts), len(COUNTED)), dtype=np.int64)
        place = np.searchsorted(starts, named)
        for column, number in enumerate(COUNTED):
            values = np.where(is_null(table.columns[number]), 0, table.columns[number])
            np.add.at(sums[:, column], place, values.astype(np.int64))
        return starts, sums

    def _interior(self, name: TimeRange, table: StatedTable) -> tuple[Integers, Integers, Tally]:
        """The intervals that lie inside every candidate of a time range: what is stated of them,
        and their deployments by kind."""
        every = self._candidates[name]
        low = max(day_number(one.start) for one in every)
        high = min(day_number(one.end) for one in every)
        granularity = cast(Granularity, table.source.granularity)
        starts, stated = self._stated(name, table)
        inside = (starts >= low) & (ends(starts, granularity) <= high)
        found = self._tally(table)
        counts = found.between(starts[inside], ends(starts[inside], granularity))
        return stated[inside], counts, found


def aligned_starts(table: StatedTable, conventions: Conventions) -> Integers:
    """The stated starts; a first interval named after the range's first day goes by its own."""
    if not len(table.start):
        return table.start
    granularity = cast(Granularity, table.source.granularity)
    own = begins(table.start, granularity, conventions.week_start)
    return np.where(table.start == table.start.min(), own, table.start)


def begin_of(day: int, granularity: Granularity, inferred: Inferred) -> int:
    """The first day of the interval that holds ``day``."""
    week_start = inferred.conventions.week_start
    return int(begins(np.array([day], dtype=np.int64), granularity, week_start)[0])


def _one_split(tables: Sequence[StatedTable], name: str) -> list[StatedTable]:
    of_range = [table for table in tables if table.source.time_range == name]
    first = min(of_range, key=lambda table: table.source.split != "None").source
    return [
        table
        for table in of_range
        if (table.source.split, table.source.tag_set) == (first.split, first.tag_set)
    ]


def _weights(
    deployments: pd.DataFrame, split: tuple[str, str | None], lookups: Lookups
) -> Integers:
    """In how many series each deployment counts."""
    members = membership(deployments, cast(Split, split[0]), lookups, split[1])
    if members.rows is None:
        return np.ones(len(deployments), dtype=np.int64)
    return np.bincount(members.rows, minlength=len(deployments)).astype(np.int64)


def _counts_in(found: Tally, starts: Integers, granularity: Granularity, one: Range) -> Integers:
    """The deployments of each interval that a range lets it count."""
    stops = ends(starts, granularity)
    low, high = day_number(one.start), day_number(one.end)
    if one.clipped:
        return found.between(np.maximum(starts, low), np.minimum(stops, high), one)
    meets = (stops > low) & (starts < high)
    return found.between(starts, np.where(meets, stops, starts))


def _state_names(states: frozenset[str]) -> str:
    return ", ".join(sorted(states)) or "no other state"


def _rounding(
    found: list[Sample], tables: Sequence[StatedTable], evidence: list[Evidence]
) -> Rounding:
    """How durations, rates and numbers are printed, and what stands where there is no value."""
    durations = choose(
        "rounding of durations",
        *_scores(
            duration_candidates(),
            [
                (*pair, statistic == "Mean")
                for sample in found
                for statistic in _EXACT
                for pair in sample.pairs("duration", statistic)
            ],
        ),
        evidence,
    )
    numbers = choose(
        "decimals of numbers",
        *_scores(
            decimal_candidates(DecimalRounding()),
            [
                pair
                for sample in found
                for statistic in _EXACT
                for pair in sample.pairs("number", statistic)
            ],
        ),
        evidence,
    )
    base, rates = _rates(tables, evidence)
    return Rounding(
        durations,
        rates,
        base,
        numbers,
        _zero("rate of no deployments", tables, [(FAILURE_RATE, "Total", "Rate")], evidence),
        _zero(
            "statistics of no values",
            tables,
            [(metric, "Count", "Mean") for metric in METRICS if (metric, "Mean") in POSITION],
            evidence,
        ),
    )


def _scores(
    tried: Sequence[Chosen], pairs: Sequence[_Pair]
) -> tuple[list[tuple[Chosen, int]], int]:
    """How many pairs of stated values and ours each candidate explains, and how many there are."""
    figures = sum(len(pair[0]) for pair in pairs)
    together = [_together(some) for some in _by_flags(pairs)]
    agrees = [(one, one.agrees) for one in tried]  # type: ignore[attr-defined]
    return [(one, sum(int(own(*pair).sum()) for pair in together)) for one, own in agrees], figures


def _by_flags(pairs: Sequence[_Pair]) -> list[list[_Pair]]:
    """The pairs with the same flags after their two columns."""
    groups: dict[tuple[bool, ...], list[_Pair]] = {}
    for pair in pairs:
        groups.setdefault(tuple(pair[2:]), []).append(pair)
    return list(groups.values())


def _together(pairs: Sequence[_Pair]) -> _Pair:
    """Pairs with the same flags as one."""
    stated, ours = (np.concatenate([pair[side] for pair in pairs]) for side in (0, 1))
    return (stated, ours, *pairs[0][2:])


def _rates(
    tables: Sequence[StatedTable], evidence: list[Evidence]
) -> tuple[RateBase, DecimalRounding]:
    """What Rate divides and how it is printed, by the counts that are stated beside it."""
    columns = _some_cells(tables)
    decimals = decimal_candidates(DecimalRounding(5))
    exact = {base: base.of_columns(columns) for base in RATE_BASES}
    stated = columns[POSITION[FAILURE_RATE, "Rate"]].astype(np.float64)
    both = ~np.isnan(exact[RATE_BASES[0]]) & ~np.isnan(stated)
    scores = {
        base: [(one, int(one.agrees(stated[both], exact[base][both]).sum())) for one in decimals]
        for base in RATE_BASES
    }
    figures = int(both.sum())
    tried = [(base, max(score for _, score in scores[base])) for base in RATE_BASES]
    base = choose("rate", tried, figures, evidence)
    return base, choose("rounding of rates", scores[base], figures, evidence)


def _some_cells(tables: Sequence[StatedTable]) -> tuple[Column, ...]:
    """The stated columns of at most _CELLS cells, from the first tables on."""
    taken = [[empty_column(figure.kind, 0) for figure in FIGURES]]
    left = _CELLS
    for table in tables:
        taken.append([column[:left] for column in table.columns])
        left = max(left - len(table.start), 0)
    return tuple(np.concatenate(parts) for parts in zip(*taken, strict=True))


def _zero(
    convention: str,
    tables: Sequence[StatedTable],
    places: list[tuple[str, str, str]],
    evidence: list[Evidence],
) -> bool:
    """Whether a figure of nothing is stated as 0 instead of null."""
    null = zero = 0
    for table in tables:
        for metric, count, statistic in places:
            value = table.columns[POSITION[metric, statistic]]
            nothing: Mask = table.columns[POSITION[metric, count]] == 0
            null += int((nothing & is_null(value)).sum())
            zero += int((nothing & (value == 0)).sum())
    taken = choose(convention, [("null", null), ("zero", zero)], null + zero, evidence)
    return taken == "zero"


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
