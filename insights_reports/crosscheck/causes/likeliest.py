"""What a difference that no cause explains looks like, in words."""

from __future__ import annotations

import numpy as np

from insights_reports.crosscheck.causes.cause import Cause
from insights_reports.crosscheck.causes.judged import DIFFERS, UNKNOWN, JudgedCells
from insights_reports.spelling.figures import (
    FAILURE_RATE,
    FIGURES,
    LEAD_TIME,
    MEMBERS,
    POSITION,
    Column,
    Integers,
    is_null,
)

_ONE_UNIT = Cause("one_unit")
_ALONE = Cause("alone")
_LEAD_TIMES = Cause("lead_times")

_TOTAL = POSITION[FAILURE_RATE, "Total"]
_OUTCOMES = [POSITION[FAILURE_RATE, name] for name in ("Successful", "Failed", "Total")]


def name_likeliest(judged: JudgedCells, our_series: int) -> None:
    """Give every figure that differs a cause; ``our_series`` is how many series are ours."""
    cells = judged.cells_that_differ()
    if not len(cells):
        return
    for cause, some in _of_cells(judged, cells, our_series).items():
        which = np.array(some, dtype=np.int64)
        open_ones = (judged.verdict[:, which] == DIFFERS) & (judged.cause[:, which] == 0)
        judged.mark_cells(which, open_ones, DIFFERS, cause)
    _single_figures(judged, cells)
    _lead_times(judged, cells)


def _of_cells(judged: JudgedCells, cells: Integers, our_series: int) -> dict[Cause, list[int]]:
    """The cells by what their counts look like."""
    compared = judged.compared
    stated = [_zeros(compared.stated[place][cells]) for place in _OUTCOMES]
    ours = [compared.cells.columns[place][cells] for place in _OUTCOMES]
    found: dict[Cause, list[int]] = {}
    for place, cell in enumerate(cells.tolist()):
        theirs, own = ([int(column[place]) for column in side] for side in (stated, ours))
        series = int(compared.cells.series[cell])
        found.setdefault(_likeliest(theirs, own, series, our_series, compared.absent), []).append(
            cell
        )
    return found


def _likeliest(
    stated: list[int], ours: list[int], series: int, our_series: int, absent: frozenset[int]
) -> Cause:
    more = stated[2] - ours[2]
    if series >= our_series or series in absent:
        return Cause("unknown_series" if series >= our_series else "no_series")
    if more and not any(stated):
        return Cause("no_interval")
    if more and not any(ours):
        return Cause("no_deployments")
    if stated[2] != stated[0] + stated[1]:
        return UNKNOWN
    if more:
        return Cause("more", (("more", more),)) if more > 0 else Cause("fewer", (("fewer", -more),))
    return Cause("states") if stated != ours else UNKNOWN


def _zeros(column: Column) -> Column:
    return np.where(is_null(column), 0, column)


def _single_figures(judged: JudgedCells, cells: Integers) -> None:
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
            _mark(judged, number, which[near], _ONE_UNIT)
            _mark(judged, number, which[~near], _ALONE)


def _lead_times(judged: JudgedCells, cells: Integers) -> None:
    """Lead times of more deployments than were successful."""
    count = POSITION[LEAD_TIME, "Count"]
    more = judged.compared.stated[count][cells] > judged.compared.cells.columns[count][cells]
    same = judged.compared.agrees[_TOTAL][cells]
    members = list(MEMBERS[LEAD_TIME])
    several = judged.differs[members][:, cells].sum(axis=0) > 1
    which = cells[more & same & several]
    for number in members:
        _mark(judged, number, which[judged.differs[number][which]], _LEAD_TIMES)


def _mark(judged: JudgedCells, number: int, cells: Integers, cause: Cause) -> None:
    if len(cells):
        mask = np.zeros(judged.verdict.shape, dtype=bool)
        mask[number, cells] = True
        judged.mark(mask, DIFFERS, cause)
