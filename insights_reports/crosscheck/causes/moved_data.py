"""Deployments that were not the same before and after the figures were asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo

import numpy as np
import pandas as pd

from insights_reports.crosscheck.causes.cause import Cause
from insights_reports.crosscheck.causes.judged import JudgedCells
from insights_reports.crosscheck.compare import OurTables
from insights_reports.crosscheck.conventions.infer import Inferred
from insights_reports.crosscheck.tables.intervals import begins
from insights_reports.metrics import Tabulator, local_dates
from insights_reports.metrics.conventions import WeekStart
from insights_reports.spelling.figures import Integers, Mask

_VALUES = (
    "project_id",
    "channel_id",
    "environment_id",
    "tenant_id",
    "task_state",
    "completed",
    "had_guided_failure",
    "lead_time",
    "time_since_previous",
    "time_to_recovery",
    "deployments_until_recovery",
)
_MOST_STATES = 16


@dataclass(frozen=True, eq=False)
class MovedData:
    """What moved between two pulls.

    Attributes:
        states: the tables as they may have been when the figures were asked for: the earlier one,
            and the later one without the newest of its new deployments, one by one.
        days: the local days on which a deployment moved.
        cause: what moved, in numbers.
    """

    states: tuple[pd.DataFrame, ...]
    days: Integers
    cause: Cause


def moves(earlier: pd.DataFrame, later: pd.DataFrame, zone: tzinfo) -> MovedData | None:
    """What moved from one pull to the next; None if nothing did."""
    here = pd.Index(later["deployment_id"])
    place = here.get_indexer(pd.Index(earlier["deployment_id"]))
    gone = place < 0
    new = np.ones(len(later), dtype=bool)
    new[place[~gone]] = False
    common, counterpart = np.flatnonzero(~gone), place[~gone]
    differs = {
        column: _differs(earlier[column].iloc[common], later[column].iloc[counterpart])
        for column in _VALUES
    }
    changed: Mask = np.logical_or.reduce(list(differs.values()))
    if not (gone.any() or new.any() or changed.any()):
        return None
    touched = [
        earlier[gone],
        earlier.iloc[common[changed]],
        later[new],
        later.iloc[counterpart[changed]],
    ]
    days = np.unique(np.concatenate([local_dates(part, zone).view(np.int64) for part in touched]))
    return MovedData(
        (earlier, *_without_newest(later, new)),
        days,
        _cause(new, gone, changed, differs["task_state"]),
    )


def _differs(before: pd.Series, after: pd.Series) -> Mask:
    if isinstance(before.dtype, pd.CategoricalDtype):
        before, after = before.astype(object), after.astype(object)
    one, other = before.reset_index(drop=True), after.reset_index(drop=True)
    same = (one == other).fillna(False) | (one.isna() & other.isna())
    return ~same.to_numpy(dtype=bool)


def _without_newest(later: pd.DataFrame, new: Mask) -> list[pd.DataFrame]:
    """The later table without its new deployments, then with one of them, with two, and so on."""
    rows = np.flatnonzero(new)
    by_completion = rows[np.argsort(later["completed"].iloc[rows].to_numpy(), kind="stable")]
    found = []
    for kept in range(max(len(rows) - _MOST_STATES, 0), len(rows)):
        left = np.ones(len(later), dtype=bool)
        left[by_completion[kept:]] = False
        found.append(later[left])
    return found


def _cause(new: Mask, gone: Mask, changed: Mask, edited: Mask) -> Cause:
    changes = ("changed", int(changed.sum())), ("edited", int(edited.sum()))
    if edited.any() and not new.any() and not gone.any():
        return Cause("edited", changes)
    return Cause("moved", (("new", int(new.sum())), ("gone", int(gone.sum())), *changes))


class Moving:
    """The rule for moved data: holds the intervals in which something moved against the
    deployments as they were before.

    One state of the data is taken for a whole table, which is the answer to one call.
    """

    def __init__(
        self, found: MovedData | None, book: OurTables, inferred: Inferred, zone: tzinfo
    ) -> None:
        self._found, self._book, self._zone = found, book, zone
        self._week_start: WeekStart = inferred.conventions.week_start
        self._tabulators: list[Tabulator] = []

    def judge(self, judged: JudgedCells) -> None:
        """Explain the figures of one table that the state before the move makes."""
        compared, found = judged.compared, self._found
        if found is None or not judged.differs.any():
            return
        touched = np.unique(begins(found.days, compared.granularity, self._week_start))
        cells = np.flatnonzero(np.isin(compared.cells.start, touched))
        if not judged.differs[:, cells].any():
            return
        every = [self._book.as_in(tabulator, compared, cells) for tabulator in self._states(found)]
        scores = [compared.against(ours, judged.rounding, cells).sum() for ours in every]
        judged.adopt(cells, every[int(np.argmax(scores))], found.cause)

    def _states(self, found: MovedData) -> list[Tabulator]:
        """Each state made ready, of it the months and weeks in which something moved."""
        if not self._tabulators:
            for state in found.states:
                days = local_dates(state, self._zone).view(np.int64)
                near = np.zeros(len(state), dtype=bool)
                for granularity in ("Monthly", "Weekly"):
                    touched = begins(found.days, granularity, self._week_start)
                    near |= np.isin(begins(days, granularity, self._week_start), touched)
                self._tabulators.append(self._book.tabulator(state[near]))
        return self._tabulators
