"""How many deployments of each kind are completed on each local day: sums for any range at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo
from itertools import product

import numpy as np
import pandas as pd

from insights_reports.crosscheck.conventions.ranges import DateRange
from insights_reports.crosscheck.tables.intervals import day_number
from insights_reports.metrics import Conventions, local_dates
from insights_reports.metrics.measures import OTHER, outcome_of
from insights_reports.metrics.zones import completions
from insights_reports.spelling.figures import FAILURE_RATE, FIGURES, Integers

COUNTED = tuple(
    number
    for number, figure in enumerate(FIGURES)
    if figure.kind == "count" and figure.metric in (FAILURE_RATE, "NumberOfSuccessfulDeployments")
)
"""The figures that count deployments by outcome."""

_NO_DAY = np.iinfo(np.int64).min


@dataclass(frozen=True, eq=False)
class Tally:
    """Sums of the deployments of one membership by local day and kind.

    ``kinds`` are task states without and with a guided failure, ``others`` the places of those
    that are neither successful nor failed by default. ``sums`` has a row more than days: row
    ``d - first_day`` is everything before day ``d``.
    """

    first_day: int
    kinds: tuple[tuple[str, bool], ...]
    others: tuple[int, ...]
    sums: Integers
    days: Integers
    nanoseconds: Integers
    kind: Integers
    weights: Integers

    def between(self, starts: Integers, ends: Integers, cut: DateRange | None = None) -> Integers:
        """The number of each kind in each half-open range of days, a row each."""
        starts = np.minimum(starts, ends)
        last = len(self.sums) - 1
        low = np.clip(starts - self.first_day, 0, last)
        high = np.clip(ends - self.first_day, 0, last)
        found: Integers = self.sums[high] - self.sums[low]
        if cut is not None and cut.first_instant is not None:
            day = day_number(cut.start)
            holds = (starts <= day) & (day < ends)
            early = (self.days == day) & (self.nanoseconds < cut.first_instant)
            minlength = len(self.kinds)
            found[holds] -= np.bincount(
                self.kind[early], weights=self.weights[early], minlength=minlength
            ).astype(np.int64)
        return found

    def figures(self, counts: Integers, failing: frozenset[str]) -> Integers:
        """The figures of COUNTED, a column each, from numbers by kind."""
        conventions = Conventions(count_as_failed=failing)
        by_outcome = np.zeros((4, len(counts)), dtype=np.int64)
        for place, (state, guided) in enumerate(self.kinds):
            by_outcome[outcome_of(state, guided, conventions)] += counts[:, place]
        successful, failure, guided_failure, _ = by_outcome
        failed = failure + guided_failure
        named = {
            "Successful": successful,
            "DeploymentFailure": failure,
            "SuccessfulButHadGuidedFailure": guided_failure,
            "Total": successful + failed,
            "Failed": failed,
        }
        return np.stack(
            [named[FIGURES[number].statistic or "Successful"] for number in COUNTED], axis=1
        )


def tally(deployments: pd.DataFrame, zone: tzinfo, weights: Integers) -> Tally:
    """The tally of deployments that count ``weights`` times each."""
    states = deployments["task_state"].astype("category").array
    kinds = tuple(product((*states.categories, ""), (False, True)))
    others = tuple(place for place, kind in enumerate(kinds) if outcome_of(*kind) == OTHER)
    codes = states.codes.astype(np.int64) % (len(kinds) // 2) * 2
    codes += deployments["had_guided_failure"].to_numpy(dtype=bool)
    days = local_dates(deployments, zone).view(np.int64)
    dated = days != _NO_DAY
    completed = completions(deployments)
    days, codes, weights = days[dated], codes[dated], weights[dated]
    first = int(days.min(initial=np.iinfo(np.int64).max)) if len(days) else 0
    span = int(days.max(initial=first)) - first + 1
    cells = np.bincount(
        (days - first) * len(kinds) + codes, weights=weights, minlength=span * len(kinds)
    )
    by_day = cells.reshape(span, len(kinds)).astype(np.int64)
    sums = np.concatenate((np.zeros((1, len(kinds)), dtype=np.int64), np.cumsum(by_day, axis=0)))
    instants = completed.view(np.int64)[dated]
    return Tally(first, kinds, others, sums, days, instants, codes, weights)
