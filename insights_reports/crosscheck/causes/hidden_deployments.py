"""Deployments that Octopus counts and this account may not see, or not fully."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from insights_reports.crosscheck.causes.cause import Cause
from insights_reports.crosscheck.causes.judged import EXPLAINED, NOT_COMPARABLE, JudgedCells
from insights_reports.crosscheck.compare import Compared
from insights_reports.metrics import UNKNOWN
from insights_reports.spelling.figures import (
    FAILURE_RATE,
    FIGURES,
    MEMBERS,
    METRICS,
    POSITION,
    Column,
    Integers,
    Mask,
    is_null,
)

_COUNTS = MEMBERS["NumberOfSuccessfulDeployments"] + MEMBERS[FAILURE_RATE]
_WITH_STATISTICS = tuple(metric for metric in METRICS if (metric, "Mean") in POSITION)
_GUIDED = "SuccessfulButHadGuidedFailure"
_UNSEEN = Cause("unseen")


class Hidden:
    """How many deployments are hidden from this account, by the split None: no series of another
    split can hide more in the same interval, but for those that we do not know to belong to it."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], dict[int, int]] = {}

    def note(self, compared: Compared) -> None:
        """Remember the intervals of a table of the split None."""
        if compared.split == "None":
            total = POSITION[FAILURE_RATE, "Total"]
            more = compared.stated[total] - compared.cells.columns[total]
            starts = compared.cells.start.tolist()
            question = (compared.table.source.time_range, compared.granularity)
            self._known[question] = dict(zip(starts, more.tolist(), strict=True))

    def possible(self, compared: Compared, cells: Integers) -> Mask:
        """Whether as many deployments as each cell states more than ours can be hidden."""
        question = (compared.table.source.time_range, compared.granularity)
        if question not in self._known:
            return np.ones(len(cells), dtype=bool)
        total = POSITION[FAILURE_RATE, "Total"]
        more = compared.stated[total][cells] - compared.cells.columns[total][cells]
        known = self._known[question]
        unseen = _unseen_by_day(compared)
        days = compared.cells.start[cells].tolist()
        most = np.array([known.get(day, 0) + unseen.get(day, 0) for day in days])
        possible: Mask = more <= most
        return possible


def _unseen_cells(compared: Compared) -> Integers:
    """The cells of the deployments whose tenant or project this account may not look up.

    We have no series for them, Octopus does: that of their tags or of their group.
    """
    unseen = [number for number in compared.absent if compared.series[number][0] == UNKNOWN]
    cells: Integers = np.flatnonzero(np.isin(compared.cells.series, unseen))
    return cells


def _unseen_by_day(compared: Compared) -> dict[int, int]:
    """How many such deployments there are, by the interval's first day."""
    cells = _unseen_cells(compared)
    total = compared.cells.columns[POSITION[FAILURE_RATE, "Total"]][cells]
    return dict(zip(compared.cells.start[cells].tolist(), total.tolist(), strict=True))


def restricted_key(judged: JudgedCells, hidden_by_all: Hidden) -> None:
    """Deployments that Octopus counts and this account may not see.

    Octopus adds them up for everybody who may view Insights, but lists only those that the account
    may view (docs/insights/space-level-insights). Counts and extremes are explained where they
    can come from more deployments than ours; means and percentiles then cannot be compared.
    """
    unseen = _unseen_cells(judged.compared)
    judged.mark_cells(unseen, judged.differs[:, unseen], NOT_COMPARABLE, _UNSEEN)
    unverifiable = np.array(
        [figure.statistic in ("Mean", "Median", "NinetyFifth") for figure in FIGURES]
    )[:, None]
    total = POSITION[FAILURE_RATE, "Total"]
    cells = judged.cells_that_differ()
    cells = cells[hidden_by_all.possible(judged.compared, cells)]
    for which, differs in with_more(judged, cells):
        hidden = judged.compared.stated[total][which] - judged.compared.cells.columns[total][which]
        for number in np.unique(hidden):
            some = hidden == number
            cause = Cause("restricted", (("more", int(number)),))
            figures = differs[:, some]
            judged.mark_cells(which[some], figures & ~unverifiable, EXPLAINED, cause)
            judged.mark_cells(which[some], figures & unverifiable, NOT_COMPARABLE, cause)


