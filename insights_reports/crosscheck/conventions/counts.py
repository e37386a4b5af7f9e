"""Conventions that counts of deployments tell: the states that count as failed, and the ranges."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo
from itertools import combinations
from typing import cast

import numpy as np
import pandas as pd

from insights_reports.crosscheck.conventions.choose import Scores, choose
from insights_reports.crosscheck.conventions.ranges import DateRange, candidates
from insights_reports.crosscheck.conventions.tallies import COUNTED, Tally, tally
from insights_reports.crosscheck.result import Evidence
from insights_reports.crosscheck.tables.intervals import (
    all_between,
    as_date,
    begins,
    day_number,
    ends,
)
from insights_reports.metrics import Conventions, Granularity, Lookups, Split, TimeRange
from insights_reports.metrics.splits import membership
from insights_reports.spelling.figures import FIGURES, Integers, is_null
from insights_reports.spelling.stated import StatedTable

_BY_STATE = tuple(
    place
    for place, number in enumerate(COUNTED)
    if FIGURES[number].statistic in ("DeploymentFailure", "Total", "Failed")
)
_SUCCESSES = tuple(place for place in range(len(COUNTED)) if place not in _BY_STATE)
_MOST_STATES = 3


class Counting:
    """What the counts of deployments by outcome tell: they depend on no percentile and no rounding.

    The figures of one split are added up over its series and compared with sums of deployments:
    the split None if it is stated for a time range, else the first one. The other splits are
    looked at where that one does not tell.
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
        self._deployments, self._lookups = deployments, lookups
        self._tallies: dict[tuple[str, str | None], Tally] = {}
        self._names: tuple[TimeRange, ...] = tuple(
            dict.fromkeys(cast(TimeRange, table.source.time_range) for table in tables)
        )
        self._rounds = {name: _by_split(tables, name) for name in self._names}
        self._candidates = {name: self._ranges(name) for name in self._names}

    def failing(self, evidence: list[Evidence]) -> frozenset[str]:
        """The task states besides Failed that the server counts as failed."""
        base = self._conventions.count_as_failed
        known = self._deployments["task_state"].dropna().unique()
        states = sorted(state for state in known if state not in ("Success", "Failed"))
        sizes = range(len(states) + 1) if len(states) <= _MOST_STATES else (0, 1, len(states))
        subsets = [frozenset(some) for size in sizes for some in combinations(states, size)]
        order = tuple(dict.fromkeys((base, *subsets)))
        rounds = (self._by_state(order, which) for which in range(2))
        return choose("counted as failed", rounds, evidence, _state_names)

    def _by_state(self, order: tuple[frozenset[str], ...], which: int) -> Scores[frozenset[str]]:
        """What each set of states explains of the intervals that have a deployment in any.

        One whose successes are not those stated tells nothing: some deployments are not seen."""
        figures, scores = 0, dict.fromkeys(order, 0)
        for name in self._names:
            for table in self._rounds[name][which]:
                stated, counts, found = self._interior(name, table)
                same = stated == found.figures(counts, frozenset())
                telling = same[:, _SUCCESSES].all(axis=1)
                telling &= counts[:, list(found.others)].any(axis=1)
                figures += int(telling.sum()) * len(_BY_STATE)
                for subset in order:
                    agrees = (stated == found.figures(counts, subset))[:, _BY_STATE]
                    scores[subset] += int(agrees[telling].sum())
        return list(scores.items()), figures

    def ranges(
        self, conventions: Conventions, evidence: list[Evidence]
    ) -> Iterator[tuple[str, DateRange]]:
        """What the server takes each time range to be, by the intervals at its edges; ranges that
        are level are told apart by what the other time ranges are."""
        first = {name: self._at_edges(name, conventions, 0) for name in self._names}
        for name in self._names:

            def rounds(name: TimeRange = name) -> Iterator[Scores[DateRange]]:
                yield first[name]
                yield self._at_edges(name, conventions, 1)

            def others(level: Sequence[DateRange], name: TimeRange = name) -> DateRange:
                said: Counter[str] = Counter()
                for other in first.keys() - {name}:
                    for like, score in first[other][0]:
                        said[like.kind] += score
                return max(level, key=lambda one: said[one.kind])

            yield name, choose(name, rounds(), evidence, lambda one: one.name, others)

    def _at_edges(self, name: TimeRange, conventions: Conventions, which: int) -> Scores[DateRange]:
        """What each range explains of the intervals that not all of them hold whole."""
        every = self._candidates[name]
        low = max(day_number(one.start) for one in every)
        high = min(day_number(one.end) for one in every)
        figures, scores = 0, [0] * len(every)
        for table in self._rounds[name][which]:
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
        return list(zip(every, scores, strict=True)), figures

    def _ranges(self, name: TimeRange) -> tuple[DateRange, ...]:
        daily = [
            table
            for table in self._rounds[name][0]
            if table.source.granularity == "Daily" and len(table.start)
        ]
        first_last = [
            (as_date(table.start.min()), as_date(table.start.max())) for table in daily[:1]
        ]
        stated = first_last[0] if first_last else None
        return candidates(name, self._as_of, self._zone, self._conventions, stated)

    def _tally(self, table: StatedTable) -> Tally:
        """The tally of the table's split."""
        split = (table.source.split, table.source.tag_set)
        if split not in self._tallies:
            weights = _weights(self._deployments, split, self._lookups)
            self._tallies[split] = tally(self._deployments, self._zone, weights)
        return self._tallies[split]

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


def _by_split(
    tables: Sequence[StatedTable], name: str
) -> tuple[list[StatedTable], list[StatedTable]]:
    """The tables of a time range that are of the split looked at first, and the others."""
    of_range = [table for table in tables if table.source.time_range == name]
    first = min(of_range, key=lambda table: table.source.split != "None").source
    chosen: tuple[list[StatedTable], list[StatedTable]] = ([], [])
    for table in of_range:
        own = (table.source.split, table.source.tag_set) == (first.split, first.tag_set)
        chosen[not own].append(table)
    return chosen


def _weights(
    deployments: pd.DataFrame, split: tuple[str, str | None], lookups: Lookups
) -> Integers:
    """In how many series each deployment counts."""
    members = membership(deployments, cast(Split, split[0]), lookups, split[1])
    if members.rows is None:
        return np.ones(len(deployments), dtype=np.int64)
    return np.bincount(members.rows, minlength=len(deployments)).astype(np.int64)


def _counts_in(
    found: Tally, starts: Integers, granularity: Granularity, one: DateRange
) -> Integers:
    """The deployments of each interval that a range lets it count."""
    stops = ends(starts, granularity)
    low, high = day_number(one.start), day_number(one.end)
    if one.clipped:
        return found.between(np.maximum(starts, low), np.minimum(stops, high), one)
    meets = (stops > low) & (starts < high)
    return found.between(starts, np.where(meets, stops, starts))


def _state_names(states: frozenset[str]) -> str:
    return ", ".join(sorted(states)) or "no other state"
