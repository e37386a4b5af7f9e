"""How many deployments of each kind are completed on each local day: sums for any range at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo

import numpy as np
import pandas as pd

from insights_reports.crosscheck.conventions.ranges import Range
from insights_reports.crosscheck.tables.intervals import day_number
from insights_reports.metrics import local_dates
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

    ``kinds`` are task states, with "Guided" for a success that had a guided failure. ``sums`` has
    a row more than days: row ``d - first_day`` is everything before day ``d``.
    """

    first_day: int
    kinds: tuple[str, ...]
    sums: Integers
    days: Integers
    nanoseconds: Integers
    kind: Integers
    weights: Integers

    def other_states(self) -> tuple[str, ...]:
        """The states that are neither Success nor Failed."""
        known = ("Success", "Failed", "Guided", "")
        return tuple(kind for kind in self.kinds if kind not in known)

    def between(self, starts: Integers, ends: Integers, cut: Range | None = None) -> Integers:
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
        failed_kinds = {"Failed"} | failing
        successful = self._sum(counts, {"Success"})
        failure = self._sum(counts, failed_kinds)
        guided = self._sum(counts, {"Guided"})
        failed = failure + guided
        named = {
            "Successful": successful,
            "DeploymentFailure": failure,
            "SuccessfulButHadGuidedFailure": guided,
            "Total": successful + failed,
            "Failed": failed,
        }
        return np.stack(
            [named[FIGURES[number].statistic or "Successful"] for number in COUNTED], axis=1
        )

    def _sum(self, counts: Integers, kinds: set[str] | frozenset[str]) -> Integers:
        chosen = [number for number, kind in enumerate(self.kinds) if kind in kinds]
        total: Integers = counts[:, chosen].sum(axis=1)
        return total


def tally(deployments: pd.DataFrame, zone: tzinfo, weights: Integers) -> Tally:
    """The tally of deployments that count ``weights`` times each."""
    states = deployments["task_state"].astype("category").array
    kinds = (*states.categories, "", "Guided")
    codes = states.codes.astype(np.int64)
    codes[codes < 0] = len(kinds) - 2
    guided = deployments["had_guided_failure"].to_numpy(dtype=bool)
    codes[guided & (codes == _place(kinds, "Success"))] = len(kinds) - 1
    days = local_dates(deployments, zone).view(np.int64)
    dated = days != _NO_DAY
    completed = deployments["completed"].dt.as_unit("ns").to_numpy(dtype="datetime64[ns]")
    days, codes, weights = days[dated], codes[dated], weights[dated]
    first = int(days.min(initial=np.iinfo(np.int64).max)) if len(days) else 0
    span = int(days.max(initial=first)) - first + 1
    cells = np.bincount(
        (days - first) * len(kinds) + codes, weights=weights, minlength=span * len(kinds)
    )
    by_day = cells.reshape(span, len(kinds)).astype(np.int64)
    sums = np.concatenate((np.zeros((1, len(kinds)), dtype=np.int64), np.cumsum(by_day, axis=0)))
    instants = completed.view(np.int64)[dated]
    return Tally(first, kinds, sums, days, instants, codes, weights)


def _place(kinds: Sequence[str], kind: str) -> int:
    return kinds.index(kind) if kind in kinds else -1