def with_more(judged: JudgedCells, cells: Integers) -> Iterator[tuple[Integers, Mask]]:
    """The cells that more deployments than ours can make, and their figures that differ."""
    if len(cells):
        consistent = _can_have_more(judged, cells)
        if consistent.any():
            which = cells[consistent]
            yield which, judged.differs[:, which]


def _can_have_more(judged: JudgedCells, cells: Integers) -> Mask:
    """Whether what is stated of each cell can be our deployments and some more.

    The stated counts must be ours or more and fit each other; of each metric there may be no more
    additional values than additional deployments, the extremes must reach at least as far as ours,
    the mean must lie where such values can bring it, and a metric without any must agree.
    """
    compared = judged.compared
    stated = [column[cells] for column in compared.stated]
    ours = [column[cells] for column in compared.cells.columns]
    at = {name: stated[place] for name, place in POSITION.items()}
    rate = judged.rounding.rate_base.of_columns(tuple(stated))
    rate_number = POSITION[FAILURE_RATE, "Rate"]
    total, successful, failed, failure, guided = (
        at[FAILURE_RATE, name]
        for name in ("Total", "Successful", "Failed", "DeploymentFailure", _GUIDED)
    )
    hidden = total - ours[POSITION[FAILURE_RATE, "Total"]]
    fits: Mask = (hidden > 0) & (total == successful + failed) & (failed == failure + guided)
    fits &= at["NumberOfSuccessfulDeployments", None] == successful
    fits &= judged.rounding.agrees(FIGURES[rate_number], stated[rate_number], rate)
    for number in _COUNTS:
        if FIGURES[number].kind == "count":
            fits &= stated[number] >= ours[number]
    for metric in _WITH_STATISTICS:
        fits &= _metric_can_have_more(judged, metric, cells, hidden)
    recovered = "MeanTimeToRecovery", "DeploymentsUntilRecovery"
    fits &= at[recovered[0], "Count"] == at[recovered[1], "Count"]
    return fits


def _metric_can_have_more(
    judged: JudgedCells, metric: str, cells: Integers, hidden: Column
) -> Mask:
    def both(statistic: str) -> tuple[Column, Column]:
        number = POSITION[metric, statistic]
        return judged.compared.stated[number][cells], judged.compared.cells.columns[number][cells]

    count, our_count = both("Count")
    more = count - our_count
    agrees = np.all(judged.compared.agrees[list(MEMBERS[metric])][:, cells], axis=0)
    (low, our_low), (high, our_high) = both("Min"), both("Max")
    (mean, our_mean), (median, _), (p95, _) = both("Mean"), both("Median"), both("NinetyFifth")
    unit = judged.rounding.tolerance(FIGURES[POSITION[metric, "Mean"]]) * 2
    valued = np.logical_and.reduce([~is_null(one) for one in (low, high, mean, median, p95)])
    without = our_count == 0
    reaches = (without | (low <= our_low + unit)) & (without | (high >= our_high - unit))
    reaches &= (low <= median) & (median <= high) & (low <= p95) & (p95 <= high)
    known = np.where(without, 0.0, our_mean.astype(np.float64) * our_count)
    slack = unit * (count + 1.0)
    reaches &= known + low.astype(np.float64) * more <= mean.astype(np.float64) * count + slack
    reaches &= known + high.astype(np.float64) * more >= mean.astype(np.float64) * count - slack
    can: Mask = np.where(more == 0, agrees, (more > 0) & (more <= hidden) & valued & reaches)
    return can
