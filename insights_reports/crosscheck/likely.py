"""What a difference that no cause explains looks like, in words."""

from __future__ import annotations

import numpy as np

from insights_reports.crosscheck.figures import (
    FAILURE_RATE,
    FIGURES,
    LEAD_TIME,
    MEMBERS,
    POSITION,
    Column,
    Integers,
    is_null,
)
from insights_reports.crosscheck.judging import DIFFERS, Judged

NO_CAUSE = "No known cause explains it."
ONE_UNIT = "One unit of the last digit stated; the convention of rounding does not explain it."
UNKNOWN_SERIES = "Octopus states a series that the deployments do not show."
NO_SERIES = "Octopus states no such series."
NO_INTERVAL = "Octopus states no deployments in this interval."
NO_DEPLOYMENTS = "The deployments show none in this interval; Octopus states some."
STATES = (
    "As many deployments, of other outcomes: task states edited since, or releases marked "
    "'Do not promote'?"
)
MORE = "Octopus counts {more} more: deployments this account may not see, or new ones?"
FEWER = "Octopus counts {fewer} fewer: deployments added or counted otherwise since?"
LEAD_TIMES = "More lead times than deployments: changes still waiting may count in them."
ALONE = "The other figures of this metric agree: this one figure is off by itself."

_TOTAL = POSITION[FAILURE_RATE, "Total"]
_OUTCOMES = [POSITION[FAILURE_RATE, name] for name in ("Successful", "Failed", "Total")]


def name_likeliest(judged: Judged, our_series: int) -> None:
    """Give every figure that differs a reason; ``our_series`` is how many series are ours."""
    cells = judged.cells_that_differ()
    if not len(cells):
        return
    for reason, some in _of_cells(judged, cells, our_series).items():
        which = np.array(some, dtype=np.int64)
        open_ones = (judged.verdict[:, which] == DIFFERS) & (judged.reason[:, which] == 0)
        judged.mark_cells(which, open_ones, DIFFERS, reason)
    _single_figures(judged, cells)
    _lead_times(judged, cells)


def _of_cells(judged: Judged, cells: Integers, our_series: int) -> dict[str, list[int]]:
    """The cells by what their counts look like."""
    compared = judged.compared
    stated = [_zeros(compared.stated[place][cells]) for place in _OUTCOMES]
    ours = [compared.cells.columns[place][cells] for place in _OUTCOMES]
    found: dict[str, list[int]] = {}
    for place, cell in enumerate(cells.tolist()):
        theirs, own = ([int(column[place]) for column in side] for side in (stated, ours))
        series = int(compared.cells.series[cell])
        found.setdefault(_words(theirs, own, series, our_series, compared.absent), []).append(cell)
    return found


def _words(
    stated: list[int], ours: list[int], series: int, our_series: int, absent: frozenset[int]
) -> str:
    more = stated[2] - ours[2]
    if series >= our_series or series in absent:
        return UNKNOWN_SERIES if series >= our_series else NO_SERIES
    if more and not any(stated):
        return NO_INTERVAL
    if more and not any(ours):
        return NO_DEPLOYMENTS
    if stated[2] != stated[0] + stated[1]:
        return NO_CAUSE
    if more:
        return MORE.format(more=more) if more > 0 else FEWER.format(fewer=-more)
    return STATES if stated != ours else NO_CAUSE


def _zeros(column: Column) -> Column:
    return np.where(is_null(column), 0, column)


def _single_figures(judged: Judged, cells: Integers) -> None:
    """The only figure of its metric that differs: by one unit, or alone."""
    for members in MEMBERS.values():
        differs = judged.differs[list(members)][:, cells]
        alone = (differs.sum(axis=0) == 1) & (len(members) > 1)
        for place, number in enumerate(members):
            which = cells[alone & differs[place]]
            if not len(which):
                continue
            figure = FIGURES[number]
            stated = judged.compared.stated[number][which]
            ours = judged.compared.cells.columns[number][which]
            unit = judged.rounding.tolerance(figure) * 2
            valued = ~is_null(stated) & ~is_null(ours)
            gap = np.abs(np.where(valued, stated, 0) - np.where(valued, ours, 0))
            near = valued & (gap < unit * 1.5)
            _mark(judged, number, which[near], ONE_UNIT)
            _mark(judged, number, which[~near], ALONE)


def _lead_times(judged: Judged, cells: Integers) -> None:
    """Lead times of more deployments than were successful."""
    count = POSITION[LEAD_TIME, "Count"]
    more = judged.compared.stated[count][cells] > judged.compared.cells.columns[count][cells]
    same = judged.compared.agrees[_TOTAL][cells]
    members = list(MEMBERS[LEAD_TIME])
    several = judged.differs[members][:, cells].sum(axis=0) > 1
    which = cells[more & same & several]
    for number in members:
        _mark(judged, number, which[judged.differs[number][which]], LEAD_TIMES)


def _mark(judged: Judged, number: int, cells: Integers, reason: str) -> None:
    if len(cells):
        mask = np.zeros(judged.verdict.shape, dtype=bool)
        mask[number, cells] = True
        judged.mark(mask, DIFFERS, reason)
