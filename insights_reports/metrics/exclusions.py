"""The exclusion ledger: every deployment that was read is used, or excluded for one reason."""

from dataclasses import dataclass
from datetime import date, tzinfo
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from insights_reports.metrics.conventions import DEFAULTS, Conventions
from insights_reports.metrics.measures import OTHER, outcomes
from insights_reports.metrics.splits import Lookups, membership
from insights_reports.metrics.zones import local_dates
from insights_reports.spelling.terms import Split

Reason = Literal["no_completion_time", "before_range", "after_range", "no_series", "state"]


@dataclass(frozen=True, slots=True)
class Excluded:
    """The deployments (positions in the table, ascending) left out for one reason.

    ``state`` is the task state when that is the reason, otherwise empty.
    """

    reason: Reason
    state: str
    rows: NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class ExclusionLedger:
    """``read`` = ``used`` + the rows of all of ``excluded``, to the last one."""

    read: int
    used: int
    excluded: tuple[Excluded, ...]


def exclusion_ledger(
    deployments: pd.DataFrame,
    *,
    zone: tzinfo,
    start: date,
    end: date,
    lookups: Lookups,
    split: Split = "None",
    tag_set: str | None = None,
    conventions: Conventions = DEFAULTS,
) -> ExclusionLedger:
    """What became of every deployment in the table of one split over ``[start, end)``.

    Used are the deployments that count as successful or failed in at least one series. The others
    are excluded for the first of these reasons that holds: no completion time, completed before or
    after the range, in no series of the split, a state that is neither success nor failure.
    """
    dates = local_dates(deployments, zone)
    missing = np.isnat(dates)
    members = membership(deployments, split, lookups, tag_set)
    outside = np.zeros(len(deployments), dtype=bool)
    if members.rows is not None:
        outside[:] = True
        outside[members.rows] = False
    reasons: list[tuple[Reason, NDArray[np.bool_]]] = [
        ("no_completion_time", missing),
        ("before_range", ~missing & (dates < np.datetime64(start))),
        ("after_range", ~missing & (dates >= np.datetime64(end))),
        ("no_series", outside),
    ]
    left = np.ones(len(deployments), dtype=bool)
    excluded = []
    for reason, applies in reasons:
        excluded.append(Excluded(reason, "", np.flatnonzero(left & applies)))
        left &= ~applies
    neither = left & (outcomes(deployments, conventions) == OTHER)
    excluded += _by_state(deployments["task_state"], neither)
    used = int(np.count_nonzero(left & ~neither))
    kept = tuple(entry for entry in excluded if len(entry.rows))
    return ExclusionLedger(len(deployments), used, kept)


def _by_state(states: pd.Series, chosen: NDArray[np.bool_]) -> list[Excluded]:
    """One entry for each state; a state that is missing is the empty one."""
    category = states.astype("category").array
    names = [*category.categories, ""]
    return [
        Excluded("state", names[code], np.flatnonzero(chosen & (category.codes == code)))
        for code in np.unique(category.codes[chosen]).tolist()
    ]
